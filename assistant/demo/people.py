"""The people of the sample mailbox: their stories as they stand in mail/*.toml, with every age turned into a date."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email.utils import parseaddr
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from assistant.workdays import working_days_between

STORIES = Path(__file__).parent / "mail"
ZONE = ZoneInfo("Europe/Berlin")
ME = "Sue Marten"
HOME = "sue@example.org"
_AGE = re.compile(r"(\d+)(?:([wd]) (\d\d):(\d\d)|h)")
_DATE = re.compile(r"\{\+(\d+)w\}")
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
_WRITTEN = {"en": "{} {} {}", "de": "{}. {} {}", "fr": "{} {} {}", "es": "{} de {} de {}"}


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of a story; ``mine`` when Sue wrote it.

    ``age`` is "12w 09:30" (so many working days ago), "40d 18:05" (calendar days) or "5h". ``by``
    replaces the sender, ``to`` the recipients, ``subject`` the subject; ``fresh`` leaves out the
    header lines and the quote that make it an answer. ``form`` is one of letters.FORMS.
    """

    mine: bool
    age: str
    text: str
    by: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    subject: str = ""
    fresh: bool = False
    form: str = ""
    attach: str = ""
    box: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A thread: its subject and its messages, oldest first."""

    subject: str
    mail: tuple[Mail, ...]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Exchanges that come back every so many days; ``last`` is the age of the newest in days.

    ``answers`` is how many hours an answer takes on average. An exchange is a subject and the
    texts in turn, each behind ">" (Sue) or "<" (them); oldest first.
    """

    every: float
    last: float
    answers: float
    exchanges: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the mailbox and how their mail looks.

    ``expect`` says what the story is there to show: kinds of draft and codes of held_because; empty
    when the right thing is not to think of them at all. ``why`` tells it in a sentence.
    ``sign`` and ``signature`` stand under their mail, ``farewell`` under Sue's where it is not just her
    first name; ``mine`` is the address of Sue's that they know. ``headers`` stand in each of their mails.
    """

    name: str
    address: str
    expect: tuple[str, ...] = ()
    why: str = ""
    language: str = "en"
    client: str = "apple"
    sign: str = ""
    signature: str = ""
    farewell: str = ""
    mine: str = HOME
    zone: str = "Europe/Berlin"
    box: str = ""
    to: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    stories: tuple[Story, ...] = ()
    rhythm: Rhythm | None = None


@dataclass(frozen=True, slots=True)
class Dated:
    """A message with its place in time and in its thread; ``when`` is aware, ids are without angle brackets."""

    person: Person
    mail: Mail
    subject: str
    when: datetime
    message_id: str
    text: str
    before: Dated | None = None

    @property
    def references(self) -> tuple[str, ...]:
        """The ids of the thread up to the message this one answers, oldest first."""
        return () if self.before is None else (*self.before.references, self.before.message_id)


@cache
def people() -> tuple[Person, ...]:
    """Return everybody in the sample mailbox, in the order of the files and within them."""
    return tuple(
        person_of(entry)
        for file in sorted(STORIES.glob("*.toml"))
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["people"]
    )


def dated(person: Person, now: datetime) -> Iterator[Dated]:
    """Yield all mail of one person, thread by thread; ``now`` is aware."""
    for number, story in enumerate(person.stories):
        times = [moment(mail.age, now) for mail in story.mail]
        yield from _thread(person, story, times, f"s{number}", now)
    if person.rhythm:
        newest = len(person.rhythm.exchanges) - 1
        for number, exchange in enumerate(person.rhythm.exchanges):
            story = _exchange(exchange)
            times = list(_spread(person, person.rhythm, newest - number, len(story.mail), now))
            yield from _thread(person, story, times, f"r{number}", now)


def moment(age: str, now: datetime) -> datetime:
    """Return the time of an age, in Berlin: "12w 09:30", "40d 18:05" or "5h" before ``now``.

    So many working days ago is a working day from which the program counts exactly so many to today.
    Raises ValueError when the age cannot be read or would not be over yet.
    """
    found = _AGE.fullmatch(age)
    if found is None:
        raise ValueError(f"{age!r} is no age like '12w 09:30', '40d 18:05' or '5h'")
    count, local = int(found[1]), now.astimezone(ZONE)
    if not found[2]:
        return local - timedelta(hours=count)
    day = _working_day_before(local, count) if found[2] == "w" else local - timedelta(days=count)
    when = datetime.combine(day.date(), time(int(found[3]), int(found[4])), ZONE)
    if when > local:
        raise ValueError(f"{age!r} is not over yet; give hours")
    return when


def written_date(day: datetime, language: str) -> str:
    """Return the day as people write it: "3 March 2026", "3. März 2026"."""
    month = _MONTHS[language].split()[day.month - 1]
    return _WRITTEN[language].format(day.day, month, day.year)


def fraction(*parts: object) -> float:
    """Return a number from 0 to 1 that looks like chance and is always the same for the same parts."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4]) / 2**32


def _thread(person: Person, story: Story, times: list[datetime], key: str, now: datetime) -> Iterator[Dated]:
    before: Dated | None = None
    for number, (mail, when) in enumerate(zip(story.mail, times, strict=True)):
        sender = person.mine if mail.mine else parseaddr(mail.by)[1] or person.address
        digest = hashlib.sha256(f"{person.address} {key} {number}".encode()).hexdigest()[:20]
        answered = None if mail.fresh else before
        subject = mail.subject or (f"Re: {story.subject}" if answered else story.subject)
        text = _DATE.sub(lambda found: written_date(_working_day_after(now, int(found[1])), person.language), mail.text)
        before = Dated(person, mail, subject, when, f"{digest}@{sender.partition('@')[2]}", text.strip(), answered)
        yield before


def _exchange(parts: tuple[str, ...]) -> Story:
    """Return the story of an exchange: a subject, then ">" or "<" and a text in turn."""
    subject, *turns = parts
    return Story(subject, tuple(Mail(who == ">", "", text) for who, text in list(pairwise(turns))[::2]))


def _spread(person: Person, rhythm: Rhythm, back: int, count: int, now: datetime) -> Iterator[datetime]:
    """Yield the times of an exchange that lies ``back`` exchanges before the newest one."""
    days = rhythm.last + back * rhythm.every + (rhythm.every * (0.4 * _chance(person, back, "day")) if back else 0)
    when = _by_day(now.astimezone(ZONE) - timedelta(days=days), _chance(person, back, "hour"))
    for number in range(count):
        yield when
        wait = timedelta(hours=rhythm.answers * (0.5 + _chance(person, back, number)))
        when = _by_day(when + wait, None)


def _by_day(when: datetime, chance: float | None) -> datetime:
    """Move a time out of the night; with a chance, to some time of that day."""
    if chance is None:
        return when if when.hour >= 7 else when.replace(hour=7 + when.hour % 3)
    return when.replace(hour=8 + int(chance * 12), minute=int(chance * 720) % 60, second=0)


def _chance(person: Person, *parts: object) -> float:
    return fraction(person.address, *parts)


def _working_day_before(now: datetime, count: int) -> datetime:
    day = now
    while day.weekday() > 4 or working_days_between(day, now, ZONE) < count:
        day -= timedelta(days=1)
    return day


def _working_day_after(now: datetime, count: int) -> datetime:
    day = now.astimezone(ZONE)
    while working_days_between(now, day, ZONE) < count:
        day += timedelta(days=1)
    return day


def person_of(entry: dict[str, Any]) -> Person:
    """Build a person from a table as in mail/*.toml; unknown keys are refused by the dataclass."""
    rhythm = entry.pop("rhythm", None)
    stories = tuple(_story(story) for story in entry.pop("stories", ()))
    if rhythm:
        rhythm["exchanges"] = tuple(tuple(exchange) for exchange in rhythm["exchanges"])
    return Person(**_frozen(entry), stories=stories, rhythm=Rhythm(**rhythm) if rhythm else None)


def _story(entry: dict[str, Any]) -> Story:
    return Story(entry["subject"], tuple(_mail(*parts) for parts in entry["mail"]))


def _mail(who: str, age: str, text: str, special: dict[str, Any] | None = None) -> Mail:
    if who not in ("<", ">"):
        raise ValueError(f"{who!r}: '>' is from Sue, '<' is to her")
    return Mail(who == ">", age, text, **_frozen(special or {}))


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
