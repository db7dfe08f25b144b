"""Where passwords and tokens come from: keyring, a command, a file, the environment; never a guess."""

from __future__ import annotations

import os
import queue
import re
import shlex
import stat
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import AccountLater, AccountStopped
from assistant.mailbox.secrecy import Secret, redact
from assistant.mailbox.words import decode_bytes, visible

if TYPE_CHECKING:
    from assistant.settings import AccountSettings

SERVICE = "followup-assistant"
VARIABLE = "ASSISTANT_SECRET_"
COMMAND_SECONDS = 30.0
KEYRING_SECONDS = 20.0
_FILE_LIMIT = 64 * 1024


def read_secret(account: AccountSettings, environ: Mapping[str, str] = os.environ) -> Secret:
    """Fetch the password or token of an account from the one place its settings name.

    Raises AccountLater when the place is locked, slow or failing (that says nothing about the
    password), AccountStopped when nothing is there; both name the cure.
    """
    sources: dict[str, Callable[[], str]] = {
        "keyring": lambda: _from_keyring(account),
        "command": lambda: _from_command(account, environ),
        "token-command": lambda: _from_command(account, environ),
        "credential-file": lambda: _from_file(account, environ),
        "env": lambda: _from_environment(account, environ),
    }
    return Secret(sources[account.auth](), username=account.username)


def environment_name(account: AccountSettings) -> str:
    """Return the variable that holds the secret with ``auth = "env"``."""
    return VARIABLE + re.sub(r"[^A-Z0-9]", "_", account.name.upper())


def without_secrets(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment for a command of the user's: the secrets of accounts are no business of any."""
    return {name: value for name, value in environ.items() if not name.startswith(VARIABLE)}


def keyring_user(account: AccountSettings) -> str:
    """Return the name of the account's entry in the keyring, under the service ``followup-assistant``."""
    return f"{account.username}@{account.host}"


def store_in_keyring(account: AccountSettings, password: str) -> None:
    """Put a password into the keyring, where ``read_secret`` finds it.

    Raises AccountStopped without a keyring, AccountLater when it is locked or slow.
    """
    _with_keyring(account, lambda ring: ring.set_password(SERVICE, keyring_user(account), password))


def _from_environment(account: AccountSettings, environ: Mapping[str, str]) -> str:
    name = environment_name(account)
    if not environ.get(name):
        raise AccountStopped(
            f"The secret of account {account.name} is expected in the variable {name}, which is not set.",
            f"Set {name}, or choose another auth for this account.",
            code="secret_missing",
        )
    return environ[name]


def _from_file(account: AccountSettings, environ: Mapping[str, str]) -> str:
    path = _credential_path(account, environ)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_FILE_LIMIT)
    except OSError as error:
        raise AccountStopped(
            f"The credential of account {account.name} cannot be read from {path}: {error.strerror}.",
            "Correct credential = ... in the configuration, or put the file there.",
            code="secret_missing",
        ) from error
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise AccountStopped(
            f"Everybody on this machine may read the credential of account {account.name} in {path}.",
            f"Run: chmod 600 {shlex.quote(str(path))}",
            code="secret_exposed",
        )
    return _first_line(account, content, f"The file {path}")


def _credential_path(account: AccountSettings, environ: Mapping[str, str]) -> Path:
    assert account.credential is not None, "settings see to it"
    path = Path(account.credential)
    if path.is_absolute():
        return path
    directory = environ.get("CREDENTIALS_DIRECTORY")
    if not directory or path.name != account.credential:
        raise AccountStopped(
            f"The credential of account {account.name}, {account.credential!r}, is neither an absolute path "
            "nor a name in $CREDENTIALS_DIRECTORY, which systemd sets.",
            "Write the whole path, or start the program with LoadCredential= in its unit.",
            code="secret_missing",
        )
    return Path(directory) / path


def _from_command(account: AccountSettings, environ: Mapping[str, str]) -> str:
    """Run the user's command, an argv list, without a shell; its first line is the secret."""
    assert account.command, "settings see to it"
    shown = shlex.quote(account.command[0])
    try:
        done = subprocess.run(
            list(account.command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
            env=without_secrets(environ),
        )
    except subprocess.TimeoutExpired as error:
        raise AccountLater(
            f"The command {shown} for account {account.name} gave no answer within {COMMAND_SECONDS:.0f} seconds.",
            "Run it in a terminal; it may be waiting for a passphrase.",
            code="secret_unavailable",
        ) from error
    except (OSError, ValueError) as error:
        raise AccountStopped(
            f"The command {shown} for account {account.name} cannot be started: {error}.",
            "Correct command = [...] in the configuration; it is run without a shell.",
            code="secret_missing",
        ) from error
    if done.returncode:
        said = visible(redact(decode_bytes(done.stderr[-2000:])))[-300:]
        raise AccountLater(
            f"The command {shown} for account {account.name} ended with status {done.returncode}"
            + (f": {said}" if said else "."),
            "Run it in a terminal and see what it needs.",
            code="secret_unavailable",
        )
    return _first_line(account, done.stdout[:_FILE_LIMIT], f"The command {shown}")


def _first_line(account: AccountSettings, content: bytes, source: str) -> str:
    try:
        line = content.decode("utf-8").partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError as error:
        raise AccountStopped(
            f"{source} for account {account.name} does not hold text in UTF-8.",
            "Its first line must be the password or token, and nothing else.",
            code="secret_missing",
        ) from error
    if not line:
        raise AccountStopped(
            f"{source} for account {account.name} gives an empty first line, where the secret should be.",
            "Its first line must be the password or token, and nothing else.",
            code="secret_missing",
        )
    return line


def _from_keyring(account: AccountSettings) -> str:
    user = keyring_user(account)
    found = _with_keyring(account, lambda ring: ring.get_password(SERVICE, user))
    if not found:
        raise AccountStopped(
            f"The keyring holds no password for account {account.name}.",
            f"Store it with: keyring set {SERVICE} {shlex.quote(user)}",
            code="secret_missing",
        )
    return str(found)


def _with_keyring(account: AccountSettings, work: Callable[..., str | None]) -> str | None:
    """Let a thread of its own ask the keyring, since a locked one may wait for a person for ever."""
    import keyring
    from keyring.errors import KeyringError, NoKeyringError

    answers: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(work(_chosen_keyring(keyring.get_keyring())))
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
            answers.put(error)

    threading.Thread(target=ask, name="keyring", daemon=True).start()
    try:
        answer = answers.get(timeout=KEYRING_SECONDS)
    except queue.Empty:
        answer = TimeoutError(f"no answer within {KEYRING_SECONDS:.0f} seconds")
    if isinstance(answer, NoKeyringError):
        raise AccountStopped(
            f"This machine offers no keyring that could hold the password of account {account.name}.",
            'Choose auth = "command" or auth = "credential-file" for it.',
            code="no_keyring",
        ) from answer
    if isinstance(answer, AccountStopped):
        raise answer
    if isinstance(answer, BaseException):
        kind = "cannot be opened" if isinstance(answer, KeyringError) else "does not answer"
        raise AccountLater(
            f"The keyring {kind} ({visible(redact(str(answer))) or type(answer).__name__}), "
            f"so the password of account {account.name} is out of reach for now.",
            "Log in to the desktop or unlock the keyring; for a machine without one choose "
            'auth = "command" or auth = "credential-file".',
            code="keyring_locked",
        ) from answer
    return answer


def _chosen_keyring(ring: object) -> object:
    """Refuse backends that write passwords into a plain file: nobody chose that knowingly."""
    name = f"{type(ring).__module__}.{type(ring).__qualname__}"
    if "plaintext" in name.lower():
        raise AccountStopped(
            f"The only keyring on this machine keeps passwords unprotected ({name}).",
            'Choose auth = "command" or auth = "credential-file", which say plainly where the secret lies.',
            code="no_keyring",
        )
    return ring
