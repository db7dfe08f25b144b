"""Which bodies judgement needs: the last turns of live threads, never all mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from assistant.correspondence.kinds import is_no_reply
from assistant.judgement.rules import Rules
from assistant.judgement.silence import DAY, at
from assistant.model import Correspondence, MailKind, Message, Role, Thread

LAST_TURN = 4
"""Messages read of the turn that a thread ends with."""
TURN_BEFORE = 3
"""Messages read of the turn before it: what was asked, promised or given there."""
LATEST = 6
"""The newest messages with a person that are read in any case: tone, bad news, the balance."""
NOTES = 2
"""The newest absence notes that are read."""


def bodies_needed(correspondences: Iterable[Correspondence], rules: Rules, now: datetime) -> list[Message]:
    """Return the messages whose bodies judgement needs and that were not read yet, newest first.

    Nothing older than ``reading_days``; nothing at all with ``headers_only``. Which ones they are
    follows from header facts alone, so that the same mailbox always leads to the same judgement.
    """
    wanted: dict[int, Message] = {}
    for correspondence in correspondences:
        for message in _needed(correspondence, rules, now):
            if message.reading is None and message.uid is not None:
                wanted[message.id] = message
    return sorted(wanted.values(), key=lambda message: (at(message), message.id), reverse=True)


def focused(correspondence: Correspondence, rules: Rules, now: datetime) -> Correspondence:
    """Return the correspondence with no other readings than those that ``bodies_needed`` stands for.

    What an earlier sweep happened to read must not change what this one says.
    """
    needed = {message.id for message in _needed(correspondence, rules, now)}
    if all(message.reading is None or message.id in needed for message in correspondence.messages):
        return correspondence

    def seen(messages: tuple[Message, ...]) -> tuple[Message, ...]:
        return tuple(message if message.id in needed else replace(message, reading=None) for message in messages)

    threads = tuple(Thread(thread.subject, seen(thread.messages)) for thread in correspondence.threads)
    return replace(correspondence, messages=seen(correspondence.messages), threads=threads)


def _needed(correspondence: Correspondence, rules: Rules, now: datetime) -> Iterator[Message]:
    if rules.headers_only or is_no_reply(correspondence.contact.address):
        return
    oldest = now - timedelta(days=rules.reading_days)
    lively = now - rules.ask_horizon_days * DAY
    for thread in correspondence.threads:
        if at(thread.last) >= lively and not _to_a_group(thread.last, rules):
            yield from (message for message in _last_turns(thread) if at(message) >= oldest)
    real = (message for thread in correspondence.threads for message in thread.messages if at(message) >= oldest)
    yield from sorted(real, key=lambda message: (at(message), message.id))[-LATEST:]
    notes = [
        message
        for message in correspondence.messages
        if message.kind is MailKind.AUTO_REPLY and at(message) >= lively and message.role is not Role.JUNK
    ]
    yield from notes[-NOTES:]


def _to_a_group(message: Message, rules: Rules) -> bool:
    """Tell whether a mail went to so many that nothing in it is ever followed up."""
    return len(message.to) + len(message.cc) > rules.max_to_cc


def _last_turns(thread: Thread) -> Iterator[Message]:
    """Yield the messages of the turn a thread ends with, and of the one before it."""
    turns = [list(turn) for _, turn in groupby(thread.messages, key=lambda message: message.outgoing)]
    yield from turns[-1][-LAST_TURN:]
    if len(turns) > 1:
        yield from turns[-2][-TURN_BEFORE:]
