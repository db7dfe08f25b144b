"""What is known of a person at a glance: language, register, rhythm, and how well the two know each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from assistant.correspondence.rhythm import Population, rhythm_of, usual_quiet
from assistant.drafting.facts import language_between, register_between
from assistant.model import Contact, Correspondence, Message


@dataclass(frozen=True, slots=True)
class Profile:
    """A person at a glance.

    ``language`` (ISO 639-1) and ``register`` ("formal" | "informal") are None while nothing tells them.
    ``received`` and ``sent`` count real mails each way. ``usual_reply_days`` is None below 3 answers,
    ``usual_interval_days``, the quiet days between two spells of writing, below 3 spells. ``last`` is the last
    contact by mail or another channel.
    """

    contact: Contact
    language: str | None
    register: str | None
    received: int
    sent: int
    usual_reply_days: float | None
    usual_interval_days: float | None
    last: datetime | None

    @property
    def acquainted(self) -> bool:
        """The two have written to each other, or the user wrote about them."""
        return self.contact.introduced or (self.received > 0 and self.sent > 0)


def profile_of(person: Correspondence, population: Population, zone: ZoneInfo, now: datetime) -> Profile:
    """Return a person at a glance. Pure; ``now`` is aware."""
    rhythm = rhythm_of(person, population, zone, now)
    mails = newest_first(person)
    times = [*([rhythm.last] if mails and rhythm.last else []), *(other.when for other in person.other_channels)]
    return Profile(
        contact=person.contact,
        language=language_between(person.contact.card, mails, "") or None,
        register=register_between(person.contact.card, mails),
        received=rhythm.received,
        sent=rhythm.sent,
        usual_reply_days=rhythm.usual_reply_days,
        usual_interval_days=usual_quiet([one.when for one in reversed(mails) if one.when is not None], zone),
        last=max(times, default=None),
    )


def newest_first(person: Correspondence) -> list[Message]:
    """Return the real messages with a person, newest first."""
    real = [message for thread in person.threads for message in thread.messages]
    return sorted(real, key=lambda message: message.when.timestamp() if message.when else 0.0, reverse=True)


def best_known_first(people: Iterable[Profile]) -> list[Profile]:
    """Return people by how much they and the user wrote each other; mail in one direction only counts little."""
    return sorted(
        people,
        key=lambda one: (-min(one.received, one.sent), -one.received - one.sent, one.contact.name.casefold()),
    )


def matching(people: Iterable[Profile], words: Sequence[str]) -> list[Profile]:
    """Return the people in whose name, addresses or tags every one of these words stands."""
    wanted = [word.casefold() for word in words]
    return [one for one in people if all(word in _searched(one.contact) for word in wanted)]


def _searched(contact: Contact) -> str:
    tags = contact.card.tags if contact.card is not None else ()
    return "\n".join([contact.name, *contact.addresses, *tags]).casefold()
