"""Answers to LIST, XLIST and STATUS, read line by line so that one odd mailbox does not hide the others."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7
from imapclient.response_parser import parse_response

from assistant.errors import MailboxError
from assistant.mailbox.door import MailboxStatus
from assistant.mailbox.folders import Listed

Piece = bytes | tuple[bytes, bytes] | None

_QUOTED = rb'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(
    rb"\(([^()]*)\) (?:NIL|" + _QUOTED + rb") (?:" + _QUOTED + rb"(?: .*)?|(\S.*?)? *)", re.IGNORECASE | re.DOTALL
)
_STATUS = re.compile(rb"(?:" + _QUOTED + rb"|(\S+)) ?\(([^()]*)\) *", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LITERAL = re.compile(rb"\{\d+\}$")
BIGGEST_UID = 2**32 - 1


def read_list(data: Sequence[Piece]) -> Iterator[tuple[Listed, bytes]]:
    """Yield what LIST says of each mailbox, with the mailbox's name as it goes over the wire.

    A name with control characters is left out: nobody made it for mail.
    """
    for line in _joined(data):
        if match := _LINE.fullmatch(line):
            wire = match[4] if match[4] is not None else _unescaped(match[3] or b"")
            delimiter = _unescaped(match[2]).decode("latin-1") if match[2] else None
            attributes = frozenset(match[1].decode("latin-1").split())
            name = _readable(wire)
            if name and not _CONTROL.search(name):
                yield Listed(name, attributes, delimiter), wire


def _readable(wire: bytes) -> str:
    """Decode a name from modified UTF-7, or from the UTF-8 that some servers send instead.

    What cannot be decoded stays as it is, and what nobody can write down: half of a pair of surrogates.
    """
    if wire.isascii():
        try:
            name = str(decode_utf7(wire))
            name.encode()
        except (ValueError, LookupError):
            return wire.decode("ascii")
        return name
    return wire.decode("utf-8", "replace")


def read_status(data: Sequence[Piece]) -> Iterator[tuple[bytes, MailboxStatus]]:
    """Yield the wire name and the STATUS of each mailbox; what is no number counts as 0, unknown."""
    for line in _joined(data):
        if match := _STATUS.fullmatch(line):
            wire = match[2] if match[2] is not None else _unescaped(match[1])
            words = match[3].upper().split()
            numbers = {key: int(value) for key, value in zip(words[::2], words[1::2], strict=False) if value.isdigit()}
            yield (
                wire,
                MailboxStatus(
                    uidvalidity=trusted(numbers.get(b"UIDVALIDITY", 0)),
                    uidnext=trusted(numbers.get(b"UIDNEXT", 0)),
                    messages=trusted(numbers.get(b"MESSAGES", 0)),
                ),
            )


class Namespaces(NamedTuple):
    """Where mailboxes lie (RFC 2342): how the names begin of the user's own, and of those of others and of groups."""

    own: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """How the user's own names begin, as "INBOX."; "" where they need not begin with anything."""
        return self.own[0] if self.own else ""

    def owns(self, mailbox: str) -> bool:
        """Tell whether a mailbox is the user's own: the longest beginning that fits decides."""
        if not self.own or mailbox.upper() == "INBOX":
            return True
        return _fit(self.own, mailbox) >= _fit(self.foreign, mailbox)


def _fit(prefixes: Iterable[str], mailbox: str) -> int:
    # "Public/" holds the mailbox "Public" too.
    fitting = (len(one) for one in prefixes if f"{mailbox}{one[-1:]}".casefold().startswith(one.casefold()))
    return max(fitting, default=-1)


def read_namespaces(data: Sequence[Piece]) -> Namespaces:
    """Return what NAMESPACE tells; nothing when that cannot be understood."""
    try:
        own, *others = ([_readable(prefix) for prefix, *_ in space or ()] for space in parse_response(list(data)))
    except (ValueError, TypeError, LookupError, AttributeError, imaplib.IMAP4.error):
        return Namespaces()
    return Namespaces(tuple(own), tuple(name for space in others for name in space))


def last_number(data: Sequence[Piece]) -> int | None:
    """Return the last number that was told, as of UIDVALIDITY or EXISTS; None when there is none."""
    told = [int(piece) for piece in data if isinstance(piece, bytes) and piece.isdigit()]
    return told[-1] if told else None


def trusted(number: int) -> int:
    """Return a UIDVALIDITY or the like, 0 for one that is too large to be one (RFC 3501, section 2.3.1.1)."""
    return number if number <= BIGGEST_UID else 0


def wire_name(mailbox: str) -> bytes:
    """Return a mailbox's name in modified UTF-7 (RFC 3501, section 5.1.3).

    Raises MailboxError for a control character: it would travel well wrapped, but Dovecot puts it
    as it is into its refusal, where it breaks the dialogue.
    """
    if not mailbox or _CONTROL.search(mailbox):
        raise MailboxError(f"{mailbox!r} is no name of a mailbox.", code="mailbox_missing")
    wire: bytes = encode_utf7(mailbox)
    return wire


def quoted(wire_name: bytes) -> bytes:
    """Return a mailbox name as an argument of a command."""
    return b'"' + wire_name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _unescaped(content: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", content, flags=re.DOTALL)


def _joined(data: Iterable[Piece]) -> Iterator[bytes]:
    """Put names sent as literals back into their lines, quoted; a name with line breaks is left out."""
    begun = b""
    for piece in data:
        if isinstance(piece, tuple):
            begun += _LITERAL.sub(b"", piece[0]) + quoted(piece[1])
        elif piece is not None:
            line, begun = begun + piece, b""
            if line and not {0, 10, 13} & set(line):
                yield line
