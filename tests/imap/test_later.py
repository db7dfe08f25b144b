"""Later sweeps: what has not changed is not fetched again, and what has is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import following
from assistant.demo.server import DemoServer
from assistant.mailbox.door import Door
from assistant.mailbox.secrecy import Secret
from assistant.opening import connect_to_server
from assistant.settings import AccountSettings
from assistant.sweep import Order, sweep
from bench.ground import Box
from bench.wire import overheard
from tests.commands import ours
from tests.imap.world import ANA, BEN, World, laid
from tests.servers import Dovecot

TRIPS = 7
"""Greeting, LOGIN, LIST (with ID), all STATUS, EXAMINE of Drafts, its flags, LOGOUT."""


def waiting(world: World) -> World:
    """Return the world when a draft for Ana was laid, and looked at once."""
    assert laid(world.story(ben=False).sweep()) == [ANA]
    world.pass_time(minutes=15)
    world.sweep()
    world.pass_time(minutes=15)
    return world


def bodies(server: DemoServer, since: int) -> list[bytes]:
    return [command for command in ours(server)[since:] if b"BODY" in command]


def test_a_sweep_with_nothing_new_waits_for_the_server_seven_times(dovecot: Dovecot, on_dovecot: World) -> None:
    world = waiting(on_dovecot)
    with overheard(Box(dovecot, "", 0, Path())) as (port, talk):

        def in_between(account: AccountSettings, secret: Secret) -> Door:
            return connect_to_server(account.model_copy(update={"port": port}), secret)

        world.sweep(in_between)
    assert talk.trips <= TRIPS, talk.commands


def test_drafts_that_stayed_as_they_are_are_not_fetched_again(demo: DemoServer, on_demo: World) -> None:
    world = waiting(on_demo)
    before = len(ours(demo))
    world.sweep()
    assert bodies(demo, before) == []
    assert world.state_of(ANA) == "waiting"


def test_a_draft_of_the_users_beside_ours_is_looked_at(demo: DemoServer, on_demo: World) -> None:
    world = waiting(on_demo)
    world.put("Drafts", sender="sue@example.org", to="carl@example.com", subject="Boats", flags=("\\Draft",))
    before = len(ours(demo))
    world.sweep()
    assert bodies(demo, before)
    assert world.state_of(ANA) == "waiting"


def test_what_is_withdrawn_is_read_in_the_very_opening_in_which_it_is_taken_out(
    demo: DemoServer, on_demo: World
) -> None:
    world = waiting(on_demo)
    [draft] = world.lying()
    before = len(ours(demo))
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")
    assert len(world.sweep().withdrawn) == 1
    said = ours(demo)[before:]
    [taken] = [number for number, command in enumerate(said) if command.startswith(b"UID MOVE")]
    assert b"UID FETCH %d (UID FLAGS BODY.PEEK[]" % draft.uid in said[taken - 1]
    assert said[taken - 2].startswith(b"SELECT")


def test_a_large_drafts_mailbox_shows_life_and_can_be_left_before_anything_is_written(
    on_demo: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "CHUNK", 10)
    world = on_demo.story()
    for number in range(25):
        world.put("Drafts", sender="sue@example.org", to=f"p{number}@example.com", flags=("\\Draft",))
    told = []

    def stopping(mailbox: str, done: int, of: int) -> None:
        told.append((mailbox, done, of))
        if told.count(("Drafts", 20, 25)) == 2:  # Drafts is looked into for strays, and before anything is laid
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sweep(world.settings, world.state, Order(), world.now, progress=stopping)
    assert ("Drafts", 10, 25) in told
    assert world.drafts() == []
    assert laid(world.sweep()) == [ANA, BEN]
