"""A sweep on a real mailbox: what is written, and that nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest

from assistant.demo.server import Command, DemoServer, HangUp
from assistant.known import status_of
from assistant.model import HeldBecause
from assistant.settings import DAYS, HoursSettings
from tests.canary import PASSWORD
from tests.commands import ours, writing
from tests.imap.world import ANA, BEN, ME, World, laid

ALWAYS = HoursSettings(days=DAYS, start=time.min, end=time(23, 59, 59))
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}


def test_a_sweep_lays_drafts_that_are_ready_to_be_sent(world: World) -> None:
    assert laid(world.story().sweep()) == [ANA, BEN]
    drafts = {one.to: one for one in world.lying()}
    assert drafts.keys() == {ANA, BEN}
    for draft in drafts.values():
        assert set(draft.message.keys()) == HEADERS
        assert len(draft.message.keys()) == len(HEADERS), "each once"
        assert draft.flags == {"\\Draft", "\\Seen"}
        assert [one.addr_spec for one in draft.message["From"].addresses] == [ME]
        assert len(draft.message["To"].addresses) == 1
        assert draft.message.get_content_type() == "text/plain"
    assert drafts[ANA].message["In-Reply-To"] == "<question@example.net>"
    assert drafts[ANA].message["References"] == "<question@example.net>"
    assert drafts[ANA].message["Subject"] == "Re: The lease"
    assert drafts[BEN].message["In-Reply-To"] == "<asked@example.org>"


def test_what_is_laid_is_in_the_ledger_with_its_place(world: World) -> None:
    outcome = world.story().sweep()
    lying = {one.to: one for one in world.lying()}
    for contact, row in world.rows().items():
        assert row.state.value == "waiting"
        assert (row.mailbox, row.uid, row.message_id) == ("Drafts", lying[contact].uid, lying[contact].id)
    told = {one.draft.contact: one.draft for one in outcome.suggestions if one.draft}
    assert told == world.rows()


def test_sweeping_again_writes_nothing(world: World) -> None:
    world.story().sweep()
    before = world.snapshot()
    for _ in range(3):
        world.pass_time(minutes=15)
        outcome = world.sweep()
        assert (laid(outcome), outcome.errors, outcome.withdrawn) == ([], (), ())
    assert world.snapshot() == before


def test_sweeping_again_does_not_even_try_to_write(on_demo: World, demo: DemoServer) -> None:
    on_demo.story().sweep()
    assert len(writing(demo)) == 2
    on_demo.pass_time(minutes=15)
    on_demo.sweep()
    assert len(writing(demo)) == 2


@pytest.mark.parametrize("order", [{"rehearse": True}, {"as_of": "now"}, {"by_hand": False}])
def test_a_rehearsal_writes_nothing_but_tells_what_would_be(world: World, order: dict[str, Any]) -> None:
    """Neither does the daemon before the account was confirmed."""
    world.story()
    before = world.snapshot()
    if "as_of" in order:
        order = {"as_of": world.now}
    if "by_hand" in order:
        world.settings = world.settings.model_copy(update={"hours": ALWAYS})
    outcome = world.sweep(**order)
    would = {one.suggestion.contact.address: one for one in outcome.suggestions if one.letter}
    assert would.keys() == {ANA, BEN}
    assert all(one.draft is None for one in would.values()), "there is no row, no UID, no mailbox of it"
    assert world.snapshot() == before
    assert world.drafts() == []
    assert laid(world.sweep()) == [ANA, BEN]
    assert {one.to: one.id for one in world.lying()} == {
        contact: one.letter.message_id for contact, one in would.items() if one.letter
    }


def test_a_rehearsal_of_a_past_day_brings_the_letters_of_that_day(on_demo: World) -> None:
    day = on_demo.story().now
    letters = [one.letter for one in on_demo.sweep(as_of=day).suggestions]
    on_demo.pass_time(days=400)
    assert [one.letter for one in on_demo.sweep(as_of=day).suggestions] == letters
    assert any(letters)


def test_a_rehearsal_says_nothing_that_writes(on_demo: World, demo: DemoServer) -> None:
    on_demo.story().sweep(rehearse=True)
    on_demo.sweep(as_of=on_demo.now - timedelta(days=1))
    assert writing(demo) == []


def test_a_rehearsal_sees_what_became_of_the_drafts_and_does_not_note_it(world: World) -> None:
    world.story().sweep()
    world.move(world.lying()[0], "Trash")
    world.pass_time(minutes=15)
    outcome = world.sweep(rehearse=True)
    assert world.state_of(ANA) == "waiting"
    held = {one.suggestion.held for one in outcome.suggestions if one.suggestion.contact.address == ANA}
    assert HeldBecause.LIVE_DRAFT not in held, "it was declined, and a sweep would see that"


def test_only_one_person_may_be_asked_for(world: World) -> None:
    assert laid(world.story().sweep(contact=BEN)) == [BEN]


def test_a_reply_that_comes_while_judging_stops_the_draft(on_demo: World, demo: DemoServer) -> None:
    """Right before anything is written, all mailboxes are looked at once more."""
    on_demo.story()
    arrived: list[bool] = []

    def script(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        if b"BODYSTRUCTURE" in command.line and not arrived:
            arrived.append(True)
            raw = f"From: {BEN}\r\nTo: {ME}\r\nSubject: Re: The catalogue\r\nMessage-ID: <a@b.example>\r\n\r\nHere.\r\n"
            demo.site.mail["ann"].add("INBOX", raw.encode(), internal_date=on_demo.now)
        return carry_out()

    demo.script = script
    assert laid(on_demo.sweep_unwatched()) == [ANA]


def test_the_users_own_draft_to_this_person_stops_ours(world: World) -> None:
    world.story(ben=False)
    world.put("Drafts", sender=ME, to=ANA, subject="Something else", flags=("\\Draft",))
    assert laid(world.sweep()) == []
    [lying] = world.lying()
    assert lying.message["Subject"] == "Something else"


def test_the_users_own_draft_in_this_thread_stops_ours(world: World) -> None:
    world.story(ben=False)
    world.put("Drafts", sender=ME, to="somebody@example.com", answers="question@example.net", flags=("\\Draft",))
    assert laid(world.sweep()) == []


@pytest.fixture
def leftover(world: World) -> World:
    """A world with a second mailbox of drafts, in which a phone or an old client saves; Ana is owed an answer."""
    with world.client() as client:
        client.create_folder("Entwürfe")
    return world.story(ben=False)


@pytest.mark.parametrize(
    "begun",
    [{"to": ANA}, {"to": "somebody@example.com", "answers": "question@example.net"}],
    ids=["to this person", "in this thread"],
)
def test_the_users_own_draft_in_a_second_mailbox_of_drafts_stops_ours(leftover: World, begun: dict[str, Any]) -> None:
    leftover.put("Entwürfe", sender=ME, flags=("\\Draft",), **begun)
    assert (laid(leftover.sweep()), leftover.lying()) == ([], [])


def test_what_was_left_in_a_second_mailbox_of_drafts_before_the_silence_stops_nothing(leftover: World) -> None:
    """An old client has left it, and nobody sees it any more."""
    leftover.put("Entwürfe", sender=ME, to=ANA, subject="Something else", flags=("\\Draft",), days=400)
    assert laid(leftover.sweep()) == [ANA]


def test_another_computer_writes_no_second_copy(world: World) -> None:
    world.story().sweep()
    before = world.snapshot()
    world.on_another_computer()
    world.pass_time(minutes=15)
    assert {one.to for one in world.lying()} == {ANA, BEN}
    assert laid(world.sweep()) == []
    assert world.snapshot() == before
    assert {contact: row.state.value for contact, row in world.rows().items()} == {ANA: "waiting", BEN: "waiting"}


def test_another_computer_writes_no_second_copy_where_it_calls_another_mailbox_drafts(leftover: World) -> None:
    assert laid(leftover.sweep()) == [ANA]
    leftover.on_another_computer()
    account = leftover.account.model_copy(update={"drafts": "Entwürfe"})
    leftover.settings = leftover.settings.model_copy(update={"accounts": (account,)})
    for _ in range(3):
        leftover.pass_time(minutes=15)
        assert (laid(leftover.sweep()), leftover.lying("Entwürfe")) == ([], [])
        assert leftover.state_of(ANA) == "edited", "for all it knows the user has moved it"


def test_what_another_computer_wrote_is_followed_from_here_as_well(world: World) -> None:
    world.story(ben=False).sweep()
    world.on_another_computer()
    world.sweep()
    world.pass_time(minutes=15)
    world.put(sender=ANA, answers="question@example.net")
    assert [one.because for one in world.sweep().withdrawn] == ["They wrote meanwhile."]
    assert world.lying() == []


def test_mail_of_one_second_is_judged_alike_whether_it_was_read_at_once_or_bit_by_bit(on_demo: World) -> None:
    on_demo.story(ana=False)
    at = on_demo.now - timedelta(days=25)
    text = "Could you please send me the list of pots?"
    asked = on_demo.put("Sent", sender=ME, to=BEN, subject="Pots", at=at, text=text)
    on_demo.sweep(rehearse=True)
    on_demo.put(sender=BEN, subject="Re: Pots", answers=asked, at=at, text="Here is the list of pots.")

    def told() -> list[tuple[Any, ...]]:
        found = [one.suggestion for one in on_demo.sweep(rehearse=True).suggestions]
        return [(one.kind, one.held, one.score, one.reason, one.silence) for one in found]

    before = told()
    on_demo.on_another_computer()
    assert told() == before


@pytest.mark.parametrize(("fate", "state"), [("Sent", "sent"), ("Trash", "withdrawn"), ("Archive", "moved")])
def test_with_a_lost_database_a_draft_that_left_drafts_is_not_written_again(
    world: World, fate: str, state: str
) -> None:
    world.story(ben=False).sweep()
    [draft] = world.lying()
    if fate == "Sent":
        world.send(draft)
    else:
        world.move(draft, fate)
    world.on_another_computer()
    for _ in range(3):
        world.pass_time(minutes=15)
        assert laid(world.sweep()) == []
    assert world.lying() == []
    if ANA in world.rows():
        assert world.state_of(ANA) == state


def test_a_second_account_goes_on_when_the_first_cannot(world: World) -> None:
    world.story()
    broken = world.account.model_copy(update={"name": "work", "port": 1})
    world.settings = world.settings.model_copy(update={"accounts": (broken, world.account)})
    outcome = world.sweep()
    assert [(one.name, one.error is None) for one in outcome.accounts] == [("work", False), ("home", True)]
    assert [one.account for one in outcome.errors] == ["work"]


def test_a_mailbox_that_is_named_and_not_there_lets_nothing_be_written(world: World) -> None:
    """Else a mistyped INBOX would make everybody look silent."""
    world.story()
    typo = world.account.model_copy(update={"mailboxes": ("INBX", "Sent")})
    world.settings = world.settings.model_copy(update={"accounts": (typo,)})
    outcome = world.sweep()
    assert laid(outcome) == []
    assert [one.code for one in outcome.errors] == ["mailbox_missing"]
    assert "INBX" in outcome.errors[0].message
    status = status_of(world.settings, world.state, world.now)
    assert [one.trouble.code for one in status.accounts if one.trouble] == ["mailbox_missing"], "and status says so"
    right = world.account.model_copy(update={"mailboxes": ("INBOX", "Sent")})
    world.settings = world.settings.model_copy(update={"accounts": (right,)})
    assert laid(world.sweep()) == [ANA, BEN]
    assert [one.trouble for one in status_of(world.settings, world.state, world.now).accounts] == [None]


def test_a_connection_that_breaks_while_reading_bodies_ends_this_account_only(on_demo: World, demo: DemoServer) -> None:
    def script(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        if b"BODY.PEEK[1]" in command.line:
            raise HangUp
        return carry_out()

    on_demo.story()
    demo.script = script
    outcome = on_demo.sweep_unwatched()
    assert laid(outcome) == []
    assert [one.account for one in outcome.errors] == ["home"]
    assert outcome.accounts[0].error is not None


def test_a_mail_that_was_archived_is_still_answered(world: World) -> None:
    world.story(ben=False)
    world.sweep(rehearse=True)
    [question] = [one for one in world.lying("INBOX") if one.id == "question@example.net"]
    with world.client() as client:
        client.select_folder("INBOX")
        client.move([question.uid], "Archive")
    outcome = world.sweep()
    assert laid(outcome) == [ANA]
    [draft] = world.lying()
    assert draft.message["In-Reply-To"] == "<question@example.net>"
    assert "lease" in draft.message.get_content()


def test_a_mail_that_was_thrown_away_is_not_answered(world: World) -> None:
    world.story(ben=False)
    world.sweep(rehearse=True)
    [question] = [one for one in world.lying("INBOX") if one.id == "question@example.net"]
    with world.client() as client:
        client.select_folder("INBOX")
        client.move([question.uid], "Trash")
    assert laid(world.sweep()) == []


def test_a_drafts_mailbox_that_is_not_there_stops_this_account_with_its_cure(on_demo: World) -> None:
    """The other accounts go on: it is a trouble of the account, and no error of the program."""
    lacking = on_demo.account.model_copy(update={"drafts": "Nowhere", "name": "lacking"})
    on_demo.settings = on_demo.settings.model_copy(update={"accounts": (lacking, on_demo.account)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_SECRET_LACKING", PASSWORD)
        outcome = on_demo.story(ben=False).sweep()
    assert [(one.account, one.code) for one in outcome.errors] == [("lacking", "mailbox_missing")]
    assert "Drafts" in outcome.errors[0].cure
    assert [one.error is None for one in outcome.accounts] == [False, True]


def test_a_blown_fuse_stops_the_account_until_a_person_sweeps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.settings = world.settings.model_copy(update={"hours": ALWAYS})
    monkeypatch.setattr("assistant.laying.FUSE_ABOVE_CAP", -2)
    outcome = world.story().sweep()
    assert ([one.code for one in outcome.errors], len(world.lying())) == (["fuse"], 1)
    monkeypatch.undo()
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", PASSWORD)
    for _ in range(3):
        world.pass_time(hours=7)
        outcome = world.sweep(by_hand=False)
        assert ([one.code for one in outcome.errors], len(world.lying())) == (["fuse"], 1)
    [account] = status_of(world.settings, world.state, world.now).accounts
    assert account.trouble is not None
    assert "'assistant sweep', typed by hand" in account.trouble.cure
    assert laid(world.sweep()) == [BEN]
    assert world.sweep(by_hand=False).errors == ()


def test_a_reply_that_comes_while_the_first_draft_is_laid_stops_the_second(on_demo: World, demo: DemoServer) -> None:
    on_demo.story()
    appended: list[bytes] = []

    def script(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        if command.name == "APPEND" and not appended:
            appended.append(command.line)
            for who in (ANA, BEN):
                raw = f"From: {who}\r\nTo: {ME}\r\nSubject: Hello\r\nMessage-ID: <late-{who}>\r\n\r\nHere I am.\r\n"
                demo.site.mail["ann"].add("INBOX", raw.encode(), internal_date=on_demo.now)
        return carry_out()

    demo.script = script
    assert len(laid(on_demo.sweep_unwatched())) == 1, "the one that was on its way"


def test_between_the_last_look_and_the_append_no_mail_is_read(on_demo: World, demo: DemoServer) -> None:
    """The letter is written before, so that hardly any time is left for a reply to slip through."""
    on_demo.story(ben=False).sweep()
    said = [one.split(b" ", 1)[0] + b" " + one.split(b" ", 2)[1] for one in ours(demo) if b" " in one]
    append = next(number for number, one in enumerate(said) if one.startswith(b"APPEND"))
    look = max(number for number, one in enumerate(said[:append]) if one.startswith(b"LIST"))
    assert not [one for one in ours(demo)[look:append] if b"BODY.PEEK[1]" in one or b"BODYSTRUCTURE" in one]


def test_as_of_an_earlier_time_later_drafts_do_not_count(world: World) -> None:
    world.story().sweep()
    [ana, _] = sorted(world.lying(), key=lambda one: one.to)
    world.pass_time(minutes=15)
    world.move(ana, "Trash")
    world.sweep()
    before = world.snapshot()
    outcome = world.sweep(as_of=world.now - timedelta(hours=3))
    would = {one.suggestion.contact.address for one in outcome.suggestions if one.letter is not None}
    assert (would, outcome.withdrawn, world.snapshot()) == ({ANA, BEN}, (), before)
    assert world.state_of(ANA) == "declined", "the ledger itself is as it was"
