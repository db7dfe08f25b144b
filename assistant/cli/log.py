"""``assistant log``: a contact by another channel, which resets the clock."""

from __future__ import annotations

from datetime import datetime, time

import click

from assistant.cli.edge import DONE, load_settings, say, state_directory


@click.command()
@click.argument("address")
@click.argument("text")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day it was; today when left out.")
@click.option("--gave", "balance", flag_value="gave", help="You gave something.")
@click.option("--asked", "balance", flag_value="asked", help="You asked for something.")
@click.pass_context
def command(ctx: click.Context, address: str, text: str, day: datetime | None, balance: str | None) -> int:
    """Note a call, a meeting, a letter: ADDRESS and a few words of TEXT. It ends a silence."""
    from contextlib import closing

    from assistant import clock
    from assistant.model import OtherChannel
    from assistant.store.database import open_ledger, prepare
    from assistant.store.ledger import Ledger

    settings = load_settings(ctx)
    now = clock.now()
    when = now if day is None else datetime.combine(day.date(), time(12), settings.zone)
    if when > now and when.date() > now.astimezone(settings.zone).date():
        raise click.BadParameter("that day has not come yet", param_hint="--on")
    state = state_directory(ctx)
    prepare(state)
    with closing(open_ledger(state)) as database:
        Ledger(database).log(address.strip().lower(), OtherChannel(min(when, now), text, balance))
    say(f"Noted for {address}, {min(when, now).astimezone(settings.zone):%Y-%m-%d}.")
    return DONE
