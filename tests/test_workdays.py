"""Working days and working time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.workdays import (
    add_working_days,
    in_hours,
    working_days_between,
    working_time_between,
)

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.integers(0, 300_000_000).map(lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-03-02T10:00", "2026-03-02T23:59", 0),
        ("2026-03-02T10:00", "2026-03-03T00:01", 1),
        ("2026-03-06T16:00", "2026-03-09T09:00", 1),  # Friday to Monday
        ("2026-03-06T16:00", "2026-03-08T23:00", 0),  # the weekend does not count
        ("2026-03-07T12:00", "2026-03-09T09:00", 1),
        ("2026-03-02T10:00", "2026-03-09T10:00", 5),
        ("2026-03-02T10:00", "2027-03-01T10:00", 260),
        ("2026-03-09T10:00", "2026-03-02T10:00", 0),
    ],
)
def test_working_days_between(start: str, end: str, days: int) -> None:
    assert working_days_between(at(start), at(end), BERLIN) == days


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-03-06T16:00", 1, "2026-03-09T16:00"),
        ("2026-03-07T12:00", 1, "2026-03-09T12:00"),
        ("2026-03-02T10:00", 5, "2026-03-09T10:00"),
        ("2026-03-27T10:00", 1, "2026-03-30T10:00"),  # summer time begins on the 29th; the local hour stays
        ("2026-03-08T10:00", 5, "2026-03-13T10:00"),
        ("2026-03-08T10:00", 0, "2026-03-08T10:00"),
    ],
)
def test_add_working_days(start: str, count: int, end: str) -> None:
    assert add_working_days(at(start), count, BERLIN) == at(end)


def test_adding_days_needs_a_working_day() -> None:
    with pytest.raises(ValueError, match="working day"):
        add_working_days(at("2026-03-02T10:00"), 1, BERLIN, frozenset())


@given(MOMENTS, st.integers(1, 60), st.frozensets(st.integers(0, 6), min_size=1))
def test_adding_and_counting_agree(moment: datetime, count: int, days: frozenset[int]) -> None:
    end = add_working_days(moment, count, BERLIN, days)
    assert end.astimezone(BERLIN).weekday() in days
    assert working_days_between(moment, end, BERLIN, days) == count


@given(MOMENTS, st.floats(0, 60), st.floats(0, 60))
def test_working_time_adds_up(moment: datetime, first: float, second: float) -> None:
    between = moment + timedelta(days=first)
    end = between + timedelta(days=second)
    whole = working_time_between(moment, end, BERLIN)
    parts = working_time_between(moment, between, BERLIN) + working_time_between(between, end, BERLIN)
    assert abs(whole - parts) < timedelta(seconds=3)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-02T10:00", "2026-03-03T10:00", 24),
        ("2026-03-06T16:00", "2026-03-09T09:00", 17),  # eight hours of Friday, nine of Monday
        ("2026-03-07T10:00", "2026-03-08T10:00", 0),
        ("2026-03-02T10:00", "2026-03-16T10:00", 240),
    ],
)
def test_working_time_leaves_out_days_off(start: str, end: str, hours: int) -> None:
    assert working_time_between(at(start), at(end), BERLIN) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-03-02T09:00", True),
        ("2026-03-02T08:59", False),
        ("2026-03-02T17:59", True),
        ("2026-03-02T18:00", False),
        ("2026-03-07T12:00", False),
    ],
)
def test_in_hours(moment: str, *, inside: bool) -> None:
    assert in_hours(at(moment), BERLIN, time(9), time(18)) is inside
