"""FETCH answers of header blocks: one regular expression for nearly all, imapclient's parser for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from imapclient.response_parser import parse_fetch_response

from assistant.mailbox.dates import read_internal_date
from assistant.mailbox.door import RawHeaders

_BATCH = 1000
_PARSED_OCTETS = 96 * 1024  # imapclient's parser walks byte by byte: 20 ms for so many (measured)
_SET_OCTETS = 8000  # servers limit the length of a command; 8192 is what RFC 7162 asks clients to keep to
# What imaplib hands over for one untagged answer: (line, literal) pairs, then the line that ends it.
Piece = bytes | tuple[bytes, bytes]

_ITEM = rb"""UID (?P<uid>\d{1,10})
    | FLAGS \ \((?P<flags>[^()"{]*)\)
    | INTERNALDATE \ "(?P<date>[^"]*)"
    | RFC822\.SIZE \ (?P<size>\d{1,19})
    | MODSEQ \ \(\d+\)
    | X-GM-THRID \ (?P<conversation>\d{1,20})
    | X-GM-LABELS \ \((?P<labels>(?:[^()"{]|"(?:[^"\\]|\\.)*")*)\)"""
_ITEMS = _ITEM.replace(b"UID (", rb"UID \ (")
# Servers keep no order, and echo the wanted names sorted or in another case; only the shape counts.
_HEAD = re.compile(rb"\d+ \ \( (?:(?:" + _ITEMS + rb")\ )*", re.VERBOSE | re.IGNORECASE)
_WANTED = re.compile(rb"BODY\[HEADER\.FIELDS [^\]]*\]", re.IGNORECASE)
_NO_BLOCK = re.compile(rb"\d+ \ \( (?:(?:" + _ITEMS + rb")\ ?)* \)", re.VERBOSE | re.IGNORECASE)
_ECHO = b" BODY[HEADER.FIELDS "
_NO_LABELS: frozenset[str] = frozenset()
_UID = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_LABEL = re.compile(rb'"((?:[^"\\]|\\.)*)"|([^\s"]+)')


def batches(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split ascending UIDs into batches of at most 1000 whose set fits into one command."""
    start = 0
    while start < len(uids):
        size = _BATCH
        while len(uid_set(uids[start : start + size])) > _SET_OCTETS:
            size //= 2
        yield uids[start : start + size]
        start += size


def uid_set(uids: Sequence[int]) -> str:
    """Write ascending UIDs as a sequence set (RFC 3501, section 9): runs as ranges, so that sets stay short."""
    runs = []
    for _, run in groupby(enumerate(uids), lambda pair: pair[1] - pair[0]):
        members = [uid for _, uid in run]
        runs.append(f"{members[0]}:{members[-1]}" if len(members) > 1 else str(members[0]))
    return ",".join(runs)


def read_headers_answer(data: Sequence[Piece | None]) -> Iterator[RawHeaders]:
    """Yield the header blocks in a FETCH answer, as imaplib returns it.

    An answer that nobody can read but that names its UID is yielded with an empty block, so that the
    message is known to exist; flag updates that came along unasked are passed over.
    """
    for pieces in _answers(data):
        if len(pieces) == 2 and pieces[1] == b")" and (head := _head(pieces[0][0])) is not None:
            uid, flags, date, size, conversation, labels = head.groups()  # in the order of _ITEM
            yield RawHeaders(  # by place: every message passes here
                int(uid),
                _words(flags or b""),
                _kept(int(size or 0)) or 0,
                read_internal_date(date or b""),
                pieces[0][1],
                _labels(labels) if labels else _NO_LABELS,
                _kept(int(conversation)) if conversation else None,
            )
        elif (found := _parsed(pieces)) is not None:
            yield found


def read_flags_answer(data: Sequence[Piece | None]) -> dict[int, frozenset[str]]:
    """Return the flags of each UID in an answer to FETCH (UID FLAGS)."""
    found = {}
    for pieces in _answers(data):
        match = _NO_BLOCK.fullmatch(pieces[0]) if isinstance(pieces[0], bytes) else None
        if match and match["uid"] and match["flags"] is not None:
            found[int(match["uid"])] = _words(match["flags"])
        else:
            uid, items = _lenient(pieces)
            if b"FLAGS" in items:
                found[uid] = _without_recent(items[b"FLAGS"])
    return found


def read_arrivals_answer(data: Sequence[Piece | None]) -> dict[int, datetime]:
    """Return the time of each UID in an answer to FETCH (UID INTERNALDATE), in UTC, but for what is no time."""
    found = {}
    for pieces in _answers(data):
        match = _NO_BLOCK.fullmatch(pieces[0]) if isinstance(pieces[0], bytes) else None
        if match and match["uid"] and match["date"] is not None:
            uid, when = int(match["uid"]), read_internal_date(match["date"])
        else:
            uid, items = _lenient(pieces)
            when = _in_utc(items.get(b"INTERNALDATE"))
        if when is not None:
            found[uid] = when
    return found


def read_uids_answer(data: Iterable[Piece | None]) -> list[int]:
    """Return the UIDs in an answer to FETCH (UID)."""
    return [int(match[1]) for piece in data if isinstance(piece, bytes) and (match := _UID.search(piece))]


def read_items(data: Iterable[Piece | None], key: bytes) -> dict[int, Any]:
    """Return one item ("BODY[1]") of each message in a FETCH answer, by UID; an exception where it is nonsense."""
    found: dict[int, Any] = {}
    for pieces in _answers(data):
        try:
            uid, items = parse(pieces) or (0, {})
        except Exception as error:  # noqa: BLE001 - the parser raises whatever it stumbles over
            named = _UID.search(b" ".join(piece if isinstance(piece, bytes) else piece[0] for piece in pieces))
            if named:
                found[int(named[1])] = error
            continue
        for name, value in items.items():
            if name.upper().partition(b"<")[0] == key:
                found[uid] = b"" if value is None else value
    return found


def _answers(data: Iterable[Piece | None]) -> Iterator[list[Any]]:
    """Put together again what imaplib takes apart: one list of pieces for each FETCH answer."""
    pieces: list[Any] = []
    for piece in data:
        if piece is None:
            continue
        pieces.append(piece)
        if isinstance(piece, bytes):
            yield pieces
            pieces = []


def parse(pieces: Sequence[Piece]) -> tuple[int, dict[bytes, Any]] | None:
    """Read one FETCH answer in any order and shape with imapclient's parser; None when it names no UID.

    Raises what that parser raises on nonsense: ValueError, RecursionError, imaplib's error and others; also
    ValueError for an answer of more than 96 kB beside its literals, such as the structure of 2,000 parts.
    """
    if sum(len(piece if isinstance(piece, bytes) else piece[0]) for piece in pieces) > _PARSED_OCTETS:
        raise ValueError("a longer answer than anybody's mail needs")
    for items in parse_fetch_response(list(pieces), normalise_times=False, uid_is_key=False).values():
        if isinstance(uid := items.get(b"UID"), int):
            return uid, items
    return None


def _parsed(pieces: Sequence[Piece]) -> RawHeaders | None:
    uid, items = _lenient(pieces)
    for key, block in items.items():
        if key.upper().startswith(b"BODY[HEADER.FIELDS"):
            return RawHeaders(
                uid=uid,
                flags=_without_recent(items.get(b"FLAGS")),
                size=_kept(items.get(b"RFC822.SIZE")) or 0,
                internal_date=_in_utc(items.get(b"INTERNALDATE")),
                block=octets(block),
                labels=_names(items.get(b"X-GM-LABELS")),
                conversation=_kept(items.get(b"X-GM-THRID")),
            )
    text = b" ".join(piece if isinstance(piece, bytes) else piece[0] for piece in pieces)
    match = _UID.search(text)
    return RawHeaders(int(match[1]), frozenset(), 0, None, b"") if match and b"BODY[" in text.upper() else None


def _lenient(pieces: Sequence[Piece]) -> tuple[int, dict[bytes, Any]]:
    """Read one FETCH answer, or nothing: a server's nonsense about one message must not hide the others."""
    try:
        return parse(pieces) or (0, {})
    except Exception:  # noqa: BLE001 - the parser raises whatever it stumbles over
        return 0, {}


def _head(line: bytes) -> re.Match[bytes] | None:
    """Match what stands before a header block when it is of the ordinary shape and names its UID."""
    echo = (line.find(_ECHO) + 1) or (line.upper().find(_ECHO) + 1)
    match = _HEAD.fullmatch(line, 0, echo)
    return match if match and match["uid"] and _is_echo(line[echo : line.rfind(b" {")]) else None


@lru_cache(maxsize=64)
def _is_echo(words: bytes) -> bool:
    """Tell whether this is what was asked for, echoed; the same with every message, and longer than all the rest."""
    return _WANTED.fullmatch(words) is not None


def _names(value: Any) -> frozenset[str]:
    words = value if isinstance(value, list | tuple) else ()
    return frozenset("NIL" if one is None else octets(one).decode("utf-8", "replace") for one in words)


def _kept(value: Any) -> int | None:
    """Return a size or an X-GM-THRID; None when it is no number that SQLite keeps (no honest one is so large)."""
    return value if isinstance(value, int) and value < 2**63 else None


def _in_utc(value: Any) -> datetime | None:
    try:
        return value.astimezone(UTC) if isinstance(value, datetime) else None
    except OverflowError:
        return None


def octets(value: Any) -> bytes:
    """Return the bytes of an item that the parser may have taken for a number or NIL."""
    return value if isinstance(value, bytes) else b"" if value is None else str(value).encode()


def _without_recent(value: Any) -> frozenset[str]:
    r"""Return flags but for \Recent, which says something about sessions and nothing about the message."""
    return frozenset(name for name in _names(value) if name.lower() != "\\recent")


@lru_cache(maxsize=512)
def _words(flags: bytes) -> frozenset[str]:
    return _without_recent(flags.split())


@lru_cache(maxsize=512)
def _labels(value: bytes) -> frozenset[str]:
    return frozenset(
        (match[2] if match[1] is None else re.sub(rb"\\(.)", rb"\1", match[1])).decode("utf-8", "replace")
        for match in _LABEL.finditer(value)
    )
