"""Finding the few messages that concern somebody, without reading all of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from assistant.model import Message
from assistant.store.database import seconds
from assistant.store.forest import Forest
from assistant.store.rows import BY_PEOPLE, DOUBTFUL, IN_SENT, Rows


class Lookup:
    """Finds messages by people, threads and ids; every list is oldest first.

    ``own`` are the user's addresses; mail dated after ``until`` is left out.
    """

    def __init__(
        self, connection: sqlite3.Connection, rows: Rows, forest: Forest, own: frozenset[str], until: datetime | None
    ) -> None:
        self._db = connection
        self._rows = rows
        self._forest = forest
        self._own = own
        self._until = until

    def numbered(self, numbers: Iterable[int]) -> list[Message]:
        """Return the messages with these numbers."""
        return self._rows.numbered(numbers, self._own, self._until)

    def of_people(self, addresses: Collection[str]) -> list[Message]:
        """Return what these people take part in, and what tells of it: the user's mail in the same threads,
        failed deliveries, and mail of doubtful senders.
        """  # noqa: D205 - one sentence
        theirs = self._theirs(addresses)
        threads = self._threads(theirs)
        beside = self._numbers(
            f"SELECT id FROM message WHERE thread IN (SELECT value FROM json_each(?1)) AND (kind = 'bounce'"  # noqa: S608 - our own words
            f" OR {DOUBTFUL} OR {IN_SENT} OR sender IN"
            " (SELECT id FROM address WHERE address IN (SELECT value FROM json_each(?2))))",
            threads,
            self._own,
        )
        return self.numbered(theirs | beside)

    def around(self, numbers: Collection[int]) -> list[Message]:
        """Return these messages and what people wrote in the threads they belong to."""
        linked = self._numbers(
            f"SELECT id FROM message WHERE thread IN (SELECT value FROM json_each(?)) AND {BY_PEOPLE}",  # noqa: S608 - our own words
            self._threads(numbers),
        )
        return self.numbered(linked.union(numbers))

    def about(self, message_ids: Collection[str], addresses: Collection[str]) -> list[Message]:
        """Return every copy of the messages with these ids, and what these people take part in."""
        copies = self._numbers(
            "SELECT id FROM message WHERE thread IN (SELECT value FROM json_each(?))"
            " AND message_id IN (SELECT value FROM json_each(?))",
            self._forest.threads_of_ids(message_ids),
            message_ids,
        )
        return self.numbered(copies | self._theirs(addresses))

    def unread_bounces(self, since: datetime) -> list[Message]:
        """Return the mail that came back since then and of which the text was not read yet; none that lies in Junk."""
        numbers = self._db.execute(
            "SELECT id FROM message WHERE kind = 'bounce' AND uid IS NOT NULL AND time >= ?"
            " AND NOT EXISTS (SELECT 1 FROM reading WHERE reading.message = message.id)"
            " AND mailbox NOT IN (SELECT id FROM mailbox WHERE role = 'junk')",
            (seconds(since),),
        ).fetchall()
        return self.numbered(number for (number,) in numbers) if numbers else []

    def named(self, pattern: str, after: int = 0) -> list[Message]:
        """Return the messages with a higher number than ``after`` whose Message-ID fits a pattern of SQLite's GLOB."""
        found = self._db.execute("SELECT id FROM message WHERE id > ? AND message_id GLOB ?", (after, pattern))
        return self.numbered(number for (number,) in found)

    def ever_wrote(self, address: str) -> bool:
        """Tell whether any message known came from an address."""
        found = self._db.execute(
            "SELECT 1 FROM message WHERE sender = (SELECT id FROM address WHERE address = ?) LIMIT 1", (address,)
        )
        return found.fetchone() is not None

    def takes_part(self, address: str) -> bool:
        """Tell whether an address takes part in any message."""
        return bool(self._theirs([address]))

    def seen_in(self, accounts: Collection[str], addresses: Collection[str]) -> dict[str, frozenset[str]]:
        """Return in which of these accounts each of these addresses takes part in mail; every copy of it counts."""
        found: dict[str, set[str]] = {}
        for address, account in self._db.execute(
            "SELECT DISTINCT address.address, account.name FROM address JOIN party ON party.address = address.id"
            " JOIN message ON message.id = party.message JOIN mailbox ON mailbox.id = message.mailbox"
            " JOIN account ON account.id = mailbox.account WHERE account.name IN (SELECT value FROM json_each(?))"
            " AND address.address IN (SELECT value FROM json_each(?))",
            (json.dumps(list(accounts)), json.dumps(list(addresses))),
        ):
            found.setdefault(address, set()).add(account)
        return {address: frozenset(names) for address, names in found.items()}

    def _theirs(self, addresses: Collection[str]) -> set[int]:
        return self._numbers(
            "SELECT message FROM party WHERE address IN"
            " (SELECT id FROM address WHERE address IN (SELECT value FROM json_each(?)))",
            addresses,
        )

    def _threads(self, numbers: Collection[int]) -> list[int]:
        return self._forest.relatives(
            self._numbers("SELECT thread FROM message WHERE id IN (SELECT value FROM json_each(?))", numbers)
        )

    def _numbers(self, query: str, *lists: Collection[object]) -> set[int]:
        return {number for (number,) in self._db.execute(query, [json.dumps(list(one)) for one in lists])}
