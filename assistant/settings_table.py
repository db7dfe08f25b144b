"""The table of settings as people and programs read it, made from the models that check the files."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from assistant.problems import table_in
from assistant.settings import CONTACTS, ELSEWHERE, ContactSettings, Offer, Settings

FILES: dict[str, tuple[str, type[BaseModel]]] = {
    "config.toml": ("", Settings),
    CONTACTS: ("contacts", ContactSettings),
    "offers.toml": ("offers", Offer),
}
"""What each settings file holds: the table all of it stands in ("" for several), and its model."""

SCHEMA = 1
_KINDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path", time: "time"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: where it stands, what may be written there, and what it means.

    ``table`` is written as in the file, "[me]" or "[[accounts]]". ``default`` is what counts when it is
    left out, as TOML writes it; None when it then counts as not set. ``constraint`` is "" when there is none.
    """

    file: str
    table: str
    key: str
    kind: str
    required: bool
    default: str | None
    constraint: str
    description: str


def settings_table() -> Iterator[Setting]:
    """Yield every setting of all three files, in the order of the files."""
    for file, (name, model) in FILES.items():
        if name:
            yield from _of_table(file, f"[[{name}]]", model)
        else:
            for key, field in _written(model):
                inner = table_in(field.annotation)
                assert inner is not None, "config.toml holds nothing but tables"
                many = get_origin(_bare(field.annotation)) is tuple
                yield from _of_table(file, f"[[{key}]]" if many else f"[{key}]", inner)


def json_schema() -> dict[str, Any]:
    """Return a JSON Schema (2020-12) for each file, under its name, and ``schema``, the version of this object."""
    found: dict[str, Any] = {"schema": SCHEMA}
    for file, (name, model) in FILES.items():
        one = model.model_json_schema()
        if name:
            definitions = {"$defs": one.pop("$defs")} if "$defs" in one else {}
            one = {"type": "object", "properties": {name: {"type": "array", "items": one}}, **definitions}
            one["additionalProperties"] = False
        else:
            for key in ELSEWHERE:
                del one["properties"][key]
            used = {inner.__name__ for _, field in _written(model) if (inner := table_in(field.annotation))}
            one["$defs"] = {key: value for key, value in one["$defs"].items() if key in used}
        found[file] = one
    return found


def _of_table(file: str, table: str, model: type[BaseModel]) -> Iterator[Setting]:
    for key, field in _written(model):
        yield Setting(
            file,
            table,
            key,
            _kind(field.annotation),
            field.is_required(),
            _default(field),
            _constraint(field),
            field.description or "",
        )


def _written(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the fields that a person may write; the others are filled by the program."""
    return ((key, field) for key, field in model.model_fields.items() if not field.exclude)


def _bare(annotation: Any) -> Any:
    """Return a type without validators and without "or nothing"."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation


def _kind(annotation: Any) -> str:
    plain = _bare(annotation)
    if get_origin(plain) is Literal:
        return " | ".join(f'"{value}"' for value in get_args(plain))
    if get_origin(plain) is tuple:
        return f"list of {_kind(get_args(plain)[0])}"
    return _KINDS[typing.cast("type", plain)]


def _default(field: FieldInfo) -> str | None:
    value = field.default
    if field.is_required() or (not value and value is not False):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{one}"' for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _constraint(field: FieldInfo) -> str:
    words = {"ge": "{} or more", "gt": "more than {}", "le": "{} at most", "max_length": "{} characters at most"}
    parts = [
        words[name].format(limit)
        for rule in field.metadata
        for name in words
        if (limit := getattr(rule, name, None)) is not None
    ]
    return ", ".join(parts)
