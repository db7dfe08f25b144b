"""A brief on a person, with the sentences it speaks of fetched again from their mails."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant.drafting.brief import Line, brief, quoted
from assistant.judgement.silence import at, real_messages
from assistant.model import Contact, Trouble
from assistant.on_record import on_record
from assistant.opening import Connect, connect_to_server
from assistant.recalling import Recall
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Brief:
    """Who it is about, the lines, and the accounts whose mails could not be fetched again.

    ``mails`` are the real ones either way, as (time, written by the user), oldest first.
    """

    contact: Contact
    lines: tuple[Line, ...]
    mails: tuple[tuple[datetime, bool], ...]
    errors: tuple[Trouble, ...]


def brief_on(
    settings: Settings, state: Path, address: str, now: datetime, *, connect: Connect = connect_to_server
) -> Brief | None:
    """Return the brief on the person of this address, None when there is no mail with them.

    What is told is known already; only the sentences are fetched again. Where an account cannot be
    opened its lines stay without, and the trouble is told.
    """
    with ExitStack() as stack:
        _, ledger, weighing = stack.enter_context(on_record(settings, state, now))
        person = weighing.person(address)
        if person is None:
            return None
        lines = brief(person, weighing.population(), settings.zone, now)
        recall = Recall(settings, ledger, now, connect, stack)
        mails = sorted((at(one), one.outgoing) for one in real_messages(person))
        return Brief(person.contact, tuple(quoted(lines, recall.own_words)), tuple(mails), tuple(recall.errors))
