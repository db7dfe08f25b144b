"""Opening the two databases: facts that can be read again, and the ledger that cannot."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from assistant.errors import Busy, StoreError

SCHEMA = Path(__file__).parent / "schema"
BUSY_SECONDS = 20.0
PAGES_BEFORE_A_CHECKPOINT = 4000  # 16 MB: of 86 waits for the disk in a first read 23 are left (measured)
MAIL = "mail.sqlite3"
CACHE_CURE = f"Only a cache is lost: delete the file {MAIL} in the state directory and run a sweep."
DAMAGED_CURE = "Keep a copy of the file, then move it away; the next sweep only previews until you confirm it."
BUSY_CURE = "Another process is writing to it; try again."
DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
README = "The Follow-up Assistant keeps here what it learned from mail headers and what became of its drafts.\n"


def prepare(directory: Path) -> None:
    """Make the state directory, private to the user. Raises StoreError when that cannot be done."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if directory.stat().st_mode & 0o077:
            directory.chmod(0o700)
        readme = directory / "README"
        if not readme.exists():
            readme.write_text(README, encoding="utf-8")
            readme.chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"The state directory {directory} cannot be used: {error.strerror or error}.",
            "Make room there, or name another with --state DIR.",
        ) from error


def open_mail(directory: Path) -> sqlite3.Connection:
    """Open the cache of header facts; losing its last second costs only a second look at the mailbox."""
    connection = _open(directory / MAIL, "mail", synchronous="NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_BEFORE_A_CHECKPOINT}")
    return connection


def open_ledger(directory: Path) -> sqlite3.Connection:
    """Open the ledger; what is committed there is on the disk before the commit returns."""
    return _open(directory / "ledger.sqlite3", "ledger", synchronous="FULL")


def rehearsal_of(ledger: sqlite3.Connection) -> sqlite3.Connection:
    """Return a copy of the ledger in memory, for a rehearsal to write into."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    ledger.backup(copy)
    return copy


def _open(path: Path, schema: str, synchronous: str) -> sqlite3.Connection:
    try:
        _make_private(path)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            with _one_at_a_time(path.parent):
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
            _step_forward(connection, path, schema)
            if schema == "ledger":
                _check(connection)
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter from a name in a damaged file
        cure = CACHE_CURE if schema == "mail" else DAMAGED_CURE
        raise StoreError(f"The database {path} cannot be used: {error}.", cure) from error
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be opened: {error.strerror or error}.", "Check its owner and the free space."
        ) from error
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError when a damaged file would be taken for one that holds less or something else."""
    if (found := connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(found)
    steps = tuple(file.read_text(encoding="utf-8") for file in sorted((SCHEMA / "ledger").glob("*.sql")))
    if _tables(connection) != _made_by(steps):
        raise sqlite3.DatabaseError("its tables are not those this program makes")
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for _ in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own table names; reads every text
            pass


def _tables(connection: sqlite3.Connection) -> frozenset[tuple[str, str | None]]:
    return frozenset(connection.execute("SELECT name, sql FROM sqlite_master"))


@functools.cache
def _made_by(steps: tuple[str, ...]) -> frozenset[tuple[str, str | None]]:
    """Return the tables of a database that was just made by these steps."""
    with contextlib.closing(sqlite3.connect(":memory:")) as fresh:
        for script in steps:
            fresh.executescript(script)
        return _tables(fresh)


def _make_private(path: Path) -> None:
    """Make the file when it is missing; SQLite gives its companions (-wal, -shm) the same mode."""
    if not path.exists():
        path.touch(mode=0o600)
    elif path.stat().st_mode & 0o077:
        path.chmod(0o600)


@contextlib.contextmanager
def _one_at_a_time(directory: Path) -> Iterator[None]:
    """Let one process after the other switch to write-ahead logging: SQLite does not wait for that lock (measured).

    The lock is on the directory, since closing a second handle of the database would drop SQLite's own locks.
    """
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _step_forward(connection: sqlite3.Connection, path: Path, schema: str) -> None:
    """Run the schema steps that are missing, each in one transaction with the note that it ran."""
    steps = {int(re.match(r"\d+", file.name)[0]): file for file in (SCHEMA / schema).glob("*.sql")}  # type: ignore[index]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > max(steps):
        raise StoreError(
            f"The database {path} was written by a newer version of this program.", "Install that version again."
        )
    for number in sorted(step for step in steps if step > version):
        script = steps[number].read_text(encoding="utf-8")
        with contextlib.suppress(_DoneByAnother), transaction(connection):
            if connection.execute("PRAGMA user_version").fetchone()[0] >= number:
                raise _DoneByAnother
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


class _DoneByAnother(Exception):
    """Another process ran this step while we waited for the lock."""


def _statements(script: str) -> Iterator[str]:
    """Split a script; executescript would commit before it begins."""
    part = ""
    for line in script.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            yield part
            part = ""
    if part.strip():
        yield part  # a statement without its semicolon must not be dropped in silence


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside is written, or nothing; a failing disk becomes a StoreError."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite has rolled back by itself when the disk is full
                connection.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        cure = "Check the free space on its disk."
        if _busy(error):
            cure = BUSY_CURE
        elif _code(error) in DAMAGE:
            (_, _, file) = connection.execute("PRAGMA database_list").fetchone()
            cure = CACHE_CURE if Path(file).name == MAIL else DAMAGED_CURE
        raise StoreError(f"The database cannot be written: {error}.", cure) from error


@contextlib.contextmanager
def damage_told() -> Iterator[None]:
    """Let damage that shows only while both databases are read be a StoreError.

    It is the cache's: every row of the ledger was read when that was opened.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        cure = BUSY_CURE if _busy(error) else CACHE_CURE
        raise StoreError(f"The database {MAIL} cannot be read: {error}.", cure) from error


def _busy(error: sqlite3.Error) -> bool:
    return _code(error) == sqlite3.SQLITE_BUSY


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


@contextlib.contextmanager
def account_lock(directory: Path, account: str) -> Iterator[None]:
    """Hold an account for this process alone. Raises Busy, naming the holder, when another has it."""
    path = directory / f"{account}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(
            f"The lock {path} cannot be opened: {error.strerror or error}.", "Check the owner of its directory."
        ) from error
    with os.fdopen(descriptor, "r+", encoding="ascii", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(
                f"Another process ({_holder(file)}) is working on the account {account!r}.",
                "Wait for it to end, or stop it.",
            ) from error
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


def _holder(file: IO[str]) -> str:
    file.seek(0)
    number = file.read(20).strip()
    return f"number {number}" if number.isdigit() else "its number is unknown"


def seconds(moment: datetime | None) -> int | None:
    """Return a moment as the databases keep it."""
    return None if moment is None else int(moment.timestamp())


def moment(stored: int | None, cure: str = DAMAGED_CURE) -> datetime | None:
    """Return what ``seconds`` kept, in UTC. Raises StoreError when it is no moment: the file is damaged."""
    try:
        return None if stored is None else datetime.fromtimestamp(stored, UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise damaged("a time", cure) from error


@contextlib.contextmanager
def legible(what: str, cure: str = DAMAGED_CURE) -> Iterator[None]:
    """Let what nobody can have written be a StoreError; ``cure`` is that of the database it stands in."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(what, cure) from error


def damaged(what: str, cure: str = DAMAGED_CURE) -> StoreError:
    """Return the error for a value that nobody can have written."""
    return StoreError(f"The database holds {what} that makes no sense; its file is damaged.", cure)
