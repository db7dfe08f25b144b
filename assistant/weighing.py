"""From the store to suggestions: loads what is known, and has everybody weighed, or those it may concern."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.correspondence.people import acquainted, canonical, correspondences, learned_aliases, mailing_lists
from assistant.correspondence.rhythm import Population, population_of
from assistant.drafting.offers import Share, cares_about
from assistant.judgement.rules import Circumstances, Rules, Surroundings
from assistant.judgement.suggest import bodies_needed, choose, surroundings_of, weigh
from assistant.judgement.wishes import opted_out
from assistant.model import (
    Choices,
    Correspondence,
    Draft,
    DraftState,
    HeldBecause,
    Kind,
    Message,
    OtherChannel,
    Suggestion,
)
from assistant.settings import DAYS, Settings
from assistant.sparing import Found, concerned, digest_of, end_of_day, kinds_with_places, may_come_up
from assistant.store.ledger import Ledger
from assistant.store.lookup import Lookup
from assistant.store.messages import MailFacts
from assistant.store.weighed import LastWeighing, Mark
from assistant.tidings import KnownMail, without_our_drafts

if TYPE_CHECKING:
    from assistant.writing import Writer

ANSWERED_WITHIN = timedelta(days=365)
"""How far back Sent is checked for what contacts have answered: well within any look-back."""


class Weighing:
    """What is known, ready to be judged as of one moment.

    ``until``: mail dated later is not looked at (None: all mail). ``everybody``: all suggestions are wanted, held
    ones too; otherwise those that would be drafted, and only the people are weighed who may have one. ``keep``:
    what a weighing of everybody found is kept for the next sweep. ``share``: only who would care for this is weighed.
    ``about``: everything is wanted of the person with this address, and nobody else is loaded where that is enough.
    """

    def __init__(
        self,
        settings: Settings,
        facts: MailFacts,
        ledger: Ledger,
        choices: Choices,
        judged_at: datetime,
        until: datetime | None,
        *,
        everybody: bool = True,
        keep: bool = False,
        share: Share | None = None,
        about: str | None = None,
    ) -> None:
        self._settings = settings
        self._facts = facts
        self._ledger = ledger
        self._choices = choices
        self._judged_at = judged_at
        self._until = until
        self._everybody = everybody
        self._keep = keep
        self._share = share
        self._about = about
        self._given = frozenset(settings.me.addresses)
        self._accounts = frozenset(account.name for account in settings.accounts)
        self._aliases: frozenset[str] = frozenset()
        self._found: Found | None = None  # by an earlier weighing; None while everybody is weighed
        self._outdated: LastWeighing | None = None  # that weighing, where something came or changed since
        self._lists: frozenset[str] = frozenset()
        self._messages: list[Message] = []
        self._lean = False
        self._mark = Mark(0, 0)
        self._others: Mapping[str, Sequence[OtherChannel]] = {}
        self._people: list[Correspondence] = []
        self.rules = rules_of(settings)

    @cached_property
    def writer(self) -> Writer:
        """Who writes to those of whom something is not held."""
        from assistant.writing import Writer  # with all about letters, which most sweeps do not need

        return Writer(self._settings, self._share)

    def go_by(self, choices: Choices) -> None:
        """Judge by these choices from the next ``load`` on."""
        self._choices = choices

    # load

    def load(self) -> None:
        """Load what is to be weighed; what is loaded already is only brought up to date."""
        if not self._load_some() or (self._about is not None and not self._is_whole(self._about)):
            self._load_all(lean=not self._everybody)

    def _load_some(self, kinds: Set[Kind] = frozenset()) -> bool:
        """Load those for whom something may have changed since everybody was weighed; False when that is unknown.

        With them come those for whom something of these ``kinds`` may come up, or for which a place is left.
        """
        mark, last = self._facts.weighed.mark(), self._last_of_the_day()
        if last is None:
            return False
        found = Found.from_json(last.found)
        own = self._given | found.aliases
        lookup = self._facts.lookup(own)
        due = {self._about.lower()} if self._about else found.due(kinds or self._kinds_with_places())
        touched = self._facts.weighed.touched(last)
        changed = [one for one in self._drafts() if one.changed >= last.when]
        wanted = concerned(lookup, self._facts.weighed, touched, found, own, changed, due)
        if wanted is None or (touched and self._incomplete_sent(own) != found.incomplete_sent):
            return False  # who is owed something is then another matter, for everybody
        self._outdated, self._mark = last if touched or changed else None, mark
        self._found, self._aliases, self._lists, self._messages = found, found.aliases, found.lists, []
        self._people = self._people_among(lookup.of_people(wanted), wanted)
        return True

    def _is_whole(self, address: str) -> bool:
        """Tell whether what was loaded of a person is all that counts: of whom only machines wrote, it is not."""
        person = self.person(address)
        return person is not None and bool(person.threads)

    def _last_of_the_day(self) -> LastWeighing | None:
        """Return the last weighing of everybody when it still holds."""
        all_wanted = self._everybody and self._about is None
        last = None if all_wanted or self._until is not None else self._facts.weighed.last()
        return last if last and last.digest == self._digest() and last.when <= self._judged_at else None

    def _load_all(self, *, lean: bool) -> None:
        """Load everybody; ``lean``: without what machines and strangers on lists wrote, of which no draft comes."""
        mark, others = self._facts.weighed.mark(), self._ledger.other_channels()
        if self._messages and (lean, mark, others) == (self._lean, self._mark, self._others):
            return
        if self._messages and lean == self._lean and mark.newest == self._mark.newest:
            changed = {one.id: one for one in self.lookup().numbered(self._facts.weighed.changed(self._mark))}
            self._messages = [changed.get(one.id, one) for one in self._messages]
        else:
            messages = list(self._facts.messages(self._given, self._until, lean=lean))
            self._aliases = learned_aliases(messages, self._given, self._settings.cards)
            if lean:
                messages += self._posts_of_acquaintances(messages)
            self._messages = _as_written_by(messages, self._aliases) if self._aliases else messages
            self._lists = mailing_lists(self._facts.list_traffic(self._until), self._facts.senders(self._until))
        self._found, self._lean, self._mark, self._others = None, lean, mark, others
        self._people = []  # never twice in memory
        self._people = self._people_among(self._messages)

    def _posts_of_acquaintances(self, messages: Iterable[Message]) -> Iterator[Message]:
        """Return what those wrote to lists who also wrote to the user, or got mail: it shows that they are about."""
        known = acquainted(messages, self._given | self._aliases, self._settings.cards)
        senders = [address for address in self._facts.senders(self._until) if canonical(address) in known]
        return self._facts.posts(senders, self._given, self._until)

    def _people_among(self, messages: Iterable[Message], wanted: Set[str] | None = None) -> list[Correspondence]:
        """Return everybody who takes part in these messages, or those with one of these addresses."""
        others = self._ledger.other_channels()
        found = correspondences(
            without_our_drafts(messages, self._ledger.drafts()),
            own=self._given | self._aliases,
            cards=self._settings.cards,
            lists=self._lists,
            among=wanted,
            accounts=self._accounts,
        )
        return [replace(one, other_channels=_told(others, one.contact.addresses)) for one in found]

    def _incomplete_sent(self, own: frozenset[str]) -> frozenset[str]:
        """Return the accounts in whose Sent mailbox mail from these addresses, the user's, is visibly missing."""
        since = self._judged_at - ANSWERED_WITHIN
        return frozenset(name for name in self._accounts if self._facts.answered(name, own, since).visibly_incomplete)

    def lookup(self) -> Lookup:
        """Return what finds messages among those that are judged."""
        return self._facts.lookup(self._given | self._aliases, self._until)

    def _kinds_with_places(self) -> frozenset[Kind]:
        return kinds_with_places(self._drafts(), self.rules, self._judged_at)

    def _drafts(self) -> tuple[Draft, ...]:
        return tuple(self._as_it_counts(one) for one in self._ledger.drafts() if one.state is not DraftState.PLANNED)

    def _as_it_counts(self, draft: Draft) -> Draft:
        """Return a draft as it counts: in an account that was given up nobody follows it, and its time ends too."""
        days = self._settings.restraint.withdraw_after_days
        over = draft.created + timedelta(days=days) <= self._judged_at
        lost = draft.state.live and draft.account not in self._accounts and over
        return replace(draft, state=DraftState.GONE) if lost else draft

    def _digest(self) -> str:
        return digest_of(self._settings, self._choices, self._ledger.other_channels(), self._judged_at)

    # what is asked of it

    @property
    def people(self) -> Sequence[Correspondence]:
        """Return everybody who was loaded."""
        return self._people

    @property
    def aliases(self) -> frozenset[str]:
        """Return the addresses that were learned to be the user's."""
        return self._aliases

    def person(self, address: str) -> Correspondence | None:
        """Return what was exchanged with the person of this address, None when there is nothing."""
        wanted = address.lower()
        return next((one for one in self._people if wanted in one.contact.addresses), None)

    def opted_out(self) -> frozenset[str]:
        """Return the addresses of those among the loaded who asked to be left alone."""
        return frozenset(opted_out(self._people))

    def population(self) -> Population:
        """Return what is usual among all contacts."""
        if self._found is not None:
            return self._found.population
        return population_of(self._people, self._settings.zone, self._judged_at)

    def mail_about(self, message_ids: Collection[str], addresses: Collection[str] = ()) -> KnownMail:
        """Return what is known of these messages and of the mail with these people."""
        if not self._messages:
            last = self._last_of_the_day()
            if last is None:
                self.load()
            else:
                self._aliases = Found.from_json(last.found).aliases
        return KnownMail(self.lookup().about(message_ids, addresses))

    def mail_between(self, message_ids: Collection[str], addresses: Collection[str]) -> KnownMail:
        """Return what is known of these messages and their threads, and of the mail with these people.

        People answer from other addresses of theirs, and these are told by the thread.
        """
        mail = self.mail_about(message_ids, {*addresses, *map(canonical, addresses)}).messages
        around = self.lookup().around([one.id for one in mail if one.message_id in message_ids])
        return KnownMail({one.id: one for one in (*mail, *around)}.values())

    def bodies_needed(self) -> list[Message]:
        """Return the messages whose words must be read before judging: first what came back, then by need."""
        if self.rules.headers_only:
            return []
        came_back = self.lookup().unread_bounces(self._judged_at - timedelta(days=self.rules.reading_days))
        needed = [*reversed(came_back), *bodies_needed(self._people, self.rules, self._judged_at)]
        return [one for one in needed if one.account in self._accounts]

    def decided_by_marks(self) -> list[Message]:
        r"""Return asks below the bar of people not weighed now: ``\Flagged`` would bring them up."""
        if self._found is None or Kind.CHECK_IN not in self._kinds_with_places():
            return []
        return self.lookup().numbered(self._found.below_bar)

    def suggestions(
        self, unread: Collection[str], *, by_hand: bool, contact: str | None, writable: Collection[str] | None = None
    ) -> list[Suggestion]:
        """Return all suggestions, best first, held ones included; with ``contact`` those for one person only.

        ``unread`` names the accounts that could not be read, ``writable`` those whose drafts may take today's
        places (None: all that are configured).
        """
        if unread and (self._found is not None or self._lean):
            # What machines sent tells as well that a person was ever seen in an account.
            self._load_all(lean=False)
        weighed = self._weighed(frozenset(unread), contact)
        open_kinds = self._kinds_with_places()
        chosen_among_all = self._found is not None and self._about is None
        if chosen_among_all and any(one.held is None and one.kind in open_kinds for one in weighed):
            # Something will be drafted: what stands before it in the queue counts, though its own places are taken.
            self._load_some(frozenset(Kind))
            weighed = self._weighed(frozenset(unread), contact)
        if writable is None:
            writable = self._accounts
        return choose(weighed, self._drafts(), self.rules, self._judged_at, by_hand=by_hand, writable=writable)

    def _weighed(self, unread: frozenset[str], contact: str | None) -> list[Suggestion]:
        drafts = self._drafts()
        incomplete = (
            self._found.incomplete_sent
            if self._found is not None
            else self._incomplete_sent(self._given | self._aliases)
        )
        circumstances = Circumstances(
            addresses=(*self._settings.me.addresses, *sorted(self._aliases)),
            unread=unread,
            incomplete_sent=incomplete,
            seen_in=self._seen_in(unread | incomplete),
            choices=self._choices,
            drafts=drafts,
            offers_for=self.writer.offers_for(self._people, drafts) if self._people and self._settings.offers else {},
            share_key=self._share.key if self._share else "",
            share_for=self._who_would_care(),
        )
        wanted = contact.lower() if contact is not None else None
        people = [one for one in self._people if wanted is None or wanted in one.contact.addresses]
        keep = self._keep and not unread and contact is None
        if self._found is not None:
            weighed = self._weigh_some(people, self._found, circumstances, keep=keep)
        else:
            weighed = self._weigh_all(people, circumstances, keep=keep)
        found = [one for suggestions in weighed.values() for one in suggestions]
        if all(one.held is not None for one in found):
            return found
        self.writer.meet(self._people)
        return [self.writer.hold_unwritable(one) for one in found]

    def _seen_in(self, accounts: frozenset[str]) -> Mapping[str, frozenset[str]]:
        """Return in which of these accounts those who were loaded were ever seen."""
        theirs = {address for one in self._people for address in one.contact.addresses}
        return self.lookup().seen_in(accounts, theirs) if accounts else {}

    def _who_would_care(self) -> dict[str, str]:
        """Return, by contact address, what of theirs in contacts.toml the thing to share fits."""
        if self._share is None:
            return {}
        cards = ((one.contact.address, one.contact.card) for one in self._people)
        fitting = ((address, cares_about(self._share.topic, card)) for address, card in cards if card is not None)
        return {address: own for address, own in fitting if own is not None}

    def _weigh_all(
        self, people: Sequence[Correspondence], circumstances: Circumstances, *, keep: bool
    ) -> dict[str, list[Suggestion]]:
        """Return the suggestions for each, by address."""
        population, surroundings = self.population(), surroundings_of(self._people)
        scales = (population, circumstances, self.rules, self._judged_at, surroundings)
        weighed = {
            one.contact.address: weigh(one, *scales, for_drafts=not self._everybody)
            for one in people
            if self._everybody or one.contact.confirmed
        }
        if keep and not self._everybody and not self.bodies_needed():
            found = Found(
                population,
                surroundings.common_reply_days,
                self._aliases,
                self._lists,
                may_be_due=self._may_be_due(weighed, population, circumstances, surroundings),
                below_bar=_below_bar(weighed),
                incomplete_sent=circumstances.incomplete_sent,
            )
            self._facts.weighed.keep(
                self._digest(), self._judged_at, self._mark, found.as_json(), map(_spellings, self._people)
            )
        return weighed

    def _weigh_some(
        self, people: Sequence[Correspondence], found: Found, circumstances: Circumstances, *, keep: bool
    ) -> dict[str, list[Suggestion]]:
        """Return the suggestions for each, by address, as ``_weigh_all``."""
        usual = Surroundings(common_reply_days=found.common_reply_days)
        weighed = {}
        for person in people:
            scales = (found.population, circumstances, self.rules, self._judged_at)
            suggestions = weigh(person, *scales, usual, for_drafts=not self._everybody)
            open_ones = suggestions if self._everybody else [one for one in suggestions if one.held is None]
            if asked := [one.about for one in open_ones if _others_may_have_answered(one)]:
                known = replace(usual, answered=self._answers_to(asked))
                suggestions = weigh(person, *scales, known, for_drafts=not self._everybody)
            weighed[person.contact.address] = suggestions
        if keep and self._outdated is not None and not self.bodies_needed():
            coming = self._may_be_due(weighed, found.population, circumstances, usual)
            renewed = found.renewed(self._people, coming, _below_bar(weighed)).as_json()
            self._facts.weighed.renew(
                self._outdated, self._judged_at, self._mark, renewed, map(_spellings, self._people)
            )
        return weighed

    def _may_be_due(
        self,
        weighed: Mapping[str, Sequence[Suggestion]],
        population: Population,
        circumstances: Circumstances,
        surroundings: Surroundings,
    ) -> dict[str, frozenset[Kind]]:
        """Return the addresses of those of whom something may come up today, with its kinds."""
        evening = end_of_day(self._judged_at, self.rules.zone)
        scales = (population, circumstances, self.rules, evening, surroundings)
        return {
            address: kinds
            for one in self._people
            if (now := weighed.get(one.contact.address))
            and (kinds := may_come_up(now, weigh(one, *scales, for_drafts=True)))
            for address in one.contact.addresses
        }

    def _answers_to(self, asked: Iterable[Message]) -> Mapping[str, Message]:
        """Return what anybody answered to these messages of the user's."""
        to = {one.address for message in asked for one in (*message.to, *message.cc)}
        everyone = self._facts.weighed.people_of(to | set(map(canonical, to)))
        return surroundings_of(self._people_among(self.lookup().of_people(everyone), everyone)).answered


def _below_bar(weighed: Mapping[str, Sequence[Suggestion]]) -> frozenset[int]:
    """Return the numbers of asks that are held by nothing but their score."""
    return frozenset(
        one.about.id
        for suggestions in weighed.values()
        for one in suggestions
        if one.held is HeldBecause.BELOW_BAR and one.kind is Kind.CHECK_IN
    )


def _spellings(person: Correspondence) -> set[str]:
    return {*person.contact.addresses, *map(canonical, person.contact.addresses)}


def _others_may_have_answered(suggestion: Suggestion) -> bool:
    return suggestion.kind is Kind.CHECK_IN and len(suggestion.about.to) + len(suggestion.about.cc) > 1


def _as_written_by(messages: Iterable[Message], aliases: frozenset[str]) -> list[Message]:
    """Return the messages, those from an alias of the user's as outgoing."""
    return [
        one._replace(outgoing=True) if one.sender is not None and one.sender.address in aliases else one
        for one in messages
    ]


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
