"""Reads the shipped tables of words and patterns, and checks them as it does."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from assistant.errors import ConfigError

CURE = "The file comes with the program; install followup-assistant again."
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl")
"""The languages that have a table."""
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "¿": " ", "¡": " "})
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


def section_of(code: str, section: str) -> Mapping[str, object]:
    """Return one section of a language's table. Raises ConfigError when it is missing."""
    found = table(code).get(section)
    if not isinstance(found, dict):
        raise ConfigError([f"cues/{code}.toml: [{section}] is missing"], CURE)
    return found


def listed(code: str, section: str, key: str) -> tuple[str, ...]:
    """Return a list of texts of a language. Raises ConfigError when it is anything else."""
    value = section_of(code, section).get(key)
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ConfigError([f"cues/{code}.toml, {section}.{key}: a list of texts is expected"], CURE)
    return tuple(value)


def pattern(code: str, section: str, key: str, *, end: str = r"(?!\w)", bounded: bool = True) -> re.Pattern[str]:
    """Return one expression for a list of texts of a language. Raises ConfigError when it is none."""
    whole = "|".join(listed(code, section, key))
    try:
        return re.compile(rf"(?<!\w)(?:{whole}){end}" if bounded else whole)
    except re.error as error:
        raise ConfigError([f"cues/{code}.toml, {section}.{key}: a text is no expression ({error})"], CURE) from error


def smoothed(text: str) -> str:
    """Return a text as the expressions expect it, but for its case: straight quotes, no "¿", single spaces."""
    return " ".join(text.translate(_STRAIGHT).split())
