"""Gmail: what its own extension of IMAP says of conversations joins what References lost, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from assistant.correspondence.threads import group
from assistant.demo.server import DEFAULT_CAPABILITIES, Command, DemoServer, MailStore
from assistant.mailbox.imap import open_door
from assistant.mailbox.secrecy import Secret
from assistant.model import Message
from assistant.reading import read_account
from assistant.store.database import open_mail, prepare
from assistant.store.messages import MailFacts
from tests.canary import PASSWORD
from tests.mailbox.conftest import account_on
from tests.mailbox.scripts import CarryOut

ME, ANA, BEN = "sue@example.org", "ana@example.net", "ben@example.com"
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
EXTENSION = "X-GM-EXT-1"
ALL_MAIL = "[Gmail]/All Mail"


class Gmail:
    """An account of Gmail's: All Mail, in which each message has labels and the number of a conversation."""

    def __init__(self) -> None:
        self.store = MailStore()
        for name, role in ((ALL_MAIL, "\\All"), ("[Gmail]/Drafts", "\\Drafts"), ("[Gmail]/Sent Mail", "\\Sent")):
            self.store.create(name, role)
        self.told: dict[int, tuple[int, bytes]] = {}
        capabilities = [*DEFAULT_CAPABILITIES, EXTENSION]
        self.server = DemoServer({"ann": PASSWORD}, self.store, capabilities=capabilities, script=self.answer)

    def put(self, day: float, sender: str, to: str, subject: str, conversation: int) -> None:
        """Put a mail into All Mail; nothing in its header lines leads to another."""
        when = BEGAN + timedelta(days=day)
        raw = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {format_datetime(when)}\r\n\r\nHello\r\n"
        uid = self.store.add(ALL_MAIL, raw.encode(), internal_date=when)
        self.told[uid] = conversation, rb'"\\Sent"' if sender == ME else rb'"\\Inbox"'

    def answer(self, command: Command, carry_out: CarryOut) -> bytes:
        """Answer what the demo's server knows nothing of."""
        if command.name != "UID FETCH" or b"X-GM-THRID" not in command.line:
            return carry_out()
        return b"".join(map(self._fetched, self.told)) + command.tag + b" OK done\r\n"

    def _fetched(self, uid: int) -> bytes:
        message, (conversation, labels) = self.store.mailboxes[ALL_MAIL].messages[uid], self.told[uid]
        block = message.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        date = message.internal_date.strftime("%d-%b-%Y %H:%M:%S +0000").encode()
        return (
            b'* %d FETCH (X-GM-THRID %d X-GM-LABELS (%s) UID %d FLAGS () INTERNALDATE "%s" RFC822.SIZE %d'
            b" BODY[HEADER.FIELDS (FROM)] {%d}\r\n%s)\r\n"
        ) % (uid, conversation, labels, uid, date, len(message.raw), len(block), block)


@pytest.fixture
def gmail() -> Iterator[Gmail]:
    one = Gmail()
    with one.server:
        yield one


def read(gmail: Gmail, state: Path) -> list[Message]:
    """Return what is known after a look at the account."""
    account = account_on(gmail.server)
    prepare(state)
    with closing(open_mail(state)) as database, closing(open_door(account, Secret(PASSWORD, "ann"))) as door:
        facts = MailFacts(database)
        assert read_account(door, account, facts, BEGAN).troubles == ()
        return list(facts.messages(frozenset({ME})))


def subjects(messages: list[Message], person: str) -> Mapping[str, list[str]]:
    """Return the subjects in each thread with a person, by its first."""
    theirs = [one for one in messages if person in {one.sender and one.sender.address, *(to.address for to in one.to)}]
    return {thread.subject: [one.subject for one in thread.messages] for thread in group(theirs)}


def test_answers_whose_references_were_lost_are_joined_and_strangers_are_not(gmail: Gmail, tmp_path: Path) -> None:
    gmail.put(0, ANA, ME, "Hi", 11)
    gmail.put(40, ME, ANA, "Re: Hi", 11)
    gmail.put(41, BEN, ME, "Hi", 11)  # were it ever said of a stranger's mail, too
    gmail.put(50, ANA, ME, "The keys", 12)
    messages = read(gmail, tmp_path)
    assert [one.conversation for one in messages] == [11, 11, 11, 12]
    assert len({one.thread for one in messages}) == 4
    assert subjects(messages, ANA) == {"Hi": ["Hi", "Re: Hi"], "The keys": ["The keys"]}
    assert subjects(messages, BEN) == {"Hi": ["Hi"]}
