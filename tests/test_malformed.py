"""Malformed mail harms nothing but itself: it is read or put aside with a reason, and the sweep goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from assistant import reading
from assistant.correspondence.kinds import kind_of
from assistant.errors import MessageError
from assistant.judged import judged
from assistant.mailbox.credentials import read_secret
from assistant.mailbox.door import RawHeaders
from assistant.mailbox.headers import read_headers
from assistant.mailbox.imap import ImapDoor
from assistant.model import HeaderFacts, Message
from assistant.noting import read_bodies
from assistant.opening import connect_to_server
from assistant.report import sweep_json
from assistant.settings import Settings
from assistant.store.asides import Aside
from assistant.store.database import open_mail
from assistant.store.messages import MailFacts
from assistant.sweep import Order, Outcome, sweep
from tests.canary import PASSWORD
from tests.malformed import ME, UNTIL, Mail, malformed
from tests.servers import Dovecot, start_dovecot

NOW = UNTIL + timedelta(hours=1)
OWN = frozenset({ME})
HOW_MANY = [5_000, pytest.param(100_000, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]


@pytest.mark.parametrize("count", HOW_MANY)
def test_any_header_lines_give_facts_that_are_safe_to_keep(count: int) -> None:
    for mail in malformed(count):
        for block in (mail.raw, mail.raw.partition(b"\r\n\r\n")[0]):
            facts = read_headers(block)
            kind_of(facts)
            assert all(text.isprintable() and len(text) < 10_000 for text in _texts(facts))
            assert len(facts.references) <= 201
            assert facts.date is None or 1989 <= facts.date.year <= 2101


def _texts(facts: HeaderFacts) -> Iterator[str]:
    yield from (facts.subject, facts.message_id or "", facts.in_reply_to or "", *facts.references)
    for person in (facts.sender, *facts.reply_to, *facts.to, *facts.cc):
        if person is not None:
            yield from (person.address, person.name)


@dataclass(frozen=True, slots=True)
class World:
    """A user with a mailbox on a real server."""

    settings: Settings
    state: Path
    maildir: Path

    def deliver(self, mails: Iterable[Mail]) -> None:
        """Write mail into the mailbox's files, where no server can object to it."""
        owner = self.maildir.parent.stat()
        for folder in (self.maildir, self.maildir / ".Sent"):
            for place in (folder, folder / "cur", folder / "new", folder / "tmp"):
                place.mkdir(mode=0o700, exist_ok=True)
                os.chown(place, owner.st_uid, owner.st_gid)
        for number, mail in enumerate(mails):
            path = self.maildir / (".Sent" if mail.sent else "") / "cur" / f"{number:07d}.odd:2,"
            path.write_bytes(mail.raw)
            os.utime(path, (mail.arrived, mail.arrived))
            os.chown(path, owner.st_uid, owner.st_gid)

    def sweep(self) -> Outcome:
        return sweep(self.settings, self.state, Order(rehearse=True), NOW)

    def known(self) -> tuple[list[Message], list[Aside]]:
        """Return the messages in the store, and what could not be read."""
        with closing(open_mail(self.state)) as database:
            facts = MailFacts(database)
            return list(facts.messages(OWN)), facts.asides.all()

    def read_every_body(self) -> None:
        [account] = self.settings.accounts
        with (
            closing(open_mail(self.state)) as database,
            closing(connect_to_server(account, read_secret(account))) as door,
        ):
            facts = MailFacts(database)
            unread = [one for one in facts.messages(OWN) if one.reading is None]
            read_bodies(door, facts, unread, zone=self.settings.zone, user_names=("Sue", "Marten"))


@pytest.fixture(scope="module")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    server = start_dovecot(tmp_path_factory.mktemp("dovecot"))
    yield server
    server.stop()


@pytest.fixture
def world(dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> World:
    user = f"sue{abs(hash(request.node.name))}"
    dovecot.add_user(user, PASSWORD)
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", PASSWORD)
    (tmp_path / "config").mkdir()
    account = {"name": "home", "host": dovecot.host, "port": dovecot.port, "security": "none", "username": user}
    settings = Settings.model_validate(
        {
            "me": {"name": "Sue Marten", "addresses": [ME], "timezone": "UTC"},
            "accounts": [{**account, "auth": "env"}],
            "directory": tmp_path / "config",
        }
    )
    return World(settings, tmp_path / "state", dovecot.folder / "run" / "mail" / user / "Maildir")


@pytest.mark.parametrize("count", HOW_MANY)
def test_a_mailbox_of_malformed_mail_is_read_and_judged_to_its_end(world: World, count: int) -> None:
    world.deliver(malformed(count))
    outcome = world.sweep()
    assert outcome.errors == ()
    messages, asides = world.known()
    assert len({(one.mailbox, one.uid) for one in (*messages, *asides)}) == count
    world.read_every_body()
    assert all(one.reason for one in world.known()[1])
    assert all(one.reading is not None for one in world.known()[0])
    for found in (outcome, judged(world.settings, world.state, NOW)):
        json.dumps(sweep_json(found, everything=True)).encode("ascii")
    written_to = {person.address for one in messages if one.outgoing for person in (*one.to, *one.cc)}
    for one in outcome.suggestions:
        if one.letter is not None:
            assert one.letter.to.address in written_to
            assert set(message_from_bytes(one.letter.raw).keys()) <= LETTER_FIELDS


LETTER_FIELDS = {
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
}


def plain_mail(count: int) -> Iterator[Mail]:
    raw = b"From: friend@example.net\r\nTo: sue@example.org\r\nMessage-ID: <m%d@example.net>\r\n\r\nHello\r\n"
    return (Mail(sent=False, arrived=int(UNTIL.timestamp()), raw=raw % number) for number in range(count))


def test_what_cannot_be_read_is_put_aside_with_its_reason_and_the_rest_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trips_over_one(block: bytes) -> HeaderFacts:
        if b"<m7@example.net>" in block:
            raise MessageError("The header lines of a message cannot be read (RecursionError).")
        return read_headers(block)

    world.deliver(plain_mail(20))
    monkeypatch.setattr(reading, "read_headers", trips_over_one)
    assert world.sweep().errors == ()
    messages, asides = world.known()
    assert len(messages) == 19
    assert [one.reason for one in asides] == ["The header lines of a message cannot be read (RecursionError)."]
    assert world.sweep().accounts[0].new == 0


def test_a_message_whose_header_lines_the_server_refuses_is_put_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses_one(
        door: ImapDoor, mailbox: str, uids: Sequence[int], then: Sequence[int] = ()
    ) -> Iterator[RawHeaders]:
        return (raw._replace(block=b"") if raw.uid == 2 else raw for raw in headers(door, mailbox, uids, then))

    headers = ImapDoor.headers
    monkeypatch.setattr(ImapDoor, "headers", refuses_one)
    world.deliver(plain_mail(3))
    assert world.sweep().errors == ()
    messages, asides = world.known()
    assert {one.uid for one in messages} == {1, 3}
    assert [one.reason for one in asides] == ["The server does not show its header lines."]


@pytest.fixture
def damaged(world: World) -> Path:
    """The file of a message that Dovecot cannot read: it hangs up when it is asked for it."""
    world.deliver(plain_mail(6))
    [file] = (world.maildir / "cur").glob("0000003*")
    return file


def test_a_file_that_dovecot_cannot_read_stops_no_account_and_is_read_once_it_can_be(
    world: World, damaged: Path
) -> None:
    damaged.chmod(0)
    for new in (5, 0):
        outcome = world.sweep()
        assert (outcome.errors, outcome.accounts[0].new) == ((), new)
        messages, asides = world.known()
        assert (len(messages), [one.asked_again for one in asides]) == (5, [True])
    damaged.chmod(0o600)
    with closing(open_mail(world.state)) as database:
        database.execute("UPDATE aside SET again = 0")
    assert world.sweep().accounts[0].new == 1
    assert [len(known) for known in world.known()] == [6, 0]


def test_a_text_that_dovecot_cannot_read_is_put_aside_and_the_others_are_read(world: World, damaged: Path) -> None:
    assert world.sweep().errors == ()
    damaged.chmod(0)
    with closing(open_mail(world.state)) as database:
        database.execute("DELETE FROM reading")
    world.read_every_body()
    messages, asides = world.known()
    assert all(one.reading is not None for one in messages)
    assert [(one.uid, one.asked_again) for one in asides] == [(4, True)]
