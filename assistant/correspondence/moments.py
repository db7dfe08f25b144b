"""Times named in a sentence ("tomorrow", "Friday", "3 May"), resolved against the date of the mail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
FAR = 200  # days; a date without a year is taken for the nearest one, not further away than this
YEARS = 5  # nobody arranges anything further away
SUNDAY = 6
_JOINING = 8  # characters between "weekend" and its date ("of ", "vom ", "du ")
_BEFORE = 40  # characters before a moment in which "by" or "last" belong to it

_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_NUMERIC = re.compile(r"(?<![\d./])(\d{1,2})([./])\s?(\d{1,2})(?:\2\s?(\d{4}|\d{2})?)?(?![\d/])")
_ORDINAL = r"(?:st|nd|rd|th|er|º|ª|\.|°|e|ste|de)?"


@dataclass(frozen=True, slots=True)
class Moment:
    """A named time: from ``start`` to ``end`` (UTC, end not included). ``deadline``: it stands behind "by", "until"."""

    start: datetime
    end: datetime
    deadline: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """How one language names times; every pattern is compiled and matches lower case.

    ``spans`` maps today, tomorrow, after_tomorrow, weekend, this_week, next_week, next_month and meal.
    ``month_first`` tells that 3/5 may be the 5th of March: such dates are refused.
    """

    spans: Mapping[str, re.Pattern[str]]
    weekday: re.Pattern[str]
    weekdays: Sequence[re.Pattern[str]]
    day_month: re.Pattern[str]
    month_day: re.Pattern[str]
    months: Sequence[re.Pattern[str]]
    deadline: re.Pattern[str]
    past: re.Pattern[str]
    next: re.Pattern[str]
    vague: re.Pattern[str]
    month_first: bool


def dated_patterns(months: Sequence[str]) -> tuple[str, str]:
    """Return the expressions for "3 May 2026" and "May 3, 2026", given one expression per month."""
    names = "|".join(f"(?:{month})" for month in months)
    year = r"(?:,? (?:de |del )?(\d{4}))?"
    return (
        rf"(?<!\d)(\d{{1,2}}){_ORDINAL} (?:of |de |d')?({names})\.?{year}(?!\w)",
        rf"(?<!\w)({names})\.? (?:the )?(\d{{1,2}})(?![\d:]){_ORDINAL}{year}(?!\w)",
    )


def moments_in(sentence: str, calendar: Calendar, sent_at: datetime, zone: ZoneInfo) -> list[Moment]:
    """Return the times named in a sentence (lower case), which are not over when the mail was sent, in UTC.

    ``sent_at`` is aware. Days are local days of ``zone``. A weekday is the next one after the mail's day, a day
    of a month the nearest. What "last" or "yesterday" belong to is no moment; ambiguous dates (3/5) are left out.
    """
    today = sent_at.astimezone(zone).date()
    found = []
    for place, first, last in _days(sentence, calendar, today):
        before = sentence[max(0, place - _BEFORE) : place]
        if last < today or calendar.past.search(before):
            continue
        deadline = bool(calendar.deadline.search(before))
        found.append(Moment(_midnight(first, zone), _midnight(last + DAY, zone), deadline))
    return found


def _days(sentence: str, calendar: Calendar, today: date) -> Iterator[tuple[int, date, date]]:
    """Yield (place in the sentence, first day, last day) of every time named."""
    dated = False
    for place, day in _dates(sentence, calendar, today):
        dated = True
        yield place, day, _last_day(sentence[max(0, place - _BEFORE) : place], day, calendar)
    if dated:
        return  # "Friday, 3 May": the date says it best
    for found in calendar.weekday.finditer(sentence):
        number = _which(calendar.weekdays, found[0])
        ahead = (number - today.weekday() - 1) % 7 + 1
        if calendar.next.search(sentence[max(0, found.start() - 12) : found.start()]) and number > today.weekday():
            ahead += 7
        dated = True
        yield found.start(), today + ahead * DAY, today + ahead * DAY
    for name, pattern in calendar.spans.items():
        if name == "meal" and (dated or calendar.vague.search(sentence)):
            continue
        for found in pattern.finditer(sentence):
            dated = True
            first, last = _span(name, today)
            yield found.start(), first, last


def _last_day(before: str, day: date, calendar: Calendar) -> date:
    """Return the Sunday when a whole weekend is named by its date ("the weekend of 4 Nov"), else the day itself."""
    named = list(calendar.spans["weekend"].finditer(before))
    if named and len(before) - named[-1].end() <= _JOINING:
        return day + (SUNDAY - day.weekday()) * DAY
    return day


def _span(name: str, today: date) -> tuple[date, date]:
    sunday = today + (6 - today.weekday()) * DAY
    match name:
        case "tomorrow":
            return today + DAY, today + DAY
        case "after_tomorrow":
            return today + 2 * DAY, today + 2 * DAY
        case "weekend":
            return max(today, sunday - DAY), sunday
        case "this_week":
            return today, sunday
        case "next_week":
            return sunday + DAY, sunday + 7 * DAY
        case "next_month":
            first = (today.replace(day=1) + 32 * DAY).replace(day=1)
            return first, (first + 32 * DAY).replace(day=1) - DAY
        case _:  # today, and a meal or a clock time without a day
            return today, today


def _dates(sentence: str, calendar: Calendar, today: date) -> Iterator[tuple[int, date]]:
    for found in _ISO.finditer(sentence):
        yield from _valid(found.start(), int(found[3]), int(found[2]), int(found[1]), today)
    for found in calendar.day_month.finditer(sentence):
        yield from _valid(found.start(), int(found[1]), _which(calendar.months, found[2]) + 1, found[3], today)
    for found in calendar.month_day.finditer(sentence):
        yield from _valid(found.start(), int(found[2]), _which(calendar.months, found[1]) + 1, found[3], today)
    for found in _NUMERIC.finditer(sentence):
        day, month, slash = int(found[1]), int(found[3]), found[2] == "/"
        if not slash and not found[0].rstrip().endswith(".") and not found[4]:
            continue  # 3.5 is a number, 3.5. a date
        if month > 12 >= day:
            day, month = month, day
        elif calendar.month_first and day <= 12 and day != month:
            continue
        yield from _valid(found.start(), day, month, found[4], today)


def _valid(place: int, day: int, month: int, year: str | int | None, today: date) -> Iterator[tuple[int, date]]:
    """Yield the date when there is such a day; without a year the nearest one."""
    years = [int(year) + (2000 if int(year) < 100 else 0)] if year else [today.year - 1, today.year, today.year + 1]
    for candidate in years:
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if abs(candidate - today.year) > YEARS:
            continue
        if year or -(365 - FAR) <= (found - today).days <= FAR:
            yield place, found


def _which(patterns: Sequence[re.Pattern[str]], text: str) -> int:
    return next(number for number, pattern in enumerate(patterns) if pattern.fullmatch(text))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
