"""What can be told without asking a mailbox: who is due, how things stand, which drafts there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from assistant.correspondence.rhythm import Population
from assistant.model import Alert, Correspondence, Draft, HeldBecause, Suggestion, Trouble
from assistant.on_record import Record, on_record, opened
from assistant.settings import Settings
from assistant.store.choices import EVERYTHING, load_choices
from assistant.store.messages import Aside
from assistant.sweep import AccountOutcome, Outcome, Proposed, unread_accounts

STALE_AFTER = timedelta(hours=26)
"""A daemon looks several times a day, a cron job once: more than a day without a good sweep is stale."""


ALERT_STANDS = timedelta(days=7)
"""Some servers say it at every login, some once: so long is time enough to be seen."""

SLIGHT = 0.3
"""A matter of a lower score is none: nothing in it waits, or it was weighed down for what it is."""
PLAINLY_OVER = frozenset({
    HeldBecause.BELOW_BAR, HeldBecause.AUTOMATED, HeldBecause.LIST, HeldBecause.ROLE, HeldBecause.CLOSED,
    HeldBecause.EXPIRED, HeldBecause.ERRAND, HeldBecause.MANY_RECIPIENTS, HeldBecause.ENCRYPTED, HeldBecause.BOUNCED,
    HeldBecause.OPT_OUT, HeldBecause.RECENT_CONTACT,
})  # fmt: skip
"""What nobody would want to be shown unasked."""


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """How an account stands; times in UTC, None when it never happened.

    ``alerts``: what its server wanted the user to read within the last week.
    """

    name: str
    messages: int
    last_sweep: datetime | None
    next_sweep: datetime | None
    confirmed: bool
    trouble: Trouble | None
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """How everything stands. ``stale``: a trouble, or an account without a good sweep for over a day.

    ``paused``: everything is; ``paused_until`` None with it: until the user resumes.
    """

    accounts: tuple[AccountStatus, ...]
    drafts: tuple[Draft, ...]
    asides: tuple[Aside, ...]
    stale: bool
    paused: bool
    paused_until: datetime | None


def judged(settings: Settings, state: Path, now: datetime, contact: str | None = None) -> Outcome:
    """Judge what is known, for everybody or one person, and return it as the outcome of a rehearsal."""
    with on_record(settings, state, now) as record:
        return _judged(settings, record, now, contact)


def _judged(settings: Settings, record: Record, now: datetime, contact: str | None = None) -> Outcome:
    facts, ledger, weighing = record
    found = weighing.suggestions(unread_accounts(settings, facts, ledger), by_hand=True, contact=contact)
    accounts = tuple(
        AccountOutcome(name, 0, facts.count(name), 0.0, ledger.trouble(name))
        for account in settings.accounts
        if facts.read_at(name := account.name) is not None
    )
    return Outcome(now, True, accounts, tuple(map(Proposed, found)), (), ())


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a person, and the drafts there were for them, oldest first."""

    correspondence: Correspondence
    drafts: tuple[Draft, ...]


def person_known(settings: Settings, state: Path, address: str, now: datetime) -> Known | None:
    """Return what is known of the person of this address, None when there is nothing."""
    with on_record(settings, state, now) as record:
        person = record.weighing.person(address)
        if person is None:
            return None
        theirs = {person.contact.address, *person.contact.addresses}
        return Known(person, tuple(one for one in record.ledger.drafts() if theirs & {one.contact, *one.addresses}))


@dataclass(frozen=True, slots=True)
class Everything:
    """All that is known: what was exchanged with each person, what is usual, what was weighed, every draft."""

    people: tuple[Correspondence, ...]
    population: Population
    outcome: Outcome
    drafts: tuple[Draft, ...]


def everything_known(settings: Settings, state: Path, now: datetime) -> Everything:
    """Return all that is known, judged as of ``now``; no mailbox is asked."""
    with on_record(settings, state, now) as record:
        return Everything(
            tuple(record.weighing.people),
            record.weighing.population(),
            _judged(settings, record, now),
            tuple(record.ledger.drafts()),
        )


def worth_a_look(outcome: Outcome) -> list[Suggestion]:
    """Return whom ``due`` shows, best first: of each person the matter that stands first, unless it is plainly over."""
    found: dict[str, Suggestion] = {}
    for one in (proposed.suggestion for proposed in outcome.suggestions):
        if one.held not in PLAINLY_OVER and (one.would_be_drafted or one.score >= SLIGHT):
            found.setdefault(one.contact.address, one)
    return list(found.values())


def numbered(outcome: Outcome) -> list[Suggestion]:
    """Return every suggestion in the order of ``due --all``; those of ``due`` come first, so that numbers agree."""
    first = worth_a_look(outcome)
    taken = set(map(id, first))
    rest = (proposed.suggestion for proposed in outcome.suggestions)
    return first + [one for one in rest if id(one) not in taken]


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
                ledger.last_sweep(account.name),
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
        return Status(accounts, drafts, tuple(facts.asides()), _stale(accounts, now), paused, until if paused else None)


def _stale(accounts: Collection[AccountStatus], now: datetime) -> bool:
    return any(
        one.trouble is not None or one.last_sweep is None or now - one.last_sweep > STALE_AFTER for one in accounts
    )
