"""The user's own commands: what they are given, and that none of them can hold up or endanger anything."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.hooks import cured_event, drafts_event, run_hook, trouble_event
from assistant.mailbox.secrecy import Secret
from assistant.model import Kind, Trouble
from assistant.sweep import Outcome, Proposed
from tests.drafting.builders import suggestion
from tests.store.builders import NOW, row

WRITE = (
    "import json, os, sys; json.dump({'told': json.load(sys.stdin), 'argv': sys.argv[2:],"
    " 'secrets': [one for one in os.environ if 'ASSISTANT_SECRET' in one]}, open(sys.argv[1], 'w'))"
)
BEGAN = datetime(2026, 3, 4, 9, 15, tzinfo=UTC)


def test_a_command_gets_json_on_its_input_and_its_arguments_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", "hunter2")
    file = tmp_path / "told"
    event = trouble_event(Trouble("home", "unreachable", "No answer.", "Check the network.", BEGAN))
    assert run_hook([sys.executable, "-c", WRITE, str(file), "$HOME; `id`"], event) is None
    assert json.loads(file.read_text()) == {
        "told": {
            "schema": 1,
            "event": "trouble",
            "account": "home",
            "code": "unreachable",
            "message": "No answer.",
            "cure": "Check the network.",
            "since": "2026-03-04T09:15:00Z",
        },
        "argv": ["$HOME; `id`"],
        "secrets": [],
    }


def test_no_secret_is_told(tmp_path: Path) -> None:
    kept = Secret("hunter2hunter2", "ann")
    file = tmp_path / "told"
    event = trouble_event(Trouble("home", "login_refused", f"It said: {kept.reveal()}", ""))
    assert run_hook([sys.executable, "-c", WRITE, str(file)], event) is None
    assert json.loads(file.read_text())["told"]["message"] == "It said: [secret]"


def test_of_drafts_only_names_addresses_and_kinds_are_told() -> None:
    one = suggestion(Kind.OWE_REPLY)
    hostile = replace(one, contact=replace(one.contact, name="Ana\x1b[2J\nRuiz"))
    outcome = Outcome(NOW, False, (), (Proposed(hostile, None, row()), Proposed(one)), (), ())
    told = drafts_event("home", outcome)
    assert told is not None
    assert (told["count"], len(told["drafts"])) == (1, 1), "what was not laid is not told"
    [draft] = told["drafts"]
    assert draft.keys() == {"name", "address", "kind"}
    assert draft["name"].isprintable()
    assert drafts_event("home", replace(outcome, suggestions=())) is None


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["/nowhere/at-all"], "could not be started"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "ended with status 3"),
        (["a\0b"], "could not be started"),
    ],
)
def test_a_command_that_fails_is_told_in_a_sentence(command: list[str], said: str) -> None:
    assert said in (run_hook(command, cured_event("home", "unreachable")) or "")


def test_a_command_that_reads_nothing_does_no_harm() -> None:
    event = cured_event("home", "x" * 500_000)
    assert run_hook([sys.executable, "-c", "pass"], event) is None


def test_a_command_that_does_not_end_is_ended_with_what_it_started(tmp_path: Path) -> None:
    file = tmp_path / "number"
    start = 'sleep 600 & echo $! > "$0"; wait'
    failed = run_hook(["sh", "-c", start, str(file)], {}, seconds=3)
    assert "took longer than 3 seconds" in (failed or "")
    number = int(file.read_text())
    for _ in range(200):
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(number, 0)
            if "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2][:3]:
                time.sleep(0.05)
                continue
        return
    raise AssertionError("what it started is still running")
