"""``assistant never``: no suggestions for a person or a domain."""

from __future__ import annotations

import click

from assistant.cli.edge import DONE, load_settings, say_wrapped, state_directory
from assistant.cli.whom import address_or_domain, drafts_for, known_here, named, tell_of_drafts


@click.command()
@click.argument("who", metavar="ADDRESS|@DOMAIN")
@click.pass_context
def command(ctx: click.Context, who: str) -> int:
    """Never suggest a draft for this person (ADDRESS), or for anybody of a @DOMAIN."""
    from assistant import clock
    from assistant.deciding import drafts_at, never
    from assistant.store.choices import change_choices

    settings, state, now = load_settings(ctx), state_directory(ctx), clock.now()
    whom = address_or_domain(who)
    is_domain = whom.startswith("@")
    known = None if is_domain else known_here(settings, state, whom, now)
    change_choices(settings.directory, lambda choices: never(choices, whom))
    what = f"anybody at {whom[1:]}" if is_domain else named(known, whom)
    say_wrapped(f"There will be no suggestion for {what} any more. 'assistant resume {whom}' takes that back.")
    tell_of_drafts(drafts_at(state, whom) if is_domain else drafts_for(known))
    return DONE
