"""Stopped at any moment: started again, there is one copy of each draft, and nothing else has changed.

After isync's tests (src/run-tests.pl): count the steps of an undisturbed run, stop at each of them, go on, compare.
"""

from __future__ import annotations

import copy
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest

from assistant.demo.server import Command, DemoServer
from assistant.mailbox.door import Door
from assistant.mailbox.secrecy import Secret
from assistant.opening import connect_to_server
from assistant.settings import AccountSettings
from assistant.store.ledger import Ledger
from tests.imap.world import ANA, BEN, ME, World

VERBS = ("folders", "status", "headers", "uids", "flags", "body", "raw", "append", "withdraw")


class Stopped(BaseException):
    """The program is killed here."""


class Steps:
    """Counts what the program does to the mailbox and the ledger, and stops before one of these acts.

    Before one act is after the one that went before it.
    """

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at = stop_at
        self.taken: list[str] = []

    def step(self, name: str) -> None:
        self.taken.append(name)
        if len(self.taken) == self.stop_at:
            raise Stopped(name)

    def around(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*arguments: Any, **named: Any) -> Any:
            self.step(name)
            return act(*arguments, **named)

        return acted

    def connect(self, account: AccountSettings, secret: Secret) -> Door:
        door = connect_to_server(account, secret)
        watched = type("Watched", (), {"account": door.account, "close": lambda _: door.close()})()
        for verb in VERBS:
            setattr(watched, verb, self.around(verb, getattr(door, verb)))
        return cast(Door, watched)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the writes to the ledger, too."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("write", "_account"):
                patch.setattr(Ledger, name, self.around(f"ledger.{name}", getattr(Ledger, name)))
            yield


def interrupted(world: World, stop_at: int) -> bool:
    """Sweep and be stopped at one step; tell whether there was that step."""
    steps = Steps(stop_at)
    with steps.counting():
        try:
            world.sweep(steps.connect)
        except Stopped:
            return True
    return False


def count_steps(world: World) -> list[str]:
    """Return the steps of an undisturbed sweep."""
    steps = Steps()
    with steps.counting():
        world.sweep(steps.connect)
    return steps.taken


def settle(world: World) -> None:
    """Sweep until whatever was in doubt is decided."""
    before = {one for one in world.snapshot() if one[0] not in ("Drafts", "Trash")}
    for _ in range(4):
        world.pass_time(minutes=11)
        world.sweep_unwatched()
    assert {one for one in world.snapshot() if one[0] not in ("Drafts", "Trash")} == before


def telling(steps: list[str]) -> list[int]:
    """Return the numbers of the steps to stop at: reading bodies is all alike, of it the first will do."""
    bodies = [number for number, name in enumerate(steps, 1) if name == "body"]
    return [number for number in range(1, len(steps) + 1) if number not in bodies[1:]]


class Scenario:
    """What has happened before the sweep that is stopped, and what must lie where in the end."""

    def __init__(self, prepare: Callable[[World], object], drafts: set[str], trash: int = 0) -> None:
        self.prepare, self.drafts, self.trash = prepare, drafts, trash

    def holds(self, world: World) -> None:
        lying = [one.to for one in world.lying()]
        assert sorted(lying) == sorted(self.drafts), "one copy of each"
        assert len(world.lying("Trash")) == self.trash


def two_are_due(world: World) -> None:
    world.story()


def one_is_to_be_withdrawn(world: World) -> None:
    world.story(ben=False).sweep()
    world.pass_time(minutes=15)
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")


def one_was_edited_and_they_wrote(world: World) -> None:
    world.story(ben=False).sweep()
    world.pass_time(minutes=15)
    world.save(world.lying()[0], text="Dear Ana, yes.\n")
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")


def the_database_was_lost(world: World) -> None:
    world.story().sweep()
    world.pass_time(minutes=15)
    world.on_another_computer()


def one_is_declined_and_another_due(world: World) -> None:
    world.story(ben=False).sweep()
    world.pass_time(minutes=15)
    world.move(world.lying()[0], "Trash")
    world.story(ana=False)


SCENARIOS = {
    "two are due": Scenario(two_are_due, {ANA, BEN}),
    "one is to be withdrawn": Scenario(one_is_to_be_withdrawn, set(), trash=1),
    "one was edited": Scenario(one_was_edited_and_they_wrote, {ANA}),
    "the database was lost": Scenario(the_database_was_lost, {ANA, BEN}),
    "one is declined": Scenario(one_is_declined_and_another_due, {BEN}, trash=1),
}


@pytest.fixture(params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return SCENARIOS[request.param]


class Image:
    """A mailbox and a state directory as they were at one moment, to begin from again and again."""

    def __init__(self, demo: DemoServer, folder: Path, scenario: Scenario) -> None:
        self._store = demo.site.mail["ann"]
        self._numbers = itertools.count(1)
        self._world = World(folder, demo.host, demo.port, "ann", "secret")
        scenario.prepare(self._world)
        self._mail, self._now = copy.deepcopy(self._store.mailboxes), self._world.now
        self._state = self._world.state
        self._state.mkdir(mode=0o700, exist_ok=True)

    def again(self) -> World:
        """Return the world as it was."""
        with self._store.lock:
            self._store.mailboxes = copy.deepcopy(self._mail)
        self._world.now = self._now
        self._world.state = self._state.with_name(f"again{next(self._numbers)}")
        shutil.copytree(self._state, self._world.state)
        return self._world


@pytest.fixture
def image(demo: DemoServer) -> Iterator[Callable[[Scenario], Image]]:
    """Images on a disk in memory where there is one: a thousand databases are made, and fsync is slow."""
    memory = Path("/dev/shm")
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None))

        def taken(scenario: Scenario) -> Image:
            found = Image(demo, Path(folder), scenario)
            stack.callback(found.again().close)
            return found

        yield taken


def test_stopped_at_any_step_there_is_one_copy_in_the_end(
    scenario: Scenario, image: Callable[[Scenario], Image]
) -> None:
    start = image(scenario)
    steps = count_steps(undisturbed := start.again())
    settle(undisturbed)
    scenario.holds(undisturbed)
    points = telling(steps)
    assert len(points) >= 9, "a test that stops nowhere proves nothing"
    for stop_at in points:
        world = start.again()
        assert interrupted(world, stop_at), f"step {stop_at} of {len(steps)}"
        settle(world)
        scenario.holds(world)
        before = world.snapshot()
        world.pass_time(minutes=11)
        world.sweep_unwatched()
        assert world.snapshot() == before, "run again, nothing more happens"


@pytest.mark.parametrize("second", [4, 10, 16, 22])
def test_stopped_while_recovering_there_is_one_copy_in_the_end(second: int, image: Callable[[Scenario], Image]) -> None:
    scenario = SCENARIOS["two are due"]
    start = image(scenario)
    steps = count_steps(start.again())
    for first in [number for number, name in enumerate(steps, 1) if name in ("append", "raw") or "ledger" in name]:
        world = start.again()
        assert interrupted(world, first)
        world.pass_time(minutes=11)
        interrupted(world, second)
        settle(world)
        scenario.holds(world)


def test_stopped_around_writing_on_a_real_server_there_is_one_copy_in_the_end(on_dovecot: World) -> None:
    """On a server of many accounts the mail is made anew by moving what a run has left out of the way."""
    world = on_dovecot
    two_are_due(world)
    steps = count_steps(world)
    points = [number for number, name in enumerate(steps, 1) if name in ("append", "raw") or "ledger" in name]
    assert len(points) >= 8
    for stop_at in points:
        with world.client() as client:
            client.select_folder("Drafts")
            client.delete_messages(client.search())
            client.expunge()
        world.on_another_computer()
        assert interrupted(world, stop_at)
        settle(world)
        assert sorted(one.to for one in world.lying()) == [ANA, BEN]


# killed for real


CONFIG = """
[me]
name = "Sue Marten"
addresses = ["{me}"]
timezone = "Europe/Berlin"

[[accounts]]
name = "home"
host = "{host}"
port = {port}
security = "none"
username = "{user}"
auth = "env"
"""


def start(world: World) -> subprocess.Popen[bytes]:
    """Start the program on this mailbox."""
    config = world.settings.directory / "config.toml"
    account = world.account
    config.write_text(CONFIG.format(me=ME, host=account.host, port=account.port, user=account.username))
    config.chmod(0o600)
    program = [sys.executable, "-m", "assistant", "--config", str(config), "--state", str(world.state), "sweep"]
    return subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("command", ["APPEND", "UID FETCH"])
def test_killed_at_a_command_there_is_one_copy_in_the_end(
    on_demo: World, demo: DemoServer, command: str, number: int, done: bool
) -> None:
    world = on_demo.story()
    seen: list[str] = []
    running: list[subprocess.Popen[bytes]] = []

    def kill(said: Command, carry_out: Callable[[], bytes]) -> bytes:
        if said.name == command and (command == "APPEND" or b"BODY.PEEK[]<" in said.line):
            seen.append(said.name)
            if len(seen) == number:
                answer = carry_out() if done else b""
                running[0].send_signal(signal.SIGKILL)
                running[0].wait()
                return answer or carry_out()  # what is on the wire arrives although its sender is dead
        return carry_out()

    demo.script = kill
    running.append(start(world))
    assert running[0].wait(30) == -signal.SIGKILL
    demo.script = lambda _, carry_out: carry_out()
    settle(world)
    assert sorted(one.to for one in world.lying()) == [ANA, BEN]


@pytest.mark.parametrize("tenths", [4, 6, 7, 8, 9, 10, 12])
def test_killed_at_any_time_on_a_real_server_there_is_one_copy_in_the_end(on_dovecot: World, tenths: int) -> None:
    world = on_dovecot.story()
    running = start(world)
    with suppress(subprocess.TimeoutExpired):
        running.wait(tenths / 10)
    running.kill()
    running.wait()
    settle(world)
    assert sorted(one.to for one in world.lying()) == [ANA, BEN]
