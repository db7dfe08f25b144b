"""Days as people write and say them: "monday", "in 2 weeks", "3 weeks ago". Pure; today is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

EXAMPLES = "2026-12-01, monday, tomorrow, in 2 weeks, 1 december"
PAST_EXAMPLES = "2026-05-01, yesterday, friday, 3 days ago, 1 may"
NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
ABBREVIATED = 3
LONGEST = 366 * 10  # days; a longer pause is one without an end

Reader = Callable[[re.Match[str], date], date | None]


def coming_day(text: str, today: date) -> date | None:
    """Return the day after ``today`` that is meant, None when that cannot be said.

    A weekday is its next one, a day without a year the next one of that name. A day that is written out may lie
    in the past; whoever asked decides what follows.
    """
    words = " ".join(text.lower().split()).removeprefix("until ").removeprefix("on ")
    for pattern, read in PATTERNS:
        if found := re.fullmatch(pattern, words, re.ASCII):
            try:
                day = read(found, today)
            except (ValueError, OverflowError):  # the 31st of a shorter month, the year 0
                return None
            if day is not None:
                return day
    return None


def past_day(text: str, today: date) -> date | None:
    """Return the day up to ``today`` that is meant, None when that cannot be said; a weekday is its last one.

    A day that is written out may lie in the future; whoever asked decides what follows.
    """
    words = " ".join(text.lower().split()).removeprefix("on ").removeprefix("last ")
    if words in ("today", "yesterday"):
        return today - timedelta(days=words == "yesterday")
    number = _place(words, WEEKDAYS)
    if number is not None:
        return today - timedelta(days=(today.weekday() - number - 1) % 7 + 1)
    if found := re.fullmatch(rf"{COUNTED} ago", words, re.ASCII):
        count = _count(found)
        days = {"day": count, "week": 7 * count, "month": 30 * count, "year": 365 * count}[found["unit"]]
        return today - timedelta(days=min(days, LONGEST)) if count else None
    if re.fullmatch(COUNTED, words, re.ASCII):
        return None
    day = coming_day(words, today)
    without_year = day is not None and day > today and not re.search(r"\d{4}", words)
    try:
        return day.replace(year=day.year - 1) if day is not None and without_year else day
    except ValueError:  # 29 February
        return None


def _count(found: re.Match[str]) -> int:
    return NUMBERS.get(found["count"]) or (int(found["count"]) if found["count"].isdecimal() else 0)


def _iso(found: re.Match[str], _: date) -> date:
    return date.fromisoformat(found[0])


def _dotted(found: re.Match[str], today: date) -> date | None:
    return _named(int(found[1]), int(found[2]), found[3], today)


def _spelled(found: re.Match[str], today: date) -> date | None:
    day, month, year = found["day"] or found["day_after"], found["month"] or found["month_before"], found["year"]
    number = _place(month, MONTHS)
    return None if number is None else _named(int(day), number + 1, year, today)


def _tomorrow(_: re.Match[str], today: date) -> date:
    return today + timedelta(days=1)


def _weekday(found: re.Match[str], today: date) -> date | None:
    number = _place(found["weekday"], WEEKDAYS)
    return None if number is None else today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def _span(found: re.Match[str], today: date) -> date | None:
    count = _count(found)
    days = {"day": 1, "week": 7}.get(found["unit"])
    if days is not None:
        return today + timedelta(days=min(count * days, LONGEST)) if count else None
    months = today.month - 1 + min(count, LONGEST) * {"month": 1, "year": 12}[found["unit"]]
    year, month = today.year + months // 12, months % 12 + 1
    return _last_of_month(year, month, today.day) if count else None


def _next_span(found: re.Match[str], today: date) -> date:
    if found["unit"] == "week":
        return today + timedelta(days=7 - today.weekday())
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def _place(word: str, names: tuple[str, ...]) -> int | None:
    """Return the number of the name that a word is, or begins with three letters at least."""
    hits = [number for number, name in enumerate(names) if len(word) >= ABBREVIATED and name.startswith(word)]
    return hits[0] if len(hits) == 1 else None


def _named(day: int, month: int, year: str | None, today: date) -> date:
    if year:
        return date(int(year), month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year > today else date(today.year + 1, month, day)


def _last_of_month(year: int, month: int, day: int) -> date:
    """Return a day of a month, its last when it has fewer."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), following - timedelta(days=1))


COUNTED = r"(?P<count>[a-z]+|\d{1,4}) (?P<unit>day|week|month|year)s?"
DAY_AND_MONTH = r"(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?(?: of)? (?P<month>[a-z]+)"
MONTH_AND_DAY = r"(?P<month_before>[a-z]+) (?P<day_after>\d{1,2})(?:st|nd|rd|th)?"
SPELLED = rf"(?:{DAY_AND_MONTH}|{MONTH_AND_DAY}),?(?: (?P<year>\d{{4}}))?"
PATTERNS: tuple[tuple[str, Reader], ...] = (
    (r"\d{4}-\d\d-\d\d", _iso),
    (r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})?", _dotted),
    (SPELLED, _spelled),
    (r"tomorrow", _tomorrow),
    (r"next (?P<unit>week|month)", _next_span),
    (r"(?:(?:next|this|coming) )?(?P<weekday>[a-z]{3,9})", _weekday),
    (rf"(?:in |for )?{COUNTED}", _span),
)


def day_of(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return the local day of a moment in words: "Tuesday, 1 December", with the year when that is another."""
    local, today = moment.astimezone(zone), now.astimezone(zone)
    named = f"{local:%A}, {local.day} {local:%B}"
    return named if local.year == today.year else f"{named} {local.year}"


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago something was, as people say it."""
    if moment is None:
        return "never"
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{_counted(minutes, 'minute')} ago"
    days = (now - moment).days
    return f"{span(days)} ago" if days else f"{_counted(minutes // 60, 'hour')} ago"


def span(days: float) -> str:
    """Return a number of days as people say it: "9 days", "6 weeks", "4 months"."""
    for size, from_days, unit in ((365.25, 700, "year"), (30.44, 60, "month"), (7, 14, "week")):
        if days >= from_days:
            return _counted(int(days / size + 0.5), unit)
    return _counted(int(days), "day")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
