"""What a check of a settings file found, as sentences with file, line and key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

Place = Sequence[str | int]
"""The way to a value: keys, and numbers (from 0) in lists, as pydantic gives it."""

# pydantic's words for what is wrong (its error types) in the words of somebody who writes TOML.
_WORDS = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": 'must be a list in brackets, like ["..."]',
    "model_type": "must be a table",
    "path_type": "must be a path in quotes",
    "literal_error": "must be {expected}",
    "too_short": "must not be empty",
    "string_too_long": "may have {max_length} characters at most",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
}
_SECRETS = {"password", "passwd", "pass", "secret", "token"}
_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=")


def sentences(
    error: ValidationError, path: Path, text: str, table: type[BaseModel], prefix: Place = ()
) -> Iterator[str]:
    """Yield one sentence for each problem, in the order of the file.

    ``text`` is the file's content, ``table`` the model it was checked against, ``prefix`` the way from
    the top of the file to what was checked.
    """
    found = []
    for problem in error.errors():
        place = (*prefix, *problem["loc"])
        line = line_of(text, place)
        where = f"{path}, line {line}" if line else str(path)
        found.append((line or 0, f"{where}: {_dotted(place)}: {meaning(problem, table)}"))
    return (sentence for _, sentence in sorted(found, key=lambda one: one[0]))


def meaning(problem: Mapping[str, Any], table: type[BaseModel]) -> str:
    """Return what is wrong with one value, of the errors of a check against ``table``."""
    kind, place = problem["type"], problem["loc"]
    if kind == "extra_forbidden":
        return _unknown(str(place[-1]), _known_keys(table, place[:-1]))
    if kind == "tuple_type" and isinstance(problem["input"], dict):
        return f"write [[{place[-1]}]], with two brackets."
    if kind in _WORDS:
        return _WORDS[kind].format(**problem.get("ctx", {})) + "."
    message = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{message[0].lower()}{message[1:]}."


def _unknown(key: str, known: Sequence[str]) -> str:
    if key.lower() in _SECRETS:
        return "secrets do not belong into this file; auth says where yours comes from."
    close = difflib.get_close_matches(key, known, n=1)
    return "there is no such setting" + (f"; did you mean {close[0]}?" if close else ".")


def _known_keys(table: type[BaseModel], place: Place) -> list[str]:
    """Return the keys of the table that ``place`` leads to."""
    for part in place:
        if isinstance(part, str) and part in table.model_fields:
            table = table_in(table.model_fields[part].annotation) or table
    return [key for key, field in table.model_fields.items() if not field.exclude]


def table_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a type is or holds, None when it is a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if found := table_in(part):
            return found
    return None


def _dotted(place: Place) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).lstrip(".") or "the file"


def line_of(text: str, place: Place) -> int | None:
    """Return the line (from 1) of the key at ``place`` in a TOML text, or of its table, or None."""
    keys = tuple(str(part) for part in place if isinstance(part, str))
    wanted = next((part for part in place if isinstance(part, int)), None)  # which of several [[tables]]
    header: tuple[str, ...] = ()
    count, inside, table_line = -1, False, None
    for number, line in enumerate(text.split("\n"), 1):
        if match := _HEADER.match(line):
            header, many = tuple(match[2].split(".")), match[1] == "[["
            count += many and header == keys[:1]
            inside = header == keys[:1] and (not many or wanted is None or count == wanted)
            table_line = number if inside else table_line
        elif match := _KEY.match(line):
            path = (*header, *match[1].split("."))
            if path == keys and (inside or not header):
                return number
            if path == keys[:1]:
                table_line = number
    return table_line
