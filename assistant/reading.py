"""Reading an account: from the door into the store, only what is new, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from assistant.correspondence.cues import read_text
from assistant.correspondence.kinds import kind_of
from assistant.errors import MailboxError, MessageError
from assistant.mailbox.door import Door, Folder, MailboxStatus, RawHeaders
from assistant.mailbox.headers import message_time, migrated, read_headers
from assistant.model import HeaderFacts, MailKind, Message, Reading, Role, Signal
from assistant.settings import AccountSettings
from assistant.store.messages import ANSWERED, FLAGGED, INBOX_LABEL, SENT_LABEL, MailboxRecord, MailFacts, Seen

CHUNK = 1000  # header blocks between two commits: what an interruption can cost
BODIES_A_SWEEP = 500
UNREADABLE = Reading(language=None, words=0, sentences=0)
READ_FIRST = (Role.INBOX, Role.SENT, Role.ALL, Role.ARCHIVE, Role.OTHER, Role.TRASH, Role.JUNK)

Progress = Callable[[str, int, int], None]
"""Told (mailbox, messages read, messages to read) after every chunk."""


def silent(_mailbox: str, _done: int, _of: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class AccountReading:
    """What one look at an account brought.

    ``new`` counts messages; ``renumbered`` names mailboxes whose UIDVALIDITY changed: their
    messages are being matched anew, so nothing should be written in this sweep.
    ``troubles`` are mailboxes that could not be read.
    """

    folders: tuple[Folder, ...]
    new: int
    renumbered: tuple[str, ...]
    troubles: tuple[MailboxError, ...]

    def folder(self, role: Role) -> str | None:
        """Return the name of the mailbox with this role."""
        return next((folder.name for folder in self.folders if folder.role is role), None)


def read_account(
    door: Door, account: AccountSettings, facts: MailFacts, since: datetime, progress: Progress = silent
) -> AccountReading:
    """Read the header facts of everything new, and of everything since ``since`` (UTC) not read yet.

    Raises AccountError when the account as a whole cannot go on; what was read before stays.
    """
    folders = tuple(door.folders())
    names = [folder.name for folder in worth_reading(folders, account)]
    roles = {folder.name: folder.role for folder in folders}
    known = facts.mailboxes(account.name)
    states = door.status(names)
    new, renumbered, troubles = 0, [], []
    for name in names:
        if name not in states:
            continue
        record, before = _current(facts, account.name, name, roles[name], states[name], known.get(name))
        if before is not None and before.uidvalidity != record.uidvalidity:
            renumbered.append(name)
        try:
            new += _read_mailbox(door, facts, record, states[name], since, progress)
        except MailboxError as error:
            troubles.append(error)
    return AccountReading(folders, new, tuple(renumbered), tuple(troubles))


def worth_reading(folders: Sequence[Folder], account: AccountSettings) -> list[Folder]:
    """Return the mailboxes to read, the telling ones first; never Drafts.

    One mailbox that holds everything (Gmail's All Mail) stands for all but Trash and Junk.
    """
    chosen = [folder for folder in folders if folder.role is not Role.DRAFTS]
    if account.mailboxes is not None:
        chosen = [folder for folder in chosen if folder.name in account.mailboxes]
    elif any(folder.role is Role.ALL for folder in chosen):
        chosen = [folder for folder in chosen if folder.role in (Role.ALL, Role.TRASH, Role.JUNK)]
    return sorted(chosen, key=lambda folder: (READ_FIRST.index(folder.role), folder.name))


def _current(
    facts: MailFacts, account: str, name: str, role: Role, state: MailboxStatus, record: MailboxRecord | None
) -> tuple[MailboxRecord, MailboxRecord | None]:
    """Return the mailbox's record as it is now and as it was, begun anew when the server renumbered it."""
    if record is None or record.uidvalidity != state.uidvalidity or state.uidvalidity == 0:
        return facts.begin_mailbox(account, name, role, state.uidvalidity, state.uidnext), record
    if record.role is not role:
        facts.note_role(record, role)
    return record, record


def _read_mailbox(
    door: Door, facts: MailFacts, record: MailboxRecord, state: MailboxStatus, since: datetime, progress: Progress
) -> int:
    """Read what came since the last time, oldest first, then what is older, newest first."""
    new = 0
    if state.uidnext > record.uidnext:
        uids = door.uids(record.name, record.uidnext)
        for done, chunk in _chunks(uids):
            added, _ = _read_chunk(door, facts, record, chunk, uidnext=chunk[-1] + 1)
            new += added
            progress(record.name, done, len(uids))
    if not record.complete:
        older = [uid for uid in door.uids(record.name) if uid < record.floor][::-1]
        for done, chunk in _chunks(older):
            added, newest = _read_chunk(door, facts, record, chunk, floor=chunk[-1])
            new += added
            progress(record.name, done, len(older))
            if newest is not None and newest < since:
                break
        facts.add(record, (), floor=0)
    return new


def _chunks(uids: Sequence[int]) -> Iterable[tuple[int, Sequence[int]]]:
    for start in range(0, len(uids), CHUNK):
        chunk = uids[start : start + CHUNK]
        yield start + len(chunk), chunk


def _read_chunk(
    door: Door,
    facts: MailFacts,
    record: MailboxRecord,
    chunk: Sequence[int],
    *,
    uidnext: int | None = None,
    floor: int | None = None,
) -> tuple[int, datetime | None]:
    """Read one chunk and note how far that brings us; return (messages added, newest arrival)."""
    read: list[tuple[RawHeaders, HeaderFacts]] = []
    for raw in door.headers(record.name, chunk):
        if "\\Draft" in raw.labels:
            continue  # on Gmail drafts lie in All Mail, marked by their label only
        try:
            read.append((raw, read_headers(raw.block)))
        except MessageError as error:
            facts.put_aside(record, raw.uid, error.message)
    moved_here = migrated((found.date, raw.internal_date) for raw, found in read)
    batch = [_seen(raw, found, record.role, moved_here) for raw, found in read]
    newest = max((seen.when for seen in batch if seen.when is not None), default=None)
    return facts.add(record, batch, uidnext=uidnext, floor=floor), newest


def _seen(raw: RawHeaders, found: HeaderFacts, role: Role, moved_here: bool) -> Seen:
    marks = (
        ANSWERED * ("\\Answered" in raw.flags)
        | FLAGGED * ("\\Flagged" in raw.flags)
        | SENT_LABEL * ("\\Sent" in raw.labels)
        | INBOX_LABEL * ("\\Inbox" in raw.labels)
    )
    own = role is Role.SENT or bool(marks & SENT_LABEL)
    when = message_time(found.date, raw.internal_date, own, migrated=moved_here)
    return Seen(raw.uid, found, kind_of(found), when, raw.size, marks)


def read_bodies(
    doors: dict[str, Door],
    facts: MailFacts,
    needed: Iterable[Message],
    *,
    zone: ZoneInfo,
    user_names: tuple[str, ...],
    progress: Progress = silent,
) -> int:
    """Note the cues of those messages that were not read yet, 500 at most; return how many were read.

    Messages of accounts without an open door are left for another time. A body that is gone or
    unreadable is noted as empty, so that it is not asked for again.
    """
    wanted = [
        message
        for message in needed
        if message.reading is None and message.uid is not None and message.account in doors
    ][:BODIES_A_SWEEP]
    # Mailbox by mailbox: opening one costs a server with a large mailbox more than reading a mail (measured).
    wanted.sort(key=lambda message: (message.account, message.mailbox))
    for done, message in enumerate(wanted, 1):
        _read_body(doors[message.account], facts, message, zone, user_names)
        progress("bodies", done, len(wanted))
    return len(wanted)


def _read_body(door: Door, facts: MailFacts, message: Message, zone: ZoneInfo, user_names: tuple[str, ...]) -> None:
    assert message.uid is not None
    try:
        body = door.body(message.mailbox, message.uid)
    except MessageError:
        facts.add_reading(message.id, UNREADABLE)
        return
    if body.encrypted:
        facts.note_nature(message.id, message.kind, message.signals | Signal.ENCRYPTED)
    elif body.calendar and message.kind is MailKind.PERSONAL:
        facts.note_nature(message.id, MailKind.INVITATION, message.signals | Signal.CALENDAR)
    sent_at = message.when
    if body.encrypted or sent_at is None:
        facts.add_reading(message.id, UNREADABLE)
        return
    reading = read_text(body.text, html=body.html, sent_at=sent_at, zone=zone, user_names=user_names)
    facts.add_reading(message.id, reading)


def look_back(now: datetime, years: float) -> datetime:
    """Return where the look-back begins."""
    return now - timedelta(days=365.25 * years)
