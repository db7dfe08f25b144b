"""The life of a draft: what we noted and what the mailbox shows give the next state and what to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from assistant.model import Digest, Draft, DraftState

SETTLE = timedelta(minutes=10)
"""How long an unconfirmed APPEND is only looked for: a server may receive the rest after we gave up (measured)."""
ATTEMPTS = 2
USER_WROTE = "You wrote to them meanwhile."
SECOND_COPY = "Another computer of yours wrote the same draft first."
LOOKED_AFTER = timedelta(days=14)
"""How long Sent is still watched for a draft that was withdrawn: a client that had it open sends it all the same."""
LATELY = timedelta(hours=26)
"""How old the last look may be, that what is new since then is taken for one event; a cron job looks once a day."""


class InDrafts(StrEnum):
    """What the Drafts mailbox shows of a draft of ours."""

    NOTHING = "nothing"
    UNTOUCHED = "untouched"  # as PRODUCT.md defines it, and not flagged
    SECOND = "second"  # untouched, but with a lower UID lies a copy that another computer must have written
    CHANGED = "changed"  # our id with anything else different, or a draft in the same thread to the same person


class Action(StrEnum):
    """What is to be done in the mailbox."""

    NOTHING = "nothing"
    WITHDRAW = "withdraw"
    YIELD = "yield"  # take our copy back and follow the older one from now on


@dataclass(frozen=True, slots=True)
class Sight:
    """What a sweep sees of one draft.

    ``over`` says why an untouched draft is of no more use (None: it still is): the contact wrote,
    the user wrote to them, or it waited too long. ``lately``: the sweep before this one was not long ago.
    """

    in_drafts: InDrafts = InDrafts.NOTHING
    in_sent: bool = False
    in_trash: bool = False
    elsewhere: bool = False
    over: str | None = None
    lately: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The next state of a draft, and what to do first. ``because`` is a sentence, None when nothing is to say."""

    state: DraftState
    action: Action = Action.NOTHING
    because: str | None = None
    missed: int = 0


class Standing(StrEnum):
    """The columns of the table: a state, and what else of a draft matters."""

    REFUSED = "refused"  # planned, and no server ever took it
    OPEN = "open"  # intended or unknown, or planned for a second attempt: a copy may exist
    WAITING = "waiting"
    BEGUN = "begun"  # waiting, and our taking it back was noted before it was done
    USERS = "users"  # edited or moved: once it was the user's, it stays the user's
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class Seen(StrEnum):
    """The rows of the table: of what a sweep sees, the first that fits.

    The order is the one measured with seven mail clients. A draft that is sent counts as sent even when
    a copy stays in Drafts, except while that copy is provably ours and untouched.
    """

    OVER = "over"  # untouched in Drafts, and of no more use
    SECOND = "second"
    UNTOUCHED = "untouched"
    SENT = "sent"
    CHANGED = "changed"
    STALE = "stale"  # in Trash and of no more use, and neither at the last look, which was lately
    TRASH = "trash"
    ELSEWHERE = "elsewhere"
    NOWHERE = "nowhere"


Fate = tuple[DraftState, Action]
"""What becomes of a draft, and what is to be done for it."""


def _row(open_: Fate, waiting: Fate, begun: Fate, users: Fate, withdrawn: Fate) -> dict[Standing, Fate]:
    return {
        Standing.OPEN: open_,
        Standing.WAITING: waiting,
        Standing.BEGUN: begun,
        Standing.USERS: users,
        Standing.WITHDRAWN: withdrawn,
    }


_WAITING = (DraftState.WAITING, Action.NOTHING)
_EDITED = (DraftState.EDITED, Action.NOTHING)
_MOVED = (DraftState.MOVED, Action.NOTHING)
_SENT = (DraftState.SENT, Action.NOTHING)
_DECLINED = (DraftState.DECLINED, Action.NOTHING)
_WITHDRAWN = (DraftState.WITHDRAWN, Action.NOTHING)
_GONE = (DraftState.GONE, Action.NOTHING)
_AGAIN = (DraftState.PLANNED, Action.NOTHING)
_TAKE_BACK = (DraftState.WITHDRAWN, Action.WITHDRAW)
_YIELD = (DraftState.WAITING, Action.YIELD)

TABLE: Mapping[Seen, Mapping[Standing, Fate]] = {
    #                     open        waiting     begun       users       withdrawn
    Seen.OVER:      _row(_TAKE_BACK, _TAKE_BACK, _TAKE_BACK, _EDITED,    _WITHDRAWN),
    Seen.SECOND:    _row(_YIELD,     _YIELD,     _YIELD,     _EDITED,    _WITHDRAWN),
    Seen.UNTOUCHED: _row(_WAITING,   _WAITING,   _WAITING,   _EDITED,    _WITHDRAWN),
    Seen.SENT:      _row(_SENT,      _SENT,      _SENT,      _SENT,      _SENT),
    Seen.CHANGED:   _row(_EDITED,    _EDITED,    _EDITED,    _EDITED,    _WITHDRAWN),
    Seen.STALE:     _row(_WITHDRAWN, _WITHDRAWN, _WITHDRAWN, _DECLINED,  _WITHDRAWN),
    Seen.TRASH:     _row(_DECLINED,  _DECLINED,  _WITHDRAWN, _DECLINED,  _WITHDRAWN),
    Seen.ELSEWHERE: _row(_MOVED,     _MOVED,     _MOVED,     _MOVED,     _WITHDRAWN),
    Seen.NOWHERE:   _row(_AGAIN,     _GONE,      _WITHDRAWN, _GONE,      _WITHDRAWN),
}  # fmt: skip
"""(what is seen, where a draft stands) to (next state, act). What is seen nowhere may need a second sweep first."""


def next_step(draft: Draft | Digest, sight: Sight, now: datetime) -> Step:
    """Decide what becomes of a draft, by the table; ``now`` is the moment of the sweep, in UTC.

    A digest lives the same life, with its mailbox in the place of Drafts.
    """
    standing = standing_of(draft)
    if standing is Standing.ENDED:
        return Step(draft.state, because=draft.because)
    if standing is Standing.REFUSED:
        return _planned(sight)
    seen = what_is_seen(sight, standing)
    if seen is Seen.NOWHERE:
        return _nowhere(draft, standing, sight, now)
    state, action = TABLE[seen][standing]
    return Step(state, action, _because(draft, sight, state, action))


def standing_of(draft: Draft | Digest) -> Standing:
    """Return the column of the table that a draft stands in."""
    if draft.state is DraftState.PLANNED:
        return Standing.OPEN if draft.attempts else Standing.REFUSED
    if draft.state in (DraftState.INTENDED, DraftState.UNKNOWN):
        return Standing.OPEN if draft.because is None else Standing.BEGUN
    if draft.state is DraftState.WAITING:
        return Standing.WAITING if draft.because is None else Standing.BEGUN
    if draft.state in (DraftState.EDITED, DraftState.MOVED):
        return Standing.USERS
    return Standing.WITHDRAWN if draft.state is DraftState.WITHDRAWN else Standing.ENDED


def what_is_seen(sight: Sight, standing: Standing) -> Seen:
    """Return the row of the table for what a sweep sees; of what was taken back only its sending matters.

    In Trash a draft is the user's no. But when it is of no more use either, and both came about lately, it was another
    computer that took it back, or the user who saw that it was over; after a longer while a no may have come first.
    """
    untouched = sight.in_drafts in (InDrafts.UNTOUCHED, InDrafts.SECOND)
    if standing is Standing.WITHDRAWN:
        return Seen.SENT if sight.in_sent else Seen.NOWHERE
    if untouched and (sight.over or sight.in_sent):
        return Seen.OVER
    if untouched:
        return Seen.SECOND if sight.in_drafts is InDrafts.SECOND else Seen.UNTOUCHED
    found = (
        (sight.in_sent, Seen.SENT),
        (sight.in_drafts is InDrafts.CHANGED, Seen.CHANGED),
        (sight.in_trash and sight.over is not None and sight.lately, Seen.STALE),
        (sight.in_trash, Seen.TRASH),
        (sight.elsewhere, Seen.ELSEWHERE),
    )
    return next((seen for there, seen in found if there), Seen.NOWHERE)


def _because(draft: Draft | Digest, sight: Sight, state: DraftState, action: Action) -> str | None:
    if action is Action.WITHDRAW:
        return USER_WROTE if sight.in_sent else sight.over
    if action is Action.YIELD:
        return SECOND_COPY
    return draft.because or sight.over if state is DraftState.WITHDRAWN else None


def _planned(sight: Sight) -> Step:
    """Keep a plan while it is of use; what was never taken is sought nowhere."""
    return Step(DraftState.GONE if sight.over else DraftState.PLANNED, because=sight.over)


def _nowhere(draft: Draft | Digest, standing: Standing, sight: Sight, now: datetime) -> Step:
    """Decide about what is not found: at once where nothing can follow, else in the next sweep.

    An APPEND that nobody confirmed may settle for ten minutes from the first such look on, and is tried
    twice at most. A client sends, stores in Sent and deletes from Drafts in three acts.
    """
    state, _ = TABLE[Seen.NOWHERE][standing]
    if draft.state is DraftState.PLANNED:
        return _planned(sight)
    if state is DraftState.WITHDRAWN:
        return Step(state, because=draft.because)
    if standing is Standing.OPEN:
        if draft.missed == 0 or now - draft.changed < SETTLE:
            return Step(DraftState.UNKNOWN, missed=1)
        return Step(state if draft.attempts < ATTEMPTS else DraftState.GONE)
    missed_before = draft.missed > 0 and draft.changed != now  # a sweep may look several times, all at its one moment
    return Step(state) if missed_before else Step(draft.state, missed=1)
