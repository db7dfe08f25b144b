"""Every figure judgement works with, and what it must be told about the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from zoneinfo import ZoneInfo

from assistant.model import Choices, Draft, Message
from assistant.workdays import WEEKDAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The figures, with their defaults.

    "Promised" marks a limit that the README promises; "measured" one that was found on real mail
    (44,000 owner mails of 120 mailboxes and list archives); the rest is etiquette or settings.
    Days are calendar days unless they are called working days.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """The user's time zone: days are counted and working days looked up in it (settings)."""
    work_days: frozenset[int] = WEEKDAYS
    """The days on which the daemon lays drafts, Monday is 0 (settings)."""
    work_start: time = time(8)
    """The daemon lays no draft earlier in the day (settings)."""
    work_end: time = time(18)
    """The daemon lays no draft later in the day (settings)."""
    headers_only: bool = False
    """No body is read: only the relationship clock drafts, everything else is listed (settings)."""

    daily_cap: int = 3
    """Drafts on one local day, at most (promised; the figure of Gmail's nudges)."""
    weekly_cap: int = 8
    """Drafts in seven local days, at most (promised)."""
    warm_daily_cap: int = 1
    """Of the daily places, those that thank, reconnect and offer may take together (promised)."""
    turn_days: int = 30
    """Who had a draft so lately stands back a little, so that everyone's turn comes (promised)."""
    turn_handicap: float = 0.15
    """By how much of a score they stand back (etiquette)."""
    shortlist: int = 12
    """Suggestions of one account that may stand above the bar: a longer list is no help (etiquette)."""
    drafts_per_silence: int = 2
    """Drafts to one person in one silence, at most; one of a kind (promised)."""

    recent_contact_days: int = 5
    """Working days after a real message, either way, without check_in, reconnect or offer (promised)."""
    debt_days: int = 2
    """Working days until a debt is due, whatever else was said (promised)."""
    thanks_days: int = 1
    """Working days until thanks are due (promised)."""
    thanks_within_days: int = 42
    """Later than this, thanks need more than a note (etiquette)."""

    ask_floor_days: int = 5
    """Working days before an open ask is due (measured: 3.7 of 100 still answer after 5 days)."""
    ask_latest_days: int = 21
    """An open ask is due by then, however slow the contact usually is (measured)."""
    ask_surprise: float = 0.95
    """Share of this contact's answers that would have come by now (measured)."""
    ask_still_coming: float = 0.03
    """Chance of an answer within the next seven days below which an open ask is due (measured)."""
    ask_horizon_days: int = 60
    """An older ask, debt or promise is no longer brought up: of 33 older ones read, none was wanted (by reading)."""
    talked_past_days: int = 21
    """A debt older than this is past when both have written repeatedly since without coming back to it (by reading)."""
    their_promise_days: int = 10
    """Working days that a contact's own promise without a date is left alone (etiquette)."""

    quiet_days: int = 30
    """The shortest silence of a relationship that is worth a word (measured: 17 of 100 write at 21-30 days, then 9)."""
    quiet_factor: float = 2.0
    """A relationship is quiet after so many times its usual interval (measured)."""
    mutual_messages: int = 2
    """Real messages each way, and bursts of them, that make a relationship mutual (measured)."""
    offer_days: int = 10
    """Working days after the last contact before something is offered unasked (etiquette)."""
    share_days: int = 2
    """Working days without a word either way after which something the user wants to share is passed on (etiquette)."""
    revive_days: int = 60
    """A thread whose last mail is older is not taken up again for something new (etiquette)."""
    slow_lane_days: int = 365
    """A longer silence gets a word once a year at most, and only with something to give (etiquette)."""

    upcoming_days: int = 60
    """Dated plans in mail of so many days past put a friendly word off until they are over (etiquette)."""
    absence_days: int = 14
    """An absence note that names no day of return holds this long (etiquette)."""
    sensitive_days: int = 60
    """Bad news in a contact's mail holds every draft to them this long (etiquette)."""
    max_to: int = 3
    """Addresses in To of an ask that may be followed up (promised)."""
    max_to_cc: int = 6
    """Addresses in To and Cc together, for an ask and for a debt (promised)."""
    reading_days: int = 365
    """Bodies older than this are never read (promised)."""

    bar: float = 0.50
    """The score from which a suggestion is drafted (fitted by reading)."""
    bar_unknown_language: float = 0.70
    """The bar where the language is unknown and only structure speaks (etiquette)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the user's mail with everybody tells about the mail with one person."""

    answered: Mapping[str, Message] = field(default_factory=dict)
    """Message-ID of a message of the user's to several people -> the first answer that anybody gave."""
    common_reply_days: int | None = None
    """Days within which four of five answers to the user come; None while there are too few to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What else judgement must know of the user, their accounts and what they chose."""

    addresses: tuple[str, ...]
    """All of the user's own addresses, in lower case, the usual one first."""
    unread: frozenset[str] = frozenset()
    """Accounts that cannot be read, or are not yet read for the period that is judged."""
    incomplete_sent: frozenset[str] = frozenset()
    """Accounts in whose Sent mailbox over 10 % of the user's answered mail is missing."""
    seen_in: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Address -> those of both in which mail with it lies, though the copy that is judged may lie elsewhere."""
    choices: Choices = field(default_factory=Choices)
    """Pauses, rests, never and opt-outs."""
    drafts: tuple[Draft, ...] = ()
    """The ledger: every draft of ours, in any state."""
    offers_for: Mapping[str, str] = field(default_factory=dict)
    """Contact address -> an offer of the user's that fits that contact's goals or interests, as written by the user."""
    share_key: str = ""
    """The key of what the user wants to share now; then nothing else is weighed. "" usually."""
    share_for: Mapping[str, str] = field(default_factory=dict)
    """Contact address -> what of theirs in contacts.toml that fits."""
