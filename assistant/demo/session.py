"""One client's session: its state, and the way from a command to an answer."""

import contextlib
import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from assistant.demo.mailstore import MailStore, StoredMailbox, StoredMessage
from assistant.demo.wire import Arguments, Malformed, Refused, parse_arguments


class HangUp(Exception):
    """End the connection, after sending some last words."""

    def __init__(self, last_words: bytes = b"") -> None:
        super().__init__(last_words)
        self.last_words = last_words


_HEAD = re.compile(rb"(?P<tag>[^\x00-\x20\x7f-\xff(){%*\"\\+]+)(?: (?P<name>UID [A-Za-z]+|[A-Za-z]+))?(?![^ ])")
_SECRET = re.compile(rb"\A(\S*\s*(?:LOGIN|AUTHENTICATE(?: +[^ ]+)?))\b.*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as received.

    session: which connection of the server sent it, counted from 1
    tag:     as sent; "*" where none could be read
    name:    in capitals, "UID FETCH" being one name; empty where none could be read
    line:    everything sent, literals included, without the last line end
    """

    session: int
    tag: bytes
    name: str
    line: bytes

    @classmethod
    def received(cls, session: int, line: bytes) -> "Command":
        """Return the command in a line, whatever the line holds."""
        head = _HEAD.match(line)
        if head is None:
            return cls(session, b"*", "", line)
        return cls(session, head["tag"], (head["name"] or b"").decode("ascii").upper(), line)

    def arguments(self) -> Arguments:
        """Return what follows the name; raises Malformed."""
        head = _HEAD.match(self.line)
        return Arguments(parse_arguments(self.line[head.end() :] if head else b""))

    def redacted(self) -> bytes:
        """Return the line without a password or token."""
        return _SECRET.sub(rb"\1 [redacted]", self.line)


@dataclass(frozen=True, slots=True)
class Site:
    """What all sessions of a server share.

    users:        password by user
    tokens:       bearer token by user
    mail:         store by user
    capabilities: those advertised; the others are refused
    clock:        gives the time (aware) to appended messages that bring none
    """

    users: Mapping[str, str]
    tokens: Mapping[str, str]
    mail: Mapping[str, MailStore]
    capabilities: tuple[str, ...]
    clock: Callable[[], datetime]

    def has(self, capability: str) -> bool:
        """Tell whether a capability is among those advertised."""
        return capability in self.capabilities

    @property
    def capability_line(self) -> str:
        """The word CAPABILITY and all of them."""
        return " ".join(["CAPABILITY", *self.capabilities])


class State(enum.IntEnum):
    """How far a session has come."""

    LOGGED_OUT = 0
    AUTHENTICATED = 1
    SELECTED = 2


@dataclass(frozen=True, slots=True)
class Verb:
    """How a command is carried out, since which state, and with which capability only.

    carry_out(session, arguments) returns a response code such as "[READ-ONLY]", or None.
    """

    carry_out: Callable[["Session", Arguments], str | None]
    since: State
    needs: str | None = None


class Session:
    """One client of a site.

    ask_client sends a continuation request and returns the line that comes back;
    ended becomes true with LOGOUT.
    """

    def __init__(self, site: Site, verbs: Mapping[str, Verb], ask_client: Callable[[bytes], bytes]) -> None:
        self.site = site
        self.ask_client = ask_client
        self.ended = False
        self.read_only = False
        self.uids: list[int] = []  # by sequence number, as far as the client was told
        self._verbs = verbs
        self._store: MailStore | None = None
        self._selected: StoredMailbox | None = None
        self._uidnext = 0
        self._untagged: list[bytes] = []

    def answer(self, command: Command) -> bytes:
        """Do what a command asks and return the whole answer, its tagged line last.

        Whatever a client writes gets an answer; only the end of a connection raises.
        """
        self._untagged = []
        try:
            with self._store.lock if self._store else contextlib.nullcontext():
                code = self._carry_out(command)
            outcome = f"OK {code or ''} {command.name} completed".replace("  ", " ").encode()
        except Refused as refusal:
            outcome = refusal.condition + b" " + str(refusal).encode()
        except RecursionError:
            outcome = b"BAD nested too deeply"
        except (HangUp, OSError):
            raise
        except Exception as bug:  # noqa: BLE001 - one unreadable mail must not end the session
            outcome = b"NO [SERVERBUG] " + type(bug).__name__.encode()
        return b"".join(self._untagged) + command.tag + b" " + outcome + b"\r\n"

    def _carry_out(self, command: Command) -> str | None:
        verb = self._verbs.get(command.name)
        if verb is None or (verb.needs and not self.site.has(verb.needs)):
            raise Malformed("unknown command")
        if self.state < verb.since:
            raise Malformed("not in this state")
        code = verb.carry_out(self, command.arguments())
        if self._selected:
            self._announce_changes(expunges=command.name not in ("FETCH", "STORE", "SEARCH"))
        return code

    def _announce_changes(self, *, expunges: bool) -> None:
        """Tell what happened to the selected mailbox since the client last heard of it."""
        if self._uidnext == self.mailbox.uidnext and len(self.uids) == len(self.mailbox.messages):
            return
        if expunges:
            gone = [number for number, uid in enumerate(self.uids, 1) if uid not in self.mailbox.messages]
            for number in reversed(gone):
                del self.uids[number - 1]
                self.say(f"{number} EXPUNGE")
        if self._uidnext < self.mailbox.uidnext:
            self.uids += [uid for uid in self.mailbox.messages if uid >= self._uidnext]
            self._uidnext = self.mailbox.uidnext
            self.say(f"{len(self.uids)} EXISTS")

    @property
    def state(self) -> State:
        """How far the client has come."""
        if self._selected:
            return State.SELECTED
        return State.AUTHENTICATED if self._store else State.LOGGED_OUT

    @property
    def store(self) -> MailStore:
        """The mail of the user who has logged in."""
        assert self._store is not None
        return self._store

    @property
    def mailbox(self) -> StoredMailbox:
        """The selected mailbox."""
        assert self._selected is not None
        return self._selected

    def say(self, line: str | bytes) -> None:
        """Put an untagged line into the answer."""
        self._untagged.append(b"* " + (line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    def log_in(self, store: MailStore) -> None:
        """Open the mail of a user."""
        self._store = store

    def select(self, mailbox: StoredMailbox, *, read_only: bool) -> None:
        """Open a mailbox."""
        self._selected, self.read_only = mailbox, read_only
        self.uids, self._uidnext = list(mailbox.messages), mailbox.uidnext

    def unselect(self) -> None:
        """Leave the selected mailbox, if there is one."""
        self._selected = None

    def existing(self, name: str, code: str = "NONEXISTENT") -> StoredMailbox:
        """Return a mailbox; raises Refused with this response code when there is none."""
        mailbox = self.store.mailboxes.get(name)
        if mailbox is None:
            raise Refused(f"[{code}] no such mailbox")
        return mailbox

    def require_writable(self) -> None:
        """Raise Refused in a mailbox opened for reading only."""
        if self.read_only:
            raise Refused("[READ-ONLY] mailbox was opened with EXAMINE")

    def expunge(self, messages: list[StoredMessage]) -> None:
        """Remove those of the messages that are marked as deleted."""
        for message in messages:
            if "\\Deleted" in message.flags:
                self.mailbox.messages.pop(message.uid, None)
