"""Reads people from vCards as phones, mail programs and address books export them (2.1, RFC 2426, RFC 6350).

Exports are seldom clean: folded lines, quoted-printable that runs over lines without being folded, groups
("item1.EMAIL"), pictures of megabytes, cards without an end. Whatever cannot be understood is left out alone.
"""

from __future__ import annotations

import codecs
import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

LONGEST = 64 * 1024  # bytes of one property that are kept; only pictures and sounds are longer
_LINE = re.compile(
    rb"""\s*+(?:[\w-]++\.)?+           # a group: item1.
         ([\w-]++)                     # the property
         ((?:;(?:"[^"]*+"|[^":;]++)*+)*+)  # its parameters, some in quotes
         :(.*+)""",
    re.VERBOSE | re.DOTALL,
)
_PARAMETER = re.compile(r';((?:"[^"]*+"|[^";]++)*+)')
_BOUND = re.compile(rb"\s*+(?:BEGIN|END)\s*+:\s*+VCARD\s*+", re.IGNORECASE)
_BARE_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "7BIT", "8BIT"})
_GROUPS = frozenset({"KIND", "X-ADDRESSBOOKSERVER-KIND"})
_WANTED = frozenset({"FN", "N", "NICKNAME", "ORG", "EMAIL", "NOTE", "LANG", "CATEGORIES", *_GROUPS})


@dataclass(frozen=True, slots=True)
class VCard:
    """What a card says about a person; texts are empty where it says nothing.

    ``line`` is where the card begins (from 1), ``addresses`` are pairs of line and address as written there.
    ``language`` is the first subtag of LANG ("de" of de-AT), None when it has none.
    """

    line: int
    name: str
    addresses: tuple[tuple[int, str], ...]
    organisation: str = ""
    note: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    line: int
    texts: dict[str, str] = field(default_factory=dict)
    addresses: list[tuple[int, str]] = field(default_factory=list)


def read_vcards(stream: BinaryIO) -> Iterator[VCard]:
    """Yield the people of an export in its order; cards of groups are left out. Linear, and holds one card at a time.

    A card without an end ends where the next one begins; a card inside another (AGENT) is passed over.
    """
    draft: _Draft | None = None
    inside = 0  # cards within this one that have begun and not ended
    agent = False
    for number, line in _unfolded(_lines(stream)):
        found = _LINE.match(line)
        if found is None:
            continue
        name = found[1].decode("ascii", "replace").upper()
        if _BOUND.fullmatch(line):
            if name == "BEGIN" and draft is not None and agent:
                inside += 1
            elif name == "END" and inside:
                inside -= 1
            else:
                if draft is not None and (card := _card(draft)):
                    yield card
                draft, inside = _Draft(number) if name == "BEGIN" else None, 0
        elif draft is not None and not inside and name in _WANTED:
            _note(draft, number, name, _value(found[2].decode("latin-1"), found[3]))
        agent = name == "AGENT" and not found[3].strip()
    if draft is not None and (card := _card(draft)):
        yield card


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file in UTF-8 or a charset like it, without line ends, each cut at LONGEST."""
    mark = stream.read(2)
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        reader = codecs.getreader("utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be")(stream, "replace")
        for text in reader:
            yield text.rstrip("\r\n").encode("utf-8", "replace")[:LONGEST]
        return
    start = mark if mark.endswith(b"\n") else mark + stream.readline(LONGEST)
    yield from (line.removeprefix(codecs.BOM_UTF8) for line in _whole(start, stream))
    while start := stream.readline(LONGEST):
        yield from _whole(start, stream)


def _whole(start: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield a line of which the beginning was read, and pass over what is too long of it."""
    rest = start
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(LONGEST)
    yield start.rstrip(b"\r\n")


def _unfolded(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield each logical line with the number of its first one."""
    began, parts, length, soft = 0, list[bytes](), 0, False
    for number, line in enumerate(lines, 1):
        folded = line[:1] in (b" ", b"\t")
        if parts and (folded or soft) and not _BOUND.fullmatch(line):
            if soft:
                parts[-1] = parts[-1][:-1]
            piece = line[1:] if folded and not soft else line
            if length < LONGEST:
                parts.append(piece)
                length += len(piece)
        else:
            if parts:
                yield began, b"".join(parts)
            began, parts, length = number, [line], len(line)
        soft = parts[-1].endswith(b"=") and b"QUOTED-PRINTABLE" in parts[0].partition(b":")[0].upper()
    if parts:
        yield began, b"".join(parts)


def _value(parameters: str, value: bytes) -> str:
    """Return the text of a property, decoded as its parameters say; "" for what is no text."""
    given = _parameters(parameters)
    encoding = given.get("ENCODING", "").upper()
    if encoding in ("B", "BASE64"):
        return ""
    raw = quopri.decodestring(value) if encoding == "QUOTED-PRINTABLE" else value
    for charset in (given.get("CHARSET", "utf-8"), "utf-8", "cp1252"):
        try:
            return raw.decode(charset)
        except (LookupError, ValueError):  # an unknown charset, one that is no charset of text, or not this one
            continue
    return raw.decode("utf-8", "replace")


def _parameters(text: str) -> Mapping[str, str]:
    """Return the parameters by name; vCard 2.1 may leave out the names."""
    found: dict[str, str] = {}
    for one in _PARAMETER.findall(text):
        name, given, value = one.partition("=")
        if not given:
            name, value = ("ENCODING" if name.strip().upper() in _BARE_ENCODINGS else "TYPE"), name
        found.setdefault(name.strip().upper(), value.strip(' "'))
    return found


def _note(draft: _Draft, number: int, name: str, value: str) -> None:
    if name == "EMAIL":
        address = _line(_plain(value)).removeprefix("mailto:").strip()
        if address:
            draft.addresses.append((number, address))
    elif value.strip():
        draft.texts.setdefault(name, value)


def _card(draft: _Draft) -> VCard | None:
    texts = draft.texts
    if any(texts.get(key, "").strip().lower() == "group" for key in _GROUPS):
        return None
    organisation = ", ".join(filter(None, _parts(texts.get("ORG", ""), ";")))
    language = re.match(r"\s*([A-Za-z]{2})(?![A-Za-z])", texts.get("LANG", ""))
    return VCard(
        draft.line,
        _name(texts) or organisation,
        tuple(draft.addresses),
        organisation,
        "\n".join(filter(None, map(_line, _plain(texts.get("NOTE", "")).splitlines()))),
        language[1].lower() if language else None,
        tuple(filter(None, _parts(texts.get("CATEGORIES", ""), ","))),
    )


def _name(texts: Mapping[str, str]) -> str:
    """Return the name as it is shown, unless that is turned ("Ruiz, Ana") or an address; else the one in parts."""
    shown = _line(_plain(texts.get("FN", "")))
    family, given, *_ = [*_parts(texts.get("N", ""), ";"), "", ""]
    in_parts = f"{given} {family}".strip()
    if "," in shown and in_parts:
        shown = in_parts
    names = (shown, in_parts, _line(_plain(texts.get("NICKNAME", ""))))
    return next((name for name in names if name and "@" not in name), "")


def _parts(value: str, separator: str) -> list[str]:
    return [_line(_plain(part)) for part in re.split(rf"(?<!\\){separator}", value)]


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def _line(text: str) -> str:
    """Return a text as one line of visible characters."""
    kept = (character if character.isprintable() else " " if character.isspace() else "" for character in text)
    return " ".join("".join(kept).split())
