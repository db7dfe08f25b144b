"""How a person, a domain, a thread or a day is typed on the command line, and what is said when it cannot be meant."""

from __future__ import annotations

import re
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.edge import say_wrapped
from assistant.idn import as_in_mail
from assistant.model import DraftState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assistant.judged import Known
    from assistant.model import Draft, Suggestion
    from assistant.settings import Settings

_ADDRESS = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,255}")
SHOWN = 8


def address_of(typed: str) -> str:
    """Return an address that was typed, bare or as in "Ana <ana@example.org>", as mail has it."""
    inside = re.fullmatch(r".*<([^<>]+)>\s*", typed)
    bare = (inside[1] if inside else typed).strip()
    address = as_in_mail(bare) if _ADDRESS.fullmatch(bare) else None
    if address is None:
        raise click.BadParameter(f"{typed!r} is not an address like ana@example.org", param_hint="ADDRESS")
    return address


def address_or_domain(typed: str) -> str:
    """Return an address, or a domain written with its at-sign: "@example.org"."""
    bare = typed.strip()
    domain = as_in_mail(bare) if re.fullmatch(r"@[^@\s<>,;]{1,255}", bare) else None
    return domain or address_of(typed)


def beginning_of(typed: str, settings: Settings, now: datetime) -> datetime:
    """Return the first moment of the coming day that was typed, in the user's time zone."""
    from assistant.days import EXAMPLES, coming_day

    today = now.astimezone(settings.zone).date()
    day = coming_day(typed, today)
    if day is None:
        raise click.BadParameter(f"{typed!r} is no day; a day is written like {EXAMPLES}", param_hint="--until")
    if day <= today:
        raise click.BadParameter(f"{day} has passed; name a day that is still to come", param_hint="--until")
    return datetime.combine(day, time(), settings.zone)


def one_of(found: list[Suggestion], typed: str) -> Suggestion:
    """Return the only thread that was meant; else name those it may be."""
    if len(found) == 1 and found[0].thread is not None:
        return found[0]
    if len(found) == 1:
        address = found[0].contact.address
        raise click.UsageError(f"That is no thread but a silence; say 'assistant rest {address}'.")
    if not found:
        raise click.UsageError(
            f"No thread of the last year is called {typed!r}. A thread is named by its number in 'assistant due', its"
            " subject, or a Message-ID; a person by an address."
        )
    titles = "\n".join(f"  {one.contact.address}: {one.thread.subject if one.thread else ''}" for one in found[:SHOWN])
    raise click.UsageError(f"Several threads may be meant by {typed!r}; say more of the subject:\n{titles}")


def named(known: Known | None, address: str) -> str:
    """Return what a person is called in a confirmation."""
    name = known.correspondence.contact.name if known is not None else ""
    return f"{name} <{address}>" if name else address


def nothing_weighed(address: str) -> str:
    """Return what is said when nothing is known of a person that could be judged."""
    return f"There is no mail with {address} that could be weighed. Is it another address of theirs?"


def tell_of_drafts(drafts: Iterable[Draft]) -> None:
    """Say which of these drafts lie there, though what was said just now may leave them of no more use."""
    for draft in drafts:
        if draft.state in (DraftState.EDITED, DraftState.MOVED):
            say_wrapped(f"A draft for {draft.contact} that you changed lies in your mailbox; it is yours.")
        elif draft.state.live:
            say_wrapped(
                f"A draft for {draft.contact} lies in Drafts; 'assistant drafts withdraw {draft.id[:8]}' takes it back."
            )


def drafts_for(known: Known | None) -> tuple[Draft, ...]:
    """Return the drafts there were for a person."""
    return known.drafts if known is not None else ()


def known_here(settings: Settings, state: Path, address: str, now: datetime) -> Known | None:
    """Return what is known of a person; say when that is nothing, since an address is easily mistyped."""
    from assistant.judged import person_known

    known = person_known(settings, state, address, now)
    if known is None:
        say_wrapped(f"There is no mail with {address} so far; it is noted all the same.")
    return known
