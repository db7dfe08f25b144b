"""The program as processes of its own, many and quickly: forked from one that has done it all once (``warm.py``)."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path

from assistant.store.database import open_ledger, prepare
from assistant.store.ledger import Ledger
from tests.imap.world import ME, World

CONFIG = """
[me]
name = "Sue Marten"
addresses = ["{me}"]
timezone = "Europe/Berlin"

[hours]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
start = "00:00"
end = "23:59:59"

[[accounts]]
name = "home"
host = "{host}"
port = {port}
security = "none"
username = "{user}"
auth = "env"
"""
SECRET = "ASSISTANT_SECRET_HOME"
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.faults.warm"])


def start(world: World, *arguments: str, log: Path, first: Callable[[], None] | None = None) -> BaseProcess:
    """Start the program on this mailbox; ``first`` is done in the process before it begins."""
    config = world.settings.directory / "config.toml"
    account = world.account
    text = CONFIG.format(me=ME, host=account.host, port=account.port, user=account.username)
    if not config.exists() or config.read_text() != text:  # another process may be reading it
        config.write_text(text)
        config.chmod(0o600)
    given = ["--config", str(config), "--state", str(world.state), *arguments]
    process = _context.Process(target=_run, args=(given, os.environ[SECRET], log, first))
    process.start()
    return process


def _run(arguments: list[str], secret: str, log: Path, first: Callable[[], None] | None) -> None:
    from assistant.cli import main

    os.environ[SECRET] = secret
    with log.open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    if first is not None:
        first()
    sys.exit(main(arguments))


def confirm(world: World) -> None:
    """Let the daemon write, as ``setup`` does."""
    prepare(world.state)
    with closing(open_ledger(world.state)) as connection:
        Ledger(connection).confirm(world.account.name, world.now)
