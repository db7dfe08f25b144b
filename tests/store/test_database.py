from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from assistant.errors import Busy, StoreError
from assistant.store import database
from assistant.store.database import account_lock, open_ledger, open_mail, prepare, rehearsal_of, transaction
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from tests.store.builders import inbox, known, row, seen

HOLD = """
import sys
from pathlib import Path
from assistant.store.database import account_lock
with account_lock(Path(sys.argv[1]), "home"):
    print("held", flush=True)
    sys.stdin.read()
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


@pytest.fixture
def schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A schema of the test's own, with one step."""
    directory = tmp_path / "schema" / "ledger"
    directory.mkdir(parents=True)
    (directory / "0001_begin.sql").write_text("CREATE TABLE one (a INTEGER);\n")
    monkeypatch.setattr(database, "SCHEMA", directory.parent)
    return directory


def test_everything_kept_is_readable_by_the_user_alone(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "state"
    prepare(state)
    with closing(open_mail(state)) as mail, closing(open_ledger(state)), account_lock(state, "home"):
        inbox(MailFacts(mail))  # so that SQLite has made its companions
        assert mode(state) == 0o700
        assert {path.name: mode(path) for path in state.iterdir()} == {path.name: 0o600 for path in state.iterdir()}
        assert {"mail.sqlite3", "mail.sqlite3-wal", "ledger.sqlite3", "home.lock", "README"} <= {
            path.name for path in state.iterdir()
        }


def test_a_directory_and_a_database_that_others_could_read_are_closed_to_them(state: Path) -> None:
    open_ledger(state).close()
    (state / "ledger.sqlite3").chmod(0o644)
    state.chmod(0o755)
    prepare(state)
    open_ledger(state).close()
    assert (mode(state), mode(state / "ledger.sqlite3")) == (0o700, 0o600)


def test_the_ledger_is_on_the_disk_before_a_commit_returns(state: Path) -> None:
    with closing(open_ledger(state)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_steps_run_once_and_in_order(state: Path, schema: Path) -> None:
    open_ledger(state).close()
    (schema / "0002_more.sql").write_text("ALTER TABLE one ADD COLUMN b;\nCREATE TABLE two (a);\n")
    for _ in range(2):
        with closing(open_ledger(state)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (2,)
            assert {"one", "two"} <= tables(connection)


def test_a_step_that_fails_leaves_the_database_as_it_was(state: Path, schema: Path) -> None:
    open_ledger(state).close()
    (schema / "0002_more.sql").write_text("CREATE TABLE two (a);\nINSERT INTO missing VALUES (1);\n")
    with pytest.raises(StoreError):
        open_ledger(state)
    (schema / "0002_more.sql").unlink()
    with closing(open_ledger(state)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert tables(connection) == {"one"}


def test_a_last_statement_without_semicolon_is_run(state: Path, schema: Path) -> None:
    (schema / "0001_begin.sql").write_text("CREATE TABLE one (a);\nCREATE TABLE two (a)")
    with closing(open_ledger(state)) as connection:
        assert tables(connection) == {"one", "two"}


def test_a_database_of_a_newer_version_is_refused_and_left_alone(state: Path) -> None:
    with closing(open_ledger(state)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer version") as refused:
        open_ledger(state)
    assert refused.value.cure
    with closing(sqlite3.connect(state / "ledger.sqlite3")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)


@pytest.mark.parametrize(
    ("name", "opened", "cure"),
    [("mail.sqlite3", open_mail, "delete the file"), ("ledger.sqlite3", open_ledger, "Keep a copy")],
)
def test_a_file_that_is_no_database_is_a_store_error_with_a_cure(
    state: Path, name: str, opened: type, cure: str
) -> None:
    (state / name).write_bytes(b"This is not a database. " * 200)
    with pytest.raises(StoreError) as refused:
        opened(state)
    assert name in refused.value.message
    assert cure in refused.value.cure
    assert (state / name).read_bytes().startswith(b"This is not"), "the file is kept"


def test_a_database_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        open_ledger(tmp_path / "missing")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        prepare(tmp_path / "file" / "state")


def test_a_transaction_writes_everything_or_nothing(state: Path) -> None:
    with closing(open_ledger(state)) as connection:
        with pytest.raises(KeyboardInterrupt), transaction(connection):  # noqa: PT012 - the first line is undone
            connection.execute("INSERT INTO account (name) VALUES ('home')")
            raise KeyboardInterrupt
        assert connection.execute("SELECT count(*) FROM account").fetchone() == (0,)
        assert not connection.in_transaction


def test_a_full_disk_is_a_store_error_and_writes_nothing(state: Path) -> None:
    with closing(open_ledger(state)) as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="cannot be written") as refused, transaction(connection):  # noqa: PT012
            connection.execute("INSERT INTO account (name) VALUES ('home')")
            connection.execute("INSERT INTO account (name, message) VALUES ('work', zeroblob(1000000))")
        assert "free space" in refused.value.cure
        assert connection.execute("SELECT count(*) FROM account").fetchone() == (0,)
        with transaction(connection):
            connection.execute("INSERT INTO account (name) VALUES ('home')")


def test_a_database_locked_by_another_names_that_as_the_cause(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    with closing(open_ledger(state)) as one, closing(open_ledger(state)) as other:
        one.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as refused, transaction(other):
            pass
        assert "Another process" in refused.value.cure
        one.execute("ROLLBACK")


def test_several_that_open_a_new_database_at_once_all_succeed(state: Path) -> None:
    for _ in range(5):
        together = threading.Barrier(5)
        troubles: list[object] = []

        def open_both(together: threading.Barrier = together, troubles: list[object] = troubles) -> None:
            together.wait()
            try:
                open_ledger(state).close()
                open_mail(state).close()
            except StoreError as error:
                troubles.append(error)

        workers = [threading.Thread(target=open_both) for _ in range(5)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert troubles == []
        for path in state.glob("*.sqlite3*"):
            path.unlink()


def test_a_reader_sees_what_another_connection_has_committed(state: Path) -> None:
    with closing(open_mail(state)) as one, closing(open_mail(state)) as other:
        writer, reader = MailFacts(one), MailFacts(other)
        writer.add(inbox(writer), [seen(1, "a@example.net")])
        reader.add(inbox(reader), [seen(2, "b@example.net", references=["a@example.net"])])
        assert {message.message_id for message in known(writer)} == {"a@example.net", "b@example.net"}
        assert len({message.thread for message in known(writer)}) == 1


def test_a_rehearsal_writes_into_a_copy(state: Path) -> None:
    with closing(open_ledger(state)) as durable:
        Ledger(durable).write(row("a" * 20))
        with closing(rehearsal_of(durable)) as copy:
            Ledger(copy).write(row("b" * 20))
            assert [draft.id[0] for draft in Ledger(copy).drafts()] == ["a", "b"]
        assert [draft.id[0] for draft in Ledger(durable).drafts()] == ["a"]


def test_a_held_account_is_busy_and_names_its_holder(state: Path) -> None:
    holding = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLD,
            str(state),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holding:
        assert holding.stdout is not None
        assert holding.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match=str(holding.pid)) as busy, account_lock(state, "home"):
            pass
        assert "'home'" in busy.value.message
        with account_lock(state, "work"):
            pass  # another account is free
        holding.kill()
    with account_lock(state, "home"):
        assert (state / "home.lock").read_text() == str(os.getpid())


def test_a_lock_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="lock"), account_lock(tmp_path / "missing", "home"):
        pass
