"""Fetches the own words of mails again, through doors that are opened when they are first needed."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime

from assistant.correspondence.text import own_words
from assistant.errors import AccountError, MailboxError, MessageError
from assistant.mailbox.door import Door
from assistant.model import Message, Trouble
from assistant.opening import Connect, open_account
from assistant.settings import Settings
from assistant.store.ledger import Ledger


class Recall:
    """Fetches own words; ``errors`` are the accounts whose mails could not be fetched. Doors close with ``stack``."""

    def __init__(self, settings: Settings, ledger: Ledger, now: datetime, connect: Connect, stack: ExitStack) -> None:
        self._accounts = {account.name: account for account in settings.accounts}
        self._headers_only = settings.reading.headers_only
        self._ledger = ledger
        self._now = now
        self._connect = connect
        self._stack = stack
        self._doors: dict[str, Door | None] = {}
        self.errors: list[Trouble] = []

    def own_words(self, message: Message) -> str | None:
        """Return the own words of a mail, None when it cannot be fetched, or no body is to be read."""
        if message.uid is None or message.account not in self._accounts or self._headers_only:
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
