"""Mailboxes that change under our eyes: renamed, removed, made again; what was known of their mail goes with it."""

from __future__ import annotations

from contextlib import closing

import pytest

from assistant import judging
from assistant.store.asides import Aside
from assistant.store.database import open_mail
from assistant.store.messages import MailFacts
from tests.imap.world import ANA, World, laid

GARDEN, ORCHARD = "Garden & Häuser", "Gärten/Obst"


@pytest.fixture
def unread(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """All of Ana's mail lies in a mailbox of its own, and of none the text has been read yet."""
    world.story(ben=False)
    with world.client() as client:
        client.create_folder(GARDEN)
        client.select_folder("INBOX")
        client.move(client.search(), GARDEN)
    with monkeypatch.context() as patch:
        patch.setattr(judging, "BODIES_A_SWEEP", 0)
        world.sweep()
    return world


def asides(world: World) -> list[Aside]:
    with closing(open_mail(world.state)) as database:
        return MailFacts(database).asides.all()


def test_mail_in_a_mailbox_that_was_renamed_is_known_again_and_read_there(unread: World) -> None:
    with unread.client() as client:
        client.rename_folder(GARDEN, ORCHARD)
    outcome = unread.sweep()
    assert (outcome.errors, outcome.accounts[0].new, asides(unread)) == ((), 0, [])
    assert laid(outcome) == [ANA]


def test_a_mailbox_that_was_removed_is_not_asked_for_its_mail(unread: World) -> None:
    with unread.client() as client:
        client.delete_folder(GARDEN)
    for _ in range(2):
        outcome = unread.sweep()
        assert (outcome.errors, asides(unread)) == ((), [])


def test_a_mailbox_that_comes_back_under_its_name_is_read_anew(unread: World) -> None:
    with unread.client() as client:
        client.rename_folder(GARDEN, ORCHARD)
        unread.sweep(rehearse=True)
        client.rename_folder(ORCHARD, GARDEN)
    assert laid(unread.sweep()) == []  # while its mail is being matched anew nothing is written
    outcome = unread.sweep()
    assert (outcome.errors, outcome.accounts[0].new, laid(outcome)) == ((), 0, [ANA])


def test_what_was_copied_to_trash_before_it_was_deleted_brings_no_draft(world: World) -> None:
    """A sweep in between saw it in both mailboxes; only what lies there now counts."""
    world.story(ben=False)
    (question,) = [one.uid for one in world.lying("INBOX") if one.id == "question@example.net"]
    with world.client() as client:
        client.select_folder("INBOX")
        client.copy([question], "Trash")
    assert any(one.suggestion.held is None for one in world.sweep(rehearse=True).suggestions)
    with world.client() as client:
        client.select_folder("INBOX")
        client.delete_messages([question])
        client.uid_expunge([question])
    assert laid(world.sweep()) == []
