"""From a suggestion to the letter that is laid: language, facts, words, manners, message."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from assistant.correspondence.text import own_words
from assistant.drafting import etiquette
from assistant.drafting.digest import standing
from assistant.drafting.facts import (
    LetterFacts,
    above_quote,
    exchanged,
    is_formal,
    language_between,
    language_of,
    letter_facts,
    needs_word,
    topic_for,
    when_phrase,
)
from assistant.drafting.message import can_be_addressed, compose
from assistant.drafting.offers import Offer, Share, match
from assistant.drafting.shelf import Phrases, has_language, has_phrases, phrases, shelves
from assistant.drafting.wording import render, shape
from assistant.errors import MessageError, TemplateError
from assistant.laying import Page
from assistant.mailbox.door import Door
from assistant.mailbox.headers import read_headers
from assistant.model import Contact, Correspondence, Draft, Evidence, HeldBecause, Kind, Message, Suggestion
from assistant.settings import Settings

OFFERING = frozenset({Kind.OFFER, Kind.RECONNECT})
EARLIEST = datetime.min.replace(tzinfo=UTC)
MAILS_LOOKED_AT = 3
"""So many of the newest mails of each side, and of those that began a thread, show how the two greet and sign."""
VARIANTS = 6
"""A letter is moved on by so many variants at most, to find one that nobody else gets in the same sweep."""


class Writer:
    """Writes the letters of one sweep, with the user's templates before ours."""

    def __init__(self, settings: Settings, share: Share | None = None) -> None:
        self._settings = settings
        self._share = share
        self._directories = shelves(settings.directory / "templates")
        self._shapes: set[str] = set()
        self._mails: dict[str, list[Message]] = {}
        self._names: frozenset[str] = frozenset()
        self._offers = tuple(
            Offer(one.text, one.topics, one.for_whom, one.language or settings.me.language) for one in settings.offers
        )

    def begin(self) -> None:
        """Begin the letters of a sweep, or begin them anew: no variant was used yet."""
        self._shapes.clear()

    def meet(self, people: Iterable[Correspondence]) -> None:
        """Take note of all that was exchanged with these people: it shows how they and the user write to each other."""
        people = list(people)
        self._names = frozenset(name for person in people for name in _called(person.contact))
        self._mails = {
            person.contact.address: sorted(
                (message for thread in person.threads for message in thread.messages if message.when is not None),
                key=lambda message: message.when or EARLIEST,
                reverse=True,
            )
            for person in people
        }

    def hold_unwritable(self, suggestion: Suggestion) -> Suggestion:
        """Return the suggestion, held when it cannot be written in this contact's language or not be addressed."""
        if suggestion.held is not None:
            return suggestion
        if not can_be_addressed(suggestion.contact.address):
            return replace(suggestion, held=HeldBecause.AMBIGUOUS)
        earlier = self._mails.get(suggestion.contact.address, ())
        language = language_of(suggestion, self._settings.me.language, earlier)
        if not has_language(language, suggestion.kind, self._directories):
            return replace(suggestion, held=HeldBecause.NO_TEMPLATE)
        if suggestion.kind is Kind.OFFER:
            formal = is_formal(suggestion, earlier)
            if self._offer(suggestion.contact, (), language, formal) is None:
                return replace(suggestion, held=HeldBecause.NO_TEMPLATE)
        if suggestion.kind is Kind.SHARE and not self._passes_on(language):
            assert self._share is not None
            fact = f"It is worded in {self._share.language}, you write to them in {language}; a link alone would do."
            evidence = (*suggestion.evidence, Evidence(fact, None))
            return replace(suggestion, held=HeldBecause.NO_TEMPLATE, evidence=evidence)
        return suggestion

    def _passes_on(self, language: str) -> bool:
        """Tell whether what is shared can go into a letter of this language."""
        share = self._share
        return share is None or not share.has_words or share.language in (None, language)

    def offers_for(self, people: Sequence[Correspondence], drafts: Collection[Draft]) -> dict[str, str]:
        """Return, by contact address, the text of the offer that fits what a contact is working towards."""
        found = {}
        for person in people:
            card, messages = person.contact.card, reversed(person.messages)
            language = language_between(card, messages, self._settings.me.language) if card is not None else None
            offer = self._offer(person.contact, drafts, language)
            if offer is not None:
                found[person.contact.address] = offer.text
        return found

    def write(self, suggestion: Suggestion, door: Door, drafts: Collection[Draft], now: datetime) -> Page:
        """Return the letter for a suggestion.

        The lines it builds on are fetched again through ``door`` and forgotten. Raises TemplateError when
        the template cannot be used or its words are not courteous, MessageError when no message can be
        built, and what the door raises.
        """
        me = self._settings.me
        earlier = self._mails.get(suggestion.contact.address, ())
        language = language_of(suggestion, me.language, earlier)
        contact = suggestion.contact
        offer = None
        if suggestion.kind in OFFERING:
            offer = self._offer(contact, drafts, language, is_formal(suggestion, earlier))
        shared = self._share if suggestion.kind is Kind.SHARE else None
        lines = _OwnLines(
            door,
            suggestion,
            exchanged(suggestion, earlier),
            headers_only=self._settings.reading.headers_only,
        )
        words = phrases(language, self._directories)
        facts = letter_facts(
            suggestion,
            language=language,
            phrases=words,
            me_name=me.name,
            now=now,
            zone=self._settings.zone,
            offer=offer,
            share=shared,
            signature=self._settings.drafts.signature,
            about_lines=lines.of(suggestion.about),
            our_mails=lines.newest(outgoing=True),
            their_mails=lines.newest(outgoing=False),
            earlier=earlier,
            home_language=me.language,
        )
        others = self._others(contact, lines.messages, facts)
        facts = self._unlike_others(suggestion.kind, _discreet(facts, others))
        wording = render(suggestion.kind, facts, self._directories)
        if found := etiquette.findings(
            wording.text,
            kind=suggestion.kind,
            language=language,
            formal=facts.formal,
            contact_name=contact.name,
            user_name=me.name,
            given=[one.text for one in (offer, shared) if one],
            signature=self._settings.drafts.signature,
            third_parties=others,
            subject=wording.subject if facts.fresh else None,
        ):
            raise TemplateError(
                f"The draft for {contact.name or contact.address} from {wording.template} was not written: "
                + "; ".join(one.reason for one in found)
                + ".",
                "Change the template, or delete your copy of it so that the shipped one is used again.",
            )
        original = suggestion.reply_to if self._settings.drafts.quote_original else None
        letter = compose(
            suggestion,
            wording,
            me_name=me.name,
            now=now,
            references=lines.references(),
            quoted=lines.of(original),
            above_quote=above_quote(original, me.name, self._settings.zone, words) if original is not None else "",
        )
        missing = self._missing(suggestion, facts)
        told, gift = self._standing(suggestion, facts, now), offer or shared
        return Page(replace(suggestion, needs_word=missing), letter, gift.key if gift else None, told)

    def _others(self, contact: Contact, messages: Iterable[Message], facts: LetterFacts) -> list[str]:
        """Return the names of third persons: everybody met, and who else stands in the mails with this contact.

        Whom the subject of their own thread or the user's own promise names is no secret between the two.
        """
        messages = list(messages)
        seen = {one.name for mail in messages for one in (mail.sender, *mail.to, *mail.cc) if one is not None}
        both = [contact.name, self._settings.me.name, *_called(contact)]
        known = " / ".join([facts.promised or "", *(mail.subject for mail in messages)])
        others = self._names | seen
        return [*others - set(etiquette.named_in(known, others)) - set(both)]

    def _unlike_others(self, kind: Kind, facts: LetterFacts) -> LetterFacts:
        """Return the facts with the seed moved on to a variant that nobody got in this sweep, where there is one.

        The user sees the letters of a day side by side; two of one cut look like a form.
        """
        for step in range(VARIANTS):
            moved = replace(facts, seed=facts.seed + step)
            cut = shape(kind, moved, self._directories)
            if cut not in self._shapes:
                self._shapes.add(cut)
                return moved
        return facts

    def _missing(self, suggestion: Suggestion, facts: LetterFacts) -> str | None:
        """Return what only the user can add, in the user's language; in English where it has no words for it."""
        mine, spoken = self._to_the_user("needs_word")
        return needs_word(
            suggestion.kind,
            facts if facts.language == mine else replace(facts, promised=None),  # it is worded in the letter's
            name=suggestion.contact.name or suggestion.contact.address,
            topic=topic_for(suggestion, mine, spoken),
            sentences=spoken.needs_word,
        )

    def _standing(self, suggestion: Suggestion, facts: LetterFacts, now: datetime) -> str:
        """Return where things stand and why the draft comes now, in the user's language as ``_missing``."""
        _, spoken = self._to_the_user("standing")
        return standing(
            suggestion,
            asked=facts.asked,
            name=suggestion.contact.name or suggestion.contact.address,
            when=when_phrase(suggestion.about.when or now, now, self._settings.zone, spoken),
            sentences=spoken.standing,
        )

    def _to_the_user(self, section: str) -> tuple[str, Phrases]:
        """Return the user's language and its phrases, English when it lacks a section of sentences to the user."""
        mine = self._settings.me.language
        spoken = phrases(mine, self._directories) if has_phrases(mine, self._directories) else None
        if spoken is None or not getattr(spoken, section):
            return "en", phrases("en", self._directories)
        return mine, spoken

    def _offer(
        self, contact: Contact, drafts: Collection[Draft], language: str | None, formal: bool | None = None
    ) -> Offer | None:
        """Return the best offer for a contact that they never got, in a language and a register when these matter."""
        if contact.card is None:
            return None
        given = {draft.gift for draft in drafts if draft.gift and draft.contact in contact.addresses}
        fit = [one for one in self._offers if not any(etiquette.wrong_register(one.text, one.language, formal))]
        return match(fit, contact.card, given, language)


def _called(contact: Contact) -> list[str]:
    return [name for name in (contact.name, contact.card.name if contact.card else "") if name]


def _discreet(facts: LetterFacts, others: Iterable[str]) -> LetterFacts:
    """Return the facts without a goal or question that names a third person: such words are not meant for others."""
    others = [*others]
    if any(etiquette.named_in(facts.cares_about or "", others)):
        facts = replace(facts, cares_about=None, since=None, wish=None, aim=None)
    return replace(facts, question=None) if any(etiquette.named_in(facts.question or "", others)) else facts


class _OwnLines:
    """The own words of a few mails, fetched when they are needed; none where a mail is gone, or no body is read.

    ``messages`` are all that were exchanged with the contact, newest first.
    """

    def __init__(self, door: Door, suggestion: Suggestion, messages: Sequence[Message], *, headers_only: bool) -> None:
        self._door = door
        self._headers_only = headers_only
        self._suggestion = suggestion
        self._fetched: dict[tuple[str, int | None], list[str]] = {}  # by mailbox and UID
        self.messages = messages

    def of(self, message: Message | None) -> list[str]:
        """Return the own words of a message, line by line."""
        if message is None:
            return []
        self._fetch([message])
        return self._fetched.get((message.mailbox, message.uid), [])

    def newest(self, *, outgoing: bool) -> list[list[str]]:
        """Return the own words of the newest messages of one side, then of older ones that began a thread.

        A quick answer often has neither greeting nor closing.
        """
        first = {message.thread: message for message in self.messages}
        near = [one for one in self.messages if one.outgoing is outgoing and self._reaches(one)]
        newest = near[:MAILS_LOOKED_AT]
        began = (one for one in near[MAILS_LOOKED_AT:] if first[one.thread] is one)
        chosen = [*newest, *islice(began, MAILS_LOOKED_AT)]
        self._fetch(chosen)
        return [self.of(message) for message in chosen]

    def _fetch(self, messages: Iterable[Message]) -> None:
        """Fetch what is not there yet, all of a mailbox at once: each mail by itself would be two round trips."""
        missing: dict[str, list[int]] = {}
        for one in messages:
            if one.uid is not None and self._reaches(one) and (one.mailbox, one.uid) not in self._fetched:
                missing.setdefault(one.mailbox, []).append(one.uid)
        for mailbox, uids in missing.items():
            self._fetched.update(((mailbox, uid), []) for uid in uids)  # a mail that is gone is not asked for again
            for uid, body in self._door.bodies(mailbox, uids):
                lines = [] if isinstance(body, MessageError) else own_words(body.text, html=body.html).splitlines()
                self._fetched[mailbox, uid] = lines

    def _reaches(self, message: Message) -> bool:
        return message.uid is not None and message.account == self._door.account and not self._headers_only

    def references(self) -> tuple[str, ...]:
        """Return the References of the message that is replied to; empty when it has none, or is gone."""
        target = self._suggestion.reply_to
        if target is None or target.uid is None or target.account != self._door.account:
            return ()
        for raw in self._door.headers(target.mailbox, [target.uid]):
            return read_headers(raw.block).references
        return ()
