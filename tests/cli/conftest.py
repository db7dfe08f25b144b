"""The command line, run in this process, and accounts for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keyring
import pytest
from click.testing import CliRunner
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from assistant.cli import main
from assistant.demo.server import DemoServer, MailStore
from assistant.demo.show import Stage, stage
from assistant.onboarding import filled_in
from assistant.shipped import shipped
from tests import canary
from tests.canary import PASSWORD
from tests.servers import Dovecot

SPECIAL = ("Drafts", "Sent", "Junk", "Trash", "Archive")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the program lives in a test."""

    config: Path
    state: Path

    def configure(self, server: Dovecot | DemoServer | None = None, **account: Any) -> None:
        """Write the shipped config.toml for ann's account on a server, with more settings of the account."""
        usual: dict[str, Any] = {"username": "ann", "auth": "env"}
        if isinstance(server, Dovecot):
            usual |= {"host": "localhost", "port": server.tls_port, "tls_ca": str(server.ca)}
        elif server is not None:
            usual |= {"host": server.host, "port": server.port, "security": "none"}
        example = (shipped("config") / "config.toml").read_text(encoding="utf-8")
        text = filled_in(example, {"me": {"addresses": ["ann@example.org"]}, "accounts": usual | account})
        self.config.parent.mkdir(mode=0o700, exist_ok=True)
        self.config.write_text(text, encoding="utf-8")
        self.config.chmod(0o600)


Program = Callable[..., Ran]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", PASSWORD)
    return Place(tmp_path / "config" / "config.toml", tmp_path / "state")


@pytest.fixture
def program(place: Place) -> Program:
    """Run the program with arguments, and lines typed in where it asks; the input ends after them."""

    def run(*arguments: str, typed: tuple[str, ...] = ()) -> Ran:
        lines = "".join(f"{line}\n" for line in typed)
        with CliRunner().isolation(input=lines) as streams:
            code = main(["--config", str(place.config), "--state", str(place.state), *arguments])
            ran = Ran(code, streams[0].getvalue().decode(), streams[1].getvalue().decode())
            canary.heard.extend((ran.out, ran.err))
            return ran

    return run


@pytest.fixture
def demo() -> Iterator[DemoServer]:
    store = MailStore()
    for name in SPECIAL:
        store.create(name, f"\\{name}")
    with DemoServer({"ann": PASSWORD}, store) as server:
        yield server


class Ring(KeyringBackend):
    """A keyring in memory, which can be locked."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.held[service, username] = password

    def _open(self) -> None:
        if self.locked:
            raise KeyringLocked("the collection is locked")


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, mine = keyring.get_keyring(), Ring()
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Serve the sample mailbox at a fixed moment."""
    monkeypatch.setattr("assistant.clock.now", lambda: NOW)
    monkeypatch.delenv("COLUMNS", raising=False)  # a terminal's width wraps lines
    with stage(tmp_path, NOW) as served:
        yield served


@pytest.fixture
def run(sample: Stage, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command over the sample mailbox and return (exit code, standard output, standard error)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["--config", str(sample.config), "--state", str(sample.state), *arguments])
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def swept(run: Run, *arguments: str) -> dict[str, Any]:
    """Return the JSON of a sweep that went well."""
    code, out, err = run("sweep", "--json", *arguments)
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found
