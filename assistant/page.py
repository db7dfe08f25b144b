"""From the panorama of a correspondence to one self-contained HTML page, and that page to a file."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.days import span
from assistant.errors import AssistantError
from assistant.judgement.balance import Balance
from assistant.model import HeldBecause, Suggestion
from assistant.panorama import Fate, Panorama, Tie
from assistant.plainly import HELD_SAID, HELD_SHORTLY, KIND_SAID
from assistant.shipped import shipped

TEMPLATE = "report.html.j2"
SIGN = '<meta name="generator" content="followup-assistant report">'
"""What an earlier page of ours is known by; it stands near the beginning."""
NEAR_THE_BEGINNING = 2000  # bytes

WIDTH, MIDDLE, TALLEST = 1000.0, 16.0, 14.0  # of a strip, in units of its view box: 1000 by 32
FULL = 5  # mails in one direction and week that reach the top
SHOWN_FIRST = 40
FOLD = 100  # people in one folded part
QUIET_FACTOR, QUIET_DAYS = 2.0, 30
BINS = ((1, "1 h"), (24, "1 day"), (24 * 7, "1 week"), (24 * 30, "1 month"))
FASTEST, SLOWEST, STEPS = 0.1, 24 * 120.0, 32  # hours on the logarithmic scale, and columns on it
NAMES_SHOWN, DUE_SHOWN = 12, 25
ORDER = ("waits", "due", "held")


class PageError(AssistantError):
    """The page cannot be written where it was asked for."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A word at a place of an axis, ``at`` in per cent from the left; ``minor`` ones are left out on narrow screens."""

    at: float
    text: str
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """The rhythm of one relationship, drawn: paths for the view box, and what they say in words."""

    name: str
    address: str
    theirs: str
    yours: str
    silence: str
    expected: float | None
    state: str
    quiet: str
    usual: str
    said: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Two histograms of answering times on one logarithmic axis: paths, medians in per cent and in words."""

    theirs: str
    yours: str
    their_median: Mark | None
    your_median: Mark | None
    count: tuple[int, int]
    marks: tuple[Mark, ...]
    people: tuple[tuple[str, float, float, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One week's drafts: rectangles (fate, y, height) from the bottom up, in units of the tallest column."""

    x: float
    width: float
    parts: tuple[tuple[str, float, float], ...]
    said: str


def render(panorama: Panorama) -> str:
    """Return the page as HTML; every text in it is escaped, nothing in it is loaded from anywhere."""
    environment = Environment(
        loader=FileSystemLoader(shipped("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(sign=SIGN, **told(panorama))


def told(panorama: Panorama) -> dict[str, Any]:
    """Return the variables of templates/report.html.j2."""
    strips = [_strip(tie, panorama) for tie in panorama.ties]
    due = sorted(map(_due, panorama.due), key=lambda one: ORDER.index(one["state"]))
    fates = _fates(panorama)
    return {
        "made": panorama.made.astimezone(panorama.zone),
        "mails": panorama.mails,
        "people": panorama.people,
        "count": len(strips),
        "shown": strips[:SHOWN_FIRST],
        "folded": list(_folded(strips[SHOWN_FIRST:])),
        "months": _months(panorama),
        "years": span(panorama.weeks * 7),
        "due": due[:DUE_SHOWN],
        "more_due": due[DUE_SHOWN:],
        "balances": _balances(panorama.ties),
        "answers": _answers(panorama),
        "drafts": len(panorama.drafts),
        "fates": [(fate.value, fates[fate]) for fate in Fate if fates[fate]],
        "columns": _columns(panorama),
        "tallest": max((sum(n for _, n in week.fates) for week in panorama.draft_weeks), default=0),
        "draft_marks": _draft_marks(panorama),
        "left": _left(panorama),
        "left_count": sum(n for _, n in panorama.left_alone),
    }


def _folded(strips: Sequence[Strip]) -> Iterator[tuple[int, int, Sequence[Strip]]]:
    """Yield the rest in parts: the first and last place in the order, and the strips."""
    for start in range(0, len(strips), FOLD):
        part = strips[start : start + FOLD]
        yield SHOWN_FIRST + start + 1, SHOWN_FIRST + start + len(part), part


# strips


def _strip(tie: Tie, panorama: Panorama) -> Strip:
    edge = WIDTH - _x(tie.silent_days / 7, panorama)
    quiet, usual = span(tie.silent_days), f"usually {span(tie.usual_days)}" if tie.usual_days is not None else ""
    due_after = tie.usual_days - tie.silent_days if tie.usual_days is not None else None
    expected = round(WIDTH - _x(-due_after / 7, panorama), 1) if due_after is not None and due_after < 0 else None
    return Strip(
        name=tie.name,
        address=tie.address,
        theirs="".join(_stroke(week.back, -week.received, panorama) for week in tie.weeks if week.received),
        yours="".join(_stroke(week.back, week.sent, panorama) for week in tie.weeks if week.sent),
        silence=f"M{edge:.1f} {MIDDLE:g}H{WIDTH:g}" if tie.silent_days > 0 else "",
        expected=expected,
        state=_state(tie),
        quiet="today" if not tie.silent_days else f"quiet {quiet}",
        usual=usual,
        said=_in_words(tie, panorama),
    )


def _x(weeks: float, panorama: Panorama) -> float:
    """Return how far from the right edge a moment so many weeks back lies."""
    return min(WIDTH, max(0.0, weeks / panorama.weeks * WIDTH))


def _stroke(back: int, mails: int, panorama: Panorama) -> str:
    """Return a stroke for one week, upwards for negative numbers; its height grows with the root of the number."""
    height = TALLEST * min(1.0, math.sqrt(abs(mails) / FULL))
    x = WIDTH - _x(back + 0.5, panorama)
    return f"M{x:.1f} {MIDDLE:g}v{math.copysign(height, mails):.1f}"


def _state(tie: Tie) -> str:
    """Return how the silence is to be seen: "due", "long" (for this relationship), or "" for one like any other."""
    if tie.matter is not None and (tie.matter.would_be_drafted or tie.matter.held is HeldBecause.LIVE_DRAFT):
        return "due"
    long = tie.usual_days is not None and tie.silent_days > max(QUIET_DAYS, QUIET_FACTOR * tie.usual_days)
    return "long" if long else ""


def _in_words(tie: Tie, panorama: Panorama) -> str:
    first = tie.first.astimezone(panorama.zone)
    told = f"{tie.name}: {_mails(tie.received)} from them and {_mails(tie.sent)} from you since {first:%B %Y}"
    told += f"; quiet for {span(tie.silent_days)}" if tie.silent_days else "; in touch today"
    return told + (f", usually {span(tie.usual_days)} between two spells of writing." if tie.usual_days else ".")


def _mails(number: int) -> str:
    return "1 mail" if number == 1 else f"{number} mails"


def _months(panorama: Panorama) -> list[Mark]:
    """Return the first days of months along the strips: years by number, the rest by name, as many as have room."""
    today = panorama.made.astimezone(panorama.zone).date()
    step = 1 if panorama.weeks <= 60 else 3
    marks = []
    day = date(today.year, today.month, 1)
    while (back := (today - day).days / 7) < panorama.weeks:
        if (day.month - 1) % step == 0:
            at = 100 - _x(back, panorama) / WIDTH * 100
            text = f"{day.year}" if day.month == 1 else f"{day:%b}"
            marks.append(Mark(round(at, 2), text, minor=(day.month - 1) % (3 * step) != 0))
        day = (day - timedelta(days=1)).replace(day=1)
    return marks[::-1]


# who is due


def _due(one: Suggestion) -> dict[str, str]:
    waits = one.held is HeldBecause.LIVE_DRAFT
    return {
        "name": one.contact.name or one.contact.address,
        "kind": KIND_SAID[one.kind],
        "reason": one.reason,
        "subject": one.thread.subject if one.thread else "",
        "quiet": span(one.silent_days),
        "now": "due" if one.held is None else HELD_SHORTLY[one.held],
        "said": "A draft may be laid now." if one.held is None else HELD_SAID[one.held],
        "state": "waits" if waits else "due" if one.would_be_drafted else "held",
    }


# giving and asking


def _balances(ties: Iterable[Tie]) -> list[tuple[str, str, int, list[str]]]:
    """Return (state, heading, how many, the first names) from what the user owes to what is owed to them."""
    people = {state: [tie.name for tie in ties if tie.balance is state] for state in Balance}
    headings = (
        (Balance.YOU_OWE, "You have asked more than you gave"),
        (Balance.EVEN, "About even"),
        (Balance.THEY_OWE, "You have given more than you asked"),
    )
    return [(state.value, heading, len(people[state]), people[state][:NAMES_SHOWN]) for state, heading in headings]


# answering times


def _answers(panorama: Panorama) -> Answers:
    theirs, yours = _histogram(panorama.their_waits), _histogram(panorama.your_waits)
    tallest = max([*theirs, *yours, 1])
    return Answers(
        theirs=_bars(theirs, tallest, upwards=True),
        yours=_bars(yours, tallest, upwards=False),
        their_median=_middle(panorama.their_waits),
        your_median=_middle(panorama.your_waits),
        count=(len(panorama.their_waits), len(panorama.your_waits)),
        marks=tuple(Mark(_place(hours), text) for hours, text in BINS),
        people=tuple(_pairs(panorama.ties))[:NAMES_SHOWN],
    )


def _pairs(ties: Iterable[Tie]) -> Iterator[tuple[str, float, float, str]]:
    """Yield (name, place of their usual answering time, of the user's, both in words), where both are known."""
    for tie in ties:
        if tie.their_answer_days is not None and tie.your_answer_days is not None:
            they, you = tie.their_answer_days * 24, tie.your_answer_days * 24
            yield tie.name, _place(they), _place(you), f"they {_spoken(they)}, you {_spoken(you)}"


def _place(hours: float) -> float:
    """Return where a span lies on the logarithmic axis, in per cent."""
    bounded = min(SLOWEST, max(FASTEST, hours))
    return round(100 * math.log(bounded / FASTEST) / math.log(SLOWEST / FASTEST), 2)


def _histogram(hours: Iterable[float]) -> list[int]:
    columns = [0] * STEPS
    for one in hours:
        columns[min(STEPS - 1, int(_place(one) / 100 * STEPS))] += 1
    return columns


def _bars(columns: Sequence[int], tallest: int, *, upwards: bool) -> str:
    """Return the columns as one path in a view box of 1000 by 100, growing away from its middle."""
    width, sign = WIDTH / STEPS, -1 if upwards else 1
    return "".join(
        f"M{number * width + 1:.1f} 50v{sign * 48 * count / tallest:.1f}h{width - 2:.1f}V50z"
        for number, count in enumerate(columns)
        if count
    )


def _middle(hours: Sequence[float]) -> Mark | None:
    if not hours:
        return None
    middle = hours[len(hours) // 2]
    return Mark(_place(middle), _spoken(middle))


def _spoken(hours: float) -> str:
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{round(hours)} h" if hours < 48 else span(round(hours / 24))


# drafts


def _fates(panorama: Panorama) -> dict[Fate, int]:
    return {fate: sum(n for week in panorama.draft_weeks for one, n in week.fates if one is fate) for fate in Fate}


def _columns(panorama: Panorama) -> list[Column]:
    weeks = panorama.draft_weeks
    tallest = max((sum(n for _, n in week.fates) for week in weeks), default=0)
    width = WIDTH / max(1, len(weeks))
    columns = []
    for number, week in enumerate(weeks):
        parts, below = [], 0
        for fate, count in week.fates:
            below += count
            parts.append((fate.name.lower(), round(100 - 100 * below / tallest, 2), round(100 * count / tallest, 2)))
        said = ", ".join(f"{count} {fate.value}" for fate, count in week.fates)
        if parts:
            columns.append(Column(round(number * width + 3, 1), round(width - 6, 1), tuple(parts),
                                  f"Week of {week.monday.day} {week.monday:%B}: {said}."))  # fmt: skip
    return columns


def _draft_marks(panorama: Panorama) -> list[Mark]:
    """Return the weeks in which a month begins."""
    weeks = [week.monday for week in panorama.draft_weeks]
    return [
        Mark(round(100 * number / len(weeks), 2), f"{monday:%b}")
        for number, monday in enumerate(weeks)
        if monday.day <= 7
    ]


def _left(panorama: Panorama) -> list[tuple[str, str, int, float]]:
    """Return (code, sentence, matters, length of the bar in per cent)."""
    most = max((count for _, count in panorama.left_alone), default=1)
    return [(code.value, HELD_SAID[code], count, round(100 * count / most, 1)) for code, count in panorama.left_alone]


# the file


def write(page: str, path: Path, *, force: bool) -> None:
    """Write the page, whole or not at all, readable by its owner alone.

    An earlier page of ours is replaced, any other file only with ``force``; a link is never followed.
    Raises PageError.
    """
    try:
        if not force and (path.is_symlink() or (path.exists() and not _is_ours(path))):
            raise PageError(
                f"{path} is there already and is no report of this program.",
                "Name another file, or say --force to replace it.",
            )
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                file.write(page)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PageError(
            f"{path} cannot be written: {error.strerror or error}.", "Name a file in a directory of yours that exists."
        ) from error


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return SIGN.encode() in file.read(NEAR_THE_BEGINNING)
