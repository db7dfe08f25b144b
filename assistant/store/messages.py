"""Facts about messages: what was read of each mailbox, who wrote, and which messages belong together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from assistant.model import MailKind, Message, Reading, Role, Signal
from assistant.store.addresses import RECIPIENTS_KEPT, Addresses
from assistant.store.answered import Answered, answered
from assistant.store.asides import Asides
from assistant.store.database import CACHE_CURE, legible, moment, seconds, transaction
from assistant.store.forest import Forest, id_hash
from assistant.store.forgotten import NOBODY, Forgotten, Seen
from assistant.store.lookup import Lookup
from assistant.store.rows import ANSWERED, FLAGGED, INBOX_LABEL, SENT_LABEL, Rows
from assistant.store.weighed import Weighed

__all__ = ["ANSWERED", "FLAGGED", "INBOX_LABEL", "SENT_LABEL", "MailFacts", "MailboxRecord", "Seen"]

MACHINES = frozenset({MailKind.AUTOMATIC.value, MailKind.BULK.value})
NO_PERSON_TO_ANOTHER = MACHINES | {MailKind.LIST.value}


@dataclass(frozen=True, slots=True)
class MailboxRecord:
    """How far a mailbox was read: UIDs from ``floor`` to ``uidnext`` (exclusive); ``floor`` 0: to the end.

    Of these, what arrived since ``since`` (UTC; None: no look was begun). ``messages`` is how many lay in it when it
    was read to the end.
    """

    id: int
    account: str
    name: str
    role: Role
    uidvalidity: int
    uidnext: int
    floor: int
    messages: int
    since: datetime | None = None

    @property
    def complete(self) -> bool:
        """The look-back was read to its end."""
        return self.floor == 0


class MailFacts:
    """The cache of header facts. One instance for one thread. Mail of who is ``forgotten`` is not written down."""

    def __init__(self, connection: sqlite3.Connection, forgotten: Forgotten = NOBODY) -> None:
        self._db = connection
        self._forgotten = forgotten
        self._addresses = Addresses(connection)
        self._forest = Forest(connection)
        self._rows = Rows(connection, self._forest)

    # mailboxes

    def mailboxes(self, account: str) -> dict[str, MailboxRecord]:
        """Return what is known of an account's mailboxes, by name."""
        rows = self._db.execute(
            "SELECT mailbox.id, account.name, mailbox.name, role, uidvalidity, uidnext, floor, messages, since"
            " FROM mailbox JOIN account ON account.id = mailbox.account WHERE account.name = ?",
            (account,),
        )
        with legible("a mailbox", CACHE_CURE):
            return {
                name: MailboxRecord(
                    number, of, name, Role(role), validity, uidnext, floor, messages, moment(since, CACHE_CURE)
                )
                for number, of, name, role, validity, uidnext, floor, messages, since in rows
            }

    def begin_mailbox(self, account: str, name: str, role: Role, uidvalidity: int, uidnext: int) -> MailboxRecord:
        """Start to read a mailbox from its newest message down, newly found or made anew (UIDVALIDITY).

        What was known of its messages stays: they lose their UIDs until they are seen again.
        """
        with transaction(self._db):
            self._db.execute("INSERT OR IGNORE INTO account (name) VALUES (?)", (account,))
            (number,) = self._db.execute("SELECT id FROM account WHERE name = ?", (account,)).fetchone()
            self._db.execute(
                "INSERT INTO mailbox (account, name, role, uidvalidity, uidnext, floor, messages)"
                " VALUES (?, ?, ?, ?, ?, ?, 0)"
                " ON CONFLICT DO UPDATE SET uidvalidity = excluded.uidvalidity, role = excluded.role,"
                " uidnext = excluded.uidnext, floor = excluded.floor, messages = 0, since = NULL",
                (number, name, role, uidvalidity, uidnext, uidnext),
            )
            (mailbox,) = self._db.execute(
                "SELECT id FROM mailbox WHERE account = ? AND name = ?", (number, name)
            ).fetchone()
            self._take_out([mailbox])
        return MailboxRecord(mailbox, account, name, role, uidvalidity, uidnext, floor=uidnext, messages=0)

    def forget_numbers(self, account: str) -> None:
        """Let all mailboxes of an account be begun anew: its name leads to another server or user."""
        self.note_vanished(self.mailboxes(account).values())

    def rename_account(self, old: str, new: str) -> None:
        """Let what was read under an account's old name count for the new one, unless that has mail of its own."""
        with transaction(self._db):
            self._db.execute("UPDATE OR IGNORE account SET name = ? WHERE name = ?", (new, old))

    def look_further(self, mailbox: MailboxRecord, since: datetime) -> MailboxRecord:
        """Begin to go through a mailbox, from its newest message down, for what is not read back to ``since`` (UTC)."""
        with transaction(self._db):
            self._db.execute("UPDATE mailbox SET floor = uidnext, since = ? WHERE id = ?", (seconds(since), mailbox.id))
        return replace(mailbox, floor=mailbox.uidnext, since=since)

    def uids_met(self, mailbox: MailboxRecord, *, first: int = 1, below: int | None = None) -> set[int]:
        """Return the UIDs from ``first`` on and ``below`` another of the messages that are known or were put aside."""
        rows = self._db.execute(
            "SELECT uid FROM message WHERE mailbox = ?1 AND uid >= ?2 AND (?3 IS NULL OR uid < ?3)"
            " UNION ALL SELECT uid FROM aside WHERE mailbox = ?1 AND uid >= ?2 AND (?3 IS NULL OR uid < ?3)",
            (mailbox.id, first, below),
        )
        return {uid for (uid,) in rows}

    def note_role(self, mailbox: MailboxRecord, role: Role) -> None:
        """Remember that a mailbox changed its role (the server or the settings now say so)."""
        with transaction(self._db):
            self._db.execute("UPDATE mailbox SET role = ? WHERE id = ?", (role, mailbox.id))

    def note_gone(self, mailbox: MailboxRecord, existing: Collection[int]) -> int:
        """Take their UIDs from the messages that have left a mailbox; return how many these are.

        What was known of them stays, and goes with them when they are read in another mailbox of the account.
        """
        with transaction(self._db):
            return self._take_out([mailbox.id], but=existing)

    def note_vanished(self, mailboxes: Iterable[MailboxRecord]) -> None:
        """Take their UIDs from all messages of mailboxes not read any more; one that comes back is begun anew.

        A mailbox that was renamed vanishes, and its messages are known again under the new name.
        """
        gone = [one.id for one in mailboxes if one.uidvalidity or one.messages]
        if not gone:
            return
        with transaction(self._db):
            self._take_out(gone)
            self._db.execute(
                "UPDATE mailbox SET uidvalidity = 0, messages = 0 WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(gone),),
            )

    def _take_out(self, mailboxes: Sequence[int], *, but: Collection[int] = ()) -> int:
        """Take their UIDs from all messages of mailboxes, but for some; return how many that are.

        What was put aside there is forgotten, and with a text the reading that stood for it: it is asked for where
        its message is found again.
        """
        # Who has no UID any more is "not in" nothing, too, and would seem to have changed.
        which = (
            "uid IS NOT NULL AND mailbox IN (SELECT value FROM json_each(?1))"
            " AND uid NOT IN (SELECT value FROM json_each(?2))"
        )
        given = json.dumps(mailboxes), json.dumps(list(but))
        texts = f"SELECT message.id FROM aside JOIN message USING (mailbox, uid) WHERE {which}"  # noqa: S608 - our words
        self._db.execute(f"DELETE FROM reading WHERE message IN ({texts})", given)  # noqa: S608
        self._db.execute(f"DELETE FROM aside WHERE {which}", given)  # noqa: S608
        return self._db.execute(f"UPDATE message SET uid = NULL WHERE {which}", given).rowcount  # noqa: S608

    def note_lost(self, message: int) -> None:
        """Take its UID from one message that was not found where it lay."""
        with transaction(self._db):
            self._db.execute("UPDATE message SET uid = NULL WHERE id = ?", (message,))

    def note_end(self, mailbox: MailboxRecord, uidnext: int, messages: int, since: datetime) -> None:
        """Note that all of a mailbox was read, the rest of a look back to ``since`` (UTC), and how much lay in it."""
        self._addresses.forget_numbers()  # they help while many are written, and would only fill the memory now
        with transaction(self._db):
            self._db.execute(
                "UPDATE mailbox SET uidnext = max(uidnext, ?1), floor = 0, messages = ?2,"
                " since = CASE floor WHEN 0 THEN since ELSE max(coalesce(since, ?3), ?3) END WHERE id = ?4",
                (uidnext, messages, seconds(since), mailbox.id),
            )

    def read_completely(self, account: str, now: datetime) -> None:
        """Note that everything in an account was read, at ``now``."""
        with transaction(self._db):
            self._db.execute("INSERT OR IGNORE INTO account (name) VALUES (?)", (account,))
            self._db.execute("UPDATE account SET read_at = ? WHERE name = ?", (seconds(now), account))

    def read_at(self, account: str) -> datetime | None:
        """Return when an account was last read without trouble."""
        row = self._db.execute("SELECT read_at FROM account WHERE name = ?", (account,)).fetchone()
        return moment(row[0], CACHE_CURE) if row else None

    # writing messages

    def add(
        self, mailbox: MailboxRecord, batch: Sequence[Seen], *, uidnext: int | None = None, floor: int | None = None
    ) -> int:
        """Write what was read and how far that brings us, in one transaction; return how many were new."""
        batch = self._forgotten.left_out_of(batch)
        try:
            with transaction(self._db):
                lost = self._lost(mailbox, batch)
                if lost:
                    batch = [seen for seen in batch if not self._found_again(lost, mailbox, seen)]
                added = self._insert(mailbox, batch)
                if uidnext is not None:
                    self._db.execute("UPDATE mailbox SET uidnext = ? WHERE id = ?", (uidnext, mailbox.id))
                if floor is not None:
                    self._db.execute("UPDATE mailbox SET floor = ? WHERE id = ?", (floor, mailbox.id))
        except BaseException:
            self._addresses.forget_numbers()  # those given in a transaction that was undone are not theirs
            raise
        return added

    def _lost(self, mailbox: MailboxRecord, batch: Sequence[Seen]) -> dict[object, list[int]]:
        """Return the numbers of the account's messages that lie nowhere now, as far as a batch may hold them.

        They go by what they are known again by; of several the last one is to be taken first.
        """
        gone = "FROM message INDEXED BY message_gone"
        if not self._db.execute(f"SELECT EXISTS (SELECT 1 {gone} WHERE uid IS NULL)").fetchone()[0]:
            return {}  # as in a first reading
        keys = {seen.facts.message_id or seconds(seen.when) or 0 for seen in batch}
        rows = self._db.execute(
            f"SELECT message_id, time, subject, address, message.id {gone}"  # noqa: S608 - our own words
            " LEFT JOIN address ON address.id = sender"
            " WHERE uid IS NULL AND coalesce(message_id, time, 0) IN (SELECT value FROM json_each(?2)) AND mailbox IN"
            " (SELECT id FROM mailbox WHERE account = (SELECT account FROM mailbox WHERE id = ?1))"
            " ORDER BY mailbox <> ?1 DESC, message.id DESC",
            (mailbox.id, json.dumps(list(keys))),
        )
        lost: dict[object, list[int]] = {}
        for message_id, time, subject, sender, number in rows:
            lost.setdefault((message_id or (time, subject), sender), []).append(number)
        return lost

    def _found_again(self, lost: dict[object, list[int]], mailbox: MailboxRecord, seen: Seen) -> bool:
        facts = seen.facts
        sender = facts.sender.address if facts.sender else None  # who reuses an id does not take over another's mail
        numbers = lost.get((facts.message_id or (seconds(seen.when), facts.subject), sender))
        if not numbers:
            return False
        self._db.execute(  # labels and Gmail's conversation are told only by the mailbox of everything
            "UPDATE OR IGNORE message SET mailbox = ?, uid = ?, marks = ?, conversation = coalesce(?, conversation)"
            " WHERE id = ?",
            (mailbox.id, seen.uid, seen.marks, seen.conversation, numbers.pop()),
        )
        return True

    def _insert(self, mailbox: MailboxRecord, batch: Sequence[Seen]) -> int:
        if not batch:
            return 0
        (first,) = self._db.execute(
            "SELECT 1 + max((SELECT coalesce(max(id), 0) FROM message), (SELECT highest FROM erased))"
        ).fetchone()
        numbers = range(first, first + len(batch))
        times = [seconds(seen.when) for seen in batch]
        threads = self._forest.threads([seen.facts for seen in batch], numbers)
        number_of = self._addresses.numbers(batch, times)
        box, filed_as_sent = mailbox.id, mailbox.role is Role.SENT
        rows, parties = [], []
        for number, thread, time, seen in zip(numbers, threads, times, batch, strict=True):
            # Taken apart at once: every message passes here, and each name looked up costs its part.
            uid, facts, mail_kind, _, size, marks, conversation = seen
            message_id, in_reply_to, _, sender, reply_to, to, cc, subject, _, signals = facts
            kind = str(mail_kind)
            to_numbers = [number_of[one.address] for one in to[:RECIPIENTS_KEPT]]
            cc_numbers = [number_of[one.address] for one in cc[:RECIPIENTS_KEPT]] if cc else []
            rows.append(
                (
                    number,
                    box,
                    uid,
                    message_id,
                    thread,
                    number_of[sender.address] if sender else None,
                    number_of[reply_to[0].address] if len(reply_to) == 1 else None,
                    _packed(to_numbers, cc_numbers),
                    subject,
                    time,
                    kind,
                    int(signals),
                    size,
                    marks,
                    id_hash(in_reply_to) if in_reply_to else None,
                    conversation,
                )
            )
            # Who takes part in it, as far as anything could follow from that.
            sent = filed_as_sent or marks & SENT_LABEL
            if sender and (sent or kind not in MACHINES):
                parties.append((number_of[sender.address], number))
            if sent or kind not in NO_PERSON_TO_ANOTHER:
                parties += [(one, number) for one in (*to_numbers, *cc_numbers)]
        written = self._db.executemany(
            f"INSERT INTO message VALUES ({', '.join('?' * 16)}) ON CONFLICT (mailbox, uid) DO NOTHING",  # noqa: S608
            rows,
        )
        parties.sort()  # as the table is: neighbours are written together
        self._db.executemany("INSERT OR IGNORE INTO party VALUES (?, ?)", parties)
        return written.rowcount

    # readings

    def add_reading(self, message: int, reading: Reading) -> None:
        """Keep what was noted of a message's own words; they are aside no more."""
        cues = [[cue.kind, cue.place, seconds(cue.date)] for cue in reading.cues]
        with transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?)",
                (message, reading.language, reading.words, reading.sentences, json.dumps(cues, separators=(",", ":"))),
            )
            self._db.execute(
                "DELETE FROM aside WHERE (mailbox, uid) = (SELECT mailbox, uid FROM message WHERE id = ?)", (message,)
            )

    def note_nature(self, message: int, kind: MailKind, signals: Signal) -> None:
        """Correct what the header lines said of a message by what its structure shows."""
        with transaction(self._db):
            self._db.execute("UPDATE message SET kind = ?, signals = ? WHERE id = ?", (kind, int(signals), message))

    def note_failure(self, message: Message, failed: Collection[str], returned: str | None) -> None:
        """Keep which addresses a mail did not reach that came back, and the Message-ID of that mail (None: unknown).

        They take the place of whom the report was sent to.
        """
        kept = [one for one in failed if not self._forgotten.has(one, message.when)][:RECIPIENTS_KEPT]
        with transaction(self._db):
            if kept:
                numbers = self._addresses.numbers_of(kept)
                self._db.execute("UPDATE message SET recipients = ? WHERE id = ?", (_packed(numbers, ()), message.id))
                parties = [(number, message.id) for number in numbers]
                self._db.executemany("INSERT OR IGNORE INTO party VALUES (?, ?)", parties)
            if returned is not None:
                self._forest.lead(message.thread, returned)

    def note_marks(self, marks: Mapping[int, int]) -> None:
        r"""Bring ``\Answered`` and ``\Flagged`` of these messages (by number) up to date."""
        with transaction(self._db):
            self._db.executemany(
                "UPDATE message SET marks = (marks & ~3) | ? WHERE id = ?",
                ((value, number) for number, value in marks.items()),
            )

    # reading back

    def messages(self, own: frozenset[str], until: datetime | None = None, *, lean: bool = False) -> Iterator[Message]:
        """Yield every message known, oldest first; ``own`` are the user's addresses.

        Of one second each comes behind what it answers, whichever was read first. With ``until``, mail dated later is
        left out. Mail without a credible time comes first. ``lean``: without what machines and mailing lists sent to
        the user, unless its sender is doubtful.
        """
        return self._rows.everything(own, until, lean=lean)

    def posts(self, senders: Collection[str], own: frozenset[str], until: datetime | None = None) -> Iterator[Message]:
        """Yield the list mail of these senders that ``messages`` leaves out when it is lean, oldest first."""
        return self._rows.posts(senders, own, until)

    def senders(self, until: datetime | None = None) -> frozenset[str]:
        """Return every address that a message came from."""
        rows = self._db.execute(
            "SELECT address FROM address WHERE id IN"
            " (SELECT sender FROM message WHERE ?1 IS NULL OR time IS NULL OR time <= ?1)",
            (seconds(until),),
        )
        return frozenset(address for (address,) in rows)

    def list_traffic(self, until: datetime | None = None) -> Iterator[tuple[str, list[str]]]:
        """Yield who sent list mail and to which addresses, each such pair once."""
        address_of = dict(self._db.execute("SELECT id, address FROM address"))
        rows = self._db.execute(
            "SELECT DISTINCT sender, recipients FROM message"
            " WHERE kind = 'list' AND sender IS NOT NULL AND (?1 IS NULL OR time IS NULL OR time <= ?1)",
            (seconds(until),),
        )
        for sender, recipients in rows:
            yield address_of[sender], [address_of[int(one)] for one in recipients.replace(";", ",").split(",") if one]

    def lookup(self, own: frozenset[str], until: datetime | None = None) -> Lookup:
        """Return what finds the few messages that concern somebody."""
        return Lookup(self._db, self._rows, self._forest, own, until)

    @property
    def weighed(self) -> Weighed:
        """What the last weighing of everybody found."""
        return Weighed(self._db)

    @property
    def asides(self) -> Asides:
        """The messages that could not be read, or not their text."""
        return Asides(self._db)

    def answered(self, account: str, own: frozenset[str], since: datetime) -> Answered:
        """Return how much of the user's mail that contacts have answered since then is to be seen in an account."""
        return answered(self._db, self._forest, account, own, since)

    def count(self, account: str) -> int:
        """Return how many messages of an account are known."""
        (number,) = self._db.execute(
            "SELECT count(*) FROM message WHERE mailbox IN (SELECT mailbox.id FROM mailbox"
            " JOIN account ON account.id = mailbox.account WHERE account.name = ?)",
            (account,),
        ).fetchone()
        return int(number)


def _packed(to: Sequence[int], cc: Sequence[int]) -> str:
    if not cc and len(to) == 1:  # nearly all mail
        return f"{to[0]};"
    return ";".join(",".join(map(str, part)) for part in (to, cc))
