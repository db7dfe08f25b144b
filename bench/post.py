"""How generated mail gets into a mailbox: as files of a Maildir, or over IMAP."""

from __future__ import annotations

import imaplib
import os
from collections.abc import Iterable
from pathlib import Path

from bench.mailbox import INBOX, SENT, Mail

_NAMES = {INBOX: "INBOX", SENT: "Sent"}


def deliver(maildir: Path, mails: Iterable[Mail], *, new: bool = False) -> int:
    """Write messages into a Maildir as the user who owns it; ``new``: as just arrived. Returns how many."""
    owner = maildir.stat()
    for folder in (INBOX, SENT):
        for part in ("", "cur", "new", "tmp"):
            place = maildir / folder / part
            place.mkdir(mode=0o700, exist_ok=True)
            os.chown(place, owner.st_uid, owner.st_gid)
    count = 0
    for count, mail in enumerate(mails, 1):
        stem = f"{int(mail.when)}.M{count:07d}P{os.getpid()}.bench,S={len(mail.content)}"
        path = f"{maildir}/{mail.folder}/" + (f"new/{stem}" if new else f"cur/{stem}:2,{'S' if _seen(count) else ''}")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(handle, mail.content)
        os.utime(handle, (mail.when, mail.when))
        os.fchown(handle, owner.st_uid, owner.st_gid)
        os.close(handle)
    return count


def append(server: imaplib.IMAP4, mails: Iterable[Mail], *, new: bool = False) -> int:
    """Append messages through a connection that is logged in; ``new``: as just arrived. Returns how many."""
    server.create(_NAMES[SENT])  # refused where it is there already
    count = 0
    for count, mail in enumerate(mails, 1):
        flags = r"(\Seen)" if _seen(count) and not new else "()"
        server.append(_NAMES[mail.folder], flags, imaplib.Time2Internaldate(mail.when), mail.content)
    return count


def _seen(number: int) -> bool:
    """Tell whether a message was read: eight of nine were."""
    return number % 9 != 0
