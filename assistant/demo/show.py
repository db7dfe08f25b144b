"""Runs the real sweep over the sample mailbox on the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant.demo.mailstore import MailStore
from assistant.demo.sample import PASSWORD, USER, fill, write_settings
from assistant.demo.server import DemoServer
from assistant.settings import Settings, load
from assistant.sweep import Order, Outcome, sweep


@dataclass(frozen=True, slots=True)
class Stage:
    """The demo while its server is up: where everything lies."""

    server: DemoServer
    store: MailStore
    settings: Settings
    config: Path
    state: Path
    now: datetime

    def sweep(self) -> Outcome:
        """Do one sweep, as typed by hand."""
        return sweep(self.settings, self.state, Order(), self.now)

    def drafts(self) -> list[bytes]:
        """Return the messages that lie in Drafts now, as stored, oldest first."""
        return [message.raw for message in self.store.mailboxes["Drafts"].messages.values()]

    @property
    def messages(self) -> int:
        """How many mails the sample mailbox holds."""
        return sum(len(mailbox.messages) for mailbox in self.store.mailboxes.values())


@contextmanager
def stage(directory: Path, now: datetime) -> Iterator[Stage]:
    """Serve the sample mailbox on a free port of this machine, with its configuration in ``directory``."""
    store = MailStore()
    fill(store, now)
    with DemoServer({USER: PASSWORD}, store) as server:
        config = write_settings(directory, server.port, now)
        settings, _ = load(config)
        yield Stage(server, store, settings, config, directory / "state", now)
