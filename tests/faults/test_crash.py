"""Stopped at any point, started again: one copy of each draft, nothing lost, nothing else changed (R1, R2).

After isync's tests (src/run-tests.pl): count the points of an undisturbed run, stop at each of them, go on, compare.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from assistant.demo.server import Script, obey
from tests.faults.conftest import Staged
from tests.faults.points import Points, telling
from tests.faults.scripts import at, lose_after, lose_before, without_number
from tests.faults.stage import Stage
from tests.imap.world import ANA, BEN, World

LEAST_POINTS = 40  # different ones, over all scenarios
LEAST_IN_ONE = 15
PAIRS, CHUNKS = 400, 8


@dataclass(frozen=True)
class Scenario:
    """What has happened before the run that is stopped, and whom the drafts that lie there in the end are for.

    ``given_up`` may be missing: stopped at its second attempt, a draft is not tried a third time (at most once).
    """

    prepare: Callable[[Stage], object]
    drafts: tuple[str, ...]
    trash: tuple[str, ...] = ()
    script: Script = obey
    given_up: str = ""

    def holds(self, stage: Stage) -> None:
        lying = stage.people()
        without = [one for one in self.drafts if one != self.given_up]
        assert lying in (sorted(self.drafts), without), "one copy of each"
        assert stage.people("Trash") == sorted(self.trash)


def two_are_due(stage: Stage) -> None:
    stage.world.story()


def one_waits(stage: Stage) -> World:
    stage.world.story(ben=False).sweep()
    stage.world.pass_time(minutes=15)
    return stage.world


def one_is_to_be_withdrawn(stage: Stage) -> None:
    one_waits(stage).put(answers="question@example.net", text="It is settled, thank you.")


def one_has_grown_old(stage: Stage) -> None:
    one_waits(stage).pass_time(days=14)


def they_asked_to_be_left_alone(stage: Stage) -> None:
    text = "Hello Sue,\n\nplease do not contact me again.\n\nAna"
    one_waits(stage).put(answers="question@example.net", text=text)


def one_was_edited_and_they_wrote(stage: Stage) -> None:
    world = one_waits(stage)
    world.save(world.lying()[0], text="Dear Ana, yes.\n")
    world.put(answers="question@example.net", text="It is settled, thank you.")


def one_was_sent_and_another_is_due(stage: Stage) -> None:
    world = one_waits(stage)
    world.send(world.lying()[0])
    world.story(ana=False)


def one_was_declined_and_another_is_due(stage: Stage) -> None:
    world = one_waits(stage)
    world.move(world.lying()[0], "Trash")
    world.story(ana=False)


def the_database_was_lost(stage: Stage) -> None:
    stage.world.story().sweep()
    stage.world.pass_time(minutes=15)
    stage.world.on_another_computer()


def an_answer_was_lost(stage: Stage) -> None:
    stage.world.story()
    stage.disturbed(at("APPEND", lose_after))
    stage.world.pass_time(minutes=11)


def a_draft_did_not_arrive(stage: Stage) -> None:
    stage.world.story()
    stage.disturbed(at("APPEND", lose_before))
    stage.world.pass_time(minutes=11)
    stage.world.sweep_unwatched()
    assert stage.people() == [BEN]
    stage.world.pass_time(minutes=11)


def a_withdrawal_was_cut_off(stage: Stage) -> None:
    one_is_to_be_withdrawn(stage)
    stage.disturbed(at("UID MOVE", lose_after))
    stage.world.pass_time(minutes=11)


SCENARIOS = {
    "two are due": Scenario(two_are_due, (ANA, BEN)),
    "two are due, and no UID is told": Scenario(two_are_due, (ANA, BEN), script=at("APPEND", without_number)),
    "one is to be withdrawn": Scenario(one_is_to_be_withdrawn, (), (ANA,)),
    "one has grown old": Scenario(one_has_grown_old, (), (ANA,)),
    "they asked to be left alone": Scenario(they_asked_to_be_left_alone, (), (ANA,)),
    "one was edited": Scenario(one_was_edited_and_they_wrote, (ANA,)),
    "one was sent": Scenario(one_was_sent_and_another_is_due, (BEN,)),
    "one was declined": Scenario(one_was_declined_and_another_is_due, (BEN,), (ANA,)),
    "the database was lost": Scenario(the_database_was_lost, (ANA, BEN)),
    "an answer was lost": Scenario(an_answer_was_lost, (ANA, BEN)),
    "a draft did not arrive": Scenario(a_draft_did_not_arrive, (ANA, BEN), given_up=ANA),
    "a withdrawal was cut off": Scenario(a_withdrawal_was_cut_off, (), (ANA,)),
}


def undisturbed(stage: Stage, scenario: Scenario) -> tuple[list[str], dict[str, str]]:
    """Return the points of a run that nothing stops, and the states of the drafts in the end."""
    points = Points()
    assert not points.sweep(stage.again(scenario.script))
    stage.settle()
    assert stage.people() == sorted(scenario.drafts)
    scenario.holds(stage)
    return points.passed, states(stage, scenario)


def states(stage: Stage, scenario: Scenario) -> dict[str, str]:
    rows = stage.world.rows().items()
    return {contact: draft.state.value for contact, draft in rows if contact != scenario.given_up}


@pytest.mark.parametrize("name", SCENARIOS)
def test_stopped_at_any_point_there_is_one_copy_in_the_end(name: str, staged: Staged) -> None:
    scenario = SCENARIOS[name]
    stage = staged(scenario.prepare)
    passed, ended = undisturbed(stage, scenario)
    points = telling(passed)
    assert len(points) >= LEAST_IN_ONE, f"a test that stops nowhere proves nothing: {passed}"
    for number in points:
        assert Points(number).sweep(stage.again(scenario.script)), f"point {number}: {passed[number - 1]}"
        stage.settle()
        scenario.holds(stage)
        assert states(stage, scenario) == ended, f"stopped at {number}: {passed[number - 1]}"
        stage.nothing_more_happens()


def test_the_points_are_those_that_matter(staged: Staged) -> None:
    """The names over all kinds of runs; what is left out here would be a place where nothing is ever stopped."""
    names = set()
    for scenario in (SCENARIOS["two are due"], SCENARIOS["one is to be withdrawn"]):
        names |= set(undisturbed(staged(scenario.prepare), scenario)[0])
    assert len(names) >= LEAST_POINTS, sorted(names)
    assert {"append Drafts", "append Drafts done", "withdraw Drafts", "withdraw Drafts done", "raw Drafts"} <= names
    for state in ("intended", "waiting", "withdrawn"):
        assert {f"commit ledger: draft {state}", f"commit ledger: draft {state} done"} <= names


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_stopped_again_while_recovering_there_is_one_copy_in_the_end(chunk: int, staged: Staged) -> None:
    """Pairs of points, drawn by lot over all scenarios; the second run need not come as far as its point."""
    lot = random.Random(chunk)
    name = list(SCENARIOS)[chunk::CHUNKS]
    for scenario in [SCENARIOS[one] for one in name]:
        stage = staged(scenario.prepare)
        points = telling(undisturbed(stage, scenario)[0])
        for _ in range(PAIRS // CHUNKS // len(name)):
            first, second = lot.choice(points), lot.randint(1, len(points))
            assert Points(first).sweep(stage.again(scenario.script))
            stage.world.pass_time(minutes=11)
            Points(second).sweep(stage.world)
            stage.settle(5)
            scenario.holds(stage)
            stage.nothing_more_happens()
