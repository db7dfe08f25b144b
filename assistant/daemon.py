"""The daemon: looks at every account again and again, each at its own pace, until it is asked to stop."""

from __future__ import annotations

import contextlib
import enum
import logging
import queue
import random
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from assistant import clock
from assistant.diary import Diary, about, bug, span
from assistant.errors import AssistantError, Busy, ConfigError, StoreError
from assistant.hooks import cured_event, drafts_event, run_hook, trouble_event
from assistant.model import DraftState, Trouble
from assistant.opening import Connect, connect_to_server, lies_ahead
from assistant.settings import Settings
from assistant.store.database import account_lock, open_ledger, prepare
from assistant.store.ledger import Ledger
from assistant.sweep import Order, Outcome, sweep

BEAT_SECONDS = 60.0
PATIENCE_SECONDS = 3.5  # for a sweep that is running when we are asked to stop; the promise is 5 in all
STUCK_SECONDS = 1800.0  # without a sign of life from a sweep; the longest batch of header lines may take 300
NAP_SECONDS = 60.0
WAITING_PACE = timedelta(minutes=5)
SPREAD = 0.2
LOOKED_FOR = frozenset({DraftState.INTENDED, DraftState.UNKNOWN, DraftState.WAITING})
LOCK = ".daemon"  # no account can have this name: theirs begin with a letter or digit

Sweep = Callable[..., Outcome]
Reload = Callable[[], tuple[Settings, list[str]]]
Tell = Callable[[str], None]

log = logging.getLogger(__name__)


class Wish(enum.Enum):
    """What somebody outside may ask of the daemon."""

    STOP = enum.auto()
    RELOAD = enum.auto()


class _Stopped(Exception):
    """Raised between two steps of a sweep's reading when the daemon is to stop; what was read is kept."""


class Daemon:
    """The daemon of one state directory.

    ``reload`` returns the settings anew, with remarks, or raises AssistantError; ``tell`` passes word
    to a supervisor; ``beat_seconds`` is the time between two heartbeats. The heart beats in the main
    thread, counting on a clock that never jumps, so that it can watch the scheduler, which counts on
    one that does. All sweeps run in one thread, one after the other: the caps and "one draft for one
    person" hold over all accounts.
    """

    def __init__(
        self,
        settings: Settings,
        state: Path,
        reload: Reload,
        *,
        tell: Tell,
        beat_seconds: float = BEAT_SECONDS,
        sweep: Sweep = sweep,
        connect: Connect = connect_to_server,
    ) -> None:
        self._settings = settings
        self._state = state
        self._reload_settings = reload
        self._tell = tell
        self._beat_seconds = beat_seconds
        self._sweep = sweep
        self._connect = connect
        self._spread: Callable[[float, float], float] = random.SystemRandom().uniform
        self._wishes: queue.SimpleQueue[Wish] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._work = Work()
        self._diary = Diary()
        self._slept = clock.asleep()
        self._late = False
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            # By default a job that is a second late (a laptop that slept) would be dropped.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    # the main thread

    def ask(self, wish: Wish) -> None:
        """Ask for something; safe in a signal handler, where an Event could wait for itself."""
        self._wishes.put(wish)

    def run(self) -> bool:
        """Work until asked to stop. Returns False when a sweep was still held up then.

        Such a sweep is in the hands of a slow server; the process may end all the same, since the
        ledger holds every intention. Raises Busy when another daemon works on this state directory,
        StoreError when that cannot be used.
        """
        prepare(self._state)
        with self._alone():
            self._plan_all()
            self._scheduler.start()
            names = ", ".join(account.name for account in self._settings.accounts)
            log.info("Started; looking after %s.", names)
            self._tell("READY=1")
            self._tell_next()
            self._serve()
            return self._stop()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(account_lock(self._state, LOCK))
            except Busy as error:
                raise Busy(
                    f"A daemon is running already for {self._state}.", "Stop that one first, or leave it to its work."
                ) from error
            yield

    def _serve(self) -> None:
        while True:
            try:
                wish = self._wishes.get(timeout=self._beat_seconds)
            except queue.Empty:
                with self._bugs_told():
                    self.beat()
                continue
            if wish is Wish.STOP:
                return
            with self._bugs_told():
                self.reload()

    def _stop(self) -> bool:
        self._tell("STOPPING=1")
        self._stopping.set()
        self._scheduler.shutdown(wait=False)
        ended = self._work.wait_for_end(PATIENCE_SECONDS)
        log.info("Stopped." if ended else "Stopped while a server kept us waiting; nothing is lost by that.")
        return ended

    def reload(self) -> None:
        """Take over a changed configuration; one that cannot be used leaves everything as it is."""
        try:
            settings, remarks = self._reload_settings()
        except AssistantError as error:
            log.warning("The new configuration cannot be used, the old one stays in force: %s", error)
            return
        for remark in remarks:
            log.warning("%s", remark)
        before, self._settings = self._settings, settings
        try:
            self._plan_all()
        except AssistantError as error:
            self._settings = before
            log.warning("The new configuration could not be taken over: %s", error)
            return
        log.info("The configuration was read again.")
        self._tell_next()

    def beat(self) -> None:
        """Set right what a suspended machine or a changed clock did to the due times, and give a sign of life.

        No sign is given while the sweeping thread or the scheduler is stuck, so that a supervisor can act.
        """
        asleep = clock.asleep()
        if asleep - self._slept >= NAP_SECONDS:
            log.info("The machine slept for %s; what is overdue comes now.", span(asleep - self._slept))
        self._slept = asleep
        try:
            silent = self._work.silent_seconds()
            alive = self._set_right() if silent is None else silent < STUCK_SECONDS
            self._diary.tell("", [])
        except AssistantError as error:
            self._diary.tell("", [(logging.ERROR, str(error))])
            alive = True  # the database is not; starting us anew would not mend it
        if alive:
            self._tell("WATCHDOG=1")

    def _set_right(self) -> bool:
        """Bring back due times that lie too far ahead, and wake the scheduler, whose clock stands still in sleep.

        False when something stays overdue though nothing runs.
        """
        now = clock.now()
        jobs: Collection[Any] = self._scheduler.get_jobs()
        with self._ledger() as ledger:
            for job in jobs:
                self._schedule(job.id, self._bounded(ledger, job.id, now, job.next_run_time))
        self._scheduler.wakeup()
        late_before, self._late = self._late, any(job.next_run_time < now for job in jobs)
        return not (self._late and late_before)

    # due times: what outlasts a restart is in the ledger

    def _names(self) -> list[str]:
        return [account.name for account in self._settings.accounts]

    def _pace(self, ledger: Ledger, name: str) -> timedelta:
        """Return the time between two looks: shorter while a draft of ours may have to be taken back."""
        pace = timedelta(minutes=self._settings.daemon.poll_minutes)
        waits = any(draft.state in LOOKED_FOR for draft in ledger.live(name))
        return min(pace, WAITING_PACE) if waits else pace

    def _bounded(self, ledger: Ledger, name: str, now: datetime, due: datetime | None) -> datetime:
        """Return ``due`` as it may stand: not before the server may be asked again, and not beyond any pace.

        A time further ahead was given by a clock that has been set back since, or by an older setting.
        """
        retry = not_before(ledger, name)
        if retry is not None and lies_ahead(retry, now):
            return retry
        return now if due is None or due > now + self._pace(ledger, name) * (1 + SPREAD) else due

    def _plan_all(self) -> None:
        """Give every account its job, due when the ledger says; accounts that are no more lose theirs."""
        now = clock.now()
        for job in self._scheduler.get_jobs():
            if job.id not in self._names():
                job.remove()
        with self._ledger() as ledger:
            for name in self._names():
                self._scheduler.add_job(
                    self.look,
                    # Counts only when a look ends without planning the next one: the ledger was out of order.
                    IntervalTrigger(minutes=self._settings.daemon.poll_minutes, timezone=UTC),
                    args=[name],
                    id=name,
                    next_run_time=self._bounded(ledger, name, now, ledger.next_sweep(name)),
                    replace_existing=True,
                )

    def _plan_next(self, name: str) -> None:
        now = clock.now()
        with self._ledger() as ledger:
            pace = self._pace(ledger, name) * self._spread(1 - SPREAD, 1 + SPREAD)
            due = self._bounded(ledger, name, now, now + pace)
            ledger.note_next(name, due)
        self._schedule(name, due)
        self._tell_next()

    def _schedule(self, name: str, due: datetime) -> None:
        job = self._scheduler.get_job(name)
        if job is not None and job.next_run_time != due:
            with contextlib.suppress(JobLookupError):  # a reload has just removed the account
                job.modify(next_run_time=due)

    def _tell_next(self) -> None:
        """Tell the supervisor what comes next; a person reads it in ``systemctl status``."""
        jobs: Collection[Any] = self._scheduler.get_jobs()
        zone = self._settings.zone
        coming = ", ".join(f"{job.id} {job.next_run_time.astimezone(zone):%H:%M}" for job in jobs)
        if coming and not self._stopping.is_set():
            self._tell(f"STATUS=Next look: {coming}")

    # the sweeping thread

    def look(self, name: str) -> None:
        """Look at one account, say what that brought, and plan the next look. Never raises."""
        if self._stopping.is_set():
            return
        with self._work.going_on():
            try:
                with self._bugs_told(name):
                    self._look(name)
            except _Stopped:
                log.info("stopped in the middle of reading; the rest comes with the next look", extra=about(name))
                return
            with self._bugs_told(name):
                self._plan_next(name)
            with self._bugs_told(name):
                self._tell_of_trouble(name)

    def _look(self, name: str) -> None:
        now = clock.now()
        with self._ledger() as ledger:
            retry = not_before(ledger, name)
        if lies_ahead(retry, now):
            return
        order = Order(by_hand=False, accounts=(name,), everybody=False)
        try:
            outcome = self._sweep(
                self._settings, self._state, order, now, connect=self._connect, progress=self._sign_of_life
            )
        except Busy as error:
            log.info("%s It is looked at the next time.", error.message, extra=about(name))
        except (StoreError, ConfigError) as error:
            self._note_own_trouble(name, error, now)
            raise
        else:
            self._diary.looked_at(name, outcome)
            self._run(name, self._settings.daemon.on_drafts_command, drafts_event(name, outcome))

    def _note_own_trouble(self, name: str, error: AssistantError, now: datetime) -> None:
        """Note what is wrong on this machine, so that 'status' tells, and the user's command.

        It says nothing about the server, and covers up neither a refused login nor a wait: both would be forgotten.
        """
        with self._ledger() as ledger:
            _, retry, refused_with = ledger.waiting_room(name)
            if refused_with is None and not lies_ahead(retry, now):
                ledger.note_trouble(Trouble(name, error.code, error.message, error.cure), now)

    def _tell_of_trouble(self, name: str) -> None:
        """Tell the user's command of a trouble that began and of one that is over, once each, over restarts."""
        command = self._settings.daemon.on_trouble_command
        with self._ledger() as ledger:
            trouble, told = ledger.trouble(name), ledger.told(name)
            if (trouble.code if trouble else None) == told or (trouble and not command):
                return
            # Noted first: a command that fails is not called again and again.
            ledger.note_told(name, trouble.code if trouble else None)
        if trouble:
            self._run(name, command, trouble_event(trouble))
        elif told:
            self._run(name, command, cured_event(name, told))

    def _run(self, name: str, command: Sequence[str] | None, event: Mapping[str, Any] | None) -> None:
        if command and event and (failed := run_hook(command, event)):
            log.warning("%s", failed, extra=about(name))

    @contextmanager
    def _bugs_told(self, name: str = "") -> Iterator[None]:
        """Let no trouble out but the wish to stop: one bug ends neither the daemon nor other accounts."""
        try:
            yield
        except _Stopped:
            raise
        except AssistantError as error:
            self._diary.tell(name, [(logging.ERROR, str(error))])
        except Exception as error:  # noqa: BLE001
            log.error("This is a bug, please report it: %s", bug(error), extra=about(name))

    def _sign_of_life(self, _mailbox: str, _done: int, _of_all: int) -> None:
        self._work.sign()
        if self._stopping.is_set():
            raise _Stopped

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        with closing(open_ledger(self._state)) as database:
            yield Ledger(database)


class Work:
    """Whether a sweep is running, and when it last gave a sign of life."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._last_sign: float | None = None

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Mark that a sweep is running."""
        self.sign()
        try:
            yield
        finally:
            with self._changed:
                self._last_sign = None
                self._changed.notify_all()

    def sign(self) -> None:
        """Note a sign of life."""
        with self._changed:
            self._last_sign = clock.monotonic()

    def silent_seconds(self) -> float | None:
        """Return for how long a running sweep has given no sign of life, None when none is running."""
        with self._changed:
            return None if self._last_sign is None else clock.monotonic() - self._last_sign

    def wait_for_end(self, seconds: float) -> bool:
        """Wait until no sweep is running; False when one still is after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._last_sign is None, timeout=seconds)


def not_before(ledger: Ledger, name: str) -> datetime | None:
    """Return the time before which an account in trouble is left alone, None when there is none.

    A refused login is not among these: it waits for another secret, which every look compares without
    asking the server.
    """
    _, retry, refused_with = ledger.waiting_room(name)
    return retry if refused_with is None else None
