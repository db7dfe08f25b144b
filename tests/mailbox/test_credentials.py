"""Secrets come from the one place that was named, or a sentence tells how they get there."""

import io
import logging
import os
import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from assistant.errors import AccountLater, AccountStopped
from assistant.mailbox import credentials, secrecy
from assistant.mailbox.credentials import environment_name, keyring_user, read_secret, store_in_keyring
from assistant.mailbox.secrecy import RedactingFilter, Secret, guard_tracebacks, oauthbearer, redact, xoauth2
from assistant.settings import AccountSettings

CANARY = 'pa"ss\\wörd/42+x'


def account(**settings: Any) -> AccountSettings:
    usual = {"name": "home", "host": "imap.example.org", "username": "sue@example.org"}
    return AccountSettings.model_validate({**usual, **settings})


class Ring(KeyringBackend):
    """A keyring in memory, or one that does as it is told."""

    priority = 1

    def __init__(self, answer: Exception | threading.Event | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}
        self.answer = answer

    def get_password(self, service: str, username: str) -> str | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            self.answer.wait(30)
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if isinstance(self.answer, Exception):
            raise self.answer
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


class PlaintextRing(Ring):
    """Like the one that writes passwords into a file."""


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    def choose(ring: KeyringBackend) -> KeyringBackend:
        monkeypatch.setattr(keyring, "get_keyring", lambda: ring)
        return ring

    return choose


def test_what_is_stored_in_the_keyring_is_found_again(use: Any) -> None:
    ring = use(Ring())
    store_in_keyring(account(), CANARY)
    assert ring.entries == {("followup-assistant", "sue@example.org@imap.example.org"): CANARY}
    assert read_secret(account()).reveal() == CANARY


def test_a_missing_entry_names_the_command_that_makes_it(use: Any) -> None:
    use(Ring())
    with pytest.raises(AccountStopped) as caught:
        read_secret(account())
    assert f"keyring set followup-assistant {keyring_user(account())}" in caught.value.cure


@pytest.mark.parametrize(
    "answer",
    [
        keyring.errors.KeyringLocked("locked"),
        keyring.errors.InitError("no D-Bus"),
        RuntimeError("odd"),
        OSError("gone"),
    ],
)
def test_a_locked_or_failing_keyring_is_later_and_no_wrong_password(use: Any, answer: Exception) -> None:
    use(Ring(answer))
    with pytest.raises(AccountLater) as caught:
        read_secret(account())
    assert caught.value.code == "keyring_locked"
    assert "unlock" in caught.value.cure


def test_a_keyring_that_waits_for_a_person_is_not_waited_for(use: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "KEYRING_SECONDS", 0.05)
    person = threading.Event()
    use(Ring(person))
    with pytest.raises(AccountLater, match="within"):
        read_secret(account())
    person.set()


def test_without_a_keyring_another_way_is_named(use: Any) -> None:
    use(fail.Keyring())  # type: ignore[no-untyped-call]
    with pytest.raises(AccountStopped) as caught:
        read_secret(account())
    assert "command" in caught.value.cure


def test_a_keyring_in_a_plain_file_is_not_used(use: Any) -> None:
    ring = use(PlaintextRing())
    for attempt in (lambda: read_secret(account()), lambda: store_in_keyring(account(), CANARY)):
        with pytest.raises(AccountStopped, match="unprotected"):
            attempt()
    assert not ring.entries


def by_command(*argv: str, auth: str = "command") -> AccountSettings:
    return account(auth=auth, command=argv)


@pytest.mark.parametrize("auth", ["command", "token-command"])
def test_the_first_line_that_a_command_prints_is_the_secret(auth: str) -> None:
    program = "import sys; sys.stdout.buffer.write('s3cr\\u00e9t \\r\\nsecond line\\n'.encode())"
    assert read_secret(by_command(sys.executable, "-c", program, auth=auth)).reveal() == "s3crét "


def test_a_command_is_run_without_a_shell() -> None:
    assert read_secret(by_command("echo", "$HOME", ";", "*")).reveal() == "$HOME ; *"


def test_a_command_is_not_shown_the_secrets_of_other_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_SECRET_WORK", CANARY)
    monkeypatch.setenv("PASSWORD_STORE_DIR", "/home/ann/store")
    listed = "[one for one in os.environ if 'ASSISTANT_SECRET' in one]"  # machines have other variables named so
    program = f"import os; print(os.environ['PASSWORD_STORE_DIR'], {listed})"
    assert read_secret(by_command(sys.executable, "-c", program)).reveal() == "/home/ann/store []"


def test_a_command_that_fails_is_later_and_its_complaint_is_shown_clean() -> None:
    Secret("hush-hush")
    program = "import sys; sys.stderr.write('gpg: \\x1b[31mno hush-hush\\n'); sys.exit(3)"
    with pytest.raises(AccountLater, match=r"status 3: gpg: \[31mno \[secret\]"):
        read_secret(by_command(sys.executable, "-c", program))


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "COMMAND_SECONDS", 0.05)
    with pytest.raises(AccountLater, match="no answer"):
        read_secret(by_command("sleep", "60"))


@pytest.mark.parametrize("argv", [("no-such-program-anywhere",), ("/",), ("true\0",)])
def test_a_command_that_is_none_stops_the_account(argv: tuple[str, ...]) -> None:
    with pytest.raises(AccountStopped, match="cannot be started"):
        read_secret(by_command(*argv))


@pytest.mark.parametrize("program", ["pass", "print()", "import sys; sys.stdout.buffer.write(b'\\xff\\n')"])
def test_a_command_that_prints_nothing_usable_stops_the_account(program: str) -> None:
    with pytest.raises(AccountStopped, match=r"first line|UTF-8"):
        read_secret(by_command(sys.executable, "-c", program))


def test_a_credential_file_is_read_by_its_path_or_its_name(tmp_path: Path) -> None:
    file = tmp_path / "mail"
    file.write_text(f"{CANARY}\nrest\n", encoding="utf-8")
    file.chmod(0o600)
    assert read_secret(account(auth="credential-file", credential=str(file)), {}).reveal() == CANARY
    directory = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_secret(account(auth="credential-file", credential="mail"), directory).reveal() == CANARY


def test_a_credential_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mail"
    file.write_text("x\n")
    file.chmod(0o644)
    with pytest.raises(AccountStopped) as caught:
        read_secret(account(auth="credential-file", credential=str(file)), {})
    assert caught.value.cure == f"Run: chmod 600 {file}"


@pytest.mark.parametrize(
    ("credential", "directory"), [("mail", None), ("../mail", "/run"), ("a/b", "/run"), ("missing", "/nonexistent")]
)
def test_a_credential_that_is_not_there_says_what_to_do(credential: str, directory: str | None) -> None:
    environ = {} if directory is None else {"CREDENTIALS_DIRECTORY": directory}
    with pytest.raises(AccountStopped) as caught:
        read_secret(account(auth="credential-file", credential=credential), environ)
    assert caught.value.cure


def test_the_environment_is_read_under_the_accounts_name() -> None:
    named = account(name="My-home.2", auth="env")
    assert environment_name(named) == "ASSISTANT_SECRET_MY_HOME_2"
    assert read_secret(named, {"ASSISTANT_SECRET_MY_HOME_2": CANARY}).reveal() == CANARY
    with pytest.raises(AccountStopped, match="ASSISTANT_SECRET_MY_HOME_2"):
        read_secret(named, {})


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(CANARY, "sue")
    shown = [repr(secret), str(secret), f"{secret}", repr([secret]), repr({"it": secret}), f"{secret!s}"]
    assert not any("ss" in text or "42" in text for text in shown)
    assert not hasattr(secret, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    "echo",
    [
        CANARY,
        'LOGIN sue "pa\\"ss\\\\wörd/42+x"',
        repr({"said": CANARY}),
        repr(f'LOGIN "{CANARY}"'.encode()),
        repr(Secret(CANARY, "sue").reveal().encode()),
    ],
)
def test_every_spelling_of_a_secret_is_taken_out(echo: str) -> None:
    left = redact(f"before {echo} after", [Secret(CANARY, "sue")])
    assert "42" not in left
    assert left.startswith("before ")
    assert left.endswith(" after")


def test_what_a_login_sends_is_taken_out_in_base64() -> None:
    import base64

    secret = Secret(CANARY, "sue")
    for sent in (CANARY.encode(), f"\0sue\0{CANARY}".encode(), xoauth2("sue", CANARY), oauthbearer("sue", CANARY)):
        assert redact(base64.b64encode(sent).decode(), [secret]) == secrecy.HIDDEN


def test_only_the_named_secrets_are_taken_out_when_some_are_named() -> None:
    Secret("known-but-not-named")
    assert redact("known-but-not-named", [Secret("other")]) == "known-but-not-named"
    assert redact("known-but-not-named") == secrecy.HIDDEN


def test_an_old_token_is_forgotten_in_the_end() -> None:
    Secret("the-first-of-many-tokens")
    for number in range(1000):
        Secret(f"token number {number}", "sue")
    assert redact("token number 999") == secrecy.HIDDEN
    assert len(secrecy._known) <= 2000


def test_a_log_holds_no_secret_not_even_in_a_traceback() -> None:
    Secret(CANARY, "sue")
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(RedactingFilter())
    log = logging.getLogger("test-of-secrecy")
    log.propagate = False
    log.addHandler(handler)
    try:
        raise ValueError(f"LOGIN sue {CANARY}")
    except ValueError:
        log.exception("the server said %s to %d", CANARY, 5)
    log.removeHandler(handler)
    assert "42" not in written.getvalue()
    assert "the server said [secret] to 5" in written.getvalue()
    assert "ValueError: LOGIN sue [secret]" in written.getvalue()


def test_an_uncaught_exception_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    Secret(CANARY, "sue")
    guard_tracebacks()
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)

    def fall() -> None:
        raise RuntimeError(f"in a thread {CANARY}")

    thread = threading.Thread(target=fall)
    thread.start()
    thread.join()
    said = capsys.readouterr().err
    assert "ValueError: [secret]" in said
    assert "RuntimeError: in a thread [secret]" in said
    assert "42" not in said


def test_nothing_of_the_environment_is_used_unasked(monkeypatch: pytest.MonkeyPatch, use: Any) -> None:
    use(Ring())
    monkeypatch.setitem(os.environ, "ASSISTANT_SECRET_HOME", CANARY)
    with pytest.raises(AccountStopped):
        read_secret(account(auth="keyring"))


def test_a_secret_that_is_a_word_of_ours_is_taken_out_once() -> None:
    secrets = [Secret("secret"), Secret("longer secret thing")]
    assert redact("a longer secret thing, a secret", secrets) == f"a {secrecy.HIDDEN}, a {secrecy.HIDDEN}"
