"""What a command does not need it does not load: a sweep with nothing new and status stay quick."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.demo.show import Stage, stage

ROOT = Path(__file__).parent.parent.parent
RUN_AND_TELL = """
import sys
from datetime import datetime
from assistant import clock
now = datetime.fromisoformat(sys.argv.pop(1))
clock.now = lambda: now
from assistant.cli import main
assert not main(sys.argv[1:])
print(*sys.modules)
"""
NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)  # far from midnight, when the day's drafts begin anew
FOR_LETTERS = {"jinja2", "assistant.writing", "assistant.telling", "assistant.drafting.message"}
FOR_BODIES = {"html", "assistant.noting", "assistant.correspondence.cues", "assistant.correspondence.text"}
FOR_OTHER_COMMANDS = {
    "apscheduler", "asyncio", "keyring", "assistant.daemon", "assistant.demo", "assistant.onboarding",
    "assistant.page", "assistant.panorama", "assistant.service", "assistant.settings_table", "assistant.vcards",
}  # fmt: skip
FOR_MAIL = {"imapclient", "ssl", "assistant.sweep", "assistant.weighing", "assistant.correspondence"}


@pytest.fixture
def settled(tmp_path: Path) -> Iterator[Stage]:
    """The sample mailbox when a further sweep has nothing to read, to weigh and to lay."""
    with stage(tmp_path, NOON) as here:
        assert here.sweep().suggestions
        loaded(here, "sweep")  # weighs those again for whom drafts were laid
        yield here


def loaded(here: Stage, command: str) -> set[str]:
    """Run a command in a process of its own and return the names of the modules it has loaded in the end."""
    later = here.now + timedelta(minutes=1)  # drafts laid in this second would count as news
    arguments = ["--config", str(here.config), "--state", str(here.state), command]
    ran = subprocess.run(
        [sys.executable, "-c", RUN_AND_TELL, later.isoformat(), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(ran.stdout.splitlines()[-1].split())


def test_a_sweep_with_nothing_new_loads_nothing_for_letters_bodies_and_other_commands(settled: Stage) -> None:
    there = loaded(settled, "sweep")
    assert "imapclient" in there
    assert there & {"rich", *FOR_LETTERS, *FOR_BODIES, *FOR_OTHER_COMMANDS} == set()


def test_status_loads_nothing_for_mail_letters_bodies_and_other_commands(settled: Stage) -> None:
    there = loaded(settled, "status")
    assert "assistant.known" in there
    assert there & {*FOR_MAIL, *FOR_LETTERS, *FOR_BODIES, *FOR_OTHER_COMMANDS} == set()
