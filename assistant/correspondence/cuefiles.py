"""Reads the shipped tables of words and patterns, and checks them as it does."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from assistant.errors import ConfigError

CURE = "The file comes with the program; install followup-assistant again."
_FOLDER = Path(__file__).resolve().parent / "cues"


@cache
def table(name: str) -> Mapping[str, object]:
    """Return the content of ``cues/NAME.toml``. Raises ConfigError when it is missing or no TOML."""
    path = _FOLDER / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError([f"{path}: {error}"], CURE) from error


def texts(name: str, key: str) -> tuple[str, ...]:
    """Return the list of texts under ``key`` of a table. Raises ConfigError when it is anything else."""
    value = table(name).get(key)
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ConfigError([f"{_FOLDER / name}.toml, {key}: a list of texts is expected"], CURE)
    return tuple(value)
