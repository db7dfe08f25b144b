"""Protects whoever runs the tests: a home of our own, a keyring that refuses, no network beyond this machine.

And holds in every test: the program says to the demo's server what it may say, and no secret anywhere.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Iterator

import pytest
from hypothesis import settings

from assistant.demo.server import DemoServer
from tests import canary
from tests.commands import ALLOWED, forbidden
from tests.servers import Dovecot, start_dovecot

settings.register_profile("busy", deadline=None)  # how long an example takes says more about the machine than the code
settings.load_profile("busy")


@pytest.fixture(autouse=True)
def _home_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in list(os.environ):
        if name.startswith(("XDG_", "ASSISTANT_", "CREDENTIALS_", "NOTIFY_", "JOURNAL_", "DBUS_")):
            monkeypatch.delenv(name)
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):  # as some CI services set them
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not _local(str(address[0])):
            raise OSError(f"tests may not reach {address[0]}")
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


def _local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    """A real server for all tests of this process; each works in a fresh user's mailbox."""
    server = start_dovecot(tmp_path_factory.mktemp("dovecot"))
    yield server
    server.stop()


_serving: list[DemoServer] = []


@pytest.fixture(scope="session", autouse=True)
def _what_is_served_and_said_is_noted() -> Iterator[None]:
    start, taken_out = DemoServer.start, pytest.CaptureFixture.readouterr

    def started(server: DemoServer) -> DemoServer:
        _serving.append(server)
        return start(server)

    def noted(capture: pytest.CaptureFixture[str]) -> object:
        found = taken_out(capture)
        canary.heard.extend(map(str, found))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DemoServer, "start", started)
        patch.setattr(pytest.CaptureFixture, "readouterr", noted)
        yield


@pytest.fixture
def allowed() -> re.Pattern[bytes]:
    """What the program may say to the demo's server in these tests."""
    return ALLOWED


@pytest.fixture(autouse=True)
def _only_what_is_allowed_is_said(allowed: re.Pattern[bytes]) -> Iterator[None]:
    yield
    said = [command for server in _serving for command in forbidden(server, allowed)]
    _serving[:] = [server for server in _serving if server._thread is not None]
    assert said == []


@pytest.fixture(autouse=True)
def _no_secret_is_written(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    folder = (request.node.funcargs or {}).get("tmp_path")  # none when interrupted
    assert folder is None or canary.betrayed_in(folder) == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Fail the test in which a secret was said."""
    report = yield
    if call.when == "teardown":
        said, canary.heard[:] = [*canary.heard, *(text for _, text in report.sections)], []
        if report.passed and (told := canary.betrayed_by(said)):
            report.outcome, report.longrepr = "failed", f"a secret was said: {told}"
    return report
