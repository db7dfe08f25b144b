"""The wire itself: how fast a bare socket drains the header lines we ask for, and how often a client waits for it."""

from __future__ import annotations

import re
import selectors
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from assistant import clock
from assistant.mailbox.headers import HEADER_FIELDS
from bench.ground import PASSWORD, Box

ITEMS = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({' '.join(HEADER_FIELDS)})])"
_BUFFER = 1 << 20
_TAIL = 4096  # longer than the last line of any answer
_COMMAND = re.compile(rb"^[A-Z]+\d+ ((?:UID )?[A-Z]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Drained:
    """What a bare socket took: seconds from the FETCH commands to the ends of their answers."""

    seconds: float
    octets: int


def drain(box: Box, mailboxes: Sequence[str], opening: str = "EXAMINE") -> Drained:
    """Fetch the header lines of all messages as the program does, and look at nothing but the end of the answer."""
    seconds, octets = 0.0, 0
    with socket.create_connection((box.server.host, box.server.port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.recv(_BUFFER)
        _ask(sock, f"LOGIN {box.user} {PASSWORD}")
        for mailbox in mailboxes:
            _ask(sock, f"{opening} {mailbox}")
            began = clock.monotonic()
            octets += _ask(sock, f"UID FETCH 1:* {ITEMS}")
            seconds += clock.monotonic() - began
    return Drained(seconds, octets)


def read_the_newest(box: Box, mailboxes: Sequence[str]) -> None:
    """Mark the newest message of each mailbox as read, as a mail program does that shows it."""
    with socket.create_connection((box.server.host, box.server.port)) as sock:
        sock.recv(_BUFFER)
        _ask(sock, f"LOGIN {box.user} {PASSWORD}")
        for mailbox in mailboxes:
            _ask(sock, f"SELECT {mailbox}")
            for sign in "-+":
                _ask(sock, f"STORE * {sign}FLAGS (\\Seen)")


def _ask(sock: socket.socket, command: str) -> int:
    """Send a command, throw its answer away, and return how long it was."""
    sock.sendall(f"A1 {command}\r\n".encode())
    buffer, octets, tail = bytearray(_BUFFER), 0, b"\r\n"
    while not (end := re.search(rb"\r\nA1 ([A-Z]+)[^\r\n]*\r\n\Z", tail)):
        count = sock.recv_into(buffer)
        if not count:
            raise ConnectionError(f"the server hung up during {command[:40]}")
        octets += count
        tail = (tail + bytes(buffer[max(0, count - _TAIL) : count]))[-_TAIL:]
    if end[1] != b"OK":
        raise ConnectionError(f"the server refused {command[:40]}")
    return octets


@dataclass(slots=True)
class Talk:
    """What went by: ``trips`` counts how often the client had to wait, the greeting included."""

    trips: int = 0
    commands: list[str] = field(default_factory=list)


@contextmanager
def overheard(box: Box) -> Iterator[tuple[int, Talk]]:
    """Stand between client and server: yield the port to use, and what was heard there so far."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        talk = Talk()
        threading.Thread(target=_serve, args=(listener, box, talk), daemon=True).start()
        yield listener.getsockname()[1], talk


def _serve(listener: socket.socket, box: Box, talk: Talk) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # closed: the measurement is over
            return
        with client, socket.create_connection((box.server.host, box.server.port)) as server:
            _pass_on(client, server, talk)


def _pass_on(client: socket.socket, server: socket.socket, talk: Talk) -> None:
    """Hand every byte on until one side hangs up."""
    talk.trips += 1  # the greeting
    client_speaks = False
    with selectors.DefaultSelector() as ready:
        ready.register(client, selectors.EVENT_READ, server)
        ready.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in ready.select():
                source, target = key.fileobj, key.data
                assert isinstance(source, socket.socket)
                if not (data := source.recv(_BUFFER)):
                    return
                if source is client:
                    talk.trips += not client_speaks
                    talk.commands += [word.decode() for word in _COMMAND.findall(data)]
                client_speaks = source is client
                target.sendall(data)
