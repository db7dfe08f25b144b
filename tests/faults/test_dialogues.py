"""What servers may answer, at each place of a sweep: no second copy, no crash, a trouble that ends with its cause.

R5 and R21: sixty dialogues and more, each at LOGIN, LIST, EXAMINE, UID FETCH and APPEND.
"""

from __future__ import annotations

import re
from contextlib import closing

import pytest

from assistant.demo.server import Command, HangUp, obey
from assistant.errors import LoginRefused
from assistant.known import status_of
from assistant.mailbox import wire
from assistant.mailbox.door import Door
from assistant.mailbox.imap import open_door
from assistant.mailbox.secrecy import Secret
from assistant.model import Trouble
from assistant.settings import AccountSettings
from assistant.store.database import open_ledger
from assistant.store.ledger import Ledger
from assistant.sweep import Outcome
from tests.canary import PASSWORD
from tests.faults.conftest import Staged
from tests.faults.processes import confirm
from tests.faults.scripts import Answer, CarryOut, at, lose_after
from tests.faults.stage import Stage
from tests.imap.world import ANA, World

PLACES = ("LOGIN", "LIST", "EXAMINE", "UID FETCH", "APPEND")
LEAST = 60
SECONDS = 0.5  # a command may take while the answer is strange: many of these leave the program waiting for its own
RFC_5530 = (
    *("UNAVAILABLE", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED", "CONTACTADMIN"),
    *("NOPERM", "INUSE", "EXPUNGEISSUED", "CORRUPTION", "SERVERBUG", "CLIENTBUG", "CANNOT", "LIMIT", "OVERQUOTA"),
    *("ALREADYEXISTS", "NONEXISTENT"),
)
OTHER_CODES = ("ALERT", "BADCHARSET (UTF-8)", "PARSE", "READ-ONLY", "TRYCREATE", "TOOBIG", "UNKNOWN-CTE", "X-UNHEARD 7")


def say(words: bytes) -> Answer:
    """Answer so, and do nothing."""
    return lambda command, _: words.replace(b"TAG", command.tag)


def leave(words: bytes) -> Answer:
    """Hang up with these words."""

    def answer(command: Command, _: CarryOut) -> bytes:
        raise HangUp(words.replace(b"TAG", command.tag))

    return answer


def among(words: bytes) -> Answer:
    """Do it, and say something more before the answer."""
    return lambda _, carry_out: words + carry_out()


def instead(pattern: bytes, words: bytes) -> Answer:
    """Do it, and change the answer."""
    return lambda _, carry_out: re.sub(pattern, words, carry_out())


def half(_: Command, carry_out: CarryOut) -> bytes:
    answer = carry_out()
    raise HangUp(answer[: len(answer) // 2])


DIALOGUES: dict[str, Answer] = {
    **{f"NO [{code}]": say(b"TAG NO [%s] sorry\r\n" % code.encode()) for code in (*RFC_5530, *OTHER_CODES)},
    "NO": say(b"TAG NO sorry\r\n"),
    "NO without text": say(b"TAG NO\r\n"),
    "BAD": say(b"TAG BAD what do you mean\r\n"),
    "BAD without text": say(b"TAG BAD\r\n"),
    "NO in colours": say(b"TAG NO \x1b[31mred\x07\r\n"),
    "throttled": say(b"TAG BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n"),
    "server unavailable": say(b"TAG NO Server Unavailable. 15\r\n"),
    "too many connections": say(b"TAG NO [LIMIT] Too many simultaneous connections\r\n"),
    "authenticated but not connected": say(b"TAG BAD User is authenticated but not connected.\r\n"),
    "BYE": leave(b"* BYE going down\r\n"),
    "BYE without text": leave(b"* BYE\r\n"),
    "BYE [UNAVAILABLE]": leave(b"* BYE [UNAVAILABLE] later\r\n"),
    "BYE session expired": leave(b"* BYE Session expired, please login again.\r\n"),
    "BYE and then OK": leave(b"* BYE bye\r\nTAG OK done\r\n"),
    "hangs up": leave(b""),
    "hangs up half-way": half,
    "hangs up before the line ends": leave(b"TAG OK done"),
    "done, then hangs up": lose_after,
    "silence": say(b""),
    "OK without text": instead(rb"(?m)^(\S+ OK) (?!\[)[^\r]*\r$", rb"\1\r"),
    "OK in small letters": instead(rb"(?m)^([A-P]{4}\d+) OK", rb"\1 ok"),
    "OK for nothing": say(b"TAG OK done\r\n"),
    "OK without codes": instead(rb" \[[A-Z]+ [^]]*\]", b""),
    "NIL everywhere": say(
        b"* LIST NIL NIL NIL\r\n* 1 FETCH (UID NIL FLAGS NIL BODY[] NIL)\r\n* FLAGS NIL\r\nTAG OK\r\n"
    ),
    "wrong tag": say(b"XYZ99 OK done\r\n"),
    "no tag": say(b"OK done\r\n"),
    "the answer twice": lambda _, carry_out: 2 * carry_out(),
    "PREAUTH": say(b"* PREAUTH welcome\r\nTAG PREAUTH welcome\r\n"),
    "another protocol": say(b"220 mail.example.org ESMTP\r\n"),
    "bytes of no kind": say(b"\xff\x00\xfe\r\n"),
    "an unwanted continuation": among(b"+ go on\r\n"),
    "an alert": among(b"* OK [ALERT] Your mailbox is nearly full \x1b]0;x\x07\r\n"),
    "nonsense between the lines": among(b"* XYZZY plugh\r\n* LIST (\r\n* STATUS\r\n* 1 FETCH (\r\n"),
    "mail nobody asked for": among(b'* 999 FETCH (UID 4000000000 FLAGS (\\Seen) BODY[] "x")\r\n'),
    "counts without measure": among(b"* 18446744073709551616 EXISTS\r\n* -1 RECENT\r\n"),
    "an expunge in between": among(b"* 1 EXPUNGE\r\n"),
    "brackets without end": among(b"* 1 FETCH (UID 1 BODYSTRUCTURE " + 5000 * b"(" + b")\r\n"),
    "a literal beyond measure": leave(b"* OK {99999999999999}\r\nabc"),
    "a literal of two megabytes": among(b"* 1 FETCH (BODY[] {2000000}\r\n" + 2_000_000 * b"x" + b")\r\n"),
    "a line beyond measure": among(b"* OK " + 200_000 * b"x" + b"\r\n"),
    "another UIDVALIDITY": instead(rb"UIDVALIDITY \d+", b"UIDVALIDITY 7"),
    "no UIDVALIDITY": instead(rb"UIDVALIDITY \d+", b"UIDVALIDITY 0"),
    "an APPENDUID beyond measure": instead(rb"APPENDUID \d+ \d+", b"APPENDUID 1 99999999999999999999"),
    "another message's APPENDUID": instead(rb"APPENDUID (\d+) \d+", rb"APPENDUID \1 1"),
    "capabilities taken back": among(b"* CAPABILITY IMAP4rev1\r\n"),
}


def one_is_due(stage: Stage) -> None:
    """One draft is due, all is read, and the daemon may write at any hour."""
    world = stage.world.story(ben=False)
    world.always_at_work()
    world.sweep_unwatched(rehearse=True)
    confirm(world)


def impatient(account: AccountSettings, secret: Secret) -> Door:
    return open_door(account, secret, seconds=SECONDS, bulk_seconds=SECONDS)


def test_there_are_enough_of_them() -> None:
    assert len(DIALOGUES) >= LEAST


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("chunk", range(2))
def test_a_strange_answer_makes_no_second_copy_and_its_trouble_ends_with_it(
    place: str, chunk: int, staged: Staged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "LINE_LIMIT", 100_000)
    stage = staged(one_is_due)
    for name in list(DIALOGUES)[chunk::2]:
        monkeypatch.setenv("ASSISTANT_SECRET_HOME", PASSWORD)
        stage.demo.site.users["ann"] = PASSWORD
        world = stage.again(at(place, DIALOGUES[name]))
        outcome = world.sweep_unwatched(impatient)
        assert stage.people() in ([], [ANA]), name
        told_with_its_cure(world, outcome, name)
        stage.demo.script = obey
        if (trouble := told(world)) is not None and trouble.code == LoginRefused.code:
            stage.demo.site.users["ann"] = "another"
            monkeypatch.setenv("ASSISTANT_SECRET_HOME", "another")
        comes_back(world, name)
        stage.settle()
        assert stage.people() == [ANA], name


def told(world: World) -> Trouble | None:
    """Return the trouble that status tells."""
    [account] = status_of(world.settings, world.state, world.now).accounts
    return account.trouble


def told_with_its_cure(world: World, outcome: Outcome, name: str) -> None:
    """What the sweep met is in status, each with what to do about it."""
    for one in outcome.errors:
        assert one.message.isprintable(), name
        assert one.cure, f"{name}: {one.message}"
    assert (told(world) is not None) == bool(outcome.errors), name


def comes_back(world: World, name: str) -> None:
    """One look of the daemon, as soon as it may, finds all well."""
    with closing(open_ledger(world.state)) as connection:
        _, retry, _ = Ledger(connection).waiting_room("home")
    world.pass_time(minutes=15)
    world.now = max(world.now, retry or world.now)
    outcome = world.sweep_unwatched(by_hand=False)
    assert outcome.errors == (), name
    assert told(world) is None, name
