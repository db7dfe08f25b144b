"""Mail addresses out of header fields: whatever has more than one reading is no address."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from assistant.idn import ascii_domain
from assistant.mailbox.words import decode_bytes, decode_words, visible
from assistant.model import Address

FIELD_LIMIT = 8192
_NAME_LIMIT = 200
_DEPTH_LIMIT = 50
_CACHED_LENGTH = 256  # longer fields rarely repeat, and would fill the memory

_ADDRESS = re.compile(r"([\w!#$%&'*+/=?^`{|}~.-]{1,255})@(\w(?:[\w.-]{0,253}\w)?)")
_BETWEEN_WORDS = re.compile(r"[\s<>()\"',;:\[\]]+")
# The two shapes that nearly all senders use, without anything that could be read in another way, or slowly.
_PLAIN = re.compile(
    r"""(?:"([^"\\@<>]*)"\s*|([^"\\@<>(),:;\[\]]*))<([\w.+-]+@[\w.-]+\w)>|([\w.+-]+@[\w.-]+\w)""", re.ASCII
)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_TOKEN = re.compile(
    r"""
    (?P<word>=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)   # first, since some programs leave commas in encoded words
  | (?P<quoted>"(?:[^"\\]|\\.)*")
  | (?P<angle><[^<>]*>)
  | (?P<special>[(),;:<>"])
  | (?P<text>(?:(?!=\?)[^(),;:<>"])+ | =\?)
    """,
    re.VERBOSE | re.DOTALL,
)


class AddressField(NamedTuple):
    """The addresses of one field; ``clean`` is false when any part of it had no single reading."""

    addresses: tuple[Address, ...]
    clean: bool


def read_addresses(value: bytes) -> AddressField:
    """Read a From, Reply-To, To or Cc field (RFC 5322, section 3.4) in one pass, without recursion.

    Refused as ambiguous (Python's own parsers pick one reading): ``a@b <c@d>``, a display name with
    another address in it, text after the angle brackets, unclosed quotes, comments deeper than 50.
    """
    if len(value) <= _CACHED_LENGTH:
        return _read_cached(value)
    if len(value) > FIELD_LIMIT:
        return AddressField(_read(value[: value.rfind(b",", 0, FIELD_LIMIT) + 1]).addresses, clean=False)
    return _read(value)


@lru_cache(maxsize=8192)
def _read_cached(value: bytes) -> AddressField:
    return _read(value)


def _read(value: bytes) -> AddressField:
    text = decode_bytes(value)
    if len(text) <= _CACHED_LENGTH and (alone := _plain(text)):
        return AddressField((alone,), clean=True)
    # A comma within quotes leaves parts without an address of their own, and so the field to the other reader; one
    # within an encoded word might not.
    parts = text.split(",") if "=?" not in text else []
    plain = tuple(one for part in parts if len(part) <= _CACHED_LENGTH and (one := _plain(part)))
    return AddressField(plain, clean=True) if plain and len(plain) == len(parts) else _parse(text)


@lru_cache(maxsize=8192)
def _plain(text: str) -> Address | None:
    """Return the address when it is written in one of the usual ways, None otherwise."""
    if plain := _PLAIN.fullmatch(text.strip()):
        name = visible(decode_words(plain[1] or plain[2] or ""))
        if "@" not in name:
            return Address((plain[3] or plain[4]).lower(), _tidy(name))
    return None


@dataclass(slots=True)
class _Item:
    """What was gathered of one address so far; ``only_a_name`` while nothing but words was met."""

    phrase: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None
    broken: bool = False
    quoted: bool = False
    has_words: bool = False
    only_a_name: bool = False

    @property
    def text(self) -> str:
        return "".join(self.phrase).strip(" \t,")

    def add(self, text: str) -> None:
        if text.strip():
            self.broken |= self.angle is not None
            self.only_a_name = "@" not in text and (self.only_a_name or not self.has_words)
            self.has_words = True
        self.phrase.append(text)


def _parse(text: str) -> AddressField:
    found: list[Address] = []
    clean, item, place = True, _Item(), 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        assert token is not None, "every character starts a token"
        place, kind, piece = token.end(), token.lastgroup, token.group()
        if kind in ("text", "word"):
            item.add(piece)
        elif kind == "quoted":
            item.quoted = True
            item.add(re.sub(r"\\(.)", r"\1", piece[1:-1], flags=re.DOTALL))
        elif kind == "angle":
            item.broken |= item.angle is not None
            item.only_a_name = False
            item.angle = piece[1:-1].strip()
        elif piece == "(":
            comment, place = _comment(text, place)
            if comment is None:
                return AddressField(tuple(found), clean=False)
            item.comments.append(comment)
        elif piece == "," and item.only_a_name:  # "Lima, Ana <ana@example.org>" without quotes
            item.phrase.append(",")
        elif piece in ",;":
            clean &= _finish(item, found)
            item = _Item()
        elif piece == ":":  # the name of a group ends here
            clean, item = False, _Item()
        else:  # an angle bracket or a quote without its other half: nothing after it can be trusted
            return AddressField(tuple(found), clean=False)
    clean &= _finish(item, found)
    return AddressField(tuple(found), clean)


def _comment(text: str, start: int) -> tuple[str | None, int]:
    """Return the content of the comment that begins at ``start`` and where it ends; None when it never does."""
    depth = 1
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark.group(), 0)
        if depth == 0:
            return text[start : mark.start()], mark.end()
        if depth > _DEPTH_LIMIT:
            break
    return None, len(text)


def _finish(item: _Item, found: list[Address]) -> bool:
    """Add the address of this item if it has exactly one reading; tell whether nothing was doubtful."""
    if item.angle is None and not item.text:
        return True
    address = None if item.broken or (item.angle is None and item.quoted) else clean_address(item.angle or item.text)
    if address is None:
        return False
    comments = visible(decode_words(" ".join(item.comments)))
    name = comments if item.angle is None else visible(decode_words(item.text))
    words = _BETWEEN_WORDS.split(f"{name} {comments}")
    others = {word.strip(".").lower() for word in words if "@" in word[1:-1]}
    if others - {address}:
        return False
    found.append(Address(address, "" if others else _tidy(name)))
    return True


def _tidy(name: str) -> str:
    """Take off the quotes that Outlook puts around names."""
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name[:_NAME_LIMIT]


def clean_address(text: str) -> str | None:
    """Return an address in lower case, its domain in ASCII, or None when it is not plainly one."""
    match = _ADDRESS.fullmatch(text)
    if match is None or "=?" in text or not text.isprintable():
        return None
    domain = ascii_domain(match[2])
    return None if domain is None else f"{match[1].lower()}@{domain}"
