"""What is found in the mail with one person: debts, open asks, thanks, the relationship; and the sentences."""

from __future__ import annotations

import pytest

from assistant.judgement.rules import Surroundings
from assistant.model import (
    Address,
    Card,
    Correspondence,
    Cue,
    CueKind,
    HeldBecause,
    Kind,
    OtherChannel,
    Role,
    Signal,
    Suggestion,
)
from tests.judgement.builders import (
    ANA,
    GAVE,
    ME,
    NOW,
    PROMISE,
    QUESTION,
    REQUEST,
    THANKS,
    ago,
    circumstances,
    old_friends,
    person,
    received,
    sent,
    unread,
    weighed,
    weighed_as,
)


def newest(who: Correspondence, **given: object) -> list[Suggestion]:
    """Return the suggestions about mail of the last hundred days."""
    return [one for one in weighed(who, **given) if one.about.when and one.about.when > ago(100)]  # type: ignore[arg-type]


FOUND: list[tuple[str, Correspondence, set[Kind]]] = [
    ("their question", person(received(6, QUESTION)), {Kind.OWE_REPLY}),
    ("their question, answered", person(received(6, QUESTION), sent(5)), {Kind.CHECK_IN}),
    ("their question, then a remark of theirs", person(received(6, QUESTION), received(5)), {Kind.OWE_REPLY}),
    ("the user's promise", person(sent(6, PROMISE)), {Kind.DELIVER_PROMISE}),
    ("the user's promise, thanked for", person(sent(6, PROMISE), received(5, THANKS)), {Kind.DELIVER_PROMISE}),
    ("the user's promise, kept", person(sent(6, PROMISE), sent(4)), {Kind.CHECK_IN}),
    (
        "the user's promise, kept by an attachment elsewhere",
        person(sent(6, PROMISE), sent(4, thread=2, subject="Figures", signals=Signal.ATTACHMENT)),
        {Kind.CHECK_IN},
    ),
    ("a promise and a question", person(sent(6, PROMISE, QUESTION)), {Kind.DELIVER_PROMISE, Kind.CHECK_IN}),
    ("the user's request", person(sent(20, REQUEST)), {Kind.CHECK_IN}),
    ("their promise", person(sent(30, REQUEST), received(29, PROMISE)), {Kind.CHECK_IN}),
    ("their help", person(sent(9, QUESTION), received(8, GAVE)), {Kind.THANK}),
    (
        "their help, thanked for elsewhere",
        person(received(8, GAVE), sent(7, THANKS, thread=2, subject="Coffee")),
        {Kind.OWE_REPLY, Kind.CHECK_IN},
    ),
    ("their help with a question", person(received(8, GAVE, QUESTION)), {Kind.OWE_REPLY}),
    ("a report, nothing asked", person(received(8)), {Kind.OWE_REPLY}),
]


@pytest.mark.parametrize(("what", "who", "kinds"), FOUND, ids=[what for what, *_ in FOUND])
def test_what_is_found(what: str, who: Correspondence, kinds: set[Kind]) -> None:
    """Each thread is weighed as what it calls for."""
    assert {one.kind for one in newest(who)} - {Kind.RECONNECT} == kinds


def test_a_settled_question_scores_nothing_like_an_open_one() -> None:
    """A thread that was answered is weighed, and stays far below the bar."""
    [answered] = newest(person(received(6, QUESTION), sent(5)))
    [still_open] = newest(person(received(6, QUESTION)))
    assert answered.score < 0.4 < 0.5 < still_open.score


def test_what_asks_nothing_is_never_drafted() -> None:
    """However good the rest looks: a word to the user alone, long, from somebody who always answers."""
    history = [one for n in range(9) for one in (sent(300 - n, thread=n), received(299.5 - n, thread=n))]
    [found] = [
        one
        for one in newest(person(*history, received(6, CueKind.GREETS_USER, thread=20, subject="News")))
        if one.thread
    ]
    assert found.held is HeldBecause.BELOW_BAR


def test_times_that_are_over_take_an_ask_with_them() -> None:
    """Of "It looks like Thursday. Let me know." the ask names no day, and its moment passes all the same."""
    plain = weighed_as(Kind.CHECK_IN, person(sent(20, REQUEST)))
    over = weighed_as(Kind.CHECK_IN, person(sent(20, Cue(CueKind.MOMENT, 1, ago(15)), REQUEST)))
    assert (plain.held, over.held) == (None, HeldBecause.BELOW_BAR)


def test_the_user_had_the_chance_to_ask_again() -> None:
    """Who wrote to them about other things since did not miss the answer much."""
    chats = [sent(days, thread=days, subject=f"News {days}") for days in (14, 15, 16)]
    silent = weighed_as(Kind.CHECK_IN, person(sent(20, REQUEST)))
    [talked] = [one for one in weighed(person(sent(20, REQUEST), *chats)) if one.about.when == ago(20)]
    assert talked.score < 0.5 < silent.score


def test_an_old_debt_is_past_when_both_have_talked_on() -> None:
    """After weeks of mail both ways that never came back to it, nobody waits for the answer."""
    talk = [message for days in (20, 18) for message in (sent(days, thread=days), received(days - 1, thread=days))]
    debt = [received(30, QUESTION, thread=5, subject="An old question")]
    assert {one.held for one in newest(person(*debt)) if one.kind is Kind.OWE_REPLY} == {None}
    assert HeldBecause.EXPIRED in {one.held for one in newest(person(*debt, *talk)) if one.about.id == debt[0].id}


def test_headers_only_lists_a_last_word_to_the_user_alone() -> None:
    """Structure speaks where no text was read: listed, never drafted."""
    who = unread(person(*old_friends(), received(6)))
    [found] = [one for one in newest(who) if one.kind is Kind.OWE_REPLY]
    assert found.held is HeldBecause.BELOW_BAR
    assert found.reason == "Ana Ruiz wrote last, 6 days ago, and there is no answer from you."


SENTENCES: list[tuple[str, Correspondence, Kind, str]] = [
    (
        "an ask, their habit known",
        person(*old_friends(), sent(16, REQUEST)),
        Kind.CHECK_IN,
        "Ana Ruiz usually answers within 1 day; it has been 16.",
    ),
    (
        "an ask, nothing known",
        person(sent(16, REQUEST)),
        Kind.CHECK_IN,
        "Ana Ruiz has not answered in 16 days; there is too little history to say what is usual.",
    ),
    (
        "a question",
        person(received(6, QUESTION), name=""),
        Kind.OWE_REPLY,
        f"{ANA} asked you 6 days ago, and there is no answer from you.",
    ),
    (
        "a promise",
        person(sent(6, PROMISE)),
        Kind.DELIVER_PROMISE,
        "You promised Ana Ruiz something 6 days ago, and nothing you sent since shows that it was done.",
    ),
    (
        "their promise",
        person(received(30, PROMISE)),
        Kind.CHECK_IN,
        "Ana Ruiz promised something 30 days ago, and nothing has come since.",
    ),
    (
        "help",
        person(received(6, GAVE)),
        Kind.THANK,
        "Ana Ruiz helped you 6 days ago, and there was no word of thanks since.",
    ),
    (
        "a friendship",
        person(
            *(
                message
                for days in (98, 128, 158)
                for message in (received(days + 1, thread=days), sent(days, thread=days))
            )
        ),
        Kind.RECONNECT,
        "You and Ana Ruiz usually write every 29 days; the last contact was 98 days ago, you wrote last.",
    ),
]


@pytest.mark.parametrize(("what", "who", "kind", "sentence"), SENTENCES, ids=[what for what, *_ in SENTENCES])
def test_the_reason_is_one_true_sentence(what: str, who: Correspondence, kind: Kind, sentence: str) -> None:
    """Its numbers can be counted in the mailbox."""
    assert [one.reason for one in newest(who) if one.kind is kind] == [sentence]


def test_after_a_logged_contact_nobody_is_said_to_have_written_last() -> None:
    mails = [one for days in (98, 128, 158) for one in (received(days + 1, thread=days), sent(days, thread=days))]
    found = weighed_as(Kind.RECONNECT, person(*mails, others=[OtherChannel(ago(90), "Met at the market.")]))
    assert found.reason == "You and Ana Ruiz usually write every 29 days; the last contact was 90 days ago."


def test_what_is_common_stands_in_for_a_habit() -> None:
    """With fewer than three answers the sentence speaks of most people, and usual_reply_days is null."""
    who = person(sent(9, REQUEST), name="Ben")
    [found] = newest(who, surroundings=Surroundings(common_reply_days=3))
    assert found.reason == "Most people answer you within 3 days; Ben has not in 9."
    assert found.usual_reply_days is None


def test_usual_reply_days_are_the_median_of_their_answers() -> None:
    found = newest(person(*old_friends(), sent(16, REQUEST)))
    assert {one.usual_reply_days for one in found} == {0.8}


def test_a_later_sign_of_life_starts_the_clock_anew() -> None:
    """They wrote about something else 7 days ago: an ask of 20 days ago waits on, and says why."""
    late = received(7, thread=3, subject="Something else", message_id="else@mail.example")
    [found] = [one for one in newest(person(*old_friends(), sent(20, REQUEST), late)) if one.kind is Kind.CHECK_IN]
    assert found.held is HeldBecause.TOO_EARLY
    assert ("Since then they wrote something else on 2026-05-13.", "else@mail.example") in [
        (one.fact, one.message_id) for one in found.evidence
    ]


def test_a_promise_for_a_day_is_due_on_that_day() -> None:
    """Promised for Friday: not before; due after it."""
    who = person(sent(9, Cue(PROMISE, 1, ago(3))))
    held = [newest(who, now=moment)[0].held for moment in (ago(4), NOW)]
    assert held == [HeldBecause.TOO_EARLY, None]


def test_the_draft_answers_the_last_visible_mail_of_the_strict_thread() -> None:
    """A later mail under another subject is not quoted; one in Trash is not answered."""
    asked = sent(20, REQUEST, message_id="ask@mail.example")
    later = sent(18, thread=1, message_id="later@mail.example")
    other = sent(17, thread=2, subject="Dinner", message_id="dinner@mail.example")
    trashed = sent(16, thread=1, role=Role.TRASH, message_id="trash@mail.example")
    found = [one for one in newest(person(*old_friends(), asked, later, other, trashed)) if one.about == asked]
    assert [one.reply_to and one.reply_to.message_id for one in found] == ["later@mail.example"]


def test_a_word_to_a_friend_is_a_fresh_message() -> None:
    who = person(*old_friends(), card=Card((ANA,), cadence_days=60))
    [found] = [one for one in weighed(who) if one.kind is Kind.RECONNECT]
    assert (found.thread, found.reply_to, found.held) == (None, None, None)


@pytest.mark.parametrize(
    ("messages", "identity"),
    [
        ((received(9, QUESTION, to=(Address("sue@work.example"),)),), "sue@work.example"),
        ((sent(9, REQUEST, sender=Address("sue+list@work.example")),), "sue@work.example"),
        ((received(9, QUESTION, to=(Address("everybody@work.example"),)),), ME),
        ((received(20, to=(Address("sue@work.example"),)), sent(9, REQUEST, sender=Address(ME))), ME),
    ],
)
def test_the_identity_is_the_one_they_know(messages: tuple[object, ...], identity: str) -> None:
    """The address in the newest mail either way; the usual one when none of the user's is named."""
    about = circumstances(addresses=(ME, "sue@work.example"))
    found = newest(person(*messages), about=about)  # type: ignore[arg-type]
    assert {one.identity for one in found} == {identity}


def test_an_offer_arises_where_one_fits() -> None:
    """It comes from the user's own list, and stands as evidence."""
    who = person(*old_friends(), sent(40), received(39))
    about = circumstances(offers_for={ANA: "proofread your German texts"})
    [found] = [one for one in weighed(who, about) if one.kind is Kind.OFFER]
    assert found.held is None
    assert "You can offer: proofread your German texts." in [one.fact for one in found.evidence]


def test_plans_ahead_put_a_friendly_word_off() -> None:
    """Whoever meets next week needs no letter that says it has been long."""
    card = Card((ANA,), cadence_days=20)
    plain = person(sent(31), received(30), card=card)
    planned = person(sent(31), received(30, Cue(CueKind.MOMENT, 1, ago(-9))), card=card)
    held = [one.held for who in (plain, planned) for one in weighed(who) if one.kind is Kind.RECONNECT]
    assert held == [None, HeldBecause.TOO_EARLY]
