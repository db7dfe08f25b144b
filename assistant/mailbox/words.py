"""Text out of bytes: charsets that lie, encoded words, and characters that nobody should see."""

from __future__ import annotations

import binascii
import codecs
import re
from functools import lru_cache

# Python knows these as text encodings; in mail they are a mistake or an attack (some are slow, some
# yield half characters).
_NOT_FOR_MAIL = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"})
_ENCODED_WORD = re.compile(r"=\?([\w.:+-]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=", re.ASCII)
# Letters and marks by Unicode's books, yet drawn as nothing at all.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800]")


def decode_bytes(data: bytes, charset: str | None = None, *, cut: bool = False) -> str:
    """Decode text in its declared charset, else as UTF-8, else as Latin-1; never raises.

    ``cut`` tells that the end is missing, so that a broken last character is no reason to doubt the charset.
    """
    if charset is None and data.isascii():
        return data.decode("ascii")
    for name in (charset, "utf-8"):
        if name and _is_for_mail(name):
            try:
                return data.decode(name)
            except UnicodeDecodeError as error:
                if cut and error.start >= len(data) - 4:
                    return data[: error.start].decode(name, "replace")
            except (LookupError, ValueError):
                continue
    return data.decode("latin-1")


@lru_cache(maxsize=256)
def _is_for_mail(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name.replace("_", "-") not in _NOT_FOR_MAIL
    except (LookupError, ValueError):
        return False


def decode_words(text: str) -> str:
    """Decode the encoded words of a header (RFC 2047); what cannot be decoded stays as it is.

    Neighbours of one charset are joined before they are decoded, since some programs cut a character in two.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, pending_charset, end = b"", "", 0
    for word in _ENCODED_WORD.finditer(text):
        between = text[end : word.start()]
        data = _word_bytes(word[2], word[3])
        charset = word[1].lower()
        if pending and (charset != pending_charset or (between and not between.isspace())):
            out.append(decode_bytes(pending, pending_charset))
            pending = b""
        if not end or (between and not between.isspace()):
            out.append(between)
        pending, pending_charset, end = pending + data, charset, word.end()
    if pending:
        out.append(decode_bytes(pending, pending_charset))
    out.append(text[end:])
    return "".join(out)


def _word_bytes(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    try:
        return binascii.a2b_base64(raw + b"==")
    except binascii.Error:
        return raw


def visible(text: str) -> str:
    """Return one line without control, bidirectional, zero-width and other unseen characters."""
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    if not text.isprintable():
        text = "".join(
            character if character.isprintable() else " " if character.isspace() else "" for character in text
        )
    return " ".join(text.split())
