"""The IMAP grammar: command lines to arguments, values to the bytes of a response."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TypeAlias

MAX_DEPTH = 50
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")


class Refused(Exception):
    """A command that cannot be carried out; the text follows NO in the tagged answer."""

    condition = b"NO"


class Malformed(Refused):
    """A command that breaks the grammar or comes at the wrong time; answered with BAD."""

    condition = b"BAD"


class Atom(bytes):
    """A word without quotes."""


class Literal(bytes):
    """A string sent after its length."""


Argument: TypeAlias = "bytes | list[Argument]"

_TOKEN = re.compile(
    rb"""(?P<space>\x20+)
    | (?P<open>\() | (?P<close>\))
    | "(?P<quoted>(?:[^"\\\r\n]|\\["\\])*)"
    | \{(?P<literal>\d{1,10})\+?\}\r\n
    | (?P<atom>(?:\[[^\]]*\]|[^\x00-\x20\x7f()"{\[])+)  # BODY[HEADER.FIELDS (TO)] is one atom
    """,
    re.VERBOSE,
)


def parse_arguments(line: bytes) -> list[Argument]:
    """Return the arguments in a line: bytes for strings and atoms, lists for parentheses.

    Raises Malformed.
    """
    open_lists: list[list[Argument]] = [[]]
    position = 0
    while position < len(line):
        token = _TOKEN.match(line, position)
        if token is None:
            raise Malformed("unexpected character")
        position = token.end()
        match token.lastgroup:
            case "open":
                open_lists.append([])
                if len(open_lists) > MAX_DEPTH:
                    raise Malformed("too many parentheses")
            case "close":
                closed = open_lists.pop()
                if not open_lists:
                    raise Malformed("unbalanced parentheses")
                open_lists[-1].append(closed)
            case "quoted":
                open_lists[-1].append(re.sub(rb"\\(.)", rb"\1", token["quoted"]))
            case "literal":
                end = position + int(token["literal"])
                open_lists[-1].append(Literal(line[position:end]))
                position = end
            case "atom":
                open_lists[-1].append(Atom(token["atom"]))
    if len(open_lists) > 1:
        raise Malformed("unbalanced parentheses")
    return open_lists[0]


class Arguments:
    """The arguments of a command, taken from the left; the wrong kind raises Malformed."""

    def __init__(self, values: Iterable[Argument]) -> None:
        self._values = list(values)
        self._values.reverse()

    def __len__(self) -> int:
        return len(self._values)

    def next(self) -> Argument:
        """Return whatever comes next."""
        if not self._values:
            raise Malformed("missing argument")
        return self._values.pop()

    def next_is_list(self) -> bool:
        """Tell whether parentheses come next."""
        return bool(self._values) and isinstance(self._values[-1], list)

    def list(self) -> "Arguments":
        """Return the content of parentheses."""
        value = self.next()
        if not isinstance(value, list):
            raise Malformed("expected a list in parentheses")
        return Arguments(value)

    def one_or_list(self) -> "Arguments":
        """Return the content of parentheses, or the one argument without them."""
        return self.list() if self.next_is_list() else Arguments([self.next()])

    def string(self) -> bytes:
        """Return an atom, quoted string or literal."""
        value = self.next()
        if isinstance(value, list):
            raise Malformed("expected a string")
        return value

    def literal(self) -> bytes:
        """Return a literal; nothing else will do."""
        value = self.next()
        if not isinstance(value, Literal):
            raise Malformed("expected a literal")
        return value

    def keyword(self) -> str:
        """Return a word of the protocol in capitals."""
        return self.string().decode("ascii", "replace").upper()

    def keywords(self) -> tuple[str, ...]:
        """Return all the words that are left."""
        return tuple(self.keyword() for _ in range(len(self)))

    def text(self) -> str:
        """Return a string as text; broken UTF-8 is replaced."""
        return self.string().decode("utf-8", "replace")

    def mailbox(self) -> str:
        """Return the name of a mailbox, decoded."""
        name = decode_mailbox(self.string())
        return "INBOX" if name.upper() == "INBOX" else name

    def date(self) -> date:
        """Return a day such as 7-Mar-2024."""
        return parse_date(self.string())

    def numbers(self, largest: int) -> "NumberSet":
        """Return a set of sequence numbers or UIDs, * being the largest in use."""
        return NumberSet.parse(self.string(), largest)

    def flags(self) -> set[str]:
        r"""Return flags as (\Seen $Later), or the same without parentheses at the end."""
        words = self.list() if self.next_is_list() else self
        return {_flag(words.string()) for _ in range(len(words))} - {"\\Recent"}

    def end(self) -> None:
        """Insist that nothing is left."""
        if self._values:
            raise Malformed("too many arguments")


def _flag(word: bytes) -> str:
    if not re.fullmatch(rb"\\?[^\x00-\x20\x7f-\xff(){%*\"\\\]]+", word):
        raise Malformed("not a flag")
    flag = word.decode("ascii")
    known = {name.lower(): name for name in (*SYSTEM_FLAGS, "\\Recent")}
    if flag.startswith("\\") and flag.lower() not in known:
        raise Malformed("unknown system flag")
    return known.get(flag.lower(), flag)


@dataclass(frozen=True, slots=True)
class NumberSet:
    """A set such as 2,4:7,9:*, where * was the largest number in use."""

    singles: frozenset[int]
    ranges: tuple[range, ...]

    @classmethod
    def parse(cls, text: bytes, largest: int) -> "NumberSet":
        """Return the set written in an argument; raises Malformed."""
        singles, ranges = set(), []
        for piece in text.split(b","):
            ends = re.fullmatch(rb"([1-9]\d{0,9}|\*)(?::([1-9]\d{0,9}|\*))?", piece)
            if ends is None:
                raise Malformed("not a set of numbers")
            first, last = sorted(largest if end == b"*" else int(end) for end in ends.groups(ends[1]))
            if first == last:
                singles.add(first)
            else:
                ranges.append(range(first, last + 1))
        return cls(frozenset(singles), tuple(ranges))

    def __contains__(self, number: int) -> bool:
        return number in self.singles or any(number in span for span in self.ranges)

    def largest(self) -> int:
        """Return the largest number in the set."""
        return max([*self.singles, *(span[-1] for span in self.ranges)])


def decode_mailbox(name: bytes) -> str:
    """Return a mailbox name from modified UTF-7 (RFC 3501, 5.1.3); raises Malformed."""

    def decoded(shifted: re.Match[str]) -> str:
        if not shifted[1]:
            return "&"
        padded = shifted[1].replace(",", "/") + "=" * (-len(shifted[1]) % 4)
        return base64.b64decode(padded, validate=True).decode("utf-16-be")

    try:
        text = re.sub("&([^-&]*)-", decoded, name.decode("ascii"))
    except (binascii.Error, UnicodeDecodeError):
        raise Malformed("mailbox name is not modified UTF-7") from None
    if not text.isprintable():
        raise Malformed("control character in a mailbox name")
    return text


def encode_mailbox(name: str) -> bytes:
    """Return a mailbox name in modified UTF-7."""

    def encoded(run: re.Match[str]) -> str:
        shifted = base64.b64encode(run[0].encode("utf-16-be")).decode("ascii")
        return "&" + shifted.rstrip("=").replace("/", ",") + "-"

    return re.sub("[^\x20-\x7e]+", encoded, name.replace("&", "&-")).encode("ascii")


def parse_date(text: bytes) -> date:
    """Return the day in 7-Mar-2024; raises Malformed."""
    found = re.fullmatch(r" ?(\d{1,2})-([A-Za-z]{3})-(\d{4})", text.decode("ascii", "replace"))
    try:
        if found:
            return date(int(found[3]), MONTHS.index(found[2].title()) + 1, int(found[1]))
    except ValueError:
        pass
    raise Malformed("not a date")


def parse_date_time(text: bytes) -> datetime:
    """Return the moment in "7-Mar-2024 08:15:00 +0100" as UTC; raises Malformed."""
    day = parse_date(text[:-15])
    found = re.fullmatch(rb" (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)", text[-15:])
    if found is None:
        raise Malformed("not a date and time")
    hour, minute, second, zone_hours, zone_minutes = (int(found[n]) for n in (1, 2, 3, 5, 6))
    offset = timedelta(hours=zone_hours, minutes=zone_minutes)
    try:
        zone = timezone(-offset if found[4] == b"-" else offset)
        return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("not a date and time") from None


def format_date_time(moment: datetime) -> bytes:
    """Return an aware datetime as INTERNALDATE writes it."""
    moment = moment.astimezone(UTC)
    month = MONTHS[moment.month - 1]
    return f'"{moment.day:02}-{month}-{moment.year:04} {moment:%H:%M:%S} +0000"'.encode("ascii")


def literal(value: bytes) -> bytes:
    """Return a string as a literal."""
    return b"{%d}\r\n%s" % (len(value), value)


def string(value: bytes) -> bytes:
    """Return a string in quotes, or as a literal where quotes will not do."""
    if len(value) < 200 and re.fullmatch(rb"[\x20-\x7e]*", value):
        return b'"' + re.sub(rb'(["\\])', rb"\\\1", value) + b'"'
    return literal(value)


def nstring(value: bytes | None) -> bytes:
    """Return a string, or NIL for None."""
    return b"NIL" if value is None else string(value)


def flag_list(flags: Iterable[str]) -> bytes:
    """Return flags in parentheses, sorted."""
    return b"(" + " ".join(sorted(flags)).encode("ascii") + b")"
