"""Who asked to be left alone is left alone for good, whatever becomes of the mail and the database."""

from __future__ import annotations

import shutil

from assistant.store.choices import load_choices
from tests.imap.world import ANA, World, laid


def test_an_opt_out_outlives_the_mail_and_the_database(on_demo: World) -> None:
    world = on_demo
    world.story(ben=False)
    world.put(text="Hello Sue,\n\nplease do not contact me again.\n\nAna", subject="No more", days=10)
    assert laid(world.sweep()) == []
    assert load_choices(world.settings.directory).opted_out == {ANA}
    shutil.rmtree(world.state)
    said = [one.uid for one in world.lying("INBOX") if one.message["Subject"] == "No more"]
    with world.client() as client:
        client.select_folder("INBOX")
        client.delete_messages(said)
        client.uid_expunge(said)
    assert laid(world.sweep()) == []


def test_a_rehearsal_writes_no_choices(on_demo: World) -> None:
    on_demo.story(ben=False)
    on_demo.put(text="Hello Sue,\n\nplease do not contact me again.\n\nAna", subject="No more", days=10)
    on_demo.sweep(rehearse=True)
    assert load_choices(on_demo.settings.directory).opted_out == frozenset()
