"""The rhythm of a relationship as two lines of characters over a line of months: spells of writing, and silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

BLOCKS, LETTERS = " ▁▂▃▄▅▆▇█", " .:|#"
QUIET = {BLOCKS: "·", LETTERS: "-"}
FULL = 4  # mails in one column that fill it
LABEL = 6  # characters before the strip
SHORTEST, LONGEST = timedelta(weeks=13), timedelta(weeks=156)
WIDEST = 78


def strip(
    mails: Sequence[tuple[datetime, bool]], now: datetime, zone: ZoneInfo, width: int, *, letters_only: bool
) -> list[str]:
    """Return the lines of a strip, the newest time on the right; none without any mail.

    ``mails`` are (time, written by the user), oldest first. ``width`` is that of the terminal; ``letters_only``
    draws in ASCII. The silence that is running is dotted.
    """
    columns = min(width, WIDEST) - LABEL
    if not mails or columns < 1:
        return []
    shown = max(SHORTEST, min(LONGEST, now - mails[0][0] + timedelta(days=1)))
    counts = {mine: [0] * columns for mine in (False, True)}
    for when, mine in mails:
        back = int(max(now - when, timedelta()) / shown * columns)
        if back < columns:
            counts[mine][columns - 1 - back] += 1
    last = max((at for line in counts.values() for at, count in enumerate(line) if count), default=-1)
    levels = LETTERS if letters_only else BLOCKS
    return [
        _label("they") + _drawn(counts[False], levels, last),
        _label("you") + _drawn(counts[True], levels, last),
        (" " * LABEL + _months(now.astimezone(zone).date(), shown, columns)).rstrip(),
    ]


def _label(text: str) -> str:
    return text.ljust(LABEL)


def _drawn(counts: Sequence[int], levels: str, last: int) -> str:
    steps = len(levels) - 1
    return "".join(
        QUIET[levels] if at > last else levels[min(steps, -(-count * steps // FULL))] for at, count in enumerate(counts)
    )


def _months(today: date, shown: timedelta, columns: int) -> str:
    """Return the names of months under the column their first day lies in, January by its year, where there is room."""
    line, free = [" "] * columns, 0
    marks = []
    day = today.replace(day=1)
    while (back := (today - day) / shown) < 1:
        marks.append((columns - 1 - int(back * columns), f"{day.year}" if day.month == 1 else f"{day:%b}"))
        day = (day - timedelta(days=1)).replace(day=1)
    for at, name in reversed(marks):
        if at >= free and at + len(name) <= columns:
            line[at : at + len(name)] = name
            free = at + len(name) + 2
    return "".join(line)
