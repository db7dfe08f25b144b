"""The door for dry runs: it answers as if drafts had been laid and withdrawn, and the server never hears of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from assistant.errors import MessageError
from assistant.mailbox.door import BodyText, Door, Folder, Glance, MailboxStatus, RawHeaders, Untouched
from assistant.model import Role

# Above any UID that a server gives in this century, so that nothing pretended is mistaken for real.
_FIRST_UID = 2**32 - 1_000_000


@dataclass(slots=True)
class _Pretended:
    """What would be different in one mailbox."""

    numbers: Iterator[int] = field(default_factory=lambda: count(_FIRST_UID))
    laid: dict[int, RawHeaders] = field(default_factory=dict)
    raw: dict[int, bytes] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)


class RehearsalDoor:
    """A door through which one can look but not reach.

    Reading goes to the door it is given. ``append``, ``withdraw`` and ``make`` change only what this door
    shows from then on, so that whoever reads back what it wrote finds it.
    """

    def __init__(self, door: Door) -> None:
        self.account = door.account
        self._door = door
        self._changes: dict[str, _Pretended] = {}
        self._made: set[str] = set()

    @property
    def alerts(self) -> tuple[str, ...]:
        """What the real server wants the user to read."""
        return self._door.alerts

    def folders(self) -> Sequence[Folder]:
        """Return the real mailboxes, then pretended ones."""
        return [*self._door.folders(), *(Folder(name, Role.OTHER) for name in sorted(self._made))]

    def status(self, mailboxes: Sequence[str]) -> dict[str, MailboxStatus]:
        """Return the STATUS with the pretended changes counted in; UIDNEXT stays the server's."""
        there = self._door.status([mailbox for mailbox in mailboxes if mailbox not in self._made])
        there |= {mailbox: MailboxStatus(1, 1, 0) for mailbox in mailboxes if mailbox in self._made}
        return {
            mailbox: replace(real, messages=real.messages + len(change.laid) - len(change.taken))
            if (change := self._changes.get(mailbox))
            else real
            for mailbox, real in there.items()
        }

    def headers(self, mailbox: str, uids: Sequence[int], then: Sequence[int] = ()) -> Iterator[RawHeaders]:
        """Yield the real header blocks, then those of pretended drafts."""
        change = self._change(mailbox)
        if real := self._real(mailbox, uids):
            yield from self._door.headers(mailbox, real, self._real(mailbox, then))
        yield from [change.laid[uid] for uid in uids if uid in change.laid]

    def uids(self, mailbox: str, first: int = 1) -> list[int]:
        """Return the UIDs as they would be."""
        change = self._change(mailbox)
        there = self._door.uids(mailbox, first) if mailbox not in self._made else []
        real = [uid for uid in there if uid not in change.taken]
        return [*real, *(uid for uid in sorted(change.laid) if uid >= first)]

    def glance(self, mailbox: str) -> Glance:
        """Return the flags of everything that would lie there."""
        change, real = self._change(mailbox), self._door.glance(mailbox)
        left = {uid: flags for uid, flags in real.flags.items() if uid not in change.taken}
        return Glance(real.uidvalidity, left | {uid: laid.flags for uid, laid in change.laid.items()})

    def flags(self, mailbox: str, uids: Sequence[int]) -> dict[int, frozenset[str]]:
        """Return the flags of those UIDs that would exist."""
        change = self._change(mailbox)
        real = self._real(mailbox, uids)
        found = self._door.flags(mailbox, real) if real else {}
        return found | {uid: change.laid[uid].flags for uid in uids if uid in change.laid}

    def arrivals(self, mailbox: str, uids: Sequence[int]) -> dict[int, datetime]:
        """Return when the real ones among these messages came."""
        real = self._real(mailbox, uids)
        return self._door.arrivals(mailbox, real) if real else {}

    def body(self, mailbox: str, uid: int) -> BodyText:
        """Return the text of a real message."""
        return self._door.body(mailbox, uid)

    def bodies(self, mailbox: str, uids: Sequence[int]) -> Iterator[tuple[int, BodyText | MessageError]]:
        """Yield the texts of real messages."""
        return self._door.bodies(mailbox, uids)

    def raw(self, mailbox: str, uid: int) -> bytes | None:
        """Return a whole message, a pretended one too."""
        change = self._change(mailbox)
        if uid in change.raw or uid in change.taken:
            return change.raw.get(uid)
        return self._door.raw(mailbox, uid)

    def append(self, mailbox: str, message: bytes, flags: Iterable[str]) -> int | None:
        """Pretend to append; the UID is one that no server gives."""
        change = self._change(mailbox)
        uid = next(change.numbers)
        block = message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        change.raw[uid] = message
        change.laid[uid] = RawHeaders(uid, frozenset(flags), len(message), None, block)
        return uid

    def withdraw(self, mailbox: str, uid: int, trash: str | None, uidvalidity: int, untouched: Untouched) -> bool:
        """Pretend that a message was taken out."""
        change, state = self._change(mailbox), self.status([mailbox]).get(mailbox)
        flags, raw = self.flags(mailbox, [uid]).get(uid), self.raw(mailbox, uid)
        same = state is not None and state.uidvalidity == uidvalidity
        if not same or flags is None or raw is None or not untouched(flags, raw):
            raise MessageError(f"Message {uid} of {mailbox!r} is no more as it was, and stays.", code="message_changed")
        if change.laid.pop(uid, None) is None:
            change.taken.add(uid)
        else:
            del change.raw[uid]
        return True

    def make(self, mailbox: str) -> str:
        """Pretend to make a mailbox that is not there."""
        if mailbox not in [folder.name for folder in self.folders()]:
            self._made.add(mailbox)
        return mailbox

    def close(self) -> None:
        """Close the real door."""
        self._door.close()

    def _change(self, mailbox: str) -> _Pretended:
        return self._changes.setdefault(mailbox, _Pretended())

    def _real(self, mailbox: str, uids: Sequence[int]) -> list[int]:
        change = self._change(mailbox)
        if mailbox in self._made:
            return []
        return [uid for uid in uids if uid not in change.laid and uid not in change.taken]
