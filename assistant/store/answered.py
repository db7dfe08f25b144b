"""Whether Sent is complete: the user's mails that contacts answered must be there."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from assistant.store.database import seconds
from assistant.store.forest import Forest, id_hash
from assistant.store.rows import SENT_LABEL

ENOUGH, INCOMPLETE = 20, 0.10
FEWEST, MOST_OF_THEM = 5, 0.50
"""Of few answers a clear majority must lack what it answers."""
AMONG = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Answered:
    """The user's mails that contacts answered: how many are there, and how many are missing."""

    there: int
    missing: int

    @property
    def visibly_incomplete(self) -> bool:
        """Over 10 % are missing (PRODUCT: restraint), where a few more or less would not turn that."""
        total = self.there + self.missing
        if total < ENOUGH:
            return total >= FEWEST and self.missing > MOST_OF_THEM * total
        return self.missing > INCOMPLETE * total


def answered(
    database: sqlite3.Connection, forest: Forest, account: str, own: frozenset[str], since: datetime
) -> Answered:
    """Count the user's mails that contacts have answered since then (UTC).

    What counts are personal mails to the user alone that name the mail they answer (In-Reply-To): it is
    there and the user's, or it is missing. ``own`` are the user's addresses.
    """
    mine = json.dumps(sorted(own))
    alone = {f"{number};" for (number,) in database.execute(f"SELECT id FROM address WHERE address {AMONG}", (mine,))}  # noqa: S608 - our own words
    answers = database.execute(
        "SELECT parent, recipients FROM message JOIN mailbox ON mailbox.id = message.mailbox"  # noqa: S608 - our own words
        " JOIN account ON account.id = mailbox.account JOIN address ON address.id = message.sender"
        " WHERE account.name = ? AND parent IS NOT NULL AND kind = 'personal' AND time >= ?"
        f" AND mailbox.role NOT IN ('sent', 'trash', 'junk') AND NOT address.address {AMONG}",
        (account, seconds(since), mine),
    )
    parents = [parent for parent, recipients in answers if recipients in alone]
    if len(parents) < FEWEST:
        return Answered(0, 0)
    written = database.execute(
        f"SELECT message_id, mailbox.role = 'sent' OR marks & {SENT_LABEL} OR address.address {AMONG}"  # noqa: S608 - our own words
        " FROM message JOIN mailbox ON mailbox.id = message.mailbox"
        " LEFT JOIN address ON address.id = message.sender"
        f" WHERE message.thread {AMONG} AND message_id IS NOT NULL ORDER BY message.id",
        (mine, json.dumps(forest.threads_of_hashes(parents))),
    )
    is_mine = {id_hash(message_id): bool(own_mail) for message_id, own_mail in written}
    there = sum(is_mine.get(parent, False) for parent in parents)
    return Answered(there, missing=sum(parent not in is_mine for parent in parents))
