"""Every trouble stands in ``status`` with its cure, costs the server few questions, and is gone when its cause is."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest

from assistant.demo.server import Command, DemoServer, HangUp, Script, obey
from assistant.known import status_of
from assistant.model import HeldBecause, Trouble
from assistant.report import status_json, status_lines
from assistant.store.database import open_mail
from assistant.store.messages import MailFacts
from tests.canary import PASSWORD
from tests.commands import ours
from tests.imap.test_sweep import ALWAYS
from tests.imap.world import ANA, BEN, World, laid

CarryOut = Callable[[], bytes]
HANG_UP = b"hang up"
TROUBLES = {
    "a busy server": ("LIST", b"NO [UNAVAILABLE] Try again", "server_busy"),
    "a throttling server": ("STATUS", b"BAD Request is throttled. Suggested Backoff Time: 60000 ms", "server_busy"),
    "too many connections": ("LOGIN", b"NO [LIMIT] Too many connections", "server_busy"),
    "a lost line": ("UID FETCH", HANG_UP, "unreachable"),
    "a line dropped at the login": ("LOGIN", HANG_UP, "login_dropped"),
    "a mailbox that does not open": ("EXAMINE", b"NO Internal error", "mailbox"),
    "a full mailbox": ("APPEND", b"NO [OVERQUOTA] Quota exceeded", "over_quota"),
    "no right to write": ("APPEND", b"NO [NOPERM] Not yours", "no_permission"),
    "a mailbox that is read-only": ("APPEND", b"NO [READ-ONLY] It is read-only", "read_only"),
    "a mailbox that must be made": ("APPEND", b"NO [TRYCREATE] Make it first", "mailbox_missing"),
    "nonsense": ("LIST", b"BAD What do you mean?", "mailbox"),
    "a bad login behind an OK": ("LIST", b"BAD User is authenticated but not connected.", "login_refused"),
    "a wrong password": ("LOGIN", b"NO [AUTHENTICATIONFAILED] Wrong", "login_refused"),
}


def answering(verb: str, words: bytes) -> Callable[[Command, CarryOut], bytes]:
    def script(command: Command, carry_out: CarryOut) -> bytes:
        if command.name != verb:
            return carry_out()
        if words == HANG_UP:
            raise HangUp
        return command.tag + b" " + words + b"\r\n"

    return script


@pytest.fixture
def world(on_demo: World) -> World:
    on_demo.settings = on_demo.settings.model_copy(update={"hours": ALWAYS})
    return on_demo


def trouble(world: World) -> Trouble | None:
    [account] = status_of(world.settings, world.state, world.now).accounts
    return account.trouble


@pytest.mark.parametrize(("verb", "words", "code"), TROUBLES.values(), ids=TROUBLES)
def test_a_trouble_is_told_with_its_cure_and_gone_when_its_cause_is(
    world: World, demo: DemoServer, monkeypatch: pytest.MonkeyPatch, verb: str, words: bytes, code: str
) -> None:
    world.story(ben=False)
    demo.script = answering(verb, words)
    assert laid(world.sweep_unwatched()) == []
    told = trouble(world)
    assert told is not None
    assert (told.code, bool(told.cure)) == (code, True)
    assert told.message.isprintable()
    demo.script = lambda _, carry_out: carry_out()
    if code == "login_refused":
        monkeypatch.setenv("ASSISTANT_SECRET_HOME", "another")
        world.sweep_unwatched(by_hand=False)
        monkeypatch.setenv("ASSISTANT_SECRET_HOME", PASSWORD)
    world.pass_time(minutes=15)
    assert world.sweep_unwatched(by_hand=False).errors == ()
    assert trouble(world) is None


def logins(demo: DemoServer) -> int:
    return len([one for one in demo.commands_seen if b"LOGIN" in one]) - 1  # one of the test's own client


def test_a_server_that_says_ok_to_a_bad_login_is_asked_once_a_day_and_over_restarts(
    world: World, demo: DemoServer
) -> None:
    world.story(ben=False)
    demo.script = answering("LIST", b"BAD User is authenticated but not connected.")
    for _ in range(96):
        world.sweep_unwatched(by_hand=False)
        world.pass_time(minutes=15)
    assert logins(demo) == 1


def test_a_throttling_server_is_left_alone_for_as_long_as_it_asks(world: World, demo: DemoServer) -> None:
    world.story(ben=False)
    demo.script = answering("STATUS", b"BAD Request is throttled. Suggested Backoff Time: 7200000 milliseconds")
    began = world.now
    while world.now < began + timedelta(hours=2):
        world.sweep_unwatched(by_hand=False)
        assert logins(demo) == 1
        world.pass_time(minutes=5)
    world.sweep_unwatched(by_hand=False)
    assert logins(demo) == 2


def test_what_the_server_wants_to_be_read_stands_in_status_for_a_week_or_until_it_says_something_else(
    world: World, demo: DemoServer
) -> None:
    def status() -> tuple[list[str], str]:
        found = status_of(world.settings, world.state, world.now)
        [account] = status_json(found)["accounts"]
        words = [alert["message"] for alert in account["alerts"]]
        return words, "\n".join(status_lines(found, world.now, world.settings.zone))

    def sweep_hearing(words: bytes) -> None:
        demo.script = lambda command, carry_out: (
            b"* OK [ALERT] " + words + b"\r\n" + carry_out() if words and command.name == "LIST" else carry_out()
        )
        world.sweep_unwatched(by_hand=False)
        world.pass_time(hours=1)

    sweep_hearing(b"The \x1b[31mmailbox is nearly full")
    world.sweep_unwatched(rehearse=True)
    sweep_hearing(b"")
    words, told = status()
    assert words == ["The [31mmailbox is nearly full"]
    assert "  The server said 2 hours ago: The [31mmailbox is nearly full" in told.splitlines()
    assert trouble(world) is None
    sweep_hearing(b"Closed on Sunday")
    assert status()[0] == ["Closed on Sunday"]
    world.pass_time(days=8)
    assert status()[0] == []


def test_what_is_said_before_the_line_is_dropped_stands_in_status_too(world: World, demo: DemoServer) -> None:
    def says_and_hangs_up(command: Command, carry_out: CarryOut) -> bytes:
        if command.name == "LIST":
            raise HangUp(b"* BYE [ALERT] Back at nine\r\n")
        return carry_out()

    demo.script = says_and_hangs_up
    assert world.sweep_unwatched().errors
    [account] = status_of(world.settings, world.state, world.now).accounts
    assert [alert.words for alert in account.alerts] == ["Back at nine"]


def test_a_template_that_cannot_be_used_is_told_and_hinders_nobody_else(world: World) -> None:
    broken = world.settings.directory / "templates" / "en" / "owe_reply.txt.j2"
    broken.parent.mkdir(parents=True)
    broken.write_text("{{ nothing_of_the_kind }}\n")
    assert laid(world.story().sweep()) == [BEN]
    told = trouble(world)
    assert told is not None
    assert told.code == "template"
    assert told.cure
    broken.unlink()
    world.pass_time(minutes=15)
    assert laid(world.sweep()) == [ANA]
    assert trouble(world) is None


@pytest.fixture
def refused(world: World, demo: DemoServer) -> Callable[[], int]:
    """Let the server refuse the texts in Archive; tells how often it was asked for them since the first sweep."""
    opened = b""
    asked = 0

    def refuses(command: Command, carry_out: CarryOut) -> bytes:
        nonlocal opened, asked
        opened = command.line if command.name == "EXAMINE" else opened
        if b"Archive" in opened and b"BODYSTRUCTURE" in command.line:
            asked += 1
            return command.tag + b" NO Corrupted index\r\n"
        return carry_out()

    world.story().put("Archive", sender=BEN, subject="Figures", days=100)
    demo.script = refuses
    outcome = world.sweep()
    assert outcome.errors == ()
    assert laid(outcome) == [ANA, BEN]
    before = asked  # also for the letter, which would quote from it
    return lambda: asked - before


def asides(world: World) -> list[tuple[str, str, bool]]:
    found = status_of(world.settings, world.state, world.now).asides
    return [(one.mailbox, one.reason, one.asked_again) for one in found]


def test_a_text_the_server_refuses_is_the_trouble_of_one_message_and_asked_for_three_times_more(
    world: World, refused: Callable[[], int]
) -> None:
    [(mailbox, reason, again)] = asides(world)
    assert (mailbox, again) == ("Archive", True)
    assert "Corrupted index" in reason
    for hours, times in ((0.25, 1), (0.25, 1), (24, 2), (24, 2), (24, 3), (48, 3), (96, 3)):
        world.pass_time(hours=hours)
        assert world.sweep().errors == ()
        assert refused() == times
    assert asides(world) == [(mailbox, reason, False)]


def test_a_text_that_was_refused_in_passing_is_read_by_the_next_sweep(
    world: World, demo: DemoServer, refused: Callable[[], int]
) -> None:
    assert refused() == 0
    demo.script = obey
    world.pass_time(minutes=15)
    assert world.sweep().errors == ()
    assert asides(world) == []
    with closing(open_mail(world.state)) as database:
        [read] = [one for one in MailFacts(database).messages(frozenset()) if one.mailbox == "Archive"]
    assert read.reading is not None
    assert read.reading.words > 0


def refuses_the_last(demo: DemoServer) -> Script:
    """Refuse the header lines of the newest message in INBOX."""
    inbox = demo.site.mail["ann"].mailboxes["INBOX"]

    def answer(command: Command, carry_out: CarryOut) -> bytes:
        uids = re.search(rb"UID FETCH (?:\d+:)?(\d+) .*HEADER\.FIELDS", command.line)
        hit = uids and int(uids[1]) == max(inbox.messages)
        return command.tag + b" NO Internal error\r\n" if hit else carry_out()

    return answer


def test_while_a_new_mail_is_not_shown_nothing_is_laid_until_it_was_asked_for_once_more(
    world: World, demo: DemoServer
) -> None:
    world.story(ben=False).put(answers="question@example.net", text="It is settled, thank you.")
    demo.script = refuses_the_last(demo)
    outcome = world.sweep()
    assert (laid(outcome), outcome.errors) == ([], ())
    assert HeldBecause.ACCOUNT_UNREAD in {one.suggestion.held for one in outcome.suggestions}
    world.pass_time(minutes=15)
    assert laid(world.sweep()) == [ANA]


def test_a_reply_whose_header_lines_were_refused_in_passing_is_heard_by_the_next_sweep(
    world: World, demo: DemoServer
) -> None:
    assert laid(world.story(ben=False).sweep()) == [ANA]
    world.put(answers="question@example.net", text="It is settled, thank you.")
    demo.script = refuses_the_last(demo)
    world.pass_time(minutes=15)
    assert world.sweep().withdrawn == ()
    assert [(mailbox, again) for mailbox, _, again in asides(world)] == [("INBOX", True)]
    demo.script = answering("LIST", HANG_UP)
    world.pass_time(minutes=15)
    assert [one.code for one in world.sweep().errors] == ["unreachable"]  # it was not asked for again then
    demo.script = obey
    world.pass_time(minutes=15)
    outcome = world.sweep()
    assert [one.draft.contact for one in outcome.withdrawn] == [ANA]
    assert outcome.accounts[0].new == 1
    assert asides(world) == []


def test_while_drafts_has_vanished_nothing_is_taken_for_gone_and_nobody_makes_it_anew(
    world: World, demo: DemoServer
) -> None:
    world.story(ben=False).sweep()
    [draft] = world.lying()
    with world.client() as client:
        client.delete_folder("Drafts")
    for _ in range(3):
        world.pass_time(minutes=15)
        outcome = world.sweep_unwatched(by_hand=False)
        assert [one.code for one in outcome.errors] == ["no_drafts"]
    told = trouble(world)
    assert told is not None
    assert "create it in your mail program" in told.cure
    assert world.state_of(ANA) == "waiting"
    assert not [one for one in ours(demo) if one.startswith(b"CREATE")]
    with world.client() as client:
        client.create_folder("Drafts")
        client.append("Drafts", draft.message.as_bytes(), tuple(draft.flags), world.now)
    world.pass_time(minutes=15)
    assert world.sweep(by_hand=False).errors == ()
    assert (trouble(world), world.state_of(ANA)) == (None, "edited")
    assert len(world.lying()) == 1


def test_a_drafts_mailbox_that_came_back_empty_brings_no_second_draft(world: World) -> None:
    world.story(ben=False).sweep()
    with world.client() as client:
        client.delete_folder("Drafts")
        client.create_folder("Drafts")
    for _ in range(4):
        world.pass_time(minutes=15)
        assert laid(world.sweep()) == []
    assert (world.state_of(ANA), trouble(world)) == ("gone", None)
