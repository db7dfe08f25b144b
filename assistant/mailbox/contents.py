"""What lies in messages: the texts of many in few round trips, and a whole draft of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from assistant.errors import MailboxError, MessageError
from assistant.mailbox.blame import Question, fetch_each
from assistant.mailbox.bodies import TEXT_LIMIT, Outline, body_text, outline
from assistant.mailbox.dialogue import Dialogue
from assistant.mailbox.door import BodyText
from assistant.mailbox.fetch import octets, read_flags_answer, read_items, uid_set

_RAW_LIMIT = 256 * 1024
_STRUCTURES = 100  # asked for in one command
_TEXTS = 16  # of 64 kB at most


def fetch_bodies(
    dialogue: Dialogue, mailbox: str, uids: Sequence[int]
) -> Iterator[tuple[int, BodyText | MessageError]]:
    """Yield the texts of messages: their structures first, then at most 64 kB of the parts that are the text.

    Parts of one number are asked for together, a megabyte at a time.
    """
    dialogue.examine(mailbox)  # a mailbox that does not open is not the trouble of its messages
    ordered, refused = sorted(set(uids)), list[int]()
    for some in (ordered[start : start + _STRUCTURES] for start in range(0, len(ordered), _STRUCTURES)):
        having: dict[str, dict[int, Outline]] = {}
        for uid, found in _outlines(dialogue, mailbox, some, refused).items():
            if isinstance(found, MessageError):
                yield uid, found
            elif found.text is None or found.encrypted:
                yield uid, body_text(found, b"")
            else:
                having.setdefault(found.text.number, {})[uid] = found
        for number, outlines in having.items():
            yield from _texts(dialogue, mailbox, number, outlines, refused)


def _outlines(
    dialogue: Dialogue, mailbox: str, uids: Sequence[int], refused: list[int]
) -> dict[int, Outline | MessageError]:
    found: dict[int, Outline | MessageError] = {}
    for uid, structure in _each(dialogue, mailbox, uids, "BODYSTRUCTURE", refused):
        try:
            found[uid] = structure if isinstance(structure, MessageError) else outline(structure)
        except MessageError as error:
            found[uid] = error
    return found


def _texts(
    dialogue: Dialogue, mailbox: str, number: str, outlines: dict[int, Outline], refused: list[int]
) -> Iterator[tuple[int, BodyText | MessageError]]:
    """Yield the texts of messages in all of which it is the part of this number."""
    uids = list(outlines)
    for few in (uids[start : start + _TEXTS] for start in range(0, len(uids), _TEXTS)):
        for uid, data in _each(dialogue, mailbox, few, f"BODY.PEEK[{number}]<0.{TEXT_LIMIT}>", refused):
            yield uid, data if isinstance(data, MessageError) else body_text(outlines[uid], octets(data))


def fetch_raw(dialogue: Dialogue, mailbox: str, uid: int) -> bytes | None:
    """Return a whole message of at most 256 kB, None when it is gone."""
    try:
        whole = _item(dialogue, mailbox, f"BODY.PEEK[]<0.{_RAW_LIMIT + 1}>")
        found = whole.read(whole.ask([uid])).get(uid)
    except MailboxError as error:
        if error.code == "message_gone":
            return None
        raise
    if isinstance(found, MessageError):
        raise found
    if found is not None and len(octets(found)) > _RAW_LIMIT:
        raise MessageError(f"Message {uid} of {mailbox!r} is larger than any draft of ours.")
    return None if found is None else octets(found)


def fetch_flags_and_raw(dialogue: Dialogue, mailbox: str, uid: int) -> tuple[frozenset[str], bytes] | None:
    """Return what a message in the open mailbox is, None when it is gone; of a larger one its first 256 kB."""
    data = dialogue.fetch_here(mailbox, str(uid), f"(UID FLAGS BODY.PEEK[]<0.{_RAW_LIMIT + 1}>)")
    flags, raw = read_flags_answer(data).get(uid), read_items(data, b"BODY[]").get(uid)
    return None if flags is None or raw is None or isinstance(raw, Exception) else (flags, octets(raw))


def _each(
    dialogue: Dialogue, mailbox: str, uids: Sequence[int], item: str, refused: list[int]
) -> Iterator[tuple[int, Any]]:
    """Yield one FETCH item of each message that is there, a MessageError where it is not shown or nonsense."""
    for found in fetch_each(dialogue, mailbox, uids, _item(dialogue, mailbox, item), refused):
        yield from found.items()


def _item(dialogue: Dialogue, mailbox: str, item: str) -> Question[Any]:
    named = item.replace(".PEEK", "").partition("<")[0].encode()  # in the answer

    def ask(uids: Sequence[int]) -> list[Any]:
        return dialogue.fetch(mailbox, uid_set(uids), f"(UID {item})")

    def read(data: Sequence[Any]) -> dict[int, Any]:
        return {
            uid: MessageError("The server's answer about it is nonsense.") if isinstance(value, Exception) else value
            for uid, value in read_items(data, named).items()
        }

    return Question(ask, read)
