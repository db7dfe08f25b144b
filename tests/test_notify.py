"""Word to systemd: it reaches the socket that was named, and nobody else's watchdog is fed."""

from __future__ import annotations

import os
import socket

import pytest

from assistant.notify import notify, watchdog_seconds

DEADLINE = 60


@pytest.mark.parametrize("name", ["socket", "@assistant-test-{pid}"])
def test_words_reach_the_socket_that_systemd_named(name, tmp_path):
    path = name.format(pid=os.getpid()) if name.startswith("@") else str(tmp_path / name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind("\0" + path[1:] if name.startswith("@") else path)
        supervisor.settimeout(DEADLINE)
        notify("READY=1", {"NOTIFY_SOCKET": path})
        assert supervisor.recv(100) == b"READY=1"


def test_nobody_listening_is_no_trouble(tmp_path):
    notify("READY=1", {})
    notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_of_somebody_else_is_not_fed(environ, seconds):
    assert watchdog_seconds(environ) == seconds
