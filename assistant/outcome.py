"""What is asked of a sweep, and what it brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assistant.drafting.offers import Share
from assistant.following import Withdrawal
from assistant.model import Draft, Letter, Suggestion, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked of a sweep.

    ``by_hand``: typed by a person, so the user's hours do not bind and an account counts as confirmed.
    ``rehearse``: change no mailbox and no ledger. ``accounts``: empty for all. ``contact``: one address.
    ``as_of``: judge as if it were then (a rehearsal). ``everybody``: the held suggestions are wanted too; without
    them a sweep needs to weigh only those for whom something can have changed. ``share``: pass this on to those who
    would care, and bring nothing else.
    """

    by_hand: bool = True
    rehearse: bool = False
    accounts: tuple[str, ...] = ()
    contact: str | None = None
    as_of: datetime | None = None
    everybody: bool = True
    share: Share | None = None

    @property
    def only_rehearsed(self) -> bool:
        """Nothing outside the cache may change."""
        return self.rehearse or self.as_of is not None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A suggestion and what came of it: the letter when one was written, the ledger's row when it lies in Drafts."""

    suggestion: Suggestion
    letter: Letter | None = None
    draft: Draft | None = None


@dataclass(frozen=True, slots=True)
class AccountOutcome:
    """How one account went. ``seconds`` of wall time; ``previewed``: nothing was written, it is not confirmed yet.

    ``alerts``: what its server wants the user to read.
    """

    name: str
    new: int
    total: int
    seconds: float
    error: Trouble | None = None
    previewed: bool = False
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sweep brought; ``suggestions`` best first, held ones included."""

    as_of: datetime
    rehearsed: bool
    accounts: tuple[AccountOutcome, ...]
    suggestions: tuple[Proposed, ...]
    withdrawn: tuple[Withdrawal, ...]
    errors: tuple[Trouble, ...]
