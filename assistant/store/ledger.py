"""The ledger: every draft of ours and what became of it, contact by other channels, the state of accounts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from assistant.errors import FuseBlown
from assistant.model import LIVE_STATES, Alert, Digest, Draft, DraftState, Kind, OtherChannel, Ours, Trouble
from assistant.store.database import legible, moment, seconds, transaction

COLUMNS = tuple(field.name for field in fields(Draft))
DIGEST_COLUMNS = tuple(field.name for field in fields(Digest))
NO_TROUBLE = {
    **dict.fromkeys(("code", "message", "cure", "since", "tried", "retry", "settings")),
    "attempts": 0,
}


class Ledger:
    """The durable record. Every writing method is on the disk when it returns. One instance for one thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    # drafts

    def drafts(self, account: str | None = None) -> list[Draft]:
        """Return all drafts (of one account), oldest first."""
        rows = self._db.execute(
            f"SELECT {', '.join(COLUMNS)} FROM draft WHERE ?1 IS NULL OR account = ?1 ORDER BY created, id",  # noqa: S608 - our own column names
            (account,),
        )
        return [_draft(row) for row in rows]

    def live(self, account: str) -> list[Draft]:
        """Return an account's drafts that have not ended."""
        return [draft for draft in self.drafts(account) if draft.state in LIVE_STATES]

    def draft(self, number: str) -> Draft | None:
        """Return one draft by its id."""
        row = self._db.execute(f"SELECT {', '.join(COLUMNS)} FROM draft WHERE id = ?", (number,)).fetchone()  # noqa: S608
        return _draft(row) if row else None

    def digests(self, account: str | None = None) -> list[Digest]:
        """Return all digests (of one account), oldest first."""
        rows = self._db.execute(
            f"SELECT {', '.join(DIGEST_COLUMNS)} FROM digest WHERE ?1 IS NULL OR account = ?1 ORDER BY created, rowid",  # noqa: S608
            (account,),
        )
        return [_digest(row) for row in rows]

    def write(self, row: Draft | Digest) -> None:
        """Write the row of a draft or digest, new or changed."""
        table, columns = ("draft", COLUMNS) if isinstance(row, Draft) else ("digest", DIGEST_COLUMNS)
        with transaction(self._db):
            self._db.execute(
                f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
                [_stored(getattr(row, name)) for name in columns],
            )

    def as_it_was(self, moment: datetime) -> None:
        """Forget what came after a moment; for a copy that a rehearsal judges by."""
        ended = [state.value for state in DraftState if not state.live]
        with transaction(self._db):
            self._db.execute("DELETE FROM draft WHERE created > ?", (seconds(moment),))
            self._db.execute(
                "UPDATE draft SET state = ? WHERE changed > ? AND state IN (SELECT value FROM json_each(?))",
                (DraftState.WAITING.value, seconds(moment), json.dumps(ended)),
            )
            self._db.execute("DELETE FROM other_channel WHERE happened > ?", (seconds(moment),))

    def change(self, row: Ours, now: datetime, **values: Any) -> Ours:
        """Write some new values of a draft or digest, note the time, and return it as it is now."""
        changed = replace(row, changed=now, **values)
        self.write(changed)
        return changed

    def drafts_seen(self, account: str) -> Mapping[str, Any]:
        """Return what ``note_drafts_seen`` kept last, empty when nothing was."""
        row = self._db.execute("SELECT seen FROM drafts_seen WHERE account = ?", (account,)).fetchone()
        with legible("what was seen in Drafts"):
            return dict(json.loads(row[0])) if row else {}

    def note_drafts_seen(self, account: str, seen: Mapping[str, Any]) -> None:
        """Keep what was seen in an account's Drafts mailbox (JSON values)."""
        if seen != self.drafts_seen(account):
            with transaction(self._db):
                self._db.execute("INSERT OR REPLACE INTO drafts_seen VALUES (?, ?)", (account, json.dumps(seen)))

    def begun_by_user(self, account: str) -> frozenset[str]:
        """Return the ids of what was not laid when last tried, since the user had begun a draft of their own."""
        return frozenset(self.drafts_seen(account).get("begun", ()))

    def note_begun_by_user(self, account: str, ids: Collection[str]) -> None:
        """Keep which drafts of ours the user's own stood in the way of."""
        if self.begun_by_user(account) != set(ids):
            self.note_drafts_seen(account, {**self.drafts_seen(account), "begun": sorted(ids)})

    # contact by other channels

    def other_channels(self) -> dict[str, list[OtherChannel]]:
        """Return what was told with ``log``, by address, oldest first."""
        found: dict[str, list[OtherChannel]] = {}
        for address, happened, text, balance in self._db.execute(
            "SELECT address, happened, text, balance FROM other_channel ORDER BY happened, rowid"
        ):
            when = moment(happened)
            assert when is not None
            found.setdefault(address, []).append(OtherChannel(when, text, balance))
        return found

    def log(self, address: str, contact: OtherChannel) -> None:
        """Write down a contact by another channel."""
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO other_channel VALUES (?, ?, ?, ?)",
                (address, seconds(contact.when), contact.text, contact.balance),
            )

    # accounts

    def confirmed(self, account: str) -> bool:
        """Tell whether the daemon may write to this account (PRODUCT: "first time")."""
        row = self._db.execute("SELECT confirmed FROM account WHERE name = ?", (account,)).fetchone()
        return bool(row and row[0])

    def confirm(self, account: str, now: datetime) -> None:
        """Allow the daemon to write to this account from now on."""
        self._account(account, confirmed=seconds(now))

    def place(self, account: str) -> str | None:
        """Return which mailbox an account led to when it was opened last, None when that is not known."""
        row = self._db.execute("SELECT place FROM account WHERE name = ?", (account,)).fetchone()
        return row[0] if row else None

    def note_place(self, account: str, place: str, *, moved: bool) -> None:
        """Note which mailbox an account leads to; one that was ``moved`` there must be confirmed anew."""
        self._account(account, place=place, **({"confirmed": None} if moved else {}))

    def accounts_at(self, place: str) -> list[str]:
        """Return the names of accounts that led to a mailbox when they were opened last."""
        return [
            name for (name,) in self._db.execute("SELECT name FROM account WHERE place = ? ORDER BY name", (place,))
        ]

    def rename_account(self, old: str, new: str) -> None:
        """Let all that stands under an account's old name stand under the new one, which was never opened."""
        with transaction(self._db):
            self._db.execute(
                "UPDATE account SET confirmed = coalesce(confirmed, (SELECT confirmed FROM account WHERE name = ?))"
                " WHERE name = ?",
                (new, old),
            )
            self._db.execute("DELETE FROM account WHERE name = ?", (new,))
            self._db.execute("UPDATE account SET name = ? WHERE name = ?", (new, old))
            for table in ("draft", "digest", "drafts_seen"):
                self._db.execute(f"UPDATE OR REPLACE {table} SET account = ? WHERE account = ?", (new, old))  # noqa: S608 - our own table names

    def swept(self, account: str, now: datetime) -> None:
        """Note a sweep that ended without trouble; an older trouble is over."""
        self._account(account, swept=seconds(now), **NO_TROUBLE)

    def recovered(self, account: str, *, but: str | None = None) -> None:
        """Forget the trouble of an account, unless its code is ``but``: it can be worked on again."""
        trouble = self.trouble(account)
        if trouble is None or trouble.code != but:
            self._account(account, **NO_TROUBLE)

    def last_sweep(self, account: str) -> datetime | None:
        """Return when a sweep of this account last ended without trouble."""
        row = self._db.execute("SELECT swept FROM account WHERE name = ?", (account,)).fetchone()
        return moment(row[0]) if row else None

    def next_sweep(self, account: str) -> datetime | None:
        """Return when the daemon means to look at this account again."""
        row = self._db.execute("SELECT next FROM account WHERE name = ?", (account,)).fetchone()
        return moment(row[0]) if row else None

    def note_next(self, account: str, when: datetime) -> None:
        """Note when the daemon means to look at this account again."""
        self._account(account, next=seconds(when))

    def trouble(self, account: str) -> Trouble | None:
        """Return what keeps this account from being worked on."""
        row = self._db.execute("SELECT code, message, cure, since FROM account WHERE name = ?", (account,)).fetchone()
        return Trouble(account, row[0], row[1], row[2], moment(row[3])) if row and row[0] else None

    def troubled_while_open(self, account: str) -> datetime | None:
        """Return when a sweep last met the trouble of this account, None without one or when that closed it.

        An account that was closed is left alone: until a time, for another secret, or until a person has looked.
        """
        row = self._db.execute(
            "SELECT tried FROM account WHERE name = ? AND code <> ? AND retry IS NULL AND settings IS NULL",
            (account, FuseBlown.code),
        ).fetchone()
        return moment(row[0]) if row else None

    def note_trouble(
        self,
        trouble: Trouble,
        now: datetime,
        *,
        retry: datetime | None = None,
        settings: str | None = None,
        attempted: bool = True,
    ) -> None:
        """Remember a trouble over restarts; none covers up a fuse that has blown.

        ``retry``: not before then, and one attempt more that made us stay away unless none was ``attempted``;
        ``settings``: not while this digest of settings and secret is the same.
        """
        old = self._db.execute(
            "SELECT code, since, attempts FROM account WHERE name = ?", (trouble.account,)
        ).fetchone()
        troubled = old is not None and old[0] is not None
        if troubled and old[0] == FuseBlown.code != trouble.code:
            return
        same = troubled and old[0] == trouble.code
        self._account(
            trouble.account,
            code=trouble.code,
            message=trouble.message,
            cure=trouble.cure,
            since=old[1] if same else seconds(now),
            tried=seconds(now),
            attempts=(old[2] if troubled else 0) + (attempted and retry is not None),
            retry=seconds(retry),
            settings=settings,
        )

    def alerts(self, account: str) -> list[Alert]:
        """Return what an account's server last wanted the user to read."""
        row = self._db.execute("SELECT alerts, alerted FROM account WHERE name = ?", (account,)).fetchone()
        said = moment(row[1]) if row else None
        with legible("what a server said"):
            return [Alert(words, said) for words in json.loads(row[0])] if said is not None else []

    def note_alerts(self, account: str, alerts: Sequence[str], now: datetime) -> None:
        """Note what a server wants the user to read, in place of what it said before."""
        self._account(account, alerts=json.dumps(alerts), alerted=seconds(now))

    def told(self, account: str) -> str | None:
        """Return the code of the trouble that the user's command was told of, None when of none that still lasts."""
        row = self._db.execute("SELECT told FROM account WHERE name = ?", (account,)).fetchone()
        return row[0] if row else None

    def note_told(self, account: str, code: str | None) -> None:
        """Note of which trouble the user's command is told."""
        self._account(account, told=code)

    def waiting_room(self, account: str) -> tuple[int, datetime | None, str | None]:
        """Return (attempts that made us stay away, not before, digest of settings and secret that were refused)."""
        row = self._db.execute(
            "SELECT attempts, retry, settings FROM account WHERE name = ? AND code IS NOT NULL", (account,)
        ).fetchone()
        return (row[0], moment(row[1]), row[2]) if row else (0, None, None)

    def _account(self, name: str, **values: Any) -> None:
        with transaction(self._db):
            self._db.execute("INSERT OR IGNORE INTO account (name) VALUES (?)", (name,))
            changes = ", ".join(f"{column} = ?" for column in values)
            self._db.execute(f"UPDATE account SET {changes} WHERE name = ?", (*values.values(), name))  # noqa: S608 - our own column names


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return seconds(value)
    return json.dumps(value) if isinstance(value, tuple) else value


def _draft(row: Sequence[Any]) -> Draft:
    values = dict(zip(COLUMNS, row, strict=True))
    with legible("a draft"):
        values["kind"] = Kind(values["kind"])
        values["addresses"] = tuple(json.loads(values["addresses"]))
        values["known"] = tuple(json.loads(values["known"]))
        values["since"] = moment(values["since"])
        return Draft(**_lived(values))


def _digest(row: Sequence[Any]) -> Digest:
    values = dict(zip(DIGEST_COLUMNS, row, strict=True))
    with legible("a digest"):
        values["drafts"] = tuple(json.loads(values["drafts"]))
        return Digest(**_lived(values))


def _lived(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a row with what every life has: a state and two times."""
    times = {name: moment(values[name]) for name in ("created", "changed")}
    return {**values, **times, "state": DraftState(values["state"])}
