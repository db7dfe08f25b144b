"""A connection cut at any byte, in either direction, or an APPEND that arrives late: one copy of the draft (R4)."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from assistant.demo.server import Command, DemoServer, HangUp, obey
from tests.faults.conftest import Staged
from tests.faults.points import Points
from tests.faults.proxy import Proxy
from tests.faults.scripts import CarryOut, at
from tests.faults.stage import Stage
from tests.imap.world import ANA, NOW, World

EVERY, AROUND, CHUNKS = 7, 32, 6
LATE = 50
_ENDS = re.compile(rb"\{\d+\+?\}\r\n|^[A-P]{4}\d+ |\r\n(?=[A-P]{4}\d+ )", re.MULTILINE)


@pytest.fixture
def line(demo: DemoServer) -> Iterator[Proxy]:
    with closing(Proxy(demo.host, demo.port)) as proxy:
        yield proxy


def on_the_line(world: World, line: Proxy) -> None:
    """Let the program, not the test's own client, go through the proxy."""
    account = world.account.model_copy(update={"host": line.host, "port": line.port})
    world.settings = world.settings.model_copy(update={"accounts": (account,)})


def one_is_due_and_all_is_read(stage: Stage) -> None:
    stage.world.story(ben=False).sweep_unwatched(rehearse=True)


def places(said: bytes, every: int) -> list[int]:
    """Return where to cut: each so-many-th byte, and all near the end of the APPEND's literal and of its answer."""
    begins = said.find(b"APPEND")
    ends = [match.end() for match in _ENDS.finditer(said) if begins <= match.end()][:4] if begins >= 0 else []
    near = {place for end in ends for place in range(end - AROUND // 2, end + AROUND // 2)}
    return sorted({*range(0, len(said), every), *near} & set(range(len(said) + 1)))


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize(
    ("every", "chunk", "chunks"),
    [(EVERY, chunk, CHUNKS) for chunk in range(CHUNKS)]
    + [pytest.param(1, 0, 1, marks=[pytest.mark.long, pytest.mark.timeout(0)], id="every byte")],
)
def test_cut_at_any_byte_there_is_one_copy_in_the_end(
    direction: str, every: int, chunk: int, chunks: int, staged: Staged, line: Proxy
) -> None:
    stage = staged(one_is_due_and_all_is_read)
    on_the_line(stage.world, line)
    stage.again()
    line.begin()
    stage.world.sweep_unwatched()
    assert stage.people() == [ANA]
    cuts = places(bytes(line.carried[direction]), every)[chunk::chunks]
    assert len(cuts) > 10
    for cut in cuts:
        stage.again()
        line.begin(direction, cut)
        stage.world.sweep_unwatched()
        line.begin()
        stage.settle()
        assert stage.people() == [ANA], f"cut at byte {cut} {direction}"
    print(f"{len(cuts)} cuts {direction}")


@pytest.mark.parametrize(("direction", "word"), [("up", b"APPEND "), ("down", b"[APPENDUID ")], ids=["up", "down"])
@pytest.mark.parametrize(
    "cuts",
    [20, pytest.param(None, marks=[pytest.mark.long, pytest.mark.timeout(0)], id="every byte")],
)
def test_cut_on_a_real_server_there_is_one_copy_in_the_end(
    direction: str, word: bytes, cuts: int | None, on_dovecot: World
) -> None:
    """Some places from the APPEND or its answer on, or all; Dovecot keeps or drops what is cut off in its own way."""
    world = on_dovecot.story(ben=False)
    world.sweep_unwatched(rehearse=True)
    with closing(Proxy(world.account.host, world.account.port)) as line:
        on_the_line(world, line)
        world.sweep_unwatched()
        said = bytes(line.carried[direction])
        places = range(said.rindex(b"\n", 0, said.index(word)), len(said))
        for cut in random.Random(direction).sample(places, cuts) if cuts else places:
            for one in world.lying():
                world.remove(one)
            world.now = NOW
            world.on_another_computer()
            world.sweep_unwatched(rehearse=True)
            line.begin(direction, cut)
            world.sweep_unwatched()
            line.begin()
            for _ in range(3):
                world.pass_time(minutes=11)
                world.sweep_unwatched()
            assert [one.to for one in world.lying()] == [ANA], f"cut at byte {cut} {direction}"
    print(f"{cuts or len(places)} cuts {direction}, of {len(places)}")


def test_what_arrives_late_at_any_moment_of_the_recovery_is_found(staged: Staged) -> None:
    """The server has the whole draft, and stores it only when the program has long given up and is looking for it."""
    stage = staged(one_is_due_and_all_is_read)
    held: list[CarryOut] = []

    def hold(command: Command, carry_out: CarryOut) -> bytes:
        held.append(carry_out)
        raise HangUp

    for number in range(LATE):
        minutes = (1, 3, 5, 8, 9)[number % 5]
        stage.again(at("APPEND", hold))
        stage.world.sweep_unwatched()
        stage.demo.script = obey
        stage.world.pass_time(minutes=minutes)
        Points(number // 5 + 1, lambda _: held.pop()()).sweep(stage.world)
        assert held == [], "it has arrived"
        stage.settle()
        assert stage.people() == [ANA], f"arrived after {minutes} minutes at point {number // 5 + 1}"
