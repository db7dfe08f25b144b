"""Reading an account into the store, however its mailboxes are made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from assistant.demo.server import Command, DemoServer, MailStore
from assistant.mailbox.imap import open_door
from assistant.mailbox.secrecy import Secret
from assistant.reading import AccountReading, read_account
from assistant.store.database import open_mail, prepare
from assistant.store.messages import MailFacts
from tests.canary import PASSWORD
from tests.mailbox.conftest import account_on

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
LETTER = b"From: ana@example.net\r\nTo: sue@example.org\r\nSubject: The lease\r\n\r\nHello\r\n"


def look(server: DemoServer, state: Path) -> tuple[AccountReading, int]:
    """Look at the account; return what that brought, and how many commands it took."""
    account, before = account_on(server), len(server.commands_seen)
    prepare(state)
    with closing(open_mail(state)) as database, closing(open_door(account, Secret(PASSWORD, "ann"))) as door:
        found = read_account(door, account, MailFacts(database), BEGAN)
        return found, len(server.commands_seen) - before


def test_ten_thousand_empty_mailboxes_are_not_opened_and_hide_no_mail(tmp_path: Path) -> None:
    """It takes seconds; were any step to look at all mailboxes for each of them, it would take an hour."""
    names = [b"lists/%d" % number for number in range(10_000)]
    listed = b"".join(b'* LIST () "/" "%s"\r\n' % name for name in names)
    states = b"".join(b'* STATUS "%s" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\r\n' % name for name in names)

    def many(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        if command.name != "LIST":
            return carry_out()
        return listed + (states if b"STATUS" in command.line else b"") + carry_out()

    store = MailStore()
    for name in ("Drafts", "Sent"):
        store.create(name, f"\\{name}")
    store.add("INBOX", LETTER, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store, script=many) as server:
        found, commands = look(server, tmp_path)
        assert (len(found.folders), found.new, found.troubles) == (10_003, 1, ())
        assert commands < 20
        again, commands = look(server, tmp_path)
        assert (again.new, again.troubles) == (0, ())
        assert commands < 20
