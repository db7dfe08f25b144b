"""Working days and working time: pure helpers on aware datetimes and a time zone.

A working day is a whole local day, not eight hours of it: people answer in the evening too, and the
measured answering times this program starts from are clock hours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

WEEKDAYS = frozenset({0, 1, 2, 3, 4})  # Monday is 0, as in date.weekday()
WEEK = 7


def in_hours(moment: datetime, zone: ZoneInfo, start: time, end: time, days: frozenset[int] = WEEKDAYS) -> bool:
    """Tell whether this aware moment lies on a working day, from ``start`` up to but without ``end`` (local)."""
    local = moment.astimezone(zone)
    return local.weekday() in days and start <= local.time().replace(fold=0) < end


def working_days_between(start: datetime, end: datetime, zone: ZoneInfo, days: frozenset[int] = WEEKDAYS) -> int:
    """Return how many working days have begun after the local day of ``start``, up to the one of ``end``.

    Friday evening to Monday morning is 1. Never negative.
    """
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    return max(0, _working_days_until(last, days) - _working_days_until(first, days))


def add_working_days(moment: datetime, count: int, zone: ZoneInfo, days: frozenset[int] = WEEKDAYS) -> datetime:
    """Return the same local time ``count`` working days later, in UTC; ``count`` 0 leaves the moment as it is.

    ``working_days_between(moment, result)`` is ``count``. Raises ValueError when no day is a working day.
    """
    if not days:
        raise ValueError("no day of the week is a working day")
    local = moment.astimezone(zone)
    weeks, rest = divmod(max(0, count), len(days))
    day = local.date()
    if weeks and not rest:  # land on a working day, not on the weekend after it
        weeks, rest = weeks - 1, len(days)
    day += timedelta(weeks=weeks)
    while rest:
        day += timedelta(days=1)
        rest -= day.weekday() in days
    return datetime.combine(day, local.timetz()).astimezone(UTC)


def working_time_between(start: datetime, end: datetime, zone: ZoneInfo, days: frozenset[int] = WEEKDAYS) -> timedelta:
    """Return the clock time from ``start`` to ``end`` that falls on working days; never negative."""
    if end <= start:
        return timedelta(0)
    worked = _worked_until(end.astimezone(zone), days) - _worked_until(start.astimezone(zone), days)
    return max(timedelta(0), worked)


def _working_days_until(day: date, days: frozenset[int]) -> int:
    """Count the working days from the beginning of the calendar up to and including ``day``."""
    weeks, rest = divmod(day.toordinal(), WEEK)
    return weeks * len(days) + _worked_in_week(days)[rest]


@lru_cache(maxsize=64)
def _worked_in_week(days: frozenset[int]) -> tuple[int, ...]:
    """Return how many working days the first 0 to 6 days of a week hold, from Monday on: ordinal 1 is a Monday."""
    return tuple(sum(weekday in days for weekday in range(rest)) for rest in range(WEEK))


def _worked_until(local: datetime, days: frozenset[int]) -> timedelta:
    """Return the working time from the beginning of the calendar up to this local moment."""
    before = timedelta(days=_working_days_until(local.date() - timedelta(days=1), days))
    today = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    return before + today if local.weekday() in days else before
