"""A small IMAP server on this machine: mail in memory, answers that a script can change."""

import re
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import count
from typing import Self

from assistant.clock import now
from assistant.demo.login import LOGIN_VERBS
from assistant.demo.mailboxes import MAILBOX_VERBS
from assistant.demo.mailstore import MailStore, StoredMailbox, StoredMessage
from assistant.demo.messages import MESSAGE_VERBS
from assistant.demo.session import Command, HangUp, Session, Site

__all__ = [
    "DEFAULT_CAPABILITIES",
    "Command",
    "DemoServer",
    "HangUp",
    "MailStore",
    "Script",
    "StoredMailbox",
    "StoredMessage",
]

VERBS = {**LOGIN_VERBS, **MAILBOX_VERBS, **MESSAGE_VERBS}
HOST = "127.0.0.1"
MAX_LINE = 64 * 1024
MAX_COMMAND = 32 * 1024 * 1024
DEFAULT_CAPABILITIES = (
    "IMAP4rev1",
    "SASL-IR",
    "AUTH=PLAIN",
    "AUTH=XOAUTH2",
    "AUTH=OAUTHBEARER",
    "LITERAL+",
    "ID",
    "ENABLE",
    "NAMESPACE",
    "CHILDREN",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "SPECIAL-USE",
    "LIST-STATUS",
)

Script = Callable[[Command, Callable[[], bytes]], bytes]
r"""Decides about each command: script(command, carry_out) returns the bytes to send.

carry_out() does what the command asks and returns the ordinary answer. A script may call it
or not, change the answer, wait, return b"" to stay silent, or raise HangUp(last_words) to
drop the connection. The greeting comes first, as a command named GREETING. One thread runs
per connection, so a script for several connections looks after its own state.

    def over_quota(command, carry_out):
        if command.name == "APPEND":
            return command.tag + b" NO [OVERQUOTA] mailbox is full\r\n"
        return carry_out()

    def cut_after_append(command, carry_out):
        answer = carry_out()
        if command.name == "APPEND":
            raise HangUp(answer[:5])
        return answer
"""


def obey(_command: Command, carry_out: Callable[[], bytes]) -> bytes:
    """Be a server that just works."""
    return carry_out()


class DemoServer:
    """An IMAP4rev1 server; listens from the beginning, answers between start() and close().

    users:         password by user name
    store:         one for all users, or one for each
    capabilities:  what is advertised; what is left out is refused as well
    tokens:        bearer token by user name, for XOAUTH2 and OAUTHBEARER
    script:        may change any answer, see Script
    clock:         gives the time (aware) to appended messages that bring none
    commands_seen: every command line in order of arrival, without passwords and tokens
    """

    def __init__(
        self,
        users: Mapping[str, str],
        store: MailStore | Mapping[str, MailStore],
        *,
        capabilities: Sequence[str] = DEFAULT_CAPABILITIES,
        tokens: Mapping[str, str] | None = None,
        script: Script = obey,
        clock: Callable[[], datetime] = now,
        port: int = 0,
    ) -> None:
        tokens = tokens or {}
        mail = dict.fromkeys([*users, *tokens], store) if isinstance(store, MailStore) else store
        self.site = Site(users, tokens, mail, tuple(capabilities), clock)
        self.script = script
        self.commands_seen: list[bytes] = []
        self.session_numbers = count(1)
        self._listener = _Listener((HOST, port), self)
        self.host: str = HOST
        self.port: int = self._listener.server_address[1]
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Begin to answer; returns the server itself."""
        self._thread = threading.Thread(
            target=partial(self._listener.serve_forever, poll_interval=0.05),
            name=f"imap-{self.port}",
            daemon=True,
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop listening and drop every connection; may be called again."""
        if self._thread:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.server_close()
        self._listener.drop_connections()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *reason: object) -> None:
        self.close()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False  # a script may be waiting
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], demo: DemoServer) -> None:
        super().__init__(address, _Connection)
        self.demo = demo
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: object) -> None:
        assert isinstance(request, socket.socket)
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


_LITERAL_FOLLOWS = re.compile(rb"\{(\d{1,20})(\+?)\}\Z")


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        try:
            self._converse()
        except HangUp as hang_up:
            with suppress(OSError):
                self.connection.sendall(hang_up.last_words)
        except OSError:
            pass  # the client is gone

    def _converse(self) -> None:
        server = self._demo
        number = next(server.session_numbers)
        session = Session(server.site, VERBS, self._ask_client)
        greeting = f"* OK [{server.site.capability_line}] ready\r\n".encode()
        opening = Command(number, b"*", "GREETING", b"")
        self.connection.sendall(server.script(opening, lambda: greeting))
        while not session.ended:
            line, refusal = self._read_command()
            command = Command.received(number, line)
            server.commands_seen.append(command.redacted())
            carry_out = partial(session.answer, command)
            self.connection.sendall(refusal or server.script(command, carry_out))

    def _ask_client(self, challenge: bytes) -> bytes:
        self.connection.sendall(b"+ " + challenge + b"\r\n")
        return self._read_line()

    def _read_command(self) -> tuple[bytes, bytes]:
        """Return a command with its literals, and the answer when one of these was refused."""
        fragment = self._read_line()
        pieces = [fragment]
        room = MAX_COMMAND
        while announced := _LITERAL_FOLLOWS.search(fragment):
            size, waits = int(announced[1]), not announced[2]
            room -= size
            if not waits and (room < 0 or not self._demo.site.has("LITERAL+")):
                raise HangUp(b"* BYE [CLIENTBUG] literal was not invited\r\n")
            if room < 0:
                return b"".join(pieces), pieces[0].split(b" ")[0] + b" NO [TOOBIG] literal\r\n"
            if waits:
                self.connection.sendall(b"+ go on\r\n")
            pieces += [b"\r\n", self._read_exactly(size)]
            fragment = self._read_line()
            pieces.append(fragment)
        return b"".join(pieces), b""

    @property
    def _demo(self) -> DemoServer:
        assert isinstance(self.server, _Listener)
        return self.server.demo

    def _read_line(self) -> bytes:
        line = self.rfile.readline(MAX_LINE)
        if not line.endswith(b"\n"):
            raise HangUp(b"* BYE line too long\r\n" if len(line) == MAX_LINE else b"")
        return line.removesuffix(b"\n").removesuffix(b"\r")

    def _read_exactly(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) < size:
            raise HangUp
        return data
