"""``assistant contacts``: the people, what is known of each and where it is from; an address book brought in."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.cli.edge import DONE, load_settings, remark, say, say_json


@click.group()
def command() -> None:
    """Show the people you write with, or import an address book."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def imported(ctx: click.Context, file: Path, as_json: bool) -> int:
    """Bring in the people of a vCard FILE, as phones and address books export it; contacts.toml stays as it is."""
    from assistant.importing import import_vcards

    brought = import_vcards(file, load_settings(ctx))
    for sentence in brought.remarks:
        remark(sentence)
    if as_json:
        counts = {"added": brought.added, "changed": brought.changed, "same": brought.same, "kept": brought.kept}
        say_json({"schema": 1, "path": str(brought.path), **counts, "remarks": list(brought.remarks)})
        return DONE
    say(f"{brought.path}: {brought.added} added, {brought.changed} changed, {brought.same} as they were.")
    if brought.kept:
        say(f"{brought.kept} of earlier imports stay.")
    say(
        "contacts.toml was not touched, and goes before it. Importing confirms nobody: drafts go to those only whom you"
    )
    say("have written to, or who stand in contacts.toml.")
    return DONE
