"""When a message was written or came: its Date line and its INTERNALDATE, and which of them is to be believed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_tz
from functools import lru_cache

_FIRST_YEAR, _LAST_YEAR = 1990, 2100
FIRST_CREDIBLE = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)

_LINE = re.compile(
    rb"\s*(?:[A-Za-z]{3},?\s+)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?\s+"
    rb"(?:([+-]\d{4})|GMT|UTC?|Z)(?:\s*\([^()]*\))?\s*"
)
_INTERNAL = re.compile(rb"\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})")
_MONTHS = {name: number for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_SANE_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_LONGEST_ON_ITS_WAY = timedelta(days=7)  # servers give a letter up after four or five days (RFC 5321, section 4.5.4.1)
_NO_COINCIDENCE = 5  # messages that came late on one day


def read_date(value: bytes) -> datetime | None:
    """Return the time a Date line names, in UTC; None when unreadable, or its year is none of 1990 to 2100."""
    if not value:
        return None
    match = _LINE.fullmatch(value)
    try:
        if match is None:
            return _odd_date(value)
        day, month, year, hour, minute, second, zone = match.groups()
        if month.lower() not in _MONTHS:
            return _odd_date(value)
        if not _FIRST_YEAR <= int(year) <= _LAST_YEAR or (zone and abs(_offset(zone)) > _DAY):
            return None
        return _moment(_midnight(day, month, year, zone), int(hour), int(minute), int(second or 0))
    except (ValueError, OverflowError):
        return None


def read_internal_date(value: bytes) -> datetime | None:
    """Return an INTERNALDATE (RFC 3501, section 2.3.3) in UTC; None when it is no date."""
    if (match := _INTERNAL.fullmatch(value)) is None:
        return None
    day, month, year, hour, minute, second, zone = match.groups()
    try:
        return _moment(_midnight(day, month, year, zone), int(hour), int(minute), int(second))
    except (ValueError, OverflowError, KeyError):
        return None


def _moment(midnight: datetime, hour: int, minute: int, second: int) -> datetime | None:
    if hour > 23 or minute > 59:
        return None
    return midnight + timedelta(0, 3600 * hour + 60 * minute + min(second, 59))  # at most 59: a leap second


@lru_cache(maxsize=4096)  # thousands of mails come on one day
def _midnight(day: bytes, month: bytes, year: bytes, zone: bytes | None) -> datetime:
    """Return when a day began in a zone, in UTC. Raises ValueError or KeyError for a day that never was."""
    began = datetime(int(year), _MONTHS[month.lower()], int(day), tzinfo=UTC)
    return began - _offset(zone) if zone else began


@lru_cache(maxsize=256)
def _offset(zone: bytes) -> timedelta:
    return timedelta(hours=int(zone[:3]), minutes=int(zone[:1] + zone[3:]))


def _odd_date(value: bytes) -> datetime | None:
    """Read the old forms of dates: two-digit years, names of zones, other orders; no zone is taken as UTC."""
    parts = parsedate_tz(value.decode("latin-1"))
    if parts is None or not _FIRST_YEAR <= parts[0] <= _LAST_YEAR or abs(parts[9] or 0) > 24 * 3600:
        return None
    there = datetime(*parts[:5], min(parts[5], 59), tzinfo=UTC)
    return there - timedelta(seconds=parts[9] or 0)


def message_time(
    date_line: datetime | None, internal_date: datetime | None, own: bool, *, moved: bool = False
) -> datetime | None:
    """Return when a message was written (``own``) or arrived, in UTC; None when nothing credible is known.

    What arrived counts from INTERNALDATE, the receiving server's clock. What the user wrote counts
    from the earlier of Date and INTERNALDATE, and Date only from 2000 to a day after INTERNALDATE.
    Of mail that was ``moved`` here INTERNALDATE is the day of the move, and Date is preferred.
    """
    if internal_date is not None and not _FIRST_YEAR <= internal_date.year <= _LAST_YEAR:
        internal_date = None
    if date_line is None or internal_date is None:
        return internal_date or date_line
    if not (own or moved):
        return internal_date
    earliest = min(_SANE_SINCE, internal_date - _DAY)
    date_is_sane = earliest <= date_line <= internal_date + _DAY
    return min(date_line, internal_date) if date_is_sane else internal_date


def days_of_moves(times: Sequence[tuple[datetime | None, datetime | None]]) -> frozenset[date]:
    """Return the days (UTC) on which mail was moved here from another server, from pairs of (Date, INTERNALDATE).

    So it is when most of a day's mail, and not just a few, came long after it was written. Mail with a wrong Date
    that day brings makes little difference: what came soon after it was written keeps its time either way.
    """
    late = Counter(came.date() for written, came in times if written and came and came - written > _LONGEST_ON_ITS_WAY)
    late = Counter({day: count for day, count in late.items() if count >= _NO_COINCIDENCE})
    if not late:
        return frozenset()
    all_that_came = Counter(came.date() for _, came in times if came)
    return frozenset(day for day, count in late.items() if count * 2 > all_that_came[day])
