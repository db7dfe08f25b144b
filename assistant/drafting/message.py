"""Builds the message of a draft (RFC 5322, RFC 2045)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.headerregistry import Address as HeaderAddress
from email.utils import format_datetime

from assistant.drafting.identity import draft_id, fingerprint
from assistant.drafting.plain import lines_of, one_line, words_of
from assistant.drafting.topic import has_reply_prefix
from assistant.drafting.wording import Wording
from assistant.errors import MessageError
from assistant.model import Address, Letter, Suggestion

LINE = 76
REFERENCES_KEPT = 20
NAME_LENGTH = 80
SUBJECT_LENGTH = 900

# Any visible ASCII but the brackets. Stricter would lose threads: many real ids break RFC 5322.
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,250}")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9.-]{1,253}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9' -]*")


def compose(
    suggestion: Suggestion,
    wording: Wording,
    *,
    me_name: str,
    now: datetime,
    references: Sequence[str] = (),
    quoted: Sequence[str] = (),
    above_quote: str = "",
) -> Letter:
    """Build the draft of a suggestion: plain text, one part, and no header line beyond the needed ones.

    ``me_name`` is the user's display name, ``now`` an aware time. ``references`` are the References of
    the message that is replied to, oldest first, without brackets. ``quoted`` are the lines of the
    original, set below the text as a quote under the line ``above_quote``; none by default. The same input gives
    the same bytes. Raises MessageError when an address or the Message-ID of the original cannot be written.
    """
    in_reply_to, chain = _thread_of(suggestion, references)
    return _letter(
        draft_id(suggestion.contact.address, suggestion.silence.opened_by, suggestion.kind),
        _correspondent(suggestion.identity, me_name),
        _correspondent(suggestion.contact.address, suggestion.contact.name),
        _subject(suggestion, wording),
        _text(wording.text, quoted, above_quote),
        wording,
        now,
        in_reply_to=in_reply_to,
        chain=chain,
    )


def compose_to_self(address: str, wording: Wording, *, identifier: str, me_name: str, now: datetime) -> Letter:
    """Build a message from and to the user, in no thread; as plain as a draft. Raises MessageError as ``compose``."""
    me = _correspondent(address, me_name)
    subject = one_line(wording.subject or "")[:SUBJECT_LENGTH].strip()
    return _letter(identifier, me, me, subject, _text(wording.text, ()), wording, now)


def _correspondent(address: str, name: str) -> Address:
    return Address(_writable_address(address), words_of(name)[:NAME_LENGTH].strip())


def _letter(
    identifier: str,
    sender: Address,
    to: Address,
    subject: str,
    text: str,
    wording: Wording,
    now: datetime,
    *,
    in_reply_to: str | None = None,
    chain: Sequence[str] = (),
) -> Letter:
    """Put a letter together; its Message-ID is the identifier at the domain of the sender."""
    message_id = f"{identifier}@{sender.address.rpartition('@')[2]}"
    thread = [_ids_line("In-Reply-To", [in_reply_to]), _ids_line("References", chain)] if in_reply_to else []
    raw = _raw(sender, to, subject, now, message_id, thread, text)
    return Letter(
        id=identifier,
        message_id=message_id,
        sender=sender,
        to=to,
        subject=subject,
        text=text,
        language=wording.language,
        template=wording.template,
        in_reply_to=in_reply_to,
        references=tuple(chain),
        raw=raw,
        fingerprint=fingerprint(raw),
    )


def _raw(
    sender: Address, to: Address, subject: str, now: datetime, message_id: str, thread: Sequence[str], text: str
) -> bytes:
    """Return the bytes of a message; ``thread`` are its header lines In-Reply-To and References, if it has them."""
    header = [
        _address_line("From", sender),
        _address_line("To", to),
        _text_line("Subject", subject),
        f"Date: {format_datetime(now)}",
        _ids_line("Message-ID", [message_id]),
        *thread,
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        "Content-Transfer-Encoding: quoted-printable",
    ]
    body = binascii.b2a_qp(text.encode(), istext=True)
    return "\r\n".join([*header, "", ""]).encode("ascii") + body.replace(b"\n", b"\r\n")


def can_be_addressed(address: str) -> bool:
    """Tell whether a mail address can stand in a header line (RFC 5322 dot-atom, IDNA domain)."""
    try:
        _writable_address(address)
    except MessageError:
        return False
    return True


def _writable_address(address: str) -> str:
    local, at, domain = address.rpartition("@")
    try:
        written = f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        written = ""
    if not _ADDRESS.fullmatch(written):
        raise MessageError(f"No draft: the address {one_line(address)[:80]!r} cannot be written into a header line.")
    return written


def _thread_of(suggestion: Suggestion, references: Sequence[str]) -> tuple[str | None, list[str]]:
    if suggestion.reply_to is None:
        return None, []
    parent = suggestion.reply_to.message_id
    if parent is None or not _MESSAGE_ID.fullmatch(parent):
        raise MessageError("No draft: the message to reply to has no Message-ID that can be written again.")
    chain = [known for known in references if known != parent and _MESSAGE_ID.fullmatch(known)]
    chain = [*dict.fromkeys(chain), parent]
    if len(chain) > REFERENCES_KEPT:
        chain = [chain[0], *chain[1 - REFERENCES_KEPT :]]
    return parent, chain


def _subject(suggestion: Suggestion, wording: Wording) -> str:
    if suggestion.reply_to is None:
        own = wording.subject or (suggestion.thread.subject if suggestion.thread else "")
        return one_line(own)[:SUBJECT_LENGTH].strip()
    given = one_line(suggestion.reply_to.subject)[:SUBJECT_LENGTH].strip()
    return given if has_reply_prefix(given) else f"Re: {given}".strip()


def _text(text: str, quoted: Sequence[str] = (), above_quote: str = "") -> str:
    below = f"{one_line(above_quote)}\n" if quoted and above_quote else ""
    below += "".join(f"> {one_line(line)}".rstrip() + "\n" for line in quoted)
    return lines_of(text).strip("\n") + "\n" + (f"\n{below}" if below else "")


# Header lines. Python's email policy folds some quoted names and literal "=?" wrongly (measured with
# 3.11: one long quoted name with commas came out as 21 addresses), so names that are not plain words
# always travel as encoded words (RFC 2047), which no reader can mistake for syntax.


def _encoded(text: str, name: str) -> str:
    return Header(text, "utf-8", maxlinelen=LINE - 1, header_name=name).encode(linesep="\r\n")


def _address_line(field: str, who: Address) -> str:
    address = f"<{HeaderAddress(addr_spec=who.address).addr_spec}>"
    if not who.name:
        return f"{field}: {who.address}"
    plain = f"{field}: {who.name}"
    if _PLAIN_NAME.fullmatch(who.name) and len(plain) <= LINE:
        written = plain
    else:
        written = f"{field}: {_encoded(who.name, field)}"
    last = written.rpartition("\r\n")[2]
    return f"{written} {address}" if len(last) + 1 + len(address) <= LINE else f"{written}\r\n {address}"


def _text_line(field: str, text: str) -> str:
    line = f"{field}: {text}"
    if text.isascii() and "=?" not in text and len(line) <= LINE:
        return line
    return f"{field}: {_encoded(text, field)}"


def _ids_line(field: str, ids: Sequence[str]) -> str:
    ids = [f"<{one}>" for one in ids]
    opening = f"{field}: {ids[0]}" if len(field) + 2 + len(ids[0]) <= LINE else f"{field}:\r\n {ids[0]}"
    return "\r\n ".join([opening, *ids[1:]])
