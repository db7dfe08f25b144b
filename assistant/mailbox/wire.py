"""The connection beneath IMAP: every command has a deadline, every answer a limit, no argument a control byte."""

from __future__ import annotations

import imaplib
import io
import re
import socket
import ssl
import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any

from assistant import clock

LITERAL_LIMIT = 1024 * 1024
LINE_LIMIT = 16 * 1024 * 1024  # UID SEARCH of two million messages is one line
_DRAINED_LIMIT = 64 * 1024 * 1024
_ANSWER_LIMIT = 128 * 1024 * 1024  # of what is kept; what is dropped only takes time, and that has an end
_CONNECT_SECONDS = 15.0
PATIENCE_SECONDS = 3600.0
SLOWEST = 1000.0
"""An hour is what a connection may keep us waiting in all; longer for so many bytes a second (40 messages a minute)."""
_CHUNK = 64 * 1024

_CONTROL = re.compile(r"[\x00\r\n]")
_CONTROL_BYTES = re.compile(rb"[\x00\r\n]")
_ALERT = re.compile(rb"\S+ (?:OK|NO|BAD|BYE) \[ALERT\] *(.+)", re.IGNORECASE)
_ALERTS = 5
_NO_TEXT = (b" OK\r\n", b" NO\r\n", b" BAD\r\n")
# What nearly all lines of a large answer look like; imaplib would match each against six expressions.
_FETCH = re.compile(rb"\* (\d{1,10}) FETCH (?=\()")
_LITERAL_FOLLOWS = re.compile(rb"\{(\d{1,10})\}\r\n\Z")
_LONGEST_SIZE = len("{9999999999}\r\n")


class ControlByteRefused(Exception):
    """An argument of a command holds NUL, CR or LF, and would have become a command of its own."""


class _DeadlineReader(io.RawIOBase):
    """Reads a socket, giving each read only what is left of the command's time.

    A timeout per read would let a server hold us for ever by sending one byte at a time.
    """

    def __init__(self, connection: Connection, sock: socket.socket) -> None:
        self._connection = connection
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        began = clock.monotonic()
        self._sock.settimeout(self._connection.remaining())
        count = self._sock.recv_into(buffer)
        self._connection.count(count, clock.monotonic() - began)
        return count


def _addresses_of(host: str, port: int, seconds: float) -> Sequence[Any]:
    """Look up a host's addresses, within so many seconds: getaddrinfo alone waits minutes for a silent name server."""
    answer: SimpleQueue[Any] = SimpleQueue()

    def look_up() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            answer.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except Empty as error:
        raise TimeoutError("the name server does not answer") from error
    if isinstance(found, Exception):
        raise found
    return found  # type: ignore[no-any-return]


class Connection(imaplib.IMAP4):
    """imaplib's connection with our guards; ``context`` None means no TLS from the start."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, seconds: float) -> None:
        self._context = context
        self._reader: io.BufferedReader | None = None
        self._reads: socket.socket | None = None
        self._unsent = bytearray()
        self._holds_back = False
        self._waited, self._received_in_all = 0.0, 0
        self._read_already: bytes | None = None
        self.alerts: dict[bytes, None] = {}  # what a server wants the user to read (RFC 3501, section 7.1)
        self.literal_limit = LITERAL_LIMIT
        self.allow(seconds)
        super().__init__(host, port)

    def allow(self, seconds: float, literal_limit: int = LITERAL_LIMIT) -> None:
        """Give what is asked next so many seconds in all; of a longer literal the rest is dropped.

        Raises TimeoutError when the server has kept us waiting for too long already: each of its answers may come
        within its deadline, and all of them together hold up other accounts for days.
        """
        if self._waited > PATIENCE_SECONDS + self._received_in_all / SLOWEST:
            raise TimeoutError("the server is too slow")
        self._ends = clock.monotonic() + seconds
        self._received = 0
        self.literal_limit = literal_limit

    def remaining(self) -> float:
        """Return the seconds left. Raises TimeoutError when there are none."""
        left = self._ends - clock.monotonic()
        if left <= 0:
            raise TimeoutError("the server did not finish its answer in time")
        return left

    def count(self, octets: int, waited: float) -> None:
        """Note what came in, after how many seconds. Raises imaplib's abort when an answer does not end."""
        self._waited += waited
        self._received_in_all += octets
        self._received += octets
        if self._received > _ANSWER_LIMIT:
            raise self.abort("the answer does not end")

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        sock = self._connected(timeout or _CONNECT_SECONDS)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(self.remaining())
            return sock if self._context is None else self._context.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise

    def _connected(self, seconds: float) -> socket.socket:
        """Return a connection to the first of the host's addresses that answers.

        Raises OSError, as the first of them failed: the last may be of a kind that this machine does not have.
        """
        failed: OSError | None = None
        for family, kind, protocol, _, address in _addresses_of(self.host, self.port, min(seconds, self.remaining())):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(min(seconds, self.remaining()))
                sock.connect(address)
            except OSError as error:
                sock.close()
                failed = failed or error
            else:
                return sock
        raise failed or socket.gaierror(f"{self.host} has no address")

    def _stream(self) -> io.BufferedReader:
        """Return the reader of the present socket; what came in the clear before STARTTLS is left behind."""
        if self._reader is None or self._reads is not self.sock:
            self._reader = io.BufferedReader(_DeadlineReader(self, self.sock), _CHUNK)
            self._reads = self.sock
            self._read_already = None
        return self._reader

    def read(self, size: int) -> bytes:
        """Read a literal; of one beyond the limit only the beginning is kept."""
        if size > _DRAINED_LIMIT:
            raise self.abort(f"a literal of {size} bytes")
        stream = self._stream()
        kept = stream.read(min(size, self.literal_limit))
        left = size - len(kept)
        while left > 0 and (dropped := len(stream.read(min(left, _CHUNK)))):
            left -= dropped
            self._received -= dropped
        return kept

    def readline(self) -> bytes:
        """Read a line; a status without its text (DavMail), which imaplib refuses, gets the missing blank."""
        line, self._read_already = self._read_already, None
        if line is None:
            line = self._stream().readline(LINE_LIMIT + 1)
        if len(line) > LINE_LIMIT:
            raise self.abort("a line that does not end")
        return line[:-2] + b" \r\n" if line.endswith(_NO_TEXT) else line

    def send(self, data: Any) -> None:
        """Send all of it before the deadline, behind what was held back."""
        self._unsent += data
        if self._holds_back:
            return
        data, self._unsent = bytes(self._unsent), bytearray()
        view = memoryview(data)
        while view:
            self.sock.settimeout(self.remaining())
            view = view[self.sock.send(view) :]

    def _command(self, name: str, *args: Any) -> Any:
        """Every command of imaplib and imapclient passes here, so no control byte passes at all."""
        for argument in (name, *args):
            if isinstance(argument, str) and _CONTROL.search(argument):
                raise ControlByteRefused
            if isinstance(argument, bytes | bytearray) and _CONTROL_BYTES.search(argument):
                raise ControlByteRefused
        return super()._command(name, *args)  # type: ignore[misc]

    def _get_response(self) -> Any:
        """Read one answer; whatever is wrong with it, the dialogue cannot go on after it."""
        try:
            self._read_fetched()
            line = super()._get_response()  # type: ignore[misc]
        except (ValueError, LookupError, AttributeError) as error:
            raise self.abort(f"an answer that is no IMAP ({type(error).__name__})") from error
        if line and (alert := _ALERT.match(line)) and len(self.alerts) < _ALERTS:
            self.alerts[alert[1]] = None
        return line

    def _get_capabilities(self) -> None:
        """Take what the server can do from its greeting when it stands there; ask after STARTTLS in any case."""
        greeted = self.untagged_responses.pop("CAPABILITY", [])
        words = tuple(b" ".join(one for one in greeted if isinstance(one, bytes)).decode("latin-1").upper().split())
        if self.tagnum == 0 and "IMAP4REV1" in words:
            self.capabilities = words
        else:
            super()._get_capabilities()  # type: ignore[misc]

    def announce(self, name: str, *arguments: str) -> None:
        """Hold a command back until the next one goes out; nobody waits for its answer or minds a refusal."""
        self._held(name, arguments)

    def ask_together(self, name: str, arguments: Sequence[Sequence[Any]]) -> list[tuple[str, list[Any]]]:
        """Ask the same of several things in one round trip (RFC 3501, section 5.5); the answers are in this order."""
        tags = [self._held(name, one) for one in arguments]
        self.send(b"")
        answers = []
        for tag in tags:
            status, data = self._get_tagged_response(tag)
            answers.append(self._untagged_response(status, data, name) if status == "OK" else (status, data))
        return answers

    def _held(self, name: str, arguments: Sequence[Any]) -> Any:
        self._holds_back = True
        try:
            return self._command(name, *arguments)
        finally:
            self._holds_back = False

    def _read_fetched(self) -> None:
        """Read FETCH answers for as long as they hold a literal, and keep them the way imaplib does.

        Those that came before the line breaks are kept, too.
        """
        if self._read_already is not None:
            return
        fetched: list[Any] = []
        try:
            self._read_already = self._fetched_into(fetched)
        finally:
            if fetched:
                self.untagged_responses.setdefault("FETCH", []).extend(fetched)

    def _fetched_into(self, fetched: list[Any]) -> bytes:
        """Take in FETCH answers that hold a literal; return the line behind them."""
        stream = self._stream()
        line = stream.readline(LINE_LIMIT + 1)
        while (match := _FETCH.match(line)) and (literal := _LITERAL_FOLLOWS.search(line, len(line) - _LONGEST_SIZE)):
            head, size = match[1] + b" " + line[match.end() : -2], int(literal[1])
            while True:
                fetched.append((head, self.read(size)))
                line = stream.readline(LINE_LIMIT + 1)
                if line == b")\r\n":  # nearly all
                    break
                if not line.endswith(b"\r\n"):
                    raise self.abort("an answer that breaks off")
                if not (more := _LITERAL_FOLLOWS.search(line)):
                    break
                head, size = line[:-2], int(more[1])
            fetched.append(line[:-2])
            line = stream.readline(LINE_LIMIT + 1)
        return line

    def ask(self, uids: str, items: str) -> bytes:
        """Send UID FETCH and return its tag without waiting for the answer."""
        tag: bytes = self._command("UID", "FETCH", uids, items)
        return tag

    def answer(self, tag: bytes) -> tuple[str, list[Any]]:
        """Return the answer to what was asked under this tag."""
        status, data = self._command_complete("UID", tag)
        return self._untagged_response(status, data, "FETCH")  # type: ignore[no-any-return]

    def drop(self, tag: bytes) -> None:
        """Read the answer to what was asked under this tag, whatever it is, and forget it."""
        self._get_tagged_response(tag)
        self.untagged_responses.pop("FETCH", None)

    def list_all(self, command: str, *options: str) -> tuple[str, list[Any]]:
        """Ask LIST or XLIST for every mailbox, with the options of LIST-EXTENDED (RFC 5258)."""
        answer: tuple[str, list[Any]] = self._simple_command(command, '""', '"*"', *options)
        return self._untagged_response(*answer, command)  # type: ignore[no-any-return]

    def take_over(self, earlier: Connection) -> None:
        """Count what an earlier connection has cost, and keep what was said there, since this one goes on with it."""
        self._waited += earlier._waited
        self._received_in_all += earlier._received_in_all
        self.alerts = earlier.alerts | self.alerts

    def shutdown(self) -> None:
        """Close at once, whatever the server does."""
        try:
            super().shutdown()
        except OSError:
            self.sock.close()
