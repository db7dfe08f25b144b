"""choices.toml: pauses, rests, never and opt-outs; a file of its own, so that they survive the loss of the database."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError
from assistant.model import Choices

FILE = "choices.toml"
FOREVER = "until resumed"


def load_choices(directory: Path) -> Choices:
    """Read choices.toml in the configuration directory; a missing file means that nothing was chosen.

    Raises ConfigError when it cannot be read: an opt-out must never be forgotten by accident.
    """
    path = directory / FILE
    if not path.exists():
        return Choices()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return Choices(
            paused={address.lower(): _end(until) for address, until in content.get("paused", {}).items()},
            rests={key: _aware(day) for key, day in content.get("rests", {}).items()},
            never=frozenset(one.lower() for one in content.get("never", [])),
            opted_out=frozenset(one.lower() for one in content.get("opted_out", [])),
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError, TypeError, ValueError) as error:
        raise ConfigError(
            [f"{path} cannot be read: {error}."], "Mend the file, or move it away to lose all pauses and opt-outs."
        ) from error


def save_choices(directory: Path, choices: Choices) -> None:
    """Write choices.toml, whole or not at all."""
    import tomli_w

    content: dict[str, Any] = {
        "never": sorted(choices.never),
        "opted_out": sorted(choices.opted_out),
        "paused": {address: until or FOREVER for address, until in sorted(choices.paused.items())},
        "rests": dict(sorted(choices.rests.items())),
    }
    fresh = directory / f".{FILE}.{os.getpid()}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        tomli_w.dump(_plain(content), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / FILE)


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: dict(value) if isinstance(value, Mapping) else value for key, value in content.items()}


def _end(until: object) -> datetime | None:
    return None if until == FOREVER else _aware(until)


def _aware(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"{value!r} is not a time with an offset")
    return value
