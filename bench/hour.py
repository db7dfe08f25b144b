"""An hour with the daemon: ``python -m bench.hour [--minutes 60]``.

The real program against a real Dovecot over STARTTLS, with the sample mailbox in it. A scripted correspondent
writes mail, answers, edits, sends and deletes drafts; the server restarts, the network goes away, the process is
stopped for two minutes, the configuration is broken and mended. Prints what was seen at each stage, the daemon's
own log, and what it cost.
"""

from __future__ import annotations

import email
import imaplib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import click

from assistant import clock
from assistant.demo.letters import compose
from assistant.demo.sample import MAILBOXES, letters, mailbox_of
from assistant.onboarding import allow_writing
from assistant.settings import load
from assistant.store.database import prepare
from tests.servers import Dovecot, start_dovecot

CAP = 3  # drafts a day
USER, PASSWORD = "sue@example.org", "secret"
CONFIG = """\
[me]
name = "Sue Marten"
addresses = ["sue@example.org", "sue@martengardens.example"]
timezone = "UTC"

[[accounts]]
name = "hour"
host = "localhost"
port = {port}
security = "starttls"
tls_ca = "{ca}"
username = "{user}"
auth = "env"

[hours]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
start = 00:00:00
end = 23:59:00

[daemon]
poll_minutes = 15
"""


class Line:
    """A network between the daemon and the server that can be taken away."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._up = True
        self._pairs: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """Drop what goes on and let nobody through."""
        self._up = False
        for one in self._pairs:
            with suppress(OSError):
                one.close()

    def mend(self) -> None:
        """Let everybody through again."""
        self._up = True

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if not self._up:
                client.close()
                continue
            self.connections += 1
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            self._pairs = [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Sue:
    """The user's own mail program."""

    def __init__(self, server: Dovecot) -> None:
        self._server = server

    @contextmanager
    def at(self, mailbox: str) -> Any:
        """Open a mailbox for writing."""
        trust = ssl.create_default_context(cafile=str(self._server.ca))
        with imaplib.IMAP4_SSL("localhost", self._server.tls_port, ssl_context=trust) as box:
            box.login(USER, PASSWORD)
            box.select(f'"{mailbox}"')
            yield box

    def fill(self) -> int:
        """Put the sample mailbox on the server."""
        now = clock.now()
        with self.at("INBOX") as box:
            for name in MAILBOXES:
                box.create(f'"{name}"')
            mail = letters(now)
            for one in mail:
                when = imaplib.Time2Internaldate(one.when)
                box.append(mailbox_of(one, now), r"(\Seen)", when, compose(one))
        return len(mail)

    def drafts(self) -> dict[int, Message]:
        """Return the drafts by UID."""
        with self.at("Drafts") as box:
            uids = box.uid("SEARCH", "ALL")[1][0].split()
            return {int(uid): email.message_from_bytes(box.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1]) for uid in uids}

    def hears_from(self, draft: Message, text: str) -> None:
        """Let the contact of a draft answer in its thread."""
        self._write("INBOX", str(draft["To"]), USER, f"Re: {draft['Subject']}", text, str(draft["In-Reply-To"]))

    def gets_mail(self, number: int) -> None:
        """Somebody new writes."""
        self._write("INBOX", f"Kim {number} <kim{number}@example.net>", USER, f"Seeds {number}", "For your notes.", "")

    def edits(self, uid: int) -> None:
        """Save a draft with another word, as a mail client does: a new message, the old one gone."""
        draft = self.drafts()[uid]
        changed = str(draft.get_payload()) + "\r\nP.S. Greetings to the garden.\r\n"
        draft.set_payload(changed)
        with self.at("Drafts") as box:
            box.append("Drafts", r"(\Draft \Seen)", imaplib.Time2Internaldate(clock.now()), draft.as_bytes())
            self._delete(box, uid)

    def sends(self, uid: int) -> None:
        """Send a draft: it lies in Sent, and no more in Drafts."""
        draft = self.drafts()[uid]
        with self.at("Drafts") as box:
            box.append("Sent", r"(\Seen)", imaplib.Time2Internaldate(clock.now()), draft.as_bytes())
            self._delete(box, uid)

    @staticmethod
    def _delete(box: imaplib.IMAP4, uid: int) -> None:
        box.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)")
        box.uid("EXPUNGE", str(uid))

    def _write(self, mailbox: str, sender: str, to: str, subject: str, text: str, answers: str) -> None:
        head = [
            f"From: {sender}",
            f"To: {to}",
            f"Subject: {subject}",
            f"Date: {email.utils.format_datetime(clock.now())}",
        ]
        head += [f"Message-ID: <{os.urandom(8).hex()}@example.net>", "Content-Type: text/plain; charset=utf-8"]
        head += [f"In-Reply-To: {answers}", f"References: {answers}"] if answers else []
        raw = "\r\n".join([*head, "", text, ""]).encode()
        with self.at("INBOX") as box:
            box.append(mailbox, None, imaplib.Time2Internaldate(clock.now()), raw)


@dataclass
class Hour:
    """What is going on, and what was seen."""

    folder: Path
    sue: Sue
    server: Dovecot
    line: Line
    minute_seconds: float
    """A minute of the plan in seconds."""
    log: Path
    daemon: subprocess.Popen[bytes] | None = None
    began: float = field(default_factory=clock.monotonic)
    sizes: list[int] = field(default_factory=list)
    chosen: dict[str, int] = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        """Return the argv of the program with our places."""
        places = ["--config", str(self.folder / "config.toml"), "--state", str(self.folder / "state")]
        return [sys.executable, "-m", "assistant", *places, *words]

    def say(self, text: str) -> None:
        """Tell a finding with the minute it is."""
        click.echo(f"{(clock.monotonic() - self.began) / 60:5.1f} min  {text}")

    def status(self) -> None:
        """Show what ``assistant status`` says."""
        done = subprocess.run(self.command("status"), capture_output=True, text=True, env=environment(), check=False)
        for line in done.stdout.splitlines():
            click.echo(f"           | {line}")

    def ledger(self) -> list[dict[str, Any]]:
        """Return what ``assistant drafts list`` tells of all drafts."""
        listed = subprocess.run(
            self.command("drafts", "list", "--all", "--json"), capture_output=True, env=environment(), check=True
        )
        found: list[dict[str, Any]] = json.loads(listed.stdout)["drafts"]
        return found

    def wait_until(self, holds: Callable[[], bool], minutes: float) -> float | None:
        """Wait until something holds; return the minutes it took, None when it did not."""
        began = clock.monotonic()
        while clock.monotonic() - began < minutes * 60:
            if holds():
                return (clock.monotonic() - began) / 60
            threading.Event().wait(2)
        return None

    def cost(self) -> tuple[float, int]:
        """Return CPU seconds and resident kB of the daemon so far."""
        assert self.daemon is not None
        about = Path(f"/proc/{self.daemon.pid}")
        times = about.joinpath("stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        resident = next(
            int(line.split()[1]) for line in about.joinpath("status").read_text().splitlines() if "VmRSS" in line
        )
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"), resident


def environment() -> dict[str, str]:
    """Return the environment with the secret of the account."""
    return {**os.environ, "ASSISTANT_SECRET_HOUR": PASSWORD}


def start(hour: Hour) -> float:
    """Start the daemon; return the seconds until it said READY."""
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(hour.folder / "notify"))
    ear.settimeout(30)
    began = clock.monotonic()
    hour.daemon = subprocess.Popen(
        hour.command("run"),
        stderr=hour.log.open("ab"),
        env={**environment(), "NOTIFY_SOCKET": str(hour.folder / "notify"), "WATCHDOG_USEC": "120000000"},
    )
    while b"READY=1" not in ear.recv(4096):
        pass
    seconds = clock.monotonic() - began
    threading.Thread(target=_listen, args=(ear, hour), daemon=True).start()
    return seconds


def _listen(ear: socket.socket, hour: Hour) -> None:
    ear.settimeout(None)
    hour.chosen["pings"] = 0
    while True:
        hour.chosen["pings"] += b"WATCHDOG=1" in ear.recv(4096)


def acts(hour: Hour) -> list[tuple[float, str, Callable[[], None]]]:
    """Return what happens, as (minute, what, how)."""
    sue = hour.sue

    def ours() -> dict[int, Message]:
        ids = {f"<{one['message_id']}>" for one in hour.ledger()}
        return {uid: draft for uid, draft in sue.drafts().items() if draft["Message-ID"] in ids}

    def first_drafts() -> None:
        took = hour.wait_until(lambda: len(ours()) >= CAP, 2)
        hour.say(f"{len(ours())} drafts of ours lie in Drafts, {took and round(took * 60)} s after the start")
        hour.chosen |= dict(zip(("answered", "edited", "sent"), sorted(ours()), strict=True))

    def answer() -> None:
        uid = hour.chosen["answered"]
        sue.hears_from(ours()[uid], "Thank you, all is well here. No need for anything more.")
        hour.say("the contact of one draft has answered")
        took = hour.wait_until(lambda: uid not in ours(), 7)
        hour.say(
            f"that draft was taken back after {took:.1f} min" if took else "that draft was NOT taken back in 7 min"
        )

    def edit() -> None:
        sue.edits(hour.chosen["edited"])
        hour.say("another draft was edited and saved")

    def send() -> None:
        sue.sends(hour.chosen["sent"])
        hour.say("the third was sent")

    def restart() -> None:
        run = hour.server.ca.parent
        os.kill(int((run / "pid").read_text(encoding="ascii")), signal.SIGTERM)
        hour.say("the server is down")
        threading.Event().wait(hour.minute_seconds)
        server = shutil.which("dovecot") or "/usr/sbin/dovecot"
        master = subprocess.Popen([server, "-F", "-c", str(run / "dovecot.conf")], start_new_session=True)
        (run / "pid").write_text(str(master.pid))
        hour.say("the server is up again")

    def freeze() -> None:
        assert hour.daemon is not None
        hour.daemon.send_signal(signal.SIGSTOP)
        threading.Event().wait(2 * hour.minute_seconds)
        hour.daemon.send_signal(signal.SIGCONT)
        hour.say("the process was stopped for two minutes and goes on")

    def cut() -> None:
        hour.line.cut()
        hour.say("the network is gone")

    def mend() -> None:
        hour.line.mend()
        hour.say("the network is back")

    def broken() -> None:
        config = hour.folder / "config.toml"
        config.write_text(config.read_text().replace("poll_minutes = 15", "poll_minutes = often"))
        assert hour.daemon is not None
        hour.daemon.send_signal(signal.SIGHUP)
        hour.say("SIGHUP with a broken configuration")

    def mended() -> None:
        config = hour.folder / "config.toml"
        config.write_text(config.read_text().replace("poll_minutes = often", "poll_minutes = 10"))
        assert hour.daemon is not None
        hour.daemon.send_signal(signal.SIGHUP)
        hour.say("SIGHUP with a good one")

    return [
        (0.1, "first drafts", first_drafts),
        (4, "answer", answer),
        (12, "edit", edit),
        (15, "send", send),
        (22, "server restart", restart),
        (28, "stopped process", freeze),
        (34, "network cut", cut),
        (44, "network back", mend),
        (48, "broken config", broken),
        (50, "good config", mended),
    ]


@click.command()
@click.option("--minutes", default=60.0, show_default=True, help="Shorter squeezes the acts together.")
def main(minutes: float) -> None:
    """Let the daemon work for an hour and tell what happened."""
    with tempfile.TemporaryDirectory(prefix="hour") as name:
        folder = Path(name)
        server = start_dovecot(folder / "dovecot", "--user", f"{USER}:{PASSWORD}")
        sue, line = Sue(server), Line(server.port)
        config = folder / "config.toml"
        config.touch(mode=0o600)
        config.write_text(CONFIG.format(port=line.port, ca=server.ca, user=USER))
        hour = Hour(folder, sue, server, line, minutes, folder / "log")
        hour.say(f"{sue.fill()} mails in the sample mailbox")
        prepare(folder / "state")
        allow_writing(load(config)[0], folder / "state", clock.now())
        hour.say(f"READY after {start(hour):.2f} s")
        _live(hour, minutes)
        server.stop()


def _live(hour: Hour, minutes: float) -> None:
    scale = minutes / 60
    began, spent = clock.monotonic(), 0.0
    waiting = [act for act in acts(hour) if act[0] * scale < minutes]
    mails = 0
    hour.began = began
    while clock.monotonic() - began < minutes * 60:
        now = (clock.monotonic() - began) / 60
        if waiting and now >= waiting[0][0] * scale:
            waiting.pop(0)[2]()
            threading.Event().wait(20)
            hour.status()
        if now // (4 * scale) > mails:
            mails += 1
            with suppress(OSError):
                hour.sue.gets_mail(mails)
        spent, size = hour.cost()
        hour.sizes.append(size)
        threading.Event().wait(5)
    hour.status()
    assert hour.daemon is not None
    hour.daemon.send_signal(signal.SIGTERM)
    ended = clock.monotonic()
    code = hour.daemon.wait(10)
    hour.say(f"SIGTERM: ended with {code} after {clock.monotonic() - ended:.1f} s")
    seconds = clock.monotonic() - began
    click.echo(f"\nCPU {spent:.1f} s in {seconds / 60:.0f} min: {100 * spent / seconds:.2f} % of a core")
    early, late, most = (kb / 1024 for kb in (hour.sizes[len(hour.sizes) // 10], hour.sizes[-1], max(hour.sizes)))
    click.echo(f"memory {early:.0f} MB after a tenth, {late:.0f} MB in the end, {most:.0f} MB at most")
    click.echo(f"{hour.chosen['pings']} watchdog pings, {hour.line.connections} connections")
    for uid, draft in hour.sue.drafts().items():
        click.echo(f"left in Drafts: UID {uid} to {draft['To']}: {draft['Subject']}")
    for one in hour.ledger():
        click.echo(f"ledger: {one['kind']} to {one['contact']}: {one['state']} {one['because'] or ''}")
    click.echo("\nthe daemon's log:\n" + hour.log.read_text())


if __name__ == "__main__":
    main()
