"""The digest: after a yes, one message to the user says why drafts are waiting; replaced while unread, never two."""

from __future__ import annotations

import re

import pytest

from assistant.demo.server import DemoServer
from assistant.settings import DigestSettings
from tests.commands import ALLOWED_WITH_DIGEST, writing
from tests.imap.test_accounts_together import at
from tests.imap.world import ANA, BEN, ME, Found, World, laid

FOLLOW_UPS = "Follow-ups"


@pytest.fixture
def allowed() -> re.Pattern[bytes]:
    return ALLOWED_WITH_DIGEST


def with_digest(world: World, mailbox: str = FOLLOW_UPS, language: str = "en") -> World:
    """Say yes to the digest."""
    me = world.settings.me.model_copy(update={"language": language})
    digest = DigestSettings(enabled=True, mailbox=mailbox)
    world.settings = world.settings.model_copy(update={"digest": digest, "me": me})
    return world


def mailboxes(world: World) -> list[str]:
    with world.client() as client:
        return [name for _, _, name in client.list_folders()]


def digests(world: World, mailbox: str = FOLLOW_UPS) -> list[Found]:
    return [one for one in world.lying(mailbox) if str(one.message["From"]) == str(one.message["To"])]


def text(digest: Found) -> str:
    return str(digest.message.get_content()).replace("\r\n", "\n")


def read(world: World, mailbox: str = FOLLOW_UPS) -> None:
    """Read all digests, as a mail program marks them."""
    with world.client() as client:
        client.select_folder(mailbox)
        client.add_flags(client.search(), ["\\Seen"])


def ana_then_ben(world: World) -> None:
    """Sweep twice: first there is a draft for Ana, then one for Ben as well."""
    world.story(ben=False).sweep()
    world.pass_time(minutes=15)
    world.story(ana=False).sweep()
    assert sorted(one.to for one in world.lying()) == [ANA, BEN]


def test_without_a_yes_no_mailbox_is_made_and_nothing_is_told(world: World) -> None:
    assert laid(world.story().sweep()) == [ANA, BEN]
    assert FOLLOW_UPS not in mailboxes(world)
    assert digests(world, "INBOX") == []


def test_without_a_yes_the_program_says_nothing_of_the_kind(on_demo: World, demo: DemoServer) -> None:
    on_demo.story().sweep()
    assert {said.partition(b" (")[0] for said in writing(demo)} == {b'APPEND "Drafts"'}


def test_a_sweep_without_drafts_makes_no_mailbox(world: World) -> None:
    with_digest(world).sweep()
    assert FOLLOW_UPS not in mailboxes(world)


def test_one_message_says_for_whom_why_and_what_is_missing(world: World) -> None:
    with_digest(world).story().sweep()
    [digest] = digests(world)
    assert digest.flags == frozenset(), "it is there to be noticed"
    assert (str(digest.message["From"]), str(digest.message["To"])) == (f"Sue Marten <{ME}>",) * 2
    assert digest.message["Subject"] == "Follow-ups: 2 drafts are waiting"
    assert set(digest.message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    }  # fmt: skip
    ana, ben = sorted(text(digest).split("\n\n")[1:3])
    assert ana.splitlines()[0] == 'Ana Ruiz: "Re: The lease"'
    assert "has no answer from you yet" in ana
    assert "Before you send it: Ana Ruiz asked about the lease; your answer is missing." in ana
    assert ben.splitlines()[0] == 'Ben Ode: "Re: The catalogue"'
    assert "Ben Ode usually answers within" in ben
    assert "delete the draft" in text(digest)


@pytest.mark.parametrize(
    ("language", "subject"),
    [("de", "2 Entwürfe warten"), ("fr", "2 brouillons attendent"), ("es", "2 borradores esperan"), ("nl", "2 drafts")],
)
def test_it_speaks_the_users_language_or_else_english(on_demo: World, language: str, subject: str) -> None:
    with_digest(on_demo, language=language).story().sweep()
    [digest] = digests(on_demo)
    assert subject in digest.message["Subject"]
    assert "{" not in text(digest)


def test_the_next_one_takes_the_place_of_an_unread_one_and_names_what_still_waits(world: World) -> None:
    ana_then_ben(with_digest(world))
    [digest] = digests(world)
    assert digest.message["Subject"] == "Follow-ups: 2 drafts are waiting"
    assert [to in text(digest) for to in ("Ana Ruiz", "Ben Ode")] == [True, True]
    assert world.lying("Trash") == []


def test_the_new_one_lies_there_before_the_old_one_goes(on_demo: World, demo: DemoServer) -> None:
    ana_then_ben(with_digest(on_demo))
    acts = [said.split()[0] if said[:3] != b"UID" else said.split()[1] for said in writing(demo)]
    last = len(acts) - acts[::-1].index(b"APPEND") - 1
    assert acts[last + 1 :] == [b"SELECT", b"STORE", b"EXPUNGE"]


def test_one_that_was_read_stays_and_is_not_repeated(world: World) -> None:
    with_digest(world).story(ben=False).sweep()
    read(world)
    world.pass_time(minutes=15)
    world.story(ana=False).sweep()
    first, second = digests(world)
    assert "\\Seen" in first.flags
    assert "Ana Ruiz" in text(first)
    assert "Ana Ruiz" not in text(second)
    world.pass_time(days=1)
    world.sweep()
    assert len(digests(world)) == 2


def test_one_that_is_read_right_before_it_would_be_taken_out_stays(world: World) -> None:
    with_digest(world).story(ben=False).sweep()
    world.pass_time(minutes=15)
    world.story(ana=False).sweep_unwatched(at("home", "withdraw", lambda: read(world)))
    assert len(digests(world)) == 2


def test_one_that_was_flagged_or_moved_is_the_users(world: World) -> None:
    with_digest(world).story(ben=False).sweep()
    with world.client() as client:
        client.select_folder(FOLLOW_UPS)
        client.add_flags(client.search(), ["\\Flagged"])
    world.pass_time(minutes=15)
    world.story(ana=False).sweep()
    assert len(digests(world)) == 2


def test_one_that_was_deleted_does_not_come_back(world: World) -> None:
    with_digest(world).story().sweep()
    with world.client() as client:
        client.select_folder(FOLLOW_UPS)
        client.delete_messages(client.search())
        client.expunge()
    for _ in range(3):
        world.pass_time(minutes=15)
        world.sweep()
    assert digests(world) == []


def test_a_withdrawn_draft_is_not_named_again(world: World) -> None:
    with_digest(world).story(ben=False).sweep()
    world.pass_time(minutes=15)
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")
    world.story(ana=False).sweep()
    [digest] = digests(world)
    assert "Ana Ruiz" not in text(digest)


def test_in_the_inbox_it_is_no_mail_and_touches_no_other(world: World) -> None:
    with_digest(world, "INBOX").story().sweep_unwatched()
    before = [one for one in world.lying("INBOX") if one not in digests(world, "INBOX")]
    assert len(digests(world, "INBOX")) == 1
    world.pass_time(minutes=15)
    outcome = world.sweep_unwatched()
    assert [one.new for one in outcome.accounts] == [0], "it is not counted"
    assert all(ME not in one.suggestion.contact.addresses for one in outcome.suggestions), "nor weighed"
    assert [one.id for one in before] == [one.id for one in world.lying("INBOX") if one not in digests(world, "INBOX")]
    assert FOLLOW_UPS not in mailboxes(world)


def test_it_ends_no_silence(world: World) -> None:
    """What was judged before and after is the same, but for the drafts that wait now."""
    with_digest(world, "INBOX").story().sweep_unwatched()
    world.pass_time(minutes=15)
    told = {(one.suggestion.contact.address, one.suggestion.kind, one.suggestion.silence) for one in
            world.sweep_unwatched().suggestions}  # fmt: skip
    world.on_another_computer()
    world.settings = world.settings.model_copy(update={"digest": DigestSettings()})
    again = {(one.suggestion.contact.address, one.suggestion.kind, one.suggestion.silence) for one in
             world.sweep_unwatched().suggestions}  # fmt: skip
    assert told == again


def test_a_rehearsal_makes_nothing(world: World) -> None:
    with_digest(world).story().sweep(rehearse=True)
    assert FOLLOW_UPS not in mailboxes(world)


def test_another_computer_lays_no_second_one(world: World) -> None:
    with_digest(world).story().sweep()
    world.pass_time(minutes=15)
    world.on_another_computer()
    world.sweep()
    assert len(digests(world)) == 1


def test_a_server_that_makes_no_mailboxes_keeps_the_drafts_and_is_told_of(on_demo: World, demo: DemoServer) -> None:
    demo.script = lambda said, carry_out: (
        said.tag + b" NO [NOPERM] not here\r\n" if said.name == "CREATE" else carry_out()
    )
    outcome = with_digest(on_demo).story().sweep()
    assert laid(outcome) == [ANA, BEN]
    assert [one.code for one in outcome.errors] == ["no_permission"]
    demo.script = lambda _, carry_out: carry_out()
    on_demo.pass_time(minutes=15)
    assert on_demo.sweep().errors == ()
    assert len(digests(on_demo)) == 1


@pytest.mark.parametrize("hidden", [{"UIDPLUS"}, {"UIDPLUS", "MOVE"}])
def test_where_nothing_can_be_taken_out_there_are_two_at_most(on_demo: World, hidden: set[str]) -> None:
    world = with_digest(on_demo)
    ana_then_ben(world)
    world.pass_time(minutes=15)
    world.put(sender="cleo@example.com", text="Hello Sue,\n\ncould you please tell me what the plants cost?", days=9)
    world.put("Sent", sender=ME, to="cleo@example.com", text="Here is the list.", days=20)
    assert laid(world.sweep_unwatched()) == ["cleo@example.com"]
    assert len(digests(world)) == (2 if "MOVE" in hidden else 1)
    assert len(world.lying("Trash")) == (0 if "MOVE" in hidden else 2), "past the Trash where that is possible"
