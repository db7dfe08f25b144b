"""Word to systemd, when it started us: ready, alive, stopping (sd_notify(3))."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping

SECONDS = 1.0


def notify(words: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send assignments such as ``READY=1``, one a line, to $NOTIFY_SOCKET; without that variable do nothing.

    Never raises: a supervisor that does not listen is no reason to stop.
    """
    path = environ.get("NOTIFY_SOCKET")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path  # "@": the abstract namespace of Linux
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.settimeout(SECONDS)
        line.sendto(words.encode(), address)


def watchdog_seconds(environ: Mapping[str, str] = os.environ) -> float | None:
    """Return within how many seconds systemd wants a sign of life, None when it wants none (sd_watchdog_enabled(3))."""
    told = environ.get("WATCHDOG_USEC", "")
    meant = environ.get("WATCHDOG_PID") or str(os.getpid())
    return int(told) / 1e6 if told.isdigit() and int(told) and meant == str(os.getpid()) else None
