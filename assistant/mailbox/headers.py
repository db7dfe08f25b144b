"""Raw header lines to facts: guarded against hostile mail, and fast, since every message passes here."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.errors import MessageError
from assistant.mailbox.addresses import FIELD_LIMIT, AddressField, read_addresses
from assistant.mailbox.dates import read_date
from assistant.mailbox.words import decode_bytes, decode_words, visible
from assistant.model import HeaderFacts, Signal

_BLOCK_LIMIT = 256 * 1024
ID_COUNT_LIMIT = 200

_NO_ADDRESSES = AddressField((), clean=True)
# Plain numbers: every message passes here, and a set of flags takes a microsecond for each question.
_REPORT, _AMBIGUOUS, _NULL_RETURN_PATH = int(Signal.REPORT), int(Signal.AMBIGUOUS), int(Signal.NULL_RETURN_PATH)
_AUTO_REPLY, _AUTO_GENERATED = int(Signal.AUTO_REPLY), int(Signal.AUTO_GENERATED)
_SUPPRESS = int(Signal.SUPPRESS)
# Fields whose mere presence says something (RFC 2919, 2369, 3834 and what programs add of their own).
_PRESENCE: dict[bytes, int] = {
    b"list-id": int(Signal.LIST),
    b"list-post": int(Signal.LIST),
    b"mailing-list": int(Signal.LIST),
    b"list-unsubscribe": int(Signal.UNSUBSCRIBE),
    b"feedback-id": int(Signal.FEEDBACK),
    b"x-auto-response-suppress": int(Signal.SUPPRESS),
    b"x-autoreply": int(Signal.AUTO_REPLY),
    b"x-autorespond": int(Signal.AUTO_REPLY),
    b"x-vacation": int(Signal.AUTO_REPLY),
    b"x-failed-recipients": int(Signal.REPORT),
    b"x-campaign": int(Signal.CAMPAIGN),
    b"x-mc-user": int(Signal.CAMPAIGN),
    b"x-sg-eid": int(Signal.CAMPAIGN),
    b"x-cron-env": int(Signal.MACHINE),
    b"x-fc-machinegenerated": int(Signal.MACHINE),
    b"received": int(Signal.RECEIVED),
    b"return-path": int(Signal.RECEIVED),
}
_PRECEDENCE: dict[bytes, int] = {
    b"list": int(Signal.LIST),
    b"bulk": int(Signal.BULK),
    b"junk": int(Signal.BULK),
    b"auto-reply": int(Signal.AUTO_REPLY),
}
_CONTENT: dict[bytes, int] = {
    b"multipart/report": int(Signal.REPORT),
    b"multipart/encrypted": int(Signal.ENCRYPTED),
    b"application/pkcs7-mime": int(Signal.ENCRYPTED),
    b"application/x-pkcs7-mime": int(Signal.ENCRYPTED),
    b"text/calendar": int(Signal.CALENDAR),
    b"multipart/mixed": int(Signal.ATTACHMENT),
}
_RECIPIENTS = (b"to", b"cc")
# An Outlook rule has answered when both of these are there; the first alone also marks a forward.
_OUTLOOK_RULE = b"x-ms-exchange-inbox-rules-loop"

# What is asked of a server, and no more: on a far line the bytes are the limit, and every name asked
# for is echoed with every message. Received lines alone would double the traffic; Return-Path tells
# the same.
HEADER_FIELDS: tuple[str, ...] = (
    *("DATE", "FROM", "REPLY-TO", "TO", "CC", "SUBJECT", "MESSAGE-ID", "IN-REPLY-TO", "REFERENCES"),
    *("CONTENT-TYPE", "AUTO-SUBMITTED", "PRECEDENCE"),
    *(name.decode().upper() for name in _PRESENCE if name != b"received"),
    _OUTLOOK_RULE.decode().upper(),
)

_USUAL = {
    spelt: name.lower().encode()
    for name in HEADER_FIELDS
    for spelt in (name.encode(), name.title().encode(), name.title().replace("Id", "ID").encode())
}
# Anchored, so that a long line without a colon is looked at once.
_FIELD = re.compile(rb"^([^:\n]+):([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_FOLD = re.compile(rb"\r?\n[ \t]+")
_ID = re.compile(rb"<([^<>\s\x00-\x1f\x7f]{1,998})>")
_ASCII_ID = re.compile(r"<([^<>\s\x00-\x1f\x7f]{1,998})>", re.ASCII)
_BARE_ID = re.compile(rb"[^<>\s\x00-\x1f\x7f]{1,998}")
_POSTAL_DAEMON = re.compile(rb"\b(?:mailer-daemon|postmaster)\b", re.IGNORECASE)


def read_headers(block: bytes) -> HeaderFacts:
    """Read one block of raw header lines (RFC 5322), as a server sends it for HEADER_FIELDS.

    Fields are cut at 8 kB, ids at 200. The date is in UTC, None unless its year is one of 1990 to 2100.
    Raises MessageError with the reason when the block cannot be read at all.
    """
    try:
        return _read(block[:_BLOCK_LIMIT])
    except Exception as error:
        raise MessageError(f"The header lines of a message cannot be read ({type(error).__name__}).") from error


def _read(block: bytes) -> HeaderFacts:
    fields, several_senders = _fields(block)
    take = fields.get
    signals = _signals(fields)
    sender, ambiguous = None, several_senders
    if raw_sender := _line(take(b"from", b"")):
        found = read_addresses(raw_sender)
        if found.clean and len(found.addresses) == 1 and not ambiguous:
            sender = found.addresses[0]
        elif b"@" in raw_sender:
            ambiguous = True
        elif _POSTAL_DAEMON.search(raw_sender[:FIELD_LIMIT]):
            signals |= _REPORT  # "From: MAILER-DAEMON", with no address to tell it by
    if ambiguous:
        signals |= _AMBIGUOUS
    reply_to = _addresses(take(b"reply-to"))
    message_id = _first_id(take(b"message-id"))
    in_reply_to = _first_id(take(b"in-reply-to"))
    return HeaderFacts(  # by place: naming them costs as much as making it
        message_id,
        in_reply_to,
        _references(take(b"references"), in_reply_to, message_id),
        sender,
        reply_to.addresses if reply_to.clean else (),
        # A report that a delivery failed is about those it names (Exim, Gmail), not about whom it was sent to.
        _addresses(take(b"x-failed-recipients") or take(b"to")).addresses,
        _addresses(take(b"cc")).addresses,
        _subject(_line(take(b"subject", b""))[:FIELD_LIMIT]),
        read_date(take(b"date", b"")[:100]),
        _signal_set(signals),
    )


_signal_set = lru_cache(maxsize=1024)(Signal)  # making a set of flags costs more than reading a line


def _fields(block: bytes) -> tuple[dict[bytes, bytes], bool]:
    """Split: the fields by name as they stand, folds and all, and whether From is there more than once.

    The first of several lines of one name counts; those of recipients are joined (RFC 5322, section 4.5.3).
    """
    fields: dict[bytes, bytes] = {}
    several_senders = False
    for spelt, value in _FIELD.findall(block):
        name = _USUAL.get(spelt) or spelt.rstrip().lower()
        if name not in fields:
            fields[name] = value
        elif name == b"from":
            several_senders = True
        elif name in _RECIPIENTS and len(fields[name]) <= FIELD_LIMIT:  # of more than that nothing is read
            fields[name] = fields[name].rstrip() + b"," + value
    return fields, several_senders


def _line(value: bytes) -> bytes:
    """Return the value of a field as one line, without the blanks around it."""
    value = value.strip()
    return _FOLD.sub(b" ", value) if b"\n" in value else value


def _signals(fields: dict[bytes, bytes]) -> int:
    signals = 0
    for name in fields.keys() & _PRESENCE.keys():
        signals |= _PRESENCE[name]
    if fields.get(b"return-path", b"").strip() == b"<>":
        signals |= _NULL_RETURN_PATH
    if kind := fields.get(b"content-type"):
        signals |= _CONTENT.get(_word(kind), 0)
    if precedence := fields.get(b"precedence"):
        signals |= _PRECEDENCE.get(_word(precedence).replace(b"_", b"-"), 0)
    if submitted := fields.get(b"auto-submitted"):
        automatic = _word(submitted).replace(b"_", b"-")
        if automatic == b"auto-replied":
            signals |= _AUTO_REPLY
        elif automatic not in (b"no", b""):
            signals |= _AUTO_GENERATED
    if _OUTLOOK_RULE in fields and signals & _SUPPRESS:
        signals |= _AUTO_REPLY
    return signals


def _word(value: bytes) -> bytes:
    """Return the value of a field in lower case, without its parameters and comments."""
    return value[:200].partition(b";")[0].partition(b"(")[0].strip().lower()


def _addresses(value: bytes | None) -> AddressField:
    return read_addresses(_line(value)) if value else _NO_ADDRESSES


def _first_id(value: bytes | None) -> str | None:
    if not value:
        return None
    value = value[:FIELD_LIMIT]
    if match := _ID.search(value):
        return _id_text(match[1])
    bare = _line(value).strip(b"<> ")
    return _id_text(bare) if b"@" in bare and _BARE_ID.fullmatch(bare) else None


def _references(value: bytes | None, in_reply_to: str | None, own: str | None) -> tuple[str, ...]:
    """Return the ids of References, oldest first; of too many the first and the newest are kept."""
    if not value and not in_reply_to:
        return ()
    value = value or b""
    if len(value) > FIELD_LIMIT:
        value = value[:1000] + b" " + value[1001 - FIELD_LIMIT :]
    ids = dict.fromkeys(
        _ASCII_ID.findall(value.decode("ascii")) if value.isascii() else map(_id_text, _ID.findall(value))
    )
    if in_reply_to:
        ids.setdefault(in_reply_to)
    if own:
        ids.pop(own, None)
    found = tuple(ids)
    return found if len(found) <= ID_COUNT_LIMIT else (found[0], *found[1 - ID_COUNT_LIMIT :])


def _id_text(raw: bytes) -> str:
    return raw.decode("ascii") if raw.isascii() else visible(decode_bytes(raw))


@lru_cache(maxsize=2048)
def _subject(value: bytes) -> str:
    return visible(decode_words(decode_bytes(value)))
