"""How often a server is asked again: one wrong password, one attempt; an outage, ever longer waits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.errors import AccountError, AccountLater, AccountStopped, FuseBlown, LoginRefused
from assistant.mailbox.answers import LOGIN_DROPPED
from assistant.mailbox.door import Door
from assistant.mailbox.secrecy import Secret
from assistant.model import Trouble
from assistant.opening import note_trouble, open_account
from assistant.settings import AccountSettings
from assistant.store.database import open_ledger, prepare
from assistant.store.ledger import Ledger

NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)
DOOR = cast(Door, object())
WRONG = LoginRefused("The server refused the login.", "Check the password.")
UNCERTAIN = LoginRefused("The server said NO.", "Check the password.", certain=False)
BLOWN = FuseBlown("The account was stopped.", "Look into Drafts.")
AWAY = AccountLater("The server does not answer.", "Check the network.")


class World:
    """A server that answers as told, a ledger that outlives every start of the program, a clock that is set."""

    def __init__(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        prepare(state)
        self._state = state
        self._environment = monkeypatch
        self.answer: AccountError | None = None
        self.asked: list[datetime] = []
        self.now = NOW
        self.password("wrong")

    def password(self, secret: str | None) -> None:
        if secret is None:
            self._environment.delenv("ASSISTANT_SECRET_HOME")
        else:
            self._environment.setenv("ASSISTANT_SECRET_HOME", secret)

    def connect(self, account: AccountSettings, secret: Secret) -> Door:
        self.asked.append(self.now)
        if self.answer is not None:
            raise self.answer
        return DOOR

    def open(self, *, asked: bool = False, insist: bool = False, **settings: Any) -> AccountError | None:
        """Start the program and open the account; return what was raised."""
        with self.ledger() as ledger:
            try:
                door = open_account(account(**settings), ledger, self.now, self.connect, asked=asked, insist=insist)
            except AccountError as error:
                return error
            assert door is DOOR
            ledger.recovered("home")
            return None

    def ledger(self) -> Any:
        connection = open_ledger(self._state)

        class Opened(closing[Any]):
            def __enter__(self) -> Ledger:
                return Ledger(connection)

        return Opened(connection)

    def every(self, minutes: float, hours: float, what: Callable[[], object]) -> None:
        """Do something again and again for so many hours."""
        end = self.now + timedelta(hours=hours)
        while self.now < end:
            what()
            self.now += timedelta(minutes=minutes)


def account(**settings: Any) -> AccountSettings:
    usual = {"name": "home", "host": "imap.example.org", "username": "sue@example.org", "auth": "env"}
    return AccountSettings.model_validate({**usual, **settings})


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path / "state", monkeypatch)


def test_a_wrong_password_is_tried_once_however_often_the_program_starts(world: World) -> None:
    world.answer = WRONG
    world.every(15, 24, world.open)
    world.every(15, 24, lambda: world.open(asked=True))
    assert len(world.asked) == 1
    error = world.open()
    assert isinstance(error, LoginRefused)
    assert (error.message, error.cure) == (WRONG.message, WRONG.cure)


def test_another_password_is_tried_at_once(world: World) -> None:
    world.answer = WRONG
    world.open()
    world.password("also wrong")
    world.open()
    world.open()
    assert len(world.asked) == 2
    world.answer = None
    world.password("right")
    assert world.open() is None
    assert world.open() is None, "the trouble is over"
    assert len(world.asked) == 4


@pytest.mark.parametrize("changed", [{"username": "sue"}, {"host": "mail.example.org"}, {"port": 1993}])
def test_other_settings_are_tried_at_once(world: World, changed: dict[str, Any]) -> None:
    world.answer = WRONG
    world.open()
    world.open(**changed)
    world.open(**changed)
    assert len(world.asked) == 2


def test_a_line_dropped_at_the_login_is_the_networks_once_and_then_a_refusal(world: World) -> None:
    world.answer = AccountLater("The server hung up.", code=LOGIN_DROPPED)
    world.every(15, 48, world.open)
    assert world.asked == [NOW, NOW + timedelta(minutes=15), NOW + timedelta(hours=6, minutes=15)]
    refused = world.open()
    assert isinstance(refused, LoginRefused)
    assert "wrong password" in refused.cure
    world.password("another")
    world.open()
    assert len(world.asked) == 4, "a drop was not the network's after a refusal of the other password"


def test_a_line_dropped_once_leaves_no_doubt_behind(world: World) -> None:
    world.answer = AccountLater("The server hung up.", code=LOGIN_DROPPED)
    world.open(asked=True)
    world.answer = None
    assert world.open(asked=True) is None
    world.answer = AccountLater("The server hung up.", code=LOGIN_DROPPED)
    assert not isinstance(world.open(asked=True), LoginRefused)


def test_a_blown_fuse_waits_for_a_person_over_restarts_and_other_troubles(world: World) -> None:
    with world.ledger() as ledger:
        note_trouble(ledger, account(), BLOWN, world.now)
        ledger.note_trouble(Trouble("home", "unreachable", "No answer.", ""), world.now)
        ledger.recovered("home", but=FuseBlown.code)
    world.every(60, 24 * 30, world.open)
    told = world.open()
    assert isinstance(told, FuseBlown)
    assert (told.message, told.cure, world.asked) == (BLOWN.message, BLOWN.cure, [])
    assert world.open(asked=True) is None
    assert world.open() is None


def test_who_insists_is_served(world: World) -> None:
    world.answer = WRONG
    world.open()
    world.open(insist=True)
    world.open()
    assert len(world.asked) == 2
    world.answer = None
    assert world.open(insist=True) is None
    assert world.open() is None


def test_a_no_without_a_telling_code_is_tried_once_more_after_six_hours(world: World) -> None:
    world.answer = UNCERTAIN
    world.every(15, 48, world.open)
    assert world.asked == [NOW, NOW + timedelta(hours=6)]


def test_an_outage_before_does_not_take_the_second_try_away(world: World) -> None:
    world.answer = AWAY
    world.open()
    world.now += timedelta(hours=1)
    world.answer = UNCERTAIN
    world.every(15, 48, world.open)
    assert world.asked[1:] == [NOW + timedelta(hours=1), NOW + timedelta(hours=7)]


def test_the_second_try_is_for_each_password(world: World) -> None:
    world.answer = UNCERTAIN
    world.every(60, 12, world.open)
    world.password("another")
    world.every(60, 12, world.open)
    assert len(world.asked) == 4


def test_a_secret_out_of_reach_does_not_make_us_forget_that_it_was_refused(world: World) -> None:
    world.answer = WRONG
    world.open()
    world.password(None)
    missing = world.open(asked=True)
    assert isinstance(missing, AccountStopped)
    assert not isinstance(missing, LoginRefused)
    world.password("wrong")
    world.open(asked=True)
    assert len(world.asked) == 1


def test_a_login_refused_behind_the_open_door_is_a_refused_login(world: World) -> None:
    """Microsoft 365 says OK to a bad login and tells the truth at the next command."""
    assert world.open() is None
    with world.ledger() as ledger:
        note_trouble(ledger, account(), WRONG, world.now)
    assert isinstance(world.open(asked=True), LoginRefused)
    assert len(world.asked) == 1


def test_the_secret_itself_is_not_kept(world: World, tmp_path: Path) -> None:
    world.password("xyzzy-plugh")
    world.answer = WRONG
    world.open()
    assert all(b"xyzzy-plugh" not in path.read_bytes() for path in (tmp_path / "state").iterdir())


def test_the_waits_of_an_outage_double_up_to_six_hours(world: World) -> None:
    world.answer = AWAY
    world.every(1, 48, world.open)
    waits = [(after - before) // timedelta(minutes=1) for before, after in pairwise(world.asked)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, *[360] * (len(waits) - 9)]
    assert sum(moment < NOW + timedelta(days=1) for moment in world.asked) <= 30


def test_a_server_in_ever_other_trouble_is_spared_too(world: World) -> None:
    def stumble() -> None:
        world.answer = AccountLater("It is busy.", code=f"trouble_{len(world.asked) % 2}")
        world.open()

    world.every(1, 24, stumble)
    assert len(world.asked) <= 30


def test_staying_away_does_not_make_the_wait_longer(world: World) -> None:
    world.answer = AWAY
    world.open()
    for _ in range(20):
        assert isinstance(world.open(), AccountLater)
    world.now += timedelta(minutes=1)
    world.answer = None
    assert world.open() is None


@pytest.mark.parametrize("wait", [timedelta(seconds=30), timedelta(milliseconds=299961), timedelta(hours=12)])
def test_a_wait_the_server_asks_for_is_honoured(world: World, wait: timedelta) -> None:
    world.answer = AccountLater("Request is throttled.", wait=wait)
    world.every(1, 24, world.open)
    assert world.asked[1] - world.asked[0] >= wait


@pytest.mark.parametrize("how", ["asked", "insist"])
def test_a_person_who_asks_is_served_at_once(world: World, how: str) -> None:
    world.answer = AWAY
    world.open()
    world.answer = None
    assert world.open(**{how: True}) is None


def test_a_success_ends_the_waiting(world: World) -> None:
    world.answer = AWAY
    world.every(1, 5, world.open)
    world.answer = None
    assert world.open(asked=True) is None
    world.answer = AWAY
    world.asked.clear()
    world.every(1, 0.2, world.open)
    assert len(world.asked) == 4, "1, 2, 4 minutes again"


def test_what_stays_wrong_is_told_each_time_with_its_cure(world: World) -> None:
    world.answer = AccountStopped("The certificate is not trusted.", "Look at tls_ca.", code="certificate")
    for _ in range(3):
        error = world.open()
        assert error is not None
        assert (error.code, error.message, error.cure) == (
            "certificate",
            "The certificate is not trusted.",
            "Look at tls_ca.",
        )
    assert len(world.asked) == 1


def test_a_wait_that_a_wrong_clock_noted_keeps_nobody_away_for_a_year(world: World) -> None:
    world.answer = AWAY
    world.now = NOW + timedelta(days=365)
    world.open()
    world.now = NOW
    world.answer = None
    assert world.open() is None
    assert len(world.asked) == 2


def test_a_secret_out_of_reach_is_later_and_soon_asked_for_again(world: World) -> None:
    """A locked keyring says nothing about the password, and is unlocked at some time."""
    world.password(None)
    for _ in range(96):
        assert not isinstance(world.open(), LoginRefused)
        world.now += timedelta(minutes=15)
    assert world.asked == []
    world.password("right")
    assert world.open() is None


def test_the_waits_for_a_secret_double_up_to_a_quarter_of_an_hour(world: World) -> None:
    world.password(None)
    waits = []
    for _ in range(7):
        world.open()
        with world.ledger() as ledger:
            _, retry, _ = ledger.waiting_room("home")
        waits.append((retry - world.now) // timedelta(minutes=1))
        world.now = retry
    assert waits == [1, 1, 2, 4, 8, 15, 15]


def test_a_night_with_a_locked_keyring_is_no_outage_of_the_server(world: World) -> None:
    world.password(None)
    world.every(15, 10, world.open)
    world.password("right")
    world.answer = AWAY
    world.every(1, 0.2, world.open)
    assert len(world.asked) == 4, "1, 2, 4 minutes"
