"""Mail from strangers who pretend to be somebody: it may keep a draft from being written, and never brings one."""

from __future__ import annotations

from assistant.model import HeldBecause
from tests.imap.world import BEN, ME, World, laid

STRANGER = "mallory@elsewhere.example"
ASKS = "Hello Sue,\n\ncould you please tell me whether you want to renew the lease next year? I need your answer.\n\nM"


def test_a_stranger_who_sends_mail_in_the_users_name_gets_no_draft(world: World) -> None:
    """Whom the user has written to is not for others to say."""
    for days in (60, 40, 20):
        world.put(sender=ME, to=STRANGER, days=days, subject="Hello", text="Thank you for your mail.", came=True)
    world.put(sender=STRANGER, days=12, text=ASKS, came=True)
    outcome = world.sweep(everybody=True)
    assert laid(outcome) == []
    held = {one.suggestion.held for one in outcome.suggestions if one.suggestion.thread and one.suggestion.score > 0}
    assert HeldBecause.UNKNOWN_SENDER in held


def test_nothing_is_drafted_about_mail_that_only_says_it_is_the_users(world: World) -> None:
    """The same mail in Sent brings a draft; its copy that came back changes nothing about that."""
    text = (
        "Hello Ben,\n\ncould you please send me the final list of plants? I would like to print it this month.\n\nSue"
    )
    world.story(ana=False)
    (real,) = [one for one in world.lying("Sent") if one.id == "asked@example.org"]
    with world.client() as client:
        client.select_folder("Sent")
        client.delete_messages([real.uid])
        client.expunge([real.uid])
    world.put(sender=ME, to=BEN, subject="The catalogue", days=21, message_id="asked@example.org", text=text, came=True)
    assert laid(world.sweep()) == []
    world.put("Sent", sender=ME, to=BEN, subject="The catalogue", days=21, message_id="asked@example.org", text=text)
    assert laid(world.sweep()) == [BEN]
