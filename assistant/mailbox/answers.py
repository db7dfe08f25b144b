"""What a server's refusal means for us, by its response code (RFC 5530) or its words; made safe to show."""

from __future__ import annotations

import re
from datetime import timedelta

from assistant.errors import AccountLater, AssistantError, LoginRefused, MailboxError
from assistant.mailbox.secrecy import redact
from assistant.mailbox.words import decode_bytes, visible

LOGIN_DROPPED = "login_dropped"
"""Code of the trouble that the line was dropped in answer to a login, without a word why."""
SERVER_BUG = "server_bug"
"""Code of a trouble that the server calls its own, be it with everything or with a single message."""

_SHOWN = 200
_CODE = re.compile(r"\[([A-Z][A-Z0-9-]+)[ \]]", re.IGNORECASE)
_MILLISECONDS = re.compile(r"(\d{1,12})\s*(?:milliseconds|ms)\b", re.IGNORECASE)
_BUSY = re.compile(r"throttl|too many|try again|temporar|server unavailable|overload|rate limit", re.IGNORECASE)
# At the login "try again" and "temporarily locked" speak of wrong passwords, which must not be repeated.
_BUSY_AT_LOGIN = re.compile(r"throttl|too many (?:\w+ )*connections|server unavailable|overload", re.IGNORECASE)
_HALF_LOGGED_IN = re.compile(r"authenticated but not connected", re.IGNORECASE)
_LONGEST_WAIT = timedelta(days=1)

_LOGIN_CODES = {"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED", "CONTACTADMIN"}
_LATER_CODES = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"}
_MAILBOX_CURES = {
    "OVERQUOTA": ("over_quota", "Make room in the account."),
    "NOPERM": ("no_permission", "Ask the administrator for the right to use this mailbox."),
    "READ-ONLY": ("read_only", "Ask the administrator for the right to write to this mailbox."),
    "TRYCREATE": ("mailbox_missing", "Create the mailbox in the mail program, or name another in the configuration."),
    "EXPUNGEISSUED": ("message_gone", "It will be tried again by itself."),
    "NONEXISTENT": ("mailbox_missing", "Create the mailbox in the mail program, or name another in the configuration."),
}
_LOGIN_CURE = "Check user name and password (many providers want an app password), then run 'assistant doctor'."


def shown(answer: bytes | str | None) -> str:
    """Return a server's words on one line, short, without control characters and secrets."""
    text = decode_bytes(answer) if isinstance(answer, bytes) else answer or ""
    return visible(redact(text))[:_SHOWN]


def words_of_error(error: BaseException) -> str:
    """Return what an error says; imaplib puts a server's answer into it as bytes."""
    said = error.args[0] if len(error.args) == 1 else str(error)
    return decode_bytes(said) if isinstance(said, bytes) else str(said)


def refusal(answer: bytes | str | None, what: str, *, login: bool = False) -> AssistantError:
    """Return the error that a NO, BAD or BYE stands for.

    ``what`` says what was asked, as a clause: "imap.example.org refused to open 'Drafts'". With
    ``login`` a refusal without a telling code is a refused login too, though not a certain one.
    """
    words = shown(answer)
    text = answer if isinstance(answer, str) else decode_bytes(answer or b"")
    codes = {code.upper() for code in _CODE.findall(text)}
    sentence = f"{what}: {words}" if words else what
    if not sentence.endswith((".", "!", "?")):  # a cure follows
        sentence += "."
    wait = _stated_wait(text)
    if codes & _LOGIN_CODES or _HALF_LOGGED_IN.search(text):
        return LoginRefused(sentence, _LOGIN_CURE)
    busy = (_BUSY_AT_LOGIN if login else _BUSY).search(text) and not codes & _MAILBOX_CURES.keys()
    if codes & _LATER_CODES or wait or busy:
        code = SERVER_BUG if "SERVERBUG" in codes else "server_busy"
        return AccountLater(sentence, "It will be tried again by itself.", code=code, wait=wait)
    if login:
        return LoginRefused(sentence, _LOGIN_CURE, certain=False)
    for code in sorted(codes & _MAILBOX_CURES.keys()):
        name, cure = _MAILBOX_CURES[code]
        return MailboxError(sentence, cure, code=name)
    return MailboxError(sentence, "It will be tried again by itself; if it stays so, ask whoever runs the server.")


def _stated_wait(text: str) -> timedelta | None:
    """Return how long the server wants us away ("Suggested Backoff Time: 299961 milliseconds")."""
    stated = _MILLISECONDS.search(text)
    return min(timedelta(milliseconds=int(stated[1])), _LONGEST_WAIT) if stated else None
