"""The balance of giving and asking with one person: coarse, private, and never in a mail."""

from __future__ import annotations

from enum import StrEnum

from assistant.judgement.matter import ASKING, cues
from assistant.judgement.standing import Standing
from assistant.model import CueKind, Message

MARGIN = 3
"""So many favours more on one side tip the balance; counting finer would pretend to know."""


class Balance(StrEnum):
    """Who owes whom."""

    THEY_OWE = "they_owe"
    EVEN = "even"
    YOU_OWE = "you_owe"


def balance_of(standing: Standing) -> Balance:
    """Return the balance, from the cues of the mail that was read and from ``log --gave`` and ``--asked``.

    Asking takes, helping gives, thanks return something; each mail counts once for each side of it.
    """
    favours = {True: 0.0, False: 0.0}  # taken minus given, by who wrote: the user, the contact
    for message in standing.real:
        favours[message.outgoing] += _taken(message)
    for other in standing.correspondence.other_channels:
        favours[True] += {"asked": 1.0, "gave": -1.0}.get(other.balance or "", 0.0)
    difference = favours[True] - favours[False]
    if difference >= MARGIN:
        return Balance.YOU_OWE
    return Balance.THEY_OWE if difference <= -MARGIN else Balance.EVEN


def _taken(message: Message) -> float:
    """Return 1 for a mail that asks, minus 1 for one that gives, minus a half for one that only thanks."""
    taken = 1.0 if cues(message, *ASKING, CueKind.ERRAND) else 0.0
    if cues(message, CueKind.GAVE):
        return taken - 1.0
    return taken - 0.5 if cues(message, CueKind.THANKS) else taken
