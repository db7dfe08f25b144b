"""The daemon: when it looks, what may go wrong, what it lets a supervisor know, and how it stops."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apscheduler.schedulers.base
import pytest

from assistant import clock
from assistant import daemon as daemon_module
from assistant.daemon import STUCK_SECONDS, Daemon, Wish
from assistant.errors import Busy, ConfigError, StoreError
from assistant.model import DraftState, Kind, Trouble
from assistant.settings import Settings
from assistant.store.database import account_lock, open_ledger, prepare
from assistant.store.ledger import Ledger
from assistant.sweep import AccountOutcome, Outcome, Proposed
from tests.drafting.builders import suggestion
from tests.store.builders import row

NOW = datetime(2026, 3, 4, 9, 15, tzinfo=UTC)
DEADLINE = 60


def settings_of(*names: str, poll_minutes: int = 15) -> Settings:
    accounts = [
        {"name": name, "host": "imap.example.org", "username": "sue@example.org", "auth": "env"} for name in names
    ]
    me = {"name": "Sue Marten", "addresses": ["sue@example.org"], "timezone": "UTC"}
    return Settings.model_validate({"me": me, "accounts": accounts, "daemon": {"poll_minutes": poll_minutes}})


def outcome_of(name: str, new: int = 0, *errors: Trouble) -> Outcome:
    account = AccountOutcome(name, new, 100, 0.1, errors[0] if errors else None)
    return Outcome(NOW, False, (account,), (), (), errors)


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
        request.addfinalizer(daemon._stop)
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
        ledger.write(row(state=state))
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
        return outcome_of(name, 0, trouble)

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
    ledger.write(row(state=DraftState.WAITING))
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


@pytest.fixture
def hooked(made, state, tmp_path, monkeypatch) -> Callable[[], list[tuple[str, str]]]:
    """Make daemons with hooks that note what they are told: (event, code) of each."""
    events: list[tuple[str, str]] = []
    monkeypatch.setattr(
        daemon_module, "run_hook", lambda command, event: events.append((event["event"], event.get("code", "")))
    )

    def look() -> list[tuple[str, str]]:
        daemon = made()
        commands = {"on_trouble_command": ("tell",), "on_drafts_command": ("tell",)}
        hooks = daemon._settings.daemon.model_copy(update=commands)
        daemon._settings = daemon._settings.model_copy(update={"daemon": hooks})
        events.clear()
        daemon.look("home")
        return list(events)

    return look


def test_a_trouble_is_told_once_and_its_end_once_over_restarts(hooked, clocks, ledger, state):
    assert hooked() == []
    ledger.note_trouble(Trouble("home", "over_quota", "The mailbox is full.", "Make room."), NOW)
    assert [hooked() for _ in range(3)] == [[("trouble", "over_quota")], [], []]
    ledger.note_trouble(Trouble("home", "read_only", "It is read-only.", "Ask."), NOW)
    assert [hooked() for _ in range(2)] == [[("trouble", "read_only")], []]
    ledger.swept("home", NOW)
    assert [hooked() for _ in range(2)] == [[("cured", "read_only")], []]
    ledger.note_trouble(Trouble("home", "read_only", "It is read-only.", "Ask."), NOW)
    assert hooked() == [("trouble", "read_only")]


def test_drafts_that_were_laid_are_told(hooked, clocks, sweep):
    laid = Proposed(suggestion(Kind.OWE_REPLY), None, row(state=DraftState.WAITING))
    sweep.answer = lambda name: dataclasses.replace(outcome_of(name), suggestions=(laid,))
    assert hooked() == [("drafts", "")]


def test_a_hook_that_fails_is_told_and_ends_nothing(made, clocks, ledger, sweep, caplog):
    ledger.note_trouble(Trouble("home", "over_quota", "The mailbox is full.", "Make room."), NOW)
    daemon = made()
    hooks = daemon._settings.daemon.model_copy(update={"on_trouble_command": ("/nowhere/at-all",)})
    daemon._settings = daemon._settings.model_copy(update={"daemon": hooks})
    daemon.look("home")
    daemon.look("home")
    assert [one for one in caplog.messages if "could not be started" in one] == [caplog.messages[-1]]
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


on_this_machine = pytest.mark.parametrize(
    "trouble",
    [
        StoreError("The database mail.sqlite3 cannot be used: database is locked.", "Try again."),
        ConfigError(["choices.toml cannot be read: Invalid value."], "Mend the file."),
    ],
    ids=["a database", "choices"],
)


@on_this_machine
def test_what_is_wrong_on_this_machine_is_told_like_any_trouble(hooked, clocks, ledger, sweep, trouble):
    def fail(name: str) -> Outcome:
        raise trouble

    sweep.answer = fail
    assert [hooked() for _ in range(2)] == [[("trouble", trouble.code)], []]
    told = ledger.trouble("home")
    assert (told.message, told.cure) == (trouble.message, trouble.cure)


@on_this_machine
@pytest.mark.parametrize(
    "stays_away",
    [{"retry": None, "settings": "digest"}, {"retry": NOW + minutes(30), "settings": None}],
    ids=["a refused login", "a wait"],
)
def test_what_is_wrong_on_this_machine_covers_up_nothing_that_keeps_us_from_the_server(
    made, clocks, ledger, sweep, trouble, stays_away
):
    """Both may be met in one sweep, the server's first."""

    def fail(name: str) -> Outcome:
        ledger.note_trouble(Trouble(name, "servers_own", "The server said no.", "Look."), NOW, **stays_away)
        raise trouble

    sweep.answer = fail
    made().look("home")
    assert ledger.trouble("home").code == "servers_own"
    assert ledger.waiting_room("home")[1:] == (stays_away["retry"], stays_away["settings"])


def test_a_second_daemon_of_the_same_state_directory_is_refused(state, sweep, told):
    first = Daemon(settings_of("home"), state, lambda: (settings_of("home"), []), tell=told.append, sweep=sweep)
    with first._alone(), pytest.raises(Busy, match="running already"):
        Daemon(settings_of("work"), state, lambda: (settings_of("work"), []), tell=told.append, sweep=sweep).run()


def test_an_account_named_daemon_is_not_taken_for_the_daemon(state):
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
