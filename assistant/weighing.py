"""From the store to suggestions: loads what is known, and has everybody weighed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from assistant.correspondence.people import correspondences, learned_aliases
from assistant.correspondence.rhythm import Population, population_of
from assistant.following import KnownMail, without_our_drafts
from assistant.judgement.rules import Circumstances, Rules
from assistant.judgement.suggest import bodies_needed, choose, surroundings_of, weigh
from assistant.model import Choices, Correspondence, DraftState, Message, OtherChannel, Suggestion
from assistant.settings import DAYS, Settings
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.writing import Writer


class Weighing:
    """Everything known, ready to be judged as of one moment.

    ``until``: mail dated later is not looked at (None: all mail). ``mail`` is what was loaded last.
    """

    def __init__(
        self,
        settings: Settings,
        facts: MailFacts,
        ledger: Ledger,
        choices: Choices,
        writer: Writer,
        judged_at: datetime,
        until: datetime | None,
    ) -> None:
        self._settings = settings
        self._facts = facts
        self._ledger = ledger
        self._choices = choices
        self._writer = writer
        self._judged_at = judged_at
        self._until = until
        self._addresses = tuple(settings.me.addresses)
        self._people: list[Correspondence] = []
        self.mail = KnownMail(())
        self.rules = rules_of(settings)

    def load(self) -> None:
        """Load everything from the store; addresses the user sends from are learned on the way."""
        own = frozenset(self._settings.me.addresses)
        messages = list(self._facts.messages(own, self._until))
        if aliases := learned_aliases(messages, own):
            messages = list(self._facts.messages(own | aliases, self._until))
        self._addresses = (*self._settings.me.addresses, *sorted(aliases))
        self.mail = KnownMail(messages)
        others = self._ledger.other_channels()
        self._people = [
            replace(one, other_channels=_told(others, one.contact.addresses))
            for one in correspondences(
                without_our_drafts(messages, self._ledger.drafts()), own=own | aliases, cards=self._settings.cards
            )
        ]
        self._writer.meet(self._people)

    def person(self, address: str) -> Correspondence | None:
        """Return what was exchanged with the person of this address, None when there is nothing."""
        wanted = address.lower()
        return next((one for one in self._people if wanted in one.contact.addresses), None)

    def population(self) -> Population:
        """Return what is usual among all contacts."""
        return population_of(self._people, self._settings.zone, self._judged_at)

    def bodies_needed(self) -> list[Message]:
        """Return the messages whose own words must be read before judging, newest first."""
        return [] if self.rules.headers_only else bodies_needed(self._people, self.rules, self._judged_at)

    def suggestions(self, unread: Collection[str], *, by_hand: bool, contact: str | None) -> list[Suggestion]:
        """Return all suggestions, best first, held ones included; with ``contact`` those for one person only.

        ``unread`` names the accounts that could not be read.
        """
        drafts = tuple(draft for draft in self._ledger.drafts() if draft.state is not DraftState.PLANNED)
        circumstances = Circumstances(
            addresses=self._addresses,
            unread=frozenset(unread),
            choices=self._choices,
            drafts=drafts,
            offers_for=self._writer.offers_for(self._people, drafts),
        )
        population = self.population()
        surroundings = surroundings_of(self._people)
        wanted = contact.lower() if contact is not None else None
        weighed = [
            self._writer.hold_unwritable(one)
            for person in self._people
            if wanted is None or wanted in person.contact.addresses
            for one in weigh(person, population, circumstances, self.rules, self._judged_at, surroundings)
        ]
        return choose(weighed, drafts, self.rules, self._judged_at, by_hand=by_hand)


def _told(others: Mapping[str, Sequence[OtherChannel]], addresses: Sequence[str]) -> tuple[OtherChannel, ...]:
    return tuple(told for address in addresses for told in others.get(address, ()))


def rules_of(settings: Settings) -> Rules:
    """Return the rules of judgement as the settings have them."""
    return Rules(
        zone=settings.zone,
        work_days=frozenset(DAYS.index(day) for day in settings.hours.days),
        work_start=settings.hours.start,
        work_end=settings.hours.end,
        headers_only=settings.reading.headers_only,
        daily_cap=settings.restraint.daily_cap,
        warm_daily_cap=settings.restraint.warm_daily_cap,
        weekly_cap=settings.restraint.weekly_cap,
        quiet_days=settings.restraint.quiet_days,
    )
