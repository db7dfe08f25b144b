"""From a suggestion to the letter that is laid: language, facts, words, manners, message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from assistant.correspondence.text import own_words
from assistant.drafting import etiquette
from assistant.drafting.facts import is_formal, language_of, letter_facts, needs_word
from assistant.drafting.message import can_be_addressed, compose
from assistant.drafting.offers import Offer, match
from assistant.drafting.shelf import has_language, phrases, shelves
from assistant.drafting.wording import render
from assistant.errors import MessageError, TemplateError
from assistant.laying import Page
from assistant.mailbox.door import Door
from assistant.mailbox.headers import read_headers
from assistant.model import Card, Correspondence, Draft, HeldBecause, Kind, Message, Suggestion
from assistant.settings import Settings

OFFERING = frozenset({Kind.OFFER, Kind.RECONNECT})


class Writer:
    """Writes the letters of one sweep, with the user's templates before ours."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._directories = shelves(settings.directory / "templates")
        self._offers = tuple(
            Offer(one.text, one.topics, one.for_whom, one.language or settings.me.language) for one in settings.offers
        )

    def hold_unwritable(self, suggestion: Suggestion) -> Suggestion:
        """Return the suggestion, held when there is no template in this contact's language or no way to address them."""
        if suggestion.held is not None:
            return suggestion
        if not can_be_addressed(suggestion.contact.address):
            return replace(suggestion, held=HeldBecause.AMBIGUOUS)
        language = language_of(suggestion, self._settings.me.language)
        if has_language(language, suggestion.kind, self._directories):
            return suggestion
        return replace(suggestion, held=HeldBecause.NO_TEMPLATE)

    def offers_for(self, people: Sequence[Correspondence], drafts: Collection[Draft]) -> dict[str, str]:
        """Return, by contact address, the text of the offer that fits what a contact is working towards."""
        found = {}
        for person in people:
            offer = self._offer(person.contact.addresses, person.contact.card, drafts)
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
        language = language_of(suggestion, me.language)
        contact = suggestion.contact
        offer = self._offer(contact.addresses, contact.card, drafts, language) if suggestion.kind in OFFERING else None
        lines = _OwnLines(door, suggestion)
        spoken = phrases(language, self._directories)
        facts = letter_facts(
            suggestion,
            language=language,
            phrases=spoken,
            me_name=me.name,
            now=now,
            zone=self._settings.zone,
            offer=offer,
            signature=self._settings.drafts.signature,
            about_lines=lines.of(suggestion.about),
            our_lines=lines.newest(outgoing=True),
            their_lines=lines.newest(outgoing=False),
        )
        wording = render(suggestion.kind, facts, self._directories)
        if found := etiquette.findings(
            wording.text,
            kind=suggestion.kind,
            language=language,
            formal=is_formal(suggestion),
            contact_name=contact.name,
            user_name=me.name,
            given=[offer.text] if offer else [],
            signature=self._settings.drafts.signature,
        ):
            raise TemplateError(
                f"The draft for {contact.name or contact.address} from {wording.template} was not written: "
                + "; ".join(f"{one.rule}: {one.what}" for one in found)
                + ".",
                "Change the template, or delete your copy of it so that the shipped one is used again.",
            )
        letter = compose(
            suggestion,
            wording,
            me_name=me.name,
            now=now,
            references=lines.references(),
            quoted=lines.of(suggestion.reply_to) if self._settings.drafts.quote_original else (),
        )
        missing = needs_word(
            suggestion.kind,
            name=contact.name or contact.address,
            topic=facts.topic,
            asked=facts.asked,
            promised=facts.promised,
        )
        return Page(replace(suggestion, needs_word=missing), letter, offer.key if offer else None)

    def _offer(
        self, addresses: Collection[str], card: Card | None, drafts: Collection[Draft], language: str | None = None
    ) -> Offer | None:
        given = {draft.gift for draft in drafts if draft.gift and draft.contact in addresses}
        return match(self._offers, card, given, language) if card is not None else None


class _OwnLines:
    """The own words of a few mails, fetched when they are needed; none where a mail is gone."""

    def __init__(self, door: Door, suggestion: Suggestion) -> None:
        self._door = door
        self._suggestion = suggestion

    def of(self, message: Message | None) -> list[str]:
        """Return the own words of a message, line by line."""
        if message is None or message.uid is None or message.account != self._door.account:
            return []
        try:
            body = self._door.body(message.mailbox, message.uid)
        except MessageError:
            return []
        return own_words(body.text, html=body.html).splitlines()

    def newest(self, *, outgoing: bool) -> list[str]:
        """Return the own words of the newest message of one side of the thread."""
        thread = self._suggestion.thread
        messages = reversed(thread.messages) if thread else iter([self._suggestion.about])
        return self.of(next((message for message in messages if message.outgoing is outgoing), None))

    def references(self) -> tuple[str, ...]:
        """Return the References of the message that is replied to; empty when it has none, or is gone."""
        target = self._suggestion.reply_to
        if target is None or target.uid is None or target.account != self._door.account:
            return ()
        for raw in self._door.headers(target.mailbox, [target.uid]):
            return read_headers(raw.block).references
        return ()
