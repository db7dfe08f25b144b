"""The daemon: when it looks, what it says, how it stops, and what it lets systemd know."""

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
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apscheduler.schedulers.base
import pytest

import assistant
from assistant import clock
from assistant import daemon as daemon_module
from assistant.cli.edge import BUSY, CONFIGURATION, DONE
from assistant.cli.run import Json, Text, goes_to_journal
from assistant.daemon import STUCK_SECONDS, Daemon, Wish
from assistant.demo import sample
from assistant.demo.server import DemoServer, MailStore
from assistant.errors import Busy, ConfigError, StoreError
from assistant.following import Withdrawal
from assistant.mailbox.secrecy import RedactingFilter, Secret
from assistant.model import Draft, DraftState, Kind, Trouble
from assistant.notify import notify, watchdog_seconds
from assistant.settings import Settings
from assistant.store.database import open_ledger, prepare
from assistant.store.ledger import Ledger
from assistant.sweep import AccountOutcome, Outcome

NOW = datetime(2026, 3, 4, 9, 15, tzinfo=UTC)
DEADLINE = 60
SOURCES = Path(assistant.__file__).parents[1]


def settings_of(*names: str, poll_minutes: int = 15) -> Settings:
    accounts = [
        {"name": name, "host": "imap.example.org", "username": "sue@example.org", "auth": "env"} for name in names
    ]
    me = {"name": "Sue Marten", "addresses": ["sue@example.org"], "timezone": "UTC"}
    return Settings.model_validate({"me": me, "accounts": accounts, "daemon": {"poll_minutes": poll_minutes}})


def outcome_of(name: str, new: int = 0, *, previewed: bool = False, **parts) -> Outcome:
    error = parts["errors"][0] if parts.get("errors") else None
    account = AccountOutcome(name, new, 100, 0.1, error, previewed)
    return Outcome(NOW, False, (account,), (), parts.get("withdrawn", ()), parts.get("errors", ()))


def draft_of(account: str, state: DraftState) -> Draft:
    return Draft(
        id="0123456789abcdef0123",
        account=account,
        kind=Kind.CHECK_IN,
        contact="ana@example.net",
        addresses=("ana@example.net",),
        identity="sue@example.org",
        subject="Lease",
        message_id="0123456789abcdef0123@example.org",
        in_reply_to=None,
        thread_subject="Lease",
        silence="one@example.net",
        state=state,
        created=NOW,
        changed=NOW,
        language="en",
        template="en/check_in.txt.j2",
        fingerprint="f",
    )


class FakeSweep:
    """Stands in for a sweep: notes who was looked at, and does what the test says."""

    def __init__(self) -> None:
        self.looked_at: list[str] = []
        self.seen: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.answer: Callable[[str], Outcome] = outcome_of

    def __call__(self, settings, state, order, now, *, connect, progress) -> Outcome:
        assert not order.by_hand
        (name,) = order.accounts
        self.looked_at.append(name)
        try:
            progress("INBOX", 1, 2)
            return self.answer(name)
        finally:
            self.seen.put(name)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    prepare(tmp_path / "state")
    return tmp_path / "state"


@pytest.fixture
def ledger(state: Path) -> Iterator[Ledger]:
    with contextlib.closing(open_ledger(state)) as database:
        yield Ledger(database)


@pytest.fixture
def sweep() -> FakeSweep:
    return FakeSweep()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def made(state, sweep, told, request) -> Callable[..., Daemon]:
    """Make daemons whose scheduler plans but starts nothing; the test calls look() and beat()."""

    def make(*names: str, paused: bool = True, **options) -> Daemon:
        settings = settings_of(*names or ("home",), poll_minutes=options.pop("poll_minutes", 15))
        reload = options.pop("reload", lambda: (settings, []))
        daemon = Daemon(settings, state, reload, tell=told.append, sweep=sweep, **options)
        daemon._plan_all()
        daemon._scheduler.start(paused=paused)
        request.addfinalizer(lambda: daemon._scheduler.shutdown(wait=True))
        return daemon

    return make


@pytest.fixture
def clocks(monkeypatch) -> Iterator[Callable[..., None]]:
    """Set every clock to NOW, and later ones by hand; the scheduler's too."""

    def turn(ahead: timedelta = timedelta(), asleep: float = 0, monotonic: float = 1000) -> None:
        class Shifted(datetime):
            @classmethod
            def now(cls, tz=None):
                return (NOW + ahead).astimezone(tz)

        monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Shifted)
        monkeypatch.setattr(clock, "now", lambda: NOW + ahead)
        monkeypatch.setattr(clock, "asleep", lambda: asleep)
        monkeypatch.setattr(clock, "monotonic", lambda: monotonic)

    turn()
    return turn


def due(daemon: Daemon, name: str = "home") -> datetime:
    return daemon._scheduler.get_job(name).next_run_time


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


# --- when it looks ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("poll", "drafts", "pace"),
    [
        (15, [], 15),
        (15, [DraftState.WAITING], 5),
        (15, [DraftState.UNKNOWN], 5),
        (15, [DraftState.INTENDED], 5),
        (15, [DraftState.EDITED], 15),
        (15, [DraftState.SENT], 15),
        (3, [DraftState.WAITING], 3),
        (240, [], 240),
    ],
)
@pytest.mark.parametrize("extreme", [min, max])
def test_the_pace_is_that_of_the_settings_and_quicker_while_a_draft_may_have_to_be_taken_back(
    made, clocks, ledger, poll, drafts, pace, extreme
):
    for state in drafts:
        ledger.write(draft_of("home", state))
    daemon = made("home", "work", poll_minutes=poll)
    daemon._spread = extreme
    daemon.look("home")
    spread = 0.8 if extreme is min else 1.2
    assert due(daemon) == ledger.next_sweep("home") == NOW + minutes(pace * spread)


def test_the_spread_stays_within_its_bounds(made, clocks):
    daemon = made()
    assert all(0.8 <= daemon._spread(0.8, 1.2) <= 1.2 for _ in range(100))


@pytest.mark.parametrize(
    ("noted", "planned"),
    [
        (None, timedelta()),
        (minutes(10), minutes(10)),
        (-minutes(10), -minutes(10)),
        (timedelta(days=365), timedelta()),
    ],
    ids=["never looked", "due later", "overdue", "noted by a clock that was wrong"],
)
def test_a_restart_goes_on_with_the_due_times_of_the_ledger(made, clocks, ledger, noted, planned):
    if noted is not None:
        ledger.note_next("home", NOW + noted)
    assert due(made()) == NOW + planned


def test_an_account_in_trouble_is_left_alone_until_its_time_over_restarts_too(made, clocks, ledger, sweep):
    retry = NOW + timedelta(hours=3)
    ledger.note_trouble(Trouble("home", "unreachable", "No answer.", ""), NOW, retry=retry)
    for _ in range(10):
        daemon = made("home", "work")
        assert due(daemon) == retry
        daemon.look("home")
        assert due(daemon) == ledger.next_sweep("home") == retry
    assert sweep.looked_at == []
    clocks(ahead=timedelta(hours=3))
    daemon.look("home")
    assert sweep.looked_at == ["home"]


def test_a_short_wait_after_a_trouble_brings_the_next_look_forward(made, clocks, ledger, sweep):
    def fail(name: str) -> Outcome:
        trouble = Trouble(name, "unreachable", "No answer.", "")
        ledger.note_trouble(trouble, NOW, retry=NOW + minutes(1))
        return outcome_of(name, errors=(trouble,))

    sweep.answer = fail
    daemon = made()
    daemon.look("home")
    assert due(daemon) == NOW + minutes(1)


def test_a_refused_login_is_looked_at_again_so_that_a_new_password_is_noticed(made, clocks, ledger, sweep):
    trouble = Trouble("home", "login_refused", "The login was refused.", "")
    ledger.note_trouble(trouble, NOW, retry=NOW + timedelta(hours=6), settings="digest")
    daemon = made()
    daemon.look("home")
    assert sweep.looked_at == ["home"]
    assert NOW + minutes(12) <= due(daemon) <= NOW + minutes(18)


def test_after_a_long_sleep_every_account_is_looked_at_once(made, clocks, ledger, sweep, caplog):
    caplog.set_level(logging.INFO, logger="assistant")
    for name in ("home", "work"):
        ledger.note_next(name, NOW + minutes(10))
    daemon = made("home", "work", paused=False)
    clocks(ahead=timedelta(hours=9), asleep=9 * 3600)
    daemon.beat()
    assert sorted(sweep.seen.get(timeout=DEADLINE) for _ in range(2)) == ["home", "work"]
    daemon.beat()
    daemon._scheduler.pause()
    assert daemon._work.wait_for_end(DEADLINE)
    assert sorted(sweep.looked_at) == ["home", "work"]
    assert caplog.messages[0] == "The machine slept for 9 h 0 min; what is overdue comes now."


def test_a_clock_that_was_set_back_does_not_silence_the_daemon(made, clocks, ledger):
    daemon = made()
    daemon.look("home")
    clocks(ahead=-timedelta(days=365))
    daemon.beat()
    assert due(daemon) == NOW - timedelta(days=365)


def test_a_draft_laid_by_hand_quickens_the_pace_at_the_next_heartbeat(made, clocks, ledger):
    daemon = made()
    daemon._spread = max
    daemon.look("home")
    ledger.write(draft_of("home", DraftState.WAITING))
    daemon.beat()
    assert due(daemon) == NOW


def test_one_thread_does_all_sweeps_so_that_no_two_spend_the_same_cap(made, sweep):
    threads = set()

    def look(name: str) -> Outcome:
        threads.add(threading.get_ident())
        return outcome_of(name)

    sweep.answer = look
    made("home", "work", "club", paused=False)
    assert {sweep.seen.get(timeout=DEADLINE) for _ in range(3)} == {"home", "work", "club"}
    assert len(threads) == 1


# --- what may go wrong ------------------------------------------------------------------------


def test_a_bug_in_one_look_is_told_in_one_line_and_ends_nothing(made, clocks, sweep, ledger, caplog):
    def explode(name: str) -> Outcome:
        if name == "home":
            raise KeyError("oops\x1b[2J\nmore")
        return outcome_of(name, 2)

    caplog.set_level(logging.INFO, logger="assistant")
    sweep.answer = explode
    daemon = made("home", "work")
    daemon.look("home")
    daemon.look("work")
    told = [(record.levelname, record.account, record.getMessage()) for record in caplog.records]
    assert told[0][:2] == ("ERROR", "home")
    assert "KeyError: 'oops" in told[0][2]
    assert "test_daemon.py" in told[0][2]
    assert told[0][2].isprintable()
    assert told[1:] == [("INFO", "work", "2 new mails")]
    assert ledger.next_sweep("home") > NOW


def test_an_account_held_by_a_sweep_by_hand_is_no_trouble(made, clocks, sweep, ledger, caplog):
    def busy(name: str) -> Outcome:
        raise Busy("Another process (process 7) is working on the account 'home'.")

    caplog.set_level(logging.INFO, logger="assistant")
    sweep.answer = busy
    made().look("home")
    assert [(record.levelname, record.account) for record in caplog.records] == [("INFO", "home")]
    assert ledger.next_sweep("home") > NOW
    assert ledger.trouble("home") is None


def test_a_database_that_cannot_be_used_is_told_and_not_hammered(made, clocks, caplog, monkeypatch):
    caplog.set_level(logging.INFO, logger="assistant")
    daemon = made()
    daemon._scheduler.modify_job("home", next_run_time=NOW + minutes(15))

    def broken(state: Path) -> None:
        raise StoreError("The database cannot be used.", "Make room.")

    monkeypatch.setattr(daemon_module, "open_ledger", broken)
    for _ in range(3):
        daemon.look("home")
        daemon.beat()
    assert due(daemon) == NOW + minutes(15)
    assert [(record.account, record.getMessage()) for record in caplog.records] == [
        ("home", "The database cannot be used. Make room."),
        ("", "The database cannot be used. Make room."),
    ]


def test_a_second_daemon_of_the_same_state_directory_is_refused(state, sweep, told):
    first = Daemon(settings_of("home"), state, lambda: (settings_of("home"), []), tell=told.append, sweep=sweep)
    with first._alone(), pytest.raises(Busy, match="running already"):
        Daemon(settings_of("work"), state, lambda: (settings_of("work"), []), tell=told.append, sweep=sweep).run()


def test_an_account_named_daemon_is_not_taken_for_the_daemon(state):
    from assistant.store.database import account_lock

    daemon = Daemon(settings_of("daemon"), state, lambda: (settings_of("daemon"), []), tell=str)
    with daemon._alone(), account_lock(state, "daemon"):
        pass


# --- what it tells the supervisor -------------------------------------------------------------


def test_the_watchdog_is_fed_while_sweeps_show_life_and_not_while_one_is_stuck(made, clocks, told, sweep):
    daemon = made()

    def hang(name: str) -> Outcome:
        daemon.beat()
        clocks(monotonic=1000 + STUCK_SECONDS + 1)
        daemon.beat()
        daemon._sign_of_life("INBOX", 2, 2)
        daemon.beat()
        return outcome_of(name)

    sweep.answer = hang
    daemon.look("home")
    assert [word for word in told if word == "WATCHDOG=1"] == ["WATCHDOG=1"] * 2


def test_the_watchdog_is_not_fed_while_the_scheduler_starts_nothing(made, clocks, told, ledger):
    ledger.note_next("home", NOW - minutes(1))
    daemon = made()  # paused: it plans and never starts
    daemon.beat()
    daemon.beat()
    daemon.beat()
    assert told.count("WATCHDOG=1") == 1


def test_the_status_names_the_next_look_at_each_account(made, clocks, told, ledger):
    ledger.note_next("work", NOW + minutes(5))
    daemon = made("home", "work")
    daemon._spread = max
    daemon.look("home")
    assert told[-1] == "STATUS=Next look: work 09:20, home 09:33"


@pytest.mark.parametrize("name", ["socket", "@assistant-test-{pid}"])
def test_words_reach_the_socket_that_systemd_named(name, tmp_path):
    path = name.format(pid=os.getpid()) if name.startswith("@") else str(tmp_path / name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind("\0" + path[1:] if name.startswith("@") else path)
        supervisor.settimeout(DEADLINE)
        notify("READY=1", {"NOTIFY_SOCKET": path})
        assert supervisor.recv(100) == b"READY=1"


def test_nobody_listening_is_no_trouble(tmp_path):
    notify("READY=1", {})
    notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_of_somebody_else_is_not_fed(environ, seconds):
    assert watchdog_seconds(environ) == seconds


# --- stopping and reading the configuration again ---------------------------------------------


@pytest.fixture
def running(state, sweep, told) -> Iterator[Callable[..., tuple[Daemon, Callable[[], bool]]]]:
    """Run a daemon in a thread; the second value stops it and returns what run() returned."""
    stops = []

    def start(**options) -> tuple[Daemon, Callable[[], bool]]:
        reload = options.pop("reload", lambda: (settings_of("home"), []))
        daemon = Daemon(settings_of("home"), state, reload, tell=told.append, sweep=sweep, **options)
        returned: queue.SimpleQueue[bool] = queue.SimpleQueue()
        thread = threading.Thread(target=lambda: returned.put(daemon.run()))
        thread.start()

        def stop() -> bool:
            daemon.ask(Wish.STOP)
            thread.join(DEADLINE)
            return returned.get(timeout=DEADLINE)

        stops.append(lambda: (daemon.ask(Wish.STOP), thread.join(DEADLINE)))
        return daemon, stop

    yield start
    for stop in stops:
        stop()


def test_a_daemon_that_is_asked_to_stop_ends(running, sweep, told):
    _, stop = running()
    assert sweep.seen.get(timeout=DEADLINE) == "home"
    assert stop()
    assert told[0] == "READY=1"
    assert told[-1] == "STOPPING=1"


def test_a_long_reading_stops_at_its_next_step_and_goes_on_at_the_next_start(running, sweep, ledger, caplog):
    caplog.set_level(logging.INFO, logger="assistant")
    begun = threading.Event()

    def read_on(name: str) -> Outcome:
        begun.set()
        assert daemon._stopping.wait(DEADLINE)
        daemon._sign_of_life("INBOX", 2, 1000)
        raise AssertionError("the reading went on")

    sweep.answer = read_on
    daemon, stop = running()
    assert begun.wait(DEADLINE)
    assert stop()
    assert ledger.next_sweep("home") is None
    assert "stopped in the middle of reading; the rest comes with the next look" in caplog.messages
    assert "bug" not in caplog.text


def test_a_server_that_keeps_a_sweep_waiting_does_not_keep_the_daemon(running, sweep, monkeypatch):
    monkeypatch.setattr(daemon_module, "PATIENCE_SECONDS", 0.01)
    begun, answers = threading.Event(), threading.Event()

    def wait(name: str) -> Outcome:
        begun.set()
        answers.wait(DEADLINE)
        return outcome_of(name)

    sweep.answer = wait
    daemon, stop = running()
    assert begun.wait(DEADLINE)
    assert not stop()
    answers.set()
    assert daemon._work.wait_for_end(DEADLINE)


def test_a_broken_new_configuration_leaves_the_old_one_in_force(made, clocks, caplog):
    def broken() -> tuple[Settings, list[str]]:
        raise ConfigError(["config.toml, line 3: me: is missing."], "Mend the file.")

    daemon = made(reload=broken)
    daemon.reload()
    assert caplog.records[0].levelname == "WARNING"
    assert "line 3" in caplog.text
    assert "the old one stays in force" in caplog.text
    assert due(daemon) == NOW


def test_a_new_configuration_brings_and_takes_accounts_and_keeps_due_times(made, clocks, ledger):
    ledger.note_next("home", NOW + minutes(9))
    ledger.note_next("old", NOW + minutes(9))
    daemon = made("home", "old", reload=lambda: (settings_of("home", "new"), []))
    daemon.reload()
    assert {job.id: job.next_run_time for job in daemon._scheduler.get_jobs()} == {
        "home": NOW + minutes(9),
        "new": NOW,
    }


def test_a_look_that_ends_after_its_account_was_removed_plans_nothing(made, clocks, sweep):
    daemon = made("home", "old", reload=lambda: (settings_of("home"), []))

    def removed_meanwhile(name: str) -> Outcome:
        daemon.reload()
        return outcome_of(name)

    sweep.answer = removed_meanwhile
    daemon.look("old")
    assert [job.id for job in daemon._scheduler.get_jobs()] == ["home"]


# --- what it says -----------------------------------------------------------------------------


def test_a_lasting_trouble_is_told_once_and_so_is_its_end(made, clocks, sweep, caplog):
    caplog.set_level(logging.INFO, logger="assistant")
    trouble = Trouble("home", "login_refused", "The server refused the login.", "Store the new password.")
    answers = iter(
        [
            outcome_of("home", errors=(trouble,)),
            outcome_of("home", errors=(trouble,)),
            outcome_of("home", 1),
            outcome_of("home"),
            outcome_of("home", errors=(trouble,)),
        ]
    )
    sweep.answer = lambda _name: next(answers)
    daemon = made()
    for _ in range(5):
        daemon.look("home")
    sentence = "The server refused the login. Store the new password."
    assert caplog.messages == [sentence, "works again", "1 new mail", sentence]


def test_an_account_that_is_not_confirmed_is_previewed_and_the_log_names_the_cure_once(made, clocks, sweep, caplog):
    caplog.set_level(logging.INFO, logger="assistant")
    sweep.answer = lambda name: outcome_of(name, previewed=True)
    daemon = made()
    daemon.look("home")
    daemon.look("home")
    (line,) = caplog.messages
    assert "only a preview" in line
    assert "'assistant sweep'" in line


def test_the_first_look_says_so_when_it_brought_nothing(made, clocks, caplog):
    caplog.set_level(logging.INFO, logger="assistant")
    daemon = made()
    daemon.look("home")
    daemon.look("home")
    assert caplog.messages == ["nothing new"]


def test_a_draft_that_was_taken_back_is_told_with_the_reason(made, clocks, sweep, caplog):
    caplog.set_level(logging.INFO, logger="assistant")
    taken = Withdrawal(draft_of("home", DraftState.WITHDRAWN), "They wrote meanwhile.")
    sweep.answer = lambda name: outcome_of(name, 1, withdrawn=(taken,))
    made().look("home")
    assert caplog.messages == [
        "1 new mail",
        "the draft for ana@example.net was taken back: They wrote meanwhile.",
    ]


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


# --- the real process -------------------------------------------------------------------------


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
            file.write('end = "23:59"\n')
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
