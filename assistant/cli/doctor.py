"""``assistant doctor``: everything that must be right, step by step, each trouble with its cure.

With ``--json``, schema 1: {"schema": 1, "ok": bool, "steps": [{"account": null|NAME, "name",
"standing": "ok"|"warning"|"failed", "sentence", "cure"}]}; ``ok`` means that nothing failed,
``cure`` is null where nothing is to be done.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import click

from assistant.cli.edge import (
    CONFIGURATION,
    DONE,
    TROUBLE,
    checked_account,
    config_file,
    say,
    say_json,
    state_directory,
)

if TYPE_CHECKING:
    from assistant.checkup.steps import Step

SCHEMA = 1
MARKS = {"ok": "ok", "warning": "note", "failed": "FAILED"}
INDENT = " " * 23


@click.command()
@click.option("--account", metavar="NAME", help="Only this account.")
@click.option("--write", is_flag=True, help="Really lay one test draft into Drafts, and take it out again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, account: str | None, write: bool, as_json: bool) -> int:
    """Check every account step by step and name the cure; exit code 1 when something fails."""
    from assistant import clock
    from assistant.checkup import examine
    from assistant.checkup.installation import configuration_steps

    settings, found = configuration_steps(config_file(ctx))
    steps: Iterable[Step] = found
    if settings is not None:
        names = checked_account(settings, account)
        steps = chain(found, examine(settings, state_directory(ctx), names, clock.now(), write=write))
    seen = list(steps if as_json else tell(steps))
    failed = any(step.standing == "failed" for step in seen)
    if as_json:
        say_json({"schema": SCHEMA, "ok": not failed, "steps": [_step_json(step) for step in seen]})
    if settings is None:
        return CONFIGURATION
    return TROUBLE if failed else DONE


def _step_json(step: Step) -> dict[str, str | None]:
    return {
        "account": step.account or None,
        "name": step.name,
        "standing": step.standing.value,
        "sentence": step.sentence,
        "cure": step.cure or None,
    }


def tell(steps: Iterable[Step]) -> Iterator[Step]:
    """Print steps as they come and pass them on."""
    account = ""
    for step in steps:
        if step.account != account:
            account = step.account
            say()
            say(f"account {account}")
        say(_paragraph(f"{MARKS[step.standing.value]:<7} {step.name:<14} ", step.sentence))
        if step.cure:
            say(_paragraph(INDENT, f"-> {step.cure}"))
        yield step


def _paragraph(head: str, text: str) -> str:
    """Return a text beside its head, folded to the terminal; as one line when nobody looks."""
    if not sys.stdout.isatty():
        return head + " ".join(text.split("\n"))
    width = max(shutil.get_terminal_size().columns, len(INDENT) + 30)
    lines = [line for part in text.split("\n") for line in textwrap.wrap(part, width - len(INDENT)) or [""]]
    return head + f"\n{INDENT}".join(lines)
