"""``assistant resume``: takes back what pause, rest, never and forget decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant.cli.edge import DONE, load_settings, say_wrapped, state_directory
from assistant.cli.whom import address_or_domain, named

if TYPE_CHECKING:
    from assistant.deciding import TakenBack
    from assistant.judged import Known
    from assistant.model import Choices


@click.command()
@click.argument("who", metavar="[ADDRESS|@DOMAIN]", required=False)
@click.pass_context
def command(ctx: click.Context, who: str | None) -> int:
    """End the pause of everything; for an ADDRESS or a @DOMAIN take back pause, rest, never and forget alike."""
    from assistant import clock
    from assistant.deciding import TakenBack, ids_with, resumed
    from assistant.judged import person_known
    from assistant.store.choices import EVERYTHING, change_choices

    settings, now = load_settings(ctx), clock.now()
    whom = EVERYTHING if who is None else address_or_domain(who)
    is_person = bool(whom) and not whom.startswith("@")
    known = person_known(settings, state_directory(ctx), whom, now) if is_person else None
    keys = {whom, *(known.correspondence.contact.addresses if known else ()), *ids_with(known)}
    taken = TakenBack()

    def change(choices: Choices) -> Choices:
        nonlocal taken
        changed, taken = resumed(choices, keys, now)
        return changed

    choices = change_choices(settings.directory, change)
    for sentence in [*_taken_back(taken, whom, named(known, whom)), *_still_held(choices, known, whom)]:
        say_wrapped(sentence)
    return DONE


def _taken_back(taken: TakenBack, whom: str, name: str) -> list[str]:
    """Return what was taken back, in sentences."""
    if not whom:
        return ["The pause is over; drafts are laid again." if taken else "Nothing was paused."]
    if not taken:
        return [f"Nothing was paused, let be or forgotten for {name}."]
    others = taken.forgotten - 1
    addresses = (
        f", as does that with {others} other address{'es' if others > 1 else ''} of theirs" if others > 0 else ""
    )
    told = [
        (taken.paused, f"{name} is no longer paused."),
        (taken.rested, f"What was let be with {name} counts again."),
        (taken.never, f"There may be suggestions for {name} again."),
        (taken.forgotten, f"New mail with {name} counts again{addresses}; what came before stays forgotten."),
    ]
    return [sentence for is_so, sentence in told if is_so]


def _still_held(choices: Choices, known: Known | None, whom: str) -> list[str]:
    """Return what else still holds drafts to them, in sentences with the cure."""
    if not whom:
        paused = sorted(choices.paused)
        return [f"Still paused: {', '.join(paused)}; 'assistant resume ADDRESS' ends that."] if paused else []
    told = []
    if "" in choices.paused:
        told.append("Everything is still paused; 'assistant resume' ends that.")
    domain = f"@{whom.rpartition('@')[2]}"
    if domain != whom and domain in choices.never:
        told.append(f"There are no suggestions for anybody at {domain[1:]}; 'assistant resume {domain}' ends that.")
    if whom in choices.opted_out:
        told.append(f"{whom} asked to be left alone; that stays.")
    if known is not None and (card := known.correspondence.contact.card) is not None and card.never:
        told.append("contacts.toml says never = true for them; that file is yours to change.")
    return told
