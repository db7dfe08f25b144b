"""``assistant service``: the daemon, run by the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant.cli.edge import DONE, TROUBLE, load_settings, remark, say, say_json, say_verbatim

if TYPE_CHECKING:
    from assistant.settings import Settings

SCHEMA = 1


@click.group()
def command() -> None:
    """Let the system run the daemon: now, and at every login."""


@command.command()
@click.option("--print", "only_print", is_flag=True, help="Print the unit, and change nothing.")
@click.option("--system", is_flag=True, help="With --print: a unit for servers, one instance a user.")
@click.pass_context
def install(ctx: click.Context, *, only_print: bool, system: bool) -> int:
    """Write a unit and start it. A systemd user unit; on macOS a launchd agent, untested."""
    from assistant import service

    if system and not only_print:
        raise click.UsageError(
            "--system goes with --print: write what it prints to /etc/systemd/system/followup-assistant@.service, "
            "as root."
        )
    which = service.manager()
    if only_print:
        places = (None, None) if system else (ctx.obj["config"], ctx.obj["state"])
        say_verbatim(service.unit(which, service.command_line(*places), system=system).rstrip("\n"))
        return DONE
    settings = load_settings(ctx)
    path = service.install(which, service.command_line(ctx.obj["config"], ctx.obj["state"]))
    say(f"The daemon runs now, and at every login: {path}")
    say("Until 'setup' was confirmed or a sweep by hand has written, it only previews. 'assistant status' shows it.")
    for sentence in _warnings(settings, lingers=service.lingers()):
        remark(f"assistant: {sentence}")
    return DONE


@command.command()
def uninstall() -> int:
    """Stop the daemon and remove its unit. Mail, drafts and files stay as they are."""
    from assistant import service

    path = service.uninstall(service.manager())
    say("There is no service to remove." if path is None else f"The daemon is stopped, and {path} is removed.")
    say(
        "Your mail, the drafts in it, the configuration and the database were left alone. "
        "'assistant drafts withdraw --all' takes back the drafts you have not touched."
    )
    return DONE


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> int:
    """Tell whether the service is there and runs. Exit code 1 when not."""
    from assistant import service

    found = service.condition(service.manager())
    if as_json:
        say_json(
            {
                "schema": SCHEMA,
                "installed": found.installed,
                "running": found.running,
                "message": found.sentence,
                "cure": found.cure or None,
            }
        )
    else:
        say(f"{found.sentence} {found.cure}".strip())
    return DONE if found.running else TROUBLE


def _warnings(settings: Settings, *, lingers: bool | None) -> list[str]:
    """Name what works in this terminal and not in a service."""
    from assistant.mailbox.credentials import environment_name

    found = [
        f"The secret of account {account.name} comes from {environment_name(account)}, which a service does not see; "
        "choose another auth for it."
        for account in settings.accounts
        if account.auth == "env"
    ]
    if lingers is False:
        found.append(
            "It stops when you log out. On a machine nobody logs in to run: loginctl enable-linger "
            "(and use no keyring there: it opens with your login)."
        )
    return found
