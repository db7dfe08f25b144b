"""Writes that fail, a full disk, bytes that flip: no second copy, and a database that opens or says why not (R14)."""

from __future__ import annotations

import random
import resource
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import StoreError
from assistant.store.database import open_ledger
from assistant.store.ledger import Ledger
from tests.faults.conftest import Staged
from tests.faults.processes import start
from tests.faults.stage import Stage
from tests.imap.world import ANA, BEN, World

FLIPS = 200
LEAST_WRITES = 40


class Disk:
    """Fails the N-th write to a database, or it and all that come later."""

    def __init__(self, fails_at: int, *, and_later: bool = False, written: bool = False) -> None:
        self.fails_at, self.and_later, self.written = fails_at, and_later, written
        self.writes = 0

    def fails(self) -> bool:
        self.writes += 1
        return self.writes == self.fails_at or (self.and_later and self.writes > self.fails_at)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        connect = sqlite3.connect

        def failing(path: Any, **options: Any) -> sqlite3.Connection:
            if path == ":memory:":
                return connect(path, **options)
            made = connect(path, factory=_Failing, **options)
            made.disk = self
            return made

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite3, "connect", failing)
            yield


class _Failing(sqlite3.Connection):
    disk: Disk | None = None

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        if self.disk is None or not sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE", "CREATE", "COMMIT")):
            return super().execute(sql, parameters)
        fails = self.disk.fails()
        if fails and not self.disk.written:
            raise sqlite3.OperationalError("disk I/O error")
        done = super().execute(sql, parameters)
        if fails:
            raise sqlite3.OperationalError("disk I/O error")  # as when fsync fails after the write
        return done


def two_are_due(stage: Stage) -> None:
    stage.world.story()


@pytest.mark.parametrize(
    "how", [{}, {"and_later": True}, {"written": True}], ids=["one write", "all from one on", "written all the same"]
)
def test_whichever_write_fails_there_is_one_copy_in_the_end(how: dict[str, bool], staged: Staged) -> None:
    stage = staged(two_are_due)
    number = 0
    while True:
        number += 1
        stage.again()
        disk, told = Disk(number, **how), "nothing to tell"
        with disk.in_use():
            try:
                stage.world.sweep_unwatched()
            except StoreError as error:
                told = str(error.cure)
        assert told
        assert stage.copies() <= 1
        if disk.writes < number:
            break
        stage.settle()
        assert stage.people() == [ANA, BEN], f"write {number}"
    assert number > LEAST_WRITES
    print(f"{number - 1} writes")


def may_write(octets: int) -> None:
    """Let no file of this process grow beyond a size: the disk is full there."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, octets))


def test_a_disk_that_is_full_at_any_size_is_told_and_makes_no_second_copy(staged: Staged, tmp_path: Path) -> None:
    stage = staged(two_are_due)
    codes = set()
    for number, octets in enumerate([0, *(4096 * 2**power for power in range(11))]):
        stage.again()
        log = tmp_path / f"log{number}"
        process = start(stage.world, "sweep", log=log, first=partial(may_write, octets))
        process.join()
        codes.add(process.exitcode)
        assert "Traceback" not in log.read_text(), log.read_text()
        assert stage.copies() <= 1
        stage.settle()
        assert stage.people() == [ANA, BEN], f"full at {octets} bytes"
    assert codes == {0, 1}, "small disks are a trouble, a large one is not"


def drafts_of(world: World) -> list[str]:
    with closing(open_ledger(world.state)) as connection:
        return [draft.id for draft in Ledger(connection).drafts()]


@pytest.mark.parametrize("chunk", range(2))
def test_a_flipped_byte_is_told_or_does_no_harm(chunk: int, staged: Staged) -> None:
    def both_wait(stage: Stage) -> None:
        stage.world.story().sweep()
        with closing(sqlite3.connect(stage.world.state / "ledger.sqlite3")) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")

    stage = staged(both_wait)
    known = drafts_of(stage.again())
    assert len(known) == 2
    lot, refused = random.Random(chunk), 0
    for number in range(FLIPS // 2):
        world = stage.again()
        path = world.state / "ledger.sqlite3"
        raw = bytearray(path.read_bytes())
        place = lot.choice([at for at in range(len(raw)) if raw[at]] if number % 4 else range(len(raw)))
        raw[place] ^= lot.randint(1, 255)
        path.write_bytes(raw)
        world.pass_time(minutes=15)
        try:
            found = drafts_of(world)
            assert found, f"byte {place}: silently empty"
            world.sweep_unwatched()
        except StoreError:
            refused += 1
        assert stage.copies() <= 1, f"byte {place}"
        assert len(stage.people()) + len(stage.people("Trash")) == 2, f"byte {place}"
    assert refused
    print(f"{refused} of {FLIPS // 2} refused, the others did no harm")


def test_a_lost_ledger_is_not_taken_for_an_empty_one(staged: Staged) -> None:
    """Found again by their Message-IDs, drafts are not written a second time."""

    def both_wait(stage: Stage) -> None:
        stage.world.story().sweep()

    stage = staged(both_wait)
    world = stage.again()
    shutil.rmtree(world.state)
    stage.settle()
    assert stage.people() == [ANA, BEN]
