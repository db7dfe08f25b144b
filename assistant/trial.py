"""The trial of writing: one clearly worded test draft into Drafts, read back, and taken out again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from assistant.drafting.identity import fingerprint
from assistant.errors import AccountLater, AssistantError, MailboxError
from assistant.following import FLAGS, look_into_drafts
from assistant.mailbox.door import Door
from assistant.mailbox.rehearsal import RehearsalDoor

SUBJECT = "Test by the Follow-up Assistant: please ignore or delete"
TEXT = """\
This is a test. You asked the Follow-up Assistant ('assistant doctor --write') whether it can lay a
draft here and take it out again. If you still see this, delete it; nothing else is needed.
"""
DELETE_IT = f'Look into Drafts in your mail program and delete the draft "{SUBJECT}".'


@dataclass(frozen=True, slots=True)
class Trial:
    """How a trial ended; ``cure`` is "" when there is nothing left to do.

    ``arrived`` is when the test draft came in by the server's clock, in UTC; None when rehearsed or untold.
    """

    sentence: str
    cure: str = ""
    arrived: datetime | None = None


def try_writing(door: Door, drafts: str, trash: str | None, address: str, now: datetime, *, really: bool) -> Trial:
    """Lay a test draft from and to ``address`` into the mailbox ``drafts``, read it back, and take it out.

    Without ``really`` the same is done at a door that only pretends. Raises MailboxError when the
    server refuses, AccountLater when it is not known what it did.
    """
    message_id, raw = _test_draft(address, now)
    stage = door if really else RehearsalDoor(door)
    uid = _laid(stage, drafts, message_id, raw)
    try:
        kept = _read_back(stage, drafts, uid)
        arrived = next((one.internal_date for one in stage.headers(drafts, [uid])), None)
        taken, copied = _taken_out(stage, drafts, trash, uid, kept)
    except AssistantError as error:
        error.cure = f"{error.cure} {DELETE_IT}".strip()
        raise
    if not really:
        return Trial(
            f"Rehearsed only: a draft of {len(raw)} bytes to {address} would go into {drafts!r} and be taken out."
        )
    if not taken:
        return Trial(
            f"A test draft was laid into {drafts!r}, but this server offers no way to remove it.", DELETE_IT, arrived
        )
    if copied:
        return Trial(
            f"A test draft was laid into {drafts!r}, read back and moved to {trash!r}, as this server allows no more.",
            "Delete it there if you like.",
            arrived,
        )
    same = fingerprint(kept) == fingerprint(raw)
    form = "read back unchanged" if same else "read back (the server keeps it in another form)"
    return Trial(f"A test draft was laid into {drafts!r}, {form}, and removed without a trace.", arrived=arrived)


def _test_draft(address: str, now: datetime) -> tuple[str, bytes]:
    """Return a fresh Message-ID, without brackets, and the bytes for APPEND."""
    message_id = f"{secrets.token_hex(10)}@{address.rpartition('@')[2]}"
    message = EmailMessage(policy=SMTP)
    message["From"] = message["To"] = address
    message["Subject"] = SUBJECT
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{message_id}>"
    message.set_content(TEXT)
    return message_id, message.as_bytes()


def _laid(door: Door, drafts: str, message_id: str, raw: bytes) -> int:
    """Append once and return the UID; a test draft that cannot be found is never appended again."""
    try:
        uid = door.append(drafts, raw, FLAGS)
    except AccountLater as error:
        raise AccountLater(
            f"{error.message} It is not known whether the test draft was kept.", DELETE_IT, code=error.code
        ) from error
    if uid is None:
        uid = next((one.uid for one in look_into_drafts(door, drafts).with_id(message_id)), None)
    if uid is None:
        raise MailboxError(
            f"The server took a test draft into {drafts!r} but does not show it.",
            f"Run this again in a minute. {DELETE_IT}",
            code="draft_not_shown",
        )
    return uid


def _read_back(door: Door, drafts: str, uid: int) -> bytes:
    """Return the draft as the server keeps it."""
    kept = door.raw(drafts, uid)
    if kept is None:
        raise MailboxError(f"The test draft has vanished from {drafts!r}.", "See whether a filter moves drafts.")
    return kept


def _taken_out(door: Door, drafts: str, trash: str | None, uid: int, kept: bytes) -> tuple[bool, bool]:
    """Take the draft out, past the Trash where the server allows it; return (taken out, a copy lies in Trash)."""

    def out(where: str | None) -> bool:
        return door.withdraw(drafts, uid, where, uidvalidity, lambda _, raw: fingerprint(raw) == fingerprint(kept))

    state = door.status([drafts]).get(drafts)
    uidvalidity = state.uidvalidity if state is not None else 0
    removed = out(None)
    moved = not removed and trash is not None and out(trash)
    if (removed or moved) and uid in door.uids(drafts, uid):
        raise MailboxError(f"The server says that it took the test draft out of {drafts!r}, but it still lies there.")
    return removed or moved, moved
