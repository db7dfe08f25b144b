"""Worlds that can be set back, on a disk in memory where there is one: thousands of databases are made here."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from assistant.demo.server import DemoServer
from tests.faults.stage import Stage
from tests.imap.conftest import _password, demo, fresh_store, hidden, on_demo, on_dovecot

__all__ = ["_password", "demo", "hidden", "on_demo", "on_dovecot"]

Staged = Callable[[Callable[[Stage], object]], Stage]


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory in memory where the machine has one: fsync is slow elsewhere."""
    shm = Path("/dev/shm")
    with TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def staged(demo: DemoServer, memory: Path, allowed: re.Pattern[bytes]) -> Iterator[Staged]:
    """Prepare a world that can be set back."""
    with ExitStack() as stack:

        def made(prepare: Callable[[Stage], object]) -> Stage:
            folder = Path(stack.enter_context(TemporaryDirectory(dir=memory)))
            demo.site.mail["ann"].mailboxes.update(fresh_store().mailboxes)
            found = Stage(demo, folder, prepare, allowed)
            stack.callback(found.close)
            return found

        yield made
