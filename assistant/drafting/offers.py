"""Matches what the user can give to what a contact is working towards; no match, no offer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from assistant.model import Card

# Endings that differ between two forms of one word; enough for "bakery" and "bakeries", "beekeeping" and "beekeeper".
_ENDINGS = ("ings", "ing", "ers", "er", "ies", "es", "s", "y", "e", "en", "n")
_SMALLEST_STEM = 4
_EMPTY_WORDS = frozenset({
    "a", "an", "and", "for", "from", "her", "his", "in", "into", "new", "of", "on", "or", "our", "second",
    "some", "the", "their", "to", "with", "work", "working", "your", "das", "der", "die", "ein", "eine",
    "für", "im", "mit", "neue", "neuen", "und", "zu", "de", "des", "du", "la", "le", "les", "pour", "un",
    "une", "del", "el", "en", "los", "para", "y",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """Something the user can give (offers.toml).

    ``text`` stands after "I could". ``topics`` are words of goals and interests that it fits.
    ``for_whom`` holds addresses, "@domain" or tags; empty means everybody. ``language`` is the one that
    the text is written in (ISO 639-1); it goes only into letters of that language.
    """

    text: str
    topics: tuple[str, ...]
    for_whom: tuple[str, ...] = ()
    language: str = "en"

    @property
    def key(self) -> str:
        """A short name that stays the same while the text does; for remembering to whom it was given."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Share:
    """Something to pass on (the ``share`` command): a text or link, and the topic it is about."""

    text: str
    topic: str


def match(
    offers: Sequence[Offer], card: Card, already_given: Collection[str], language: str | None = None
) -> Offer | None:
    """Return the offer that fits this person's goals and interests best, None when none does.

    ``already_given`` are the keys of offers that this person ever got: none comes twice. Among equally
    fitting ones the choice differs from person to person, but is the same each time it is asked for.
    ``language``: only offers written in it; any when None.
    """
    fitting = [
        (len(_shared(offer.topics, card)), _lot(offer, card), offer)
        for offer in offers
        if offer.key not in already_given
        and language in (None, offer.language)
        and _is_for(offer, card)
        and fits(offer.topics, card) is not None
    ]
    return max(fitting, key=lambda rated: rated[:2])[2] if fitting else None


def fits(topics: Sequence[str], card: Card) -> str | None:
    """Return the contact's goal or interest, in the words of contacts.toml, that these topics touch; goals first."""
    wanted = _stems(topics)
    return next((own for own in (*card.goals, *card.interests) if wanted & _stems([own])), None)


def _is_for(offer: Offer, card: Card) -> bool:
    if not offer.for_whom:
        return True
    meant = {whom.casefold() for whom in offer.for_whom}
    addresses = {address.casefold() for address in card.addresses}
    domains = {f"@{address.rpartition('@')[2]}" for address in addresses}
    return bool(meant & (addresses | domains | {tag.casefold() for tag in card.tags}))


def _shared(topics: Sequence[str], card: Card) -> set[str]:
    return _stems(topics) & _stems([*card.goals, *card.interests])


def _lot(offer: Offer, card: Card) -> str:
    return hashlib.sha256("\n".join([offer.key, *card.addresses]).encode("utf-8", "surrogatepass")).hexdigest()


def _stems(phrases: Sequence[str]) -> set[str]:
    words = {word for phrase in phrases for word in re.findall(r"\w+", phrase.casefold())}
    return {_stem(word) for word in words - _EMPTY_WORDS}


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SMALLEST_STEM:
            return word.removesuffix(ending)
    return word
