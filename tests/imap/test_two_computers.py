"""Two computers with databases of their own look after one mailbox: in the end there is one copy of each draft."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.demo.server import Command, DemoServer
from assistant.mailbox.door import Door
from assistant.mailbox.secrecy import Secret
from assistant.opening import Connect, connect_to_server
from assistant.settings import AccountSettings
from assistant.store.ledger import Ledger
from tests.canary import PASSWORD
from tests.imap.world import ANA, ME, Found, World, laid


class Meanwhile:
    """A door at which something happens right before our first APPEND, or whatever else is named."""

    def __init__(self, door: Door, act: Callable[[], object], when: str = "append") -> None:
        self._door = door
        self._act: Callable[[], object] | None = act
        self._when = when

    def __getattr__(self, name: str) -> Any:
        if name == self._when and self._act is not None:
            act, self._act = self._act, None
            act()
        return getattr(self._door, name)


def while_appending(act: Callable[[], object]) -> Connect:
    def connect(account: AccountSettings, secret: Secret) -> Any:
        return Meanwhile(connect_to_server(account, secret), act)

    return connect


class Computers:
    """Two state directories, and the sweeps done on each."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.late = world.state
        world.on_another_computer()
        self.early = world.state

    def at(self, state: Path) -> World:
        self.world.state = state
        return self.world

    def sweep_both(self) -> None:
        for state in (self.early, self.late):
            self.world.pass_time(minutes=15)
            self.at(state).sweep_unwatched()

    def states(self) -> list[str]:
        return [self.at(state).state_of(ANA) for state in (self.early, self.late)]


@pytest.fixture
def computers(world: World) -> Computers:
    """Two computers that have both written the same draft: the early one while the late one was about to."""
    return both_wrote(world)


def both_wrote(world: World) -> Computers:
    found = Computers(world.story(ben=False))

    def by_the_other() -> None:
        assert laid(found.at(found.early).sweep_unwatched()) == [ANA]
        found.at(found.late)

    found.at(found.late).sweep_unwatched(while_appending(by_the_other))
    first, second = world.lying()
    assert first.id == second.id
    return found


def copies(world: World) -> list[Found]:
    return world.lying()


def test_the_draft_that_both_wrote_is_one_after_a_further_sweep_of_each(computers: Computers) -> None:
    first, _ = copies(computers.world)
    computers.sweep_both()
    assert [one.uid for one in copies(computers.world)] == [first.uid], "the older copy stays"
    assert computers.states() == ["waiting", "waiting"]
    computers.sweep_both()
    assert (len(copies(computers.world)), computers.states()) == (1, ["waiting", "waiting"])


def test_the_same_in_the_other_order(computers: Computers) -> None:
    computers.early, computers.late = computers.late, computers.early
    computers.sweep_both()
    assert (len(copies(computers.world)), computers.states()) == (1, ["waiting", "waiting"])


def test_a_reply_takes_both_back(computers: Computers) -> None:
    computers.world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")
    computers.sweep_both()
    assert (copies(computers.world), computers.states()) == ([], ["withdrawn", "withdrawn"])


@pytest.mark.parametrize("why", ["She answered.", "The user wrote of something else.", "Two weeks passed."])
def test_what_one_takes_back_is_no_refusal_to_the_other(computers: Computers, why: str) -> None:
    computers.sweep_both()
    if why == "She answered.":
        computers.world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")
    elif why == "The user wrote of something else.":
        computers.world.put("Sent", sender=ME, to=ANA, subject="The autumn fair", flags=("\\Seen",))
    else:
        for _ in range(14):
            assert computers.states() == ["waiting", "waiting"]
            computers.world.pass_time(days=1)
            computers.sweep_both()
    computers.sweep_both()
    assert (copies(computers.world), computers.states()) == ([], ["withdrawn", "withdrawn"])
    early, late = (computers.at(state).rows()[ANA].because for state in (computers.early, computers.late))
    assert early == late


def test_the_one_that_stayed_is_followed_by_both(computers: Computers) -> None:
    computers.sweep_both()
    [draft] = copies(computers.world)
    computers.world.send(draft)
    computers.sweep_both()
    assert computers.states() == ["sent", "sent"]


@pytest.mark.parametrize("number", [0, 1], ids=["the older", "the newer"])
def test_a_copy_that_the_user_edited_stays(computers: Computers, number: int) -> None:
    world = computers.world
    world.save(copies(world)[number], text="Dear Ana, yes.\n")
    for _ in range(3):
        computers.sweep_both()
        assert "Dear Ana, yes." in [one.message.get_content().strip() for one in copies(world)]
    assert "edited" in computers.states()


def test_a_flagged_copy_stays(computers: Computers) -> None:
    world = computers.world
    for one in copies(world):
        world.flag(one)
    computers.sweep_both()
    assert len(copies(world)) == 2


def test_a_copy_that_was_postponed_unchanged_beside_ours_is_not_ours_to_take(world: World) -> None:
    """aerc leaves the old copy in Drafts, and the new one without its flag."""
    assert laid(world.story(ben=False).sweep()) == [ANA]
    [draft] = copies(world)
    with world.client() as client:
        client.append("Drafts", draft.message.as_bytes(), ("\\Seen",), world.now)
    world.pass_time(minutes=15)
    world.sweep()
    assert len(copies(world)) == 2
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")
    world.pass_time(minutes=15)
    world.sweep()
    assert [one.flags for one in copies(world)] == [frozenset({"\\Seen"})]


def test_without_numbers_from_the_server_one_copy_stays(on_demo: World, demo: DemoServer) -> None:
    def without_number(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        answer = carry_out()
        return command.tag + b" OK done\r\n" if command.name == "APPEND" else answer

    demo.script = without_number
    found = both_wrote(on_demo)
    found.sweep_both()
    assert (len(copies(on_demo)), found.states()) == (1, ["waiting", "waiting"])


def test_interrupted_while_giving_way_one_copy_stays(computers: Computers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is gone, and the ledger does not know it yet."""

    class Stopped(BaseException):
        pass

    def stop(*_: object, **__: object) -> None:
        raise Stopped

    world = computers.at(computers.late)
    world.pass_time(minutes=15)
    monkeypatch.setattr(Ledger, "change", stop)
    with pytest.raises(Stopped):
        world.sweep_unwatched()
    monkeypatch.undo()
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", PASSWORD)
    assert len(copies(world)) == 1
    computers.sweep_both()
    assert (len(copies(world)), computers.states()) == (1, ["waiting", "waiting"])


@pytest.mark.parametrize("when", ["glance", "append"])
def test_a_draft_that_the_other_laid_during_our_sweep_is_not_sent_when_it_is_moved(world: World, when: str) -> None:
    """Its Date is later than the moment at which our sweep began."""
    found, began = Computers(world.story(ben=False)), world.now

    def by_the_other() -> None:
        world.pass_time(seconds=40)
        assert laid(found.at(found.early).sweep_unwatched()) == [ANA]
        found.at(found.late).now = began

    def connect(account: AccountSettings, secret: Secret) -> Any:
        return Meanwhile(connect_to_server(account, secret), by_the_other, when)

    found.at(found.late).sweep_unwatched(connect)
    found.sweep_both()
    [draft] = copies(world)
    world.move(draft, "Archive")
    found.sweep_both()
    assert "sent" not in found.states()
