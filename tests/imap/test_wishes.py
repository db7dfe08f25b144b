"""Who asked to be left alone is left alone for good, whatever becomes of the mail and the database."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from assistant import deciding
from assistant.model import Choices, HeldBecause, OtherChannel
from assistant.settings import ContactSettings
from assistant.store.choices import EVERYTHING, FILE, change_choices, load_choices
from tests.imap.test_accounts_together import at
from tests.imap.world import ANA, BEN, ME, NOW, World, laid

BEFORE_JUDGING, AFTER_IT = "folders", "glance"
"""Calls at the door: the first of a sweep, and the look into Drafts when the letters are written."""


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


# while a sweep is running


def choosing(change: Callable[[Choices], Choices]) -> Callable[[World], object]:
    return lambda world: change_choices(world.settings.directory, change)


@pytest.mark.parametrize("moment", [BEFORE_JUDGING, AFTER_IT])
@pytest.mark.parametrize(
    "say",
    [
        choosing(lambda choices: deciding.never(choices, BEN)),
        choosing(lambda choices: deciding.pause(choices, BEN, None)),
        choosing(lambda choices: deciding.pause(choices, EVERYTHING, None)),
        choosing(lambda choices: deciding.rest(choices, "asked@example.org", NOW)),
        lambda world: deciding.log(world.state, BEN, OtherChannel(world.now, "He will send it.")),
    ],
    ids=["never", "pause", "pause of everything", "rest", "log"],
)
def test_what_the_user_says_while_a_sweep_is_running_holds_for_it(
    on_demo: World, say: Callable[[World], object], moment: str
) -> None:
    """A first reading takes minutes; who was told that there will be no suggestion is to find none."""
    on_demo.story(ana=False)
    assert laid(on_demo.sweep(at("home", moment, lambda: say(on_demo)))) == []
    on_demo.pass_time(minutes=15)
    assert laid(on_demo.sweep()) == []


def test_what_the_user_says_of_one_while_mail_is_read_keeps_no_other_from_a_draft(on_demo: World) -> None:
    say = choosing(lambda choices: deciding.never(choices, BEN))
    assert laid(on_demo.story().sweep(at("home", BEFORE_JUDGING, lambda: say(on_demo)))) == [ANA]


def test_an_opt_out_that_the_sweep_itself_met_keeps_no_other_from_a_draft(on_demo: World) -> None:
    on_demo.story().put(text="Hello Sue,\n\nplease do not contact me again.\n\nAna", subject="No more", days=10)
    assert laid(on_demo.sweep()) == [BEN]
    assert load_choices(on_demo.settings.directory).opted_out == {ANA}


def test_what_the_user_says_while_one_letter_is_laid_holds_for_the_next(on_demo: World) -> None:
    say = choosing(lambda choices: deciding.never(choices, BEN))
    assert laid(on_demo.story().sweep(at("home", "append", lambda: say(on_demo)))) == [ANA]


def test_once_the_choices_cannot_be_read_no_further_letter_is_laid(on_demo: World) -> None:
    def spoil() -> None:
        (on_demo.settings.directory / FILE).write_text("never = [")

    outcome = on_demo.story().sweep(at("home", "append", spoil))
    assert (laid(outcome), [one.code for one in outcome.errors]) == ([ANA], ["config"])
