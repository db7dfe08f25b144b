"""Who writes in the name of somebody else is not that person, and owes them what anybody does."""

from __future__ import annotations

from tests.imap.world import ANA, World, laid


def test_mail_written_in_the_name_of_a_contact_does_not_make_the_contact_the_user(world: World) -> None:
    world.story(ben=False)
    for days in (50, 40, 30):
        world.put("Sent", sender=ANA, to="carl@example.com", subject="Meeting", days=days, text="Ms Ruiz will see you.")
    assert laid(world.sweep()) == [ANA]
