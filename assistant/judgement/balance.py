"""The balance of giving and asking with one person: coarse, private, and never in a mail."""

from __future__ import annotations

from enum import StrEnum

from assistant.judgement.turns import asks, cues, helps
from assistant.model import Correspondence, CueKind, Message

MARGIN = 3
"""So many favours more on one side tip the balance; counting finer would pretend to know."""


class Balance(StrEnum):
    """Who owes whom."""

    THEY_OWE = "they_owe"
    EVEN = "even"
    YOU_OWE = "you_owe"


def balance_of(correspondence: Correspondence) -> Balance:
    """Return the balance, from the cues of the mail that was read and from ``log --gave`` and ``--asked``.

    Asking takes, helping unasked gives, thanks return something. Help that was asked for is counted
    once, with whoever asked.
    """
    taken = {True: 0.0, False: 0.0}  # more taken than given, by who wrote: the user, the contact
    for thread in correspondence.threads:
        asked_by: bool | None = None
        for message in thread.messages:
            prompted = asked_by is not None and asked_by is not message.outgoing
            taken[message.outgoing] += _asked(message) - _given(message, prompted=prompted)
            if asks(message):
                asked_by = message.outgoing
    for other in correspondence.other_channels:
        taken[True] += {"asked": 1.0, "gave": -1.0}.get(other.balance or "", 0.0)
    difference = taken[True] - taken[False]
    if difference >= MARGIN:
        return Balance.YOU_OWE
    return Balance.THEY_OWE if difference <= -MARGIN else Balance.EVEN


def _asked(message: Message) -> float:
    """Return 1 for a mail that wants something done; wanting to know takes nothing."""
    return 1.0 if cues(message, CueKind.REQUEST, CueKind.ERRAND) else 0.0


def _given(message: Message, *, prompted: bool) -> float:
    """Return 1 for help that nobody had asked for, a half for thanks."""
    if helps(message) and not prompted:
        return 1.0
    return 0.5 if cues(message, CueKind.THANKS) else 0.0
