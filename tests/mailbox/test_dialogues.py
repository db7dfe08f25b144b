"""Servers that fall silent, drip, refuse or hang up: every command ends in an error of ours, in time."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from assistant import clock
from assistant.demo.server import Command, DemoServer, HangUp
from assistant.errors import AccountError, AccountLater, AccountStopped, LoginRefused, MailboxError
from assistant.mailbox.answers import LOGIN_DROPPED
from assistant.mailbox.imap import open_door
from assistant.mailbox.secrecy import Secret
from assistant.mailbox.wire import PATIENCE_SECONDS, Connection
from assistant.settings import AccountSettings
from tests.canary import PASSWORD
from tests.mailbox.conftest import OpenDoor, account_on
from tests.mailbox.door_contract import LETTER
from tests.mailbox.scripts import SOON, VERBS, CarryOut, Serve, half, hang_up, only_for, say

LOST = {
    "silence": say(b""),
    "dropped": hang_up(b""),
    "dropped in the answer": half,
    "bye": hang_up(b"* BYE [UNAVAILABLE] going down\r\n"),
    "bye without reason": hang_up(b"* BYE\r\n"),
    "babble": say(b"220 mail.example.org ESMTP\r\n"),
    "wrong tag": say(b"XYZ99 OK done\r\n"),
    "a tag of its own making": say(b"TAGTAG OK done\r\n"),
    "no line end": hang_up(b"TAG OK done"),
    "bytes of no kind": say(b"\xff\x00\xfe\r\n"),
    "limit": say(b"TAG NO [LIMIT] not so fast\r\n"),
    "in use": say(b"TAG NO [INUSE] locked\r\n"),
    "bug": say(b"TAG NO [SERVERBUG] oops\r\n"),
    "endless literal": hang_up(b"* STATUS {99999999999999}\r\nabc"),
    "literal of absurd size": hang_up(b"* OK {" + b"9" * 5000 + b"}\r\nabc"),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("fault", LOST)
def test_a_lost_or_busy_connection_is_tried_again_later(
    serve: Serve, open_for: OpenDoor, fault: str, verb: str
) -> None:
    server = serve(only_for(verb, LOST[fault]))
    with pytest.raises(AccountLater) as caught:
        VERBS[verb](open_for(account_on(server), seconds=SOON, bulk_seconds=SOON))
    assert str(caught.value).isprintable()
    assert PASSWORD not in str(caught.value)
    assert caught.value.message.count(server.host)


REFUSED = {
    "no": (b"TAG NO sorry\r\n", "mailbox"),
    "no without text": (b"TAG NO\r\n", "mailbox"),
    "bad": (b"TAG BAD what do you mean\r\n", "mailbox"),
    "bad without text": (b"TAG BAD\r\n", "mailbox"),
    "no permission": (b"TAG NO [NOPERM] not yours\r\n", "no_permission"),
    "over quota": (b"TAG NO [OVERQUOTA] full\r\n", "over_quota"),
    "try create": (b"TAG NO [TRYCREATE] make it first\r\n", "mailbox_missing"),
    "colours": (b"TAG NO \x1b[31mred\x07\r\n", "mailbox"),
}


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in ("LOGIN", "NOOP", "UID SEARCH")])
@pytest.mark.parametrize("fault", REFUSED)
def test_a_refusal_is_the_trouble_of_one_mailbox_and_the_connection_goes_on(
    serve: Serve, open_for: OpenDoor, fault: str, verb: str
) -> None:
    words, code = REFUSED[fault]
    server = serve(only_for(verb, say(words)))
    door = open_for(account_on(server))
    if verb == "STATUS" and not words.startswith(b"TAG BAD"):
        assert door.status(["INBOX"]) == {}, "what refuses to tell its state is as good as gone"
    else:
        with pytest.raises(MailboxError) as caught:
            VERBS[verb](door)
        assert caught.value.code == code
        assert str(caught.value).isprintable()
    assert door.raw("Trash", 77) is None if verb not in ("EXAMINE", "UID FETCH") else door.folders()


@pytest.mark.parametrize(
    ("words", "certain"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] Invalid credentials\r\n", True),
        (b"TAG NO [EXPIRED] renew your password\r\n", True),
        (b"TAG NO LOGIN failed.\r\n", False),
        (b"TAG NO\r\n", False),
        (b"TAG BAD command unknown\r\n", False),
        (b"* NO [ALERT] Use an app password\r\nTAG NO [ALERT] Application-specific password required\r\n", False),
    ],
)
def test_a_refused_login_is_one_attempt_and_tells_how_certain_it_is(serve: Serve, words: bytes, certain: bool) -> None:
    server = serve(only_for("LOGIN", say(words)))
    with pytest.raises(LoginRefused) as caught:
        open_door(account_on(server), Secret(PASSWORD, "ann"))
    assert caught.value.certain is certain
    assert [line for line in server.commands_seen if b"LOGIN" in line or b"AUTHENTICATE" in line] == [
        b"%s LOGIN [redacted]" % server.commands_seen[0].split()[0]
    ]


@pytest.mark.parametrize(
    ("fault", "hung_up"),
    [("dropped", True), ("bye without reason", True), ("dropped in the answer", False), ("bye", False)],
)
def test_a_line_that_is_dropped_in_answer_to_the_login_is_told_from_other_losses(
    serve: Serve, fault: str, hung_up: bool
) -> None:
    """Some servers hang up at a wrong password instead of saying NO."""
    server = serve(only_for("LOGIN", LOST[fault]))
    with pytest.raises(AccountLater) as caught:
        open_door(account_on(server), Secret(PASSWORD, "ann"))
    assert (caught.value.code == LOGIN_DROPPED) is hung_up


def test_a_server_that_echoes_the_password_does_not_spread_it(serve: Serve) -> None:
    def echo(command: Command, _: CarryOut) -> bytes:
        return command.tag + b" NO you said: " + command.line + b"\r\n"

    with pytest.raises(LoginRefused) as caught:
        open_door(account_on(serve(only_for("LOGIN", echo))), Secret("hunter2hunter2", "ann"))
    assert "hunter2" not in str(caught.value)
    assert "you said" in str(caught.value)


@pytest.mark.parametrize("verb", ["LIST", "EXAMINE", "UID FETCH"])
def test_authenticated_but_not_connected_is_a_refused_login(serve: Serve, open_for: OpenDoor, verb: str) -> None:
    server = serve(only_for(verb, say(b"TAG BAD User is authenticated but not connected.\r\n")))
    with pytest.raises(LoginRefused):
        VERBS[verb](open_for(account_on(server)))


@pytest.mark.parametrize("verb", ["LOGIN", "LIST", "UID FETCH", "APPEND"])
def test_a_throttling_server_is_left_alone_as_long_as_it_asks(serve: Serve, open_for: OpenDoor, verb: str) -> None:
    words = b"TAG BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n"
    with pytest.raises(AccountLater) as caught:
        VERBS[verb](open_for(account_on(serve(only_for(verb, say(words))))))
    assert caught.value.wait == timedelta(milliseconds=299961)


@pytest.mark.parametrize(
    "greeting",
    [b"* PREAUTH [CAPABILITY IMAP4rev1] welcome back\r\n", b"* PREAUTH hi\r\n"],
)
def test_a_server_that_says_we_are_logged_in_already_gets_nothing(serve: Serve, greeting: bytes) -> None:
    server = serve(only_for("GREETING", say(greeting)))
    with pytest.raises(AccountStopped) as caught:
        open_door(account_on(server), Secret(PASSWORD))
    assert caught.value.code == "preauth"
    assert all(b"LOGIN" not in line and b"AUTHENTICATE" not in line for line in server.commands_seen)


@pytest.mark.parametrize(
    "greeting",
    [
        b"* BYE [UNAVAILABLE] too many connections\r\n",
        b"* BYE\r\n",
        b"220 mail.example.org ESMTP\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\r\n",
        b"* OK [CAPABILITY IMAP2] old\r\n",
    ],
)
def test_an_odd_greeting_is_said_in_a_sentence(serve: Serve, greeting: bytes) -> None:
    def old(command: Command, carry_out: CarryOut) -> bytes:
        if command.name == "GREETING":
            return greeting
        return b"* CAPABILITY IMAP2\r\n" + command.tag + b" OK\r\n" if command.name == "CAPABILITY" else carry_out()

    with pytest.raises(AccountLater) as caught:
        open_door(account_on(serve(old)), Secret(PASSWORD), seconds=SOON)
    assert caught.value.message.startswith("127.0.0.1, port")


def test_without_starttls_no_password_is_sent(serve: Serve) -> None:
    server = serve(lambda _, carry_out: carry_out())
    with pytest.raises(AccountStopped) as caught:
        open_door(account_on(server, security="starttls", tls_ca=None), Secret(PASSWORD))
    assert caught.value.code == "no_starttls"
    assert all(b"LOGIN" not in line for line in server.commands_seen)


@pytest.mark.parametrize(
    "answer",
    [b"TAG NO not today\r\n", b"TAG BAD what\r\n", b"TAG OK begin\r\n* OK injected\r\nTAG2 OK more\r\n", b"TAG OK\r\n"],
)
def test_a_starttls_that_fails_ends_before_the_login(serve: Serve, answer: bytes) -> None:
    server = serve(only_for("STARTTLS", say(answer)), "STARTTLS")
    with pytest.raises(AccountError):
        open_door(account_on(server, security="starttls"), Secret(PASSWORD), seconds=SOON)
    assert all(b"LOGIN" not in line for line in server.commands_seen)


def test_a_password_leaves_this_machine_only_under_protection(demo: DemoServer) -> None:
    account = account_on(demo).model_copy(update={"host": "imap.example.org"})
    with pytest.raises(AccountStopped) as caught:
        open_door(account, Secret(PASSWORD))
    assert caught.value.code == "unprotected"


def test_login_disabled_is_said_in_a_sentence(serve: Serve) -> None:
    server = serve(lambda _, carry_out: carry_out(), "LOGINDISABLED", without="AUTH=PLAIN")
    with pytest.raises(AccountStopped) as caught:
        open_door(account_on(server), Secret(PASSWORD))
    assert caught.value.code == "login_disabled"


@pytest.fixture
def dripping() -> Iterator[int]:
    """Run a server that greets and then sends one byte at a time, for ever; the port is given."""
    listener = socket.create_server(("127.0.0.1", 0))
    finished = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                while not finished.wait(0.02):
                    connection.sendall(b"*")
            except OSError:
                return

    thread = threading.Thread(target=drip)
    thread.start()
    yield listener.getsockname()[1]
    finished.set()
    thread.join()
    listener.close()


def test_a_dripping_server_does_not_hold_us(dripping: int) -> None:
    account = AccountSettings(name="x", host="127.0.0.1", port=dripping, security="none", username="ann")
    with pytest.raises(AccountLater, match="does not answer"):
        open_door(account, Secret(PASSWORD), seconds=SOON)


def test_after_a_broken_exchange_nothing_more_is_sent(serve: Serve, open_for: OpenDoor) -> None:
    server = serve(only_for("UID SEARCH", say(b"")))
    door = open_for(account_on(server), bulk_seconds=SOON)
    with pytest.raises(AccountLater):
        door.uids("INBOX")
    before = len(server.commands_seen)
    for verb in ("LIST", "STATUS", "APPEND", "UID MOVE"):
        with pytest.raises(AccountLater, match="closed"):
            VERBS[verb](door)
    door.close()
    assert len(server.commands_seen) == before


def test_after_a_broken_append_no_reading_connects_anew(serve: Serve, open_for: OpenDoor) -> None:
    """What became of the draft is for the next sweep to find out; only a line that broke while reading is mended."""
    server = serve(only_for("APPEND", hang_up(b"")))
    door = open_for(account_on(server))
    door.uids("INBOX")
    with pytest.raises(AccountLater):
        VERBS["APPEND"](door)
    with pytest.raises(AccountLater):
        list(door.headers("INBOX", [1]))
    assert sum(b" LOGIN " in line for line in server.commands_seen) == 1


@pytest.mark.parametrize("character", "\0\r\n")
def test_no_argument_with_a_control_byte_reaches_the_wire(serve: Serve, open_for: OpenDoor, character: str) -> None:
    server = serve(lambda _, carry_out: carry_out())
    door = open_for(account_on(server))
    door.uids("INBOX")
    before = len(server.commands_seen)
    for argument in (f"1{character}A LOGOUT", f"1{character}A LOGOUT".encode()):
        with pytest.raises(MailboxError, match="control character"), door._dialogue.asked_to("break out"):
            door._imap.uid("SEARCH", argument)  # type: ignore[arg-type]
    assert len(server.commands_seen) == before


def test_a_server_that_knows_us_is_told_who_we_are_and_one_that_minds_is_not_pressed(
    serve: Serve, open_for: OpenDoor
) -> None:
    server = serve(only_for("ID", say(b"TAG BAD ID () not understood\r\n")))
    assert open_for(account_on(server)).folders()
    assert any(b"ID (" in line and b"followup-assistant" in line for line in server.commands_seen)


def test_what_the_greeting_and_the_login_tell_is_not_asked_for(serve: Serve, open_for: OpenDoor) -> None:
    server = serve(lambda _, carry_out: carry_out())
    assert "UIDPLUS" in open_for(account_on(server)).capabilities
    assert not any(b"CAPABILITY" in line for line in server.commands_seen)


def test_a_server_that_tells_nothing_unasked_is_asked(serve: Serve, open_for: OpenDoor) -> None:
    def reserved(command: Command, carry_out: CarryOut) -> bytes:
        if command.name == "GREETING":
            return b"* OK ready\r\n"
        return command.tag + b" OK done\r\n" if command.name == "LOGIN" and carry_out() else carry_out()

    server = serve(reserved)
    assert "UIDPLUS" in open_for(account_on(server)).capabilities
    assert sum(b"CAPABILITY" in line for line in server.commands_seen) == 2


def test_what_a_server_wants_the_user_to_read_is_kept_once_and_cleaned(serve: Serve, open_for: OpenDoor) -> None:
    words = b"Your \x1b[31mmailbox is nearly full\r\n"

    def warns(_: Command, carry_out: CarryOut) -> bytes:
        return b"* OK [ALERT] " + words + b"* NO [alert] " + words + carry_out()

    door = open_for(account_on(serve(only_for("EXAMINE", warns))))
    assert door.alerts == ()
    assert door.uids("INBOX") == [1]
    assert door.uids("INBOX") == [1]
    assert door.alerts == ("Your [31mmailbox is nearly full",)


def test_a_name_server_that_is_silent_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silent.wait(30))
    account = AccountSettings.model_validate({"name": "a", "host": "localhost", "username": "ann"})
    with pytest.raises(AccountLater, match="does not answer"):
        open_door(account, Secret("another"), seconds=SOON)
    silent.set()


class Late:
    """A socket on which every bit of an answer is so many seconds late, by a clock of its own."""

    def __init__(self, sock: socket.socket, be_late: Callable[[], None]) -> None:
        self._sock = sock
        self._be_late = be_late

    def recv_into(self, buffer: bytearray) -> int:
        self._be_late()
        return self._sock.recv_into(buffer)

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Callable[[], float]]:
    """Let everything that servers say come late; tells how many seconds have gone by."""

    def by(seconds: float) -> Callable[[], float]:
        gone = 0.0

        def be_late() -> None:
            nonlocal gone
            gone += seconds

        connected = Connection._connected
        monkeypatch.setattr(Connection, "_connected", lambda *those: Late(connected(*those), be_late))
        monkeypatch.setattr(clock, "monotonic", lambda: gone)
        return lambda: gone

    return by


def test_a_server_that_keeps_every_deadline_and_gets_nowhere_holds_us_for_an_hour(
    demo: DemoServer, open_for: OpenDoor, late: Callable[[float], Callable[[], float]]
) -> None:
    gone = late(50)
    door = open_for(account_on(demo))
    with pytest.raises(AccountLater, match="too slow"):  # noqa: PT012 - it is the number of commands that matters
        while gone() < 2 * PATIENCE_SECONDS:
            door.status(["INBOX"])
    assert PATIENCE_SECONDS < gone() <= PATIENCE_SECONDS + 100


def test_a_connection_that_is_mended_gives_a_slow_server_no_other_hour(
    demo: DemoServer, open_for: OpenDoor, late: Callable[[float], Callable[[], float]]
) -> None:
    def hangs_up_at_times(command: Command, carry_out: CarryOut) -> bytes:
        nonlocal asked
        asked += b"HEADER" in command.line
        if b"HEADER" in command.line and asked % 64 == 1:  # 6 times in the hour: far from as often as is mended
            raise HangUp
        return carry_out()

    asked = 0
    demo.script = hangs_up_at_times
    uid = demo.site.mail["ann"].add("INBOX", LETTER, internal_date=clock.now())
    gone = late(10)
    door = open_for(account_on(demo))
    with pytest.raises(AccountLater, match="too slow"):  # noqa: PT012 - it is the number of commands that matters
        while gone() < 2 * PATIENCE_SECONDS:
            assert [raw.uid for raw in door.headers("INBOX", [uid])] == [uid]
    assert gone() < 1.2 * PATIENCE_SECONDS


def test_a_slow_server_that_gets_on_is_read_to_the_end(
    demo: DemoServer, open_for: OpenDoor, late: Callable[[float], Callable[[], float]]
) -> None:
    letter = b"Subject: Plums\r\n\r\n" + b"There are plums.\r\n" * 3000
    uid = demo.site.mail["ann"].add("INBOX", letter, internal_date=clock.now())
    gone = late(5)
    door = open_for(account_on(demo))
    while gone() < 2 * PATIENCE_SECONDS:
        assert door.raw("INBOX", uid) == letter
