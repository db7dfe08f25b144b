"""The brief on a person before writing: what was talked about, promised, asked and given; each line with its mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from assistant.correspondence.rhythm import Population, rhythm_of, usual_quiet
from assistant.correspondence.text import sentences
from assistant.days import ago
from assistant.drafting.plain import words_of
from assistant.model import Correspondence, CueKind, Message, Thread

TOPICS, PROMISES, QUESTIONS, GIFTS = 5, 5, 5, 5  # lines of each kind, newest first
QUOTED = 160  # characters of a sentence that is shown
LOOKED_AT = timedelta(days=365)  # bodies older than this are never read
ASKS = (CueKind.REQUEST, CueKind.QUESTION)


class Section(StrEnum):
    """What a line of a brief is about."""

    GOALS = "goals"
    INTERESTS = "interests"
    NOTES = "notes"
    RHYTHM = "rhythm"
    TOPICS = "topics"
    YOU_PROMISED = "you_promised"
    THEY_PROMISED = "they_promised"
    THEY_ASKED = "they_asked"
    YOU_ASKED = "you_asked"
    THEY_GAVE = "they_gave"
    YOU_GAVE = "you_gave"
    OTHER_CHANNELS = "other_channels"


HEADINGS = {
    Section.GOALS: "Goals (contacts.toml)",
    Section.INTERESTS: "Interests (contacts.toml)",
    Section.NOTES: "Notes (your contacts files)",
    Section.RHYTHM: "Rhythm",
    Section.TOPICS: "Last topics",
    Section.YOU_PROMISED: "You promised",
    Section.THEY_PROMISED: "They promised",
    Section.THEY_ASKED: "They asked, no answer yet",
    Section.YOU_ASKED: "You asked, no answer yet",
    Section.THEY_GAVE: "They gave",
    Section.YOU_GAVE: "You gave",
    Section.OTHER_CHANNELS: "By other channels",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a brief. ``message`` is the mail it comes from, None where it counts many.

    ``place`` is the sentence of that mail it speaks of, ``quote`` its words once they were fetched.
    """

    section: Section
    fact: str
    message: Message | None = None
    place: int | None = None
    quote: str | None = None


def brief(person: Correspondence, population: Population, zone: ZoneInfo, now: datetime) -> list[Line]:
    """Return the lines of the brief on a person. Pure; ``now`` is aware, dates are told in ``zone``."""
    return [
        *_known(person),
        *_rhythm(person, population, zone, now),
        *_topics(person, zone),
        *_cues(person, zone, now, Section.YOU_PROMISED, CueKind.PROMISE, outgoing=True, most=PROMISES),
        *_cues(person, zone, now, Section.THEY_PROMISED, CueKind.PROMISE, outgoing=False, most=PROMISES),
        *_open_questions(person, zone, now),
        *_cues(person, zone, now, Section.THEY_GAVE, CueKind.GAVE, outgoing=False, most=GIFTS),
        *_cues(person, zone, now, Section.YOU_GAVE, CueKind.GAVE, outgoing=True, most=GIFTS),
        *_other_channels(person, zone),
    ]


def quoted(lines: Sequence[Line], own_words: Callable[[Message], str | None]) -> list[Line]:
    """Return the lines with the sentences they speak of; ``own_words`` fetches a mail's, None when it cannot.

    A sentence is shown as it was written, shortened at a word; a line without its mail is kept without.
    """
    fetched: dict[int, list[str]] = {}
    found = []
    for line in lines:
        if line.message is not None and line.place is not None:
            if line.message.id not in fetched:
                text = own_words(line.message)
                fetched[line.message.id] = sentences(text) if text is not None else []
            said = fetched[line.message.id]
            if line.place < len(said):
                line = replace(line, quote=_shortened(said[line.place]))
        found.append(line)
    return found


def _known(person: Correspondence) -> Iterator[Line]:
    card = person.contact.card
    if card is not None:
        for section, words in ((Section.GOALS, card.goals), (Section.INTERESTS, card.interests)):
            if words:
                yield Line(section, ", ".join(words))
        if card.notes:
            yield Line(Section.NOTES, card.notes)


def _rhythm(person: Correspondence, population: Population, zone: ZoneInfo, now: datetime) -> Iterator[Line]:
    rhythm = rhythm_of(person, population, zone, now)
    yield Line(Section.RHYTHM, f"{rhythm.received} mails from them and {rhythm.sent} from you.")
    if rhythm.usual_reply_days is not None:
        days = max(1, round(rhythm.usual_reply_days))
        yield Line(Section.RHYTHM, f"They usually answer within {days} day{'s' if days > 1 else ''}.")
    times = sorted(one.when for thread in person.threads for one in thread.messages if one.when is not None)
    usual = usual_quiet(times, zone)
    if usual is not None:
        yield Line(Section.RHYTHM, f"You two usually write every {round(usual)} days.")
    if rhythm.last is not None and person.threads:
        yield Line(
            Section.RHYTHM, f"The last mail either way was {ago(rhythm.last, now)}, on {_day(rhythm.last, zone)}."
        )


def _topics(person: Correspondence, zone: ZoneInfo) -> Iterator[Line]:
    newest = sorted(person.threads, key=lambda thread: _age(thread.last), reverse=True)
    for thread in newest[:TOPICS]:
        who = "you wrote last" if thread.last.outgoing else "they wrote last"
        subject = words_of(thread.subject) or "(no subject)"
        yield Line(Section.TOPICS, f"{subject} ({_day(thread.last.when, zone)}, {who})", thread.last)


def _cues(
    person: Correspondence, zone: ZoneInfo, now: datetime, section: Section, kind: CueKind, *, outgoing: bool, most: int
) -> list[Line]:
    return [
        Line(section, f"On {_day(message.when, zone)}{_until(cue.date, zone)}", message, cue.place)
        for message in _newest_first(person, now)
        if message.outgoing is outgoing and message.reading is not None
        for cue in message.reading.cues
        if cue.kind is kind
    ][:most]


def _open_questions(person: Correspondence, zone: ZoneInfo, now: datetime) -> list[Line]:
    found = []
    for thread in person.threads:
        for message in _last_turn(thread):
            if message.reading is None or message.when is None or now - message.when > LOOKED_AT:
                continue
            section = Section.YOU_ASKED if message.outgoing else Section.THEY_ASKED
            found += [
                Line(section, f"On {_day(message.when, zone)}", message, cue.place)
                for cue in message.reading.cues
                if cue.kind in ASKS
            ][:1]
    return sorted(found, key=lambda line: (line.section, -_age(line.message)))[:QUESTIONS]


def _last_turn(thread: Thread) -> list[Message]:
    """Return the messages since the other side last wrote."""
    turn: list[Message] = []
    for message in reversed(thread.messages):
        if message.outgoing is not thread.last.outgoing:
            break
        turn.append(message)
    return turn


def _other_channels(person: Correspondence, zone: ZoneInfo) -> Iterator[Line]:
    for other in reversed(person.other_channels[-TOPICS:]):
        yield Line(Section.OTHER_CHANNELS, f"{_day(other.when, zone)}: {words_of(other.text)}")


def _newest_first(person: Correspondence, now: datetime) -> list[Message]:
    real = [message for thread in person.threads for message in thread.messages]
    recent = [message for message in real if message.when is not None and now - message.when <= LOOKED_AT]
    return sorted(recent, key=lambda message: -_age(message))


def _age(message: Message | None) -> float:
    return message.when.timestamp() if message is not None and message.when is not None else 0.0


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    return "an unknown day" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d}"


def _until(date: datetime | None, zone: ZoneInfo) -> str:
    return f", for {_day(date, zone)}" if date is not None else ""


def _shortened(sentence: str) -> str:
    text = words_of(sentence)
    return text if len(text) <= QUOTED else f"{text[:QUOTED].rpartition(' ')[0]} …"
