"""``assistant drafts``: what lies in Drafts because of us, and taking it back."""

from __future__ import annotations

import click

from assistant.cli.edge import (
    DONE,
    TROUBLE,
    ListsByItself,
    load_settings,
    remark_troubles,
    say,
    say_json,
    say_styled,
    say_table,
    say_wrapped,
    state_directory,
)


@click.group(cls=ListsByItself)
def command() -> None:
    """List our drafts, or take untouched ones back. Without a command: list."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that ended.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def listed(ctx: click.Context, everything: bool, as_json: bool) -> int:
    """List our drafts and what became of them."""
    from assistant import clock
    from assistant.known import known_drafts
    from assistant.model import DraftState
    from assistant.report import DRAFT_HEADINGS, draft_row, drafts_json

    drafts = [one for one in known_drafts(state_directory(ctx)) if everything or one.state.live]
    if as_json:
        say_json(drafts_json(drafts))
        return DONE
    if not drafts:
        say("No draft of ours is waiting.")
        return DONE
    now = clock.now()
    say_table(DRAFT_HEADINGS, [draft_row(one, now) for one in drafts], folded=3)
    wanting = [one for one in drafts if one.needs_word and one.state is DraftState.WAITING]
    if wanting:
        say()
        say_styled("Before you send them", "bold")
    for one in wanting:
        say_wrapped(f"{one.id[:8]}  {one.needs_word}", 2, hanging=10)
    return DONE


@command.command()
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--all", "everything", is_flag=True, help="Every draft of ours that nobody touched.")
@click.pass_context
def withdraw(ctx: click.Context, ids: tuple[str, ...], everything: bool) -> int:
    """Take drafts back that nobody touched; those you changed stay."""
    from assistant import clock
    from assistant.withdrawing import withdraw_drafts

    if bool(ids) is everything:
        raise click.UsageError("Name the drafts by their ids ('assistant drafts' lists them), or say --all; not both.")
    if not all(ids):
        raise click.UsageError("An id is empty; 'assistant drafts' lists the ids, and --all means every one.")
    settings = load_settings(ctx)
    found = withdraw_drafts(settings, state_directory(ctx), None if everything else ids, clock.now())
    for draft in found.done:
        say(f"Taken back: the draft for {draft.contact}.")
    for draft in found.left:
        say(f"Left where it is, since it is not as we wrote it: the draft for {draft.contact}.")
    if not (found.done or found.left or found.errors):
        say("No such draft of ours is waiting.")
    remark_troubles(found.errors)
    return TROUBLE if found.errors else DONE
