"""How a message of ours is known again: by its id, and by a fingerprint that any edit changes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser

from assistant.model import Kind

_COVERED = ("from", "to", "cc", "bcc", "subject", "in-reply-to")
_TEXT_CHARSET = re.compile(
    r"(us-ascii|utf-?8|iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|big5|gb2312|gbk|gb18030|euc-kr|"
    r"shift_jis|iso-2022-jp|euc-jp)",
    re.IGNORECASE,
)


def draft_id(contact: str, opened_by: str, kind: Kind) -> str:
    """Return the 20 hex digits that name the draft of this kind for this silence, on every computer alike.

    ``contact`` is the contact's address, ``opened_by`` the Message-ID that opened the silence.
    """
    facts = json.dumps([contact.lower(), opened_by, kind.value])  # JSON: no two triples look the same
    return hashlib.sha256(facts.encode("ascii")).hexdigest()[:20]


def fingerprint(raw: bytes) -> str:
    """Return a hash over who, to whom, subject, thread, MIME structure and the decoded text of a message.

    It stays the same when a server folds, reorders or re-encodes, and changes with any edit. Never
    raises: bytes that no parser understands are hashed as they are.
    """
    try:
        facts: object = _facts_of(BytesParser().parsebytes(raw))
    except Exception:  # noqa: BLE001 - the parser raises a dozen kinds on hostile mail (RecursionError, LookupError ...)
        facts = ["unreadable", base64.b64encode(raw).decode("ascii")]
    return hashlib.sha256(json.dumps(facts).encode("ascii")).hexdigest()


def _facts_of(message: Message) -> list[object]:
    headers = sorted((name.lower(), _decoded(value)) for name, value in message.raw_items() if name.lower() in _COVERED)
    return [headers, list(_parts_of(message, 0))]


def _decoded(value: str) -> str:
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", str(value))
    try:
        chunks = decode_header(unfolded)
    except (HeaderParseError, ValueError):
        chunks = [(unfolded, None)]
    text = "".join(
        chunk if isinstance(chunk, str) else _as_text(chunk, charset or "us-ascii") for chunk, charset in chunks
    )
    return " ".join(text.split())


def _as_text(content: bytes, charset: str) -> str:
    if _TEXT_CHARSET.fullmatch(charset):
        try:
            return content.decode(charset)
        except (UnicodeError, LookupError):
            pass
    return f"{charset}:{content.hex()}"


def _parts_of(part: Message, depth: int) -> Iterator[list[object]]:
    kind = part.get_content_type()
    parameters = sorted(
        (str(name).lower(), str(value))
        for name, value in part.get_params(failobj=[])[1:]
        if str(name).lower() not in ("charset", "boundary")
    )
    disposition = _decoded(part.get("Content-Disposition", ""))
    payload = part.get_payload()
    if isinstance(payload, list):
        yield [depth, kind, parameters, disposition, len(payload), part.preamble or "", part.epilogue or ""]
        for inner in payload:
            assert isinstance(inner, Message)
            yield from _parts_of(inner, depth + 1)
        return
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    content = content.replace(b"\r\n", b"\n")
    text = _as_text(content, part.get_content_charset("us-ascii")) if kind.startswith("text/") else content.hex()
    yield [depth, kind, parameters, disposition, text]
