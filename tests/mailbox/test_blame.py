"""A server that fails at one message keeps no other from being read, and a line that breaks blames none."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from assistant.demo.server import Command, DemoServer, HangUp, Script, obey
from assistant.errors import AccountLater, MessageError
from assistant.mailbox import dialogue, wire
from assistant.mailbox.imap import ImapDoor
from tests.mailbox.conftest import OpenDoor, account_on
from tests.mailbox.door_contract import LETTER
from tests.mailbox.scripts import CarryOut, Serve, only_for

WHEN = datetime(2024, 3, 7, tzinfo=UTC)


def breaks_at(*uids: int, times: int = 1000) -> Script:
    """Hang up at the contents of these messages as Dovecot does: behind all others before, and a line without them."""

    def answer(command: Command, carry_out: CarryOut) -> bytes:
        nonlocal times
        told = carry_out()
        for uid in uids if b"BODY" in command.line else ():
            if times and (found := re.search(rb"\* \d+ FETCH \(UID %d " % uid, told)):
                times -= 1
                raise HangUp(told[: found.end()] + b"FLAGS ())\r\n* BYE FETCH failed: Internal error\r\n")
        return told

    return only_for("UID FETCH", answer)


@pytest.fixture
def archive(serve: Serve, open_for: OpenDoor) -> Callable[[Script], tuple[ImapDoor, DemoServer]]:
    """Open a door to a server with messages 1 to 11 in Archive."""

    def start(script: Script) -> tuple[ImapDoor, DemoServer]:
        server = serve(script)
        for _ in range(11):
            server.site.mail["ann"].add("Archive", LETTER, internal_date=WHEN)
        return open_for(account_on(server)), server

    return start


Archive = Callable[[Script], tuple[ImapDoor, DemoServer]]


def blocks(door: ImapDoor, *then: int) -> dict[int, bytes]:
    return {raw.uid: raw.block for raw in door.headers("Archive", range(1, 12), then)}


def logins(server: DemoServer) -> int:
    return sum(b" LOGIN " in line for line in server.commands_seen)


@pytest.mark.parametrize("bad", [(1,), (4,), (11,), (4, 5), (1, 6, 11)])
def test_a_message_at_which_the_server_hangs_up_twice_is_known_to_exist_and_hides_no_other(
    archive: Archive, bad: tuple[int, ...]
) -> None:
    door, server = archive(breaks_at(*bad))
    found = blocks(door)
    assert sorted(found) == list(range(1, 12))
    assert tuple(uid for uid, block in sorted(found.items()) if not block) == bad
    assert logins(server) == 1 + 2 * len(bad)


@pytest.mark.parametrize("bad", [(1,), (4,), (11,), (4, 5), (1, 6, 11)])
def test_a_text_at_which_the_server_hangs_up_twice_is_the_trouble_of_one_message(
    archive: Archive, bad: tuple[int, ...]
) -> None:
    door, _ = archive(breaks_at(*bad))
    found = dict(door.bodies("Archive", range(1, 12)))
    assert sorted(found) == list(range(1, 12))
    assert tuple(uid for uid, one in sorted(found.items()) if isinstance(one, MessageError)) == bad


def test_a_line_that_breaks_once_blames_nobody(archive: Archive) -> None:
    door, server = archive(breaks_at(4, times=1))
    assert all(blocks(door).values())
    assert logins(server) == 2


def test_what_was_asked_ahead_before_the_break_is_read_all_the_same(archive: Archive) -> None:
    door, server = archive(breaks_at(4))
    server.site.mail["ann"].add("Archive", LETTER, internal_date=WHEN)
    assert [uid for uid, block in blocks(door, 12).items() if not block] == [4]
    assert [raw.uid for raw in door.headers("Archive", [12]) if raw.block] == [12]


def test_a_line_that_holds_for_no_question_is_the_trouble_of_the_account(archive: Archive) -> None:
    def hangs_up(command: Command, carry_out: CarryOut) -> bytes:
        raise HangUp

    door, server = archive(only_for("UID FETCH", hangs_up))
    with pytest.raises(AccountLater):
        blocks(door)
    assert logins(server) == 3


def test_a_server_that_hangs_up_at_every_message_is_left_alone_in_the_end(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogue, "_MENDED_LIMIT", 6)
    door, server = archive(breaks_at(*range(1, 12)))
    told = []
    with pytest.raises(AccountLater):
        told += [raw.uid for raw in door.headers("Archive", range(1, 12))]
    assert logins(server) == 7


def test_what_came_before_the_last_break_is_told(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "_MENDED_LIMIT", 0)
    door, _ = archive(breaks_at(4))
    asked = door.headers("Archive", range(1, 12))
    assert [next(asked).uid for _ in range(3)] == [1, 2, 3]
    with pytest.raises(AccountLater):
        next(asked)


def test_a_login_that_is_refused_on_the_way_back_is_not_this_ones_trouble(archive: Archive) -> None:
    """A token may have run out meanwhile; the next sweep gets a new one, and meets the refusal if it is one."""
    breaks = breaks_at(4)

    def refuses(command: Command, carry_out: CarryOut) -> bytes:
        if command.name == "LOGIN" and logins(server) > 1:
            return command.tag + b" NO [AUTHENTICATIONFAILED] who are you?\r\n"
        return breaks(command, carry_out)

    server: DemoServer
    door, server = archive(obey)
    server.script = refuses
    with pytest.raises(AccountLater) as raised:
        blocks(door)
    assert raised.value.code == "unreachable"
    assert logins(server) == 2


def test_behind_a_break_nothing_is_read_from_a_mailbox_that_was_made_anew(archive: Archive) -> None:
    breaks = breaks_at(4)

    def renumbers(command: Command, carry_out: CarryOut) -> bytes:
        told = breaks(command, carry_out)
        return re.sub(rb"UIDVALIDITY \d+", b"UIDVALIDITY 7", told) if logins(server) > 1 else told

    server: DemoServer
    door, server = archive(obey)
    server.script = renumbers
    with pytest.raises(AccountLater):
        blocks(door)
    assert logins(server) == 2


def leaves_out(uid: int) -> Script:
    """Say OK to a question for contents, and nothing of this message."""

    def answer(command: Command, carry_out: CarryOut) -> bytes:
        gap = rb"(?s)\* \d+ FETCH \(UID %d .*?(?=\* \d+ FETCH|%s)" % (uid, command.tag)
        return re.sub(gap, b"", carry_out()) if b"BODY" in command.line else carry_out()

    return only_for("UID FETCH", answer)


def test_a_message_that_an_answer_leaves_out_is_known_to_exist(archive: Archive) -> None:
    door, _ = archive(leaves_out(4))
    assert [uid for uid, block in blocks(door).items() if not block] == [4]
    texts = dict(door.bodies("Archive", range(1, 12)))
    assert [uid for uid, one in texts.items() if isinstance(one, MessageError)] == [4]


def test_a_text_that_an_answer_leaves_out_is_not_an_empty_one(archive: Archive) -> None:
    """The structure came, so that the message was there a moment ago."""
    without = leaves_out(4)

    def structures_come(command: Command, carry_out: CarryOut) -> bytes:
        return carry_out() if b"BODYSTRUCTURE" in command.line else without(command, carry_out)

    door, server = archive(structures_come)
    texts = dict(door.bodies("Archive", range(1, 12)))
    assert [uid for uid, one in texts.items() if isinstance(one, MessageError)] == [4]

    def gone(command: Command, carry_out: CarryOut) -> bytes:
        if b"BODY.PEEK" in command.line:
            server.site.mail["ann"].mailboxes["Archive"].messages.pop(4, None)
        return carry_out()

    server.script = gone
    assert sorted(dict(door.bodies("Archive", range(1, 12)))) == [1, 2, 3, *range(5, 12)]


def test_of_header_lines_beyond_measure_only_what_is_kept_counts(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten mails with a megabyte of header lines each would otherwise end every look of an account."""
    monkeypatch.setattr(wire, "_ANSWER_LIMIT", 4_000_000)
    door, server = archive(obey)
    for _ in range(10):
        long = b"Subject: " + b"x" * 1_000_000 + b"\r\n" + LETTER
        server.site.mail["ann"].add("Archive", long, internal_date=WHEN)
    assert [raw.uid for raw in door.headers("Archive", range(12, 22))] == list(range(12, 22))
