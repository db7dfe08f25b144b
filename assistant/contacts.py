"""The people the user writes with: at a glance, and one of them with the source of every fact."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from assistant.correspondence.people import canonical
from assistant.drafting.names import closing_used, greeting_used
from assistant.drafting.plain import words_of
from assistant.drafting.profile import Profile, newest_first, profile_of
from assistant.drafting.proposals import Proposal, as_lines, proposals
from assistant.drafting.shelf import Phrases, has_phrases, phrases, shelves
from assistant.model import Card, Contact, Correspondence, CueKind, Message, Trouble
from assistant.on_record import on_record
from assistant.opening import Connect, connect_to_server
from assistant.problems import line_of
from assistant.recalling import Recall
from assistant.settings import CONTACTS, IMPORTED, ContactSettings, Settings
from assistant.settings_file import SettingsFile
from assistant.weighing import Weighing

MAILS_PROPOSING = 15
MAILS_SHOWING_HABITS = 3
LOOKED_AT = timedelta(days=365)  # bodies older than this are never read


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known of a person: what, its value, and where it is from."""

    what: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Portrait:
    """All that is known of a person.

    ``lines`` are ready to be pasted into contacts.toml, at ``place`` when the person stands there already ("" when
    not). ``errors`` are accounts whose mails could not be fetched again.
    """

    profile: Profile
    facts: tuple[Fact, ...]
    proposals: tuple[Proposal, ...]
    lines: tuple[str, ...]
    place: str
    errors: tuple[Trouble, ...]


def everybody(settings: Settings, state: Path, now: datetime) -> list[Profile]:
    """Return everybody known from mail or from the contacts files, in no order. Asks no mailbox."""
    with on_record(settings, state, now) as record:
        population = record.weighing.population()
        return [profile_of(one, population, settings.zone, now) for one in _all_people(record.weighing, settings)]


def portrait(
    settings: Settings, state: Path, address: str, now: datetime, *, connect: Connect = connect_to_server
) -> Portrait | None:
    """Return all that is known of the person with this address, None when nothing is.

    Greeting, sign-off and proposals come from mails that are fetched again; where that fails, and with
    ``headers_only``, they are left out.
    """
    with ExitStack() as stack:
        _, ledger, weighing = stack.enter_context(on_record(settings, state, now))
        wanted = address.lower()
        people = _all_people(weighing, settings)
        person = next((one for one in people if wanted in one.contact.addresses), None)
        if person is None:
            return None
        profile = profile_of(person, weighing.population(), settings.zone, now)
        recall = Recall(settings, ledger, now, connect, stack)
        sources = _Sources(settings, person)
        language = profile.language or settings.me.language
        found = proposals(_their_words(person, now, recall.own_words), person.contact.card, language)
        return Portrait(
            profile,
            (*_facts(profile, sources, settings), *_habits(person, language, sources, settings, now, recall.own_words)),
            tuple(found),
            _pasted(found, person.contact, sources.place_in(CONTACTS)),
            sources.place_in(CONTACTS),
            tuple(recall.errors),
        )


def _all_people(weighing: Weighing, settings: Settings) -> list[Correspondence]:
    """Return those with mail, and behind them those of the contacts files without any."""
    people = list(weighing.people)
    met = {canonical(address) for one in people for address in one.contact.addresses}
    for card in settings.cards:
        if not met & set(map(canonical, card.addresses)):
            met |= set(map(canonical, card.addresses))
            contact = Contact(card.addresses[0], card.name, tuple(sorted(card.addresses)), card.written, card)
            people.append(Correspondence(contact, (), ()))
    return people


class _Sources:
    """Tells where facts about one person are from."""

    def __init__(self, settings: Settings, person: Correspondence) -> None:
        self._zone = settings.zone
        self._person = person
        files = ((CONTACTS, settings.contacts), (IMPORTED, settings.imported))
        self._entries = {
            name: _entry(SettingsFile(settings.directory / name).text, entries, person.contact)
            for name, entries in files
        }

    def written(self, key: str) -> str:
        """Return the file and line where a value of the card stands, "" when no file says it."""
        for name, (text, number, entry) in self._entries.items():
            if entry is not None and getattr(entry, key):
                return f"{name}, line {line_of(text, ('contacts', number, key))}"
        return ""

    def place_in(self, name: str) -> str:
        """Return the file and line where the person's table begins, "" when they do not stand there."""
        text, number, entry = self._entries[name]
        return f"{name}, line {line_of(text, ('contacts', number, 'addresses'))}" if entry is not None else ""

    def of_address(self, address: str) -> str:
        """Return where it is known from that this address is theirs."""
        told = [self.place_in(name) for name, (_, _, entry) in self._entries.items() if _names(entry, address)]
        mails = [one for one in self._person.messages if one.sender is not None and one.sender.address == address]
        to = [one for one in self._person.messages if one.outgoing and address in _recipients(one)]
        if mails:
            told.append(f"{_mails(len(mails))} from it, the last of {self.day(mails[-1])}")
        if to:
            told.append(f"{_mails(len(to))} to it, the last of {self.day(to[-1])}")
        return "; ".join(told) + self._learned(address, [*mails, *to])

    def _learned(self, address: str, mails: Sequence[Message]) -> str:
        """Return why an address that stands in no file belongs to a person who has another one."""
        others = [one for one in self._person.contact.addresses if one != address]
        if not others or any(_names(entry, address) for _, _, entry in self._entries.values()):
            return ""
        if canonical(address) in map(canonical, others):
            return "; learned: the same inbox by the rules of addresses"
        if any(one.outgoing for one in mails):
            return "" if address == self._person.contact.address else "; learned: the same person answered from another"
        return "; learned: they answered your mail to another address from it, under the same name"

    def of_name(self) -> str:
        """Return where the name is from."""
        name = self._person.contact.name
        for file, (_, _, entry) in self._entries.items():
            if file == CONTACTS and entry is not None and entry.name == name:
                return self.written("name")
        for message in reversed(self._person.messages):
            if message.sender is not None and not message.outgoing and _said(message.sender.name, name):
                return f"as in their mail of {self.day(message)}"
        for message in reversed(self._person.messages):
            if any(_said(one.name, name) for one in (*message.to, *message.cc)):
                return f"as in your mail of {self.day(message)}"
        return self.written("name") or "from mail"

    def day(self, message: Message) -> str:
        """Return the day of a mail, in the user's zone."""
        return self.date(message.when) if message.when is not None else "an unknown day"

    def date(self, moment: datetime) -> str:
        """Return the day of a moment, in the user's zone."""
        return f"{moment.astimezone(self._zone):%Y-%m-%d}"

    def newest(self, tells: Callable[[Message], bool]) -> str:
        """Return "from mail of" with the day of the newest mail that tells something; "" when none does."""
        found = next(filter(tells, newest_first(self._person)), None)
        return f"{'your' if found.outgoing else 'their'} mail of {self.day(found)}" if found is not None else ""


def _entry(text: str, entries: Sequence[ContactSettings], contact: Contact) -> tuple[str, int, ContactSettings | None]:
    for number, entry in enumerate(entries):
        if set(entry.addresses) & set(contact.addresses):
            return text, number, entry
    return text, 0, None


def _names(entry: ContactSettings | None, address: str) -> bool:
    return entry is not None and address in entry.addresses


def _recipients(message: Message) -> list[str]:
    return [one.address for one in (*message.to, *message.cc)]


def _said(display: str, name: str) -> bool:
    return bool(name) and sorted(words_of(display).replace(",", " ").casefold().split()) == sorted(
        name.casefold().split()
    )


def _mails(count: int) -> str:
    return f"{count} mail{'s' if count != 1 else ''}"


def _facts(profile: Profile, sources: _Sources, settings: Settings) -> Iterator[Fact]:
    contact, card = profile.contact, profile.contact.card
    if contact.name:
        yield Fact("Name", contact.name, sources.of_name())
    for address in sorted(contact.addresses, key=lambda one: one != contact.address):
        yield Fact("Address", address, sources.of_address(address))
    yield Fact("Drafts", *_confirmed(contact, sources))
    if profile.language:
        told = sources.written("language") or sources.newest(
            lambda one: not one.outgoing and _speaks(one, profile.language)
        )
        told = told or sources.newest(lambda one: _speaks(one, profile.language))
        yield Fact("Language", profile.language, told)
    else:
        yield Fact("Language", "not known", f"drafts are in {settings.me.language}, your own")
    if profile.register:
        kind = CueKind.FORMAL if profile.register == "formal" else CueKind.INFORMAL
        told = sources.written("formality") or sources.newest(lambda one: _shows(one, kind))
        yield Fact("Register", profile.register, told)
    else:
        yield Fact("Register", "not known", "drafts are formal, unless you two are on first-name terms")
    yield from _rhythm(profile, sources)
    if card is not None:
        yield from _of_card(card, sources)


def _confirmed(contact: Contact, sources: _Sources) -> tuple[str, str]:
    if contact.introduced:
        return f"go to {contact.address}", sources.place_in(CONTACTS)
    if contact.confirmed:
        return f"go to {contact.address}", sources.newest(lambda one: one.outgoing) or "you have written to them"
    return "none", "you have never written to them, and they do not stand in contacts.toml"


def _speaks(message: Message, language: str | None) -> bool:
    return message.reading is not None and message.reading.language == language


def _shows(message: Message, kind: CueKind) -> bool:
    return message.reading is not None and message.reading.has(kind)


def _rhythm(profile: Profile, sources: _Sources) -> Iterator[Fact]:
    mails = f"{_mails(profile.received)} from them, {profile.sent} from you"
    if profile.usual_reply_days is not None:
        days = max(1, round(profile.usual_reply_days))
        yield Fact("Answers", f"usually within {days} day{'s' if days > 1 else ''}", mails)
    if profile.usual_interval_days is not None:
        yield Fact("Rhythm", f"in touch about every {round(profile.usual_interval_days)} days", mails)
    if profile.last is not None:
        told = sources.newest(lambda one: one.when == profile.last)
        yield Fact("Last contact", sources.date(profile.last), told or "assistant log")


def _of_card(card: Card, sources: _Sources) -> Iterator[Fact]:
    for what, key in (("Goals", "goals"), ("Interests", "interests"), ("Tags", "tags")):
        if values := getattr(card, key):
            yield Fact(what, ", ".join(values), sources.written(key))
    if card.notes:
        yield Fact("Notes", card.notes, sources.written("notes"))
    if card.cadence_days is not None:
        yield Fact("In touch", f"every {card.cadence_days} days, as you wish", sources.written("cadence_days"))
    if card.never:
        yield Fact("Never", "nothing is suggested", sources.written("never"))


def _habits(
    person: Correspondence,
    language: str,
    sources: _Sources,
    settings: Settings,
    now: datetime,
    own_words: Callable[[Message], str | None],
) -> Iterator[Fact]:
    """Yield greeting and sign-off: as the user wished, else as the user's newest mails have them."""
    greeting = person.contact.card.greeting if person.contact.card is not None else None
    if greeting:
        yield Fact("Greeting", greeting, sources.written("greeting"))
    directories = shelves(settings.directory / "templates")
    if not has_phrases(language, directories):
        return
    known = phrases(language, directories)
    signed = False
    for message in _recent(person, now, outgoing=True)[:MAILS_SHOWING_HABITS]:
        lines = (own_words(message) or "").splitlines()
        if not greeting and (greeting := _greeted(lines, known, person.contact.name)):
            yield Fact("Greeting", greeting, f"your mail of {sources.day(message)}")
        closed, name = closing_used(lines, known.mirrored_closings, settings.me.name) if lines else (None, None)
        if not signed and (closed or name):
            signed = True
            sign_off = " / ".join(filter(None, [closed, name]))
            yield Fact("Sign-off", sign_off, f"your mail of {sources.day(message)}")


def _greeted(lines: Sequence[str], known: Phrases, name: str) -> str | None:
    return greeting_used(lines, known.mirrored_greetings, [name])


def _recent(person: Correspondence, now: datetime, *, outgoing: bool) -> list[Message]:
    return [
        one
        for one in newest_first(person)
        if one.outgoing is outgoing and one.when is not None and now - one.when <= LOOKED_AT
    ]


def _their_words(
    person: Correspondence, now: datetime, own_words: Callable[[Message], str | None]
) -> Iterator[tuple[Message, str]]:
    """Yield their newest mails with their own words; what was written in grief or illness proposes nothing."""
    theirs = [one for one in _recent(person, now, outgoing=False) if not _shows(one, CueKind.SENSITIVE)]
    for message in theirs[:MAILS_PROPOSING]:
        if said := own_words(message):
            yield message, said


def _pasted(found: Sequence[Proposal], contact: Contact, place: str) -> tuple[str, ...]:
    lines = as_lines(found, contact.card)
    if not lines or place:
        return tuple(lines)
    return ("[[contacts]]", f"addresses = {json.dumps(contact.addresses, ensure_ascii=False)}", *lines)
