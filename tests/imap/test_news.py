"""What counts as news for a draft: mail that was not there when it was judged, whatever the clocks say of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.imap.world import ANA, ME, World, laid

MINUTES = timedelta(minutes=20)


@pytest.fixture
def waiting(on_demo: World) -> World:
    """A world in which a draft for Ana waits."""
    assert laid(on_demo.story(ben=False).sweep()) == [ANA]
    return on_demo


def looked(world: World) -> list[tuple[str, str]]:
    """Look again; return who had a draft taken back, and why."""
    world.pass_time(minutes=15)
    return [(one.draft.contact, one.because) for one in world.sweep().withdrawn]


@pytest.mark.parametrize("ago", [MINUTES, timedelta(days=3)])
def test_on_a_machine_whose_clock_is_ahead_a_reply_still_takes_the_draft_back(waiting: World, ago: timedelta) -> None:
    """Or: the reply was collected from another provider, who dates it as it was sent."""
    waiting.put(answers="question@example.net", text="It is settled, thank you.", at=waiting.now - ago)
    assert looked(waiting) == [(ANA, "They wrote meanwhile.")]


def test_on_a_machine_whose_clock_is_ahead_what_the_user_writes_takes_the_draft_back(waiting: World) -> None:
    waiting.put("Sent", sender=ME, to=ANA, subject="The fair", text="See you there.", at=waiting.now - MINUTES)
    assert looked(waiting) == [(ANA, "You wrote to them meanwhile.")]


def test_on_a_machine_whose_clock_is_ahead_a_draft_that_was_sent_is_sent(waiting: World) -> None:
    [draft] = waiting.lying()
    waiting.pass_time(minutes=-20)
    waiting.send(draft, keep_id=False)
    waiting.pass_time(minutes=20)
    assert looked(waiting) == []
    assert waiting.state_of(ANA) == "sent"


def test_on_a_machine_whose_clock_is_behind_nothing_older_takes_the_draft_back(on_demo: World) -> None:
    on_demo.story(ben=False)
    on_demo.put("Sent", sender=ME, to=ANA, subject="The fair", text="See you there.", at=on_demo.now + MINUTES)
    assert laid(on_demo.sweep()) == [ANA]
    assert looked(on_demo) == []
    assert on_demo.state_of(ANA) == "waiting"


def test_old_mail_that_comes_to_light_is_no_news_unless_the_silence_ends_by_it(waiting: World) -> None:
    waiting.put("Archive", sender=ANA, subject="Old plans", text="Here are the old plans.", days=40)
    assert looked(waiting) == []
    waiting.put("Archive", sender=ANA, subject="The fair", text="See you there.", days=5)
    assert looked(waiting) == [(ANA, "They wrote meanwhile.")]


def test_copies_and_a_cache_that_was_lost_are_no_news(on_demo: World) -> None:
    """Also of mail without a Message-ID, and of what was known in Trash."""
    world = on_demo.story(ben=False)
    for mailbox in ("Sent", "Trash"):
        world.put(mailbox, sender=ME, to=ANA, subject="The fair", days=4, text="See you there.")
    with world.client() as client:
        nameless = f"From: {ME}\r\nTo: {ANA}\r\nSubject: Plums\r\n\r\nSee you there\r\n".encode()
        client.append("Sent", nameless, (), world.now - timedelta(days=3))
    assert laid(world.sweep()) == [ANA]
    with world.client() as client:
        client.select_folder("Sent", readonly=True)
        client.copy(client.search(), "Archive")
        client.select_folder("Trash")
        client.move(client.search(), "Archive")
    assert looked(world) == []
    for name in ("mail.sqlite3", "mail.sqlite3-wal", "mail.sqlite3-shm"):
        (world.state / name).unlink(missing_ok=True)
    assert looked(world) == []
    assert world.state_of(ANA) == "waiting"
