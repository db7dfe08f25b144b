"""What people asked for: contacts to be left alone, the user to pause, to let a silence be, or never to be reminded."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.correspondence.people import is_doubtful
from assistant.judgement.matter import Case
from assistant.model import Correspondence, CueKind, Evidence, MailKind, Message


def opted_out(correspondences: Iterable[Correspondence]) -> dict[str, str | None]:
    """Return who asked to be left alone in mail that was read: each of their addresses, with the Message-ID.

    Said once it holds for good, while the mail it was said in is read for a year at most: whoever calls this
    keeps it among the user's choices.
    """
    found: dict[str, str | None] = {}
    for person in correspondences:
        asked = next((one for one in person.messages if not one.outgoing and _asks_to_be_left_alone(one)), None)
        if asked is not None:
            found |= dict.fromkeys(person.contact.addresses, asked.message_id)
    return found


def opt_out(case: Case) -> Evidence | None:
    """Hold when they asked to be left alone."""
    if _chosen(case, case.standing.circumstances.choices.opted_out):
        return Evidence(f"{case.standing.name} asked not to be written to.", None)
    asked = next(filter(_asks_to_be_left_alone, case.standing.noted.get(CueKind.OPT_OUT, ())), None)
    return Evidence(f"{case.standing.name} asked not to be written to.", asked.message_id) if asked else None


def never(case: Case) -> Evidence | None:
    """Hold when the user wants no suggestions for them."""
    card = case.standing.contact.card
    if (card is not None and card.never) or _chosen(case, case.standing.circumstances.choices.never):
        return Evidence(f"You chose never to be reminded of {case.standing.contact.address}.", None)
    return None


def paused(case: Case) -> Evidence | None:
    """Hold while the user has paused this person, or everything."""
    pauses = case.standing.circumstances.choices.paused
    for key in ("", *addresses_of(case)):
        if key in pauses and ((until := pauses[key]) is None or until > case.standing.now):
            what = f"{case.standing.name} is paused" if key else "Everything is paused"
            return Evidence(f"{what} until {case.standing.day(until) if until else 'you resume'}.", None)
    return None


def rest(case: Case) -> Evidence | None:
    """Hold the thread that the user let be, or all while the silence lasts; a later word of theirs ends either."""
    rests, silence = case.standing.circumstances.choices.rests, case.standing.silence
    thread = case.matter.thread.messages if case.matter.thread else ()
    asked = [
        day
        for key, day in rests.items()
        if any(one.message_id == key for one in thread)
        and not any(one.when is not None and one.when > day for one in thread if not one.outgoing)
    ]
    asked += [day for key, day in rests.items() if key in addresses_of(case) and day >= silence.since]
    return Evidence(f"You let it rest on {case.standing.day(max(asked))}.", None) if asked else None


def _asks_to_be_left_alone(message: Message) -> bool:
    """Tell whether a person asks it; what a machine or a doubtful sender writes binds nobody."""
    said = message.reading is not None and message.reading.has(CueKind.OPT_OUT)
    return said and message.kind is MailKind.PERSONAL and not is_doubtful(message)


def addresses_of(case: Case) -> tuple[str, ...]:
    """Return all addresses of the person a case is about."""
    contact = case.standing.contact
    return (contact.address, *contact.addresses)


def _chosen(case: Case, choices: frozenset[str]) -> bool:
    """Tell whether an address, its domain ("@example.org") or a domain above that is among the choices."""
    if not choices:
        return False
    domains = [choice for choice in choices if choice.startswith("@")]
    return any(one in choices or any(is_at(one, domain) for domain in domains) for one in addresses_of(case))


def is_at(address: str, domain: str) -> bool:
    """Tell whether an address lies in a domain ("@example.org"), or in one below it."""
    return f".{address.rpartition('@')[2]}".endswith(f".{domain[1:]}")
