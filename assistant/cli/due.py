"""``assistant due``: who has gone quiet, from what is known already."""

from __future__ import annotations

import click

from assistant.cli.edge import DONE, load_settings, say, say_json, say_table, say_wrapped, state_directory


@click.command()
@click.option("--all", "everything", is_flag=True, help="Everything that was weighed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, everything: bool, as_json: bool) -> int:
    """Show who has gone quiet, why, and why not drafted. The mailbox is not asked."""
    from assistant import clock
    from assistant.days import span
    from assistant.judged import judged, numbered, worth_a_look
    from assistant.plainly import HELD_SHORTLY
    from assistant.report import called, sweep_json

    settings = load_settings(ctx)
    outcome = judged(settings, state_directory(ctx), clock.now())
    if as_json:
        say_json(sweep_json(outcome, everything=True))
        return DONE
    shown = numbered(outcome) if everything else worth_a_look(outcome)
    if not shown:
        say_wrapped(NOBODY if outcome.accounts else NOTHING_READ)
        return DONE
    rows = [
        (
            (str(number), "dim"),
            (called(one), "bold"),
            span(one.silent_days),
            ("due", "bold green") if one.held is None else (HELD_SHORTLY[one.held], STYLES.get(one.held.value, "")),
            one.reason,
        )
        for number, one in enumerate(shown, 1)
    ]
    say_table(("#", "Who", "Quiet for", "Now", "Why"), rows, folded=4)
    left = len(outcome.suggestions) - len(shown)
    say()
    if left:
        say_wrapped(f"{left} more were weighed and left alone: 'assistant due --all'.")
    say_wrapped("'assistant why ADDRESS' tells more; 'assistant rest NUMBER' lets one of these be.")
    return DONE


NOBODY = "Nobody is waiting, and nobody has gone quiet who should not."
NOTHING_READ = "Nothing has been read yet; run 'assistant sweep --dry-run' first."
STYLES = {"daily_cap": "green", "weekly_cap": "green", "one_per_contact": "green", "live_draft": "cyan"}
"""What would be drafted is green, what is in Drafts blue; what is left alone needs no colour."""
