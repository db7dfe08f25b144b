"""The user's own commands, run when something happened: an argv list without a shell, JSON on its standard input."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.mailbox.credentials import without_secrets
from assistant.mailbox.secrecy import redact
from assistant.mailbox.words import visible
from assistant.model import Trouble
from assistant.report import called, rfc3339
from assistant.sweep import Outcome

SCHEMA = 1
SECONDS = 30.0


def trouble_event(trouble: Trouble) -> dict[str, Any]:
    """Return what ``on_trouble_command`` is told when a trouble begins."""
    return {
        "schema": SCHEMA,
        "event": "trouble",
        "account": trouble.account,
        "code": trouble.code,
        "message": trouble.message,
        "cure": trouble.cure,
        "since": rfc3339(trouble.since),
    }


def cured_event(account: str, code: str) -> dict[str, Any]:
    """Return what ``on_trouble_command`` is told when a trouble is over; ``code`` is that trouble's."""
    return {"schema": SCHEMA, "event": "cured", "account": account, "code": code}


def drafts_event(account: str, outcome: Outcome) -> dict[str, Any] | None:
    """Return what ``on_drafts_command`` is told of the drafts a sweep has laid: for whom, of which kind, no text.

    None when it laid none.
    """
    laid = [one.suggestion for one in outcome.suggestions if one.draft is not None]
    if not laid:
        return None
    drafts = [{"name": visible(called(one)), "address": one.contact.address, "kind": one.kind.value} for one in laid]
    return {"schema": SCHEMA, "event": "drafts", "account": account, "count": len(laid), "drafts": drafts}


def run_hook(command: Sequence[str], event: Mapping[str, Any], *, seconds: float = SECONDS) -> str | None:
    """Run a command of the user's and wait for its end; return a sentence when it did not go well, else None.

    What it writes is dropped. One that takes longer than ``seconds`` is ended, with whatever it started.
    """
    shown = f"The command {shlex.quote(command[0])}"
    try:
        running = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=without_secrets(),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"{shown} could not be started: {error}."
    with running:
        try:
            running.communicate(redact(json.dumps(event)).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            return f"{shown} was ended, since it took longer than {seconds:g} seconds."
    return f"{shown} ended with status {running.returncode}." if running.returncode else None
