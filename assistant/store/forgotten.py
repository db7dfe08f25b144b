"""Forgetting a person: what is erased of them, and how it is known that their mail is not to be written down again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from assistant.errors import StoreError
from assistant.model import Address, DraftState, HeaderFacts, MailKind
from assistant.store.database import transaction
from assistant.store.forest import id_hash

LENGTH = 32
AMONG = "IN (SELECT value FROM json_each(?))"
NAMELESS = ("contact", "identity", "subject", "thread_subject", "silence", "standing", "reason", "fingerprint")
UNSAID = ("in_reply_to", "needs_word", "because", "gift", "mailbox", "uidvalidity", "uid", "uidnext", "since")
BLANK = {**dict.fromkeys(NAMELESS, ""), **dict.fromkeys(UNSAID), "addresses": "[]", "known": "[]"}
"""What a draft's row holds after its person was forgotten: that it was made, when, of which kind, and how it ended."""


class Seen(NamedTuple):
    """A message as it was just read: where it lies, its header facts, who speaks in it, Gmail's conversation."""

    uid: int
    facts: HeaderFacts
    kind: MailKind
    when: datetime | None
    size: int
    marks: int
    conversation: int | None = None


def mark_of(address: str) -> str:
    """Return what stands for an address: 32 hex digits from which it is known again, and cannot be read."""
    return hashlib.sha256(address.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]


class Forgotten:
    """Whose mail is not written down; ``marks`` lead to the time from which it counts again, None while it does not."""

    def __init__(self, marks: Mapping[str, datetime | None]) -> None:
        self._marks = marks

    def has(self, address: str, when: datetime | None) -> bool:
        """Tell whether mail of this address and time is to be left out; mail without a time is."""
        mark = mark_of(address)
        if mark not in self._marks:
            return False
        again = self._marks[mark]
        return again is None or when is None or when < again

    def left_out_of(self, batch: Sequence[Seen]) -> Sequence[Seen]:
        """Return the messages without those from or only to the forgotten, and the rest without their addresses."""
        return [kept for seen in batch if (kept := self._kept(seen)) is not None] if self._marks else batch

    def _kept(self, seen: Seen) -> Seen | None:
        facts = seen.facts
        if facts.sender is not None and self.has(facts.sender.address, seen.when):
            return None
        to, cc, reply_to = (self._others(part, seen.when) for part in (facts.to, facts.cc, facts.reply_to))
        if (facts.to or facts.cc) and not (to or cc):
            return None
        return seen._replace(facts=facts._replace(to=to, cc=cc, reply_to=reply_to))

    def _others(self, part: Sequence[Address], when: datetime | None) -> tuple[Address, ...]:
        return tuple(one for one in part if not self.has(one.address, when))


NOBODY = Forgotten({})


def erase_mail(database: sqlite3.Connection, addresses: Collection[str]) -> int:
    """Erase all mail from or only to these addresses and take them out of the rest; return how much mail that was.

    Not even in unused parts of the file anything of it is left.
    """
    rows = database.execute(
        f"SELECT id FROM address WHERE address {AMONG}",  # noqa: S608 - our own words
        (json.dumps(list(addresses)),),
    )
    people = {number for (number,) in rows}
    gone, fewer = _concerned(database, people)
    numbers, theirs = json.dumps([number for number, _ in gone]), json.dumps(sorted(people))
    with transaction(database):
        database.execute(f"DELETE FROM party WHERE address {AMONG} OR message {AMONG}", (theirs, numbers))  # noqa: S608
        database.executemany("UPDATE message SET recipients = ? WHERE id = ?", fewer)
        database.execute(f"UPDATE message SET reply_to = NULL WHERE reply_to {AMONG}", (theirs,))  # noqa: S608
        database.executemany("DELETE FROM reference WHERE hash = ?", ((id_hash(one),) for _, one in gone if one))
        database.execute(f"DELETE FROM touched WHERE message {AMONG}", (numbers,))  # noqa: S608
        database.execute(f"DELETE FROM message WHERE id {AMONG}", (numbers,))  # noqa: S608
        database.execute(f"DELETE FROM address WHERE id {AMONG}", (theirs,))  # noqa: S608
        database.execute("DELETE FROM person")
        database.execute("DELETE FROM weighed")
    _rewrite(database)
    return len(gone)


def erase_from_ledger(database: sqlite3.Connection, addresses: Collection[str]) -> None:
    """Erase who these drafts were for and what they were about, and what was logged of these addresses.

    The rows stay: they count for the caps, and by their ids a draft is known that was made already.
    """
    people = set(addresses)
    rows = database.execute("SELECT id, contact, addresses, state FROM draft").fetchall()
    theirs = [row for row in rows if row[1] in people or not people.isdisjoint(json.loads(row[2]))]
    blank = ", ".join(f"{column} = ?" for column in BLANK)
    with transaction(database):
        for number, _, _, state in theirs:
            ended = DraftState.GONE if DraftState(state).live else DraftState(state)
            database.execute(f"UPDATE draft SET {blank}, state = ? WHERE id = ?", (*BLANK.values(), ended, number))  # noqa: S608
        database.executemany("DELETE FROM other_channel WHERE address = ?", ((one,) for one in people))
    _rewrite(database)


def _concerned(
    database: sqlite3.Connection, people: Collection[int]
) -> tuple[list[tuple[int, str | None]], list[tuple[str, int]]]:
    """Return the messages that go as (number, Message-ID), and those that stay as (recipients left, number)."""
    gone: list[tuple[int, str | None]] = []
    fewer: list[tuple[str, int]] = []
    threads: set[int] = set()
    rows = database.execute("SELECT id, thread, message_id, sender, recipients, kind FROM message").fetchall()
    for number, thread, message_id, sender, recipients, _ in rows:
        left = ";".join(",".join(one for one in part.split(",") if one and int(one) not in people)
                        for part in recipients.split(";"))  # fmt: skip
        if sender in people or (left != recipients and not left.strip(";")):
            gone.append((number, message_id))
            threads.add(thread)
        elif left != recipients:
            fewer.append((left, number))
    known = {number for number, _ in gone}
    failed = [row for row in rows if row[5] == MailKind.BOUNCE and row[1] in threads and row[0] not in known]
    return gone + [(row[0], row[2]) for row in failed], fewer


def _rewrite(database: sqlite3.Connection) -> None:
    """Write the file anew: what was erased would stay in its unused pages and in the log beside it."""
    try:
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StoreError(
            f"What was erased may still lie in unused parts of the database: {error}.",
            "Stop what else uses it ('assistant run'), and say it again.",
        ) from error
