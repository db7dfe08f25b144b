"""A server that says our own words back to us: the password is in no log, no answer, no database (R12)."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from assistant.demo.server import Command, DemoServer, HangUp
from tests.faults.processes import start
from tests.faults.scripts import CarryOut
from tests.imap.world import World

CANARY = 'Canary+bird/7"flies'
ENCODINGS = (
    CANARY.encode(),
    CANARY.replace('"', '\\"').encode(),
    base64.b64encode(f"\0ann\0{CANARY}".encode()),
    quote(CANARY, safe="").encode(),
)


def refuse(command: Command, carry_out: CarryOut) -> bytes:
    return command.tag + b" NO cannot do: " + command.line + b"\r\n"


def leave(command: Command, carry_out: CarryOut) -> bytes:
    raise HangUp(b"* BYE I was told: " + command.line + b"\r\n")


@pytest.mark.parametrize("answer", [refuse, leave])
def test_a_server_that_echoes_the_login_betrays_nothing(
    answer, on_demo: World, demo: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", CANARY)
    demo.script = lambda command, go: go() if command.name in ("GREETING", "CAPABILITY") else answer(command, go)
    log = tmp_path / "log"
    for arguments in (["sweep"], ["sweep", "--json"], ["doctor"], ["status", "--json"]):
        start(on_demo, *arguments, log=log).join()
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert b"cannot do" in written[log] or b"I was told" in written[log], "the server's words were told"
    assert [str(path) for path, octets in written.items() if any(one in octets for one in ENCODINGS)] == []
