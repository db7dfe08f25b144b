"""Killed for real, at random and at chosen commands: one copy of each draft in the end (R3)."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from assistant.demo.server import Command, DemoServer, obey
from tests.canary import betrayed_in
from tests.faults.points import Points
from tests.faults.processes import confirm, start
from tests.imap.world import ANA, BEN, World

KILLS = int(os.environ.get("KILLS", "10000"))
SEED = os.environ.get("SEED", "1")  # another one, other moments: the kills of two runs add up
IN_A_ROW = 3
MEASURED_EVERY = 20
A_NOTE = 8192
"""More octets than a look notes before it intends its first draft."""
LONGEST_WAIT = 60


def settle(world: World) -> None:
    """Sweep until whatever was in doubt is decided; only Drafts changes. Processes go by the real clock."""
    world.now = datetime.now(UTC).replace(microsecond=0)
    for _ in range(3):
        world.pass_time(minutes=11)
        world.sweep_unwatched()


def rest(world: World) -> set[object]:
    return {one for one in world.snapshot() if one[0] != "Drafts"}


def empty_drafts(world: World) -> None:
    """Remove what a round has left, from Trash too: what lies there counts as settled."""
    with world.client() as client:
        for mailbox in ("Drafts", "Trash"):
            client.select_folder(mailbox)
            if found := client.search():
                client.delete_messages(found)
                client.expunge()


def at_a_new_computer(world: World) -> None:
    """Begin again without drafts and without a ledger."""
    assert betrayed_in(world.state) == []
    shutil.rmtree(world.state, ignore_errors=True)  # ten thousand of them would fill a disk
    empty_drafts(world)
    world.on_another_computer()
    confirm(world)


def how_long_it_takes(world: World, log: Path) -> float:
    """Return the seconds from the start of a daemon until both drafts lie there."""
    at_a_new_computer(world)
    daemon = start(world, "run", log=log)
    began = time.monotonic()  # the first start has prepared the process that the others are forked from
    while len(world.lying()) < 2 and time.monotonic() < began + LONGEST_WAIT:
        time.sleep(0.01)
    took = time.monotonic() - began
    daemon.kill()
    daemon.join()
    assert len(world.lying()) == 2, log.read_text()
    return took


def size(path: Path) -> int:
    with suppress(FileNotFoundError):  # SQLite makes and removes it at any moment
        return path.stat().st_size
    return 0


def wait_for_a_moment(world: World, lot: random.Random, longest: float) -> None:
    """Wait for any moment of a look, or, every second time, for one while it lays its drafts: that time is short."""
    if lot.random() < 0.5:
        time.sleep(lot.uniform(0, longest))
        return
    written, until = world.state / "ledger.sqlite3-wal", time.monotonic() + longest
    left_behind = size(written)
    while (now := size(written)) == left_behind or now < A_NOTE:
        if time.monotonic() > until:
            return
        time.sleep(0.0005)
    time.sleep(lot.uniform(0, 0.15 * longest))


def kill_in_a_row(world: World, lot: random.Random, longest: float, log: Path) -> Iterator[str]:
    """Start the daemon and kill it, until it has confirmed both drafts or three times; yield what each kill left."""
    for _ in range(IN_A_ROW):
        daemon = start(world, "run", log=log)
        wait_for_a_moment(world, lot, longest)
        daemon.kill()
        daemon.join()
        assert daemon.exitcode == -signal.SIGKILL
        left = " ".join(sorted(row.state.value for row in world.drafts())) or "nothing written"
        yield left
        if left == "waiting waiting":
            break


@pytest.mark.parametrize(
    "kills",
    [
        60,
        pytest.param(KILLS, marks=[pytest.mark.long, pytest.mark.timeout(0)], id="by hand"),
    ],
)
def test_the_daemon_killed_at_random_leaves_one_copy_of_each(kills: int, on_dovecot: World, tmp_path: Path) -> None:
    world, log, lot = on_dovecot.story(), tmp_path / "log", random.Random(SEED)
    before, left = rest(world), Counter[str]()
    how_long_it_takes(world, log)  # the first process has the longest way
    rounds = 0
    while left.total() < kills:
        if rounds % MEASURED_EVERY == 0:  # others may use the machine more, or less, than before
            longest = 1.1 * how_long_it_takes(world, log)
        rounds += 1
        at_a_new_computer(world)
        left.update(kill_in_a_row(world, lot, longest, log))
        settle(world)
        assert sorted(one.to for one in world.lying()) == [ANA, BEN], (left, log.read_text())
        assert rest(world) == before
    print(f"seed {SEED}, {left.total()} kills in {rounds} rounds, leaving {dict(left)}; last look of {longest:.2f} s")
    assert set(left) - {"nothing written", "waiting waiting"}, f"no kill came while drafts were laid: {left}"
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("command", ["APPEND", "UID FETCH"])
def test_killed_at_a_command_there_is_one_copy_in_the_end(
    on_demo: World, demo: DemoServer, tmp_path: Path, command: str, number: int, done: bool
) -> None:
    world = on_demo.story()
    seen: list[str] = []
    reached, dead, arrived = Event(), Event(), Event()

    def wait_for_the_kill(said: Command, carry_out: Callable[[], bytes]) -> bytes:
        if said.name == command and (command == "APPEND" or b"BODY.PEEK[]<" in said.line):
            seen.append(said.name)
            if len(seen) == number:
                answer = carry_out() if done else b""
                reached.set()
                dead.wait(LONGEST_WAIT)
                answer = answer or carry_out()  # what is on the wire arrives although its sender is dead
                arrived.set()
                return answer
        return carry_out()

    demo.script = wait_for_the_kill
    process = start(world, "sweep", log=tmp_path / "log")
    assert reached.wait(LONGEST_WAIT)
    process.kill()
    process.join()  # in one thread only: of two that wait, one is told 255 for the exit code
    dead.set()
    assert process.exitcode == -signal.SIGKILL
    assert arrived.wait(LONGEST_WAIT)
    demo.script = obey
    settle(world)
    assert sorted(one.to for one in world.lying()) == [ANA, BEN]


def test_stopped_around_writing_on_a_real_server_there_is_one_copy_in_the_end(on_dovecot: World) -> None:
    """On a server of many accounts the mail is made anew by removing what a run has left."""
    world = on_dovecot.story()
    points = Points()
    assert not points.sweep(world)
    writing = [
        number for number, name in enumerate(points.passed, 1) if name.startswith(("append", "raw", "commit ledger"))
    ]
    assert len(writing) >= 8
    for number in writing:
        empty_drafts(world)
        world.on_another_computer()
        assert Points(number).sweep(world)
        settle(world)
        assert sorted(one.to for one in world.lying()) == [ANA, BEN]
