"""``assistant pause``: no drafts for a while, for a person or at all."""

from __future__ import annotations

import click

from assistant.cli.edge import DONE, load_settings, say_wrapped, state_directory
from assistant.cli.whom import address_of, beginning_of, drafts_for, known_here, named, tell_of_drafts


@click.command()
@click.argument("address", required=False)
@click.option("--until", metavar="DATE", help="The day it ends: 2026-12-01, monday, in 2 weeks.")
@click.pass_context
def command(ctx: click.Context, address: str | None, until: str | None) -> int:
    """Pause the person with this ADDRESS, or everything (your own holiday), until a DATE or until you resume."""
    from assistant import clock
    from assistant.days import day_of
    from assistant.deciding import pause
    from assistant.store.choices import EVERYTHING, change_choices

    settings, now = load_settings(ctx), clock.now()
    whom = EVERYTHING if address is None else address_of(address)
    end = beginning_of(until, settings, now) if until is not None else None
    known = known_here(settings, state_directory(ctx), whom, now) if whom else None
    change_choices(settings.directory, lambda choices: pause(choices, whom, end))
    what = f"{named(known, whom)} is paused" if whom else "Everything is paused"
    lasting = f"until {day_of(end, now, settings.zone)}" if end else "until you resume"
    undo = f"assistant resume {whom}".rstrip()
    say_wrapped(f"{what} {lasting}: no new drafts, and none is taken back for its age. '{undo}' ends it."
        if not whom else f"{what} {lasting}. '{undo}' ends it.")  # fmt: skip
    tell_of_drafts(drafts_for(known))
    return DONE
