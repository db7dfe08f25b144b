"""The dialogue with a server: one question at a time, each with its deadline, and every foreign error made ours."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from assistant.errors import AccountLater, AssistantError, MailboxError
from assistant.mailbox.answers import SERVER_BUG, refusal, shown
from assistant.mailbox.door import RawHeaders
from assistant.mailbox.listing import last_number, quoted, wire_name
from assistant.mailbox.session import Client, close_session, lost
from assistant.mailbox.wire import LITERAL_LIMIT, Connection, ControlByteRefused

Ok = Callable[[tuple[str, list[Any]]], list[Any]]

_MENDED_LIMIT = 20  # two for each message that a sweep asks for again (asides.A_SWEEP)
_BAD = re.compile(r"command error: (?:BAD|NO) \[b['\"](.*)['\"]\]", re.DOTALL)


@dataclass(slots=True)
class Ahead:
    """A FETCH of header blocks that was sent, and what ``come`` of its answer with that of the one before it.

    Dovecot works on the second of two FETCH commands before it has ended the first (measured; RFC 3501, section
    5.5 allows it), so that a message belongs to the command that named its UID.
    """

    uids: Sequence[int]
    tag: bytes
    come: list[RawHeaders] = field(default_factory=list)


class Dialogue:
    """A logged-in connection: which mailbox is open on it, how names are spelt there, what was asked ahead.

    ``seconds`` is the longest that any command may take in all, ``bulk_seconds`` the longest for one whose answer
    may be long. ``hung_up``: the other side has ended the connection while such an answer was awaited, that is while
    messages were read, and nobody has tried to ``mend`` that.
    """

    def __init__(self, connect: Callable[[], Client], host: str, seconds: float, bulk_seconds: float) -> None:
        self.client = connect()
        self.can = frozenset(word.decode("latin-1").upper() for word in self.client.capabilities())
        self.wire_names: dict[str, bytes] = {}
        self.ahead: Ahead | None = None
        self._connect = connect
        self._host = host
        self._seconds = seconds
        self._bulk_seconds = bulk_seconds
        self._examined: str | None = None
        self._uidvalidity: int | None = None  # of the mailbox examined
        self._closed = False
        self.hung_up = False
        self._mended = 0

    @property
    def imap(self) -> Connection:
        """The connection beneath."""
        return self.client.connection

    @contextmanager
    def asked_to(self, doing: str, *, bulk: bool = False, limit: int = LITERAL_LIMIT) -> Iterator[Ok]:
        """Give a command its deadline, and turn whatever is raised into an error of ours.

        Yields what takes the command's answer and returns the data in it, or raises the error that a NO stands for.
        What was asked ahead is forgotten first. After a broken exchange the connection is closed, since the rest of
        an answer may still come.
        """

        def ok(answer: tuple[str, list[Any]]) -> list[Any]:
            status, data = answer
            if status != "OK":
                raise self.refused(data, doing)
            return data

        if self._closed:
            raise AccountLater(f"The connection to {self._host} is closed.", "It will be tried again by itself.")
        try:
            self.imap.allow(self._bulk_seconds if bulk else self._seconds, limit)
            self._forget_ahead()
            yield ok
        except AssistantError:
            raise
        except ControlByteRefused as error:
            raise MailboxError("A name with a control character is not sent to a server.") from error
        except imaplib.IMAP4.readonly as error:
            raise refusal(f"[READ-ONLY] {error}", f"{self._host} refused to {doing}") from error
        except (imaplib.IMAP4.abort, OSError) as error:
            self._break_off()
            self.hung_up = bulk and not isinstance(error, TimeoutError)
            raise lost(error, self._host, doing) from error
        except imaplib.IMAP4.error as error:
            bad = _BAD.search(str(error))
            raise refusal(bad[1] if bad else str(error), f"{self._host} refused to {doing}") from error
        except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
            raise MailboxError(
                f"{self._host} was asked to {doing}, and its answer cannot be understood ({shown(str(error))})."
            ) from error
        except BaseException:
            self._break_off()
            raise

    def refused(self, data: Sequence[Any], doing: str) -> AssistantError:
        """Return the error that a NO or BAD with this data stands for."""
        words = data[-1] if data and isinstance(data[-1], bytes) else b""
        return refusal(words, f"{self._host} refused to {doing}")

    def _forget_ahead(self) -> None:
        """Read and drop what was asked ahead and is not wanted after all, so that it is not taken for an answer."""
        ahead, self.ahead = self.ahead, None
        if ahead is not None:
            self.imap.drop(ahead.tag)

    def select(self, mailbox: str, *, writable: bool = False) -> None:
        """Open a mailbox afresh; one open for writing is opened again for whatever is read next."""
        self._examined = None
        with self.asked_to(f"open {mailbox!r}", bulk=True) as ok:
            ok(self.imap.select(self.name(mailbox), readonly=not writable))
        self._examined = None if writable else mailbox
        self._uidvalidity = last_number(self.imap.untagged_responses.get("UIDVALIDITY", []))

    def examine(self, mailbox: str, *, fresh: bool = False) -> None:
        """Open a mailbox for reading only; with ``fresh`` let an open one tell what has happened since."""
        if self._examined != mailbox:
            self.select(mailbox)
        elif fresh:
            with self.asked_to("say what is new") as ok:
                ok(self.imap.noop())

    def fetch(self, mailbox: str, uids: str, items: str) -> list[Any]:
        """Return the answer to UID FETCH, as imaplib returns it."""
        self.examine(mailbox)
        return self.fetch_here(mailbox, uids, items)

    def fetch_here(self, mailbox: str, uids: str, items: str) -> list[Any]:
        """Return the same from a mailbox that is open already, be it for writing."""
        with self.asked_to(f"show messages of {mailbox!r}", bulk=True) as ok:
            self.imap.untagged_responses.pop("FETCH", None)
            return ok(self.imap.uid("FETCH", uids, items))

    def came(self) -> list[Any]:
        """Return the data of FETCH answers that nobody has taken yet: what came before the line broke."""
        return list(self.imap.untagged_responses.get("FETCH", []))

    def mend(self, error: AccountLater) -> None:
        """Connect once more after the other side has hung up while messages were read, and open the same mailbox.

        Raises ``error``, which told of it, when there is no way on: it was another trouble, it has happened too
        often, the server does not let us in (the next sweep will learn why), or UIDs mean something else now.
        """
        earlier, mailbox, uidvalidity = self.imap, self._examined, self._uidvalidity
        hung_up, self.hung_up = self.hung_up, False
        if (
            not hung_up
            or mailbox is None
            or error.code not in (AccountLater.code, SERVER_BUG)
            or self._mended >= _MENDED_LIMIT
        ):
            raise error
        self._mended += 1
        try:
            self.client = self._connect()
        except AssistantError:
            raise error from None
        self.imap.take_over(earlier)
        self._closed, self.ahead = False, None
        self.select(mailbox)
        if self._uidvalidity != uidvalidity:
            raise error

    def wire(self, mailbox: str) -> bytes:
        """Return a mailbox's name as the server spelt it, or in modified UTF-7. Raises MailboxError for no name."""
        return self.wire_names.get(mailbox) or wire_name(mailbox)

    def name(self, mailbox: str) -> Any:
        """Return a mailbox's name as an argument: bytes, which imaplib takes whatever its types say."""
        return quoted(self.wire(mailbox))

    def close(self) -> None:
        """Log out and close the connection; never raises."""
        if not self._closed:
            self._closed = True
            close_session(self.client)

    def _break_off(self) -> None:
        self._closed = True
        self.imap.shutdown()
