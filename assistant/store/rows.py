"""Messages as they come back from the store, rows made into values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from assistant.model import Address, Cue, CueKind, MailKind, Message, Reading, Role, Signal
from assistant.store.database import moment, seconds
from assistant.store.forest import Forest

ANSWERED, FLAGGED, SENT_LABEL, INBOX_LABEL = 1, 2, 4, 8
COLUMNS = (
    "message.id, mailbox, uid, message_id, thread, sender, reply_to, recipients, subject, time, kind, signals,"
    " size, marks, conversation, reading.language, words, sentences, cues"
)
DOUBTFUL = f"(sender IS NULL OR signals & {int(Signal.AMBIGUOUS)})"
IN_SENT = f"(mailbox IN (SELECT id FROM mailbox WHERE role = 'sent') OR marks & {SENT_LABEL})"  # noqa: S608 - our own words
BY_PEOPLE = f"(kind NOT IN ('automatic', 'bulk') OR {DOUBTFUL} OR {IN_SENT})"

_kind = {kind.value: kind for kind in MailKind}
_signals = lru_cache(maxsize=4096)(Signal)


class Rows:
    """Reads messages back. One instance for one thread."""

    def __init__(self, connection: sqlite3.Connection, forest: Forest) -> None:
        self._db = connection
        self._forest = forest

    def everything(self, own: frozenset[str], until: datetime | None, *, lean: bool) -> Iterator[Message]:
        """Yield every message known, as ``MailFacts.messages`` says."""
        people = {i: Address(a, n) for i, a, n in self._db.execute("SELECT id, address, name FROM address")}
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM message LEFT JOIN reading ON reading.message = message.id"  # noqa: S608 - our own words
            f" WHERE (?1 IS NULL OR time IS NULL OR time <= ?1) AND {BY_PEOPLE if lean else 'TRUE'} ORDER BY time, id",
            (seconds(until),),
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

    def _people(self, rows: Sequence[Sequence[Any]]) -> dict[int, Address]:
        """Return the addresses that these rows name."""
        wanted = {number for row in rows for number in (row[5], row[6]) if number is not None}
        wanted.update(int(number) for row in rows for number in row[7].replace(";", ",").split(",") if number)
        found = self._db.execute(
            "SELECT id, address, name FROM address WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(wanted)),),
        )
        return {i: Address(a, n) for i, a, n in found}

    def _made(
        self, rows: Iterable[Sequence[Any]], people: Mapping[int, Address], own: frozenset[str]
    ) -> Iterator[Message]:
        thread_of = self._forest.roots()
        boxes = {
            number: (account, name, Role(role))
            for number, account, name, role in self._db.execute(
                "SELECT mailbox.id, account.name, mailbox.name, role"
                " FROM mailbox JOIN account ON account.id = mailbox.account"
            )
        }
        recipients: dict[str, tuple[tuple[Address, ...], tuple[Address, ...]]] = {}  # most mail goes to the user alone
        subjects: dict[str, str] = {}  # a thread has one: each is kept in memory once
        for row in rows:
            account, mailbox, role = boxes[row[1]]
            role = _role_by_label(role, row[13])
            sender = people[row[5]] if row[5] is not None else None
            if row[7] not in recipients:
                recipients[row[7]] = _unpacked(row[7], people)
            to, cc = recipients[row[7]]
            yield Message(
                id=row[0],
                account=account,
                mailbox=mailbox,
                role=role,
                uid=row[2],
                message_id=row[3],
                thread=thread_of(row[4]),
                sender=sender,
                reply_to=people[row[6]] if row[6] is not None else None,
                to=to,
                cc=cc,
                subject=subjects.setdefault(row[8], row[8]),
                when=moment(row[9]),
                kind=_kind[row[10]],
                signals=_signals(row[11]),
                size=row[12],
                outgoing=role is Role.SENT or (sender is not None and sender.address in own),
                answered=bool(row[13] & ANSWERED),
                flagged=bool(row[13] & FLAGGED),
                conversation=row[14],
                reading=None if row[16] is None else _reading(*row[15:19]),
            )


def _unpacked(stored: str, people: Mapping[int, Address]) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    to, _, cc = stored.partition(";")
    return tuple(people[int(i)] for i in to.split(",") if i), tuple(people[int(i)] for i in cc.split(",") if i)


def _role_by_label(role: Role, marks: int) -> Role:
    """Return a message's role on a server whose one mailbox holds everything under labels (Gmail)."""
    if role is Role.ALL and marks & SENT_LABEL:
        return Role.SENT
    if role is Role.ALL and marks & INBOX_LABEL:
        return Role.INBOX
    return role


def _reading(language: str | None, words: int, sentences: int, cues: str) -> Reading:
    found = tuple(Cue(CueKind(kind), place, moment(date)) for kind, place, date in json.loads(cues))
    return Reading(language, words, sentences, found)
