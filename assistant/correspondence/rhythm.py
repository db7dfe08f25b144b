"""How a contact usually answers and how often two people write: estimates shrunken towards everybody's.

Log-normal answering times with a normal prior over contacts, a beta-binomial for whether an answer comes at
all. The figures were measured on 8,387 answers in three public mailing list archives.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist, median
from zoneinfo import ZoneInfo

from assistant.model import Correspondence, CueKind, Message, Thread
from assistant.workdays import working_days_between, working_time_between

ENOUGH_REPLIES = 200  # from here on the user's own mailbox tells the averages
FEW_SPELLS = 2  # below this, quiet spells are no habit
FEW_REPLIES = 3  # below this nothing personal is claimed
PRIOR_ANSWERS = 5.0  # a + b: how many asks the average counts for
UNANSWERED_AFTER = timedelta(days=14)
BURST_GAP = 3  # working days of quiet that end a burst
USUAL_INTERVAL = 60.0  # days between two bursts, where nothing is known
INTERVAL_WEIGHT = 3.0
WORKING_DAYS_A_WEEK = 5
SHORTEST_HOURS = 1 / 60
DAY = timedelta(days=1)
A_WEEK = 8 * DAY  # holds a whole week of local days, whatever the clocks do: more working days than the gap
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Population:
    """What is usual among all contacts.

    ``mu0`` is the mean of the logarithm of answering hours (working time), ``within`` and ``between`` the
    variances in and among contacts, ``n0`` their quotient: the number of answers the average counts for.
    ``a`` and ``b`` are the prior counts of answered and unanswered asks. ``replies`` is how many of the user's
    own mailbox stand behind this, 0 while the measured defaults hold.
    """

    mu0: float = math.log(3.0)
    within: float = 4.2
    between: float = 1.4
    n0: float = 3.0
    a: float = 2.0
    b: float = 3.0
    replies: int = 0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How one contact answers and writes.

    ``mu`` and ``sd`` describe the logarithm of answering hours (working time), shrunken. ``reply_days`` are the
    waits for their answers in calendar days, ascending; ``usual_reply_days`` is the median, None below 3.
    ``unanswered`` counts the threads that the user's ask of more than 14 days ago ended. ``received`` and
    ``sent`` count real messages each way, ``bursts`` spells of writing, and ``usual_interval_days`` the quiet
    days between two of them, shrunken.
    """

    replies: int
    unanswered: int
    mu: float
    sd: float
    reply_probability: float
    usual_reply_days: float | None
    reply_days: tuple[float, ...]
    received: int
    sent: int
    bursts: int
    usual_interval_days: float
    first: datetime | None
    last: datetime | None

    def answered_within(self, days: float) -> int:
        """Return how many of the answers came within so many calendar days."""
        return sum(wait <= days for wait in self.reply_days)


@dataclass(frozen=True, slots=True)
class Wait:
    """One answer: the last message of the other side before it, the answer, and the time between."""

    asked: Message
    answer: Message

    @property
    def days(self) -> float:
        """Calendar days."""
        return _span(self.asked, self.answer) / DAY

    def hours(self, zone: ZoneInfo) -> float:
        """Working hours, at least a minute.

        An answer given on a day off took no working time at all; it counts as quick (an hour at most), not as
        instant, which its logarithm would exaggerate.
        """
        assert self.asked.when is not None
        assert self.answer.when is not None
        calendar = _span(self.asked, self.answer).total_seconds() / 3600
        working = _worked_seconds(self.asked.when, self.answer.when, zone) / 3600
        return max(working, min(calendar, 1.0), SHORTEST_HOURS)


@lru_cache(maxsize=65536)  # of every answer it is asked again and again in one weighing
def _worked_seconds(start: datetime, end: datetime, zone: ZoneInfo) -> float:
    return working_time_between(start, end, zone).total_seconds()


def waits(threads: Iterable[Thread], *, by_user: bool = False) -> list[Wait]:
    """Return the contact's answers: their first real message in a thread after one of the user's, each turn once.

    ``by_user``: the user's answers to the contact instead.
    """
    found = []
    for thread in threads:
        asked: Message | None = None
        for message in thread.messages:
            if message.outgoing is not by_user:
                asked = message
            elif asked is not None:
                found.append(Wait(asked, message))
                asked = None
    return found


def unanswered(threads: Iterable[Thread], now: datetime) -> int:
    """Return how many threads end with an ask of the user's of more than 14 days ago."""
    return sum(
        thread.last.outgoing
        and thread.last.when is not None
        and now - thread.last.when > UNANSWERED_AFTER
        and _asks(thread.last)
        for thread in threads
    )


def population_of(people: Iterable[Correspondence], zone: ZoneInfo, now: datetime) -> Population:
    """Return the averages of this mailbox, or the measured defaults while it holds fewer than 200 answers.

    ``mu0`` weighs each contact's mean by n / (n + n0), so that one busy contact does not become the average.
    """
    default = Population()
    replies = left = 0
    weights = total = 0.0
    for person in people:
        logs = [math.log(wait.hours(zone)) for wait in waits(person.threads)]
        replies += len(logs)
        left += unanswered(person.threads, now)
        if logs:
            weight = len(logs) / (len(logs) + default.n0)
            weights += weight
            total += weight * sum(logs) / len(logs)
    if replies < ENOUGH_REPLIES:
        return default
    answered = PRIOR_ANSWERS * replies / (replies + left + 1)  # nobody answers everything for ever
    return Population(mu0=total / weights, a=answered, b=PRIOR_ANSWERS - answered, replies=replies)


def rhythm_of(person: Correspondence, population: Population, zone: ZoneInfo, now: datetime) -> Rhythm:
    """Return the rhythm of one contact at ``now``; ``zone`` is where their working days are counted."""
    answers = waits(person.threads)
    logs = [math.log(wait.hours(zone)) for wait in answers]
    n, m, n0 = len(logs), unanswered(person.threads, now), population.n0
    days = tuple(sorted(wait.days for wait in answers))
    real = sorted(one.when for thread in person.threads for one in thread.messages if one.when is not None)
    quiet = quiet_spells(real, zone)
    outgoing = sum(one.outgoing for thread in person.threads for one in thread.messages)
    return Rhythm(
        replies=n,
        unanswered=m,
        mu=(n0 * population.mu0 + sum(logs)) / (n0 + n),
        sd=math.sqrt(population.within + population.between * n0 / (n0 + n)),
        reply_probability=(population.a + n) / (population.a + population.b + n + m),
        usual_reply_days=median(days) if n >= FEW_REPLIES else None,
        reply_days=days,
        received=len(real) - outgoing,
        sent=outgoing,
        bursts=len(quiet) + 1 if real else 0,
        usual_interval_days=usual_interval(quiet),
        first=real[0] if real else None,
        last=real[-1] if real else None,
    )


def quiet_spells(times: Sequence[datetime], zone: ZoneInfo) -> list[float]:
    """Return the calendar days between bursts: spans of more than 3 working days without a message.

    Mails are collapsed to bursts because the median gap between single mails is minutes and says nothing.
    ``times`` run from the oldest to the newest.
    """
    return [
        (later - earlier) / DAY
        for earlier, later in pairwise(times)
        if (gap := later - earlier) > BURST_GAP * DAY
        and (gap > A_WEEK or working_days_between(earlier, later, zone) > BURST_GAP)
    ]


def usual_interval(spells: Sequence[float]) -> float:
    """Return the mean of the quiet days between bursts, shrunken towards what is usual with everybody."""
    return (INTERVAL_WEIGHT * USUAL_INTERVAL + sum(spells)) / (INTERVAL_WEIGHT + len(spells))


def usual_quiet(times: Sequence[datetime], zone: ZoneInfo) -> float | None:
    """Return the median of the quiet days between bursts, as it is told to people; None below two: no habit yet."""
    spells = quiet_spells(times, zone)
    return median(spells) if len(spells) >= FEW_SPELLS else None


def surprise(rhythm: Rhythm, hours: float) -> float:
    """Return the share of this contact's answers that would have come within ``hours`` of working time, 0 to 1."""
    if hours <= 0:
        return 0.0
    return _NORMAL.cdf((math.log(hours) - rhythm.mu) / rhythm.sd)


def still_coming(rhythm: Rhythm, hours: float, days: float = 7) -> float:
    """Return the probability that the answer comes by itself in the next ``days``, after ``hours`` of silence.

    ``hours`` are working time, ``days`` calendar days, of which five in seven are worked.
    """
    now = surprise(rhythm, hours)
    then = surprise(rhythm, hours + days * 24 * WORKING_DAYS_A_WEEK / 7)
    return rhythm.reply_probability * (then - now) / (1 - rhythm.reply_probability * now)


def _asks(message: Message) -> bool:
    """Tell whether the message waits for an answer; one that was not read is believed to."""
    return message.reading is None or message.reading.has(CueKind.REQUEST, CueKind.QUESTION)


def _span(asked: Message, answer: Message) -> timedelta:
    assert asked.when is not None
    assert answer.when is not None
    return answer.when - asked.when
