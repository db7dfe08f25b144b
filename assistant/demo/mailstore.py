"""Mail in memory: mailboxes and messages, shared by all sessions of a server."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

DELIMITER = "/"
FIRST_UIDVALIDITY = 1_000_000_001


@dataclass(slots=True)
class StoredMessage:
    """A message in a mailbox; internal_date is aware and in UTC."""

    uid: int
    raw: bytes
    flags: set[str]
    internal_date: datetime


@dataclass(slots=True)
class StoredMailbox:
    r"""A mailbox; attributes are special uses such as \Drafts, messages lie in UID order."""

    name: str
    attributes: tuple[str, ...]
    uidvalidity: int
    uidnext: int = 1
    messages: dict[int, StoredMessage] = field(default_factory=dict)
    subscribed: bool = True


class MailStore:
    """The mailboxes of a user by name; a new store has an empty INBOX.

    Names are ordinary text with "/" between levels. Whoever reads or changes mailboxes
    directly while a server runs holds `lock`; the methods take it themselves.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.mailboxes: dict[str, StoredMailbox] = {}
        self._uidvalidities = count(FIRST_UIDVALIDITY)
        self.create("INBOX")

    def create(self, name: str, *attributes: str) -> StoredMailbox:
        """Add a mailbox, and those above it where missing; raises ValueError when it exists."""
        with self.lock:
            if name in self.mailboxes:
                raise ValueError(f"mailbox {name!r} exists")
            above = name.rpartition(DELIMITER)[0]
            if above and above not in self.mailboxes:
                self.create(above)
            mailbox = StoredMailbox(name, attributes, uidvalidity=next(self._uidvalidities))
            self.mailboxes[name] = mailbox
            return mailbox

    def add(self, mailbox: str, raw: bytes, *, flags: Iterable[str] = (), internal_date: datetime) -> int:
        """Add a message (lines end in CRLF) and return its UID.

        internal_date must be aware. Raises KeyError without such a mailbox.
        """
        if internal_date.tzinfo is None:
            raise ValueError("internal_date has no time zone")
        with self.lock:
            target = self.mailboxes[mailbox]
            uid = target.uidnext
            target.uidnext += 1
            target.messages[uid] = StoredMessage(uid, raw, set(flags), internal_date.astimezone(UTC))
            return uid

    def delete(self, name: str) -> None:
        """Remove a mailbox and its mail; raises KeyError without such a mailbox."""
        with self.lock:
            del self.mailboxes[name]

    def rename(self, old: str, new: str) -> None:
        """Rename a mailbox and those below it; raises KeyError without such a mailbox."""
        with self.lock:
            for name in [old, *self.below(old)]:
                mailbox = self.mailboxes.pop(name)
                mailbox.name = new + name.removeprefix(old)
                self.mailboxes[mailbox.name] = mailbox

    def below(self, name: str) -> list[str]:
        """Return the names of the mailboxes below one."""
        return [other for other in self.mailboxes if other.startswith(name + DELIMITER)]
