"""Puts what the user wrote about people and what was imported about them together; what the user wrote wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.model import Card


def combined(written: Sequence[Card], imported: Sequence[Card]) -> tuple[Card, ...]:
    """Return the cards of all people, those from contacts.toml first: of two about a person the first counts.

    A written card gets name, language, notes and tags from an imported one with an address of it, where it says
    nothing itself. The imported one is kept behind it, since it may know more addresses of that person; they are
    only known, not approved. One that would make one person of two in contacts.toml is left out.
    """
    place_of = {address: place for place, card in enumerate(written) for address in card.addresses}
    filled = list(written)
    kept = []
    for card in imported:
        meant = {place_of[address] for address in card.addresses if address in place_of}
        if len(meant) > 1:
            continue
        for place in meant:
            filled[place] = _filled(filled[place], card)
        kept.append(card)
    return (*filled, *kept)


def _filled(card: Card, other: Card) -> Card:
    return replace(
        card,
        name=card.name or other.name,
        language=card.language or other.language,
        notes=card.notes or other.notes,
        tags=card.tags or other.tags,
    )
