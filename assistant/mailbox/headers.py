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

_NOTHING = Signal(0)
_NO_ADDRESSES = AddressField((), clean=True)
# Fields whose mere presence says something (RFC 2919, 2369, 3834 and what programs add of their own).
_PRESENCE: dict[bytes, Signal] = {
    b"list-id": Signal.LIST,
    b"list-post": Signal.LIST,
    b"mailing-list": Signal.LIST,
    b"list-unsubscribe": Signal.UNSUBSCRIBE,
    b"feedback-id": Signal.FEEDBACK,
    b"x-auto-response-suppress": Signal.SUPPRESS,
    b"x-autoreply": Signal.AUTO_REPLY,
    b"x-autorespond": Signal.AUTO_REPLY,
    b"x-vacation": Signal.AUTO_REPLY,
    b"x-failed-recipients": Signal.REPORT,
    b"x-campaign": Signal.CAMPAIGN,
    b"x-mc-user": Signal.CAMPAIGN,
    b"x-sg-eid": Signal.CAMPAIGN,
    b"x-cron-env": Signal.MACHINE,
    b"x-fc-machinegenerated": Signal.MACHINE,
    b"received": Signal.RECEIVED,
    b"return-path": Signal.RECEIVED,
}
_PRECEDENCE: dict[bytes, Signal] = {
    b"list": Signal.LIST,
    b"bulk": Signal.BULK,
    b"junk": Signal.BULK,
    b"auto-reply": Signal.AUTO_REPLY,
}
_CONTENT: dict[bytes, Signal] = {
    b"multipart/report": Signal.REPORT,
    b"multipart/encrypted": Signal.ENCRYPTED,
    b"application/pkcs7-mime": Signal.ENCRYPTED,
    b"application/x-pkcs7-mime": Signal.ENCRYPTED,
    b"text/calendar": Signal.CALENDAR,
    b"multipart/mixed": Signal.ATTACHMENT,
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

_FOLD = re.compile(rb"\n[ \t]+")  # an optional \r before it would make the search eight times slower
_ID = re.compile(rb"<([^<>\s\x00-\x1f\x7f]{1,998})>")
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
    fields, repeated = _fields(block)
    take = fields.get
    signals = _signals(fields)
    sender, ambiguous = None, b"from" in repeated
    if raw_sender := take(b"from"):
        found = read_addresses(raw_sender)
        if found.clean and len(found.addresses) == 1 and not ambiguous:
            sender = found.addresses[0]
        elif b"@" in raw_sender:
            ambiguous = True
        elif _POSTAL_DAEMON.search(raw_sender[:FIELD_LIMIT]):
            signals |= Signal.REPORT.value  # "From: MAILER-DAEMON", with no address to tell it by
    if ambiguous:
        signals |= Signal.AMBIGUOUS.value
    reply_to = _addresses(take(b"reply-to"))
    message_id = _first_id(take(b"message-id"))
    in_reply_to = _first_id(take(b"in-reply-to"))
    return HeaderFacts(
        message_id=message_id,
        in_reply_to=in_reply_to,
        references=_references(take(b"references"), in_reply_to, message_id),
        sender=sender,
        reply_to=reply_to.addresses if reply_to.clean else (),
        to=_addresses(take(b"to")).addresses,
        cc=_addresses(take(b"cc")).addresses,
        subject=_subject(take(b"subject", b"")[:FIELD_LIMIT]),
        date=_date(take(b"date", b"")[:100]),
        signals=_signal_set(signals),
    )


_signal_set = lru_cache(maxsize=1024)(Signal)  # making a set of flags costs more than reading a line


def _fields(block: bytes) -> tuple[dict[bytes, bytes], set[bytes]]:
    """Unfold and split; the first of several lines of one name counts, the names of the others are told."""
    fields: dict[bytes, bytes] = {}
    repeated: set[bytes] = set()
    for line in _FOLD.sub(b" ", block.replace(b"\r\n", b"\n")).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            name = name.rstrip().lower()
            if name in fields:
                repeated.add(name)
            else:
                fields[name] = value.strip()
    return fields, repeated


def _signals(fields: dict[bytes, bytes]) -> int:
    signals = 0
    for name in fields.keys() & _PRESENCE.keys():
        signals |= _PRESENCE[name].value
    if fields.get(b"return-path") == b"<>":
        signals |= Signal.NULL_RETURN_PATH.value
    if kind := fields.get(b"content-type"):
        signals |= _CONTENT.get(_word(kind), _NOTHING).value
    if precedence := fields.get(b"precedence"):
        signals |= _PRECEDENCE.get(_word(precedence).replace(b"_", b"-"), _NOTHING).value
    automatic = _word(fields.get(b"auto-submitted", b"no")).replace(b"_", b"-")
    if automatic == b"auto-replied":
        signals |= Signal.AUTO_REPLY.value
    elif automatic not in (b"no", b""):
        signals |= Signal.AUTO_GENERATED.value
    if _OUTLOOK_RULE in fields and signals & Signal.SUPPRESS.value:
        signals |= Signal.AUTO_REPLY.value
    return signals


def _word(value: bytes) -> bytes:
    """Return the value of a field in lower case, without its parameters and comments."""
    return value[:200].partition(b";")[0].partition(b"(")[0].strip().lower()


def _addresses(value: bytes | None) -> AddressField:
    return read_addresses(value) if value else _NO_ADDRESSES


def _first_id(value: bytes | None) -> str | None:
    if not value:
        return None
    value = value[:FIELD_LIMIT]
    if match := _ID.search(value):
        return _id_text(match[1])
    bare = value.strip(b"<> ")
    return _id_text(bare) if b"@" in bare and _BARE_ID.fullmatch(bare) else None


def _references(value: bytes | None, in_reply_to: str | None, own: str | None) -> tuple[str, ...]:
    """Return the ids of References, oldest first; of too many the first and the newest are kept."""
    if not value and not in_reply_to:
        return ()
    value = value or b""
    if len(value) > FIELD_LIMIT:
        value = value[:1000] + b" " + value[1001 - FIELD_LIMIT :]
    ids = dict.fromkeys(_id_text(raw) for raw in _ID.findall(value))
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
    month = match and _MONTHS.get(match[2].lower())
    try:
        if match is None or month is None:
            return _odd_date(value)
        year, sign = int(match[3]), match[7]
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            return None
        second = min(int(match[6] or 0), 59)  # a leap second
        there = datetime(year, month, int(match[1]), int(match[4]), int(match[5]), second, tzinfo=UTC)
        if sign is None:
            return there
        offset = int(match[8]) * 60 + int(match[9])
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
    earliest = min(_SANE_SINCE, internal_date - _DAY)
    date_is_sane = earliest <= date_line <= internal_date + _DAY
    if date_is_sane and (own or migrated):
        return min(date_line, internal_date)
    return internal_date


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
