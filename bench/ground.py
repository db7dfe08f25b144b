"""What every measurement stands on: a throw-away Dovecot, a mailbox of our own making, our settings for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from assistant import clock
from bench.mailbox import deliver, generate
from tests.servers import Dovecot, start_dovecot

PASSWORD = "secret"  # noqa: S105 - of a server that lives for minutes on this machine
MAILBOXES = ("INBOX", "Sent")
SENT_SHARE = 5  # a person writes one mail for every five that arrive
CONFIG = """\
[me]
name = "Robin Vale"
addresses = ["robin@home.example"]
timezone = "UTC"

[[accounts]]
name = "bench"
host = "127.0.0.1"
port = {port}
security = "none"
username = "{user}"
auth = "env"
mailboxes = ["INBOX", "Sent"]

[reading]
look_back_years = 50
headers_only = {headers_only}
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A user's mailbox on the server: ``messages`` in INBOX and Sent together."""

    server: Dovecot
    user: str
    messages: int
    maildir: Path

    def config(self, folder: Path, *, port: int | None = None, headers_only: bool = False) -> list[str]:
        """Write settings for this mailbox and return the command line up to the command; its state is kept beside."""
        folder.mkdir(mode=0o700, exist_ok=True)
        text = CONFIG.format(
            port=port or self.server.port, user=self.user, headers_only="true" if headers_only else "false"
        )
        config = folder / "config.toml"
        config.touch(mode=0o600)
        config.write_text(text, encoding="utf-8")
        return ["assistant", "--config", str(config), "--state", str(folder / "state")]


@dataclass(frozen=True, slots=True)
class Ground:
    """A running server and a folder for what is measured."""

    server: Dovecot
    folder: Path

    def box(self, inbox: int) -> Box:
        """Make a user with so many messages in INBOX, and a fifth as many in Sent."""
        user, began = f"robin{inbox}", clock.monotonic()
        maildir = self._maildir(user)
        count = deliver(maildir, generate(inbox, inbox // SENT_SHARE, clock.now()))
        click.echo(f"{count} messages written in {clock.monotonic() - began:.0f} s", err=True)
        return Box(self.server, user, count, maildir)

    @contextmanager
    def passing_box(self, user: str) -> Iterator[Box]:
        """Make a user with an empty mailbox, whose mail is removed in the end."""
        maildir = self._maildir(user)
        try:
            yield Box(self.server, user, 0, maildir)
        finally:
            shutil.rmtree(maildir, ignore_errors=True)

    def _maildir(self, user: str) -> Path:
        self.server.add_user(user, PASSWORD)
        maildir = self.server.folder / "run" / "mail" / user / "Maildir"
        owner = maildir.parent.stat()
        maildir.mkdir(mode=0o700)
        os.chown(maildir, owner.st_uid, owner.st_gid)
        return maildir


@contextmanager
def ground() -> Iterator[Ground]:
    """Start the server; stop it and remove everything in the end."""
    with tempfile.TemporaryDirectory(prefix="bench.") as name:
        server = start_dovecot(Path(name) / "server", "--roles", "Drafts=Drafts,Sent=Sent")
        try:
            yield Ground(server, Path(name))
        finally:
            server.stop()
