"""Frozen values that travel between the rooms. Every time in them is aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag, StrEnum
from typing import NamedTuple, TypeVar


class Role(StrEnum):
    """What a mailbox is for (RFC 6154), however it is named."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    TRASH = "trash"
    JUNK = "junk"
    ARCHIVE = "archive"
    ALL = "all"
    VIEW = "view"  # shows again what lies in other mailboxes
    OTHER = "other"


class Signal(IntFlag):
    """What the header lines of a message say about how it came to be; kept as one number."""

    AUTO_REPLY = 1  # Auto-Submitted: auto-replied (RFC 3834) and its vendor relatives
    AUTO_GENERATED = 2  # Auto-Submitted with any other value than "no"
    NULL_RETURN_PATH = 4  # Return-Path: <>
    REPORT = 8  # multipart/report, X-Failed-Recipients
    LIST = 16  # List-Id, List-Post, Mailing-List, Precedence: list
    UNSUBSCRIBE = 32  # List-Unsubscribe
    BULK = 64  # Precedence: bulk or junk
    CAMPAIGN = 128  # fields that only campaign tools write
    FEEDBACK = 256  # Feedback-ID
    SUPPRESS = 512  # X-Auto-Response-Suppress
    CALENDAR = 1024  # text/calendar
    ENCRYPTED = 2048  # multipart/encrypted, application/pkcs7-mime
    MACHINE = 4096  # X-Cron-Env, X-FC-MachineGenerated and the like
    AMBIGUOUS = 8192  # the sender's address has more than one reading; it selects nobody
    RECEIVED = 16384  # has travelled: a Received or Return-Path line is there
    ATTACHMENT = 32768  # multipart/mixed


class MailKind(StrEnum):
    """Who speaks in a message. Only PERSONAL mail asks, owes and answers."""

    PERSONAL = "personal"
    LIST = "list"  # a person, through a mailing list
    BULK = "bulk"
    AUTOMATIC = "automatic"
    AUTO_REPLY = "auto_reply"  # an absence note: not a reply
    BOUNCE = "bounce"
    INVITATION = "invitation"


class Address(NamedTuple):  # a tuple, since making one costs a quarter, and every message brings some
    """A mail address in lower case and the display name it was written with ("" when none)."""

    address: str
    name: str = ""


class HeaderFacts(NamedTuple):
    """What the guarded reader takes from one block of header lines.

    ids are without angle brackets; ``references`` runs from oldest to newest and ends with
    In-Reply-To when that is missing in it. ``sender`` is None when missing or ambiguous.
    ``date`` is the Date line, None when missing, unreadable or absurd.
    """

    message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    date: datetime | None
    signals: Signal


class CueKind(StrEnum):
    """What a sentence of somebody's own words does."""

    REQUEST = "request"  # asks for an answer
    QUESTION = "question"
    ERRAND = "errand"  # asks for an act, not for an answer
    PROMISE = "promise"
    THANKS = "thanks"
    CLOSING = "closing"
    RELEASE = "release"  # "no need to reply"
    OPT_OUT = "opt_out"
    ABSENCE = "absence"  # date = back again
    LEFT = "left"  # no longer at this address
    SENSITIVE = "sensitive"
    GAVE = "gave"  # helped: an answer, an introduction, something attached, an opening
    GREETS_USER = "greets_user"  # the greeting or the asking sentence names the user
    FORMAL = "formal"
    INFORMAL = "informal"
    MOMENT = "moment"  # names a time; date = when it is over


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue found in a message: never its text. ``place`` counts sentences from 0."""

    kind: CueKind
    place: int
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was noted of a message's own words (quotes, signature and attribution cut away).

    ``language`` is an ISO 639-1 code, None when unknown.
    """

    language: str | None
    words: int
    sentences: int
    cues: tuple[Cue, ...] = ()

    def has(self, *kinds: CueKind) -> bool:
        """Tell whether any cue of these kinds was found."""
        return any(cue.kind in kinds for cue in self.cues)


class Message(NamedTuple):
    """One message as it was seen in one mailbox. A tuple, since a large mailbox makes a hundred thousand of them.

    ``id`` is the store's number; ``thread`` the number of the group linked by Message-ID and
    References (the strict reading of "thread"). ``when`` is the time it was written or arrived,
    None when nothing credible is known. ``outgoing``: written by the user. ``uid`` is None when the
    mailbox was made anew and the message not found again. ``conversation``: Gmail's, None elsewhere.
    """

    id: int
    account: str
    mailbox: str
    role: Role
    uid: int | None
    message_id: str | None
    thread: int
    sender: Address | None
    reply_to: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    when: datetime | None
    kind: MailKind
    signals: Signal
    size: int
    outgoing: bool
    answered: bool = False
    flagged: bool = False
    conversation: int | None = None
    reading: Reading | None = None

    @property
    def unproven(self) -> bool:
        """Whether it bears the user's address, but came by mail and lies outside Sent: anybody can write that sender.

        It counts as the user's where that stops a draft; it makes nobody known, and nothing is drafted about it.
        """
        return self.outgoing and self.role is not Role.SENT and bool(self.signals & Signal.RECEIVED)


@dataclass(frozen=True, slots=True)
class Card:
    """What the user wrote about a person in contacts.toml; empty where nothing was written.

    ``written`` is False for what was imported from an address book: it names people and tells addresses apart,
    but confirms nobody.
    """

    addresses: tuple[str, ...]
    name: str = ""
    greeting: str | None = None
    language: str | None = None
    formality: str | None = None  # "formal" | "informal"
    goals: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    notes: str = ""
    cadence_days: int | None = None
    tags: tuple[str, ...] = ()
    never: bool = False
    written: bool = True


@dataclass(frozen=True, slots=True)
class Contact:
    """A person.

    ``address`` is the one they last wrote from among those the user wrote to or confirmed, else the one
    the user wrote to; ``addresses`` are all of theirs, sorted. ``confirmed``: the user has written to
    them, or they stand in contacts.toml; only such people are ever addressed.
    """

    address: str
    name: str
    addresses: tuple[str, ...]
    confirmed: bool
    card: Card | None = None

    @property
    def introduced(self) -> bool:
        """The user wrote about them in contacts.toml."""
        return self.card is not None and self.card.written


@dataclass(frozen=True, slots=True)
class Thread:
    """Messages with one person that belong together in the generous reading (headers, or subject and people).

    ``messages`` are the real ones (written by people, in no Drafts, Trash or Junk), oldest first, never empty.
    """

    subject: str
    messages: tuple[Message, ...]

    @property
    def last(self) -> Message:
        """The newest message."""
        return self.messages[-1]


@dataclass(frozen=True, slots=True)
class OtherChannel:
    """A contact by another channel, told with ``assistant log``."""

    when: datetime
    text: str
    balance: str | None = None  # "gave" | "asked"


@dataclass(frozen=True, slots=True)
class Correspondence:
    """All that was exchanged with one person, over all accounts, each message once, oldest first.

    ``messages`` also holds automatic replies, bounces and what lies in Trash or Junk: those can
    stop a draft. ``threads`` hold the real ones only. A message without a credible time is left out.
    """

    contact: Contact
    messages: tuple[Message, ...]
    threads: tuple[Thread, ...]
    other_channels: tuple[OtherChannel, ...] = ()


class Kind(StrEnum):
    """The seven kinds of draft."""

    OWE_REPLY = "owe_reply"
    DELIVER_PROMISE = "deliver_promise"
    CHECK_IN = "check_in"
    THANK = "thank"
    RECONNECT = "reconnect"
    OFFER = "offer"
    SHARE = "share"


class HeldBecause(StrEnum):
    """Why a suggestion is not drafted now."""

    DAILY_CAP = "daily_cap"
    WEEKLY_CAP = "weekly_cap"
    ONE_PER_CONTACT = "one_per_contact"
    BELOW_BAR = "below_bar"
    TOO_EARLY = "too_early"
    RECENT_CONTACT = "recent_contact"
    OWED_FIRST = "owed_first"
    BALANCE = "balance"
    ABSENT_UNTIL = "absent_until"
    PAUSED = "paused"
    REST = "rest"
    NEVER = "never"
    OPT_OUT = "opt_out"
    SENSITIVE = "sensitive"
    EXPIRED = "expired"
    CLOSED = "closed"
    ERRAND = "errand"
    AUTOMATED = "automated"
    LIST = "list"
    ROLE = "role"
    BOUNCED = "bounced"
    MANY_RECIPIENTS = "many_recipients"
    ENCRYPTED = "encrypted"
    LIVE_DRAFT = "live_draft"
    HAD_DRAFT = "had_draft"
    AMBIGUOUS = "ambiguous"
    UNKNOWN_SENDER = "unknown_sender"
    NO_TEMPLATE = "no_template"
    OFF_HOURS = "off_hours"
    ACCOUNT_UNREAD = "account_unread"


CAPS = frozenset({HeldBecause.DAILY_CAP, HeldBecause.WEEKLY_CAP, HeldBecause.ONE_PER_CONTACT})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact a reader can check, and the message it stands in (None: in no single message)."""

    fact: str
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Silence:
    """A span without a real message from the contact.

    ``opened_by`` is the Message-ID of the contact's last real message, or of the user's first one
    when the contact has never written: the same on every computer that reads the same mail.
    """

    opened_by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A follow-up worth weighing.

    ``score`` runs from 0 to 1. ``about`` is the message that asks, promises, helped or was last;
    ``reply_to`` the last visible message of its strict thread, None for a fresh message.
    ``identity`` is the address of the user's that this contact knows.
    ``held`` is None when it should be drafted now.
    """

    account: str
    kind: Kind
    score: float
    reason: str
    contact: Contact
    thread: Thread | None
    silent_days: int
    usual_reply_days: float | None
    evidence: tuple[Evidence, ...]
    silence: Silence
    about: Message
    reply_to: Message | None
    identity: str
    needs_word: str | None = None
    held: HeldBecause | None = None

    @property
    def would_be_drafted(self) -> bool:
        """Drafted now, or kept back by nothing but a cap."""
        return self.held is None or self.held in CAPS


class DraftState(StrEnum):
    """Where a draft of ours stands; *live* ones are PLANNED to MOVED."""

    PLANNED = "planned"
    INTENDED = "intended"  # the intention is on disk, the APPEND may have begun
    UNKNOWN = "unknown"  # the APPEND was not confirmed: only ever looked for
    WAITING = "waiting"  # in Drafts, as we wrote it
    EDITED = "edited"
    MOVED = "moved"
    SENT = "sent"
    DECLINED = "declined"  # deleted by the user
    WITHDRAWN = "withdrawn"
    GONE = "gone"

    @property
    def live(self) -> bool:
        """Not ended yet."""
        return self in LIVE_STATES


LIVE_STATES = frozenset(
    {
        DraftState.PLANNED,
        DraftState.INTENDED,
        DraftState.UNKNOWN,
        DraftState.WAITING,
        DraftState.EDITED,
        DraftState.MOVED,
    }
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A draft that is ready to be appended.

    ``id`` is 20 hex digits (facts of identity in drafting/identity.py); ``message_id`` carries it,
    without angle brackets. ``raw`` are the bytes for APPEND, CRLF throughout.
    ``fingerprint`` covers From, To, Cc, Bcc, Subject, In-Reply-To, MIME structure and decoded body.
    """

    id: str
    message_id: str
    sender: Address
    to: Address
    subject: str
    text: str
    language: str
    template: str
    in_reply_to: str | None
    references: tuple[str, ...]
    raw: bytes
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A row of the ledger: one draft of ours and all that is known of its life.

    ``mailbox``, ``uidvalidity`` and ``uid`` say where it was last seen by us. ``uidnext`` is the
    UIDNEXT of Drafts before the APPEND: a copy of ours can only lie from there on.
    ``fingerprint`` is what was written until it is read back, then what the server keeps.
    ``since`` is when the silence began, and ``known`` names the mail with the contact from then on that was there when
    it was judged: other mail is news (tidings.py). Rows without them (None) look at what is dated after ``created``.
    ``missed`` counts sweeps in a row in which it was found nowhere. ``gift`` is the offer or the
    thing passed on, so that nobody gets it twice. ``standing`` tells the user, in their language, where
    things stand and why the draft comes now.
    """

    id: str
    account: str
    kind: Kind
    contact: str
    addresses: tuple[str, ...]
    identity: str
    subject: str
    message_id: str
    in_reply_to: str | None
    thread_subject: str
    silence: str
    state: DraftState
    created: datetime
    changed: datetime
    language: str
    template: str
    fingerprint: str
    needs_word: str | None = None
    reason: str = ""
    mailbox: str | None = None
    uidvalidity: int | None = None
    uid: int | None = None
    uidnext: int | None = None
    attempts: int = 0
    missed: int = 0
    because: str | None = None
    gift: str | None = None
    standing: str = ""
    since: datetime | None = None
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """A row of the ledger: one message to the user about waiting drafts, followed as a draft is.

    ``drafts`` are the ids of those it names. Once it was read it is EDITED: the user's.
    """

    id: str
    account: str
    drafts: tuple[str, ...]
    message_id: str
    state: DraftState
    created: datetime
    changed: datetime
    fingerprint: str
    mailbox: str
    uidvalidity: int | None = None
    uid: int | None = None
    uidnext: int | None = None
    attempts: int = 0
    missed: int = 0
    because: str | None = None


Ours = TypeVar("Ours", Draft, Digest)
"""What we append: its row is written before, and it is recognised again by it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps an account from being worked on, with its cure."""

    account: str
    code: str
    message: str
    cure: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """What a server wants the user to read (ALERT; RFC 3501, section 7.1), cleaned, and when it last said so."""

    words: str
    said: datetime


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose on the command line, kept in choices.toml. Addresses in lower case.

    ``paused`` maps an address to the end of its pause (None: until resumed); the key "" is everything.
    ``rests`` maps a Message-ID (its thread is let be) or an address (the silence with that person is) to the time
    the rest was asked for. ``never`` and ``opted_out`` hold addresses and "@domain". ``forgotten`` maps what stands
    for an address (store/forgotten.py) to the time from which its mail counts again (None: it does not), and
    ``forgotten_with`` that of a person's further addresses to that of the one with which they were forgotten.
    """

    paused: Mapping[str, datetime | None] = field(default_factory=dict)
    rests: Mapping[str, datetime] = field(default_factory=dict)
    never: frozenset[str] = frozenset()
    opted_out: frozenset[str] = frozenset()
    forgotten: Mapping[str, datetime | None] = field(default_factory=dict)
    forgotten_with: Mapping[str, str] = field(default_factory=dict)
