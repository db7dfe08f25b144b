"""``assistant share``: something to pass on, to the people who would care for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant.cli.edge import (
    DONE,
    TROUBLE,
    Progress,
    load_settings,
    remark_troubles,
    say,
    say_json,
    say_letter,
    say_table,
    state_directory,
)

if TYPE_CHECKING:
    from assistant.drafting.offers import Share
    from assistant.outcome import Outcome
    from assistant.settings import Settings


@click.command()
@click.argument("thing", metavar="TEXT|URL")
@click.option("--topic", required=True, metavar="T", help="What it is about, in the words of contacts.toml.")
@click.option("--dry-run", is_flag=True, help="Change no mailbox; show what would be laid.")
@click.option("--language", metavar="CODE", help="The language TEXT is worded in; yours when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, thing: str, topic: str, dry_run: bool, language: str | None, as_json: bool) -> int:
    """Lay drafts that pass TEXT, a link or both on to those whose goals, interests or tags it fits.

    Longest quiet first, within the caps of a day and a week; nobody gets the same thing twice.
    """
    from assistant import clock
    from assistant.drafting.offers import something_to_share
    from assistant.outcome import Order
    from assistant.report import share_json
    from assistant.sweep import sweep

    settings = load_settings(ctx)
    try:
        share = something_to_share(thing, topic, language or settings.me.language)
    except ValueError as error:
        raise click.UsageError(f"Nothing was shared: {error}.") from error
    order = Order(rehearse=dry_run, share=share)
    with Progress() as progress:
        outcome = sweep(settings, state_directory(ctx), order, clock.now(), progress=progress)
    if as_json:
        say_json(share_json(outcome, share, settings.cards))
    else:
        _tell(outcome, share, settings)
    remark_troubles(outcome.errors)
    return TROUBLE if outcome.errors else DONE


def _tell(outcome: Outcome, share: Share, settings: Settings) -> None:
    """Show the letters, then everybody who would care, and why some get nothing now."""
    from assistant.model import CAPS
    from assistant.report import called, letter_lines, share_rows, summary, without_mail

    for one in outcome.suggestions:
        if one.letter is not None:
            say(f"{called(one.suggestion)}: {one.suggestion.reason}")
            say_letter(letter_lines(one.letter))
            say()
    if rows := share_rows(outcome.suggestions):
        say_table(("Who", "Cares about", "Now", "Why"), rows, folded=3)
        say()
    strangers = without_mail(outcome, share, settings.cards)
    if strangers:
        say(f"Would care, but there is no mail with them: {', '.join(strangers)}.")
    if not rows and not strangers:
        _tell_of_nobody(share, settings)
        return
    for line in summary(outcome, everybody=False):
        say(line)
    if any(one.suggestion.held in CAPS for one in outcome.suggestions):
        say("Share it again another day for those who had no place; nobody gets it twice.")


def _tell_of_nobody(share: Share, settings: Settings) -> None:
    from assistant.report import cared_about

    say(f"Nobody in contacts.toml is known to care about {share.topic!r}, so nothing was laid.")
    if rows := cared_about(settings.cards):
        say("What is known:")
        say_table(("Who", "Goals, interests, tags"), rows, folded=1)
    say(f'Add it to a person in {settings.directory / "contacts.toml"}, like: interests = ["{share.topic}"]')
