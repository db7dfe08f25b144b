"""One account on each server, the demo's own and a real one, and clients for it."""

import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from imapclient import IMAPClient

from assistant.demo.server import DemoServer, MailStore

SPECIAL = ("Drafts", "Sent", "Junk", "Trash", "Archive")


@dataclass(frozen=True, slots=True)
class Account:
    host: str
    port: int
    user: str
    password: str
    token: str


class Line:
    """A client that says exactly what the test wants."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=20)
        self._file = self.socket.makefile("rb")
        self.greeting = self.read()

    def read(self) -> bytes:
        return self._file.readline()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, data: bytes) -> list[bytes]:
        """Send a command, which begins with its tag, and return all lines of the answer."""
        self.send(data + b"\r\n")
        return self.until(data.split(b" ")[0])

    def until(self, tag: bytes) -> list[bytes]:
        """Return the lines up to the one with a tag, or to the end of the connection."""
        lines = []
        while line := self.read():
            lines.append(line.rstrip(b"\r\n"))
            if line.startswith(tag + b" "):
                break
        return lines

    def close(self) -> None:
        self._file.close()
        self.socket.close()


@pytest.fixture
def demo() -> Iterator[DemoServer]:
    store = MailStore()
    for name in SPECIAL:
        store.create(name, f"\\{name}")
    with DemoServer({"ann": "secret"}, store, tokens={"ann": "token-of-ann"}) as server:
        yield server


@pytest.fixture(params=["demo", "dovecot"])
def account(request: pytest.FixtureRequest) -> Account:
    """Make a fresh account with INBOX and the special mailboxes, on each kind of server."""
    if request.param == "demo":
        server = request.getfixturevalue("demo")
        return Account(server.host, server.port, "ann", "secret", "token-of-ann")
    real = request.getfixturevalue("dovecot")
    user = f"user{secrets.token_hex(6)}"
    real.add_user(user, "secret")
    return Account(real.host, real.port, user, "secret", real.token(user))


@pytest.fixture
def lines() -> Iterator[Callable[..., Line]]:
    """Make raw connections."""
    opened: list[Line] = []

    def connect(server: Account | DemoServer) -> Line:
        opened.append(Line(server.host, server.port))
        return opened[-1]

    yield connect
    for line in opened:
        line.close()


@pytest.fixture
def clients() -> Iterator[Callable[..., IMAPClient]]:
    """Make clients that have not logged in yet."""
    opened: list[IMAPClient] = []

    def connect(server: Account | DemoServer) -> IMAPClient:
        client = IMAPClient(server.host, server.port, ssl=False, timeout=20)
        client.normalise_times = False
        opened.append(client)
        return client

    yield connect
    for client in opened:
        client.shutdown()


@pytest.fixture
def login(clients: Callable[..., IMAPClient], account: Account) -> Callable[[], IMAPClient]:
    """Make clients that have logged in to the account."""

    def connect() -> IMAPClient:
        client = clients(account)
        client.login(account.user, account.password)
        return client

    return connect


@pytest.fixture
def client(login: Callable[[], IMAPClient]) -> IMAPClient:
    return login()
