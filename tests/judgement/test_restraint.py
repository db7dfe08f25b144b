"""Every rule that holds a draft back, each with a matter that it holds and the same matter free of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assistant.judgement.restraint import RESTRAINTS
from assistant.judgement.rules import Circumstances, Rules, Surroundings
from assistant.model import (
    CAPS,
    Address,
    Card,
    Correspondence,
    Cue,
    CueKind,
    DraftState,
    HeldBecause,
    Kind,
    MailKind,
    Message,
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
    choices,
    circumstances,
    draft,
    judged,
    old_friends,
    person,
    read,
    received,
    sent,
    unread,
    weighed,
    weighed_as,
)

BEN, CARA = Address("ben@example.com"), Address("cara@example.com")


def asked(days: float = 20, *more: Any, **other: Any) -> Correspondence:
    """Return somebody who has not answered a request."""
    return person(*old_friends(), sent(days, REQUEST, **other), *more)


def owing(days: float = 6, *cues: CueKind | Cue, **other: Any) -> Correspondence:
    """Return somebody whose question was not answered."""
    return person(*old_friends(), received(days, *(cues or (QUESTION,)), **other))


def known(**other: Any) -> Correspondence:
    """Return somebody who waits for an answer, with these facts about them."""
    return person(*old_friends(), received(6, QUESTION), **other)


def replaced(who: Correspondence, *more: Message) -> Correspondence:
    """Return the correspondence with mail beside its threads, as that of a doubtful sender is kept."""
    return replace(who, messages=tuple(sorted((*who.messages, *more), key=lambda one: one.when or NOW)))


FREE = [
    ("an open ask", Kind.CHECK_IN, asked()),
    ("an open question", Kind.OWE_REPLY, owing()),
    ("a promise", Kind.DELIVER_PROMISE, person(*old_friends(), sent(6, PROMISE))),
    ("help", Kind.THANK, person(*old_friends(), sent(8, QUESTION), received(6, GAVE))),
    ("what was asked for, attached", Kind.THANK, person(sent(8, REQUEST), received(6, signals=Signal.ATTACHMENT))),
    (
        "another invoice was spoken of",
        Kind.OWE_REPLY,
        person(
            received(9, QUESTION, subject="Invoice 17"),
            sent(7, thread=9, subject="Invoice 18", reading=read(words=20)),
        ),
    ),
    (
        "a copy that greets the user",
        Kind.OWE_REPLY,
        owing(6, QUESTION, Cue(CueKind.GREETS_USER, 0), to=(BEN,), cc=(Address(ME),)),
    ),
    (
        "bad news of long ago",
        Kind.OWE_REPLY,
        person(
            *old_friends(), received(70, CueKind.SENSITIVE, thread=9, subject="My dismissal"), received(6, QUESTION)
        ),
    ),
    ("bad news in a language they do not write", Kind.OWE_REPLY, owing(6, subject="Operation and maintenance")),
    (
        "bad news of others on a list",
        Kind.OWE_REPLY,
        replaced(owing(), received(4, kind=MailKind.LIST, subject="A funeral", reading=None)),
    ),
    ("their promise", Kind.CHECK_IN, person(*old_friends(), received(30, PROMISE))),
    ("a wished cadence", Kind.RECONNECT, person(*old_friends(), card=Card((ANA,), cadence_days=60))),
]


@pytest.mark.parametrize(("what", "kind", "who"), FREE, ids=[what for what, *_ in FREE])
def test_nothing_holds_a_plain_matter(what: str, kind: Kind, who: Correspondence) -> None:
    """The matters that the table below holds are free without what it adds."""
    found = [one for one in weighed(who) if one.kind is kind and one.held is None]
    assert len(found) == 1, what


H = HeldBecause
OLD_ASK = received(12, QUESTION, message_id="attic@mail.example")
CHATTING = person(*old_friends(), OLD_ASK, received(3))


def drafted_about_it(state: DraftState, days: float = 6, **other: Any) -> Circumstances:
    """Return circumstances in which a draft about the old ask has ended so."""
    about_it = draft(Kind.OWE_REPLY, state, days, in_reply_to=OLD_ASK.message_id, **other)
    return circumstances(drafts=(about_it,))


WITH_DECLINED = drafted_about_it(DraftState.DECLINED)
LATE_ASK = Cue(REQUEST, 2, ago(3))

HELD: list[tuple[HeldBecause, str, Kind, Correspondence, dict[str, Any]]] = [
    (H.AUTOMATED, "a machine writes", Kind.OWE_REPLY, person(received(3, kind=MailKind.AUTOMATIC)), {}),
    (H.AUTOMATED, "a newsletter", Kind.OWE_REPLY, person(received(3, kind=MailKind.BULK)), {}),
    (H.AUTOMATED, "nobody reads there", Kind.OWE_REPLY, known(address="no-reply@example.net"), {}),
    (H.LIST, "through a list", Kind.OWE_REPLY, person(received(3, QUESTION, kind=MailKind.LIST)), {}),
    (H.ROLE, "an office", Kind.OWE_REPLY, known(address="billing@example.net"), {}),
    (H.BOUNCED, "it came back", Kind.CHECK_IN, asked(20, received(19, kind=MailKind.BOUNCE)), {}),
    (H.BOUNCED, "they have left", Kind.CHECK_IN, asked(20, received(19, CueKind.LEFT, kind=MailKind.AUTO_REPLY)), {}),
    (
        H.AMBIGUOUS,
        "perhaps the answer",
        Kind.CHECK_IN,
        replaced(asked(20), received(12, sender=None, signals=Signal.AMBIGUOUS)),
        {},
    ),
    (
        H.AMBIGUOUS,
        "it only says that it is the user's",
        Kind.CHECK_IN,
        asked(20, role=Role.INBOX, signals=Signal.RECEIVED),
        {},
    ),
    (H.AMBIGUOUS, "two readings", Kind.OWE_REPLY, owing(6, signals=Signal.AMBIGUOUS), {}),
    (H.UNKNOWN_SENDER, "a stranger", Kind.OWE_REPLY, person(received(6, QUESTION), confirmed=False), {}),
    (H.OPT_OUT, "they asked for it", Kind.OWE_REPLY, owing(6, QUESTION, CueKind.OPT_OUT), {}),
    (H.OPT_OUT, "it was noted", Kind.OWE_REPLY, owing(), {"about": choices(opted_out=frozenset({ANA}))}),
    (H.NEVER, "by address", Kind.OWE_REPLY, owing(), {"about": choices(never=frozenset({ANA}))}),
    (H.NEVER, "by domain", Kind.OWE_REPLY, owing(), {"about": choices(never=frozenset({"@example.net"}))}),
    (H.NEVER, "by card", Kind.OWE_REPLY, known(card=Card((ANA,), never=True)), {}),
    (H.PAUSED, "the person", Kind.OWE_REPLY, owing(), {"about": choices(paused={ANA: NOW + timedelta(days=1)})}),
    (H.PAUSED, "everything", Kind.OWE_REPLY, owing(), {"about": choices(paused={"": None})}),
    (H.REST, "the person", Kind.CHECK_IN, asked(), {"about": choices(rests={ANA: ago(1)})}),
    (H.SENSITIVE, "in the thread", Kind.OWE_REPLY, owing(6, QUESTION, CueKind.SENSITIVE), {}),
    (
        H.SENSITIVE,
        "elsewhere, lately",
        Kind.CHECK_IN,
        asked(20, received(25, CueKind.SENSITIVE, thread=9, subject="News")),
        {},
    ),
    (
        H.SENSITIVE,
        "elsewhere, after they asked",
        Kind.OWE_REPLY,
        person(*old_friends(), received(14, QUESTION), received(4, CueKind.SENSITIVE, thread=9, subject="News")),
        {},
    ),
    (
        H.SENSITIVE,
        "earlier in the thread",
        Kind.OWE_REPLY,
        person(*old_friends(), received(20, CueKind.SENSITIVE), sent(19), received(12, QUESTION)),
        {},
    ),
    (
        H.SENSITIVE,
        "elsewhere, with a promise to keep",
        Kind.DELIVER_PROMISE,
        person(*old_friends(), sent(6, PROMISE), received(4, CueKind.SENSITIVE, thread=9, subject="News")),
        {},
    ),
    (H.SENSITIVE, "in the subject", Kind.OWE_REPLY, owing(6, subject="My father's funeral"), {}),
    (
        H.SENSITIVE,
        "in the subject of mail that nobody read",
        Kind.CHECK_IN,
        asked(20, received(25, thread=9, subject="My father\N{RIGHT SINGLE QUOTATION MARK}s FUNERAL", reading=None)),
        {},
    ),
    (H.SENSITIVE, "in the subject, all unread", Kind.OWE_REPLY, unread(owing(6, subject="Die Beerdigung")), {}),
    (
        H.ACCOUNT_UNREAD,
        "a mail of theirs is still to be read",
        Kind.CHECK_IN,
        asked(30, received(28, thread=9, subject="News", reading=None)),
        {},
    ),
    (H.ENCRYPTED, "unreadable", Kind.OWE_REPLY, owing(6, signals=Signal.ENCRYPTED), {}),
    (H.CLOSED, "the last word closes", Kind.OWE_REPLY, owing(6, CueKind.CLOSING), {}),
    (H.CLOSED, "no need to reply", Kind.OWE_REPLY, owing(6, QUESTION, CueKind.RELEASE), {}),
    (H.CLOSED, "marked as answered", Kind.OWE_REPLY, owing(6, answered=True), {}),
    (H.CLOSED, "withdrawn by the asker", Kind.OWE_REPLY, person(received(8, QUESTION), received(7, THANKS)), {}),
    (H.CLOSED, "the answer was thrown away", Kind.CHECK_IN, asked(20, received(9, role=Role.TRASH)), {}),
    (H.CLOSED, "they spoke", Kind.OWE_REPLY, known(others=[OtherChannel(ago(2), "phoned")]), {}),
    (
        H.CLOSED,
        "somebody else answered",
        Kind.CHECK_IN,
        asked(20, to=(Address(ANA), BEN), message_id="ask@mail.example"),
        {"surroundings": Surroundings(answered={"ask@mail.example": received(18)})},
    ),
    (
        H.CLOSED,
        "they wrote about it under another subject",
        Kind.CHECK_IN,
        asked(30, received(22, thread=9, subject="Lease of the upper floor")),
        {},
    ),
    (
        H.CLOSED,
        "answered in another mail",
        Kind.OWE_REPLY,
        person(*old_friends(), received(9, QUESTION), sent(7, thread=9, subject="Signed lease")),
        {},
    ),
    (
        H.CLOSED,
        "kept in another mail",
        Kind.DELIVER_PROMISE,
        person(*old_friends(), sent(9, PROMISE), sent(7, thread=9, subject="The lease: signed copy")),
        {},
    ),
    (H.EXPIRED, "the day is over", Kind.OWE_REPLY, owing(6, LATE_ASK), {}),
    (H.EXPIRED, "too long ago", Kind.CHECK_IN, asked(130), {}),
    (H.EXPIRED, "late thanks", Kind.THANK, person(*old_friends(), received(50, GAVE)), {}),
    (H.ERRAND, "an act, no answer", Kind.OWE_REPLY, owing(6, CueKind.ERRAND), {}),
    (
        H.MANY_RECIPIENTS,
        "four in To",
        Kind.CHECK_IN,
        asked(20, to=(Address(ANA), BEN, CARA, Address("d@example.com"))),
        {},
    ),
    (H.MANY_RECIPIENTS, "somebody else first", Kind.CHECK_IN, asked(20, to=(BEN, Address(ANA))), {}),
    (H.MANY_RECIPIENTS, "only a copy", Kind.CHECK_IN, asked(20, to=(BEN,), cc=(Address(ANA),)), {}),
    (H.MANY_RECIPIENTS, "nobody named", Kind.OWE_REPLY, owing(6, to=(Address(ME), BEN)), {}),
    (
        H.MANY_RECIPIENTS,
        "a copy that mentions the user",
        Kind.OWE_REPLY,
        owing(6, QUESTION, Cue(CueKind.GREETS_USER, 2), to=(BEN,), cc=(Address(ME),)),
        {},
    ),
    (H.MANY_RECIPIENTS, "thanks for help to many", Kind.THANK, person(received(6, GAVE, to=(Address(ME), BEN))), {}),
    (H.MANY_RECIPIENTS, "seven of them", Kind.OWE_REPLY, owing(6, to=(Address(ME),), cc=(BEN,) * 6), {}),
    (
        H.ABSENT_UNTIL,
        "until a day",
        Kind.OWE_REPLY,
        person(
            *old_friends(),
            received(6, QUESTION),
            received(5, Cue(CueKind.ABSENCE, 0, NOW), kind=MailKind.AUTO_REPLY, thread=9),
        ),
        {},
    ),
    (H.ABSENT_UNTIL, "no day named", Kind.CHECK_IN, asked(20, received(9, kind=MailKind.AUTO_REPLY, reading=None)), {}),
    (
        H.OWED_FIRST,
        "an answer",
        Kind.CHECK_IN,
        asked(20, received(12, QUESTION, thread=9, subject="A question of mine")),
        {},
    ),
    (
        H.OWED_FIRST,
        "a promise",
        Kind.CHECK_IN,
        asked(20, sent(15, PROMISE, thread=9, subject="Figures")),
        {},
    ),
    (
        H.BALANCE,
        "three requests",
        Kind.CHECK_IN,
        person(
            *(sent(days, REQUEST, thread=days, subject=f"Wish {days}") for days in (60, 50)),
            received(55, thread=60),
            received(45, thread=50, subject="Re: Wish 50"),
            sent(30, REQUEST),
        ),
        {},
    ),
    (
        H.LIVE_DRAFT,
        "one waits",
        Kind.OWE_REPLY,
        owing(),
        {"about": circumstances(drafts=(draft(state=DraftState.WAITING),))},
    ),
    (H.HAD_DRAFT, "of this kind", Kind.CHECK_IN, asked(), {"about": circumstances(drafts=(draft(days=8),))}),
    (
        H.HAD_DRAFT,
        "two already",
        Kind.CHECK_IN,
        asked(),
        {"about": circumstances(drafts=(draft(Kind.THANK, days=15), draft(Kind.OWE_REPLY, days=8)))},
    ),
    (
        H.HAD_DRAFT,
        "declined",
        Kind.CHECK_IN,
        asked(60),
        {"about": circumstances(drafts=(draft(Kind.THANK, DraftState.DECLINED, days=40),))},
    ),
    (
        H.HAD_DRAFT,
        "declined, and they only wrote of something else",
        Kind.OWE_REPLY,
        CHATTING,
        {"about": WITH_DECLINED},
    ),
    (
        H.HAD_DRAFT,
        "gone from Drafts, and they only wrote of something else",
        Kind.OWE_REPLY,
        CHATTING,
        {"about": drafted_about_it(DraftState.GONE, uid=3)},
    ),
    (
        H.HAD_DRAFT,
        "once a year",
        Kind.OFFER,
        person(sent(500), received(499)),
        {"about": circumstances(offers_for={ANA: "proofread"}, drafts=(draft(Kind.OWE_REPLY, days=300),))},
    ),
    (H.RECENT_CONTACT, "they wrote", Kind.CHECK_IN, asked(20, received(3, thread=9, subject="Lunch")), {}),
    (H.RECENT_CONTACT, "the user wrote", Kind.CHECK_IN, asked(20, sent(3, thread=9, subject="Lunch")), {}),
    (H.RECENT_CONTACT, "in Junk", Kind.CHECK_IN, asked(20, received(3, thread=9, subject="Sale", role=Role.JUNK)), {}),
    (H.RECENT_CONTACT, "through a list", Kind.CHECK_IN, asked(20, received(3, thread=9, kind=MailKind.LIST)), {}),
    (H.TOO_EARLY, "a question of yesterday", Kind.OWE_REPLY, owing(1), {}),
    (H.TOO_EARLY, "promised for next week", Kind.DELIVER_PROMISE, person(sent(6, Cue(PROMISE, 1, ago(-7)))), {}),
    (H.TOO_EARLY, "help of this morning", Kind.THANK, person(*old_friends(), received(0.1, GAVE)), {}),
    (
        H.ACCOUNT_UNREAD,
        "an account is down",
        Kind.OWE_REPLY,
        owing(),
        {"about": circumstances(unread=frozenset({"home"}))},
    ),
    (
        H.ACCOUNT_UNREAD,
        "Sent is incomplete",
        Kind.OWE_REPLY,
        owing(),
        {"about": circumstances(incomplete_sent=frozenset({"home"}))},
    ),
    (H.BELOW_BAR, "nothing was asked", Kind.CHECK_IN, person(*old_friends(), sent(20)), {}),
    (H.BELOW_BAR, "not read", Kind.OWE_REPLY, unread(owing()), {}),
    (H.BELOW_BAR, "unknown language", Kind.OWE_REPLY, owing(6, reading=read(QUESTION, words=9, language=None)), {}),
]


@pytest.mark.parametrize(("code", "why", "kind", "who", "given"), HELD, ids=[f"{c}: {w}" for c, w, *_ in HELD])
def test_the_rule_holds(code: HeldBecause, why: str, kind: Kind, who: Correspondence, given: dict[str, Any]) -> None:
    """The weightiest rule names itself and leaves its evidence."""
    found = _the_one(weighed(who, **given), kind)
    assert found.held is code
    assert len(found.evidence) >= 2
    assert all(one.fact.endswith(".") for one in found.evidence)


def _the_one(suggestions: list[Suggestion], kind: Kind) -> Suggestion:
    """Return the newest suggestion of a kind: the builders' old threads are older."""
    return max((one for one in suggestions if one.kind is kind), key=lambda one: one.about.when or ago(9999))


def test_every_code_is_covered() -> None:
    """Each code of held_because comes from a rule of this table, from a cap, or from drafting."""
    codes = {code for code, *_ in HELD}
    assert codes == {rule.code for rule in RESTRAINTS}
    assert set(HeldBecause) - codes == CAPS | {HeldBecause.NO_TEMPLATE, HeldBecause.OFF_HOURS}


def test_all_rules_that_apply_leave_evidence() -> None:
    """Why can print them all: paused, and the account is unread."""
    about = replace(choices(paused={"": None}), unread=frozenset({"home"}))
    found = weighed_as(Kind.CHECK_IN, person(sent(20, REQUEST)), about)
    facts = [one.fact for one in found.evidence]
    assert "Everything is paused until you resume." in facts
    assert "The account home could not be read to the end." in facts


ENDED: list[tuple[str, Kind, Correspondence, dict[str, Any]]] = [
    ("a pause that ended", Kind.OWE_REPLY, owing(), {"about": choices(paused={ANA: ago(1)})}),
    ("a rest of an earlier silence", Kind.OWE_REPLY, owing(), {"about": choices(rests={ANA: ago(30)})}),
    ("a bounce before they wrote again", Kind.OWE_REPLY, owing(6), {}),
    (
        "a draft of an earlier silence",
        Kind.OWE_REPLY,
        owing(),
        {"about": circumstances(drafts=(draft(Kind.OWE_REPLY),))},
    ),
    (
        "an absence that is over",
        Kind.OWE_REPLY,
        person(
            *old_friends(),
            received(9, QUESTION),
            received(9, Cue(CueKind.ABSENCE, 0, ago(4)), kind=MailKind.AUTO_REPLY, thread=9),
        ),
        {},
    ),
    ("a debt while they are in touch", Kind.OWE_REPLY, owing(6, QUESTION), {}),
    ("an office in the user's own file", Kind.OWE_REPLY, known(address="info@example.net", card=Card((ANA,))), {}),
    (
        "a group mail that names the user",
        Kind.OWE_REPLY,
        owing(6, QUESTION, CueKind.GREETS_USER, to=(Address(ME), BEN)),
        {},
    ),
]


@pytest.mark.parametrize(("what", "kind", "who", "given"), ENDED, ids=[what for what, *_ in ENDED])
def test_a_hold_ends(what: str, kind: Kind, who: Correspondence, given: dict[str, Any]) -> None:
    """What is over holds nothing."""
    assert _the_one(weighed(who, **given), kind).held is None


def test_an_absence_holds_one_working_day_longer() -> None:
    """Nobody wants follow-ups on the first day back."""
    note = received(6, Cue(CueKind.ABSENCE, 0, NOW), kind=MailKind.AUTO_REPLY, thread=9)
    who = person(*old_friends(), received(7, QUESTION), note)
    held = [_the_one(weighed(who, now=NOW + timedelta(days=days)), Kind.OWE_REPLY).held for days in (0, 0.9, 1.1)]
    assert held == [HeldBecause.ABSENT_UNTIL, HeldBecause.ABSENT_UNTIL, None]


def test_a_flagged_mail_needs_no_bar() -> None:
    """The user said: watch this one."""
    plain, flagged = (person(*old_friends(), sent(20, flagged=flagged)) for flagged in (False, True))
    assert _the_one(weighed(plain), Kind.CHECK_IN).held is HeldBecause.BELOW_BAR
    assert _the_one(weighed(flagged), Kind.CHECK_IN).held is None


@pytest.mark.parametrize(
    ("drafts", "held"),
    [
        ((), None),
        ((draft(Kind.THANK, DraftState.DECLINED, days=100),), HeldBecause.TOO_EARLY),
        ((draft(Kind.THANK, DraftState.WITHDRAWN, days=100, changed=ago(86)),) * 2, HeldBecause.TOO_EARLY),
        ((draft(Kind.THANK, DraftState.WITHDRAWN, days=81, changed=ago(80)),) * 2, None),
        ((draft(Kind.THANK, DraftState.DECLINED, days=100), draft(Kind.THANK, DraftState.SENT, days=90)), None),
    ],
)
def test_a_declined_draft_makes_the_next_wait_longer(drafts: tuple[Any, ...], held: HeldBecause | None) -> None:
    """Deleted means "not now": the next silence is given twice the time, until a draft was used again."""
    history = (sent(80, QUESTION, thread=7, subject="Spring"), received(79, thread=7, subject="Re: Spring"))
    who = person(*old_friends(), *history, sent(23, REQUEST))
    assert _the_one(weighed(who, circumstances(drafts=drafts)), Kind.CHECK_IN).held is held


@pytest.mark.parametrize(
    ("what", "about"),
    [
        ("it was taken back, as they wrote", drafted_about_it(DraftState.WITHDRAWN, changed=ago(3))),
        ("it never lay in Drafts", drafted_about_it(DraftState.GONE)),
        ("it was about what they had asked before", drafted_about_it(DraftState.DECLINED, days=13)),
    ],
)
def test_a_matter_is_taken_up_whose_draft_nobody_deleted(what: str, about: Circumstances) -> None:
    """An untouched draft makes way for their new mail, and the matter is as open as it was."""
    assert _the_one(weighed(CHATTING, about), Kind.OWE_REPLY).held is None, what


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        (Kind.OWE_REPLY, owing(5)),
        (Kind.DELIVER_PROMISE, person(*old_friends(), received(6), sent(5, PROMISE))),
        (Kind.THANK, person(*old_friends(), sent(8, QUESTION), received(1.5, GAVE))),
    ],
)
def test_what_somebody_waits_for_waits_longer_too(kind: Kind, who: Correspondence) -> None:
    """A declined draft doubles the next wait, whatever that is for."""
    declined = circumstances(drafts=(draft(Kind.CHECK_IN, DraftState.DECLINED, days=100),))
    assert _the_one(weighed(who), kind).held is None
    assert _the_one(weighed(who, declined), kind).held is HeldBecause.TOO_EARLY


def test_bad_news_is_not_told_of_what_is_long_over() -> None:
    """While the contact has bad news, only what could be written about now is held for it."""
    who = person(*old_friends(), received(4, CueKind.SENSITIVE, thread=9, subject="News"), received(6, QUESTION))
    told = {one.about.subject for one in weighed(who) if one.held is HeldBecause.SENSITIVE and one.thread}
    assert told == {"The lease", "News"}


def test_caps_say_so() -> None:
    """A fourth good suggestion stays visible as what the daily cap keeps back."""
    people = [
        person(
            received(6, QUESTION, them=f"p{n}@example.net"),
            sent(90, thread=9, them=f"p{n}@example.net"),
            address=f"p{n}@example.net",
        )
        for n in range(4)
    ]
    held = [one.held for one in judged(people, rules=Rules()) if one.would_be_drafted]
    assert held == [None, None, None, HeldBecause.DAILY_CAP]
