"""Who asked to be left alone is left alone for good, whatever becomes of the mail and the database."""

from __future__ import annotations

import shutil

from assistant.model import HeldBecause
from assistant.settings import ContactSettings
from assistant.store.choices import load_choices
from tests.imap.world import ANA, ME, World, laid


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


def test_who_is_never_to_be_written_to_may_be_named_with_umlauts(on_demo: World) -> None:
    world, in_mail = on_demo, "ana@xn--bcher-kva.example"
    world.put("Sent", sender=ME, to=in_mail, days=60, text="Here is the plan.")
    world.put(
        sender=in_mail, days=12, text="Hello Sue,\n\ncould you please tell me whether you want to renew the lease?"
    )
    never = ContactSettings(addresses=("Ana@Bücher.example",), never=True)
    outcome = on_demo.sweep(rehearse=True)
    assert None in {one.suggestion.held for one in outcome.suggestions}
    world.settings = world.settings.model_copy(update={"contacts": (never,)})
    assert {one.suggestion.held for one in world.sweep().suggestions} == {HeldBecause.NEVER}


def test_a_rehearsal_writes_no_choices(on_demo: World) -> None:
    on_demo.story(ben=False)
    on_demo.put(text="Hello Sue,\n\nplease do not contact me again.\n\nAna", subject="No more", days=10)
    on_demo.sweep(rehearse=True)
    assert load_choices(on_demo.settings.directory).opted_out == frozenset()
