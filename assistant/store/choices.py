"""choices.toml: what the user chose about people; a file of its own, so that it survives the loss of the database."""

from __future__ import annotations

import fcntl
import os
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError
from assistant.idn import as_in_mail
from assistant.model import Choices
from assistant.settings_file import replace_file

FILE = "choices.toml"
FOREVER = "until resumed"
EVERYTHING = ""
"""The key of a pause that holds for everybody."""
KEYS = ("forgotten", "forgotten_with", "never", "opted_out", "paused", "rests")


def load_choices(directory: Path) -> Choices:
    """Read choices.toml in the configuration directory; a missing file means that nothing was chosen.

    Raises ConfigError when it cannot be read: an opt-out must never be forgotten by accident.
    """
    path = directory / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if unknown := content.keys() - KEYS:
            raise ValueError(f"{min(unknown)!r} is none of {', '.join(KEYS)}")
        return Choices(
            paused={_as_in_mail(address): _end(until) for address, until in content.get("paused", {}).items()},
            rests={key: _in_utc(day) for key, day in content.get("rests", {}).items()},
            never=_addresses(content.get("never", [])),
            opted_out=_addresses(content.get("opted_out", [])),
            forgotten={mark: _end(until) for mark, until in content.get("forgotten", {}).items()},
            forgotten_with={mark: _mark(first) for mark, first in content.get("forgotten_with", {}).items()},
        )
    except FileNotFoundError as error:
        if not path.is_symlink():
            return Choices()
        raise ConfigError(
            [f"{path} is a link that leads nowhere."],
            "Bring back the file that it names, or remove the link to lose all pauses and opt-outs.",
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError, TypeError, ValueError) as error:
        raise ConfigError(
            [f"{path} cannot be read: {error}."], "Mend the file, or move it away to lose all pauses and opt-outs."
        ) from error


def change_choices(directory: Path, change: Callable[[Choices], Choices]) -> Choices:
    """Read the choices, write what ``change`` makes of them, and return that; one process after the other."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        changed = change(load_choices(directory))
        save_choices(directory, changed)
    finally:
        os.close(handle)
    return changed


def save_choices(directory: Path, choices: Choices) -> None:
    """Write choices.toml, whole or not at all. Raises ConfigError when that cannot be done."""
    import tomli_w

    content: dict[str, Any] = {
        "never": sorted(choices.never),
        "opted_out": sorted(choices.opted_out),
        "paused": {address: until or FOREVER for address, until in sorted(choices.paused.items())},
        "forgotten": {mark: until or FOREVER for mark, until in sorted(choices.forgotten.items())},
        "forgotten_with": dict(sorted(choices.forgotten_with.items())),
        "rests": dict(sorted(choices.rests.items())),
    }
    replace_file(directory / FILE, tomli_w.dumps(content))


def _end(until: object) -> datetime | None:
    return None if until == FOREVER else _in_utc(until)


def _in_utc(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"{value!r} is not a time with an offset, like 2026-05-01T00:00:00Z")
    return value.astimezone(UTC)


def _mark(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} stands for no address")
    return value


def _addresses(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list of addresses")
    return frozenset(map(_as_in_mail, value))


def _as_in_mail(whom: str) -> str:
    """Return an address or "@domain" as mail has it; one that is none is kept, since nobody's wish is to be lost."""
    return as_in_mail(whom) or whom.lower()
