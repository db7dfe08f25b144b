"""Rhythms: figures worked out by hand."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.correspondence.people import correspondences
from assistant.correspondence.rhythm import (
    Population,
    Rhythm,
    population_of,
    rhythm_of,
    still_coming,
    surprise,
    waits,
)
from assistant.model import Address, Correspondence, Cue, CueKind, MailKind, Message, Reading
from tests.correspondence.builders import ANA, MONDAY, mail, mine

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 1 / 24
LATER = MONDAY + timedelta(days=300)


def people(*messages: Message) -> list[Correspondence]:
    return correspondences(messages, own=frozenset({"sue@example.org"}), cards=())


def rhythm(*messages: Message, now: datetime = LATER, population: Population | None = None) -> Rhythm:
    (person,) = people(*messages)
    return rhythm_of(person, population or Population(), BERLIN, now)


def answered(day: float, after: float) -> list[Message]:
    """Return a mail of the user's and Ana's answer ``after`` days later, in a thread of their own."""
    thread = int(day * 1000) + 1
    subject = f"Matter {thread}"
    return [
        mine(day, thread=thread, subject=subject),
        mail(day + after, thread=thread, subject=f"Re: {subject}"),
    ]


def test_nothing_known_is_the_population() -> None:
    """Without answers location and spread are everybody's, and no usual time is claimed."""
    found = rhythm(mail(0))
    assert (found.replies, found.unanswered, found.usual_reply_days) == (0, 0, None)
    assert found.mu == pytest.approx(math.log(3))
    assert found.sd == pytest.approx(math.sqrt(4.2 + 1.4))
    assert found.reply_probability == pytest.approx(2 / 5)


def test_three_answers_are_shrunken_towards_everybody() -> None:
    """n = 3 answers of 24 hours each: mu = (3 ln 3 + 3 ln 24) / 6, s2 = 4.2 + 1.4 * 3 / 6."""
    found = rhythm(*answered(0, 1), *answered(7, 1), *answered(14, 1))
    assert found.replies == 3
    assert found.mu == pytest.approx((3 * math.log(3) + 3 * math.log(24)) / 6)
    assert found.sd == pytest.approx(math.sqrt(4.9))
    assert found.reply_probability == pytest.approx((2 + 3) / (5 + 3))
    assert found.usual_reply_days == pytest.approx(1.0)
    assert found.answered_within(1) == 3
    assert found.answered_within(0.5) == 0


def test_surprise_is_half_at_the_median() -> None:
    found = rhythm(*answered(0, 1))
    assert surprise(found, math.exp(found.mu)) == pytest.approx(0.5)
    assert surprise(found, math.exp(found.mu + 1.6448536 * found.sd)) == pytest.approx(0.95, abs=1e-6)
    assert surprise(found, 0) == 0.0


def test_still_coming_by_hand() -> None:
    """P7 = pi (F(d+7) - F(d)) / (1 - pi F(d)), a week being 120 hours of working time."""
    found = rhythm(*answered(0, 1), *answered(7, 1), *answered(14, 1))
    now, then = surprise(found, 240), surprise(found, 360)
    expected = 0.625 * (then - now) / (1 - 0.625 * now)
    assert still_coming(found, 240) == pytest.approx(expected)
    assert still_coming(found, 2400) < still_coming(found, 240) < still_coming(found, 24)


def test_an_answer_over_the_weekend_counts_working_time() -> None:
    """Asked on Friday at 16:00, answered on Monday at 9:00: 17 hours of working time."""
    (person,) = people(*answered(4 + 6 * HOUR, 2 + 17 * HOUR))
    (wait,) = waits(person.threads)
    assert wait.hours(BERLIN) == pytest.approx(17)
    assert wait.days == pytest.approx(2 + 17 / 24)


def test_an_answer_on_a_day_off_is_quick_not_instant() -> None:
    (person,) = people(*answered(5, 1))  # Saturday to Sunday
    assert waits(person.threads)[0].hours(BERLIN) == pytest.approx(1.0)


def test_each_turn_is_answered_once() -> None:
    """Of two mails in a row the wait runs from the second, and a second answer is no new one."""
    found = rhythm(mine(0, thread=1), mine(1, thread=1), mail(2, thread=1), mail(3, thread=1))
    assert found.replies == 1
    assert found.reply_days == (1.0,)


def test_an_automatic_reply_is_no_answer() -> None:
    found = rhythm(mine(0, thread=1), mail(0.1, thread=1, kind=MailKind.AUTO_REPLY), mail(3, thread=1))
    assert found.reply_days == (3.0,)


@pytest.mark.parametrize(
    ("days_ago", "cues", "unanswered"),
    [
        (15, (CueKind.QUESTION,), 1),
        (13, (CueKind.QUESTION,), 0),
        (15, (), 0),
        (15, (CueKind.ERRAND,), 0),
        (15, (CueKind.CLOSING,), 0),
        (15, (CueKind.THANKS, CueKind.REQUEST), 1),
        (15, None, 1),
    ],
)
def test_unanswered_asks_count_after_two_weeks(
    days_ago: int, cues: tuple[CueKind, ...] | None, unanswered: int
) -> None:
    """What asks nothing waits for nothing; what was not read is believed to ask."""
    reading = None if cues is None else Reading("en", 20, 2, tuple(Cue(kind, 0) for kind in cues))
    now = MONDAY + timedelta(days=days_ago)
    assert rhythm(mine(0, reading=reading), now=now).unanswered == unanswered


def test_bursts_and_the_usual_interval() -> None:
    """Three spells, 30 and 40 days apart: (3 * 60 + 30 + 40) / 5."""
    found = rhythm(mail(0), mine(1), mail(31), mine(71), mail(72))
    assert found.bursts == 3
    assert found.usual_interval_days == pytest.approx((180 + 30 + 40) / 5)
    assert (found.received, found.sent) == (3, 2)


def test_a_long_weekend_does_not_end_a_burst() -> None:
    """Thursday to Tuesday are three working days: still the same spell; Wednesday is a new one."""
    assert rhythm(mail(3), mine(8)).bursts == 1
    assert rhythm(mail(3), mine(9)).bursts == 2


def test_few_answers_leave_the_measured_population() -> None:
    assert population_of(people(*answered(0, 1)), BERLIN, LATER) == Population()


def test_two_hundred_answers_tell_the_population() -> None:
    """150 answers of a day by Ana, 50 of four hours by Ben, 50 unanswered: weights 150/153 and 50/53."""
    ben = Address("ben@example.net", "Ben Ode")
    messages: list[Message] = []
    for number in range(150):
        messages += [mine(7 * number, thread=number), mail(7 * number + 1, thread=number)]
    for number in range(1000, 1050):
        day = 7 * (number - 1000)
        messages += [mine(day, ben, thread=number), mail(day + 4 * HOUR, ben, thread=number)]
    messages += [mine(7 * number, subject=f"Other {number}", thread=5000 + number) for number in range(50)]
    found = population_of(people(*messages), BERLIN, MONDAY + timedelta(days=3000))
    ana_weight, ben_weight = 150 / 153, 50 / 53
    assert found.replies == 200
    assert found.mu0 == pytest.approx(
        (ana_weight * math.log(24) + ben_weight * math.log(4)) / (ana_weight + ben_weight), rel=0.01
    )
    assert found.a == pytest.approx(5 * 200 / 251)
    assert found.a + found.b == pytest.approx(5)


def test_ana_answers_from_the_same_address() -> None:
    (person,) = people(*answered(0, 1))
    assert person.contact.address == ANA.address
