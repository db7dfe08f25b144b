"""``assistant sweep``: one look over all accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from assistant.cli.edge import (
    DONE,
    TROUBLE,
    Progress,
    checked_account,
    load_settings,
    remark,
    remark_troubles,
    say,
    say_json,
    say_letter,
    say_table,
    state_directory,
)
from assistant.cli.whom import address_of, nothing_weighed

if TYPE_CHECKING:
    from assistant.settings import Settings


def _moment(typed: str, settings: Settings) -> datetime:
    """Read a time (RFC 3339, or a day; in the user's time zone when it names no offset) and return it in UTC."""
    try:
        moment = datetime.fromisoformat(typed)
        return (moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(
            f"{typed!r} is not a time like 2026-03-01T09:00 or 2026-03-01T08:00:00Z", param_hint="--as-of"
        ) from error


@click.command()
@click.option("--dry-run", is_flag=True, help="Change no mailbox; show what would be laid.")
@click.option("--all", "everything", is_flag=True, help="Show everything that was weighed, not only the drafts.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--account", metavar="NAME", help="Only this account.")
@click.option("--contact", metavar="ADDRESS", help="Only this person.")
@click.option(
    "--as-of",
    metavar="TIME",
    help="Judge as if it were then, in your time zone unless TIME names its own; a rehearsal.",
)
@click.pass_context
def command(
    ctx: click.Context,
    dry_run: bool,
    everything: bool,
    as_json: bool,
    account: str | None,
    contact: str | None,
    as_of: str | None,
) -> int:
    """Look once over all accounts and lay the drafts that are due into Drafts."""
    from assistant import clock
    from assistant.report import called, held_rows, letter_lines, summary, sweep_json
    from assistant.sweep import Order, sweep

    settings = load_settings(ctx)
    contact = address_of(contact) if contact is not None else None
    order = Order(
        rehearse=dry_run,
        accounts=checked_account(settings, account),
        contact=contact,
        as_of=_moment(as_of, settings) if as_of is not None else None,
        everybody=everything,
    )
    with Progress() as progress:
        outcome = sweep(settings, state_directory(ctx), order, clock.now(), progress=progress)
    if as_json:
        say_json(sweep_json(outcome, everything=everything))
    else:
        for one in outcome.suggestions:
            if one.letter is not None:
                say(f"{called(one.suggestion)}: {one.suggestion.reason}")
                if one.suggestion.needs_word:
                    say(f"Needs a word of yours: {one.suggestion.needs_word}")
                say_letter(letter_lines(one.letter))
                say()
        if everything and (rows := held_rows(outcome.suggestions)):
            say_table(("Who", "What for", "Left alone", "Why it was weighed"), rows, folded=3)
            say()
        for line in summary(outcome, everybody=everything):
            say(line)
    if contact is not None and not outcome.suggestions:
        remark(nothing_weighed(contact))
    for account_read in outcome.accounts:
        for alert in account_read.alerts:
            remark(f"{account_read.name}: the server says: {alert}")
    remark_troubles(outcome.errors)
    return TROUBLE if outcome.errors else DONE
