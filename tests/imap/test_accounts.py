"""The accounts of a sweep while they are open."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from assistant.accounts import Accounts
from assistant.daemon import Daemon
from assistant.errors import AccountLater, Busy, StoreError
from assistant.known import status_of
from assistant.mailbox.door import silent
from assistant.opening import connect_to_server
from assistant.outcome import Order
from assistant.store.database import account_lock, open_ledger
from assistant.store.ledger import Ledger
from assistant.task import begun
from assistant.withdrawing import withdraw_drafts
from tests.canary import PASSWORD
from tests.imap.world import ANA, BEN, World, laid


def test_an_account_whose_line_is_cut_twice_is_given_up_once(on_demo: World) -> None:
    """A look on behalf of another account finds it cut, while what is planned for this one is still to be done."""
    with begun(on_demo.settings, on_demo.state, Order(), on_demo.now, silent) as task, ExitStack() as stack:
        accounts = Accounts(task, connect_to_server, stack)
        accounts.open_and_read(on_demo.account)
        [desk] = accounts.desks
        for sentence in ("The line was cut.", "It still is."):
            with accounts.noting(desk):
                raise AccountLater(sentence)
        [trouble] = accounts.troubles.met()
        assert trouble.message == "The line was cut."
        assert [one.error for one in accounts.outcomes] == [trouble]
        assert (accounts.desks, task.ledger.waiting_room("home")[0]) == ((), 1)


def renamed(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give the account another name in the settings."""
    monkeypatch.setenv("ASSISTANT_SECRET_PRIVATE", PASSWORD)
    account = world.settings.accounts[0].model_copy(update={"name": "private"})
    world.settings = world.settings.model_copy(update={"accounts": (account,)})
    return world


def test_an_account_goes_on_under_another_name(on_demo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its drafts are followed, nobody who was known waits in vain, and it need not be confirmed anew."""
    world = on_demo.story()
    world.always_at_work()
    assert laid(world.sweep(contact=ANA)) == [ANA]
    renamed(world, monkeypatch).pass_time(minutes=15)
    outcome = world.sweep(by_hand=False)
    assert laid(outcome) == [BEN]
    assert outcome.accounts[0].new == 0, "what was read under the old name counts"
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")
    world.pass_time(minutes=15)
    assert [one.draft.contact for one in world.sweep().withdrawn] == [ANA]
    assert [one.to for one in world.lying()] == [BEN]
    assert {one.account for one in world.drafts()} == {"private"}


def test_a_draft_of_an_account_that_was_renamed_can_be_taken_back_by_hand(
    on_demo: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = on_demo.story(ben=False)
    assert laid(world.sweep()) == [ANA]
    renamed(world, monkeypatch).pass_time(minutes=15)
    world.sweep()
    assert withdraw_drafts(world.settings, world.state, None, world.now).done
    assert world.lying() == []


def test_a_rehearsal_under_another_name_changes_no_ledger(on_demo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep that follows takes over what the rehearsal left."""
    world = on_demo.story(ben=False)
    world.sweep()
    renamed(world, monkeypatch).sweep(rehearse=True)
    assert {one.account for one in world.drafts()} == {"home"}
    world.sweep()
    assert {one.account for one in world.drafts()} == {"private"}


def test_while_another_process_works_under_the_old_name_nothing_is_taken_over(
    on_demo: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = on_demo.story(ben=False)
    world.sweep()
    renamed(world, monkeypatch)
    with account_lock(world.state, "home"), pytest.raises(Busy):
        world.sweep()


DAMAGE = {
    "cues": "UPDATE reading SET cues = '['",
    "a kind of mail": "UPDATE message SET kind = 'persoxal' WHERE id = 3",
    "recipients": "UPDATE message SET recipients = 'x;' WHERE id = 3",
    "a time": "UPDATE message SET time = 9e15 WHERE id = 3",
    "a role": "UPDATE mailbox SET role = 'sunt'",
    "a weighing": "UPDATE weighed SET found = '['",
    "a weighing of another shape": "UPDATE weighed SET found = '{}'",
    "pages": None,
}


def overwrite(file: Path) -> None:
    """Overwrite some pages of a database."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
    raw = file.read_bytes()
    file.write_bytes(raw[: 3 * 4096] + b"\xff" * 9 * 4096 + raw[12 * 4096 :])


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_told_with_its_cure_and_stands_in_the_status(
    damage: str, on_demo: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is damaged: the daemon says so, too, and once the file is deleted all goes on."""
    world = on_demo.story(ben=False)
    world.always_at_work()
    world.sweep()
    world.sweep_unwatched(by_hand=False, everybody=False)
    file = world.state / "mail.sqlite3"
    if (statement := DAMAGE[damage]) is not None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute(statement)
            connection.commit()
    else:
        overwrite(file)
    with pytest.raises(StoreError, match="Only a cache is lost"):
        world.sweep_unwatched(by_hand=False, everybody=False)
    daemon = Daemon(world.settings, world.state, lambda: (world.settings, []), tell=lambda _: None)
    daemon.look("home")
    assert "Only a cache is lost" in caplog.text
    assert "bug" not in caplog.text
    with closing(open_ledger(world.state)) as connection:
        trouble = Ledger(connection).trouble("home")
    assert trouble is not None
    assert "Only a cache is lost" in trouble.cure
    for one in world.state.glob("mail.sqlite3*"):
        one.unlink()
    daemon.look("home")
    status = status_of(world.settings, world.state, world.now)
    assert (status.stale, [one.contact for one in status.drafts]) == (False, [ANA])
