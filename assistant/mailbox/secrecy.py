"""Secrets that do not show themselves, and the removal of their traces from every text."""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable
from types import TracebackType
from urllib.parse import quote

HIDDEN = "[secret]"
_KNOWN_LIMIT = 2000  # tokens change every hour; a daemon need not remember last year's
_known: dict[str, None] = {}  # in the order they were learned


class Secret:
    """A password or token. Only ``reveal`` gives it away; from its making on, ``redact`` knows it."""

    __slots__ = ("_text", "_username")

    def __init__(self, text: str, username: str = "") -> None:
        self._text = text
        self._username = username
        _known.update(dict.fromkeys(self.forms()))
        for form in list(_known)[:-_KNOWN_LIMIT]:
            del _known[form]

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")

    def forms(self) -> frozenset[str]:
        """Return all spellings in which it could turn up in a log, a traceback or a server's answer."""
        text, user = self._text, self._username
        raw = text.encode("utf-8", "surrogateescape")
        sasl = (
            raw,
            f"\0{user}\0{text}".encode("utf-8", "surrogateescape"),
            xoauth2(user, text),
            oauthbearer(user, text),
        )
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return frozenset(
            form
            for form in (
                text,
                escaped,
                repr(text)[1:-1],
                repr(raw)[2:-1],
                repr(escaped.encode("utf-8", "surrogateescape"))[2:-1],
                json.dumps(text)[1:-1],
                quote(raw, safe=""),
                *(base64.b64encode(response).decode("ascii") for response in sasl),
                *(base64.urlsafe_b64encode(response).decode("ascii") for response in sasl),
            )
            if form
        )


def xoauth2(username: str, token: str) -> bytes:
    """Return the response of SASL XOAUTH2, before base64."""
    return f"user={username}\1auth=Bearer {token}\1\1".encode("utf-8", "surrogateescape")


def oauthbearer(username: str, token: str) -> bytes:
    """Return the response of SASL OAUTHBEARER (RFC 7628), before base64."""
    name = username.replace("=", "=3D").replace(",", "=2C")
    return f"n,a={name},\1auth=Bearer {token}\1\1".encode("utf-8", "surrogateescape")


def redact(text: str, secrets: Iterable[Secret] | None = None) -> str:
    """Return a text without any spelling of these secrets; without ``secrets``, of all that were ever made."""
    forms = set(_known) if secrets is None else {form for secret in secrets for form in secret.forms()}
    if not forms:
        return text
    # In one pass: what was put in for one secret is never taken for another.
    return re.sub("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)), HIDDEN, text)


class RedactingFilter(logging.Filter):
    """Takes all known secrets out of a log record, its traceback included; belongs on every handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; nothing is held back."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
            record.exc_info = None
        return True


def guard_tracebacks() -> None:
    """From now on print uncaught exceptions, of threads too, without secrets."""

    def show(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = show
    threading.excepthook = lambda about: show(about.exc_type, about.exc_value, about.exc_traceback)
