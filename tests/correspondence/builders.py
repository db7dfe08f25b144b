"""Messages for the tests of this room; every argument has a default."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from assistant.model import Address, MailKind, Message, Role, Signal

ME = Address("sue@example.org", "Sue Marten")
ANA = Address("ana@example.com", "Ana Lee")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # 10:00 in Berlin
NO_SIGNAL = Signal(0)
_numbers = itertools.count(1)


def mail(
    day: float,
    sender: Address | None = ANA,
    to: tuple[Address, ...] = (ME,),
    *,
    subject: str = "The lease",
    thread: int | None = None,
    kind: MailKind = MailKind.PERSONAL,
    role: Role | None = None,
    cc: tuple[Address, ...] = (),
    message_id: str | None = None,
    signals: Signal = NO_SIGNAL,
    uid: int | None = 1,
    account: str = "home",
    **changes: object,
) -> Message:
    """Return a message ``day`` days after Monday, 2 March 2026, 10:00 in Berlin."""
    number = next(_numbers)
    outgoing = sender == ME
    return Message(
        id=number,
        account=account,
        mailbox="Sent" if outgoing else "INBOX",
        role=role or (Role.SENT if outgoing else Role.INBOX),
        uid=uid,
        message_id=message_id or f"m{number}@example.org",
        thread=number + 1000 if thread is None else thread,
        sender=sender,
        reply_to=None,
        to=to,
        cc=cc,
        subject=subject,
        when=MONDAY + timedelta(days=day),
        kind=kind,
        signals=signals,
        size=1000,
        outgoing=outgoing,
        **changes,  # type: ignore[arg-type]
    )


def mine(day: float, *to: Address, **rest: object) -> Message:
    """Return a message that the user sent, to Ana unless told otherwise."""
    return mail(day, ME, to or (ANA,), **rest)  # type: ignore[arg-type]
