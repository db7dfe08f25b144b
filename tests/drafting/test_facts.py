"""The facts that a letter may speak of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.drafting.facts import (
    above_quote,
    is_formal,
    language_of,
    letter_seed,
    needs_word,
    topic_for,
    when_phrase,
)
from assistant.drafting.offers import Offer, Share
from assistant.model import Address, Card, CueKind, Kind, Thread
from tests.drafting.builders import ME, NOW, english, facts_of, message, spoken, suggestion

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
    facts = facts_of(one, our_mails=[["Hello Ana,", "yes.", "Warmly,", "Sue"]])
    assert (facts.greeting, facts.sign_off) == ("Hello Ana,", "Warmly,\nSue")


def test_a_signature_stands_below_the_name_only_when_it_is_set() -> None:
    assert facts_of(suggestion()).sign_off.splitlines()[1:] == ["Sue Marten"]
    assert facts_of(suggestion(), signature="Marten Ltd\nBerlin").sign_off.endswith("Sue Marten\nMarten Ltd\nBerlin")


def test_a_topic_that_would_offend_is_left_out() -> None:
    assert facts_of(suggestion(about=message("Urgent invoice"))).topic is None
    assert facts_of(suggestion(about=message("Friendly reminder"))).topic is None


def test_a_friendly_letter_recalls_no_invoice_number() -> None:
    about = message("Invoice 2231", when=None)
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


PROMISE = ["I'll send you the plans."]


@pytest.mark.parametrize(
    ("kind", "subject", "asked", "lines", "sentence"),
    [
        (Kind.OWE_REPLY, "Lease", True, [], "Ana Costa asked about the lease; your answer is missing."),
        (Kind.OWE_REPLY, "hi", True, [], "Ana Costa asked something; your answer is missing."),
        (Kind.OWE_REPLY, "hi", False, [], "Ana Costa wrote to you; your answer is missing."),
        (
            Kind.DELIVER_PROMISE,
            "Lease",
            False,
            PROMISE,
            'You wrote to Ana Costa: "I will send you the plans". That, or a word on when it comes, is missing.',
        ),
        (Kind.THANK, "Lease", False, [], None),
    ],
)
def test_what_only_the_user_can_add_is_named(
    kind: Kind, subject: str, asked: bool, lines: list[str], sentence: str | None
) -> None:
    one = suggestion(kind, about=message(subject, cues=[CueKind.QUESTION] if asked else []))
    facts = facts_of(one, about_lines=lines)
    topic = topic_for(one, "en", english())
    said = needs_word(kind, facts, name="Ana Costa", topic=topic, sentences=english().needs_word)
    assert said == sentence


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_what_is_missing_is_told_in_the_language_of_the_user(language: str) -> None:
    one = suggestion(about=message("Lease renewal", cues=[CueKind.QUESTION]))
    words = spoken(language)
    said = needs_word(
        one.kind,
        facts_of(one),
        name="Ana Costa",
        topic=topic_for(one, language, words),
        sentences=words.needs_word,
    )
    assert said is not None
    assert "Ana Costa" in said
    assert words.topic.quoted.format(topic="Lease renewal") in said
    assert set(words.needs_word) == set(english().needs_word)


THEIRS = ["Dear Sue,", "", "Is it so?", "", "Ana"]


@pytest.mark.parametrize(
    ("theirs", "ours", "cues", "greeting", "signed"),
    [
        (THEIRS, [], [], "Dear Ana,", "Sue"),
        (["Hi Sue,", "yes.", "Ana"], [], [], "Hi Ana,", "Sue"),
        (THEIRS, ["Yes.", "Sue"], [], "Dear Ana,", "Sue"),
        (["Yes.", "Ana"], ["Yes.", "Sue"], [], "Hi Ana,", "Sue"),
        (["Yes.", "Ana"], ["Yes.", "Sue"], [FORMAL], "Dear Ana Costa,", "Sue"),
        (["Dear Ms Marten,", "yes.", "Ana Costa"], [], [], "Dear Ana Costa,", "Sue Marten"),
        (["Dear Sue Marten,", "yes.", "Ana"], [], [], "Dear Ana Costa,", "Sue Marten"),
        ([], ["Dear Ana,", "yes.", "Sue"], [], "Dear Ana,", "Sue"),
        (["Dear Sue,", "yes.", "Annie"], ["Dear Annie,", "yes.", "Sue"], [], "Dear Annie,", "Sue"),
        (["Dear Ms Marten,", "yes.", "Ana Costa"], ["Dear Mrs Costa,", "yes."], [], "Dear Mrs Costa,", "Sue Marten"),
        ([], [], [], "Dear Ana Costa,", "Sue Marten"),
    ],
)
def test_people_on_first_name_terms_stay_so(
    theirs: list[str], ours: list[str], cues: list[CueKind], greeting: str, signed: str
) -> None:
    facts = facts_of(suggestion(about=message(cues=cues)), their_mails=[theirs], our_mails=[ours])
    assert (facts.greeting, facts.sign_off.splitlines()[1]) == (greeting, signed)


@pytest.mark.parametrize(("language", "formal"), [("en", False), ("de", True), ("fr", True), ("es", True)])
def test_first_names_alone_are_a_familiar_tone_in_english_only(language: str, formal: bool) -> None:
    facts = facts_of(suggestion(), language=language, their_mails=[THEIRS])
    assert facts.formal is formal
    assert facts.greeting.startswith(("Dear Ana", "Guten Tag Ana", "Bonjour Ana", "Buenos días, Ana"))
    assert "Costa" not in facts.greeting


def test_what_the_card_says_of_the_tone_goes_before_first_names() -> None:
    facts = facts_of(suggestion(card=card(formality="formal")), their_mails=[THEIRS])
    assert (facts.formal, facts.greeting) == (True, "Dear Ana Costa,")


@pytest.mark.parametrize(
    ("language", "then", "phrase"),
    [
        ("de", datetime(2026, 9, 1, 9, tzinfo=UTC), "am 1. September"),
        ("de", datetime(2026, 3, 3, tzinfo=UTC), "im März"),
        ("fr", datetime(2026, 9, 1, 9, tzinfo=UTC), "le 1er septembre"),
        ("fr", datetime(2026, 9, 2, 9, tzinfo=UTC), "le 2 septembre"),
        ("fr", datetime(2025, 8, 2, tzinfo=UTC), "en août 2025"),
        ("es", datetime(2026, 9, 1, 9, tzinfo=UTC), "el 1 de septiembre"),
        ("es", datetime(2025, 8, 2, tzinfo=UTC), "en agosto de 2025"),
    ],
)
def test_when_is_said_as_each_language_says_it(language: str, then: datetime, phrase: str) -> None:
    assert when_phrase(then, NOW, ZoneInfo("UTC"), spoken(language)) == phrase


def test_a_topic_in_the_wrong_register_is_left_out() -> None:
    about = message("Deine neue Rechnung", cues=[FORMAL])
    assert facts_of(suggestion(about=about), language="de").topic is None
    about = message("Deine neue Rechnung", cues=[INFORMAL], when=None)
    assert facts_of(suggestion(about=about), language="de").topic == "„Deine neue Rechnung“"


def test_goals_are_named_only_in_the_language_they_are_noted_in() -> None:
    one = suggestion(Kind.RECONNECT, card=card(goals=("a second bakery",)))
    assert facts_of(one, language="de", home_language="en").cares_about is None
    assert facts_of(one, language="en", home_language="en").cares_about == "a second bakery"


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "On 1 March 2026, Ana Costa wrote:"),
        ("de", "Am 1. März 2026 schrieb Ana Costa:"),
        ("fr", "Le 1 mars 2026, Ana Costa a écrit :"),
        ("es", "El 1 de marzo de 2026, Ana Costa escribió:"),
    ],
)
def test_the_line_above_a_quote_says_who_wrote_it_and_when(language: str, line: str) -> None:
    theirs = message(outgoing=False, when=datetime(2026, 3, 1, 9, tzinfo=UTC))._replace(
        sender=Address("a@b.example", "Ana Costa")
    )
    assert above_quote(theirs, ME, UTC, spoken(language)) == line
    assert above_quote(theirs._replace(when=None), ME, UTC, spoken(language)) == ""
    assert ME in above_quote(theirs._replace(outgoing=True), ME, UTC, spoken(language))
