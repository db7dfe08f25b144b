"""A message as its raw bytes show it: header and body, fields, and the parts inside it."""

import re
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesHeaderParser
from functools import cached_property

from assistant.demo.wire import MAX_DEPTH


def split_message(raw: bytes) -> tuple[bytes, bytes]:
    """Return the header, its closing empty line included, and the body."""
    gap = re.search(rb"(?:\A|\r?\n)\r?\n", raw)
    return (raw[: gap.end()], raw[gap.end() :]) if gap else (raw, b"")


_FIELD = re.compile(rb"^([^\s:]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)\n?", re.MULTILINE)


def header_fields(header: bytes, name: bytes) -> list[bytes]:
    """Return the unfolded values of every field with this name."""
    return [
        re.sub(rb"\r?\n(?=[ \t])", b"", found[2]).strip()
        for found in _FIELD.finditer(header)
        if found[1].lower() == name.lower()
    ]


def first_field(header: bytes, name: bytes) -> bytes | None:
    """Return the unfolded value of the first field with this name, if there is one."""
    return next(iter(header_fields(header, name)), None)


def chosen_fields(header: bytes, names: Iterable[bytes], *, listed: bool) -> bytes:
    """Return the raw fields with one of the names, or those with none of them, and an empty line."""
    wanted = {name.lower() for name in names}
    chosen = [found[0] for found in _FIELD.finditer(header) if (found[1].lower() in wanted) is listed]
    return b"".join(chosen) + b"\r\n"


class Part:
    """A message, or an entity inside one."""

    def __init__(self, raw: bytes, depth: int = 0) -> None:
        self.header, self.body = split_message(raw)
        self.depth = depth

    @cached_property
    def fields(self) -> Message:
        """The header, parsed for its MIME fields only."""
        return BytesHeaderParser().parsebytes(self.header)

    @cached_property
    def children(self) -> list["Part"]:
        """The parts of a multipart; none for anything else."""
        boundary = self.fields.get_boundary()
        if self.fields.get_content_maintype() != "multipart" or not boundary or self._too_deep():
            return []
        escaped = re.escape(boundary.encode("utf-8", "surrogateescape"))
        line = re.compile(rb"(?:\r?\n|\A)--" + escaped + rb"(--)?[ \t]*(?=\r?\n|\Z)")
        pieces = []
        start = None
        for delimiter in line.finditer(self.body):
            if start is not None:
                pieces.append(self.body[start : delimiter.start()])
            start = delimiter.end()
            if delimiter[1]:
                break
        else:
            if start is not None:
                pieces.append(self.body[start:])
        return [Part(re.sub(rb"\A\r?\n", b"", piece), self.depth + 1) for piece in pieces]

    @cached_property
    def enclosed(self) -> "Part | None":
        """The message inside a message/rfc822 part."""
        if self.fields.get_content_type() != "message/rfc822" or self._too_deep():
            return None
        return Part(self.body, self.depth + 1)

    def _too_deep(self) -> bool:
        return self.depth >= MAX_DEPTH

    def find(self, path: list[int]) -> "Part | None":
        """Return the part with a number such as 2.1, or None."""
        part: Part | None = self
        numbered = self.numbered_parts
        for number in path:
            if not 1 <= number <= len(numbered):
                return None
            part = numbered[number - 1]
            numbered = part.enclosed.numbered_parts if part.enclosed else part.children
        return part

    @property
    def numbered_parts(self) -> list["Part"]:
        """The numbered parts of a message; a body that is not a multipart is part 1."""
        return self.children or [self]
