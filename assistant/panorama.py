"""The panorama of a correspondence: what the page of ``assistant report`` tells, as values. Pure; takes ``now``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from zoneinfo import ZoneInfo

from assistant.correspondence.rhythm import FEW_REPLIES, Wait, rhythm_of, usual_quiet, waits
from assistant.judged import Everything, worth_a_look
from assistant.judgement.balance import Balance, balance_of
from assistant.model import Correspondence, Draft, DraftState, HeldBecause, Suggestion

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
SHORTEST, LONGEST = 26, 156  # weeks that are looked back on
HALF_LIFE = timedelta(days=90)
"""A mail of so long ago counts half as much for how alive a relationship is."""
DRAFT_WEEKS = 26


class Fate(StrEnum):
    """What became of a draft, as far as it matters to look back on."""

    SENT = "sent"
    WAITING = "waiting"
    DELETED = "deleted"
    TAKEN_BACK = "taken back"
    GONE = "gone"


FATES = {
    DraftState.SENT: Fate.SENT,
    DraftState.DECLINED: Fate.DELETED,
    DraftState.WITHDRAWN: Fate.TAKEN_BACK,
    DraftState.GONE: Fate.GONE,
}


@dataclass(frozen=True, slots=True)
class Week:
    """Real mails in one week of a relationship; ``back`` counts weeks before the one of the panorama."""

    back: int
    received: int
    sent: int


@dataclass(frozen=True, slots=True)
class Tie:
    """One two-way relationship.

    ``received`` and ``sent`` count real mails since ever, ``weeks`` those of the time shown, oldest first.
    ``usual_days`` are the quiet days usual between two spells of writing, None while too few are known; answering
    times are medians in days, None below three answers. ``matter`` is what is due, waits or is held, if anything.
    """

    name: str
    address: str
    received: int
    sent: int
    first: datetime
    last: datetime
    silent_days: int
    weeks: tuple[Week, ...]
    usual_days: float | None
    their_answer_days: float | None
    your_answer_days: float | None
    balance: Balance
    matter: Suggestion | None


@dataclass(frozen=True, slots=True)
class DraftWeek:
    """The drafts laid in one week (it begins on ``monday``), by what became of them."""

    monday: date
    fates: tuple[tuple[Fate, int], ...]


@dataclass(frozen=True, slots=True)
class Panorama:
    """All that the page tells.

    ``ties`` the most alive first; ``due`` whom ``due`` shows, best first. ``their_waits`` and ``your_waits`` are all
    answering times in hours. ``left_alone`` counts the matters held by each rule, the most first.
    """

    made: datetime
    zone: ZoneInfo
    weeks: int
    mails: int
    people: int
    ties: tuple[Tie, ...]
    due: tuple[Suggestion, ...]
    their_waits: tuple[float, ...]
    your_waits: tuple[float, ...]
    drafts: tuple[Draft, ...]
    draft_weeks: tuple[DraftWeek, ...]
    left_alone: tuple[tuple[HeldBecause, int], ...]


def panorama_of(known: Everything, zone: ZoneInfo, now: datetime) -> Panorama:
    """Draw the panorama of what is known at ``now``; days and weeks are those of ``zone``."""
    due = worth_a_look(known.outcome)
    matters = {one.contact.address: one for one in due}
    mutual = [person for person in known.people if _is_mutual(person)]
    weeks = _weeks_shown(mutual, now)
    alive = sorted(mutual, key=lambda person: (-_liveliness(person, now), person.contact.address))
    theirs = [wait for person in mutual for wait in waits(person.threads)]
    yours = [wait for person in mutual for wait in waits(person.threads, by_user=True)]
    held = Counter(one.suggestion.held for one in known.outcome.suggestions if one.suggestion.held is not None)
    return Panorama(
        made=now,
        zone=zone,
        weeks=weeks,
        mails=sum(account.total for account in known.outcome.accounts),
        people=sum(bool(person.threads) for person in known.people),
        ties=tuple(_tie(person, known, zone, now, weeks, matters.get(person.contact.address)) for person in alive),
        due=tuple(due),
        their_waits=_hours(theirs),
        your_waits=_hours(yours),
        drafts=known.drafts,
        draft_weeks=tuple(_draft_weeks(known.drafts, zone, now)),
        left_alone=tuple(sorted(held.items(), key=lambda one: (-one[1], one[0]))),
    )


def _is_mutual(person: Correspondence) -> bool:
    """Tell whether both have written; anything else is no relationship yet."""
    directions = {message.outgoing for thread in person.threads for message in thread.messages}
    return len(directions) > 1 and person.contact.confirmed


def _times(person: Correspondence) -> list[tuple[datetime, bool]]:
    """Return the real mails as (time, written by the user), oldest first."""
    real = (message for thread in person.threads for message in thread.messages)
    return sorted((message.when, message.outgoing) for message in real if message.when is not None)


def _liveliness(person: Correspondence, now: datetime) -> float:
    return sum(math.exp2((when - now) / HALF_LIFE) for when, _ in _times(person))


def _weeks_shown(people: Iterable[Correspondence], now: datetime) -> int:
    """Return how many weeks back the first mail lies, within sensible bounds."""
    first = min((when for person in people for when, _ in _times(person)[:1]), default=now)
    return max(SHORTEST, min(LONGEST, (now - first) // WEEK + 1))


def _tie(
    person: Correspondence, known: Everything, zone: ZoneInfo, now: datetime, weeks: int, matter: Suggestion | None
) -> Tie:
    times = _times(person)
    rhythm = rhythm_of(person, known.population, zone, now)
    counts = Counter((max(now - when, timedelta()) // WEEK, mine) for when, mine in times)
    shown = sorted({back for back, _ in counts if back < weeks}, reverse=True)
    others = [other.when for other in person.other_channels]
    return Tie(
        name=person.contact.name or person.contact.address,
        address=person.contact.address,
        received=rhythm.received,
        sent=rhythm.sent,
        first=times[0][0],
        last=times[-1][0],
        silent_days=max(now - max(times[-1][0], *others) if others else now - times[-1][0], timedelta()) // DAY,
        weeks=tuple(Week(back, counts[back, False], counts[back, True]) for back in shown),
        usual_days=usual_quiet([when for when, _ in times], zone),
        their_answer_days=_median(waits(person.threads)),
        your_answer_days=_median(waits(person.threads, by_user=True)),
        balance=balance_of(person),
        matter=matter,
    )


def _median(found: Sequence[Wait]) -> float | None:
    return median(wait.days for wait in found) if len(found) >= FEW_REPLIES else None


def _hours(found: Iterable[Wait]) -> tuple[float, ...]:
    return tuple(sorted(wait.days * 24 for wait in found))


def fate_of(draft: Draft) -> Fate:
    """Return what became of a draft."""
    return FATES.get(draft.state, Fate.WAITING)


def _draft_weeks(drafts: Iterable[Draft], zone: ZoneInfo, now: datetime) -> Iterable[DraftWeek]:
    """Yield the last half year week by week, oldest first."""
    today = now.astimezone(zone).date()
    this_monday = today - timedelta(days=today.weekday())
    counts: Counter[tuple[int, Fate]] = Counter()
    for draft in drafts:
        day = draft.created.astimezone(zone).date()
        counts[(this_monday - (day - timedelta(days=day.weekday()))).days // 7, fate_of(draft)] += 1
    for back in range(DRAFT_WEEKS - 1, -1, -1):
        fates = tuple((fate, counts[back, fate]) for fate in Fate if counts[back, fate])
        yield DraftWeek(this_monday - back * WEEK, fates)
