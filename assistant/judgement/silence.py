"""When the silence with a person began, and how long it has lasted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from assistant.model import Correspondence, MailKind, Message, OtherChannel, Role, Silence

DAY = timedelta(days=1)

SEEN = frozenset({MailKind.PERSONAL, MailKind.LIST, MailKind.INVITATION})
"""Mail that shows a person at work, even where it asks nothing and answers nothing."""


def at(message: Message) -> datetime:
    """Return when a message was written; a correspondence holds none without a credible time."""
    assert message.when is not None
    return message.when


def real_messages(correspondence: Correspondence) -> tuple[Message, ...]:
    """Return the real messages of all threads, both directions, oldest first."""
    real = {message.id for thread in correspondence.threads for message in thread.messages}
    return tuple([message for message in correspondence.messages if message.id in real])


def signs_of_life(correspondence: Correspondence) -> tuple[Message, ...]:
    """Return everything a person wrote either way, Trash and Junk and list posts included: these can stop a draft."""
    return tuple([one for one in correspondence.messages if one.kind in SEEN and one.role is not Role.DRAFTS])


def silence_of(correspondence: Correspondence) -> Silence:
    """Return the silence that is running with a person.

    It was opened by the contact's last real message or by a contact told with ``assistant log``,
    whichever is later; for somebody who has never written, by the user's first message to them.
    What the user sends later does not end it, nor does mail in Trash or Junk.
    """
    real = real_messages(correspondence)
    received = [message for message in real if not message.outgoing]
    logged = max(correspondence.other_channels, key=lambda other: other.when, default=None)
    opener = received[-1] if received else next(iter(real or correspondence.messages), None)
    if logged is not None and (opener is None or not received or logged.when > at(opener)):
        return Silence(f"logged:{logged.when.isoformat()}", logged.when)
    if opener is None:
        raise ValueError(f"there is neither mail nor a logged contact with {correspondence.contact.address}")
    return Silence(opener.message_id or f"nameless:{at(opener).isoformat()}", at(opener))


def last_contact(messages: Iterable[Message], others: Iterable[OtherChannel]) -> datetime | None:
    """Return the time of the last of these messages and logged contacts, None when there are none."""
    times = [at(message) for message in messages] + [other.when for other in others]
    return max(times, default=None)


def days_since(moment: datetime, now: datetime) -> int:
    """Return the whole days (of 24 hours) from ``moment`` to ``now``; never negative."""
    return max(0, (now - moment) // DAY)


def long_ago(days: int) -> str:
    """Return how long ago something was, as it is said: "today", "16 days ago"."""
    return f"{spoken(days)} ago" if days else "today"


def spoken(days: int) -> str:
    """Return a number of days as it is said: "1 day", "16 days"."""
    return "1 day" if days == 1 else f"{days} days"
