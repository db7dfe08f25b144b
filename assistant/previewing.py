"""A letter as it would read for a person, from what is known without asking a mailbox."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from assistant.correspondence.people import canonical
from assistant.drafting import etiquette, proof
from assistant.drafting.facts import FRIENDLY, LetterFacts, language_between, letter_facts
from assistant.drafting.offers import Offer, match
from assistant.drafting.profile import newest_first
from assistant.drafting.shelf import phrases, shelves, template
from assistant.drafting.wording import Wording, render_sheet
from assistant.model import (
    Address,
    Contact,
    Correspondence,
    Kind,
    MailKind,
    Message,
    Role,
    Signal,
    Silence,
    Suggestion,
    Thread,
)
from assistant.on_record import on_record
from assistant.settings import Settings

OURS_IS_ABOUT = frozenset({Kind.CHECK_IN, Kind.DELIVER_PROMISE})


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it would read: ``template`` is the file it is made of, ``findings`` what the etiquette check says.

    ``remarks`` tell what of it stands for something that is not known.
    """

    template: Path
    wording: Wording
    findings: tuple[etiquette.Finding, ...]
    remarks: tuple[str, ...]


def preview(
    settings: Settings, state: Path, kind: Kind, address: str, now: datetime, *, language: str | None = None
) -> Preview:
    """Return the letter of a kind for the person with this address; plain facts stand for a person who is not known.

    ``language`` counts instead of the one they would be written to in. Raises TemplateError when there is no such
    template or it cannot be used.
    """
    remarks: list[str] = []
    person = _person(settings, state, address, now)
    if not person.threads:
        remarks.append(f"There is no mail with {address}: it is a letter to somebody of whom little is known.")
    card = person.contact.card
    spoken = language or language_between(card, newest_first(person), settings.me.language)
    directories = shelves(settings.directory / "templates")
    sheet = template(spoken, kind, directories)
    words = phrases(spoken, directories)
    suggestion = _suggestion(person, kind, address, now, settings)
    facts = letter_facts(
        suggestion,
        language=spoken,
        phrases=words,
        me_name=settings.me.name,
        now=now,
        zone=settings.zone,
        offer=_offer(settings, person, kind, spoken),
        signature=settings.drafts.signature,
        earlier=newest_first(person),
        home_language=settings.me.language,
    )
    facts = _with_specimens(facts, proof.specimen(kind, spoken, words, formal=facts.formal), kind, remarks)
    wording = render_sheet(sheet, facts)
    found = proof.judged(
        wording, kind, facts, person.contact.name, settings.me.name, signature=settings.drafts.signature
    )
    if person.threads:
        remarks.append("A draft also greets and closes as your last mails to them do; those are not fetched here.")
    return Preview(sheet.path, wording, found, tuple(remarks))


def _person(settings: Settings, state: Path, address: str, now: datetime) -> Correspondence:
    with on_record(settings, state, now) as record:
        known = record.weighing.person(address)
    if known is not None:
        return known
    same = canonical(address)
    card = next((one for one in settings.cards if same in map(canonical, one.addresses)), None)
    contact = Contact(address.lower(), card.name if card else "", (address.lower(),), False, card)
    return Correspondence(contact, (), ())


def _suggestion(person: Correspondence, kind: Kind, address: str, now: datetime, settings: Settings) -> Suggestion:
    """Return a suggestion of this kind about the newest thread in which the side it is about has written."""
    outgoing = kind in OURS_IS_ABOUT
    thread = _thread(person, outgoing=outgoing)
    about = _about(thread, outgoing=outgoing) if thread is not None else _nothing(address)
    return Suggestion(
        account=about.account,
        kind=kind,
        score=0.0,
        reason="",
        contact=person.contact,
        thread=thread,
        silent_days=0,
        usual_reply_days=None,
        evidence=(),
        silence=Silence(about.message_id or "", about.when or now),
        about=about,
        reply_to=None if kind in FRIENDLY or thread is None else thread.last,
        identity=settings.me.addresses[0],
    )


def _thread(person: Correspondence, *, outgoing: bool) -> Thread | None:
    newest = sorted(person.threads, key=lambda one: one.last.when.timestamp() if one.last.when else 0.0, reverse=True)
    fit = (one for one in newest if any(message.outgoing is outgoing for message in one.messages))
    return next(fit, newest[0] if newest else None)


def _about(thread: Thread, *, outgoing: bool) -> Message:
    return next((one for one in reversed(thread.messages) if one.outgoing is outgoing), thread.last)


def _nothing(address: str) -> Message:
    """Return a mail that tells nothing, for somebody there is no mail with."""
    return Message(
        id=0,
        account="",
        mailbox="",
        role=Role.INBOX,
        uid=None,
        message_id=None,
        thread=0,
        sender=Address(address),
        reply_to=None,
        to=(),
        cc=(),
        subject="",
        when=None,
        kind=MailKind.PERSONAL,
        signals=Signal(0),
        size=0,
        outgoing=False,
    )


def _offer(settings: Settings, person: Correspondence, kind: Kind, language: str) -> Offer | None:
    card = person.contact.card
    if kind not in proof.OFFERING or card is None:
        return None
    offers = [
        Offer(one.text, one.topics, one.for_whom, one.language or settings.me.language) for one in settings.offers
    ]
    return match(offers, card, (), language)


def _with_specimens(facts: LetterFacts, specimen: LetterFacts, kind: Kind, remarks: list[str]) -> LetterFacts:
    """Return the facts with a specimen of what a letter of this kind cannot be without."""
    if kind is Kind.OFFER and facts.offer is None:
        remarks.append("No offer of yours fits them; another one stands for it, to show the letter.")
        return replace(facts, offer=specimen.offer)
    if kind is Kind.SHARE:
        remarks.append("The thing that is passed on is only an example.")
        return replace(facts, share=specimen.share, share_topic=specimen.share_topic)
    return facts
