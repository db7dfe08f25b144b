"""``assistant config``: where the configuration lies, whether it is right, and what could stand in it."""

from __future__ import annotations

import click

from assistant.cli.edge import CONFIGURATION, DONE, config_file, say, say_json, state_directory


@click.group()
def command() -> None:
    """Show, check or explain the configuration."""


@command.command()
@click.pass_context
def path(ctx: click.Context) -> int:
    """Print where the configuration and the databases lie."""
    say(f"configuration: {config_file(ctx)}")
    say(f"state: {state_directory(ctx)}")
    return DONE


@command.command()
@click.pass_context
def check(ctx: click.Context) -> int:
    """Read all settings files and print every problem. Exit code 78 when there is one."""
    from assistant.errors import ConfigError
    from assistant.settings import load
    from assistant.store.choices import load_choices

    file = config_file(ctx)
    try:
        settings, remarks = load(file)
        load_choices(settings.directory)
    except ConfigError as error:
        say(str(error))
        return CONFIGURATION
    for remark in remarks:
        say(remark)
    say(
        f"{file} is fine. Accounts: {len(settings.accounts)}; people in contacts.toml: {len(settings.contacts)}; "
        f"offers: {len(settings.offers)}."
    )
    return DONE


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON Schemas, one for each file.")
def schema(as_json: bool) -> int:
    """Print every setting with its type, default and explanation."""
    from assistant.settings_table import json_schema, settings_table

    if as_json:
        say_json(json_schema())
        return DONE
    place = None
    for one in settings_table():
        if (one.file, one.table) != place:
            place = (one.file, one.table)
            say(f"{one.file}  {one.table}")
        facts = [one.kind, one.constraint, "required" if one.required else f"default {one.default or 'not set'}"]
        say(f"  {one.key}  ({'; '.join(fact for fact in facts if fact)})")
        say(f"      {one.description}")
    return DONE
