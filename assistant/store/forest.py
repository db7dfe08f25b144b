"""Which messages header lines link: a forest of numbers, so that a late message joins groups and rewrites none."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from assistant.model import HeaderFacts

LOOKED_UP_AT_ONCE = 500  # SQLite's limit of parameters is 999 in old builds


class Forest:
    """The tables ``reference`` (an id's hash leads to a thread) and ``joined`` (a thread leads to another)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def roots(self) -> Callable[[int], int]:
        """Return what leads from the thread a message was written with to the thread it belongs to now."""
        joined = self._joins()
        return lambda thread: _root(joined, thread)

    def threads(self, batch: Sequence[HeaderFacts], numbers: Sequence[int]) -> list[int]:
        """Return the thread of each message, and write down what its own id and its references link.

        ``numbers`` are the messages' own: one that is linked to nothing known founds a thread under its own.
        """
        ids = [_hashes(facts) for facts in batch]
        joined = self._joins()
        known = self._known({one for group in ids for one in group})
        fresh: dict[int, int] = {}
        joins: dict[int, int] = {}
        threads = []
        for number, group in zip(numbers, ids, strict=True):
            linked = {known[one] for one in group if one in known}
            if linked:
                thread, *others = sorted({_root(joined, one) for one in linked})
                for other in others:
                    joined[other] = joins[other] = thread
            else:
                thread = number
            for one in group:
                if one not in known:
                    known[one] = fresh[one] = thread
            threads.append(thread)
        self._db.executemany("INSERT OR REPLACE INTO joined VALUES (?, ?)", joins.items())
        if joins and self._db.execute("SELECT 1 FROM weighed").fetchone():
            self._touch(joins)
        # In the order of the table, so that neighbours are written together.
        self._db.executemany("INSERT OR IGNORE INTO reference VALUES (?, ?)", sorted(fresh.items()))
        return threads

    def lead(self, thread: int, message_id: str) -> None:
        """Let a thread lead to the one of a mail of which it is known only now that it belongs there."""
        joined, hashed = self._joins(), id_hash(message_id)
        here = _root(joined, thread)
        there = _root(joined, self._known({hashed}).get(hashed, here))
        self._db.execute("INSERT OR IGNORE INTO reference VALUES (?, ?)", (hashed, here))
        if there != here:
            self._db.execute("INSERT INTO joined VALUES (?, ?)", (here, there))
            self._touch([here])

    def _touch(self, threads: Iterable[int]) -> None:
        """Note that the messages of these threads belong together with others now."""
        self._db.execute(
            "INSERT INTO touched (message) SELECT id FROM message WHERE thread IN (SELECT value FROM json_each(?))",
            (json.dumps(self.relatives(threads)),),
        )

    def relatives(self, threads: Iterable[int]) -> list[int]:
        """Return every number under which messages of these threads were written."""
        joined = self._joins()
        roots = {_root(joined, thread) for thread in threads}
        return [*roots, *(thread for thread in joined if _root(joined, thread) in roots)]

    def threads_of_ids(self, message_ids: Iterable[str]) -> list[int]:
        """Return every number under which messages with these ids, or linked to them, were written."""
        return self.threads_of_hashes(map(id_hash, message_ids))

    def threads_of_hashes(self, hashes: Iterable[int]) -> list[int]:
        """Return the same for ids of which only ``id_hash`` is known."""
        return self.relatives(self._known(set(hashes)).values())

    def _joins(self) -> dict[int, int]:
        return dict(self._db.execute("SELECT thread, into_thread FROM joined"))

    def _known(self, hashes: set[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        ordered = sorted(hashes)
        for start in range(0, len(ordered), LOOKED_UP_AT_ONCE):
            part = ordered[start : start + LOOKED_UP_AT_ONCE]
            marks = ",".join("?" * len(part))
            found.update(self._db.execute(f"SELECT hash, thread FROM reference WHERE hash IN ({marks})", part))  # noqa: S608 - question marks only
        return found


def _hashes(facts: HeaderFacts) -> list[int]:
    ids = (facts.message_id, *facts.references) if facts.message_id else facts.references
    return [id_hash(one) for one in ids]


@lru_cache(maxsize=16384)  # an answer names the ids of those before it
def id_hash(message_id: str) -> int:
    """Return 64 bits that stand for a Message-ID, as SQLite keeps whole numbers."""
    digest = hashlib.blake2b(message_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _root(joined: Mapping[int, int], thread: int) -> int:
    while thread in joined:
        thread = joined[thread]
    return thread
