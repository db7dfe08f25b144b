"""A settings file as it was found: its text, what is in it, and who else could change it."""

from __future__ import annotations

import os
import shlex
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError


class SettingsFile:
    """A settings file as it was found; ``content`` is None when it cannot be used, {} when it does not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = ""
        self.content: dict[str, Any] | None = {}
        self.problems: list[str] = []
        self.remarks: list[str] = []
        if is_file(path):
            self.problems += unsafe(path)
            self.remarks += _readable_by_others(path)
            self._read()
        elif path.is_symlink():
            self.problems.append(f"{path}: this link leads to no file; mend or remove it.")

    def _read(self) -> None:
        self.content = None
        try:
            self.text = self.path.read_text(encoding="utf-8-sig")  # some editors begin a file with U+FEFF
            self.content = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            reason, _, spot = str(error).partition(" (at ")  # "line 3, column 6" or "end of document"
            where = f", {spot.partition(',')[0].rstrip(')')}"
            self.problems.append(f"{self.path}{where}: this is not TOML: {reason[0].lower()}{reason[1:]}.")
        except UnicodeDecodeError:
            self.problems.append(f"{self.path}: this is not text in UTF-8; save it as UTF-8.")
        except OSError as error:
            self.problems.append(f"{self.path}: cannot be read: {error.strerror}.")


def replace_file(path: Path, text: str) -> None:
    """Write a file for the user alone, whole or not at all. Raises ConfigError when that cannot be done.

    A link stays one: the file that it leads to is replaced.
    """
    there = Path(os.path.realpath(path))
    fresh = there.with_name(f".{there.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(there)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ConfigError(
            [f"{path} cannot be written: {error.strerror or error}."],
            "Make room there, or look who owns the directory.",
        ) from error


def is_file(path: Path) -> bool:
    """Tell whether a file is there. Raises ConfigError when that cannot be found out."""
    try:
        return path.is_file()
    except OSError as error:
        raise ConfigError(
            [f"{path}: cannot be read: {error.strerror}."], "Check the owner of its directory."
        ) from error


def unsafe(path: Path) -> Iterator[str]:
    """Say who else could change what the program does: it runs commands and writes to people named here."""
    about = path.stat()
    shared = path.is_dir() and about.st_mode & stat.S_ISVTX  # as /tmp: others cannot replace what lies there
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not shared:
        yield f"{path}: others may change it; run: chmod go-w {shlex.quote(str(path))}"
    if about.st_uid not in (os.geteuid(), 0) and not shared:
        yield f"{path}: it belongs to somebody else; make it your own."


def _readable_by_others(path: Path) -> Iterator[str]:
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield f"{path}: others may read it; run: chmod 600 {shlex.quote(str(path))}"
