"""Real IMAP servers for tests: a throw-away Dovecot on this machine."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.canary import PASSWORD

MAILSERVER = Path(__file__).with_name("mailserver")


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running Dovecot: `port` speaks IMAP with STARTTLS, `tls_port` implicit TLS.

    users are passwords by user name; ca is the certificate to trust; log is its log file.
    """

    folder: Path
    host: str
    port: int
    tls_port: int
    ca: Path
    log: Path
    users: dict[str, str]

    def add_user(self, user: str, password: str) -> None:
        """Make an account, usable at once."""
        _mailserver("adduser", self.folder, user, password)
        self.users[user] = password

    def token(self, user: str, seconds: int = 3600) -> str:
        """Return a bearer token for XOAUTH2 and OAUTHBEARER; negative seconds: an expired one."""
        return _mailserver("token", self.folder, user, "--", seconds).strip()

    def stop(self) -> None:
        """End the server and remove what it wrote."""
        _mailserver("stop", self.folder)


def start_dovecot(folder: Path, *options: str) -> Dovecot:
    """Start a Dovecot whose state lies below a folder; options are those of `mailserver start`.

    It has the user ann with PASSWORD unless --user is given, and ends with this
    process if not before. Skips the test where Dovecot is missing, but fails in CI.
    """
    require_dovecot()
    if "--user" not in options:
        options = ("--user", f"ann:{PASSWORD}", *options)
    said = _mailserver("start", folder, "0", "--watch", os.getpid(), *options)
    about = json.loads(said)
    return Dovecot(
        folder=folder,
        host=about["host"],
        port=about["port"],
        tls_port=about["tls_port"],
        ca=Path(about["ca"]),
        log=Path(about["log"]),
        users=about["users"],
    )


def require_dovecot() -> None:
    """Skip the test, or fail it in CI, where no Dovecot can be started."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in ("dovecot", "openssl") if shutil.which(name, path=path) is None]
    if not missing:
        return
    reason = f"{' and '.join(missing)} not found (Debian: apt-get install dovecot-imapd openssl)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _mailserver(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, str(MAILSERVER), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(f"mailserver {arguments[0]}: {done.stderr.strip()}")
    return done.stdout
