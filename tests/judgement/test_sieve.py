"""Who is passed over where only drafts are wanted, and when they no longer are."""

from __future__ import annotations

from datetime import datetime, timedelta

from assistant.correspondence.rhythm import Population
from assistant.judgement.rules import Rules
from assistant.judgement.sieve import tie_worth_weighing, worth_weighing
from assistant.judgement.suggest import weigh
from assistant.model import Correspondence, Kind, Suggestion
from tests.judgement.builders import NOW, circumstances, person, received, sent

RULES, NOTHING = Rules(), circumstances()


def friends(*, years: int = 4) -> Correspondence:
    """Return somebody with whom a mail goes each way every month, until a week ago."""
    months = range(12 * years)
    return person(
        *(sent(30 * month + 7.2, thread=2 * month + 1, subject=f"Plan {month}") for month in months),
        *(received(30 * month + 7, thread=2 * month + 1, subject=f"Re: Plan {month}") for month in months),
    )


def due_from(who: Correspondence) -> datetime:
    """Return the first hour in which a word to them would be drafted."""
    hours = (NOW + timedelta(hours=hour) for hour in range(24 * 120))
    return next(now for now in hours if any(one.held is None for one in drafted(who, now)))


def drafted(who: Correspondence, now: datetime) -> list[Suggestion]:
    return [one for one in weigh(who, Population(), NOTHING, RULES, now) if one.kind is Kind.RECONNECT]


def test_a_tie_is_weighed_from_the_day_on_which_a_word_falls_due() -> None:
    """On the days before it is passed over; on the last one it is not, for the sweeps of its evening count on it."""
    due = due_from(friends())
    for hours, worth in ((-72, False), (-26, False), (-24, True), (-1, True), (0, True), (24, True)):
        now = due + timedelta(hours=hours)
        assert tie_worth_weighing(friends(), NOTHING, RULES, now) is worth, hours


def test_a_tie_of_few_mails_is_passed_over() -> None:
    """It would not reach the bar, however due."""
    few = friends(years=1)
    few = person(*few.messages[-4:])
    later = NOW + timedelta(days=200)
    assert all(one.held is not None for one in drafted(few, later))
    assert not worth_weighing(few, NOTHING, RULES, later)
