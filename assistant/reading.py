"""Reading an account: from the door into the store, only what is new, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from assistant.correspondence.kinds import kind_of
from assistant.errors import AccountError, AccountLater, AccountStopped, MailboxError, MessageError
from assistant.mailbox.dates import FIRST_CREDIBLE, days_of_moves, message_time
from assistant.mailbox.door import Door, Folder, MailboxStatus, Progress, RawHeaders, silent
from assistant.mailbox.headers import read_headers
from assistant.model import HeaderFacts, Message, Role, Signal
from assistant.settings import AccountSettings
from assistant.store.asides import Overdue
from assistant.store.messages import ANSWERED, FLAGGED, INBOX_LABEL, SENT_LABEL, MailboxRecord, MailFacts, Seen

CHUNK = 2000  # header blocks between two commits: what an interruption can cost
SAME_LOOK_BACK = timedelta(days=1)  # that a clock was set back is no wish to see older mail
READ_FIRST = (Role.INBOX, Role.SENT, Role.ALL, Role.ARCHIVE, Role.OTHER, Role.VIEW, Role.TRASH, Role.JUNK)


@dataclass(frozen=True, slots=True)
class Own:
    """What is not of others: mail from the user's ``addresses``; our ``digests`` (Message-IDs), which are no mail."""

    addresses: Set[str] = frozenset()
    digests: Set[str] = frozenset()


NOBODYS = Own()


@dataclass(frozen=True, slots=True)
class AccountReading:
    """What one look at an account brought.

    ``new`` counts messages; ``renumbered`` names mailboxes whose UIDVALIDITY changed: their
    messages are being matched anew, so nothing should be written in this sweep.
    ``troubles`` are mailboxes that could not be read; ``alerts`` what the server wants the user to read.
    """

    folders: tuple[Folder, ...]
    new: int
    renumbered: tuple[str, ...]
    troubles: tuple[MailboxError, ...]
    alerts: tuple[str, ...] = ()

    def folder(self, role: Role) -> str | None:
        """Return the name of the mailbox with this role."""
        return next((folder.name for folder in self.folders if folder.role is role), None)


@dataclass(slots=True)
class _Pace:
    """How far the reading of an account is, over all its mailboxes; ``of`` is a guess until each was looked into."""

    account: str
    progress: Progress
    done: int = 0
    of: int = 0

    def expect(self, more: int) -> None:
        """Note that so many more are to be read, or fewer."""
        self.of += more

    def went(self, count: int) -> None:
        """Tell that so many more were read."""
        self.done += count
        self.progress(self.account, self.done, self.of)


def read_account(
    door: Door,
    account: AccountSettings,
    facts: MailFacts,
    since: datetime,
    progress: Progress = silent,
    *,
    own: Own = NOBODYS,
) -> AccountReading:
    """Read the header facts of everything new, and of everything since ``since`` (UTC) not read yet.

    Raises AccountError when the account as a whole cannot go on; what was read before stays.
    """
    try:
        folders = tuple(door.folders())
        wanted = worth_reading(folders, account)
        states = door.status([folder.name for folder in wanted])
    except MailboxError as error:  # without knowing the mailboxes nothing can be done in this account
        raise AccountStopped(error.message, error.cure, code=error.code) from error
    if not folders:  # nothing may be concluded from that, least of all that all mail has gone
        raise AccountLater(f"The account {account.name!r} shows no mailbox, not even INBOX.", "It will be tried again.")
    troubles = _missing(folders, account)
    _heed_changes(facts, facts.mailboxes(account.name), folders, wanted)
    known = facts.mailboxes(account.name)
    records: list[tuple[MailboxRecord, MailboxStatus]] = []
    renumbered = []
    pace = _Pace(account.name, progress)
    for folder in wanted:
        try:
            before = known.get(folder.name)
            state = _told(door, folder.name, states.get(folder.name), before)
            pace.went(0)  # to open very many is a long work of its own
            record = _current(door, facts, account.name, folder, state, before, since)
        except MailboxError as error:
            troubles.append(error)
            continue
        if before is not None and _made_anew(before, state):
            renumbered.append(folder.name)
        records.append((record, state))
        pace.expect(_guess(record, state))
    new = 0
    for record, state in records:
        try:
            new += _read_mailbox(door, facts, record, state, since, pace, own)
        except MailboxError as error:
            troubles.append(error)
    return AccountReading(folders, new, tuple(renumbered), tuple(troubles), door.alerts)


def _heed_changes(
    facts: MailFacts, known: Mapping[str, MailboxRecord], folders: Sequence[Folder], wanted: Sequence[Folder]
) -> None:
    """Note what became of mailboxes that were read once: gone, not read any more, or there for something else.

    Mail of a mailbox that turns out to be Drafts was never sent, though it was read when nobody knew that.
    """
    read_now = {folder.name for folder in wanted}
    facts.note_vanished([record for record in known.values() if record.name not in read_now])
    for folder in folders:
        record = known.get(folder.name)
        if record is not None and record.role is not folder.counts_as:
            facts.note_role(record, folder.counts_as)


def _guess(record: MailboxRecord, state: MailboxStatus) -> int:
    """Return how many messages of a mailbox are to be read, by its STATUS alone."""
    below = 0 if record.complete else record.floor - 1
    return min(state.messages, below + max(0, state.uidnext - record.uidnext))


def _missing(folders: Sequence[Folder], account: AccountSettings) -> list[MailboxError]:
    """Return a trouble for each mailbox that the settings name and the server does not have."""
    names = {folder.name for folder in folders}
    return [
        MailboxError(
            f"The account {account.name!r} has no mailbox {name!r}, which the configuration names.",
            "Correct mailboxes = [...]; 'assistant doctor' lists those that are there.",
            code="mailbox_missing",
        )
        for name in account.mailboxes or ()
        if name not in names
    ]


def _told(door: Door, name: str, state: MailboxStatus | None, before: MailboxRecord | None) -> MailboxStatus:
    """Return the state of a mailbox, complete: some servers do not tell UIDNEXT, but then the UIDs do.

    It falls with no message that leaves (``before`` is what was known), else the mailbox would seem to be made anew.
    """
    if state is None:
        raise MailboxError(
            f"The mailbox {name!r} of the account {door.account!r} is listed but cannot be looked into.",
            "If you do not need it, name those that are to be read with mailboxes = [...] in the configuration.",
        )
    if state.uidnext:
        return state
    least = before.uidnext if before is not None and before.uidvalidity == state.uidvalidity else 1
    return replace(state, uidnext=max(least, max(door.uids(name), default=0) + 1))


def worth_reading(folders: Sequence[Folder], account: AccountSettings) -> list[Folder]:
    """Return the mailboxes to read, the telling ones first; never Drafts.

    One mailbox that holds everything (Gmail's All Mail) stands for all but Trash and Junk. Beside those that the
    settings name Trash is read: a draft of ours that the user deletes lies there, and nowhere else.
    """
    chosen = [folder for folder in folders if folder.counts_as is not Role.DRAFTS]
    if account.mailboxes is not None:
        chosen = [one for one in chosen if one.name in account.mailboxes or one.role is Role.TRASH]
    elif any(folder.role is Role.ALL for folder in chosen):
        chosen = [folder for folder in chosen if folder.role in (Role.ALL, Role.TRASH, Role.JUNK)]
    else:
        chosen = [folder for folder in chosen if folder.counts_as is not Role.VIEW]
    return sorted(chosen, key=lambda folder: (READ_FIRST.index(folder.counts_as), folder.name))


def _current(
    door: Door,
    facts: MailFacts,
    account: str,
    folder: Folder,
    state: MailboxStatus,
    record: MailboxRecord | None,
    since: datetime,
) -> MailboxRecord:
    """Return the mailbox's record, brought up to date: begun anew when its numbers mean nothing any more."""
    if record is None or state.uidvalidity == 0 or _made_anew(record, state):
        record = facts.begin_mailbox(account, folder.name, folder.counts_as, state.uidvalidity, state.uidnext)
    elif not record.complete or state.messages < record.messages + state.uidnext - record.uidnext:
        # Something may have left it. Noted before any mailbox is read, so that what was moved is known again.
        # How many lay in one whose reading broke off nobody knows.
        facts.note_gone(record, door.uids(folder.name))
    if record.since is None or since < record.since - SAME_LOOK_BACK:
        return facts.look_further(record, since)
    return record


def _made_anew(record: MailboxRecord, state: MailboxStatus) -> bool:
    """Tell whether this is another mailbox than the one we know: a new UIDVALIDITY, or a UIDNEXT that has fallen."""
    return record.uidvalidity != state.uidvalidity or state.uidnext < record.uidnext


def _read_mailbox(
    door: Door,
    facts: MailFacts,
    record: MailboxRecord,
    state: MailboxStatus,
    since: datetime,
    pace: _Pace,
    own: Own,
) -> int:
    """Read what came since the last time, oldest first, then what is older, newest first."""
    new, late = 0, 0
    pace.expect(-_guess(record, state))
    if state.uidnext > record.uidnext:
        uids = door.uids(record.name, record.uidnext)
        late = sum(uid >= state.uidnext for uid in uids)  # these came after STATUS
        known = facts.uids_met(record, first=record.uidnext)  # when the line broke before the end
        uids = [uid for uid in uids if uid not in known]
        pace.expect(len(uids))
        for chunk, then in _chunks(uids):
            new += _read_chunk(door, facts, record, chunk, then, own, uidnext=chunk[-1] + 1)
            pace.went(len(chunk))
    if record.floor > 1:  # a mailbox that never held any mail is not even opened
        known = facts.uids_met(record, below=record.floor)
        older = [uid for uid in door.uids(record.name) if uid < record.floor and uid not in known][::-1]
        chunks = _chunks(_recent(door, record, older, since))
        pace.expect(sum(len(chunk) for chunk, _ in chunks))
        for chunk, then in chunks:
            new += _read_chunk(door, facts, record, chunk, then, own, floor=chunk[-1])
            pace.went(len(chunk))
    if not record.complete or (state.uidnext, state.messages) != (record.uidnext, record.messages):
        facts.note_end(record, state.uidnext, state.messages + late, since)
    return new


def _recent(door: Door, record: MailboxRecord, older: Sequence[int], since: datetime) -> Sequence[int]:
    """Return those UIDs that arrived within the look-back, or nobody knows when.

    UIDs run in the order of filing: mail may lie anywhere among older mail, so that every message is asked for
    its time. All of a small mailbox is read.
    """
    if len(older) <= CHUNK or since < FIRST_CREDIBLE:
        return older
    recent: list[int] = []
    for chunk, _ in _chunks(older):
        came = door.arrivals(record.name, chunk)
        times = ((uid, message_time(None, came.get(uid), own=False)) for uid in chunk)
        recent += [uid for uid, when in times if when is None or when >= since]
    return recent


def _chunks(uids: Sequence[int]) -> list[tuple[Sequence[int], Sequence[int]]]:
    """Return each chunk with the one to be read after it."""
    return list(pairwise([*(uids[start : start + CHUNK] for start in range(0, len(uids), CHUNK)), ()]))


def _read_chunk(
    door: Door,
    facts: MailFacts,
    record: MailboxRecord,
    chunk: Sequence[int],
    then: Sequence[int],
    own: Own,
    *,
    uidnext: int | None = None,
    floor: int | None = None,
) -> int:
    """Read one chunk and note how far that brings us; return how many messages were added.

    ``then`` is the chunk to be read after it: the server looks for it while we are busy with this one.
    """
    read: list[tuple[RawHeaders, HeaderFacts]] = []
    try:
        _take_apart(door.headers(record.name, chunk, then), facts, record, own, read)
    except AccountError:  # what came is kept, so that however often the line breaks, there is an end
        facts.add(record, _seen_together(read, record.role, own))
        raise
    return facts.add(record, _seen_together(read, record.role, own), uidnext=uidnext, floor=floor)


def _take_apart(
    blocks: Iterable[RawHeaders],
    facts: MailFacts,
    record: MailboxRecord,
    own: Own,
    read: list[tuple[RawHeaders, HeaderFacts]],
) -> None:
    """Add to ``read`` what header blocks tell; those that cannot be read are put aside."""
    for raw in blocks:
        if "\\Draft" in raw.labels:
            continue  # on Gmail drafts lie in All Mail, marked by their label only
        if not raw.block:  # even a message without any header line has the empty line that ends them
            facts.asides.put(record.id, raw.uid, "The server does not show its header lines.", passing=True)
            continue
        try:
            found = read_headers(raw.block)
        except MessageError as error:
            facts.asides.put(record.id, raw.uid, error.message, passing=False)
            continue
        if found.message_id not in own.digests:
            read.append((raw, found))


def _seen_together(read: Sequence[tuple[RawHeaders, HeaderFacts]], role: Role, own: Own) -> list[Seen]:
    moves = days_of_moves([(found.date, raw.internal_date) for raw, found in read])
    return [_seen(raw, found, role, moves, own) for raw, found in read]


def _seen(raw: RawHeaders, found: HeaderFacts, role: Role, moves: Set[date], own: Own) -> Seen:
    marks = _marks(raw.flags, raw.labels)
    moved = bool(moves) and raw.internal_date is not None and raw.internal_date.date() in moves
    by_user = role is Role.SENT or bool(marks & SENT_LABEL) or _never_came(found, own)
    when = message_time(found.date, raw.internal_date, by_user, moved=moved)
    return Seen(raw.uid, found, kind_of(found), when, raw.size, marks, raw.conversation)


def _never_came(found: HeaderFacts, own: Own) -> bool:
    """Tell whether a message is from the user and no server has delivered it: sent mail, wherever it is filed."""
    return found.sender is not None and found.sender.address in own.addresses and not found.signals & Signal.RECEIVED


@lru_cache(maxsize=1024)  # nearly all messages have one of a few sets
def _marks(flags: frozenset[str], labels: frozenset[str]) -> int:
    return (
        ANSWERED * ("\\Answered" in flags)
        | FLAGGED * ("\\Flagged" in flags)
        | SENT_LABEL * ("\\Sent" in labels)
        | INBOX_LABEL * ("\\Inbox" in labels)
    )


def refresh_marks(door: Door, facts: MailFacts, messages: Sequence[Message]) -> bool:
    r"""Bring ``\Answered`` and ``\Flagged`` of these messages of one account up to date; True when any changed.

    A message once seen stays a fact, but these two change later: a reply sent from a telephone, the
    user's wish to watch a mail. They are asked for only where they could decide something.
    """
    changed: dict[int, int] = {}
    for mailbox in sorted({one.mailbox for one in messages if one.uid is not None}):
        lying = {one.uid: one for one in messages if one.mailbox == mailbox and one.uid is not None}
        for uid, flags in door.flags(mailbox, sorted(lying)).items():
            answered, flagged = "\\Answered" in flags, "\\Flagged" in flags
            if (answered, flagged) != (lying[uid].answered, lying[uid].flagged):
                changed[lying[uid].id] = ANSWERED * answered | FLAGGED * flagged
    if changed:
        facts.note_marks(changed)
    return bool(changed)


def read_again(door: Door, account: str, facts: MailFacts, overdue: Iterable[Overdue], *, own: Own = NOBODYS) -> int:
    """Ask again for the header lines that the server would not show; return how many messages became known.

    Raises what the door raises.
    """
    overdue = facts.asides.still(one for one in overdue if one.message is None)
    records = facts.mailboxes(account)
    added = 0
    for name in sorted({one.mailbox for one in overdue}):
        uids = sorted(one.uid for one in overdue if one.mailbox == name)
        added += _read_chunk(door, facts, records[name], uids, (), own)
        facts.asides.found(records[name].id, uids)
    return added


def look_back(now: datetime, years: float) -> datetime:
    """Return where the look-back begins."""
    return now - timedelta(days=365.25 * years)
