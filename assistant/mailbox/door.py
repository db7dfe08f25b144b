"""The door: the few things a mail server can be asked to do. Sending is none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from assistant.errors import MessageError
from assistant.model import Role

Progress = Callable[[str, int, int], None]
"""Told (what is read: an account, a mailbox; messages read, messages to read) after every chunk of a long reading."""


Untouched = Callable[[frozenset[str], bytes], bool]
"""Tells from the flags and the bytes of a message of ours that nobody has touched it."""


def silent(_what: str, _done: int, _of: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A selectable mailbox: its name as a person reads it (not modified UTF-7) and what it is for.

    ``like``: what one without a role of its own is nevertheless like ("Sent Items" beside "Sent", "Trash/Old").
    """

    name: str
    role: Role
    like: Role = Role.OTHER

    @property
    def counts_as(self) -> Role:
        """As what the mail in it counts."""
        return self.like if self.role is Role.OTHER else self.role


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """STATUS of a mailbox. ``uidvalidity`` 0 means that the server gave none worth trusting."""

    uidvalidity: int
    uidnext: int
    messages: int


@dataclass(frozen=True, slots=True)
class Glance:
    """What lies in a mailbox now: the flags of each UID. ``uidvalidity`` 0 means none worth trusting."""

    uidvalidity: int
    flags: Mapping[int, frozenset[str]]


class RawHeaders(NamedTuple):  # a tuple, since making one costs a quarter, and every message passes here
    """One fetched header block. ``flags`` in the server's spelling; ``internal_date`` in UTC or None.

    ``labels`` are Gmail's X-GM-LABELS (empty elsewhere), ``conversation`` its X-GM-THRID (None elsewhere).
    """

    uid: int
    flags: frozenset[str]
    size: int
    internal_date: datetime | None
    block: bytes
    labels: frozenset[str] = frozenset()
    conversation: int | None = None


@dataclass(frozen=True, slots=True)
class BodyText:
    """The text of one message, at most 64 kB, decoded as well as its charset allows.

    ``html`` tells that ``text`` is markup; ``encrypted`` that there is nothing to read;
    ``calendar`` that a calendar part is in it; ``attachments`` counts named parts.
    """

    text: str
    html: bool = False
    encrypted: bool = False
    calendar: bool = False
    attachments: int = 0


class Door(Protocol):
    r"""An open connection to one account, for one thread.

    Nothing but ``append``, ``withdraw`` and ``make`` changes anything, and none of them a ``\Seen`` flag.
    Raises AccountLater, AccountStopped or LoginRefused when the whole account cannot go on,
    MailboxError when one mailbox cannot, MessageError when one message cannot.
    """

    account: str

    @property
    def alerts(self) -> tuple[str, ...]:
        """Return what the server has asked so far to be shown to the user (ALERT; RFC 3501, section 7.1)."""

    def folders(self) -> Sequence[Folder]:
        """Return the user's selectable mailboxes with their roles; at most one each of SENT, DRAFTS, TRASH, JUNK, ALL.

        Mailboxes of other people and of groups are among them only when the settings name them.
        """

    def status(self, mailboxes: Sequence[str]) -> dict[str, MailboxStatus]:
        """Return the STATUS of these mailboxes without selecting them; a vanished one is left out."""

    def headers(self, mailbox: str, uids: Sequence[int], then: Sequence[int] = ()) -> Iterator[RawHeaders]:
        """Yield the header facts of these UIDs, in any order; UIDs that are no more are left out.

        ``then`` are those that will be asked for next: the server may begin with them meanwhile.
        """

    def uids(self, mailbox: str, first: int = 1) -> list[int]:
        """Return the existing UIDs from ``first`` on, ascending."""

    def glance(self, mailbox: str) -> Glance:
        """Return the flags of everything in a small mailbox, opened afresh."""

    def flags(self, mailbox: str, uids: Sequence[int]) -> dict[int, frozenset[str]]:
        """Return the present flags of those UIDs that still exist."""

    def arrivals(self, mailbox: str, uids: Sequence[int]) -> dict[int, datetime]:
        """Return when these messages came (INTERNALDATE, in UTC), without those of which that is not told."""

    def body(self, mailbox: str, uid: int) -> BodyText:
        """Return the text of a message. Raises MessageError when it is gone or cannot be read."""

    def bodies(self, mailbox: str, uids: Sequence[int]) -> Iterator[tuple[int, BodyText | MessageError]]:
        """Yield the text of each of these messages that is still there, or why it cannot be read, in any order."""

    def raw(self, mailbox: str, uid: int) -> bytes | None:
        """Return a whole small message (a draft of ours, up to 256 kB), None when it is gone."""

    def append(self, mailbox: str, message: bytes, flags: Iterable[str]) -> int | None:
        """Append a message; return its UID when the server tells it (UIDPLUS), else None.

        Raises AccountLater when it is not known whether the server kept it.
        """

    def withdraw(self, mailbox: str, uid: int, trash: str | None, uidvalidity: int, untouched: Untouched) -> bool:
        """Take one message out: MOVE to ``trash``, or COPY and UID EXPUNGE.

        It is looked at in the very opening of the mailbox in which it is taken out: raises MessageError, having
        changed nothing, when it is gone or no more ``untouched``, or when the ``uidvalidity`` is another. Returns
        False, having changed nothing, when the server offers no way that touches this message alone.
        """

    def make(self, mailbox: str) -> str:
        """Return a mailbox's full name on this server (with its namespace), after making it when it is not there.

        For the digest alone, after the user's yes. Raises MailboxError when the server refuses.
        """

    def close(self) -> None:
        """Log out and close the connection; never raises."""
