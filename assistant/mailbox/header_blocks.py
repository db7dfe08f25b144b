"""Header blocks in bulk: each batch asked for ahead of its time, and a message the server refuses found by halving."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.errors import MailboxError
from assistant.mailbox.answers import blames_messages
from assistant.mailbox.dialogue import Ahead, Dialogue
from assistant.mailbox.door import RawHeaders
from assistant.mailbox.fetch import batches, read_headers_answer, uid_set
from assistant.mailbox.headers import HEADER_FIELDS

_BLOCK_LIMIT = 64 * 1024


def fetch_header_blocks(
    dialogue: Dialogue, mailbox: str, uids: Sequence[int], then: Sequence[int]
) -> Iterator[RawHeaders]:
    """Yield header blocks, fetched in batches; a message the server refuses comes with an empty block.

    Each next batch is asked for before the one at hand is read, so that the server is at work while we are; behind
    the last one the first of ``then``.
    """
    dialogue.examine(mailbox)  # a mailbox that does not open is not the trouble of its messages
    refused: list[int] = []
    next_ones = next(batches(sorted(set(then))), ())
    for batch, following in pairwise([*batches(sorted(set(uids))), next_ones]):
        yield from _batch(dialogue, mailbox, batch, refused, following)


def _batch(
    dialogue: Dialogue, mailbox: str, uids: Sequence[int], refused: list[int], then: Sequence[int] = ()
) -> list[RawHeaders]:
    """Fetch a batch; when it is refused, halve it until the message that is to blame stands alone."""
    try:
        found = _fetched(dialogue, mailbox, uids, then)
    except MailboxError as error:
        if not blames_messages(error, refused):
            raise
        if len(uids) > 1:
            middle = len(uids) // 2
            return [
                *_batch(dialogue, mailbox, uids[:middle], refused),
                *_batch(dialogue, mailbox, uids[middle:], refused),
            ]
        if error.code == "message_gone":
            return []
        refused += uids
        return [RawHeaders(uids[0], frozenset(), 0, None, b"")]
    wanted = set(uids)
    if dialogue.ahead is not None:
        dialogue.ahead.come += [raw for raw in found if raw.uid not in wanted]
    return [raw for raw in found if raw.uid in wanted]


def _fetched(dialogue: Dialogue, mailbox: str, uids: Sequence[int], then: Sequence[int]) -> list[RawHeaders]:
    """Return all header blocks that came with the answer for these UIDs, having asked for the next ones."""
    dialogue.examine(mailbox)
    imap, items, asked = dialogue.imap, _items(dialogue.can), None
    if dialogue.ahead is not None and dialogue.ahead.uids == uids:  # other ones are forgotten
        asked, dialogue.ahead = dialogue.ahead, None
    with dialogue.asked_to(f"show messages of {mailbox!r}", bulk=True, limit=_BLOCK_LIMIT) as ok:
        if asked is None:
            imap.untagged_responses.pop("FETCH", None)
            asked = Ahead(uids, imap.ask(uid_set(uids), items))
        if then:
            dialogue.ahead = Ahead(then, imap.ask(uid_set(then), items))
        data = ok(imap.answer(asked.tag))
    return [*asked.come, *read_headers_answer(data)]


def _items(can: frozenset[str]) -> str:
    gmail = " X-GM-THRID X-GM-LABELS" if "X-GM-EXT-1" in can else ""
    return f"(UID FLAGS INTERNALDATE RFC822.SIZE{gmail} BODY.PEEK[HEADER.FIELDS ({' '.join(HEADER_FIELDS)})])"
