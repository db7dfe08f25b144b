"""``assistant due``: who has gone quiet, from what is known already."""

from __future__ import annotations

import click

from assistant.cli.edge import DONE, load_settings, say, say_json, say_table, state_directory


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also what stayed below the bar.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, everything: bool, as_json: bool) -> int:
    """Show who has gone quiet, why, and why not drafted. The mailbox is not asked."""
    from assistant import clock
    from assistant.known import judged
    from assistant.model import HeldBecause
    from assistant.report import called, sweep_json

    settings = load_settings(ctx)
    outcome = judged(settings, state_directory(ctx), clock.now())
    if as_json:
        say_json(sweep_json(outcome, everything=True))
        return DONE
    quiet = {HeldBecause.BELOW_BAR, HeldBecause.AUTOMATED, HeldBecause.LIST, HeldBecause.ROLE, HeldBecause.CLOSED}
    shown = [one.suggestion for one in outcome.suggestions if everything or one.suggestion.held not in quiet]
    if not shown:
        say("Nobody is waiting, and nobody has gone quiet who should not." if outcome.accounts else NOTHING_READ)
        return DONE
    rows = [
        (called(one), one.kind.value, f"{one.silent_days} days", one.held.value if one.held else "due", one.reason)
        for one in shown
    ]
    say_table(("Who", "Kind", "Silent", "Now", "Why"), rows, folded=4)
    return DONE


NOTHING_READ = "Nothing has been read yet; run 'assistant sweep --dry-run' first."
