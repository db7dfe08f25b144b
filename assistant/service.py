"""The daemon as a service of the system: a systemd user unit, or a launchd agent on macOS (untested there)."""

from __future__ import annotations

import enum
import os
import plistlib
import shutil
import string
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ServiceError
from assistant.shipped import shipped

UNIT = "followup-assistant.service"
AGENT = "org.followup-assistant"
PROGRAM_SECONDS = 30.0
_OURS = b"assistant service install"
_UNQUOTED = frozenset(string.ascii_letters + string.digits + "_-+=.,:@/")


class Manager(enum.Enum):
    """What runs services on this machine."""

    SYSTEMD = "systemd"
    LAUNCHD = "launchd"


@dataclass(frozen=True, slots=True)
class Condition:
    """How the service stands. ``sentence`` says it for people, ``cure`` what to do when it does not run."""

    installed: bool
    running: bool
    sentence: str
    cure: str = ""


def manager() -> Manager:
    """Return what runs services here."""
    return Manager.LAUNCHD if sys.platform == "darwin" else Manager.SYSTEMD


def command_line(config: Path | None, state: Path | None) -> list[str]:
    """Return the argv that starts the program as it runs now, with the places it was told to use."""
    beside = Path(sys.executable).parent / "assistant"
    start = [str(beside)] if os.access(beside, os.X_OK) else [sys.executable, "-m", "assistant"]
    places = (("--config", config), ("--state", state))
    return start + [word for option, path in places if path for word in (option, str(path.absolute()))]


def place(which: Manager) -> Path:
    """Return where the unit of this user lies: $XDG_CONFIG_HOME/systemd/user (systemd.unit(5)), or LaunchAgents."""
    if which is Manager.LAUNCHD:
        return Path.home() / "Library" / "LaunchAgents" / f"{AGENT}.plist"
    settings = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return (settings if settings.is_absolute() else Path.home() / ".config") / "systemd" / "user" / UNIT


def unit(which: Manager, command: Sequence[str], *, system: bool = False) -> str:
    """Return the text of the unit that runs ``command``; ``system``: a template unit for a server."""
    if which is Manager.LAUNCHD:
        agent = {
            "Label": AGENT,
            "ProgramArguments": [*command, "run"],
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 60,
            "ProcessType": "Background",
            "Umask": 0o077,
        }
        head, _, rest = plistlib.dumps(agent, sort_keys=False).decode().partition("\n")
        return f'{head}\n<!-- Written by "{_OURS.decode()}". -->\n{rest}'
    text = (shipped("config") / "units" / ("system.service" if system else "user.service")).read_text(encoding="utf-8")
    return text.replace("@COMMAND@", " ".join(map(_quoted, command)))


def install(which: Manager, command: Sequence[str]) -> Path:
    """Write the unit and start it, now and at every login. Returns where it lies. Raises ServiceError."""
    path = place(which)
    if path.exists() and not _is_ours(path):
        raise ServiceError(
            f"{path} was not written by this program.",
            "Move it away first, or take what you need from 'assistant service install --print'.",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(unit(which, command), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise ServiceError(f"{path} cannot be written: {error.strerror}.", "Look who owns that directory.") from error
    if which is Manager.LAUNCHD:
        _told(["launchctl", "bootout", _domain()], may_fail=True)  # an older one keeps running otherwise
        _told(["launchctl", "bootstrap", _domain().rpartition("/")[0], str(path)])
    else:
        _told(["systemctl", "--user", "daemon-reload"])
        _told(["systemctl", "--user", "enable", UNIT])
        _told(["systemctl", "--user", "restart", UNIT])  # also when an older one runs
    return path


def uninstall(which: Manager) -> Path | None:
    """Stop the service and remove its unit. Returns where it lay, None when there was none. Raises ServiceError."""
    path = place(which)
    if not path.exists():
        return None
    if not _is_ours(path):
        raise ServiceError(f"{path} was not written by this program.", "Remove it by hand.")
    # Without a running manager nothing is to be stopped, and the file has to go all the same.
    if which is Manager.LAUNCHD:
        _told(["launchctl", "bootout", _domain()], may_fail=True)
    else:
        _told(["systemctl", "--user", "disable", "--now", UNIT], may_fail=True)
    try:
        path.unlink()
    except OSError as error:
        raise ServiceError(f"{path} cannot be removed: {error.strerror}.", "Remove it by hand.") from error
    if which is Manager.SYSTEMD:
        _told(["systemctl", "--user", "daemon-reload"], may_fail=True)
    return path


def condition(which: Manager) -> Condition:
    """Look how the service stands. Never raises: a machine without a manager is an answer too."""
    path = place(which)
    if not path.exists():
        return Condition(False, False, "The daemon is not installed as a service.", "Run: assistant service install")
    asked = {
        Manager.SYSTEMD: ["systemctl", "--user", "is-active", UNIT],
        Manager.LAUNCHD: ["launchctl", "print", _domain()],
    }[which]
    try:
        answer = _told(asked, may_fail=True).strip()
    except ServiceError as error:
        return Condition(True, False, f"{path} is there, but nobody runs it: {error.message}", error.cure)
    running = "state = running" in answer if which is Manager.LAUNCHD else answer in ("active", "reloading")
    if running:
        return Condition(True, True, f"The service runs ({path}).")
    word = answer if which is Manager.SYSTEMD and answer else "not running"
    cure = (
        f"See why with: journalctl --user -u {UNIT}, and start it with: systemctl --user restart {UNIT}"
        if which is Manager.SYSTEMD
        else "Run 'assistant service install' again."
    )
    return Condition(True, False, f"The service is {word} ({path}).", cure)


def lingers() -> bool | None:
    """Tell whether systemd runs this user's services without a login; None when it cannot be told."""
    if shutil.which("loginctl") is None:
        return None
    try:
        answer = _told(["loginctl", "show-user", str(os.getuid()), "--property=Linger", "--value"], may_fail=True)
    except ServiceError:
        return None
    return {"yes": True, "no": False}.get(answer.strip())


def _is_ours(path: Path) -> bool:
    try:
        return _OURS in path.read_bytes()[:1000]
    except OSError as error:
        raise ServiceError(f"{path} cannot be read: {error.strerror}.", "Look who owns it.") from error


def _domain() -> str:
    return f"gui/{os.getuid()}/{AGENT}"


def _quoted(word: str) -> str:
    """Return a word for ExecStart= (systemd.service(5), command lines; systemd.unit(5), specifiers)."""
    word = word.replace("%", "%%").replace("$", "$$")
    if _UNQUOTED.issuperset(word.replace("%", "").replace("$", "")):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _told(words: list[str], *, may_fail: bool = False) -> str:
    """Run a program of the system and return what it says; with ``may_fail`` also when it ends with a fault."""
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceError(
            f"{words[0]} cannot be asked: {error}.",
            "Without it let cron call 'assistant sweep', or start 'assistant run' in a way of your own.",
        ) from error
    if done.returncode and not may_fail:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise ServiceError(
            f"'{' '.join(words)}' failed" + (f": {said[0].rstrip('.')}." if said else "."),
            "In a session without a service manager (su, some containers) log in as this user directly and try again; "
            "on a server see 'assistant service install --system --print'.",
        )
    return done.stdout
