"""A brief on a person, with the sentences it speaks of fetched again from their mails."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant.correspondence.text import own_words
from assistant.drafting.brief import Line, brief, quoted
from assistant.errors import AccountError, MailboxError, MessageError
from assistant.mailbox.door import Door
from assistant.model import Contact, Message, Trouble
from assistant.opening import Connect, connect_to_server, open_account
from assistant.settings import Settings
from assistant.store.choices import load_choices
from assistant.store.database import open_ledger, open_mail, prepare
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.weighing import Weighing
from assistant.writing import Writer


@dataclass(frozen=True, slots=True)
class Brief:
    """Who it is about, the lines, and the accounts whose mails could not be fetched again."""

    contact: Contact
    lines: tuple[Line, ...]
    errors: tuple[Trouble, ...]


def brief_on(
    settings: Settings, state: Path, address: str, now: datetime, *, connect: Connect = connect_to_server
) -> Brief | None:
    """Return the brief on the person of this address, None when there is no mail with them.

    What is told is known already; only the sentences are fetched again. Where an account cannot be
    opened its lines stay without, and the trouble is told.
    """
    prepare(state)
    with ExitStack() as stack:
        facts = MailFacts(stack.enter_context(closing(open_mail(state))))
        ledger = Ledger(stack.enter_context(closing(open_ledger(state))))
        weighing = Weighing(settings, facts, ledger, load_choices(settings.directory), Writer(settings), now, None)
        weighing.load()
        person = weighing.person(address)
        if person is None:
            return None
        lines = brief(person, weighing.population(), settings.zone, now)
        fetch = _Fetch(settings, ledger, now, connect, stack)
        return Brief(person.contact, tuple(quoted(lines, fetch.own_words)), tuple(fetch.errors))


class _Fetch:
    """Fetches own words through doors that are opened when they are first needed."""

    def __init__(self, settings: Settings, ledger: Ledger, now: datetime, connect: Connect, stack: ExitStack) -> None:
        self._accounts = {account.name: account for account in settings.accounts}
        self._ledger = ledger
        self._now = now
        self._connect = connect
        self._stack = stack
        self._doors: dict[str, Door | None] = {}
        self.errors: list[Trouble] = []

    def own_words(self, message: Message) -> str | None:
        """Return the own words of a mail, None when it cannot be fetched."""
        if message.uid is None or message.account not in self._accounts:
            return None
        try:
            door = self._door(message.account)
            body = door.body(message.mailbox, message.uid) if door is not None else None
        except MessageError:
            return None
        except (AccountError, MailboxError) as error:
            self._doors[message.account] = None
            self.errors.append(Trouble(message.account, error.code, error.message, error.cure))
            return None
        return own_words(body.text, html=body.html) if body is not None else None

    def _door(self, account: str) -> Door | None:
        if account not in self._doors:
            door = open_account(self._accounts[account], self._ledger, self._now, self._connect, asked=True)
            self._stack.callback(door.close)
            self._doors[account] = door
        return self._doors[account]
