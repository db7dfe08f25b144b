"""``assistant status``: how things stand."""

from __future__ import annotations

import click

from assistant.cli.edge import DONE, TROUBLE, load_settings, say, say_json, say_table, say_wrapped, state_directory


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """Show the last sweep, waiting drafts, troubles and their cures; exit code 1 when something is stale."""
    from assistant import clock
    from assistant.known import status_of
    from assistant.report import DRAFT_HEADINGS, draft_row, status_json, status_lines
    from assistant.report import TROUBLE as TROUBLE_SINCE

    settings = load_settings(ctx)
    now = clock.now()
    found = status_of(settings, state_directory(ctx), now)
    if as_json:
        say_json(status_json(found))
    else:
        for line in status_lines(found, now, settings.zone):
            text = line.lstrip()
            style = "red" if text.startswith(TROUBLE_SINCE) else ""
            say_wrapped(text, len(line) - len(text), style, hanging=2)
        if found.drafts:
            say()
            say_table(DRAFT_HEADINGS, [draft_row(one, now) for one in found.drafts], folded=3)
    return TROUBLE if found.stale else DONE
