"""Several processes at once on one mailbox: one copy of each draft (R13)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.processes import start
from tests.faults.test_kill import LONGEST_WAIT, empty_drafts, settle
from tests.imap.world import ANA, BEN, World

TOGETHER = 5


@pytest.mark.parametrize("rounds", [40, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(0)])])
def test_five_processes_at_once_lay_one_copy_of_each(rounds: int, on_dovecot: World, tmp_path: Path) -> None:
    world, log, busy = on_dovecot.story(), tmp_path / "log", 0
    for _ in range(rounds):
        empty_drafts(world)
        world.on_another_computer()
        running = [start(world, "sweep", log=log) for _ in range(TOGETHER)]
        for process in running:
            process.join(LONGEST_WAIT)
        codes = [process.exitcode for process in running]
        assert set(codes) <= {0, 75}, (codes, log.read_text())
        assert 0 in codes
        busy += codes.count(75)
        assert sorted(one.to for one in world.lying()) == [ANA, BEN], log.read_text()
    assert "Traceback" not in log.read_text()
    print(f"{rounds} rounds of {TOGETHER}, {busy} were told that another was at work")


def test_two_computers_at_once_come_down_to_one_copy(on_dovecot: World, tmp_path: Path) -> None:
    world = on_dovecot.story()
    for number in range(6):
        empty_drafts(world)
        computers, running = [], []
        for _ in range(2):
            world.on_another_computer()
            computers.append(world.state)
            running.append(start(world, "sweep", log=tmp_path / f"log{number}"))
        for process in running:
            process.join(LONGEST_WAIT)
        for world.state in computers:
            settle(world)
        assert sorted(one.to for one in world.lying()) == [ANA, BEN], number
