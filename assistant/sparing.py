"""Whom a sweep must weigh: everybody once a day, after that only those for whom something can have changed.

Rules count in days, so that time alone brings nobody up who was not seen to come up when everybody was weighed
as of that moment and as of the end of the day. What is usual among all contacts holds for the day as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import assistant
from assistant.correspondence.people import canonical
from assistant.correspondence.rhythm import Population
from assistant.judgement.choosing import WARM
from assistant.judgement.rules import Rules
from assistant.model import (
    Choices,
    Correspondence,
    Draft,
    HeldBecause,
    Kind,
    MailKind,
    Message,
    OtherChannel,
    Role,
    Signal,
    Suggestion,
)
from assistant.settings import Settings
from assistant.store.database import CACHE_CURE, legible
from assistant.store.lookup import Lookup
from assistant.store.weighed import Weighed

MANY = 2000
"""When more messages than this came or changed, everybody is weighed."""
WEEK = 7
SETS = ("aliases", "lists", "below_bar", "incomplete_sent")
LASTING = frozenset({
    HeldBecause.AUTOMATED, HeldBecause.LIST, HeldBecause.ROLE, HeldBecause.BOUNCED, HeldBecause.AMBIGUOUS,
    HeldBecause.UNKNOWN_SENDER, HeldBecause.OPT_OUT, HeldBecause.NEVER, HeldBecause.ENCRYPTED, HeldBecause.CLOSED,
    HeldBecause.EXPIRED, HeldBecause.ERRAND, HeldBecause.MANY_RECIPIENTS,
})  # fmt: skip
"""Rules that hold a matter, once they do, until new mail or another choice of the user's."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a weighing of everybody found that the next sweeps of the day build on.

    ``aliases``: addresses learned to be the user's; ``lists``: addresses of mailing lists; ``may_be_due``: the
    addresses of those who are to be weighed again in every sweep of the day, each with the kinds that may come up;
    ``below_bar``: the numbers of asks that were held by nothing but their score. ``incomplete_sent``: the accounts
    in whose Sent mailbox mail is missing.
    """

    population: Population
    common_reply_days: int | None
    aliases: frozenset[str]
    lists: frozenset[str]
    may_be_due: Mapping[str, frozenset[Kind]]
    below_bar: frozenset[int]
    incomplete_sent: frozenset[str]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        told = {name: sorted(getattr(self, name)) for name in SETS}
        due = {address: sorted(kinds) for address, kinds in self.may_be_due.items()}
        usual = {"population": asdict(self.population), "common_reply_days": self.common_reply_days}
        return {**usual, **told, "may_be_due": due}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Found:
        """Return what ``as_json`` told. Raises StoreError when it tells nothing that makes sense."""
        with legible("a weighing", CACHE_CURE):
            told = {name: frozenset(values[name]) for name in SETS}
            due = {address: frozenset(map(Kind, kinds)) for address, kinds in values["may_be_due"].items()}
            return cls(Population(**values["population"]), values["common_reply_days"], may_be_due=due, **told)

    def renewed(
        self,
        people: Sequence[Correspondence],
        may_be_due: Mapping[str, frozenset[Kind]],
        below_bar: frozenset[int],
    ) -> Found:
        """Return it with what was found of these people now in place of what was known of them."""
        theirs = {address for one in people for address in one.contact.addresses}
        mails = {message.id for one in people for message in one.messages}
        others = {address: kinds for address, kinds in self.may_be_due.items() if address not in theirs}
        return replace(self, may_be_due={**others, **may_be_due}, below_bar=self.below_bar - mails | below_bar)

    def due(self, kinds: Set[Kind]) -> set[str]:
        """Return the addresses of those for whom something of these kinds may come up."""
        return {address for address, coming in self.may_be_due.items() if coming & kinds}


def digest_of(settings: Settings, choices: Choices, others: Mapping[str, Sequence[OtherChannel]], now: datetime) -> str:
    """Return what tells whether a weighing was done on the same local day, under the same settings and choices."""
    told = [
        assistant.__version__,
        now.astimezone(settings.zone).date(),
        settings.zone.key,
        [one.model_dump(mode="json") for one in (settings.me, settings.restraint, settings.hours, settings.reading)],
        [account.name for account in settings.accounts],
        [one.model_dump(mode="json") for one in (*settings.contacts, *settings.imported, *settings.offers)],
        [sorted(choices.paused.items()), sorted(choices.rests.items())],
        [sorted(choices.never), sorted(choices.opted_out)],
        sorted((address, [asdict(one) for one in told]) for address, told in others.items()),
    ]
    return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()


def end_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the last second of the local day."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(now.tzinfo) - timedelta(seconds=1)


def may_come_up(at_present: Iterable[Suggestion], at_the_end: Iterable[Suggestion]) -> frozenset[Kind]:
    """Return the kinds of which something of a person may be drafted on this day, seen from both its ends.

    What is held by the same rule at both ends is held in between; what lasts does not end within a day.
    """
    before = {(one.kind, one.about.id): one.held for one in at_present}
    after = {(one.kind, one.about.id): one.held for one in at_the_end}
    free = [kind for held in (before, after) for (kind, _), code in held.items() if code is None]
    moving = [matter[0] for matter, held in after.items() if before.get(matter) not in (held, *LASTING)]
    return frozenset([*free, *moving])


def kinds_with_places(drafts: Iterable[Draft], rules: Rules, now: datetime) -> frozenset[Kind]:
    """Return the kinds of which more can be drafted on this local day."""
    today = now.astimezone(rules.zone).date()
    ages = [((today - draft.created.astimezone(rules.zone).date()).days, draft.kind) for draft in drafts]
    taken = [kind for age, kind in ages if age <= 0]
    if len(taken) >= rules.daily_cap or sum(age < WEEK for age, _ in ages) >= rules.weekly_cap:
        return frozenset()
    return frozenset(Kind) - (WARM if sum(kind in WARM for kind in taken) >= rules.warm_daily_cap else frozenset())


def concerned(
    lookup: Lookup,
    weighed: Weighed,
    touched: Sequence[int],
    found: Found,
    own: frozenset[str],
    changed: Iterable[Draft],
    due: Set[str],
) -> set[str] | None:
    """Return the addresses of those who must be weighed again; None when everybody must.

    That is who takes part in new or changed mail (``touched``), whom the user wrote to in its threads, who is or may
    come to be ``due`` today, and whose drafts ``changed``. New mail that changes what is a mailing list, or which
    addresses are the user's, concerns everybody.
    """
    if len(touched) > MANY:
        return None
    mine = frozenset(map(canonical, own))
    around, fresh = lookup.around(touched), frozenset(touched)
    if any(_changes_all(message, lookup, found, mine) for message in around if message.id in fresh):
        return None
    addresses = {address for one in around if one.outgoing or one.id in fresh for address in _others(one)}
    addresses |= due
    addresses |= {address for one in changed for address in (one.contact, *one.addresses)}
    everyone = weighed.people_of(addresses | set(map(canonical, addresses)))
    return {address for address in everyone if canonical(address) not in mine}


def _changes_all(message: Message, lookup: Lookup, found: Found, mine: Collection[str]) -> bool:
    sender = message.sender.address if message.sender else None
    if sender in found.lists:
        return True
    if message.kind is MailKind.LIST:
        named = {one.address for one in (*message.to, *message.cc)} - found.lists
        return any(
            canonical(one) not in mine and lookup.takes_part(one) and not lookup.ever_wrote(one) for one in named
        )
    mine_too = {one.address for one in message.to} & found.aliases if message.outgoing else set()
    if mine_too or (sender in found.aliases and message.role is not Role.SENT):
        return True  # it may be somebody else's after all
    strange = sender is not None and canonical(sender) not in mine
    return message.role is Role.SENT and strange and not message.signals & Signal.RECEIVED


def _others(message: Message) -> Iterable[str]:
    if message.outgoing:
        return [one.address for one in (*message.to, *message.cc)]
    if message.kind is MailKind.BOUNCE:
        return [one.address for one in message.to]
    return [message.sender.address] if message.sender is not None else []
