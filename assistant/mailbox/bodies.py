"""Which part of a message is its text, by BODYSTRUCTURE, and how its bytes become text."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.errors import MessageError
from assistant.mailbox.door import BodyText
from assistant.mailbox.words import decode_bytes

TEXT_LIMIT = 64 * 1024
_DEPTH_LIMIT = 50
_PART_LIMIT = 500

_ENCRYPTED = {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}
_CALENDAR = {"text/calendar", "application/ics"}
_REPORTS = {"message/delivery-status", "message/global-delivery-status", "message/disposition-notification"}
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
_INLINE_PGP = "-----BEGIN PGP MESSAGE-----"
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the MIME tree: its number (RFC 3501, section 6.4.5), type in lower case, and how it is encoded."""

    number: str
    kind: str
    charset: str | None
    encoding: str
    named: bool
    attached: bool
    inline_picture: bool
    size: int


_WHOLE = Part("TEXT", "multipart/report", None, "8bit", named=False, attached=False, inline_picture=False, size=0)


@dataclass(frozen=True, slots=True)
class Outline:
    """What BODYSTRUCTURE tells: the part to read (None when there is none) and what else is in the message."""

    text: Part | None
    encrypted: bool
    calendar: bool
    attachments: int


def outline(structure: Any) -> Outline:
    """Choose the text of a message: the first text/plain that is not attached, else the first text/html.

    A report to the sender (RFC 3464) is said to machines, in several parts: its text is all of them as they stand.
    ``structure`` is imapclient's BodyData. Raises MessageError when it is no sound MIME tree.
    """
    try:
        kinds: list[str] = []
        parts = list(_leaves(structure, "", kinds, 0))
    except (TypeError, ValueError, IndexError, AttributeError, LookupError) as error:
        raise MessageError("The structure of a message cannot be understood.") from error
    readable = [part for part in parts if not part.attached]
    plain = next((part for part in readable if part.kind == "text/plain" and part.size > 2), None)
    html = next((part for part in readable if part.kind == "text/html"), None)
    text = plain or html or next((part for part in readable if part.kind == "text/plain"), None)
    if kinds[0] == "multipart/report" and _REPORTS.intersection(kinds):
        text = _WHOLE
    return Outline(
        text=text,
        encrypted=bool(_ENCRYPTED.intersection(kinds)),
        calendar=bool(_CALENDAR.intersection(kinds)),
        attachments=sum(_is_attachment(part) for part in parts if part is not text),
    )


def _is_attachment(part: Part) -> bool:
    if part.kind in _SIGNATURES or part.kind in _CALENDAR:
        return False
    return part.attached or (part.named and not part.inline_picture)


def _leaves(body: Any, number: str, kinds: list[str], depth: int) -> Iterator[Part]:
    """Yield the leaves in order; ``kinds`` gathers the types of all nodes, multiparts included."""
    if depth > _DEPTH_LIMIT or len(kinds) > _PART_LIMIT:
        raise MessageError("A message has more parts within parts than anybody writes.")
    if body.is_multipart:
        kinds.append(f"multipart/{_lower(body[1])}")
        for place, child in enumerate(body[0], 1):
            yield from _leaves(child, f"{number}.{place}" if number else str(place), kinds, depth + 1)
        return
    kind = f"{_lower(body[0])}/{_lower(body[1])}"
    kinds.append(kind)
    parameters = _pairs(body[2])
    disposition, names = _disposition(body, kind)
    yield Part(
        number=number or "1",
        kind=kind,
        charset=parameters.get("charset"),
        encoding=_lower(body[5]),
        named="name" in parameters or "filename" in names,
        # A message inside a message is somebody else's words.
        attached=disposition == "attachment" or kind == "message/rfc822",
        inline_picture=kind.startswith("image/") and body[3] is not None and disposition != "attachment",
        size=body[6] if isinstance(body[6], int) else 0,
    )


def _disposition(body: Sequence[Any], kind: str) -> tuple[str, dict[str, str]]:
    """Return the disposition and its parameters, which stand after a count of fields that depends on the type."""
    place = {"message/rfc822": 11}.get(kind, 9 if kind.startswith("text/") else 8)
    found = body[place] if len(body) > place else None
    if not isinstance(found, tuple) or not found:
        return "", {}
    return _lower(found[0]), _pairs(found[1] if len(found) > 1 else None)


def _pairs(value: Any) -> dict[str, str]:
    """Return MIME parameters, their names without the marks of RFC 2231 (``filename*0*``)."""
    if not isinstance(value, tuple):
        return {}
    return {
        _lower(key).partition("*")[0]: _text(content) for key, content in zip(value[::2], value[1::2], strict=False)
    }


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else "" if value is None else str(value)


def _lower(value: Any) -> str:
    return _text(value).lower()


def body_text(found: Outline, data: bytes) -> BodyText:
    """Return the text of the chosen part from its bytes as fetched, of which the end may be cut off."""
    text = ""
    if found.text is not None and not found.encrypted:
        cut = len(data) >= TEXT_LIMIT
        decoded = _transfer_decoded(data[:TEXT_LIMIT], found.text.encoding)
        text = _UNSEEN.sub("", decode_bytes(decoded, found.text.charset, cut=cut))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    encrypted = found.encrypted or (_INLINE_PGP in text and found.text is not _WHOLE)
    return BodyText(
        text="" if encrypted else text,
        html=found.text is not None and found.text.kind == "text/html",
        encrypted=encrypted,
        calendar=found.calendar,
        attachments=found.attachments,
    )


def _transfer_decoded(data: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding == "base64":
        letters = _NOT_BASE64.sub(b"", data)
        return binascii.a2b_base64(letters[: len(letters) // 4 * 4] + _rest(letters))
    return data


def _rest(letters: bytes) -> bytes:
    """Return the last, incomplete group with the padding that makes it whole; a single letter says nothing."""
    rest = letters[len(letters) // 4 * 4 :]
    return rest.ljust(4, b"=") if len(rest) > 1 else b""
