"""Two accounts of one user, looked after by one process or by two: the caps and the last look hold over both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from assistant.demo.server import DemoServer
from assistant.errors import Busy
from assistant.mailbox.door import Door
from assistant.mailbox.secrecy import Secret
from assistant.opening import Connect, connect_to_server
from assistant.settings import AccountSettings
from assistant.store.database import open_mail
from tests.canary import PASSWORD
from tests.imap.conftest import fresh_store
from tests.imap.world import ANA, BEN, World, laid


class Both:
    """The user's accounts: "home", where she owes Ana an answer, and "work", where Ben owes her one."""

    def __init__(self, home: World, work: World) -> None:
        work.count_mail_from(1000)
        self.home, self.work = home.story(ben=False), work.story(ana=False)
        second = work.account.model_copy(update={"name": "work"})
        restraint = home.settings.restraint.model_copy(update={"daily_cap": 1})
        changes = {"accounts": (home.account, second), "restraint": restraint}
        home.settings = home.settings.model_copy(update=changes)


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    monkeypatch.setenv("ASSISTANT_SECRET_WORK", PASSWORD)
    with DemoServer({"ann": PASSWORD}, fresh_store()) as one, DemoServer({"bea": PASSWORD}, fresh_store()) as two:
        folders = tmp_path / "home", tmp_path / "work"
        for folder in folders:
            folder.mkdir()
        with (
            closing(World(folders[0], one.host, one.port, "ann", PASSWORD)) as home,
            closing(World(folders[1], two.host, two.port, "bea", PASSWORD)) as work,
        ):
            yield Both(home, work)


class At:
    """A door at which something happens once, right before a call of one name."""

    def __init__(self, door: Door, name: str, act: Callable[[], object]) -> None:
        self._door = door
        self._name = name
        self._act: Callable[[], object] | None = act

    def __getattr__(self, name: str) -> Any:
        if name == self._name and self._act is not None:
            act, self._act = self._act, None
            act()
        return getattr(self._door, name)


def at(account: str, name: str, act: Callable[[], object]) -> Connect:
    def connect(settings: AccountSettings, secret: Secret) -> Any:
        door = connect_to_server(settings, secret)
        return At(door, name, act) if settings.name == account else door

    return connect


@pytest.mark.parametrize("moment", ["glance", "append"])
def test_two_processes_with_an_account_each_keep_the_cap_together(both: Both, moment: str) -> None:
    """One writes its letter, or is about to lay it, when the other begins: what both saw free, one of them takes."""

    def by_the_other() -> None:
        with suppress(Busy):  # the one that lays looks into both accounts
            both.home.sweep_unwatched(accounts=("home",))

    both.home.sweep_unwatched(at("work", moment, by_the_other), accounts=("work",))
    assert len(both.home.lying()) + len(both.work.lying()) == 1
    assert both.home.sweep_unwatched().errors == ()
    assert len(both.home.lying()) + len(both.work.lying()) == 1


def test_who_writes_to_one_account_while_a_draft_is_laid_in_another_gets_none(both: Both) -> None:
    """Though the first look after it was at the account that had no draft to lay."""
    restraint = both.home.settings.restraint.model_copy(update={"daily_cap": 3})
    both.home.settings = both.home.settings.model_copy(update={"restraint": restraint})

    def ben_writes() -> None:
        both.home.put(sender=BEN, subject="The catalogue", text="Hello Sue, here is the list. Best wishes, Ben")

    outcome = both.home.sweep_unwatched(at("home", "append", ben_writes))
    assert laid(outcome) == [ANA]
    assert both.work.lying() == []


def test_another_mailbox_under_the_name_of_a_confirmed_one_is_only_previewed(both: Both) -> None:
    """Though its numbers look as if most of it had been read already: all of it is, before anything is laid."""
    world = both.home
    world.always_at_work()
    world.settings = world.settings.model_copy(update={"accounts": (world.account,)})
    assert laid(world.sweep_unwatched()) == [ANA]
    moved = both.work.account.model_copy(update={"name": "home"})
    world.settings = world.settings.model_copy(update={"accounts": (moved,)})
    for _ in range(2):
        world.pass_time(days=1)
        [account] = world.sweep_unwatched(by_hand=False).accounts
        assert account.previewed
    assert both.work.lying() == []
    with closing(open_mail(world.state)) as mail:
        lying = mail.execute("SELECT count(*) FROM message WHERE uid IS NOT NULL").fetchone()[0]
    assert lying == sum(len(both.work.lying(mailbox)) for mailbox in ("INBOX", "Sent"))
    assert laid(world.sweep_unwatched()) == [BEN]
    world.pass_time(minutes=15)
    [account] = world.sweep_unwatched(by_hand=False).accounts
    assert not account.previewed, "a sweep by hand has written to it"
