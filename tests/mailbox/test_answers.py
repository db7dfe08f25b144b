"""A refusal is understood by its code (RFC 5530) or its words, and shown without harm."""

from datetime import timedelta

import pytest

from assistant.errors import AccountLater, AssistantError, LoginRefused, MailboxError
from assistant.mailbox.answers import refusal, shown
from assistant.mailbox.secrecy import Secret


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("[AUTHENTICATIONFAILED] Invalid credentials", LoginRefused, "login_refused"),
        ("[AUTHORIZATIONFAILED] no", LoginRefused, "login_refused"),
        ("[EXPIRED] password", LoginRefused, "login_refused"),
        ("[PRIVACYREQUIRED] use TLS", LoginRefused, "login_refused"),
        ("User is authenticated but not connected.", LoginRefused, "login_refused"),
        ("[UNAVAILABLE] backend", AccountLater, "server_busy"),
        ("[INUSE] locked", AccountLater, "server_busy"),
        ("[LIMIT] too much", AccountLater, "server_busy"),
        ("[SERVERBUG] oops", AccountLater, "server_bug"),
        ("Request is throttled. Suggested Backoff Time: 299961 milliseconds", AccountLater, "server_busy"),
        ("Server Unavailable. 15", AccountLater, "server_busy"),
        ("Too many simultaneous connections", AccountLater, "server_busy"),
        ("[OVERQUOTA] full", MailboxError, "over_quota"),
        ("[NOPERM] not yours", MailboxError, "no_permission"),
        ("[READ-ONLY] look only", MailboxError, "read_only"),
        ("[TRYCREATE] not there", MailboxError, "mailbox_missing"),
        ("[NONEXISTENT] not there", MailboxError, "mailbox_missing"),
        ("[nonexistent] not there, try again", MailboxError, "mailbox_missing"),
        ("something else", MailboxError, "mailbox"),
        ("", MailboxError, "mailbox"),
    ],
)
def test_each_code_and_phrase_has_its_reach(words: str, kind: type[AssistantError], code: str) -> None:
    for answer in (words, words.encode()):
        error = refusal(answer, "imap.example.org refused to open 'INBOX'")
        assert type(error) is kind
        assert error.code == code
        assert str(error).startswith("imap.example.org refused")


@pytest.mark.parametrize(
    ("words", "certain"),
    [
        ("[AUTHENTICATIONFAILED] no", True),
        ("[CONTACTADMIN] locked", True),
        ("Login failed, please try again.", False),
        ("Too many invalid attempts", False),
        ("Account temporarily locked", False),
        ("", False),
    ],
)
def test_a_refused_login_tells_how_certain_it_is(words: str, certain: bool) -> None:
    error = refusal(words, "imap.example.org refused the login", login=True)
    assert isinstance(error, LoginRefused)
    assert error.certain is certain
    assert error.cure


@pytest.mark.parametrize("words", ["[UNAVAILABLE] later", "Too many simultaneous connections", "Request is throttled"])
def test_a_busy_server_is_no_wrong_password(words: str) -> None:
    assert isinstance(refusal(words, "x", login=True), AccountLater)


@pytest.mark.parametrize(
    ("words", "wait"),
    [
        ("Suggested Backoff Time: 299961 milliseconds", timedelta(milliseconds=299961)),
        ("throttled 999999999999 milliseconds", timedelta(days=1)),
        ("[LIMIT] later", None),
    ],
)
def test_the_wait_a_server_names_is_kept_within_reason(words: str, wait: timedelta | None) -> None:
    error = refusal(words, "x")
    assert isinstance(error, AccountLater)
    assert error.wait == wait


def test_a_servers_words_are_shown_short_clean_and_without_secrets() -> None:
    Secret("hunter2-of-ann", "ann")
    text = shown("bad \x1b[31mLOGIN ann hunter2-of-ann\u202e\r\nA1 OK" + "x" * 900)
    assert text.isprintable()
    assert len(text) <= 200
    assert "hunter2" not in text
