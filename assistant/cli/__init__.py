"""The command line: thin. It parses, calls one function, prints."""

from __future__ import annotations

import atexit
import gc
import importlib
from pathlib import Path
from typing import Any

import click

from assistant import __version__

# What --help says, in the order and groups of the README. A command's module is called like the command, and imported
# when it is called, so that --help stays quick.
GROUPS = {
    "Start": {
        "demo": "Show the whole thing on a sample mailbox.",
        "setup": "Ask a few questions and write the configuration.",
        "sweep": "Look once over all accounts and lay the drafts that are due.",
        "run": "Keep looking, as a daemon in the foreground.",
        "service": "Let the system run the daemon, or stop that.",
    },
    "Every day": {
        "status": "Show the last sweep, waiting drafts, troubles and their cures.",
        "due": "Show who has gone quiet, why, and why not drafted.",
        "why": "Show all evidence about a person and every rule that applied.",
        "brief": "Show what to know about a person before writing to them.",
        "drafts": "List our drafts, or take untouched ones back.",
        "log": "Note a contact by another channel; it resets the clock.",
        "share": "Pass something on to the people who would care for it.",
    },
    "People": {
        "contacts": "Show the people you write with, or import an address book.",
        "report": "Write a page about your correspondence.",
        "pause": "Pause a person, or everything.",
        "rest": "Let a silence or a thread be.",
        "never": "Never suggest a draft for a person or a domain.",
        "forget": "Erase all that is stored about a person.",
        "resume": "Take back a pause, a rest, a never, a forget.",
    },
    "Upkeep": {
        "doctor": "Check every account step by step and name the cure.",
        "templates": "Show the letters, try your own, or copy ours to change them.",
        "config": "Show, check or explain the configuration.",
    },
}
COMMANDS = [name for group in GROUPS.values() for name in group]


class CommandsOnDemand(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the manual."""
        return COMMANDS

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command, None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"assistant.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, group by group, without importing any."""
        width = max(map(len, COMMANDS))
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])


@click.group(cls=CommandsOnDemand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="assistant")
@click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="ASSISTANT_CONFIG",
    help="The configuration file.",
)
@click.option(
    "--state",
    "state",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ASSISTANT_STATE",
    help="The directory of the database.",
)
@click.pass_context
def assistant(ctx: click.Context, config: Path | None, state: Path | None) -> None:
    """Notice mail that has gone quiet and lay courteous drafts into your Drafts folder. It never sends.

    See it first: 'assistant demo' touches nothing of yours. Then 'assistant setup'. Each command explains itself
    with --help.
    """
    ctx.obj = {"config": config, "state": state}


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; troubles that were expected become a sentence and an exit code."""
    from assistant.cli.edge import guarded

    atexit.register(gc.freeze)  # to look for cycles in memory that is given back anyway takes 60 ms
    return guarded(assistant, arguments)
