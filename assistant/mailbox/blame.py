"""Fetching many messages though the server fails at some: what comes is kept, and the one to blame stands alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from assistant.errors import AccountLater, MailboxError, MessageError
from assistant.mailbox.answers import SERVER_BUG
from assistant.mailbox.dialogue import Dialogue
from assistant.mailbox.fetch import batches, read_uids_answer, uid_set

_REFUSED_LIMIT = 20

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Question(Generic[T_co]):
    """What is asked about messages by UID FETCH.

    ``ask`` returns the data of the server's answer about some UIDs, ``read`` what such data, or the beginning of
    it, tells of each message, by UID.
    """

    ask: Callable[[Sequence[int]], Sequence[Any]]
    read: Callable[[Sequence[Any]], Mapping[int, T_co]]


def fetch_each(
    dialogue: Dialogue,
    mailbox: str,
    uids: Sequence[int],
    question: Question[T],
    refused: list[int],
    *,
    broke_here: bool = False,
) -> Iterator[Mapping[int, T | MessageError]]:
    """Yield what is told of these messages, few enough for one command; a MessageError of one that is not shown.

    Messages that are gone are left out. Where the line breaks (Dovecot hangs up at a file that it cannot read), the
    first message that did not come is asked for alone: ``broke_here``. When the line breaks once more, and holds
    while we ask whether that message is there, the message is to blame. What came before a break is yielded
    first, so that it is not lost when there is no way on.
    """
    try:
        found, broken = _of(uids, question.read(question.ask(uids))), None
    except MailboxError as error:
        yield _halved(dialogue, mailbox, uids, question, refused, error)
        return
    except AccountLater as error:
        if error.code == SERVER_BUG and not dialogue.hung_up:
            yield _halved(dialogue, mailbox, uids, question, refused, error)
            return
        found, broken = _of(uids, question.read(dialogue.came())), error
    missing = [uid for uid in uids if uid not in found]
    if broken is None:
        yield {**found, **_there(dialogue, mailbox, missing, "The server leaves it out of its answer.")}
        return
    yield found
    dialogue.mend(broken)
    if broke_here:
        yield _there(dialogue, mailbox, missing, "The server ends the connection when it is asked for it.")
    elif missing:
        yield from fetch_each(dialogue, mailbox, missing[:1], question, refused, broke_here=True)
        for batch in batches(missing[1:]):
            yield from fetch_each(dialogue, mailbox, batch, question, refused)


def _halved(
    dialogue: Dialogue,
    mailbox: str,
    uids: Sequence[int],
    question: Question[T],
    refused: list[int],
    error: MailboxError | AccountLater,
) -> dict[int, T | MessageError]:
    """Return what is told of messages that were refused together: halved until each that is ``refused`` stands alone.

    Raises the error when too many are: it is the mailbox that cannot be read, or the server that is ill.
    """
    if error.code not in (MailboxError.code, "message_gone", SERVER_BUG) or len(refused) >= _REFUSED_LIMIT:
        raise error
    if len(uids) > 1:
        middle = len(uids) // 2
        halves = (fetch_each(dialogue, mailbox, half, question, refused) for half in (uids[:middle], uids[middle:]))
        return {uid: one for half in halves for part in half for uid, one in part.items()}
    if error.code == "message_gone":
        return {}
    refused += uids
    return {uids[0]: MessageError(error.message, error.cure)}


def _there(dialogue: Dialogue, mailbox: str, uids: Sequence[int], reason: str) -> Mapping[int, MessageError]:
    """Return an error for each of these messages that is still there; the others are gone."""
    return {
        uid: MessageError(reason)
        for few in batches(uids)
        for uid in _of(few, dict.fromkeys(read_uids_answer(dialogue.fetch(mailbox, uid_set(few), "(UID)"))))
    }


def _of(uids: Sequence[int], found: Mapping[int, T]) -> dict[int, T | MessageError]:
    """Return what is about these messages: answers tell of others, too."""
    return {uid: found[uid] for uid in uids if uid in found}
