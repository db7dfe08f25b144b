"""The ledger was lost, or an older one was put back: what was ours is found again, and nobody gets a second draft."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.known import status_of
from assistant.model import Kind
from tests.imap.test_sweep import ALWAYS
from tests.imap.world import ANA, BEN, ME, NAMES, World, laid

CLEO = "cleo@example.com"


def lose(world: World, _: Path) -> None:
    """Begin with an empty state directory."""
    world.on_another_computer()


def lose_the_ledger_alone(world: World, _: Path) -> None:
    for file in world.state.glob("ledger.sqlite3*"):
        file.unlink()


def put_back(world: World, backup: Path) -> None:
    """Put back what was kept before the drafts were laid."""
    shutil.rmtree(world.state)
    shutil.copytree(backup, world.state)


def put_back_the_ledger_alone(world: World, backup: Path) -> None:
    lose_the_ledger_alone(world, backup)
    for file in backup.glob("ledger.sqlite3*"):
        shutil.copy(file, world.state)


Loss = Callable[[World, Path], None]
LOSSES = [lose, lose_the_ledger_alone, put_back, put_back_the_ledger_alone]


@pytest.fixture(params=LOSSES, ids=lambda loss: loss.__name__.replace("_", " "))
def lost(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Callable[[], World]:
    """A world where drafts for Ana and Ben were laid; to be called when the ledger is to be lost."""
    world.settings = world.settings.model_copy(update={"hours": ALWAYS})
    world.put(sender=CLEO, to=ME, subject="Hello", days=300)
    world.sweep()
    backup = tmp_path / "backup"
    shutil.copytree(world.state, backup)
    world.story().sweep()
    assert {one.to for one in world.lying()} == {ANA, BEN}

    def lose_it() -> World:
        request.param(world, backup)
        world.pass_time(minutes=15)
        return world

    return lose_it


def a_third_is_due(world: World) -> None:
    world.put("Sent", sender=ME, to=CLEO, subject="Hello", days=299, text="Good to hear from you.", flags=("\\Seen",))
    world.put(
        sender=CLEO,
        message_id="asked@example.com",
        subject="The fair",
        days=12,
        text="Hello Sue,\n\ncould you please tell me whether you have a table for us at the fair?\n\nCleo",
    )


def test_what_lies_in_drafts_is_known_again_and_nothing_new_is_laid_before(lost: Callable[[], World]) -> None:
    a_third_is_due(world := lost())
    before = {one.uid for one in world.lying()}
    outcome = world.sweep()
    assert ([one.code for one in outcome.errors], {one.uid for one in world.lying()}) == (["found_again"], before)
    assert "'assistant sweep'" in outcome.errors[0].cure
    assert {contact: row.state.value for contact, row in world.rows().items()} == {ANA: "waiting", BEN: "waiting"}
    [account] = status_of(world.settings, world.state, world.now).accounts
    assert account.trouble is not None
    assert account.trouble.code == "found_again"
    world.pass_time(minutes=15)
    assert laid(world.sweep()) == [CLEO]
    [account] = status_of(world.settings, world.state, world.now).accounts
    assert account.trouble is None


def test_what_is_of_no_more_use_is_known_again_as_well(lost: Callable[[], World]) -> None:
    """No letter is written to Ana any more, and without its fingerprint nothing proves that hers is untouched."""
    world = lost()
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")
    for _ in range(3):
        world.sweep()
        world.pass_time(minutes=15)
    assert world.state_of(ANA) == "edited"
    assert ANA in {one.to for one in world.lying()}


def test_what_is_of_no_more_use_is_known_again_in_a_second_mailbox_of_drafts(on_demo: World) -> None:
    world = on_demo.story(ben=False)
    world.sweep()
    with world.client() as client:
        client.create_folder("Entwürfe")
    world.move(world.lying()[0], "Entwürfe")
    lose(world, world.state)
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")
    world.pass_time(minutes=15)
    assert [one.code for one in world.sweep().errors] == ["found_again"]
    assert [(row.state.value, row.mailbox) for row in world.drafts()] == [("edited", "Entwürfe")]


@pytest.mark.parametrize("text", ["Dear Ana, yes.\n", None], ids=["edited", "saved unchanged"])
def test_an_edited_one_is_the_users(lost: Callable[[], World], text: str | None) -> None:
    world = lost()
    [ana] = [one for one in world.lying() if one.to == ANA]
    world.save(ana, text=text)
    for _ in range(3):
        world.sweep()
        world.pass_time(minutes=15)
    assert world.state_of(ANA) == "edited"
    assert len(world.lying()) == 2


def test_a_note_of_the_user_to_themselves_is_no_draft_of_ours(world: World) -> None:
    world.put("Drafts", sender=ME, to=ME, message_id="0123456789abcdef0125@example.org")
    assert world.story(ana=False).sweep().errors == ()


@pytest.mark.parametrize(("fate", "state"), [("Sent", "sent"), ("Trash", "withdrawn"), ("Archive", "moved")])
def test_what_left_drafts_is_known_again_and_is_not_laid_again(
    lost: Callable[[], World], world: World, fate: str, state: str
) -> None:
    drafts = world.lying()
    for one in drafts:
        if fate == "Sent":
            world.send(one)
        else:
            world.move(one, fate)
    a_third_is_due(lost())
    assert (laid(world.sweep()), world.lying()) == ([], [])
    assert {contact: row.state.value for contact, row in world.rows().items()} == {ANA: state, BEN: state}
    world.pass_time(minutes=15)
    world.sweep()
    assert {one.to for one in world.lying()} <= {CLEO}, "a draft that was moved is no mail of the user's"


def test_the_daemon_only_previews_until_a_person_has_swept(world: World) -> None:
    world.settings = world.settings.model_copy(update={"hours": ALWAYS})
    world.story().sweep()
    lose(world, world.state)
    a_third_is_due(world)
    before = world.snapshot()
    for _ in range(3):
        world.pass_time(hours=2)
        outcome = world.sweep(by_hand=False)
        assert ([one.code for one in outcome.errors], world.drafts()) == (["found_again"], [])
    world.sweep()
    assert world.snapshot() == before
    assert laid(world.sweep(by_hand=False)) == [], "noted, but not yet confirmed"
    assert laid(world.sweep()) == [CLEO]


def test_what_was_found_takes_its_place_under_the_caps(world: World) -> None:
    world.settings = world.settings.model_copy(
        update={"restraint": world.settings.restraint.model_copy(update={"daily_cap": 2})}
    )
    world.story().sweep()
    lose(world, world.state)
    a_third_is_due(world)
    for _ in range(3):
        assert laid(world.sweep()) == []


def test_a_silence_that_was_opened_from_another_address_of_theirs_is_known_again(
    on_demo: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, private = on_demo.story(ben=False), "ruiz@private.example"
    monkeypatch.setitem(NAMES, private, NAMES[ANA])
    fence = world.put("Sent", sender=ME, to=ANA, subject="The fence", days=11, flags=("\\Seen",))
    asked = world.put(
        sender=private,
        answers=fence,
        subject="Re: The fence",
        days=10.5,
        text="Hello Sue,\n\ncould you please tell me which colour you want for the fence? I need your answer for the "
        "painter.\n\nAna",
    )
    world.sweep()
    [draft] = world.drafts()
    assert (draft.contact, draft.silence) == (ANA, asked)
    world.move(world.lying()[0], "Trash")
    lose(world, world.state)
    world.pass_time(minutes=15)
    assert [one.code for one in world.sweep().errors] == ["found_again"]
    assert world.state_of(ANA) == "withdrawn"


def test_a_draft_of_the_users_own_is_never_taken_for_ours(world: World) -> None:
    """Its id looks like ours, and is no hash of anything."""
    world.put("Drafts", sender=ME, to="dan@example.net", message_id="0123456789abcdef0123@example.org")
    world.put("Sent", sender=ME, to="eva@example.net", message_id="0123456789abcdef0124@example.org")
    outcome = world.story(ana=False).sweep()
    assert (outcome.errors, laid(outcome)) == ((), [BEN])
    assert [one.kind for one in world.drafts()] == [Kind.CHECK_IN]
