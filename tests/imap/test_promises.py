"""The promises where a server or a contact does something seldom."""

from __future__ import annotations

import pytest

from assistant.demo.server import Command, DemoServer, obey
from tests.faults.scripts import CarryOut
from tests.imap.world import ANA, NAMES, World, laid


@pytest.mark.parametrize("hidden", [frozenset({"MOVE"})])
@pytest.mark.parametrize("verb", ["UID STORE", "UID EXPUNGE"])
def test_a_server_that_copies_to_trash_and_removes_nothing_gets_one_copy_there(
    on_demo: World, demo: DemoServer, verb: str
) -> None:
    def refuses(command: Command, carry_out: CarryOut) -> bytes:
        return command.tag + b" NO [NOPERM] not yours\r\n" if command.name == verb else carry_out()

    assert laid(on_demo.story(ben=False).sweep()) == [ANA]
    on_demo.put(answers="question@example.net", text="It is settled, thank you.")
    demo.script = refuses
    for _ in range(5):
        on_demo.pass_time(minutes=5)
        assert on_demo.sweep().errors
    assert (len(on_demo.lying()), len(on_demo.lying("Trash"))) == (1, 1)
    demo.script = obey
    on_demo.pass_time(minutes=5)
    assert [one.draft.contact for one in on_demo.sweep().withdrawn] == [ANA]
    assert (len(on_demo.lying()), len(on_demo.lying("Trash"))) == (0, 1)


@pytest.mark.parametrize("hidden", [frozenset({"LIST-STATUS"})])
@pytest.mark.parametrize("verb", ["STATUS", "UID SEARCH"])
def test_where_the_last_look_is_refused_nothing_is_laid(on_demo: World, demo: DemoServer, verb: str) -> None:
    asked = 0

    def refuses(command: Command, carry_out: CarryOut) -> bytes:
        nonlocal asked
        if command.name == "STATUS" and b"INBOX" in command.line:
            asked += 1
            if asked == 2:
                on_demo.put(answers="question@example.net", text="It is settled, thank you.")
        if asked == 2 and command.name == verb:
            return command.tag + b" NO Internal error\r\n"
        return carry_out()

    demo.script = refuses
    outcome = on_demo.story(ben=False).sweep_unwatched()
    assert asked > 1
    assert laid(outcome) == []


@pytest.mark.parametrize("sender", ["ana+garden@example.net", "ana.ruiz@private.example"])
def test_a_reply_from_another_address_of_theirs_takes_the_draft_back(on_demo: World, sender: str) -> None:
    assert laid(on_demo.story(ben=False).sweep()) == [ANA]
    on_demo.pass_time(minutes=15)
    NAMES[sender] = NAMES[ANA]
    on_demo.put(sender=sender, answers="question@example.net", text="It is settled, thank you.")
    assert [one.draft.contact for one in on_demo.sweep().withdrawn] == [ANA]
