"""One thing that could be followed up, and the case it makes with the person it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from assistant.judgement.standing import Standing
from assistant.model import Evidence, Kind, Message, Thread


@dataclass(frozen=True, slots=True)
class Clock:
    """What a clock says: from when on something is due, whether it is now, and the sentence that gives the reason."""

    due_from: datetime
    due: bool
    sentence: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Matter:
    """A possible follow-up: what kind, about which message, what its clock says.

    ``features`` are what the score is made of. ``thread`` is None where the relationship is the matter.
    ``open`` is false where nothing in the mail asks, promises or gives: it was weighed, no more. ``reply_in`` is a
    thread that is young enough to write in, though it is not the matter.
    """

    kind: Kind
    thread: Thread | None
    about: Message
    clock: Clock
    features: Mapping[str, float]
    open: bool = True
    reply_in: Thread | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A matter before the rules: its score, where things stand with the person, and what the user owes them."""

    matter: Matter
    standing: Standing
    score: float
    debts: tuple[Matter, ...] = ()
