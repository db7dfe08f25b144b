"""The doctor: one after the other, everything that must be right before an account can be worked on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from functools import partial
from pathlib import Path

from assistant.checkup.account import account_steps
from assistant.checkup.installation import (
    address_steps,
    directory_steps,
    keyring_step,
    sent_steps,
    service_step,
    state_steps,
    template_steps,
)
from assistant.checkup.steps import Standing, Step
from assistant.errors import FuseBlown
from assistant.mailbox.credentials import read_secret
from assistant.mailbox.door import Door
from assistant.opening import Connect, connect_to_server, open_account
from assistant.service import condition, manager
from assistant.settings import AccountSettings, Settings
from assistant.store.database import open_ledger
from assistant.store.ledger import Ledger


def examine(
    settings: Settings,
    state: Path,
    names: Collection[str],
    now: datetime,
    *,
    write: bool,
    connect: Connect = connect_to_server,
) -> Iterator[Step]:
    """Look at everything but the settings files, then at each account in ``names`` (all when empty).

    Every account is really tried, also one that was refused before; a trouble that was remembered, but for a
    blown fuse, is forgotten when login and mailboxes work.
    """
    yield from directory_steps(settings.directory)
    found = list(state_steps(state))
    yield from found
    yield from template_steps(settings.directory / "templates")
    yield keyring_step(settings.accounts)
    yield service_step(condition(manager()))
    with ExitStack() as stack:
        ledger = None
        if all(step.standing is not Standing.FAILED for step in found):
            yield from address_steps(settings, state)
            ledger = Ledger(stack.enter_context(closing(open_ledger(state))))
        for account in settings.accounts:
            if not names or account.name in names:
                opening = partial(_open, account, ledger, now, connect)
                steps = account_steps(account, opening, settings.me.addresses[0], now, write=write)
                yield from steps if ledger is None else _forgiving(steps, account, ledger)
                if ledger is not None:
                    yield from sent_steps(account.name, state, frozenset(settings.me.addresses), now)


def _forgiving(steps: Iterator[Step], account: AccountSettings, ledger: Ledger) -> Iterator[Step]:
    """Pass the steps on; forget a remembered trouble, but for a blown fuse, once mailboxes were listed."""
    for step in steps:
        # Not after the login: Microsoft 365 says OK to a bad one.
        if step.name == "mailboxes" and step.standing is Standing.OK:
            ledger.recovered(account.name, but=FuseBlown.code)
        yield step


def _open(account: AccountSettings, ledger: Ledger | None, now: datetime, connect: Connect) -> Door:
    if ledger is None:
        return connect(account, read_secret(account))
    return open_account(account, ledger, now, connect, asked=True, insist=True)
