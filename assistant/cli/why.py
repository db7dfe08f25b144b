"""``assistant why``: everything that was weighed about one person."""

from __future__ import annotations

import click

from assistant.cli.edge import DONE, load_settings, say, say_json, state_directory


@click.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, address: str, as_json: bool) -> int:
    """Show all evidence about the person with this ADDRESS and every rule that applied."""
    from assistant import clock
    from assistant.known import judged, known_drafts
    from assistant.plainly import STANDING
    from assistant.report import called, sweep_json

    settings = load_settings(ctx)
    state = state_directory(ctx)
    outcome = judged(settings, state, clock.now(), contact=address)
    if as_json:
        say_json(sweep_json(outcome, everything=True))
        return DONE
    if not outcome.suggestions:
        say(f"There is no mail with {address} that could be weighed. Is it another address of theirs?")
        return DONE
    for one in (proposed.suggestion for proposed in outcome.suggestions):
        verdict = "would be drafted" if one.held is None else f"left alone: {one.held.value}"
        say(f"{called(one)}, {one.kind.value}, score {one.score:.2f}: {verdict}")
        say(f"  {one.reason}")
        if one.thread is not None:
            say(f"  Thread: {one.thread.subject or '(no subject)'} ({len(one.thread.messages)} messages)")
        for fact in one.evidence:
            say(f"  - {fact.fact}" + (f"  <{fact.message_id}>" if fact.message_id else ""))
        say()
    people = {address.lower(), *(a for one in outcome.suggestions for a in one.suggestion.contact.addresses)}
    for draft in known_drafts(state):
        if draft.contact in people:
            say(f"A draft ({draft.kind.value}) of {draft.created:%Y-%m-%d} {STANDING[draft.state]}.")
    return DONE
