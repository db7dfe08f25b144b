"""``assistant run`` as a process: it starts, says what happens, reads its configuration again, and ends."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import assistant
from assistant import clock
from assistant.cli.edge import BUSY, CONFIGURATION, DONE
from assistant.cli.run import Json, Text, goes_to_journal
from assistant.demo import sample
from assistant.demo.server import DemoServer, MailStore
from assistant.mailbox.secrecy import RedactingFilter, Secret
from assistant.model import DraftState
from assistant.store.database import open_ledger, prepare
from assistant.store.ledger import Ledger

NOW = datetime(2026, 3, 4, 9, 15, tzinfo=UTC)
DEADLINE = 60
SOURCES = Path(assistant.__file__).parents[1]


def record(text: str, level: int = logging.INFO, account: str = "home") -> logging.LogRecord:
    made = logging.LogRecord("assistant", level, __file__, 1, "%s", (text,), None)
    made.created = NOW.timestamp()
    made.account = account
    return made


@pytest.mark.parametrize(
    ("formatter", "given", "line"),
    [
        (Text(UTC, journal=False), record("3 new mails"), "09:15 home: 3 new mails"),
        (Text(UTC, journal=False), record("Started.", account=""), "09:15 Started."),
        (Text(UTC, journal=True), record("3 new mails"), "home: 3 new mails"),
        (Text(UTC, journal=True), record("refused", logging.WARNING), "<4>home: refused"),
        (Text(UTC, journal=True), record("bug", logging.ERROR), "<3>home: bug"),
        (Text(UTC, journal=False), record("for A\x1b[31mna\u202e\r\n<3>x"), "09:15 home: for A[31mna <3>x"),
    ],
)
def test_a_line_is_for_people_or_the_journal_and_never_steers_a_terminal(formatter, given, line):
    assert formatter.format(given) == line


def test_json_lines_name_time_level_account_and_message():
    assert json.loads(Json().format(record("Ana \x1b[0mwaits", logging.WARNING))) == {
        "time": "2026-03-04T09:15:00Z",
        "level": "warning",
        "account": "home",
        "message": "Ana [0mwaits",
    }


def test_no_secret_reaches_the_log():
    secret = Secret("correct horse battery", username="sue")
    given = record(f"This is a bug: ValueError: LOGIN sue {secret.reveal()!r}")
    RedactingFilter().filter(given)
    assert "horse" not in Text(UTC, journal=False).format(given)


def test_the_journal_is_recognised_by_its_stream_not_by_an_inherited_variable(monkeypatch, tmp_path):
    with (tmp_path / "log").open("w") as log:
        monkeypatch.setattr(sys, "stderr", log)
        monkeypatch.setenv("JOURNAL_STREAM", "1:2")
        assert not goes_to_journal()
        about = os.fstat(log.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{about.st_dev}:{about.st_ino}")
        assert goes_to_journal()


# --- the process ------------------------------------------------------------------------------


class Process:
    """``assistant run`` as a process of its own, with its log and its words to the supervisor."""

    def __init__(self, config: Path, state: Path, folder: Path, *options: str) -> None:
        self.arguments = [sys.executable, "-m", "assistant", "--config", str(config), "--state", str(state), "run"]
        self.supervisor = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.supervisor.bind(str(folder / "notify"))
        self.supervisor.settimeout(1)
        self.process = subprocess.Popen(
            [*self.arguments, *options],
            cwd=SOURCES,
            env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "1000000"},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def until_told(self, word: str) -> None:
        until = clock.monotonic() + DEADLINE
        heard = ""
        while word not in heard:
            ended = self.process.poll() is not None
            with contextlib.suppress(TimeoutError):
                heard = self.supervisor.recv(4096).decode()
                continue
            assert not ended, self.rest()
            assert clock.monotonic() < until, f"{word} was not told"

    def until_logged(self, part: str) -> str:
        for line in iter(lambda: self._lines.get(timeout=DEADLINE), None):
            self.log.append(line)
            if part in line:
                return line
        raise AssertionError(f"{part!r} was not logged: {self.log}")

    def rest(self) -> list[str]:
        """Return the whole log of a process that has ended."""
        self.log += iter(lambda: self._lines.get(timeout=DEADLINE), None)
        return self.log

    def second(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.arguments, cwd=SOURCES, capture_output=True, text=True, timeout=DEADLINE)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE)
        self.rest()
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(DEADLINE)
        assert self.process.stderr is not None
        self.process.stderr.close()
        self.supervisor.close()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    prepare(tmp_path / "state")
    return tmp_path / "state"


@pytest.fixture
def ledger(state: Path) -> Iterator[Ledger]:
    with contextlib.closing(open_ledger(state)) as database:
        yield Ledger(database)


@pytest.fixture
def server(request) -> Callable[..., DemoServer]:
    """Start servers that hold the sample mailbox."""

    def start(**options) -> DemoServer:
        store = MailStore()
        sample.fill(store, clock.now())
        server = DemoServer({sample.USER: sample.PASSWORD}, store, **options).start()
        request.addfinalizer(server.close)
        return server

    return start


@pytest.fixture
def launch(tmp_path, state, request) -> Callable[..., Process]:
    """Run the daemon against a server; the path of its configuration is ``tmp_path / "config" / "config.toml"``."""

    def start(server: DemoServer, *options: str) -> Process:
        folder = tmp_path / "config"
        folder.mkdir(mode=0o700)
        config = sample.write_settings(folder, server.port, clock.now())
        with config.open("a", encoding="utf-8") as file:
            file.write('\n[hours]\ndays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\nstart = "00:00"\n')
            file.write('end = "23:59:59"\n')
        process = Process(config, state, tmp_path, *options)
        request.addfinalizer(process.close)
        return process

    return start


def drafts_in(server: DemoServer) -> int:
    store = server.site.mail[sample.USER]
    with store.lock:
        return len(store.mailboxes["Drafts"].messages)


def test_the_process_starts_previews_refuses_a_second_survives_a_broken_configuration_and_ends(
    server, launch, tmp_path
):
    imap = server()
    before = drafts_in(imap)
    process = launch(imap)
    process.until_told("READY=1")
    process.until_logged("only a preview")
    assert drafts_in(imap) == before
    assert imap.commands_seen[-1].endswith(b" LOGOUT"), "no connection stays open between two looks"

    second = process.second()
    assert (second.returncode, second.stdout) == (BUSY, "")
    assert "running already" in second.stderr

    config = tmp_path / "config" / "config.toml"
    good = config.read_text(encoding="utf-8")
    config.write_text("[me]\nnam = 'Sue'\n", encoding="utf-8")
    assert process.second().returncode == CONFIGURATION
    process.process.send_signal(signal.SIGHUP)
    process.until_logged("the old one stays in force")
    config.write_text(good, encoding="utf-8")
    process.process.send_signal(signal.SIGHUP)
    process.until_logged("was read again")

    process.until_told("WATCHDOG=1")
    assert process.stop() == DONE
    process.until_told("STOPPING=1")
    assert process.log[-1].endswith("Stopped.")


def test_a_confirmed_account_gets_its_drafts_and_the_log_names_whom_they_are_for(server, launch, ledger):
    ledger.confirm("demo", clock.now())
    imap = server()
    before = drafts_in(imap)
    process = launch(imap, "--log-format", "json")
    line = json.loads(process.until_logged("in Drafts"))
    assert (line["level"], line["account"]) == ("info", "demo")
    assert process.stop(signal.SIGINT) == DONE
    waiting = [draft for draft in ledger.live("demo") if draft.state is DraftState.WAITING]
    assert len(waiting) == drafts_in(imap) - before > 0
    assert f"{len(waiting)} drafts for " in line["message"]


def test_a_silent_server_does_not_keep_the_process_from_ending(server, launch):
    asked, over = threading.Event(), threading.Event()

    def silent(command, carry_out):
        if command.name == "GREETING":
            return carry_out()
        asked.set()
        over.wait(DEADLINE)
        return b""

    process = launch(server(script=silent))
    process.until_told("READY=1")
    assert asked.wait(DEADLINE)
    assert process.stop() == DONE
    over.set()
    assert "kept us waiting" in process.log[-1]
