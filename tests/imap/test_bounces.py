"""Mail that came back: whoever it did not reach is written to no more, however the server tells it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.demo.server import DemoServer
from assistant.model import HeldBecause
from assistant.settings import ReadingSettings
from tests import bounces
from tests.bounces import bounce
from tests.imap.world import BEN, World, laid

SHAPES = ("POSTFIX", "EXIM", "EXCHANGE", "GMAIL", "QMAIL", "POSTFIX_FORWARDED")


def comes_back(world: World, shape: str, who: str = BEN, **about: str) -> None:
    when = world.now - timedelta(days=22) - timedelta(minutes=3)  # our clock was fast
    with world.client() as client:
        client.append("INBOX", bounce(getattr(bounces, shape), who, when, **about), (), when)


def held(world: World) -> set[HeldBecause | None]:
    """Sweep, and return why everything is held."""
    return {one.suggestion.held for one in world.sweep(everybody=True).suggestions}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_address_that_mail_came_back_from_gets_no_draft(world: World, shape: str) -> None:
    world.story(ana=False)
    comes_back(world, shape)
    assert held(world) == {HeldBecause.BOUNCED}
    assert world.drafts() == []


@pytest.mark.parametrize("shape", ["POSTFIX_DELAYED", "RECEIPT"])
def test_a_delay_or_a_receipt_keeps_no_draft_back(world: World, shape: str) -> None:
    world.story(ana=False)
    comes_back(world, shape)
    assert laid(world.sweep()) == [BEN]


def test_a_bounce_about_strangers_makes_nobody_known(on_demo: World) -> None:
    world = on_demo.story(ana=False)
    comes_back(world, "POSTFIX", "stranger@example.net", returned="unknown@example.org")
    outcome = world.sweep(everybody=True)
    assert laid(outcome) == [BEN]
    assert {one.suggestion.contact.address for one in outcome.suggestions} == {BEN}


def test_header_lines_alone_tell_where_the_server_names_whom_it_did_not_reach(on_demo: World) -> None:
    world = on_demo.story(ana=False)
    world.settings = world.settings.model_copy(update={"reading": ReadingSettings(headers_only=True)})
    comes_back(world, "EXIM")
    assert held(world) == {HeldBecause.BOUNCED}


def test_what_came_back_is_read_once(on_demo: World, demo: DemoServer) -> None:
    world = on_demo.story(ana=False)
    comes_back(world, "POSTFIX")
    world.sweep()
    looked = len(demo.commands_seen)
    world.sweep()
    assert not any(b"[TEXT]" in command for command in demo.commands_seen[looked:])
