"""``assistant why``: everything that was weighed about one person."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from assistant.cli.edge import DONE, load_settings, say, say_json, say_styled, say_wrapped, state_directory
from assistant.cli.whom import address_of, nothing_weighed
from assistant.plainly import HELD_SAID, KIND_SAID

if TYPE_CHECKING:
    from assistant.model import Suggestion

TAKEN_FOR_YOURS = (
    "{} counts as yours, since mail in Sent is from it. If it is somebody else's, put it into contacts.toml."
)


@click.command()
@click.argument("address")
@click.option("--all", "everything", is_flag=True, help="Also what is plainly over.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, address: str, everything: bool, as_json: bool) -> int:
    """Show all evidence about the person with this ADDRESS and every rule that applied."""
    from assistant import clock
    from assistant.days import ago
    from assistant.judged import judged, learned_to_be_own, worth_telling
    from assistant.known import known_drafts
    from assistant.plainly import HELD_SHORTLY, STANDING
    from assistant.report import sweep_json

    settings, state, now = load_settings(ctx), state_directory(ctx), clock.now()
    address = address_of(address)
    outcome = judged(settings, state, now, contact=address)
    if as_json:
        say_json(sweep_json(outcome, everything=True))
        return DONE
    if not outcome.suggestions:
        learned = address in learned_to_be_own(settings, state, now)
        say_wrapped(TAKEN_FOR_YOURS.format(address) if learned else nothing_weighed(address))
        return DONE
    weighed = [proposed.suggestion for proposed in outcome.suggestions]
    shown = weighed if everything else worth_telling(weighed)
    for one in shown:
        _say_matter(one)
    over = Counter(one.held for one in weighed if one.held is not None and one not in shown)
    if over:
        rules = ", ".join(f"{count} {HELD_SHORTLY[held]}" for held, count in over.most_common())
        say_wrapped(
            f"Besides, what is plainly over or nothing to follow up ({rules}): 'assistant why {address} --all'."
        )
    people = {address, *(a for one in weighed for a in one.contact.addresses)}
    for draft in known_drafts(state):
        if people & {draft.contact, *draft.addresses}:
            say_wrapped(f"A draft ({draft.kind.value}) laid {ago(draft.created, now)} {STANDING[draft.state]}.")
    return DONE


def _say_matter(one: Suggestion) -> None:
    """Say what was weighed, the verdict in the first line."""
    name = one.contact.name or one.contact.address
    say_wrapped(f"{name}: {KIND_SAID[one.kind]} ({one.kind.value}), score {one.score:.2f}", 0, "bold", hanging=2)
    if one.held is None:
        say_wrapped("A draft may be laid now.", 2, "green")
    else:
        say_wrapped(f"Left alone ({one.held.value}). {HELD_SAID[one.held]}", 2, "yellow")
    say_wrapped(one.reason, 2)
    if one.thread is not None:
        count = len(one.thread.messages)
        say_wrapped(f"Thread: {one.thread.subject or '(no subject)'} ({count} mail{'s' if count > 1 else ''})", 2)
    for fact in one.evidence:
        say_wrapped(f"- {fact.fact}", 2, hanging=2)
        if fact.message_id:
            say_styled(f"    <{fact.message_id}>", "dim")
    say()
