"""Messages as they come back from the store, rows made into values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from assistant.model import Address, Cue, CueKind, MailKind, Message, Reading, Role, Signal
from assistant.store.database import CACHE_CURE, legible, moment, seconds
from assistant.store.forest import Forest, id_hash

ANSWERED, FLAGGED, SENT_LABEL, INBOX_LABEL = 1, 2, 4, 8
COLUMNS = (
    "message.id, mailbox, uid, message_id, thread, sender, reply_to, recipients, subject, time, kind, signals,"
    " size, marks, conversation, parent, reading.language, words, sentences, cues"
)
NUMBER, MAILBOX, UID, MESSAGE_ID, TIME, PARENT = 0, 1, 2, 3, 9, 15
"""Places among the columns."""
DOUBTFUL = f"(sender IS NULL OR signals & {int(Signal.AMBIGUOUS)})"
IN_SENT = f"(mailbox IN (SELECT id FROM mailbox WHERE role = 'sent') OR marks & {SENT_LABEL})"  # noqa: S608 - our own words
BY_PEOPLE = f"(kind NOT IN ('automatic', 'bulk') OR {DOUBTFUL} OR {IN_SENT})"
BETWEEN_PEOPLE = f"(kind NOT IN ('automatic', 'bulk', 'list') OR {DOUBTFUL} OR {IN_SENT})"

Row = Sequence[Any]
Box = tuple[str, str, Role]

_kind = {kind.value: kind for kind in MailKind}
_signals = lru_cache(maxsize=4096)(Signal)


class Rows:
    """Reads messages back. One instance for one thread."""

    def __init__(self, connection: sqlite3.Connection, forest: Forest) -> None:
        self._db = connection
        self._forest = forest

    def everything(self, own: frozenset[str], until: datetime | None, *, lean: bool) -> Iterator[Message]:
        """Yield every message known, as ``MailFacts.messages`` says."""
        return self._all_where(BETWEEN_PEOPLE if lean else "TRUE", own, until)

    def posts(self, senders: Collection[str], own: frozenset[str], until: datetime | None) -> Iterator[Message]:
        """Yield the list mail of these senders that ``everything`` leaves out when it is lean, oldest first."""
        theirs = "sender IN (SELECT id FROM address WHERE address IN (SELECT value FROM json_each(?2)))"
        return self._all_where(
            f"kind = 'list' AND NOT {BETWEEN_PEOPLE} AND {theirs}", own, until, json.dumps(list(senders))
        )

    def _all_where(self, condition: str, own: frozenset[str], until: datetime | None, *given: str) -> Iterator[Message]:
        people = {i: Address(a, n) for i, a, n in self._db.execute("SELECT id, address, name FROM address")}
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM message LEFT JOIN reading ON reading.message = message.id"  # noqa: S608 - our own words
            f" WHERE (?1 IS NULL OR time IS NULL OR time <= ?1) AND {condition} ORDER BY time, id",
            (seconds(until), *given),
        )
        return self._made(rows, people, own)

    def numbered(self, numbers: Iterable[int], own: frozenset[str], until: datetime | None) -> list[Message]:
        """Return the messages with these numbers, oldest first."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM message LEFT JOIN reading ON reading.message = message.id"  # noqa: S608 - our own words
            " WHERE message.id IN (SELECT value FROM json_each(?2)) AND (?1 IS NULL OR time IS NULL OR time <= ?1)"
            " ORDER BY time, message.id",
            (seconds(until), json.dumps(list(numbers))),
        ).fetchall()
        return list(self._made(rows, self._people(rows), own))

    def _people(self, rows: Sequence[Row]) -> dict[int, Address]:
        """Return the addresses that these rows name."""
        wanted = {number for row in rows for number in (row[5], row[6]) if number is not None}
        with legible("a message", CACHE_CURE):
            wanted.update(int(number) for row in rows for number in row[7].replace(";", ",").split(",") if number)
        found = self._db.execute(
            "SELECT id, address, name FROM address WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(wanted)),),
        )
        return {i: Address(a, n) for i, a, n in found}

    def _made(self, rows: Iterable[Row], people: Mapping[int, Address], own: frozenset[str]) -> Iterator[Message]:
        with legible("a message", CACHE_CURE):
            yield from self._messages(rows, people, own)

    def _messages(self, rows: Iterable[Row], people: Mapping[int, Address], own: frozenset[str]) -> Iterator[Message]:
        thread_of = self._forest.roots()
        boxes: dict[int, Box] = {
            number: (account, name, Role(role))
            for number, account, name, role in self._db.execute(
                "SELECT mailbox.id, account.name, mailbox.name, role"
                " FROM mailbox JOIN account ON account.id = mailbox.account"
            )
        }
        recipients: dict[str, tuple[tuple[Address, ...], tuple[Address, ...]]] = {}  # most mail goes to the user alone
        subjects: dict[str, str] = {}  # a thread has one: each is kept in memory once
        # By place and taken apart at once: with a large mailbox each name looked up here costs its part.
        for row in _in_order(iter(rows), boxes):
            number, box, uid, message_id, thread, sent_by, reply_to, stored, subject, time, kind, signals, *rest = row
            size, marks, conversation, _, *reading = rest
            account, mailbox, role = boxes[box]
            if role is Role.ALL:
                role = _role_by_label(marks)
            sender = people[sent_by] if sent_by is not None else None
            if stored not in recipients:
                recipients[stored] = _unpacked(stored, people)
            to, cc = recipients[stored]
            yield Message(
                number,
                account,
                mailbox,
                role,
                uid,
                message_id,
                thread_of(thread),
                sender,
                people[reply_to] if reply_to is not None else None,
                to,
                cc,
                subjects.setdefault(subject, subject),
                moment(time, CACHE_CURE),
                _kind[kind],
                _signals(signals),
                size,
                role is Role.SENT or (sender is not None and sender.address in own),
                bool(marks & ANSWERED),
                bool(marks & FLAGGED),
                conversation,
                None if reading[1] is None else _reading(*reading),
            )


def _in_order(rows: Iterator[Row], boxes: Mapping[int, Box]) -> Iterator[Row]:
    """Yield rows, which come by time, so that their order within a second does not tell either when they were read.

    Mail without a time stays as it came. Every message of a large mailbox passes here, and few share their second.
    """
    last = next(rows, None)
    if last is None:
        return
    tied: list[Row] = []
    for row in rows:
        if row[TIME] == last[TIME] and row[TIME] is not None:
            tied.append(last)
        elif tied:
            yield from _of_one_second([*tied, last], boxes)
            tied = []
        else:
            yield last
        last = row
    yield from _of_one_second([*tied, last], boxes)


def _of_one_second(rows: Sequence[Row], boxes: Mapping[int, Box]) -> Iterator[Row]:
    """Yield each row behind what it answers, else by Message-ID: that stays the same wherever mail is moved."""
    ordered = sorted(rows, key=lambda row: (row[MESSAGE_ID] or "", boxes[row[MAILBOX]][:2], row[UID] or 0))
    by_hash = {id_hash(row[MESSAGE_ID]): row for row in ordered if row[MESSAGE_ID]}
    met: set[int] = set()
    for row in ordered:
        above: list[Row] = []
        at: Row | None = row
        while at is not None and at[NUMBER] not in met:
            met.add(at[NUMBER])
            above.append(at)
            at = by_hash.get(at[PARENT])
        yield from reversed(above)


def _unpacked(stored: str, people: Mapping[int, Address]) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    to, _, cc = stored.partition(";")
    return tuple(people[int(i)] for i in to.split(",") if i), tuple(people[int(i)] for i in cc.split(",") if i)


def _role_by_label(marks: int) -> Role:
    """Return a message's role on a server whose one mailbox holds everything under labels (Gmail)."""
    if marks & SENT_LABEL:
        return Role.SENT
    return Role.INBOX if marks & INBOX_LABEL else Role.ALL


def _reading(language: str | None, words: int, sentences: int, cues: str) -> Reading:
    found = tuple(Cue(CueKind(kind), place, moment(date, CACHE_CURE)) for kind, place, date in json.loads(cues))
    return Reading(language, words, sentences, found)
