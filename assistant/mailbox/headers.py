"""Raw header lines to facts: guarded against hostile mail, and fast, since every message passes here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_tz
from functools import lru_cache

from assistant.errors import MessageError
from assistant.mailbox.addresses import FIELD_LIMIT, AddressField, read_addresses
from assistant.mailbox.words import decode_bytes, decode_words, visible
from assistant.model import HeaderFacts, Signal

BLOCK_LIMIT = 256 * 1024
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
_DATE = re.compile(
    rb"\s*(?:[A-Za-z]{3},?\s+)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+(\d\d):(\d\d)(?::(\d\d))?\s+"
    rb"(?:([+-])(\d\d)(\d\d)|GMT|UTC?|Z)(?:\s*\([^()]*\))?\s*"
)
_MONTHS = {name: number for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_SANE_SINCE = datetime(2000, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def read_headers(block: bytes) -> HeaderFacts:
    """Read one block of raw header lines (RFC 5322), as a server sends it for HEADER_FIELDS.

    Fields are cut at 8 kB, ids at 200. The date is in UTC, None unless its year is one of 1990 to 2100.
    Raises MessageError with the reason when the block cannot be read at all.
    """
    try:
        return _read(block[:BLOCK_LIMIT])
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
        _addresses(take(b"to")).addresses,
        _addresses(take(b"cc")).addresses,
        _subject(_line(take(b"subject", b""))[:FIELD_LIMIT]),
        _date(take(b"date", b"")[:100]),
        _signal_set(signals),
    )


_signal_set = lru_cache(maxsize=1024)(Signal)  # making a set of flags costs more than reading a line


def _fields(block: bytes) -> tuple[dict[bytes, bytes], bool]:
    """Split: the fields by name as they stand, folds and all, and whether From is there more than once.

    The first of several lines of one name counts.
    """
    fields: dict[bytes, bytes] = {}
    several_senders = False
    for spelt, value in _FIELD.findall(block):
        name = _USUAL.get(spelt) or spelt.rstrip().lower()
        if name not in fields:
            fields[name] = value
        elif name == b"from":
            several_senders = True
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


def _date(value: bytes) -> datetime | None:
    """Return the time a Date line names, in UTC; None when unreadable or absurd."""
    if not value:
        return None
    match = _DATE.fullmatch(value)
    try:
        if match is None:
            return _odd_date(value)
        day, name, digits, hour, minute, second, sign, hours, minutes = match.groups()
        month = _MONTHS.get(name.lower())
        if month is None:
            return _odd_date(value)
        year = int(digits)
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            return None
        # At most 59: a leap second
        there = datetime(year, month, int(day), int(hour), int(minute), min(int(second or 0), 59), tzinfo=UTC)
        if sign is None:
            return there
        offset = int(hours) * 60 + int(minutes)
        if not offset:
            return there
        return None if offset > 24 * 60 else there - timedelta(minutes=offset if sign == b"+" else -offset)
    except (ValueError, OverflowError):
        return None


def _odd_date(value: bytes) -> datetime | None:
    """Read the old forms of dates: two-digit years, names of zones, other orders; no zone is taken as UTC."""
    parts = parsedate_tz(value.decode("latin-1"))
    if parts is None or not _FIRST_YEAR <= parts[0] <= _LAST_YEAR or abs(parts[9] or 0) > 24 * 3600:
        return None
    there = datetime(*parts[:5], min(parts[5], 59), tzinfo=UTC)
    return there - timedelta(seconds=parts[9] or 0)


def message_time(
    date_line: datetime | None, internal_date: datetime | None, own: bool, *, migrated: bool = False
) -> datetime | None:
    """Return when a message was written (``own``) or arrived, in UTC; None when nothing credible is known.

    What arrived counts from INTERNALDATE, the receiving server's clock. What the user wrote counts
    from the earlier of Date and INTERNALDATE, and Date only from 2000 to a day after INTERNALDATE.
    In a migrated mailbox INTERNALDATE is the day of the move, and Date is preferred.
    """
    if internal_date is not None and not _FIRST_YEAR <= internal_date.year <= _LAST_YEAR:
        internal_date = None
    if date_line is None or internal_date is None:
        return internal_date or date_line
    if not (own or migrated):
        return internal_date
    earliest = min(_SANE_SINCE, internal_date - _DAY)
    date_is_sane = earliest <= date_line <= internal_date + _DAY
    return min(date_line, internal_date) if date_is_sane else internal_date


def migrated(times: Iterable[tuple[datetime | None, datetime | None]]) -> bool:
    """Tell from pairs of (Date, INTERNALDATE) whether a mailbox was moved here from another server.

    So it is when more than half of at least 20 messages came in on one day while most of these were
    not written around that day.
    """
    days: Counter[date] = Counter()
    written_then: Counter[date] = Counter()
    for date_line, internal_date in times:
        if internal_date is not None:
            day = internal_date.date()
            days[day] += 1
            written_then[day] += date_line is None or abs(date_line - internal_date) <= 2 * _DAY
    if days.total() < 20:
        return False
    day, count = days.most_common(1)[0]
    return count * 2 > days.total() and written_then[day] * 2 < count
