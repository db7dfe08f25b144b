from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.days import ago, coming_day, day_of, past_day, span

TODAY = date(2026, 11, 25)  # a Wednesday
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("1.12.2026", date(2026, 12, 1)),
        ("1.12.", date(2026, 12, 1)),
        ("24. 11.", date(2027, 11, 24)),
        ("tomorrow", date(2026, 11, 26)),
        ("monday", date(2026, 11, 30)),
        ("next Monday", date(2026, 11, 30)),
        ("Wed", date(2026, 12, 2)),  # today's name is next week's day
        ("until fri", date(2026, 11, 27)),
        ("in 2 weeks", date(2026, 12, 9)),
        ("2 weeks", date(2026, 12, 9)),
        ("in a month", date(2026, 12, 25)),
        ("in three months", date(2027, 2, 25)),
        ("for 10 days", date(2026, 12, 5)),
        ("next week", date(2026, 11, 30)),
        ("next month", date(2026, 12, 1)),
        ("1 december", date(2026, 12, 1)),
        ("the 1st of December", date(2026, 12, 1)),
        ("Dec 1", date(2026, 12, 1)),
        ("december 1st, 2027", date(2027, 12, 1)),
        ("  in   2   WEEKS ", date(2026, 12, 9)),
    ],
)
def test_days_are_understood_as_people_write_them(written, meant):
    assert coming_day(written, TODAY) == meant


@pytest.mark.parametrize(
    "written",
    ["", "soon", "2026-13-01", "31.2.2027", "in 0 days", "in years", "ma 5", "12/01/2026", "99999",
     "٣ december", "1 december 0000", "mon\nday-"],
)  # fmt: skip
def test_what_is_no_day_is_none(written):
    assert coming_day(written, TODAY) is None


def test_a_month_from_its_last_day_ends_on_the_last_day_of_a_shorter_one():
    assert coming_day("in 1 month", date(2027, 1, 31)) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-05-01", date(2026, 5, 1)),
        ("today", TODAY),
        ("yesterday", date(2026, 11, 24)),
        ("monday", date(2026, 11, 23)),
        ("last wed", date(2026, 11, 18)),
        ("3 days ago", date(2026, 11, 22)),
        ("a week ago", date(2026, 11, 18)),
        ("1 may", date(2026, 5, 1)),
        ("24.12.", date(2025, 12, 24)),
        ("soon", None),
        ("2 weeks", None),
        ("0 days ago", None),
    ],
)
def test_days_gone_by_are_understood_as_well(written, meant):
    assert past_day(written, TODAY) == meant


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=21), "3 weeks ago"),
        (timedelta(days=61), "2 months ago"),
        (timedelta(days=365), "12 months ago"),
        (timedelta(days=730), "2 years ago"),
    ],
)
def test_how_long_ago_is_said_as_people_say_it(passed, said):
    assert ago(NOW - passed, NOW) == said


def test_never_is_a_time_as_well():
    assert ago(None, NOW) == "never"


def test_a_span_is_rounded_to_its_unit():
    assert [span(days) for days in (1, 13, 14, 20, 41, 122, 400)] == [
        "1 day", "13 days", "2 weeks", "3 weeks", "6 weeks", "4 months", "13 months",
    ]  # fmt: skip


def test_a_day_is_named_with_its_year_only_when_that_is_another():
    zone = ZoneInfo("Europe/Berlin")
    assert day_of(datetime(2026, 11, 30, 23, tzinfo=UTC), NOW, zone) == "Tuesday, 1 December"
    assert day_of(datetime(2027, 1, 4, 12, tzinfo=UTC), NOW, zone) == "Monday, 4 January 2027"
