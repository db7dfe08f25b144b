"""Messages as the reader hands them to the store, and rows of the ledger; every argument has a default."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from assistant.model import Address, Draft, DraftState, HeaderFacts, Kind, MailKind, Message, Role, Signal
from assistant.store.messages import MailboxRecord, MailFacts, Seen

NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)
ME = "sue@example.org"
OWN = frozenset({ME})
SUE = Address(ME)
ANA = Address("ana@example.net", "Ana Ruiz")
BEN = Address("ben@example.com", "Ben Ode")


def seen(
    uid: int,
    message_id: str | None = None,
    *,
    references: Sequence[str] = (),
    sender: Address | None = ANA,
    reply_to: Sequence[Address] = (),
    to: Sequence[Address] = (SUE,),
    cc: Sequence[Address] = (),
    subject: str = "The lease",
    when: datetime | None = NOW,
    marks: int = 0,
) -> Seen:
    facts = HeaderFacts(
        message_id=message_id,
        in_reply_to=references[-1] if references else None,
        references=tuple(references),
        sender=sender,
        reply_to=tuple(reply_to),
        to=tuple(to),
        cc=tuple(cc),
        subject=subject,
        date=when,
        signals=Signal(0),
    )
    return Seen(uid, facts, MailKind.PERSONAL, when, 2000, marks)


def inbox(facts: MailFacts, *, account: str = "home", uidvalidity: int = 7, uidnext: int = 1) -> MailboxRecord:
    return facts.begin_mailbox(account, "INBOX", Role.INBOX, uidvalidity, uidnext)


def known(facts: MailFacts) -> list[Message]:
    return list(facts.messages(OWN))


def by_id(facts: MailFacts) -> dict[str | None, Message]:
    return {message.message_id: message for message in known(facts)}


def threads(facts: MailFacts) -> set[frozenset[str | None]]:
    """Return the threads as sets of Message-IDs."""
    groups: dict[int, set[str | None]] = {}
    for message in known(facts):
        groups.setdefault(message.thread, set()).add(message.message_id)
    return {frozenset(group) for group in groups.values()}


def row(number: str = "0" * 20, **other: Any) -> Draft:
    """Return a draft that waits in Drafts, unless said otherwise."""
    values: dict[str, Any] = {
        "id": number,
        "account": "home",
        "kind": Kind.CHECK_IN,
        "contact": "ana@example.net",
        "addresses": ("ana@example.net",),
        "identity": ME,
        "subject": "Re: The lease",
        "message_id": f"{number}@example.org",
        "in_reply_to": "asked@example.org",
        "thread_subject": "The lease",
        "silence": "opened@example.net",
        "state": DraftState.WAITING,
        "created": NOW - timedelta(hours=1),
        "changed": NOW - timedelta(hours=1),
        "language": "en",
        "template": "en/check_in",
        "fingerprint": "f",
    }
    return Draft(**{**values, **other})


def address(number: int) -> Address:
    return Address(f"person{number}@example.com")


def addresses(numbers: Iterable[int]) -> tuple[Address, ...]:
    return tuple(map(address, numbers))
