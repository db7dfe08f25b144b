"""What can be told at once, without judging anything: how things stand, which drafts there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from assistant.model import Alert, Draft, Trouble
from assistant.settings import Settings
from assistant.store.asides import Aside
from assistant.store.choices import EVERYTHING, load_choices
from assistant.store.opened import opened

STALE_AFTER = timedelta(hours=26)
"""A daemon looks several times a day, a cron job once: more than a day without a good sweep is stale."""


ALERT_STANDS = timedelta(days=7)
"""Some servers say it at every login, some once: so long is time enough to be seen."""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How an account stands; times in UTC, None when it never happened.

    ``overdue``: there was no good sweep for over a day. ``alerts``: what its server wanted the user to read within
    the last week.
    """

    name: str
    messages: int
    last_sweep: datetime | None
    overdue: bool
    next_sweep: datetime | None
    confirmed: bool
    trouble: Trouble | None
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """How everything stands. ``stale``: an account is in trouble or overdue.

    ``paused``: everything is; ``paused_until`` None with it: until the user resumes.
    """

    accounts: tuple[AccountStatus, ...]
    drafts: tuple[Draft, ...]
    asides: tuple[Aside, ...]
    stale: bool
    paused: bool
    paused_until: datetime | None


def known_drafts(state: Path) -> list[Draft]:
    """Return every draft of the ledger, oldest first."""
    with opened(state) as (_, ledger):
        return ledger.drafts()


def status_of(settings: Settings, state: Path, now: datetime) -> Status:
    """Return how things stand."""
    with opened(state) as (facts, ledger):
        accounts = tuple(
            AccountStatus(
                account.name,
                facts.count(account.name),
                last := ledger.last_sweep(account.name),
                last is None or now - last > STALE_AFTER,
                ledger.next_sweep(account.name),
                ledger.confirmed(account.name),
                ledger.trouble(account.name),
                tuple(alert for alert in ledger.alerts(account.name) if now - alert.said <= ALERT_STANDS),
            )
            for account in settings.accounts
        )
        drafts = tuple(draft for draft in ledger.drafts() if draft.state.live)
        pauses = load_choices(settings.directory).paused
        until = pauses.get(EVERYTHING)
        paused = EVERYTHING in pauses and (until is None or until > now)
        asides = tuple(facts.asides.all())
        stale = any(one.trouble is not None or one.overdue for one in accounts)
        return Status(accounts, drafts, asides, stale, paused, until if paused else None)
