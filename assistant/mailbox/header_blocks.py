"""Header blocks in bulk, each batch asked for ahead of its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from assistant.mailbox.blame import Question, fetch_each
from assistant.mailbox.dialogue import Ahead, Dialogue
from assistant.mailbox.door import RawHeaders
from assistant.mailbox.fetch import batches, read_headers_answer, uid_set
from assistant.mailbox.headers import HEADER_FIELDS

_BLOCK_LIMIT = 64 * 1024


def fetch_header_blocks(
    dialogue: Dialogue, mailbox: str, uids: Sequence[int], then: Sequence[int]
) -> Iterator[RawHeaders]:
    """Yield header blocks, fetched in batches; a message that the server does not show comes with an empty block.

    Each next batch is asked for before the one at hand is read, so that the server is at work while we are; behind
    the last one the first of ``then``.
    """
    dialogue.examine(mailbox)  # a mailbox that does not open is not the trouble of its messages
    refused: list[int] = []
    next_ones = next(batches(sorted(set(then))), ())
    for batch, following in pairwise([*batches(sorted(set(uids))), next_ones]):
        blocks = _Blocks(dialogue, mailbox, following)
        for found in fetch_each(dialogue, mailbox, batch, Question(blocks.ask, blocks.read), refused):
            for uid, raw in found.items():
                yield raw if isinstance(raw, RawHeaders) else RawHeaders(uid, frozenset(), 0, None, b"")


class _Blocks:
    """The question for header blocks of a batch; with the first one goes that for the batch to follow, ``then``."""

    def __init__(self, dialogue: Dialogue, mailbox: str, then: Sequence[int]) -> None:
        self._dialogue = dialogue
        self._mailbox = mailbox
        self._then = then
        self._early: list[RawHeaders] = []

    def ask(self, uids: Sequence[int]) -> list[Any]:
        dialogue, then = self._dialogue, self._then
        dialogue.examine(self._mailbox)
        imap, items, asked = dialogue.imap, _items(dialogue.can), None
        if dialogue.ahead is not None and dialogue.ahead.uids == uids:  # other ones are forgotten
            asked, dialogue.ahead = dialogue.ahead, None
        with dialogue.asked_to(f"show messages of {self._mailbox!r}", bulk=True, limit=_BLOCK_LIMIT) as ok:
            if asked is None:
                imap.untagged_responses.pop("FETCH", None)
                asked = Ahead(uids, imap.ask(uid_set(uids), items))
            self._early, self._then = asked.come, ()
            if then:
                dialogue.ahead = Ahead(then, imap.ask(uid_set(then), items))
            return ok(imap.answer(asked.tag))

    def read(self, data: Sequence[Any]) -> dict[int, RawHeaders]:
        found = {raw.uid: raw for raw in read_headers_answer(data)}
        if self._dialogue.ahead is not None:
            ahead = set(self._dialogue.ahead.uids)
            self._dialogue.ahead.come += [raw for uid, raw in found.items() if uid in ahead]
        return {raw.uid: raw for raw in self._early} | found


def _items(can: frozenset[str]) -> str:
    gmail = " X-GM-THRID X-GM-LABELS" if "X-GM-EXT-1" in can else ""
    return f"(UID FLAGS INTERNALDATE RFC822.SIZE{gmail} BODY.PEEK[HEADER.FIELDS ({' '.join(HEADER_FIELDS)})])"
