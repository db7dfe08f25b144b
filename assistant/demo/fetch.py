"""FETCH: what can be said about one message, from its flags to the parts inside it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses
from functools import partial

from assistant.demo.mailstore import StoredMessage
from assistant.demo.mime import Part, chosen_fields, first_field, split_message
from assistant.demo.wire import (
    Arguments,
    Malformed,
    flag_list,
    format_date_time,
    literal,
    nstring,
    parse_arguments,
)

MACROS = {
    b"FAST": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"),
    b"ALL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE"),
    b"FULL": (b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODY"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """A data item somebody asked for; `name` is echoed before its value."""

    name: bytes
    value: Callable[[StoredMessage], bytes]
    sets_seen: bool = False


def parse_items(arguments: Arguments) -> list[Item]:
    """Return the items named by the second argument of FETCH; raises Malformed."""
    alone = not arguments.next_is_list()
    asked = arguments.one_or_list()
    words = [asked.string() for _ in range(len(asked))]
    if alone and (macro := MACROS.get(words[0].upper())):
        words = list(macro)
    return [_item(word) for word in words]


def _item(word: bytes) -> Item:
    name = word.upper()
    if name in SIMPLE_ITEMS:
        return Item(name, SIMPLE_ITEMS[name], sets_seen=name in (b"RFC822", b"RFC822.TEXT"))
    body = re.fullmatch(rb"BODY(\.PEEK)?\[(.*)\](?:<(\d{1,10})\.([1-9]\d{0,9})>)?", name, re.DOTALL)
    if body is None:
        raise Malformed("unknown item")
    peek, section, start, count = body.groups()
    bytes_of = _section(section)
    echo = b"BODY[%s]" % section
    if start is None:
        return Item(echo, lambda message: _nliteral(bytes_of(message)), sets_seen=not peek)
    window = slice(int(start), int(start) + int(count))

    def windowed(message: StoredMessage) -> bytes:
        whole = bytes_of(message)
        return _nliteral(None if whole is None else whole[window])

    return Item(echo + b"<%d>" % int(start), windowed, sets_seen=not peek)


def _nliteral(value: bytes | None) -> bytes:
    return b"NIL" if value is None else literal(value)


_SECTION = re.compile(rb"(\d{1,5}(?:\.\d{1,5})*)?(?:(?:(?<=\d)\.|\A)([A-Z].*))?", re.DOTALL)


def _section(text: bytes) -> Callable[[StoredMessage], bytes | None]:
    """Return a function for BODY[text]; it yields None where a message has no such part."""
    section = _SECTION.fullmatch(text)
    if section is None:
        raise Malformed("unknown section")
    path = [int(number) for number in section[1].split(b".")] if section[1] else []
    words = Arguments(parse_arguments(section[2] or b""))
    kind = words.keyword() if words else ""
    names: list[bytes] = []
    if kind in ("HEADER.FIELDS", "HEADER.FIELDS.NOT"):
        listed = words.list()
        names = [listed.string() for _ in range(len(listed))]
    words.end()
    if kind not in ("", "TEXT", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "MIME"):
        raise Malformed("unknown section")
    if kind == "MIME" and not path:
        raise Malformed("MIME needs a part number")
    return partial(_bytes_of, path=path, kind=kind, names=names)


def _bytes_of(stored: StoredMessage, *, path: list[int], kind: str, names: list[bytes]) -> bytes | None:
    if not path and not kind:
        return stored.raw
    message = Part(stored.raw)
    part = message.find(path)
    if part is None:
        return None
    if kind == "MIME":
        return part.header
    if not kind:
        return part.body
    holder = part.enclosed if path else part
    if holder is None:
        return None
    match kind:
        case "TEXT":
            return holder.body
        case "HEADER":
            return holder.header
        case _:
            return chosen_fields(holder.header, names, listed=kind == "HEADER.FIELDS")


def _envelope(header: bytes) -> bytes:
    def addresses(*names: bytes) -> bytes:
        return next((_addresses(value) for name in names if (value := first_field(header, name))), b"NIL")

    values = [
        nstring(first_field(header, b"Date")),
        nstring(first_field(header, b"Subject")),
        addresses(b"From"),
        addresses(b"Sender", b"From"),
        addresses(b"Reply-To", b"From"),
        addresses(b"To"),
        addresses(b"Cc"),
        addresses(b"Bcc"),
        nstring(first_field(header, b"In-Reply-To")),
        nstring(first_field(header, b"Message-ID")),
    ]
    return b"(" + b" ".join(values) + b")"


def _addresses(value: bytes) -> bytes:
    found = []
    for name, address in getaddresses([value.decode("utf-8", "surrogateescape")]):
        if name or address:
            mailbox, _, host = address.rpartition("@") if "@" in address else (address, "", "")
            words = (name, "", mailbox, host)
            found.append(b"(" + b" ".join(_text(word or None) for word in words) + b")")
    return b"(" + b"".join(found) + b")" if found else b"NIL"


def _text(value: str | None) -> bytes:
    return nstring(None if value is None else value.encode("utf-8", "surrogateescape"))


def _structure(part: Part, *, extended: bool) -> bytes:
    if part.children:
        values = [b"".join(_structure(child, extended=extended) for child in part.children)]
        values.append(_text(part.fields.get_content_subtype()))
        extension = [_parameters(part.fields, "content-type")]
    else:
        values = _single_part(part, extended=extended)
        extension = [b"NIL"]  # Content-MD5
    if extended:
        values += [*extension, _disposition(part.fields), b"NIL", b"NIL"]
    return b"(" + b" ".join(values) + b")"


def _single_part(part: Part, *, extended: bool) -> list[bytes]:
    fields = part.fields
    kind, subtype = fields.get_content_maintype(), fields.get_content_subtype()
    if kind == "multipart" or (fields.get_content_type() == "message/rfc822" and not part.enclosed):
        kind, subtype = "text", "plain"  # nothing could be found inside
    values = [
        _text(kind),
        _text(subtype),
        _parameters(fields, "content-type", charset="us-ascii" if kind == "text" else None),
        nstring(first_field(part.header, b"Content-ID")),
        nstring(first_field(part.header, b"Content-Description")),
        nstring(first_field(part.header, b"Content-Transfer-Encoding") or b"7bit"),
        b"%d" % len(part.body),
    ]
    lines = b"%d" % part.body.count(b"\n")
    if part.enclosed:
        inside = _structure(part.enclosed, extended=extended)
        values += [_envelope(part.enclosed.header), inside, lines]
    elif kind == "text":
        values.append(lines)
    return values


def _parameters(fields: Message, header: str, *, charset: str | None = None) -> bytes:
    found = {name.lower(): value for name, value in (fields.get_params(header=header) or [])[1:]}
    if charset:
        found.setdefault("charset", charset)
    words = [_text(word) for name, value in found.items() for word in (name, collapse_rfc2231_value(value))]
    return b"(" + b" ".join(words) + b")" if words else b"NIL"


def _disposition(fields: Message) -> bytes:
    kind = fields.get_content_disposition()
    if kind is None:
        return b"NIL"
    return b"(" + _text(kind) + b" " + _parameters(fields, "content-disposition") + b")"


SIMPLE_ITEMS: dict[bytes, Callable[[StoredMessage], bytes]] = {
    b"UID": lambda message: b"%d" % message.uid,
    b"FLAGS": lambda message: flag_list(message.flags),
    b"INTERNALDATE": lambda message: format_date_time(message.internal_date),
    b"RFC822.SIZE": lambda message: b"%d" % len(message.raw),
    b"RFC822": lambda message: literal(message.raw),
    b"RFC822.HEADER": lambda message: literal(split_message(message.raw)[0]),
    b"RFC822.TEXT": lambda message: literal(split_message(message.raw)[1]),
    b"ENVELOPE": lambda message: _envelope(split_message(message.raw)[0]),
    b"BODY": lambda message: _structure(Part(message.raw), extended=False),
    b"BODYSTRUCTURE": lambda message: _structure(Part(message.raw), extended=True),
}
