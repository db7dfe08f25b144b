"""What the last weighing of everybody found, kept so that later sweeps need weigh only a few."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistant.store.database import CACHE_CURE, legible, moment, seconds, transaction


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the store had come at one moment: its newest message, its newest change."""

    newest: int
    change: int


@dataclass(frozen=True, slots=True)
class LastWeighing:
    """``digest`` tells what it was done under, ``found`` is what the weigher wants to know again (JSON values)."""

    digest: str
    when: datetime
    newest: int
    found: Mapping[str, Any]


class Weighed:
    """The outcome of the last weighing of everybody; gone when a message was erased or a mailbox changed its role."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def mark(self) -> Mark:
        """Return how far the store has come; taken before reading what is to be weighed."""
        row = self._db.execute(
            "SELECT (SELECT coalesce(max(id), 0) FROM message), (SELECT coalesce(max(change), 0) FROM touched)"
        ).fetchone()
        return Mark(*row)

    def last(self) -> LastWeighing | None:
        """Return the last weighing, None when there is none."""
        row = self._db.execute("SELECT digest, time, newest, found FROM weighed").fetchone()
        if row is None:
            return None
        digest, time, newest, found = row
        when = moment(time, CACHE_CURE)
        assert when is not None
        with legible("a weighing", CACHE_CURE):
            return LastWeighing(digest, when, newest, json.loads(found))

    def keep(
        self,
        digest: str,
        when: datetime,
        mark: Mark,
        found: Mapping[str, Any],
        people: Iterable[Collection[str]],
    ) -> None:
        """Keep a weighing in place of the last one; ``people`` are the addresses of each person."""
        with transaction(self._db):
            self._db.execute("DELETE FROM touched WHERE change <= ?", (mark.change,))
            self._db.execute(
                "INSERT OR REPLACE INTO weighed VALUES (1, ?, ?, ?, ?)",
                (digest, seconds(when), mark.newest, json.dumps(found)),
            )
            self._db.execute("DELETE FROM person")
            self._db.executemany(
                "INSERT OR IGNORE INTO person VALUES (?, ?)",
                ((address, number) for number, addresses in enumerate(people) for address in addresses),
            )

    def renew(
        self,
        last: LastWeighing,
        when: datetime,
        mark: Mark,
        found: Mapping[str, Any],
        people: Iterable[Collection[str]],
    ) -> None:
        """Bring the last weighing up to date after these people were weighed again; not if another took its place."""
        with transaction(self._db):
            renewed = self._db.execute(
                "UPDATE weighed SET time = ?, newest = ?, found = ? WHERE digest = ? AND time = ? AND newest = ?",
                (seconds(when), mark.newest, json.dumps(found), last.digest, seconds(last.when), last.newest),
            )
            if not renewed.rowcount:
                return
            self._db.execute("DELETE FROM touched WHERE change <= ?", (mark.change,))
            (free,) = self._db.execute("SELECT coalesce(max(person), 0) + 1 FROM person").fetchone()
            for number, addresses in enumerate(people, free):
                whole = self.people_of(addresses)  # two that were strangers may be one now
                self._db.executemany(
                    "INSERT OR REPLACE INTO person VALUES (?, ?)", ((address, number) for address in whole)
                )

    def touched(self, last: LastWeighing) -> list[int]:
        """Return the messages that came or changed since."""
        rows = self._db.execute("SELECT id FROM message WHERE id > ? UNION SELECT message FROM touched", (last.newest,))
        return [number for (number,) in rows]

    def changed(self, mark: Mark) -> list[int]:
        """Return the messages, known at the mark, that changed since."""
        rows = self._db.execute("SELECT DISTINCT message FROM touched WHERE change > ?", (mark.change,))
        return [number for (number,) in rows]

    def people_of(self, addresses: Collection[str]) -> set[str]:
        """Return all addresses of the people whom these belong to, these included."""
        rows = self._db.execute(
            "SELECT address FROM person WHERE person IN"
            " (SELECT person FROM person WHERE address IN (SELECT value FROM json_each(?)))",
            (json.dumps(list(addresses)),),
        )
        return {address for (address,) in rows}.union(addresses)
