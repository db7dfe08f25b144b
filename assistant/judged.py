"""What is judged without asking a mailbox: who is due, what is known of a person, what of everybody."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from assistant.correspondence.rhythm import Population
from assistant.drafting.identity import draft_id
from assistant.judgement.settled import DEBTS
from assistant.model import Correspondence, Draft, Evidence, HeldBecause, Suggestion
from assistant.on_record import Record, on_record
from assistant.settings import Settings
from assistant.sweep import AccountOutcome, Outcome, Proposed, unread_accounts

SLIGHT = 0.3
"""A matter of a lower score is none: nothing in it waits, or it was weighed down for what it is."""
PLAINLY_OVER = frozenset({
    HeldBecause.BELOW_BAR, HeldBecause.AUTOMATED, HeldBecause.LIST, HeldBecause.ROLE, HeldBecause.CLOSED,
    HeldBecause.EXPIRED, HeldBecause.ERRAND, HeldBecause.MANY_RECIPIENTS, HeldBecause.ENCRYPTED, HeldBecause.BOUNCED,
    HeldBecause.OPT_OUT, HeldBecause.RECENT_CONTACT,
})  # fmt: skip
"""What nobody would want to be shown unasked."""

YOURS = Evidence(
    "A draft of your own to them lay in Drafts, or another mailbox of drafts, when this was last to be laid.", None
)


def judged(settings: Settings, state: Path, now: datetime, contact: str | None = None) -> Outcome:
    """Judge what is known, for everybody or one person, and return it as the outcome of a rehearsal."""
    with on_record(settings, state, now, contact) as record:
        return _judged(settings, record, now, contact)


def _judged(settings: Settings, record: Record, now: datetime, contact: str | None = None) -> Outcome:
    facts, ledger, weighing = record
    found = weighing.suggestions(unread_accounts(settings, facts, ledger), by_hand=True, contact=contact)
    accounts = tuple(
        AccountOutcome(name, 0, facts.count(name), 0.0, ledger.trouble(name))
        for account in settings.accounts
        if facts.read_at(name := account.name) is not None
    )
    begun = {account.name: ledger.begun_by_user(account.name) for account in settings.accounts}
    return Outcome(now, True, accounts, tuple(Proposed(_as_last_seen(one, begun)) for one in found), (), ())


def _as_last_seen(one: Suggestion, begun: Mapping[str, Collection[str]]) -> Suggestion:
    """Return a suggestion, held where the user's own draft stood in the way when it was last to be laid."""
    key = draft_id(one.contact.address, one.silence.opened_by, one.kind)
    if one.held is not None or key not in begun.get(one.account, ()):
        return one
    return replace(one, held=HeldBecause.LIVE_DRAFT, evidence=(*one.evidence, YOURS))


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


def learned_to_be_own(settings: Settings, state: Path, now: datetime) -> frozenset[str]:
    """Return the addresses that count as the user's by what lies in Sent, beside those in the settings."""
    with on_record(settings, state, now) as record:
        return record.weighing.aliases


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


def worth_telling(weighed: Sequence[Suggestion]) -> list[Suggestion]:
    """Return what ``why`` tells of one person: what is not plainly over, and the debts that come before that.

    Of somebody with whom all is over, what stands first. The order stays.
    """
    shown = [one for one in weighed if one.held not in PLAINLY_OVER]
    first = {fact.message_id for one in shown if one.held is HeldBecause.OWED_FIRST for fact in one.evidence}
    told = [
        one for one in weighed if one.held not in PLAINLY_OVER or (one.kind in DEBTS and one.about.message_id in first)
    ]
    return told or list(weighed[:1])


def numbered(outcome: Outcome) -> list[Suggestion]:
    """Return every suggestion in the order of ``due --all``; those of ``due`` come first, so that numbers agree."""
    first = worth_a_look(outcome)
    taken = set(map(id, first))
    rest = (proposed.suggestion for proposed in outcome.suggestions)
    return first + [one for one in rest if id(one) not in taken]
