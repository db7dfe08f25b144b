"""The life of a draft: what we noted and what the mailbox shows give the next state and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from assistant.model import Draft, DraftState

SETTLE = timedelta(minutes=10)
"""How long an unconfirmed APPEND is only looked for: a server may receive the rest after we gave up (measured)."""
ATTEMPTS = 2
LOOKED_AFTER = timedelta(days=14)
"""How long Sent is still watched for a draft that was withdrawn: a client that had it open sends it all the same."""


class InDrafts(StrEnum):
    """What the Drafts mailbox shows of a draft of ours."""

    NOTHING = "nothing"
    UNTOUCHED = "untouched"  # as PRODUCT.md defines it, and not flagged
    CHANGED = "changed"  # our id with anything else different, or a draft in the same thread to the same person


class Action(StrEnum):
    """What is to be done in the mailbox."""

    NOTHING = "nothing"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Sight:
    """What a sweep sees of one draft.

    ``over`` says why an untouched draft is of no more use (None: it still is): the contact wrote,
    the user wrote to them, or it waited too long.
    """

    in_drafts: InDrafts = InDrafts.NOTHING
    in_sent: bool = False
    in_trash: bool = False
    elsewhere: bool = False
    over: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The next state of a draft, and what to do first. ``because`` is a sentence, None when nothing is to say."""

    state: DraftState
    action: Action = Action.NOTHING
    because: str | None = None
    missed: int = 0


def next_step(draft: Draft, sight: Sight, now: datetime) -> Step:
    """Decide what becomes of a draft.

    The order is the one measured with seven mail clients: Drafts by our id, Drafts by thread,
    Sent, Trash, any other mailbox, nowhere. A draft that is sent counts as sent even when a copy
    stays in Drafts, except while that copy is provably ours and untouched. One that is planned again
    is still looked for: the server may have kept the first copy after all.
    """
    if draft.state is DraftState.PLANNED and draft.attempts == 0:
        return _nowhere(draft, sight, now)
    if draft.state is DraftState.WITHDRAWN:
        return Step(DraftState.SENT if sight.in_sent else DraftState.WITHDRAWN, because=draft.because)
    if sight.in_drafts is InDrafts.UNTOUCHED:
        return _untouched(draft, sight)
    if sight.in_sent:
        return Step(DraftState.SENT)
    if sight.in_drafts is InDrafts.CHANGED:
        return Step(DraftState.EDITED)
    if sight.in_trash:
        return _in_trash(draft)
    if sight.elsewhere:
        return Step(DraftState.MOVED)
    return _nowhere(draft, sight, now)


def _untouched(draft: Draft, sight: Sight) -> Step:
    if draft.state in (DraftState.EDITED, DraftState.MOVED):
        return Step(DraftState.EDITED)  # once it was the user's, it stays the user's
    if sight.in_sent:
        return Step(DraftState.WITHDRAWN, Action.WITHDRAW, "You wrote to them meanwhile.")
    if sight.over:
        return Step(DraftState.WITHDRAWN, Action.WITHDRAW, sight.over)
    return Step(DraftState.WAITING)


def _in_trash(draft: Draft) -> Step:
    if draft.because is not None:  # noted before our own withdrawal, which was interrupted
        return Step(DraftState.WITHDRAWN, because=draft.because)
    return Step(DraftState.DECLINED)


def _nowhere(draft: Draft, sight: Sight, now: datetime) -> Step:
    if draft.state is DraftState.PLANNED:
        return Step(DraftState.GONE if sight.over else DraftState.PLANNED, because=sight.over)
    if draft.because is not None:  # our own withdrawal left no copy, and its confirmation was interrupted
        return Step(DraftState.WITHDRAWN, because=draft.because)
    if draft.state in (DraftState.INTENDED, DraftState.UNKNOWN):
        return _unconfirmed(draft, now)
    if draft.missed == 0:
        # A client sends, stores in Sent and deletes from Drafts in three acts: one more look.
        return Step(draft.state, missed=1)
    return Step(DraftState.GONE)


def _unconfirmed(draft: Draft, now: datetime) -> Step:
    """Decide about an APPEND that nobody confirmed; it may settle from the first look on that finds nothing."""
    if draft.missed == 0 or now - draft.changed < SETTLE:
        return Step(DraftState.UNKNOWN, missed=1)
    return Step(DraftState.PLANNED if draft.attempts < ATTEMPTS else DraftState.GONE)
