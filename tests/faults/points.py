"""The named points at which a run can be stopped or disturbed: each act on the mailbox, each commit to a database.

Nothing in the program knows of them: the verbs of its door and the commits of its connections are watched from here.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.mailbox.door import Door
from assistant.mailbox.secrecy import Secret
from assistant.opening import connect_to_server
from assistant.settings import AccountSettings
from assistant.store.ledger import COLUMNS
from tests.imap.world import World

READING = ("folders", "status", "headers", "uids", "glance", "flags", "arrivals", "body", "bodies", "raw")
CHANGING = ("append", "withdraw", "make")
_TABLE = re.compile(r"\s*(?:INSERT OR \w+ INTO|INSERT INTO|UPDATE|DELETE FROM) (\w+)")


class Stopped(BaseException):
    """The program is killed here."""


def stop(name: str) -> None:
    raise Stopped(name)


class Points:
    """Counts the points a run passes, by name, and does something at one of them: being killed, unless said otherwise.

    A reading act has one point, before it; an act that changes something has one before and one after it.
    """

    def __init__(self, at: int | None = None, do: Callable[[str], None] = stop) -> None:
        self.at, self.do = at, do
        self.passed: list[str] = []

    def pass_by(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.at:
            self.do(name)

    def connect(self, account: AccountSettings, secret: Secret) -> Door:
        self.pass_by("connect")
        return cast(Door, _WatchedDoor(connect_to_server(account, secret), self))

    def around(self, verb: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """Return a verb of the door that passes its points."""

        def acted(*arguments: Any) -> Any:
            where = arguments[0] if arguments else ""
            name = f"{verb} {where if isinstance(where, str) else '+'.join(where)}".strip()
            self.pass_by(name)
            found = act(*arguments)
            if verb in CHANGING:
                self.pass_by(f"{name} done")
            return found

        return acted

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count the commits of both databases, too."""
        connect = sqlite3.connect

        def watched(path: Any, **options: Any) -> sqlite3.Connection:
            if path == ":memory:":
                return connect(path, **options)
            made = connect(path, factory=_Watched, **options)
            made.name, made.points, made.written = Path(path).stem, self, {}
            return made

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", watched)
            yield

    def sweep(self, world: World) -> bool:
        """Sweep; tell whether the run was killed."""
        with self.watching():
            try:
                world.sweep_unwatched(self.connect)
            except Stopped:
                return True
        return False


class _WatchedDoor:
    """A door that passes the points of its verbs."""

    def __init__(self, door: Door, points: Points) -> None:
        self._door, self._points = door, points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._door, name)
        return self._points.around(name, found) if name in READING + CHANGING else found


class _Watched(sqlite3.Connection):
    """A connection that passes the points of its commits, named by what is written."""

    name: str
    points: Points
    written: dict[str, None]

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        self._note(sql, parameters)
        if sql != "COMMIT" or not self.written:
            return super().execute(sql, parameters)
        name = f"commit {self.name}: {', '.join(self.written)}"
        self.points.pass_by(name)
        done = super().execute(sql, parameters)
        self.written = {}
        self.points.pass_by(f"{name} done")
        return done

    def executemany(self, sql: str, parameters: Any) -> sqlite3.Cursor:
        self._note(sql, ())
        return super().executemany(sql, parameters)

    def _note(self, sql: str, parameters: Any) -> None:
        if sql == "BEGIN IMMEDIATE":
            self.written = {}
        elif match := _TABLE.match(sql):
            state = f" {parameters[COLUMNS.index('state')]}" if match[1] == "draft" and parameters else ""
            self.written[match[1] + state] = None


def telling(passed: list[str]) -> list[int]:
    """Return the numbers of the points to stop at: reading bodies is all alike, of it the first in a row will do."""
    return [
        number
        for number, name in enumerate(passed, 1)
        if not (name.startswith("body") and number > 1 and passed[number - 2].startswith("body"))
    ]
