"""The door to a real server: the few verbs over IMAP, of which only those on drafts and the digest change anything."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.errors import MailboxError, MessageError
from assistant.mailbox.answers import shown
from assistant.mailbox.blame import Question, fetch_each
from assistant.mailbox.contents import fetch_bodies, fetch_flags_and_raw, fetch_raw
from assistant.mailbox.dialogue import Dialogue
from assistant.mailbox.directory import Directory
from assistant.mailbox.door import BodyText, Folder, Glance, MailboxStatus, RawHeaders, Untouched
from assistant.mailbox.fetch import batches, read_arrivals_answer, read_flags_answer, read_uids_answer, uid_set
from assistant.mailbox.header_blocks import fetch_header_blocks
from assistant.mailbox.listing import BIGGEST_UID, last_number, trusted
from assistant.mailbox.secrecy import Secret
from assistant.mailbox.session import Client, open_session
from assistant.mailbox.wire import Connection

if TYPE_CHECKING:
    from assistant.settings import AccountSettings

COMMAND_SECONDS = 60.0
BULK_SECONDS = 300.0
_FLAG = re.compile(r"\\?[A-Za-z0-9$_.-]{1,60}")
_APPENDUID = re.compile(rb"\[APPENDUID \d+ (\d{1,10})\]", re.IGNORECASE)
_LINE_BREAK = re.compile(rb"\r\n|\r|\n")


def open_door(
    account: AccountSettings, secret: Secret, *, seconds: float = COMMAND_SECONDS, bulk_seconds: float = BULK_SECONDS
) -> ImapDoor:
    """Connect, log in once, and return the open door.

    ``seconds`` is the longest that any command may take in all, ``bulk_seconds`` the longest for a
    batch of header lines. Raises AccountLater, AccountStopped or LoginRefused.
    """
    return ImapDoor(account, partial(open_session, account, secret, seconds), seconds, bulk_seconds)


class ImapDoor:
    """An open connection to one account, for one thread (see ``door.Door`` for the promises)."""

    def __init__(
        self, account: AccountSettings, connect: Callable[[], Client], seconds: float, bulk_seconds: float
    ) -> None:
        self.account = account.name
        self._dialogue = Dialogue(connect, account.host, seconds, bulk_seconds)
        self._directory = Directory(self._dialogue, account)

    @property
    def _imap(self) -> Connection:
        return self._dialogue.imap

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server says, after the login, that it can do; in capitals."""
        return self._dialogue.can

    @property
    def alerts(self) -> tuple[str, ...]:
        """What the server has asked to be shown to the user, each once, cleaned."""
        return tuple(dict.fromkeys(filter(None, map(shown, self._imap.alerts))))

    @property
    def certificate_ends(self) -> datetime | None:
        """When the server's certificate ends, in UTC; None on a connection without TLS."""
        sock = self._imap.sock
        end = (sock.getpeercert() or {}).get("notAfter") if isinstance(sock, ssl.SSLSocket) else None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(end)), UTC) if end else None

    def room(self) -> tuple[int, int] | None:
        """Return how many kB of how many are used (RFC 9208, STORAGE), None where no limit is told."""
        if "QUOTA" not in self._dialogue.can:
            return None
        with self._dialogue.asked_to("tell how much room is left"):
            _, quotas = self._dialogue.client.get_quota_root("INBOX")
        limits = [(one.usage, one.limit) for one in quotas if str(one.resource).upper() == "STORAGE" and one.limit > 0]
        return max(limits, key=lambda one: one[0] / one[1], default=None)

    def folders(self) -> Sequence[Folder]:
        """Return the user's selectable mailboxes with their roles."""
        return self._directory.folders()

    def status(self, mailboxes: Sequence[str]) -> dict[str, MailboxStatus]:
        """Return the STATUS of these mailboxes without selecting them."""
        return self._directory.status(mailboxes)

    def headers(self, mailbox: str, uids: Sequence[int], then: Sequence[int] = ()) -> Iterator[RawHeaders]:
        """Yield header blocks; a message the server refuses comes with an empty block."""
        return fetch_header_blocks(self._dialogue, mailbox, uids, then)

    def uids(self, mailbox: str, first: int = 1) -> list[int]:
        """Return the existing UIDs from ``first`` on, after asking the server for what is new."""
        self._dialogue.examine(mailbox, fresh=True)
        lying = last_number(self._imap.untagged_responses.get("EXISTS", [])) or 0
        found: list[int] = []
        with suppress(MailboxError):
            found = self._searched(mailbox, first)
        # A few large providers have no SEARCH worth the name, or one that finds nothing; all have FETCH.
        if len(found) < (lying if first <= 1 else min(lying, 1)):
            found = read_uids_answer(self._dialogue.fetch(mailbox, f"{first}:*", "(UID)"))
        # "n:*" names the last message even when it lies before n.
        return sorted({uid for uid in found if uid >= first})

    def _searched(self, mailbox: str, first: int) -> list[int]:
        with self._dialogue.asked_to(f"list the messages of {mailbox!r}", bulk=True) as ok:
            data = ok(self._imap.uid("SEARCH", "ALL" if first <= 1 else f"UID {first}:*"))
            words = b" ".join(line for line in data if isinstance(line, bytes)).partition(b"(")[0].split()
            return [uid for uid in map(int, words) if uid <= BIGGEST_UID]

    def glance(self, mailbox: str) -> Glance:
        """Return the flags of everything in a mailbox, in two round trips: EXAMINE and one FETCH."""
        self._dialogue.select(mailbox)
        lying, uidvalidity = self._told("EXISTS"), self._uidvalidity(mailbox)
        flags: dict[int, frozenset[str]] = {}
        if lying != 0:  # some servers refuse 1:* where nothing lies
            data = self._dialogue.fetch(mailbox, "1:*", "(UID FLAGS)")
            flags = dict.fromkeys(read_uids_answer(data), frozenset[str]()) | read_flags_answer(data)
        return Glance(uidvalidity, flags)

    def _uidvalidity(self, mailbox: str) -> int:
        """Return the UIDVALIDITY of a mailbox that was opened just now; 0 when none worth trusting is told."""
        told = self._told("UIDVALIDITY")
        if told is None and (state := self.status([mailbox]).get(mailbox)):
            told = state.uidvalidity
        return trusted(told or 0)

    def _told(self, name: str) -> int | None:
        return last_number(self._imap.response(name)[1])

    def flags(self, mailbox: str, uids: Sequence[int]) -> dict[int, frozenset[str]]:
        """Return the present flags of those UIDs that still exist."""
        self._dialogue.examine(mailbox, fresh=True)
        found: dict[int, frozenset[str]] = {}
        for batch in batches(sorted(set(uids))):
            found |= read_flags_answer(self._dialogue.fetch(mailbox, uid_set(batch), "(UID FLAGS)"))
        wanted = set(uids)
        return {uid: flags for uid, flags in found.items() if uid in wanted}

    def arrivals(self, mailbox: str, uids: Sequence[int]) -> dict[int, datetime]:
        """Return when these messages came, but for those of which the server does not tell it."""

        def ask(uids: Sequence[int]) -> list[Any]:
            return self._dialogue.fetch(mailbox, uid_set(uids), "(UID INTERNALDATE)")

        self._dialogue.examine(mailbox)  # a mailbox that does not open is not the trouble of its messages
        refused: list[int] = []
        told = (
            part.items()
            for batch in batches(sorted(set(uids)))
            for part in fetch_each(self._dialogue, mailbox, batch, Question(ask, read_arrivals_answer), refused)
        )
        return {uid: when for part in told for uid, when in part if isinstance(when, datetime)}

    def body(self, mailbox: str, uid: int) -> BodyText:
        """Return the text of a message. Raises MessageError when it is gone or cannot be read."""
        for _, found in self.bodies(mailbox, [uid]):
            if isinstance(found, MessageError):
                raise found
            return found
        raise MessageError(f"Message {uid} of {mailbox!r} is no longer there.", code="message_gone")

    def bodies(self, mailbox: str, uids: Sequence[int]) -> Iterator[tuple[int, BodyText | MessageError]]:
        """Yield the texts of messages, or why they cannot be read."""
        return fetch_bodies(self._dialogue, mailbox, uids)

    def raw(self, mailbox: str, uid: int) -> bytes | None:
        """Return a whole message of at most 256 kB, None when it is gone."""
        return fetch_raw(self._dialogue, mailbox, uid)

    def append(self, mailbox: str, message: bytes, flags: Iterable[str]) -> int | None:
        """Append a message with CRLF throughout; return its UID when the server tells it."""
        flags = tuple(flags)
        if b"\0" in message or not all(_FLAG.fullmatch(flag) for flag in flags):
            raise MessageError("A draft holds a NUL byte or an impossible flag, and is not appended.")
        message = _LINE_BREAK.sub(b"\r\n", message)
        message += b"" if message.endswith(b"\r\n") else b"\r\n"  # Yahoo refuses a message without
        with self._dialogue.asked_to(f"take a draft into {mailbox!r}") as ok:
            data = ok(self._imap.append(self._dialogue.name(mailbox), f"({' '.join(flags)})", None, message))
        match = _APPENDUID.search(data[0]) if data and isinstance(data[0], bytes) else None
        return int(match[1]) or None if match else None

    def withdraw(self, mailbox: str, uid: int, trash: str | None, uidvalidity: int, untouched: Untouched) -> bool:
        r"""Take one message out by UID MOVE, or by UID COPY, \Deleted and UID EXPUNGE; never by EXPUNGE."""
        moves = trash is not None and "MOVE" in self._dialogue.can
        if not moves and "UIDPLUS" not in self._dialogue.can:
            return False
        self._dialogue.select(mailbox, writable=True)
        same = self._uidvalidity(mailbox) == uidvalidity
        found = fetch_flags_and_raw(self._dialogue, mailbox, uid) if same else None
        if found is None or not untouched(*found):
            raise MessageError(f"Message {uid} of {mailbox!r} is no more as it was, and stays.", code="message_changed")
        if moves:
            self._uid(f"move a draft out of {mailbox!r}", "MOVE", uid, self._dialogue.name(str(trash)))
            return True
        if trash is not None:
            self._uid(f"copy a draft to {trash!r}", "COPY", uid, self._dialogue.name(trash))
        self._uid(f"mark a draft in {mailbox!r}", "STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
        try:
            self._uid(f"remove a draft from {mailbox!r}", "EXPUNGE", uid)
        except MailboxError:
            self._uid(f"unmark a draft in {mailbox!r}", "STORE", uid, "-FLAGS.SILENT", r"(\Deleted)")
            raise
        return True

    def _uid(self, doing: str, command: str, uid: int, *arguments: Any) -> None:
        with self._dialogue.asked_to(doing) as ok:
            ok(self._imap.uid(command, str(uid), *arguments))

    def make(self, mailbox: str) -> str:
        """Return the full name of a mailbox, made and subscribed to when it was not there."""
        return self._directory.make(mailbox)

    def close(self) -> None:
        """Log out and close the connection; never raises."""
        self._dialogue.close()
