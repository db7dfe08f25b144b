"""Noting what a mail says: the cues in its own words, whom it did not reach; from the body, which is not kept."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from assistant.correspondence.bounces import read_bounce
from assistant.correspondence.cues import read_text
from assistant.errors import MessageError
from assistant.mailbox.door import BodyText, Door, Progress, silent
from assistant.model import MailKind, Message, Reading, Signal
from assistant.store.messages import MailFacts

UNREADABLE = Reading(language=None, words=0, sentences=0)


def read_bodies(
    door: Door,
    facts: MailFacts,
    wanted: Sequence[Message],
    *,
    zone: ZoneInfo,
    user_names: tuple[str, ...],
    progress: Progress = silent,
) -> None:
    """Note the cues of these messages of one account, and of those that came back whom they did not reach.

    A body that cannot be read is put aside with the reason; a message that has left its mailbox is noted
    as gone, and a copy of it may be read elsewhere. Raises what the door raises.
    """
    done = 0
    # Mailbox by mailbox: opening a large one costs a server more than reading a mail of it (measured).
    for mailbox in sorted({message.mailbox for message in wanted}):
        lying = {message.uid: message for message in wanted if message.mailbox == mailbox and message.uid is not None}
        for uid, body in door.bodies(mailbox, list(lying)):
            done += 1
            _note_words(facts, lying.pop(uid), body, zone, user_names)
            progress("bodies", done, len(wanted))
        for gone in lying.values():
            done += 1
            facts.note_lost(gone.id)


def _note_words(
    facts: MailFacts, message: Message, body: BodyText | MessageError, zone: ZoneInfo, user_names: tuple[str, ...]
) -> None:
    if isinstance(body, MessageError):
        if message.reading is None:
            facts.add_reading(message.id, UNREADABLE)
        facts.asides.put_text(message.id, body.message)
        return
    if message.kind is MailKind.BOUNCE:
        _note_bounce(facts, message, body.text)
        return
    if body.encrypted:
        facts.note_nature(message.id, message.kind, message.signals | Signal.ENCRYPTED)
    elif body.calendar and message.kind is MailKind.PERSONAL:
        facts.note_nature(message.id, MailKind.INVITATION, message.signals | Signal.CALENDAR)
    sent_at = message.when
    if body.encrypted or sent_at is None:
        facts.add_reading(message.id, UNREADABLE)
        return
    reading = read_text(body.text, html=body.html, sent_at=sent_at, zone=zone, user_names=user_names)
    facts.add_reading(message.id, reading)


def _note_bounce(facts: MailFacts, message: Message, text: str) -> None:
    """Note whom a mail that came back did not reach; what tells of a delay or a receipt is a machine's mail only."""
    bounce = read_bounce(text)
    if bounce.harmless:
        facts.note_nature(message.id, MailKind.AUTOMATIC, message.signals)
    else:
        facts.note_failure(message, bounce.failed, bounce.returned)
    facts.add_reading(message.id, UNREADABLE)
