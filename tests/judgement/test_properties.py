"""What must hold in every mailbox, tried on generated ones."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.correspondence.rhythm import Population
from assistant.correspondence.threads import group
from assistant.judgement.rules import Circumstances, Rules
from assistant.judgement.silence import days_since, silence_of
from assistant.judgement.suggest import weigh
from assistant.model import (
    Card,
    Correspondence,
    CueKind,
    DraftState,
    HeldBecause,
    Kind,
    MailKind,
    Message,
    Role,
    Suggestion,
)
from assistant.workdays import working_days_between
from tests.judgement.builders import NOW, ago, circumstances, draft, judged, person, read, received, sent

RULES = Rules()
PEOPLE = ("ana.ruiz", "ben.okafor", "cara.lind")
SAID = (
    CueKind.REQUEST, CueKind.QUESTION, CueKind.ERRAND, CueKind.PROMISE, CueKind.THANKS, CueKind.CLOSING,
    CueKind.RELEASE, CueKind.GAVE, CueKind.GREETS_USER, CueKind.INFORMAL,
)  # fmt: skip
UNASKED = {Kind.CHECK_IN, Kind.RECONNECT, Kind.OFFER}


@dataclass(frozen=True)
class Mail:
    """One generated mail: who, when, which way, in which thread, what it does."""

    who: int
    days: float
    outgoing: bool
    thread: int
    cues: tuple[CueKind, ...]
    words: int
    kind: MailKind
    role: Role | None


@st.composite
def mails(draw: st.DrawFn) -> Mail:
    outgoing = draw(st.booleans())
    kind = (
        MailKind.PERSONAL
        if outgoing
        else draw(st.sampled_from([MailKind.PERSONAL] * 6 + [MailKind.LIST, MailKind.AUTO_REPLY]))
    )
    return Mail(
        who=draw(st.integers(0, len(PEOPLE) - 1)),
        days=draw(st.integers(0, 40) | st.integers(0, 380)) + draw(st.sampled_from([0.1, 0.4, 0.7])),
        outgoing=outgoing,
        thread=draw(st.integers(1, 4)),
        cues=tuple(draw(st.lists(st.sampled_from(SAID), max_size=3, unique=True))),
        words=draw(st.sampled_from([3, 12, 60])),
        kind=kind,
        role=draw(st.sampled_from([None] * 8 + [Role.TRASH, Role.JUNK, Role.ARCHIVE])),
    )


mailboxes = st.lists(mails(), min_size=1, max_size=30, unique_by=lambda mail: (mail.days, mail.who, mail.outgoing))


def people_of(
    mailbox: Sequence[Mail], domain: str = "example.net", names: Sequence[str] = PEOPLE, card: bool = False
) -> list[Correspondence]:
    """Return everybody in a generated mailbox."""
    found: dict[int, list[Message]] = {}
    for number, mail in enumerate(mailbox, 1):
        write = sent if mail.outgoing else received
        given: dict[str, Any] = {"role": mail.role} if mail.role else {}
        found.setdefault(mail.who, []).append(
            write(
                mail.days,
                them=f"{names[mail.who]}@{domain}",
                thread=mail.thread + 10 * mail.who,
                subject=f"Matter {mail.thread}",
                kind=mail.kind,
                number=number,
                reading=read(*mail.cues, words=mail.words),
                **given,
            )
        )
    everybody = []
    for who, messages in found.items():
        address = f"{names[who]}@{domain}"
        known = Card((address,), cadence_days=30) if card else None
        everybody.append(person(*messages, address=address, name=names[who].replace(".", " ").title(), card=known))
    return everybody


def offering(people: Sequence[Correspondence]) -> Circumstances:
    return circumstances(offers_for={one.contact.address: "lend a projector" for one in people})


def is_owed(who: Correspondence) -> bool:
    """Tell, by the plainest reading, whether this person waits for an answer of the user's."""
    threads: dict[int, list[Message]] = {}
    for message in who.messages:
        threads.setdefault(message.thread, []).append(message)
    return any(
        not one[-1].outgoing
        and one[-1].kind is MailKind.PERSONAL
        and one[-1].role in (Role.INBOX, Role.ARCHIVE)
        and one[-1].reading is not None
        and one[-1].reading.has(CueKind.REQUEST, CueKind.QUESTION)
        and not one[-1].reading.has(CueKind.RELEASE)
        and days_since(one[-1].when or NOW, NOW) <= 20
        for one in threads.values()
    )


@settings(max_examples=300, deadline=None)
@given(mailboxes, st.integers(14, 20), st.integers(22, 60), st.sampled_from([CueKind.REQUEST, CueKind.QUESTION]))
def test_nobody_owed_gets_a_check_in(mailbox: list[Mail], owed: int, asked: int, cue: CueKind) -> None:
    """Nagging somebody the user owes is the worst mistake: an open ask beside a debt, among other mail."""
    planted = [
        Mail(0, owed, False, 5, (cue,), 40, MailKind.PERSONAL, None),
        Mail(0, asked, True, 6, (CueKind.REQUEST,), 40, MailKind.PERSONAL, None),
    ]
    people = people_of([*(mail for mail in mailbox if mail.who or mail.days > 8), *planted])
    waiting = {one.contact.address for one in people if is_owed(one)}
    assert waiting
    for one in judged(people):
        if one.contact.address in waiting:
            assert not (one.would_be_drafted and one.kind in UNASKED)


@settings(max_examples=150, deadline=None)
@given(mailboxes, st.integers(14, 50), st.integers(22, 50), st.booleans())
def test_nobody_gets_a_check_in_while_a_mail_of_theirs_is_unread(
    mailbox: list[Mail], owed: int, asked: int, card: bool
) -> None:
    """The mail may hold a debt; what a sweep had no room to read is not taken for silence."""
    planted = [
        Mail(0, owed, False, 5, (CueKind.QUESTION,), 40, MailKind.PERSONAL, None),
        Mail(0, asked, True, 6, (CueKind.REQUEST,), 40, MailKind.PERSONAL, None),
    ]
    people = [
        _but_unread(who, "Matter 5") for who in people_of([*(one for one in mailbox if one.who), *planted], card=card)
    ]
    found = [one for one in judged(people, offering(people)) if one.contact.address == f"{PEOPLE[0]}@example.net"]
    assert found
    assert not any(one.would_be_drafted and one.kind in UNASKED for one in found)


def _but_unread(who: Correspondence, subject: str) -> Correspondence:
    """Return the correspondence as it is while the mails of one subject are still to be read."""
    messages = tuple(one._replace(reading=None) if one.subject == subject else one for one in who.messages)
    return replace(who, messages=messages, threads=group(messages))


@settings(max_examples=300, deadline=None)
@given(mailboxes, st.booleans())
def test_nobody_in_touch_gets_what_nobody_waits_for(mailbox: list[Mail], card: bool) -> None:
    """No check_in, reconnect or offer within five working days of a message either way, wherever it lies."""
    people = people_of(mailbox, card=card)
    lately = {
        one.contact.address
        for one in people
        for message in one.messages
        if message.kind is not MailKind.AUTO_REPLY and working_days_between(message.when or NOW, NOW, RULES.zone) < 5
    }
    for one in judged(people, offering(people)):
        assert not (one.would_be_drafted and one.kind in UNASKED and one.contact.address in lately)


@settings(max_examples=150, deadline=None)
@given(mailboxes)
def test_names_titles_and_domains_change_nothing(mailbox: list[Mail]) -> None:
    """The doorman and the director get the same."""
    plain = people_of(mailbox)
    grand = people_of(mailbox, "board.example.com", ("zoe.chair", "prof.dr.adams", "a.president"))

    def decided(people: list[Correspondence]) -> list[Any]:
        return [
            (one.kind, one.score, one.held, one.about.id, one.silent_days, one.usual_reply_days)
            for one in judged(people, offering(people))
        ]

    assert decided(plain) == decided(grand)


@settings(max_examples=150, deadline=None)
@given(mailboxes, st.randoms(use_true_random=False))
def test_the_order_of_the_mail_changes_nothing(mailbox: list[Mail], dice: random.Random) -> None:
    """The same mailbox, settings and moment give the same answer, piece by piece."""
    people = people_of(mailbox)
    drafts = [draft(Kind.THANK, days=days, contact=one.contact.address) for days, one in enumerate(people, 15)]
    about = replace(offering(people), drafts=tuple(drafts))
    expected = judged(people, about)
    dice.shuffle(people)
    dice.shuffle(drafts)
    assert judged(people, replace(about, drafts=tuple(drafts))) == expected


@settings(max_examples=150, deadline=None)
@given(mailboxes, st.booleans())
def test_the_caps_hold(mailbox: list[Mail], card: bool) -> None:
    """Three a day, one to a person, one friendly word."""
    people = people_of(mailbox, card=card)
    now = [one for one in judged(people, offering(people)) if one.held is None]
    assert len(now) <= RULES.daily_cap
    assert all(count == 1 for count in Counter(one.contact.address for one in now).values())
    assert sum(one.kind in {Kind.THANK, Kind.RECONNECT, Kind.OFFER} for one in now) <= 1


@settings(max_examples=150, deadline=None)
@given(mailboxes)
def test_nothing_hidden_or_written_by_machines_is_answered(mailbox: list[Mail]) -> None:
    """What lies in Trash or Junk, came through a list or was automatic can stop a draft and never causes one."""
    for one in judged(people_of(mailbox)):
        if one.would_be_drafted:
            assert one.about.kind is MailKind.PERSONAL
            assert one.about.role not in (Role.TRASH, Role.JUNK)
            assert one.reply_to is None or one.reply_to.role not in (Role.TRASH, Role.JUNK)


@settings(max_examples=150, deadline=None)
@given(mailboxes)
def test_every_number_of_a_reason_can_be_counted(mailbox: list[Mail]) -> None:
    """The days in a sentence are those since the message it is about, or since the last contact."""
    for one in judged(people_of(mailbox)):
        said = [
            int(number)
            for number in re.findall(r"(\d+) days? ago|been (\d+)|\bin (\d+)", one.reason)
            for number in number
            if number
        ]
        since = one.silent_days if one.thread is None else days_since(one.about.when or NOW, NOW)
        assert said in ([since], [] if since == 0 else None), one.reason
        assert one.reason.endswith(".")


@settings(max_examples=150, deadline=None)
@given(mailboxes)
def test_every_hold_leaves_its_evidence(mailbox: list[Mail]) -> None:
    for one in judged(people_of(mailbox)):
        assert 0 <= one.score <= 1
        assert one.held is None or len(one.evidence) >= 2


@pytest.mark.parametrize("used", [True, False], ids=["every draft is sent", "every draft goes unused"])
@pytest.mark.parametrize("last", [CueKind.REQUEST, CueKind.PROMISE, None], ids=["ask", "promise", "plain"])
def test_a_silent_year_brings_two_drafts_at_most(used: bool, last: CueKind | None) -> None:
    """One person, silent for a year, a look every day: at most one draft of a kind and two in all."""
    history = [
        mail
        for number, days in enumerate((320, 290, 260, 230, 200), 1)
        for mail in (
            sent(days, CueKind.THANKS, thread=number, subject=f"Plan {number}"),
            received(days - 1, thread=number, subject=f"Re: Plan {number}"),
        )
    ]
    history.append(sent(9, *([last] if last else []), thread=9, subject="The lease", role=Role.SENT))
    written: list[Suggestion] = []
    drafts: list[Any] = []
    for day in range(365):
        now = NOW + timedelta(days=day)
        who = person(*history, card=Card(("ana@example.net",), cadence_days=45))
        about = circumstances(drafts=tuple(drafts), offers_for={"ana@example.net": "lend a projector"})
        for one in judged([who], about, now=now):
            if one.held is None:
                written.append(one)
                drafts.append(_ledger_row(one, now, silence_of(who).opened_by, used=used))
                if used:
                    history.append(sent(-day - 0.1, thread=20 + day, subject=f"Draft {day}", number=90_000 + day))
    assert 1 <= len(written) <= 2
    assert len({one.kind for one in written}) == len(written)


def _ledger_row(one: Suggestion, now: datetime, silence: str, *, used: bool) -> Any:
    state = DraftState.SENT if used else DraftState.WITHDRAWN
    changed = now + timedelta(days=0 if used else 14)
    return draft(one.kind, state, created=now, changed=changed, silence=silence)


def test_the_clock_only_moves_forward() -> None:
    """What is due on one day is due on the next, until it is too old."""
    who = person(sent(60), received(59), sent(1, CueKind.REQUEST, thread=3, subject="The lease"))
    held = []
    for day in range(30):
        [found] = [one for one in judged([who], now=NOW + timedelta(days=day)) if one.about.when == ago(1)]
        held.append(found.held)
    assert held[0] is HeldBecause.RECENT_CONTACT
    assert held[-1] is None
    assert sum(before != after for before, after in pairwise(held)) <= 2


@settings(max_examples=200, deadline=None)
@given(mailboxes, st.booleans())
def test_where_only_drafts_are_wanted_the_same_are_found(mailbox: list[Mail], card: bool) -> None:
    """What is passed over is held when it is weighed, and what is weighed is held by the same rule or by none."""
    people = people_of(mailbox, card=card)
    scales = (Population(), offering(people), Rules(), NOW)
    for one in people:
        told = {(each.kind, each.about.id): each.held for each in weigh(one, *scales)}
        found = {(each.kind, each.about.id): each.held for each in weigh(one, *scales, for_drafts=True)}
        assert {matter: told[matter] for matter in found} == found
        assert all(held is not None for matter, held in told.items() if matter not in found)
