"""``assistant log``: a contact by another channel, which resets the clock."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

import click

from assistant.cli.edge import DONE, load_settings, say_wrapped, state_directory
from assistant.cli.whom import address_of

if TYPE_CHECKING:
    from assistant.settings import Settings


@click.command()
@click.argument("address")
@click.argument("text")
@click.option("--on", "day", metavar="DATE", help="The day it was: 2026-05-01, yesterday, friday; today when left out.")
@click.option("--gave", "balance", flag_value="gave", help="You gave something.")
@click.option("--asked", "balance", flag_value="asked", help="You asked for something.")
@click.pass_context
def command(ctx: click.Context, address: str, text: str, day: str | None, balance: str | None) -> int:
    """Note a call, a meeting, a letter: ADDRESS and a few words of TEXT. It ends a silence."""
    from assistant import clock
    from assistant.days import day_of
    from assistant.deciding import log
    from assistant.model import OtherChannel

    settings, now = load_settings(ctx), clock.now()
    whom = address_of(address)
    when = now if day is None else min(now, datetime.combine(_day(day, settings, now), time(12), settings.zone))
    log(state_directory(ctx), whom, OtherChannel(when, text, balance))
    say_wrapped(f"Noted for {whom}, {day_of(when, now, settings.zone)}; a silence counts from there.")
    return DONE


def _day(typed: str, settings: Settings, now: datetime) -> date:
    """Return the day that was typed, which is not still to come."""
    from assistant.days import PAST_EXAMPLES, past_day

    today = now.astimezone(settings.zone).date()
    found = past_day(typed, today)
    if found is None:
        raise click.BadParameter(f"{typed!r} is no day; a day is written like {PAST_EXAMPLES}", param_hint="--on")
    if found > today:
        raise click.BadParameter("that day has not come yet", param_hint="--on")
    return found
