"""Accounts on a real server and on the demo's, and doors to them."""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.demo.server import DEFAULT_CAPABILITIES, DemoServer, MailStore, Script
from assistant.mailbox.imap import ImapDoor, open_door
from assistant.mailbox.secrecy import Secret
from assistant.settings import AccountSettings
from tests.canary import PASSWORD, TOKEN
from tests.commands import ALLOWED_TO_THE_DOOR
from tests.mailbox.door_contract import LETTER
from tests.mailbox.scripts import Serve
from tests.servers import Dovecot, start_dovecot

SPECIAL = ("Drafts", "Sent", "Junk", "Trash", "Archive")
OpenDoor = Callable[..., ImapDoor]


@pytest.fixture
def dovecot_with(tmp_path: Path) -> Iterator[Callable[..., Dovecot]]:
    """Start servers with options of their own."""
    started: list[Dovecot] = []

    def start(*options: str) -> Dovecot:
        started.append(start_dovecot(tmp_path / f"dovecot{len(started)}", *options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def allowed() -> re.Pattern[bytes]:
    return ALLOWED_TO_THE_DOOR


@pytest.fixture
def demo() -> Iterator[DemoServer]:
    store = MailStore()
    for name in SPECIAL:
        store.create(name, f"\\{name}")
    with DemoServer({"ann": PASSWORD}, store, tokens={"ann": TOKEN}) as server:
        yield server


def account_on(server: Dovecot | DemoServer, **settings: Any) -> AccountSettings:
    """Return the settings of ann's account: TLS on Dovecot, nothing on the demo's server, unless said otherwise."""
    if isinstance(server, Dovecot):
        port = server.port if settings.get("security", "tls") != "tls" else server.tls_port
        usual: dict[str, Any] = {"host": "localhost", "port": port, "tls_ca": server.ca}
    else:
        usual = {"host": server.host, "port": server.port, "security": "none"}
    return AccountSettings.model_validate({"name": "home", "username": "ann", **usual, **settings})


def fresh_user(server: Dovecot) -> str:
    user = f"user{secrets.token_hex(6)}"
    server.add_user(user, PASSWORD)
    return user


@pytest.fixture
def open_for() -> Iterator[OpenDoor]:
    """Open doors, and close them after the test."""
    opened: list[ImapDoor] = []

    def open_one(account: AccountSettings, password: str = PASSWORD, **limits: float) -> ImapDoor:
        opened.append(open_door(account, Secret(password, account.username), **limits))
        return opened[-1]

    yield open_one
    for door in opened:
        door.close()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that answer as a script says, with one letter in INBOX and one draft."""
    started: list[DemoServer] = []

    def start(script: Script, *more: str, without: str = "") -> DemoServer:
        store = MailStore()
        for name in SPECIAL:
            store.create(name, f"\\{name}")
        for name in ("INBOX", "Drafts"):
            store.add(name, LETTER, internal_date=datetime(2024, 3, 7, tzinfo=UTC))
        kept = [word for word in DEFAULT_CAPABILITIES if word != without]
        server = DemoServer({"ann": PASSWORD}, store, capabilities=[*kept, *more], script=script).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.close()
