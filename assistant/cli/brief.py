"""``assistant brief``: what to know about a person before writing to them."""

from __future__ import annotations

import itertools

import click

from assistant.cli.edge import DONE, load_settings, remark, say, say_json, state_directory


@click.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, address: str, as_json: bool) -> int:
    """Show the brief on the person with this ADDRESS: each line with the mail it comes from."""
    from assistant import clock
    from assistant.briefing import brief_on
    from assistant.report import brief_json

    found = brief_on(load_settings(ctx), state_directory(ctx), address, clock.now())
    if found is None:
        say(f"There is no mail with {address}.")
        return DONE
    for trouble in found.errors:
        remark(f"{trouble.account}: {trouble.message} {trouble.cure}")
    if as_json:
        say_json(brief_json(found))
        return DONE
    say(f"{found.contact.name or address} <{', '.join(found.contact.addresses)}>")
    for section, lines in itertools.groupby(found.lines, key=lambda line: line.section):
        say()
        say(section)
        for line in lines:
            quote = f': "{line.quote}"' if line.quote else ""
            source = f"  <{line.message.message_id}>" if line.message and line.message.message_id else ""
            say(f"  {line.fact}{quote}{source}")
    return DONE
