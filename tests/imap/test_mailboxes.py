"""Mailboxes that change under our eyes: renamed, removed, made again; what was known of their mail goes with it."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest

from assistant import judging, reading
from assistant.demo.server import Command, DemoServer, HangUp, obey
from assistant.settings import ReadingSettings
from assistant.store.asides import Aside
from assistant.store.database import open_mail
from assistant.store.messages import MailFacts
from tests.imap.world import ANA, BEN, ME, World, laid

GARDEN, ORCHARD = "Garden & Häuser", "Gärten/Obst"


CarryOut = Callable[[], bytes]


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


def uid_of(world: World, message_id: str, mailbox: str = "INBOX") -> int:
    (uid,) = [one.uid for one in world.lying(mailbox) if one.id == message_id]
    return uid


def invite(world: World) -> str:
    """Let Ana ask for a meeting by an invitation that only its structure tells from a letter; return its id."""
    when = world.now - timedelta(days=10)
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = f"Ana Ruiz <{ANA}>", ME, "The gate"
    message["Date"], message["Message-ID"] = format_datetime(when), "<meeting@example.net>"
    message.set_content("Hello Sue,\n\ncould you please tell me whether you want a new gate?\n\nAna")
    message.add_alternative("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n", subtype="calendar")
    with world.client() as client:
        client.append("INBOX", message.as_bytes(), (), when)
    return "meeting@example.net"


def test_what_was_found_in_a_mail_is_known_of_its_copy_when_the_mail_is_deleted(world: World) -> None:
    """That it is an invitation, for one: its words alone ask for an answer."""
    world.story(ben=False)
    world.put("Sent", sender=ME, to=ANA, answers="question@example.net", days=11.9, text="Yes, I renew it. Thank you!")
    invitation = uid_of(world, invite(world))
    with world.client() as client:
        client.select_folder("INBOX")
        client.copy([invitation], "Archive")
    assert laid(world.sweep()) == []
    with world.client() as client:
        client.select_folder("INBOX")
        client.delete_messages([invitation])
        client.uid_expunge([invitation])
    assert laid(world.sweep()) == []


@pytest.mark.parametrize("moved", [False, True])
def test_a_text_that_was_refused_is_asked_for_where_its_mail_lies_later(
    on_demo: World, demo: DemoServer, moved: bool
) -> None:
    def refuses(command: Command, carry_out: CarryOut) -> bytes:
        wanted = re.search(rb"UID FETCH ([\d,:]+) .*BODY\.PEEK\[1\]", command.line)
        return command.tag + b" NO Not just now\r\n" if wanted else carry_out()

    on_demo.story(ben=False)
    demo.script = refuses
    for _ in range(2):
        assert laid(on_demo.sweep()) == []
        on_demo.pass_time(minutes=15)
    demo.script = obey
    if moved:
        question = uid_of(on_demo, "question@example.net")
        with on_demo.client() as client:
            client.select_folder("INBOX")
            client.move([question], "Archive")
    on_demo.sweep(rehearse=True)
    on_demo.pass_time(days=1, minutes=1)
    assert laid(on_demo.sweep()) == [ANA]


def test_what_leaves_a_mailbox_before_a_longer_look_back_is_read_is_missed_there(
    on_demo: World, demo: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK", 4)
    for number in range(6):
        on_demo.put(sender=BEN, days=900 - number)
    on_demo.story(ben=False)
    look_back(on_demo, years=1)
    on_demo.sweep(rehearse=True)
    look_back(on_demo, years=5)
    demo.script = cut_at_header_lines()
    assert on_demo.sweep_unwatched(rehearse=True).errors
    demo.script = obey
    question = uid_of(on_demo, "question@example.net")
    with on_demo.client() as client:
        client.select_folder("INBOX")
        client.move([question], "Trash")
    on_demo.pass_time(hours=3)
    assert laid(on_demo.sweep()) == []


def look_back(world: World, *, years: int) -> None:
    world.settings = world.settings.model_copy(update={"reading": ReadingSettings(look_back_years=years)})


def cut_at_header_lines() -> Callable[[Command, CarryOut], bytes]:
    """Cut the line when header lines are asked for, and let nobody in again."""
    broken = False

    def cut(command: Command, carry_out: CarryOut) -> bytes:
        nonlocal broken
        broken = broken or b"HEADER" in command.line
        if broken:
            raise HangUp
        return carry_out()

    return cut


def test_half_read_mail_of_a_former_server_is_not_asked_for_at_the_new_one(on_demo: World, demo: DemoServer) -> None:
    """A mailbox whose first reading broke off there may have another name here."""
    on_demo.story(ben=False)
    with on_demo.client() as client:
        client.create_folder("INBOX.Work")
    for number, days in enumerate((13, 12, 3)):
        text = "Could you please tell me whether you want to renew it?"
        on_demo.put("INBOX.Work", days=days, text=text, message_id=f"work{number}@example.net")
    demo.script = cut_before(b"<work2@example.net>")
    assert on_demo.sweep_unwatched().errors
    demo.script = obey
    with on_demo.client() as client:
        client.rename_folder("INBOX.Work", "Work")
    elsewhere = on_demo.account.model_copy(update={"host": "localhost"})
    on_demo.settings = on_demo.settings.model_copy(update={"accounts": (elsewhere,)})
    on_demo.pass_time(days=1)
    assert on_demo.sweep().errors == ()


def cut_before(words: bytes) -> Callable[[Command, CarryOut], bytes]:
    """Cut the line before these words of an answer with header lines, and let nobody in again."""
    broken = False

    def cut(command: Command, carry_out: CarryOut) -> bytes:
        nonlocal broken
        answer = b"" if broken else carry_out()
        broken = broken or (b"HEADER" in command.line and words in answer)
        if broken:
            raise HangUp(answer.partition(words)[0])
        return answer

    return cut
