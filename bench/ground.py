"""What every measurement stands on: a throw-away Dovecot, a mailbox of our own making, our settings for it."""

from __future__ import annotations

import imaplib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from assistant import clock
from bench.mailbox import Mail, generate
from bench.post import append, deliver
from tests.servers import Dovecot, start_dovecot

PASSWORD = "secret"  # noqa: S105 - of a server that lives for minutes on this machine
MAILBOXES = ("INBOX", "Sent")
MAILDIR, SDBOX = "maildir", "sdbox"
STORAGES = (MAILDIR, SDBOX)
"""How the server keeps mail: a file each in a folder that everybody may look into, or in files of its own."""
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
    """A user's mailbox on the server: ``messages`` in INBOX and Sent together; ``maildir`` where it is one."""

    server: Dovecot
    user: str
    messages: int
    maildir: Path | None

    def receive(self, mails: Iterable[Mail], *, new: bool = False) -> int:
        """Let messages lie in INBOX and Sent; ``new``: as just arrived. Returns how many."""
        if self.maildir is not None:
            return deliver(self.maildir, mails, new=new)
        with imaplib.IMAP4(self.server.host, self.server.port) as line:
            line.login(self.user, PASSWORD)
            return append(line, mails, new=new)

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
    storage: str

    def box(self, inbox: int) -> Box:
        """Make a user with so many messages in INBOX, and a fifth as many in Sent."""
        began = clock.monotonic()
        box = self._empty_box(f"robin{inbox}")
        count = box.receive(generate(inbox, inbox // SENT_SHARE, clock.now()))
        click.echo(f"{count} messages written in {clock.monotonic() - began:.0f} s", err=True)
        return replace(box, messages=count)

    @contextmanager
    def passing_box(self, user: str) -> Iterator[Box]:
        """Make a user with an empty mailbox, whose mail is removed in the end."""
        box = self._empty_box(user)
        try:
            yield box
        finally:
            shutil.rmtree(self._home(user), ignore_errors=True)

    def _empty_box(self, user: str) -> Box:
        self.server.add_user(user, PASSWORD)
        return Box(self.server, user, 0, self._maildir(user) if self.storage == MAILDIR else None)

    def _maildir(self, user: str) -> Path:
        home = self._home(user)
        maildir, owner = home / "Maildir", home.stat()
        maildir.mkdir(mode=0o700)
        os.chown(maildir, owner.st_uid, owner.st_gid)
        return maildir

    def _home(self, user: str) -> Path:
        return self.server.folder / "run" / "mail" / user


@contextmanager
def ground(storage: str = MAILDIR) -> Iterator[Ground]:
    """Start the server; stop it and remove everything in the end."""
    with tempfile.TemporaryDirectory(prefix="bench.") as name:
        server = start_dovecot(Path(name) / "server", "--roles", "Drafts=Drafts,Sent=Sent", "--format", storage)
        try:
            yield Ground(server, Path(name), storage)
        finally:
            server.stop()
