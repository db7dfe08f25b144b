"""From a suggestion to a letter: register, offer and variant fit, and the user is told what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.demo.sample import write_settings
from assistant.drafting.facts import letter_seed
from assistant.errors import MessageError, TemplateError
from assistant.mailbox.door import BodyText, Door, RawHeaders
from assistant.model import Card, Contact, Correspondence, CueKind, HeldBecause, Kind, Message, Suggestion, Thread
from assistant.settings import Offer, Settings, load
from assistant.writing import Writer
from tests.drafting.builders import NOW, message, suggestion


class Mails:
    """A door behind which every message has a text by its number."""

    account = "home"

    def __init__(self, texts: dict[int, str] | None = None) -> None:
        self._texts = texts or {}

    def bodies(self, mailbox: str, uids: Sequence[int]) -> Iterator[tuple[int, BodyText | MessageError]]:
        return ((uid, BodyText(self._texts.get(uid, ""))) for uid in uids)

    def headers(self, mailbox: str, uids: Sequence[int], then: Sequence[int] = ()) -> Iterator[RawHeaders]:
        return iter(())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(write_settings(tmp_path, 1143, NOW))[0]


def in_language(settings: Settings, language: str, offers: Sequence[Offer] = ()) -> Settings:
    return settings.model_copy(
        update={"me": settings.me.model_copy(update={"language": language}), "offers": tuple(offers)}
    )


def write(writer: Writer, one: Suggestion, texts: dict[int, str] | None = None) -> Any:
    return writer.write(one, cast("Door", Mails(texts)), (), NOW)


@pytest.mark.parametrize(("cue", "variants"), [(CueKind.INFORMAL, 3), (CueKind.FORMAL, 3)])
def test_people_of_one_sweep_get_different_variants_as_far_as_there_are(
    settings: Settings, cue: CueKind, variants: int
) -> None:
    writer = Writer(settings)
    bodies: list[str] = []
    seeds = {letter_seed(suggestion()) % 6}
    number = 0
    while len(bodies) < variants:  # people who would all get the same variant
        number += 1
        one = suggestion(Kind.CHECK_IN, about=message(cues=[cue], outgoing=True), opened_by=f"{number}@ana.example")
        if letter_seed(one) % 6 in seeds:
            bodies.append(write(writer, one).letter.text.partition("\n\n")[2].rpartition("\n\n")[0])
    assert len(set(bodies)) == variants


def test_the_same_sweep_writes_the_same_letters_again(settings: Settings) -> None:
    letters = [
        [write(writer, suggestion(opened_by=f"{number}@x.example")).letter.text for number in range(4)]
        for writer in (Writer(settings), Writer(settings))
    ]
    assert letters[0] == letters[1]


@pytest.mark.parametrize(
    ("language", "missing"),
    [
        ("en", "Ana Costa asked about the lease; your answer is missing."),
        ("de", "Ana Costa hat etwas zum Thema „Lease“ gefragt; die Antwort fehlt noch."),
        ("it", "Ana Costa asked about the lease; your answer is missing."),
    ],
)
def test_what_is_missing_is_told_in_the_language_of_the_user(settings: Settings, language: str, missing: str) -> None:
    one = suggestion(about=message("Lease", cues=[CueKind.QUESTION], language="fr"))
    page = write(Writer(in_language(settings, language)), one)
    assert page.letter.language == "fr"
    assert page.suggestion.needs_word == missing


def test_the_newest_mail_that_shows_how_two_people_greet_and_sign_counts(settings: Settings) -> None:
    theirs = message(cues=[])
    mails = [message(outgoing=True, cues=[])._replace(uid=uid) for uid in (2, 3)]
    one = suggestion(Kind.CHECK_IN, about=mails[-1], thread=Thread("Lease", (theirs, *mails)))
    texts = {1: "Hello Sue,\n\nyes.\n\nAna", 2: "Dear Ana,\n\nso?\n\nWarmly,\nSue", 3: "One more thing: the roof."}
    text = write(Writer(settings), one, texts).letter.text
    assert text.startswith("Dear Ana,\n\n")
    assert text.endswith("\n\nWarmly,\nSue\n")


def test_when_quick_answers_say_neither_the_mails_that_began_a_thread_show_how_two_people_greet(
    settings: Settings,
) -> None:
    mails = [
        message(outgoing=True, cues=[], when=NOW - timedelta(days=200 - uid))._replace(uid=uid) for uid in range(1, 9)
    ]
    one = suggestion(Kind.CHECK_IN, about=mails[-1], thread=Thread("Lease", tuple(mails)))
    texts = dict.fromkeys(range(2, 9), "Yes.") | {1: "Dear Ana,\n\nthe roof?\n\nWarmly,\nSue"}
    text = write(Writer(settings), one, texts).letter.text
    assert text.startswith("Dear Ana,\n\n")
    assert text.endswith("\n\nWarmly,\nSue\n")


def met(name: str, *mails: Message, card: Card | None = None) -> Correspondence:
    """Somebody whose mails, if any, are in the mailbox."""
    contact = Contact(f"{name}@x.example", name, (f"{name}@x.example",), True, card)
    return Correspondence(contact, mails, tuple(Thread(mail.subject, (mail,)) for mail in mails))


def test_a_draft_that_names_a_third_person_is_refused(settings: Settings) -> None:
    own = settings.directory / "templates" / "en" / "thank.txt.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{{ greeting }}\n\nThank you. Bob Harris told me. No need to answer.\n\n{{ sign_off }}\n")
    writer = Writer(settings)
    writer.meet([met("Eva Lind")])
    write(writer, suggestion(Kind.THANK))
    writer.meet([met("Bob Harris")])
    with pytest.raises(TemplateError, match="somebody else: 'Bob Harris'"):
        write(writer, suggestion(Kind.THANK))


def test_a_goal_that_names_a_third_person_stays_in_the_users_notes(settings: Settings) -> None:
    card = Card(("ana@ana.example",), goals=("a garden next to Bob Harris",))
    writer = Writer(settings)
    assert "Bob Harris" in write(writer, suggestion(Kind.RECONNECT, card=card, fresh=True)).letter.text
    writer.meet([met("Bob Harris")])
    assert "Bob Harris" not in write(writer, suggestion(Kind.RECONNECT, card=card, fresh=True)).letter.text


def test_whom_the_thread_itself_is_about_may_be_named(settings: Settings) -> None:
    writer = Writer(settings)
    writer.meet([met("Bob Harris")])
    assert "Bob Harris" in write(writer, suggestion(about=message("Party for Bob Harris"))).letter.text


def test_a_subject_of_the_users_own_template_is_judged_too(settings: Settings) -> None:
    own = settings.directory / "templates" / "en" / "reconnect.txt.j2"
    own.parent.mkdir(parents=True)
    own.write_text(
        "Subject: Just checking in\n{{ greeting }}\n\nI thought of you. No need to answer.\n\n{{ sign_off }}\n"
    )
    with pytest.raises(TemplateError, match="people resent this phrase: 'just checking in'"):
        write(Writer(settings), suggestion(Kind.RECONNECT, fresh=True))
    assert write(Writer(settings), suggestion(Kind.RECONNECT)).letter.subject == "Re: Lease renewal"


CARD = Card(("ana@ana.example",), goals=("Garten",))
ENGLISH, YOU = (
    Offer(text="lend you a spade", topics=("Garten",), language="en"),
    Offer(text="dir einen Spaten leihen", topics=("Garten",), language="de"),
)


@pytest.mark.parametrize(
    ("offers", "cue", "held"),
    [
        ((YOU,), CueKind.INFORMAL, None),
        ((YOU,), CueKind.FORMAL, HeldBecause.NO_TEMPLATE),
        ((ENGLISH,), CueKind.INFORMAL, HeldBecause.NO_TEMPLATE),
        ((ENGLISH, YOU), CueKind.INFORMAL, None),
    ],
)
def test_an_offer_is_held_when_it_cannot_be_said_in_the_contacts_language_and_register(
    settings: Settings, offers: tuple[Offer, ...], cue: CueKind, held: HeldBecause | None
) -> None:
    one = suggestion(Kind.OFFER, about=message(cues=[cue], language="de"), card=CARD)
    writer = Writer(in_language(settings, "de", offers))
    assert writer.hold_unwritable(one).held is held
    if held is None:
        assert "dir einen Spaten leihen" in write(writer, one).letter.text


def test_offers_are_matched_in_the_language_of_the_correspondence(settings: Settings) -> None:
    def person(language: str) -> Correspondence:
        mail: Message = message(language=language)
        contact = Contact("ana@ana.example", "Ana Costa", ("ana@ana.example",), True, CARD)
        return Correspondence(contact, (mail,), (Thread("x", (mail,)),))

    writer = Writer(in_language(settings, "de", (ENGLISH,)))
    assert writer.offers_for([person("en")], ()) == {"ana@ana.example": "lend you a spade"}
    assert writer.offers_for([person("de")], ()) == {}


def test_a_letter_without_a_thread_follows_all_that_was_exchanged(settings: Settings) -> None:
    last = message("The book", cues=[], language=None)._replace(uid=1)
    mine = message(
        "Snow", when=NOW - timedelta(days=150), outgoing=True, cues=[CueKind.INFORMAL], language="de"
    )._replace(uid=2)
    contact = Contact("ana@ana.example", "Ana Costa", ("ana@ana.example",), True)
    person = Correspondence(contact, (mine, last), (Thread("Snow", (mine,)), Thread("The book", (last,))))
    one = replace(suggestion(Kind.RECONNECT, about=last, fresh=True), thread=None)
    texts = {1: "Ja.\n\nAna", 2: "Liebe Ana,\n\nja.\n\nHerzliche Grüße\nSue"}
    writer = Writer(settings)
    assert "Ana Costa" in write(writer, one, texts).letter.text
    writer.meet([person])
    page = write(writer, one, texts)
    assert page.letter.language == "de"
    assert page.letter.text.startswith("Liebe Ana,\n\n")
    assert page.letter.text.endswith("\n\nHerzliche Grüße\nSue\n")
    assert " dir" in page.letter.text or " dich" in page.letter.text


def test_a_mail_that_is_gone_is_asked_for_once(settings: Settings) -> None:
    class Gone(Mails):
        def __init__(self) -> None:
            super().__init__()
            self.asked: list[int] = []

        def bodies(self, mailbox: str, uids: Sequence[int]) -> Iterator[tuple[int, BodyText | MessageError]]:
            self.asked += uids
            return iter(())

    door, mails = Gone(), [message(outgoing=True, cues=[])._replace(uid=uid) for uid in (2, 3)]
    one = suggestion(Kind.CHECK_IN, about=mails[-1], thread=Thread("Lease", (message(cues=[]), *mails)))
    Writer(settings).write(one, cast("Door", door), (), NOW)
    assert {2, 3} <= set(door.asked)
    assert len(door.asked) == len(set(door.asked))
