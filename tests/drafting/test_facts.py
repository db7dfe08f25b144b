"""The facts that a letter may speak of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.drafting.facts import is_formal, language_of, letter_seed, needs_word, promised_in, when_phrase
from assistant.drafting.offers import Offer, Share
from assistant.model import Card, CueKind, Kind, Thread
from tests.drafting.builders import NOW, english, facts_of, message, suggestion

INFORMAL, FORMAL = CueKind.INFORMAL, CueKind.FORMAL


def card(**facts: object) -> Card:
    return Card(addresses=("ana@ana.example",), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("then", "phrase"),
    [
        (datetime(2026, 9, 13, tzinfo=UTC), "on 13 September"),
        (datetime(2026, 8, 31, 23, tzinfo=UTC), "on 1 September"),  # in Berlin
        (datetime(2026, 5, 20, tzinfo=UTC), "in May"),
        (datetime(2025, 9, 20, tzinfo=UTC), "in September 2025"),
        (datetime(2019, 1, 2, tzinfo=UTC), "in January 2019"),
    ],
)
def test_when_is_said_so_that_it_stays_true_while_the_draft_lies(then: datetime, phrase: str) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert when_phrase(then, NOW, berlin, english()) == phrase
    if NOW - then > timedelta(days=28):  # a draft lies 14 days at most
        assert when_phrase(then, NOW + timedelta(days=14), berlin, english()) == phrase


def test_a_mail_of_this_week_is_named_by_its_topic_alone_and_by_its_day_where_there_is_none() -> None:
    fresh = NOW - timedelta(days=3)
    assert facts_of(suggestion(about=message(when=fresh))).when is None
    assert facts_of(suggestion(about=message("hi", when=fresh))).when == "on 11 September"


@pytest.mark.parametrize(
    ("theirs", "ours", "formal"),
    [
        ((), (), True),
        ((INFORMAL,), (), False),
        ((INFORMAL,), (INFORMAL,), False),
        ((), (INFORMAL,), False),
        ((INFORMAL,), (FORMAL,), True),
        ((FORMAL,), (INFORMAL,), True),
        ((FORMAL, INFORMAL), (), True),
    ],
)
def test_the_register_is_formal_unless_nobody_was(
    theirs: tuple[CueKind, ...], ours: tuple[CueKind, ...], formal: bool
) -> None:
    about = message(cues=theirs)
    one = suggestion(about=about, thread=Thread("Lease", (message(outgoing=True, cues=ours), about)))
    assert is_formal(one) is formal


def test_what_the_user_wrote_about_a_person_goes_before_what_their_mail_shows() -> None:
    wish = card(formality="informal", language="de", greeting="Dear Annie,")
    one = suggestion(about=message(cues=[FORMAL]), card=wish)
    assert not is_formal(one)
    assert language_of(one, "en") == "de"
    assert facts_of(one).greeting == "Dear Annie,"


def test_the_language_is_that_of_the_contacts_newest_mail() -> None:
    mails = (message(language="es"), message(language="fr"), message(language="de", outgoing=True))
    assert language_of(suggestion(thread=Thread("Lease", mails)), "en") == "fr"
    assert language_of(suggestion(about=message(language=None)), "en") == "en"


@pytest.mark.parametrize(
    ("name", "cues", "greeting"),
    [
        ("Ana Costa", (), "Dear Ana Costa,"),
        ("Ana Costa", (INFORMAL,), "Hi Ana,"),
        ("Costa, Ana", (INFORMAL,), "Hi Ana,"),
        ("Dr. Ana Costa", (INFORMAL,), "Dear Dr. Ana Costa,"),
        ("Support", (INFORMAL,), "Hello,"),
        ("", (), "Hello,"),
    ],
)
def test_a_greeting_guesses_no_name(name: str, cues: tuple[CueKind, ...], greeting: str) -> None:
    assert facts_of(suggestion(name=name, about=message(cues=cues))).greeting == greeting


def test_greeting_and_closing_are_those_that_the_two_use() -> None:
    one = suggestion(about=message(cues=[INFORMAL]))
    facts = facts_of(one, our_lines=["Hello Ana,", "yes.", "Warmly,", "Sue"])
    assert (facts.greeting, facts.sign_off) == ("Hello Ana,", "Warmly,\nSue")


def test_a_signature_stands_below_the_name_only_when_it_is_set() -> None:
    assert facts_of(suggestion()).sign_off.splitlines()[1:] == ["Sue Marten"]
    assert facts_of(suggestion(), signature="Marten Ltd\nBerlin").sign_off.endswith("Sue Marten\nMarten Ltd\nBerlin")


@pytest.mark.parametrize(
    ("line", "promised"),
    [
        ("I'll send you the floor plans next week.", "send you the floor plans"),
        ("Sure. I will forward you a copy by Friday.", "forward you a copy"),
        ("I'll send you the notes and call Tom.", "send you the notes"),
        ("I'll send it.", None),
        ("Maybe I should send you the plans.", None),
        ("I will see.", None),
    ],
)
def test_a_promise_is_named_only_when_it_was_plainly_made(line: str, promised: str | None) -> None:
    assert promised_in([line], english()) == promised


def test_a_topic_that_would_offend_is_left_out() -> None:
    assert facts_of(suggestion(about=message("Urgent invoice"))).topic is None
    assert facts_of(suggestion(about=message("Friendly reminder"))).topic is None


def test_a_friendly_letter_recalls_no_invoice_number() -> None:
    about = message("Invoice 2231")
    assert facts_of(suggestion(Kind.OWE_REPLY, about=about)).topic == '"Invoice 2231"'
    assert facts_of(suggestion(Kind.RECONNECT, about=about)).topic is None


def test_goals_are_named_where_the_gift_fits_them_and_never_when_they_hold_more_than_words() -> None:
    wish = card(goals=("a second bakery",), interests=("urban beekeeping",))
    one = suggestion(Kind.RECONNECT, card=wish)
    assert facts_of(one).cares_about == "a second bakery"
    assert facts_of(one, share=Share("https://bees.example", "beekeeping")).cares_about == "urban beekeeping"
    assert facts_of(one, offer=Offer("lend you a tent", ("camping",))).cares_about is None
    assert facts_of(suggestion(card=card(goals=("ask bob@example.org",)))).cares_about is None


def test_the_seed_follows_contact_and_silence_alone() -> None:
    one = suggestion()
    assert letter_seed(one) == letter_seed(replace(one, score=0.1, reason="other", silent_days=3))
    assert letter_seed(one) != letter_seed(suggestion(opened_by="other@ana.example"))
    assert letter_seed(one) != letter_seed(suggestion(address="bea@ana.example"))


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        (Kind.OWE_REPLY, {"topic": "the lease", "asked": True}, "Ana asked about the lease; your answer is missing."),
        (Kind.OWE_REPLY, {"asked": True}, "Ana asked something; your answer is missing."),
        (Kind.OWE_REPLY, {}, "Ana wrote to you; your answer is missing."),
        (
            Kind.DELIVER_PROMISE,
            {"promised": "send you the plans"},
            'You wrote to Ana: "I will send you the plans". That, or a word on when it comes, is missing.',
        ),
        (Kind.THANK, {}, None),
    ],
)
def test_what_only_the_user_can_add_is_named(kind: Kind, given: dict[str, object], sentence: str | None) -> None:
    assert needs_word(kind, name="Ana", **given) == sentence  # type: ignore[arg-type]
