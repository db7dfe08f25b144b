"""Brings the people of an address book in: from a file of vCards to contacts.imported.toml, beside contacts.toml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from assistant.errors import AssistantError
from assistant.settings import IMPORTED, ContactSettings, Settings
from assistant.settings_file import replace_file
from assistant.values import mail_address
from assistant.vcards import VCard, read_vcards

MOST_BYTES = 512 * 1024 * 1024  # ten thousand cards with a picture each
MOST_CARDS = 50_000  # many have no mail address
MOST_PEOPLE = 10_000  # all of them are read again by every command
LONGEST_NOTE = 2000
BY_PHONES = frozenset({"mycontacts", "starred", "contacts"})  # tags that say nothing about a person
HEADER = """\
# People of your address book, written by 'assistant contacts import', which writes this file anew.
# What you want to say about a person belongs into contacts.toml; it goes before what stands here.
"""


@dataclass(frozen=True, slots=True)
class Import:
    """What an import brought: people added, changed and left as they were, how many were there before and stay.

    ``remarks`` are sentences about what was not taken, each with its line.
    """

    path: Path
    added: int
    changed: int
    same: int
    kept: int
    remarks: tuple[str, ...]


def import_vcards(file: Path, settings: Settings) -> Import:
    """Bring the people of a vCard file in. Raises AssistantError, and then nothing was written.

    People of earlier imports stay; who has an address in common with somebody in this file is replaced.
    """
    remarks: list[str] = []
    people = [_settings_of(card) for card in _told_apart(_usable(_cards(file), settings, remarks), remarks)]
    taken = {address for person in people for address in person.addresses}
    kept = [one for one in settings.imported if not taken & set(one.addresses)]
    if len(people) + len(kept) > MOST_PEOPLE:
        raise AssistantError(
            f"{file} would make it {len(people) + len(kept)} people; {MOST_PEOPLE} are the most.",
            "Export those only whom you write with.",
        )
    before = set(settings.imported)
    owners = {address for one in settings.imported for address in one.addresses}
    same = sum(person in before for person in people)
    changed = sum(person not in before and bool(owners & set(person.addresses)) for person in people)
    path = settings.directory / IMPORTED
    if same < len(people):
        replace_file(path, HEADER + "".join(map(_as_toml, [*kept, *people])))
    return Import(path, len(people) - same - changed, changed, same, len(kept), tuple(remarks))


def forget_imported(settings: Settings, addresses: Set[str]) -> None:
    """Take a person out of what was imported. Raises ConfigError when the file cannot be written."""
    left = [one for one in settings.imported if addresses.isdisjoint(one.addresses)]
    if len(left) < len(settings.imported):
        replace_file(settings.directory / IMPORTED, HEADER + "".join(map(_as_toml, left)))


def _cards(file: Path) -> list[VCard]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise AssistantError(f"{file} is larger than 512 MB.", "Export it without pictures, or in parts.")
        if file.exists() and not (file.is_file() or file.is_dir()):  # a pipe or a device may never end
            raise AssistantError(f"{file} is no regular file.", "Save the address book to a file, and import that.")
        with file.open("rb") as stream:
            cards = list(islice(read_vcards(stream), MOST_CARDS + 1))
    except OSError as error:
        raise AssistantError(
            f"{file} cannot be read: {error.strerror}.", "Check the file and its permissions."
        ) from error
    if len(cards) > MOST_CARDS:
        raise AssistantError(f"{file} holds more than {MOST_CARDS} cards.", "Export it in parts.")
    if not cards:
        raise AssistantError(
            f"{file} holds no vCard (BEGIN:VCARD).", "Export your address book as vCard (.vcf), and import that file."
        )
    return cards


def _usable(cards: Iterable[VCard], settings: Settings, remarks: list[str]) -> Iterator[VCard]:
    """Yield the cards with the addresses that are some, in lower case; say which are not."""
    own, without = set(settings.me.addresses), 0
    for card in cards:
        found = []
        for line, written in card.addresses:
            try:
                found.append((line, mail_address(written)))
            except ValueError as error:
                remarks.append(f"Line {line}: {error}; left out.")
        if any(address in own for _, address in found):
            remarks.append(f"Line {card.line}: this is your own card; left out.")
        elif found:
            yield replace(card, addresses=tuple(found))
        else:
            without += 1
    if without:
        remarks.append(f"{without} without a mail address; left out.")


def _told_apart(cards: Iterable[VCard], remarks: list[str]) -> list[VCard]:
    """Return one card for each person: those that share an address are one, unless their names say otherwise.

    A couple may share an address; it stays with the first of them.
    """
    people: list[VCard] = []
    place_of: dict[str, int] = {}
    for card in cards:
        known = next((place_of[address] for _, address in card.addresses if address in place_of), None)
        if known is not None and _may_be_one(people[known].name, card.name):
            card = people[known] = _merged(people[known], card)
        else:
            known, card = len(people), _without(card, place_of, people, remarks)
            if not card.addresses:
                continue
            people.append(card)
        place_of |= {address: place_of.get(address, known) for _, address in card.addresses}
    return [_without_others(card, place, place_of) for place, card in enumerate(people)]


def _may_be_one(one: str, other: str) -> bool:
    ours, theirs = set(one.casefold().split()), set(other.casefold().split())
    return ours <= theirs or theirs <= ours


def _merged(one: VCard, other: VCard) -> VCard:
    known = {address for _, address in one.addresses}
    return VCard(
        one.line,
        max(one.name, other.name, key=len),
        (*one.addresses, *(new for new in other.addresses if new[1] not in known)),
        one.organisation or other.organisation,
        one.note if other.note in one.note else "\n".join(filter(None, [one.note, other.note])),
        one.language or other.language,
        tuple(dict.fromkeys((*one.tags, *other.tags))),
    )


def _without(card: VCard, place_of: dict[str, int], people: Sequence[VCard], remarks: list[str]) -> VCard:
    """Return the card of somebody new without the addresses that belong to others; say so."""
    for line, address in card.addresses:
        if address in place_of:
            other = people[place_of[address]]
            remarks.append(
                f"Line {line}: {address} stands on the cards of {other.name} (line {other.line}) and {card.name}; "
                f"left with {other.name}."
            )
    return replace(card, addresses=tuple(one for one in card.addresses if one[1] not in place_of))


def _without_others(card: VCard, place: int, place_of: dict[str, int]) -> VCard:
    return replace(card, addresses=tuple(one for one in card.addresses if place_of[one[1]] == place))


def _settings_of(card: VCard) -> ContactSettings:
    about = "\n".join(filter(None, [card.organisation if card.organisation != card.name else "", card.note]))
    return ContactSettings(
        addresses=tuple(dict.fromkeys(address for _, address in card.addresses)),
        name=card.name,
        language=card.language,
        notes=about[:LONGEST_NOTE].strip(),
        tags=tuple(tag for tag in card.tags if tag.casefold() not in BY_PHONES),
    )


def _as_toml(person: ContactSettings) -> str:
    import tomli_w

    return f"\n[[contacts]]\n{tomli_w.dumps(person.model_dump(exclude_defaults=True))}"
