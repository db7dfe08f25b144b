"""Messages that could not be read, or not their text: which they are, why, and when they are asked for again."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from assistant.store.database import seconds, transaction

DAY = int(timedelta(days=1).total_seconds())
TRIES = 4
"""A server that refused may only have been busy: it is asked by the next sweep, a day later, and two days later."""
A_SWEEP = 10
"""So many are asked for again in one sweep: fewer refusals than tell that a whole mailbox cannot be read."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A message that could not be read, or not its text. ``asked_again``: it may have been a passing trouble."""

    account: str
    mailbox: str
    uid: int
    reason: str
    asked_again: bool


@dataclass(frozen=True, slots=True)
class Overdue:
    """A message to be asked for again; ``message`` is its number when only its text is missing."""

    box: int
    mailbox: str
    uid: int
    message: int | None


class Asides:
    """What was put aside; it is forgotten when it leaves its mailbox, or is read after all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def all(self) -> list[Aside]:
        """Return everything that was put aside."""
        rows = self._db.execute(
            "SELECT account.name, mailbox.name, uid, reason, again IS NOT NULL FROM aside"
            " JOIN mailbox ON mailbox.id = aside.mailbox JOIN account ON account.id = mailbox.account"
            " ORDER BY account.name, mailbox.name, uid"
        )
        return [Aside(account, name, uid, reason, bool(again)) for account, name, uid, reason, again in rows]

    def put(self, mailbox: int, uid: int, reason: str, *, passing: bool) -> None:
        """Remember that a message could not be read, and why; ``passing``: for no fault of its own, as it seems."""
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO aside (mailbox, uid, reason, again) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET reason = excluded.reason",
                (mailbox, uid, reason[:300], 0 if passing else None),
            )

    def put_text(self, message: int, reason: str) -> None:
        """Remember that the text of a message whose header lines are known could not be read, and why."""
        found = self._db.execute("SELECT mailbox, uid FROM message WHERE id = ? AND uid IS NOT NULL", (message,))
        for mailbox, uid in found.fetchall():
            self.put(mailbox, uid, reason, passing=True)

    def overdue(self, account: str, now: datetime, *, headers_only: bool) -> list[Overdue]:
        """Return what is to be asked for again now, a few; ``headers_only``: no text."""
        rows = self._db.execute(
            "SELECT aside.mailbox, mailbox.name, aside.uid, message.id FROM aside"
            " JOIN mailbox ON mailbox.id = aside.mailbox JOIN account ON account.id = mailbox.account"
            " LEFT JOIN message ON message.mailbox = aside.mailbox AND message.uid = aside.uid"
            " WHERE account.name = ? AND again <= ? AND NOT (? AND message.id IS NOT NULL)"
            " ORDER BY again, aside.mailbox, aside.uid LIMIT ?",
            (account, seconds(now), headers_only, A_SWEEP),
        ).fetchall()
        return [Overdue(*row) for row in rows]

    def note_asked(self, overdue: Iterable[Overdue], now: datetime) -> None:
        """Note that these are asked for now, so that this has an end."""
        with transaction(self._db):
            self._db.executemany(
                "UPDATE aside SET tries = tries + 1, again = CASE WHEN tries + 1 < ? THEN ? + tries * ? END"
                " WHERE mailbox = ? AND uid = ?",
                [(TRIES, seconds(now), DAY, one.box, one.uid) for one in overdue],
            )

    def unasked(self) -> frozenset[str]:
        """Return the accounts with a message of which nothing is known and which is to be asked for once more soon."""
        rows = self._db.execute(
            "SELECT DISTINCT account.name FROM aside"
            " JOIN mailbox ON mailbox.id = aside.mailbox JOIN account ON account.id = mailbox.account"
            " LEFT JOIN message ON message.mailbox = aside.mailbox AND message.uid = aside.uid"
            " WHERE tries = 1 AND again IS NOT NULL AND message.id IS NULL"
        )
        return frozenset(account for (account,) in rows)

    def still(self, overdue: Iterable[Overdue]) -> list[Overdue]:
        """Return those that are still aside: their mailbox may have been made anew, or they may have left it."""
        there = set(self._db.execute("SELECT mailbox, uid FROM aside"))
        return [one for one in overdue if (one.box, one.uid) in there]

    def found(self, mailbox: int, uids: Collection[int]) -> None:
        """Forget those of these messages whose header lines are known now."""
        with transaction(self._db):
            self._db.executemany(
                "DELETE FROM aside WHERE mailbox = ?1 AND uid = ?2"
                " AND EXISTS (SELECT 1 FROM message WHERE mailbox = ?1 AND uid = ?2)",
                [(mailbox, uid) for uid in uids],
            )
