"""Which bodies judgement needs: the last turns of live threads, what a draft may hang on first; never all mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import groupby

from assistant.correspondence.kinds import is_no_reply, is_role_address
from assistant.judgement.rules import Rules
from assistant.judgement.silence import DAY, at, real_messages
from assistant.model import Correspondence, MailKind, Message, Role, Thread

LAST_TURN = 4
"""Messages read of the turn that a thread ends with."""
TURN_BEFORE = 3
"""Messages read of the turn before it: what was asked, promised or given there."""
LATEST = 6
"""The newest messages with a person that are read in any case: tone, bad news, the balance."""
NOTES = 2
"""The newest absence notes that are read."""


class Need(IntEnum):
    """How much hangs on a body. A sweep reads only so many: the last words first, of old threads too."""

    LAST_WORD = 0  # it may ask, promise or say when somebody is back, and a draft may follow from it
    BEFORE_IT = 1  # what was said before the last word of such a thread
    BACKGROUND = 2  # nothing is drafted from it: tone, balance, mail of strangers and groups


def bodies_needed(correspondences: Iterable[Correspondence], rules: Rules, now: datetime) -> list[Message]:
    """Return the messages whose bodies judgement needs and that were not read yet, by need, then newest first.

    Nothing older than ``reading_days``; nothing at all with ``headers_only``. Which ones they are
    follows from header facts alone, so that the same mailbox always leads to the same judgement.
    """
    wanted: dict[int, tuple[Need, Message]] = {}
    for correspondence in correspondences:
        for need, message in _needed(correspondence, rules, now):
            if message.reading is None and message.uid is not None:
                known = wanted.get(message.id)
                wanted[message.id] = (need if known is None else min(need, known[0]), message)
    ordered = sorted(wanted.values(), key=lambda one: at(one[1]), reverse=True)
    return [message for _, message in sorted(ordered, key=lambda one: one[0])]


def unread_debts(correspondence: Correspondence, rules: Rules, now: datetime) -> tuple[Message, ...]:
    """Return the contact's last words to the user that were not read yet and may ask for something."""
    return tuple(
        message
        for need, message in _needed(correspondence, rules, now)
        if need is Need.LAST_WORD and not message.outgoing and message.reading is None and message.uid is not None
    )


def focused(correspondence: Correspondence, rules: Rules, now: datetime) -> Correspondence:
    """Return the correspondence with no other readings than those that ``bodies_needed`` stands for.

    What an earlier sweep happened to read must not change what this one says.
    """
    needed = {message.id for _, message in _needed(correspondence, rules, now)}
    if all(message.reading is None or message.id in needed for message in correspondence.messages):
        return correspondence

    def seen(messages: tuple[Message, ...]) -> tuple[Message, ...]:
        return tuple(
            message if message.reading is None or message.id in needed else message._replace(reading=None)
            for message in messages
        )

    threads = tuple(Thread(thread.subject, seen(thread.messages)) for thread in correspondence.threads)
    return replace(correspondence, messages=seen(correspondence.messages), threads=threads)


def _needed(correspondence: Correspondence, rules: Rules, now: datetime) -> Iterator[tuple[Need, Message]]:
    if rules.headers_only or is_no_reply(correspondence.contact.address):
        return
    oldest = now - timedelta(days=rules.reading_days)
    lively = now - rules.ask_horizon_days * DAY
    for thread in correspondence.threads:
        if at(thread.last) >= lively and not _to_a_group(thread.last, rules):
            promising = _may_be_drafted(correspondence, thread.last, rules)
            for need, message in _last_turns(thread):
                if at(message) >= oldest:
                    yield need if promising else Need.BACKGROUND, message
    for message in real_messages(correspondence)[-LATEST:]:
        if at(message) >= oldest:
            yield Need.BACKGROUND, message
    notes = [
        message
        for message in correspondence.messages
        if message.kind is MailKind.AUTO_REPLY and at(message) >= oldest and message.role is not Role.JUNK
    ]
    for message in notes[-NOTES:]:
        yield Need.LAST_WORD, message


def _to_a_group(message: Message, rules: Rules) -> bool:
    """Tell whether a mail went to so many that nothing in it is ever followed up."""
    return len(message.to) + len(message.cc) > rules.max_to_cc


def _may_be_drafted(correspondence: Correspondence, last: Message, rules: Rules) -> bool:
    """Tell from header facts whether a draft may follow from a thread that ends with this message."""
    contact = correspondence.contact
    if not contact.confirmed or (not contact.introduced and is_role_address(contact.address)):
        return False
    if not last.outgoing:
        return True
    return 0 < len(last.to) <= rules.max_to and last.to[0].address in contact.addresses


def _last_turns(thread: Thread) -> Iterator[tuple[Need, Message]]:
    """Yield the messages of the turn a thread ends with, and of the one before it.

    All of theirs in the last turn may hold a debt; of the user's own the newest speaks.
    """
    turns = [list(turn) for _, turn in groupby(thread.messages, key=lambda message: message.outgoing)]
    for message in turns[-1][-LAST_TURN:]:
        yield Need.BEFORE_IT if message.outgoing and message is not thread.last else Need.LAST_WORD, message
    if len(turns) > 1:
        for message in turns[-2][-TURN_BEFORE:]:
            yield Need.BEFORE_IT, message
