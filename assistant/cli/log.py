"""``assistant log``: a contact by another channel, which resets the clock."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

import click

from assistant.cli.edge import DONE, load_settings, say_wrapped, state_directory
from assistant.cli.whom import address_of, drafts_for, known_here, tell_of_drafts

if TYPE_CHECKING:
    from assistant.settings import Settings


@click.command()
@click.argument("address")
@click.argument("text")
@click.option("--on", "day", metavar="DATE", help="The day it was: 2026-05-01, yesterday, friday; today when left out.")
@click.option("--gave", is_flag=True, help="You gave something.")
@click.option("--asked", is_flag=True, help="You asked for something.")
@click.pass_context
def command(ctx: click.Context, address: str, text: str, day: str | None, gave: bool, asked: bool) -> int:
    """Note a call, a meeting, a letter: ADDRESS and a few words of TEXT. It ends a silence."""
    from assistant import clock
    from assistant.days import day_of
    from assistant.deciding import log
    from assistant.model import OtherChannel

    if gave and asked:
        raise click.UsageError("Say --gave or --asked, not both; two things are two entries.")
    settings, state, now = load_settings(ctx), state_directory(ctx), clock.now()
    whom = address_of(address)
    when = now if day is None else min(now, datetime.combine(_day(day, settings, now), time(12), settings.zone))
    known = known_here(settings, state, whom, now)
    log(state, whom, OtherChannel(when, text, "gave" if gave else "asked" if asked else None))
    say_wrapped(f"Noted for {whom}, {day_of(when, now, settings.zone)}; a silence counts from there.")
    tell_of_drafts(drafts_for(known))
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
