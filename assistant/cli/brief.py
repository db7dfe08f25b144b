"""``assistant brief``: what to know about a person before writing to them."""

from __future__ import annotations

import itertools

import click

from assistant.cli.edge import (
    DONE,
    letters_only,
    load_settings,
    remark_troubles,
    say,
    say_json,
    say_styled,
    say_wrapped,
    state_directory,
    terminal_width,
)
from assistant.cli.whom import address_of


@click.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, address: str, as_json: bool) -> int:
    """Show the brief on the person with this ADDRESS: each line with the mail it comes from."""
    from assistant import clock
    from assistant.briefing import brief_on
    from assistant.drafting.brief import HEADINGS
    from assistant.report import brief_json
    from assistant.strip import strip

    settings, now = load_settings(ctx), clock.now()
    address = address_of(address)
    found = brief_on(settings, state_directory(ctx), address, now)
    if found is None:
        say(f"There is no mail with {address}.")
        return DONE
    remark_troubles(found.errors)
    if as_json:
        say_json(brief_json(found))
        return DONE
    say_wrapped(f"{found.contact.name or address} <{', '.join(found.contact.addresses)}>", 0, "bold", hanging=2)
    drawn = strip(found.mails, now, settings.zone, terminal_width(), letters_only=letters_only())
    if drawn:
        say()
    for text in drawn:
        say(text)
    for section, lines in itertools.groupby(found.lines, key=lambda line: line.section):
        say()
        say_styled(HEADINGS[section], "bold")
        for line in lines:
            quote = f': "{line.quote}"' if line.quote else ""
            say_wrapped(f"{line.fact}{quote}", 2, hanging=2)
            if line.message and line.message.message_id:
                say_styled(f"    <{line.message.message_id}>", "dim")
    return DONE
