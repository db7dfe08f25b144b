"""Flags that other programs set later count: an answered mail is no debt, a flagged one is watched."""

from __future__ import annotations

import pytest

from tests.imap.world import ANA, BEN, ME, World, laid


def mark(world: World, mailbox: str, message_id: str, flag: str) -> None:
    """Set a flag as a mail client would."""
    found = next(one for one in world.lying(mailbox) if one.id == message_id)
    with world.client() as client:
        client.select_folder(mailbox)
        client.add_flags([found.uid], [flag], silent=True)


def test_a_question_that_a_telephone_answered_since_it_was_read_is_no_debt(world: World) -> None:
    world.story(ben=False)
    world.sweep(rehearse=True)
    mark(world, "INBOX", "question@example.net", "\\Answered")
    world.pass_time(minutes=15)
    assert laid(world.sweep()) == []


@pytest.mark.parametrize("flagged", [True, False])
def test_a_flag_on_a_sent_mail_means_watch_this_one(world: World, flagged: bool) -> None:
    for number in range(4):
        asked = world.put(
            "Sent", sender=ME, to=BEN, subject=f"Seeds {number}", days=100 - number, text="Here they are."
        )
        world.put(sender=BEN, subject=f"Re: Seeds {number}", days=99 - number, answers=asked, text="Lovely, thank you.")
    world.put("Sent", sender=ME, to=BEN, subject="The pond", message_id="pond@example.org", days=21,
              text="Hello Ben,\n\nthe pond is still there.\n\nSue")  # fmt: skip
    world.sweep(rehearse=True)
    if flagged:
        mark(world, "Sent", "pond@example.org", "\\Flagged")
    world.pass_time(minutes=15)
    assert laid(world.sweep()) == ([BEN] if flagged else [])
    assert ANA not in {one.to for one in world.lying()}
