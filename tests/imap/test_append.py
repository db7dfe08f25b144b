"""An APPEND whose answer is lost, late or odd: never a second copy, and what can be found is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.demo.server import Command, DemoServer, HangUp
from assistant.errors import LoginRefused
from tests.canary import PASSWORD
from tests.commands import ours, writing
from tests.imap.world import ANA, BEN, World, laid

CarryOut = Callable[[], bytes]


def before(command: Command, carry_out: CarryOut) -> bytes:
    """Lose the connection before the server has the draft."""
    raise HangUp


def after(command: Command, carry_out: CarryOut) -> bytes:
    """Lose the connection when the server has the draft, with half an answer out."""
    raise HangUp(carry_out()[:7])


def without_number(command: Command, carry_out: CarryOut) -> bytes:
    carry_out()
    return command.tag + b" OK done\r\n"


def without_keeping(command: Command, carry_out: CarryOut) -> bytes:
    """Say OK and store nothing, as Proton's Bridge has done."""
    return command.tag + b" OK done\r\n"


def refused(command: Command, carry_out: CarryOut) -> bytes:
    return command.tag + b" NO [OVERQUOTA] The mailbox is full\r\n"


def busy(command: Command, carry_out: CarryOut) -> bytes:
    return command.tag + b" NO [UNAVAILABLE] Try again\r\n"


def nonsense(command: Command, carry_out: CarryOut) -> bytes:
    carry_out()
    return command.tag + b" OK [APPENDUID 1 99999999999999999999] done\r\n"


@pytest.fixture
def world(on_demo: World) -> World:
    return on_demo.story(ben=False)


def at_append(demo: DemoServer, what: Callable[[Command, CarryOut], bytes]) -> None:
    """Do something at every APPEND from now on."""
    demo.script = lambda command, go: what(command, go) if command.name == "APPEND" else go()


def as_usual(demo: DemoServer) -> None:
    demo.script = lambda command, carry_out: carry_out()


def sweeps(world: World, *minutes: float) -> list[str]:
    """Sweep after each span of time, and return the states that followed; there is never more than one draft."""
    states = []
    for span in minutes:
        world.pass_time(minutes=span)
        world.sweep()
        assert len(world.lying()) <= 1
        states.append(world.state_of(ANA))
    return states


def test_an_append_that_reached_the_server_is_found_at_the_next_look(world: World, demo: DemoServer) -> None:
    at_append(demo, after)
    outcome = world.sweep()
    assert (laid(outcome), [one.account for one in outcome.errors]) == ([], ["home"])
    assert world.state_of(ANA) == "unknown"
    as_usual(demo)
    assert sweeps(world, 1, 15) == ["waiting", "waiting"]
    assert len(world.lying()) == 1
    assert len([one for one in ours(demo) if one.startswith(b"APPEND")]) == 1


def test_an_append_that_did_not_reach_the_server_is_not_repeated_within_ten_minutes(
    world: World, demo: DemoServer
) -> None:
    at_append(demo, before)
    world.sweep()
    as_usual(demo)
    assert sweeps(world, 1, 4, 4) == ["unknown"] * 3
    assert world.lying() == []
    assert sweeps(world, 3) == ["waiting"], "the same draft, once more"
    assert world.rows()[ANA].attempts == 2
    assert world.lying()[0].id == world.rows()[ANA].message_id


def test_an_append_is_tried_twice_at_most(world: World, demo: DemoServer) -> None:
    at_append(demo, before)
    world.sweep()
    assert sweeps(world, *[11] * 8)[-1] == "gone"
    as_usual(demo)
    assert sweeps(world, *[11] * 3) == ["gone"] * 3
    assert world.lying() == []
    assert len([one for one in ours(demo) if one.startswith(b"APPEND")]) == 2


def test_what_the_server_receives_late_is_found_and_not_repeated(world: World, demo: DemoServer) -> None:
    late: list[CarryOut] = []

    def hold(command: Command, carry_out: CarryOut) -> bytes:
        late.append(carry_out)
        raise HangUp

    at_append(demo, hold)
    world.sweep()
    as_usual(demo)
    assert sweeps(world, 1, 5) == ["unknown", "unknown"]
    late[0]()
    assert sweeps(world, 2, 15) == ["waiting", "waiting"]
    assert len(world.lying()) == 1


def test_what_the_server_receives_only_after_the_second_attempt_was_planned_is_found(
    world: World, demo: DemoServer
) -> None:
    late: list[CarryOut] = []

    def hold(command: Command, carry_out: CarryOut) -> bytes:
        late.append(carry_out)
        raise HangUp

    at_append(demo, hold)
    world.sweep()
    as_usual(demo)
    sweeps(world, 1)
    world.put("Drafts", sender="sue@example.org", to=ANA, message_id="own@example.org", flags=("\\Draft",))
    world.pass_time(minutes=15)
    world.sweep()  # planned again, and held by the user's own draft
    late[0]()
    world.pass_time(minutes=15)
    world.sweep()
    assert len([one for one in world.lying() if one.id == world.rows()[ANA].message_id]) == 1


@pytest.mark.parametrize("kept_by_the_user", [False, True])
def test_what_the_server_receives_only_after_the_second_attempt_went_well_is_taken_out_again(
    world: World, demo: DemoServer, kept_by_the_user: bool
) -> None:
    late: list[CarryOut] = []

    def hold(command: Command, carry_out: CarryOut) -> bytes:
        late.append(carry_out)
        raise HangUp

    at_append(demo, hold)
    world.sweep()
    as_usual(demo)
    assert sweeps(world, 1, 11, 11)[-1] == "waiting"
    assert world.rows()[ANA].attempts == 2
    late[0]()
    [first, second] = world.lying()
    assert first.id == second.id
    if kept_by_the_user:
        world.flag(second)
    world.pass_time(minutes=5)
    world.sweep()
    assert [one.uid for one in world.lying()] == ([first.uid, second.uid] if kept_by_the_user else [first.uid])
    assert world.state_of(ANA) == ("edited" if kept_by_the_user else "waiting")
    assert world.lying("Trash") == []


@pytest.mark.parametrize("answer", [without_number, nonsense])
def test_without_a_number_the_draft_is_looked_for_and_found(
    world: World, demo: DemoServer, answer: Callable[[Command, CarryOut], bytes]
) -> None:
    at_append(demo, answer)
    assert laid(world.sweep()) == [ANA]
    assert world.state_of(ANA) == "waiting"
    assert world.rows()[ANA].uid == world.lying()[0].uid
    as_usual(demo)
    world.put(sender=ANA, answers="question@example.net")
    world.pass_time(minutes=15)
    assert len(world.sweep().withdrawn) == 1


def test_an_ok_for_nothing_is_unknown(world: World, demo: DemoServer) -> None:
    at_append(demo, without_keeping)
    world.sweep()
    assert world.state_of(ANA) == "unknown"
    assert sweeps(world, 1, 1) == ["unknown", "unknown"]


def test_a_refusal_is_told_and_tried_again_later(world: World, demo: DemoServer) -> None:
    at_append(demo, refused)
    outcome = world.sweep()
    assert [one.code for one in outcome.errors] == ["over_quota"]
    assert world.state_of(ANA) == "planned"
    assert sweeps(world, 15) == ["planned"]
    as_usual(demo)
    assert sweeps(world, 15) == ["waiting"]


def test_a_refused_plan_is_dropped_when_the_contact_writes(world: World, demo: DemoServer) -> None:
    at_append(demo, refused)
    world.sweep()
    as_usual(demo)
    world.pass_time(minutes=15)
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")
    world.sweep()
    assert (world.state_of(ANA), world.lying()) == ("gone", [])


def test_a_busy_server_leaves_it_unknown(world: World, demo: DemoServer) -> None:
    at_append(demo, busy)
    world.sweep()
    assert world.state_of(ANA) == "unknown"
    as_usual(demo)
    assert sweeps(world, 1, 11) == ["unknown", "waiting"]


@pytest.mark.parametrize("fault", [HangUp, b"NO [NOPERM] no", b"NO [UNAVAILABLE] later", b"BAD what"])
def test_a_trouble_in_looking_after_the_append_leaves_no_doubt_for_long(
    world: World, demo: DemoServer, fault: type[HangUp] | bytes
) -> None:
    """The APPEND went well; reading the draft back did not."""
    appended: list[bool] = []

    def script(command: Command, carry_out: CarryOut) -> bytes:
        if command.name == "APPEND":
            appended.append(True)
        elif appended and command.name == "UID FETCH" and b"BODY.PEEK[]<" in command.line:
            appended.clear()
            if not isinstance(fault, bytes):
                raise fault
            return command.tag + b" " + fault + b"\r\n"
        return carry_out()

    demo.script = script
    world.sweep()
    assert world.state_of(ANA) == "unknown"
    as_usual(demo)
    assert sweeps(world, 1) == ["waiting"]
    assert len(writing(demo)) == 1


def test_one_draft_that_is_refused_does_not_lose_those_before_it(on_demo: World, demo: DemoServer) -> None:
    on_demo.story()
    seen: list[bool] = []

    def second(command: Command, carry_out: CarryOut) -> bytes:
        seen.append(True)
        return carry_out() if len(seen) == 1 else refused(command, carry_out)

    at_append(demo, second)
    assert laid(on_demo.sweep()) == [ANA]
    assert (on_demo.state_of(ANA), on_demo.state_of(BEN)) == ("waiting", "planned")


@pytest.mark.parametrize("verb", ["UID MOVE", "UID FETCH"])
def test_a_withdrawal_whose_answer_is_lost_is_no_refusal_of_the_users(
    world: World, demo: DemoServer, verb: str
) -> None:
    world.sweep()
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")

    def script(command: Command, carry_out: CarryOut) -> bytes:
        if command.name == verb and (verb == "UID MOVE" or b"BODY.PEEK[]<" in command.line):
            answer = carry_out()
            raise HangUp(answer[:3])
        return carry_out()

    demo.script = script
    world.pass_time(minutes=15)
    world.sweep()
    as_usual(demo)
    assert sweeps(world, 15, 15) == ["withdrawn"] * 2
    assert len(world.lying("Trash")) == 1


def test_a_refused_login_is_tried_once(world: World, demo: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", "wrong")
    for by_hand in (True, False, True):
        outcome = world.sweep(by_hand=by_hand)
        assert [one.code for one in outcome.errors] == [LoginRefused.code]
        world.pass_time(hours=1)
    logins = [one for one in demo.commands_seen if b"LOGIN" in one]
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", PASSWORD)
    assert laid(world.sweep()) == [ANA]
    assert len(logins) == 2, "one of the test's own client, one of ours"


def test_staying_away_after_an_outage_ends(world: World, demo: DemoServer) -> None:
    """The daemon looks every quarter of an hour; that it stayed away must not make it stay away longer."""

    def hang_up(command: Command, carry_out: CarryOut) -> bytes:
        if command.name == "LIST":
            raise HangUp
        return carry_out()

    demo.script = hang_up
    for _ in range(96):
        world.sweep_unwatched(by_hand=False)
        world.pass_time(minutes=15)
    tried = len([one for one in demo.commands_seen if b" LIST " in one])
    assert 5 <= tried <= 30
    as_usual(demo)
    for _ in range(24):
        world.sweep_unwatched(by_hand=False)
        world.pass_time(minutes=15)
    assert any(b"BODYSTRUCTURE" in one for one in demo.commands_seen)
