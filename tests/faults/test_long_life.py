"""A daemon over days, on clocks that are turned: attempts, connections, traffic, memory (R10, R11, R16, R18)."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from assistant import clock
from assistant.daemon import Daemon
from assistant.demo.server import Command, DemoServer, HangUp, obey
from assistant.store.database import open_ledger
from assistant.store.ledger import Ledger
from tests.faults.processes import confirm
from tests.faults.proxy import Proxy
from tests.faults.scripts import CarryOut, at
from tests.faults.test_cut import on_the_line
from tests.imap.world import World

DAY = timedelta(days=1)
POLLS = int(os.environ.get("POLLS", "10000"))
MEGABYTE = 1024 * 1024


@pytest.fixture
def line(demo: DemoServer) -> Iterator[Proxy]:
    with closing(Proxy(demo.host, demo.port)) as proxy:
        yield proxy


@pytest.fixture
def world(on_demo: World, line: Proxy, monkeypatch: pytest.MonkeyPatch) -> World:
    """A mailbox in which nothing is due, looked after by the daemon, whose clock is the world's."""
    on_demo.put("Sent", sender="sue@example.org", to="ana@example.net", text="Thank you, that is all.", days=3)
    confirm(on_demo)
    on_the_line(on_demo, line)
    monkeypatch.setattr(clock, "now", lambda: on_demo.now)
    return on_demo


def daemon_of(world: World) -> Daemon:
    daemon = Daemon(world.settings, world.state, lambda: (world.settings, []), tell=lambda _: None)
    daemon._plan_all()
    daemon._scheduler.start(paused=True)
    return daemon


def live(world: World, until: Callable[[int], bool], *, restarts: int = 0) -> int:
    """Let the daemon look whenever it is due until told to end; return how often it looked."""
    looks, daemon = 0, daemon_of(world)
    while not until(looks):
        daemon.look("home")
        looks += 1
        with closing(open_ledger(world.state)) as connection:
            due = Ledger(connection).next_sweep("home")
        world.now = max(due or world.now, world.now + timedelta(seconds=30))
        if restarts and looks % 8 == 0:
            restarts -= 1
            daemon._stop()
            daemon = daemon_of(world)
    daemon._stop()
    return looks


def a_day(world: World, *, restarts: int = 0) -> int:
    end = world.now + DAY
    return live(world, lambda _: world.now >= end, restarts=restarts)


def test_a_wrong_password_is_tried_once_a_day_through_ten_restarts(
    world: World, demo: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", "wrong")
    demo.script = at("LOGIN", lambda command, _: command.tag + b" NO [AUTHENTICATIONFAILED] no\r\n")
    demo.commands_seen.clear()
    assert a_day(world, restarts=10) > 80
    assert len([one for one in demo.commands_seen if b" LOGIN " in one]) == 1


def test_an_outage_of_a_day_costs_thirty_connections_at_most(world: World, demo: DemoServer, line: Proxy) -> None:
    def down(command: Command, carry_out: CarryOut) -> bytes:
        raise HangUp

    demo.script = down
    line.begin()
    a_day(world, restarts=10)
    assert 3 < line.opened <= 30
    print(f"{line.opened} connections")


def test_a_server_that_names_a_wait_is_not_asked_before(world: World, demo: DemoServer, line: Proxy) -> None:
    said = b" BAD Request is throttled. Suggested Backoff Time: 36000000 milliseconds\r\n"
    demo.script = at("LIST", lambda command, _: command.tag + said)
    daemon = daemon_of(world)
    daemon.look("home")
    demo.script = obey
    line.begin()
    until = world.now + timedelta(hours=10)
    live(world, lambda _: world.now >= until, restarts=5)
    assert line.opened == 0
    daemon._stop()


def test_a_usual_day_costs_little(world: World, line: Proxy) -> None:
    live(world, lambda looks: looks == 1)
    assert line.hung_up()
    line.begin()
    end = world.now + DAY
    live(world, lambda _: line.hung_up() and world.now >= end)
    octets = sum(map(len, line.carried.values()))
    assert octets < 5 * MEGABYTE
    assert line.opened < 120
    assert line.most == 1
    print(f"{line.opened} connections, {octets} bytes")


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("polls", [500, pytest.param(POLLS, marks=[pytest.mark.long, pytest.mark.timeout(0)])])
def test_thousands_of_looks_leave_nothing_over(polls: int, on_demo: World, demo: DemoServer, world: World) -> None:
    world = on_demo.story()
    world.account = world.settings.accounts[0]
    direct = world.account.model_copy(update={"host": demo.host, "port": demo.port})
    world.settings = world.settings.model_copy(update={"accounts": (direct,)})

    def forgetting(looks: int, end: int) -> bool:
        demo.commands_seen.clear()
        return looks == end

    live(world, lambda looks: forgetting(looks, min(1000, polls // 5)))
    gc.collect()
    before = resident(), descriptors(), threading.active_count()
    live(world, lambda looks: forgetting(looks, polls))
    gc.collect()
    after = resident(), descriptors(), threading.active_count()
    grown = (after[0] - before[0]) / MEGABYTE
    print(f"{polls} looks: {grown:+.1f} MB, descriptors and threads {before[1:]} {after[1:]}")
    assert after[0] - before[0] < 10 * MEGABYTE
    assert after[1] <= before[1] + 2, "a server thread may still be closing its end"
    assert after[2] <= before[2] + 2
    assert sum(file.stat().st_size for file in world.state.glob("*.sqlite3*")) < 5 * MEGABYTE
