"""The same mailbox on the demo's server and on a real one; whatever happens, reading has left no trace."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.demo.server import DEFAULT_CAPABILITIES, DemoServer, MailStore
from tests.canary import PASSWORD
from tests.imap.world import World
from tests.servers import Dovecot

SPECIAL = {"Drafts": "\\Drafts", "Sent": "\\Sent", "Trash": "\\Trash", "Archive": "\\Archive", "Junk": "\\Junk"}


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", PASSWORD)


def fresh_store() -> MailStore:
    """Return mail with the usual mailboxes, all empty."""
    store = MailStore()
    for name, use in SPECIAL.items():
        store.create(name, use)
    return store


@pytest.fixture
def hidden() -> frozenset[str]:
    """What the demo's server is not able to do in these tests."""
    return frozenset()


@pytest.fixture
def demo(hidden: frozenset[str]) -> Iterator[DemoServer]:
    capabilities = [one for one in DEFAULT_CAPABILITIES if one not in hidden]
    with DemoServer({"ann": PASSWORD}, fresh_store(), capabilities=capabilities) as server:
        yield server


@pytest.fixture
def on_demo(demo: DemoServer, tmp_path: Path) -> Iterator[World]:
    """A world on the demo's server, which can be scripted."""
    with closing(World(tmp_path, demo.host, demo.port, "ann", PASSWORD)) as world:
        yield world


@pytest.fixture
def on_dovecot(dovecot: Dovecot, tmp_path: Path) -> Iterator[World]:
    user = f"user{secrets.token_hex(6)}"
    dovecot.add_user(user, PASSWORD)
    with closing(World(tmp_path, dovecot.host, dovecot.port, user, PASSWORD)) as world:
        yield world


@pytest.fixture(params=["demo", "dovecot"])
def world(request: pytest.FixtureRequest) -> World:
    """A world on each kind of server."""
    found: World = request.getfixturevalue(f"on_{request.param}")
    return found
