"""The command line: thin. It parses, calls one function, prints."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

from assistant import __version__

# name -> (module, short help); modules are imported when their command is called, so that --help stays quick.
COMMANDS = {
    "demo": ("assistant.cli.demo", "Show the whole thing on a sample mailbox."),
    "setup": ("assistant.cli.setup", "Ask a few questions and write the configuration."),
    "doctor": ("assistant.cli.doctor", "Check every account step by step and name the cure."),
    "sweep": ("assistant.cli.sweep", "Look once over all accounts and lay the drafts that are due."),
    "run": ("assistant.cli.run", "Keep looking, as a daemon in the foreground."),
    "service": ("assistant.cli.service", "Let the system run the daemon, or stop that."),
    "status": ("assistant.cli.status", "Show the last sweep, waiting drafts, troubles and their cures."),
    "due": ("assistant.cli.due", "Show who has gone quiet, why, and why not drafted."),
    "why": ("assistant.cli.why", "Show all evidence about a person and every rule that applied."),
    "brief": ("assistant.cli.brief", "Show what to know about a person before writing to them."),
    "drafts": ("assistant.cli.drafts", "List our drafts, or take untouched ones back."),
    "contacts": ("assistant.cli.contacts", "Show the people you write with, or import an address book."),
    "templates": ("assistant.cli.templates", "Show the letters, try your own, or copy ours to change them."),
    "pause": ("assistant.cli.pause", "Pause a person, or everything."),
    "resume": ("assistant.cli.resume", "Take back a pause, a rest, a never, a forget."),
    "rest": ("assistant.cli.rest", "Let a silence or a thread be."),
    "never": ("assistant.cli.never", "Never suggest a draft for a person or a domain."),
    "forget": ("assistant.cli.forget", "Erase all that is stored about a person."),
    "log": ("assistant.cli.log", "Note a contact by another channel; it resets the clock."),
    "share": ("assistant.cli.share", "Pass something on to the people who would care for it."),
    "report": ("assistant.cli.report", "Write a page about your correspondence."),
    "config": ("assistant.cli.config", "Show, check or explain the configuration."),
}


class CommandsOnDemand(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the manual."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command, None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


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
    """Notice mail that has gone quiet and lay courteous drafts into your Drafts folder. It never sends."""
    ctx.obj = {"config": config, "state": state}


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; troubles that were expected become a sentence and an exit code."""
    from assistant.cli.edge import guarded

    return guarded(assistant, arguments)
