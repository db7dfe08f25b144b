"""The addresses that messages name: a number for each, and the best name that was met for it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from assistant.model import Address
from assistant.store.forgotten import Seen

RECIPIENTS_KEPT = 40  # more than any rule of judgement looks at
OTHERS_RANK = 10**11  # a name somebody else wrote never beats one its owner wrote
NAMELESS_RANK = -2 * OTHERS_RANK


class Addresses:
    """The addresses in the cache of header facts; numbers once given or looked up are kept at hand."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._number_of: dict[str, int] = {}
        self._ranks: dict[str, int] = {}  # of the names they have

    def numbers(self, batch: Sequence[Seen], times: Sequence[int | None]) -> Mapping[str, int]:
        """Return the number of every address in these messages and others, adding new ones and better names.

        A Reply-To names whomever its writer likes, so the name in it is somebody else's word.
        """
        ranks = self._ranks
        best: dict[Address, int] = {}  # each name that was met, with its best rank: most are met again and again
        for seen, time in zip(batch, times, strict=True):
            facts, rank = seen.facts, time or 0
            if (sender := facts.sender) is not None and best.get(sender, NAMELESS_RANK) < rank:
                best[sender] = rank
            rank -= OTHERS_RANK
            others = facts.to[:RECIPIENTS_KEPT] + facts.cc[:RECIPIENTS_KEPT]
            for other in others + facts.reply_to if len(facts.reply_to) == 1 else others:
                if best.get(other, NAMELESS_RANK) < rank:
                    best[other] = rank
        offered: dict[str, tuple[int, str]] = {}
        for (address, name), met in best.items():
            rank = met if name else NAMELESS_RANK
            if (address not in ranks or rank > ranks[address]) and (
                address not in offered or rank > offered[address][0]
            ):
                offered[address] = (rank, name)
        self._db.executemany(
            "INSERT INTO address (address, name, named) VALUES (?, ?, ?) ON CONFLICT (address)"
            " DO UPDATE SET name = excluded.name, named = excluded.named WHERE excluded.named > named",
            [(address, name, rank) for address, (rank, name) in offered.items()],
        )
        for address, (rank, _) in offered.items():
            (number,) = self._db.execute("SELECT id FROM address WHERE address = ?", (address,)).fetchone()
            self._number_of[address], ranks[address] = number, rank
        return self._number_of

    def numbers_of(self, addresses: Sequence[str]) -> list[int]:
        """Return the numbers of these addresses, adding new ones without a name."""
        self._db.executemany(
            "INSERT OR IGNORE INTO address (address, name, named) VALUES (?, '', ?)",
            [(address, NAMELESS_RANK) for address in addresses],
        )
        rows = self._db.execute(
            "SELECT id FROM address WHERE address IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(addresses),),
        )
        return [number for (number,) in rows]

    def forget_numbers(self) -> None:
        """Let go of what was kept at hand: numbers given in a transaction that was undone are not theirs."""
        self._number_of.clear()
        self._ranks.clear()
