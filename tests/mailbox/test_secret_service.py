"""A password in a real Secret Service: kept, out of reach while it is locked, and there again without a restart."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("secretstorage", reason="no Secret Service on this system")

IN_A_DESKTOP = """\
printf masterword | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" -c "$1"
"""

ASKING = """
import secretstorage
from jeepney import DBusAddress, new_method_call
from secretstorage.util import format_secret, open_session

from assistant.errors import AccountLater
from assistant.mailbox.credentials import read_secret, store_in_keyring
from assistant.settings import AccountSettings

account = AccountSettings(name="home", host="imap.example.org", username="sue@example.org", auth="keyring")
store_in_keyring(account, "correct horse")
assert read_secret(account).reveal() == "correct horse"

bus = secretstorage.dbus_init()
collection = secretstorage.get_default_collection(bus)
collection.lock()
try:
    read_secret(account)
except AccountLater as error:
    print(error.code)

# What a login to the desktop does.
session = open_session(bus)
insider = DBusAddress(
    "/org/freedesktop/secrets",
    "org.freedesktop.secrets",
    "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
)
master = format_secret(session, b"masterword", "text/plain")
unlock = (collection.collection_path, master)
bus.send_and_get_reply(new_method_call(insider, "UnlockWithMasterPassword", "o(oayays)", unlock))
print(read_secret(account).reveal())
"""


def test_a_locked_keyring_is_no_wrong_password_and_opens_again_without_a_restart(tmp_path):
    for program in ("dbus-run-session", "gnome-keyring-daemon"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing (apt-get install dbus gnome-keyring)")
    home, runtime = tmp_path / "home", tmp_path / "runtime"
    for folder in (home, runtime):
        folder.mkdir(mode=0o700)
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", IN_A_DESKTOP, sys.executable, ASKING],
        cwd=Path(__file__).parents[2],
        env={**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["keyring_locked", "correct horse"], done.stderr
