"""``assistant contacts``: the people, what is known of each and where it is from; an address book brought in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.edge import (
    DONE,
    ListsByItself,
    load_settings,
    remark,
    remark_troubles,
    say,
    say_item,
    say_json,
    state_directory,
)
from assistant.cli.whom import address_of

if TYPE_CHECKING:
    from assistant.contacts import Portrait

SHOWN = 20


@click.group(cls=ListsByItself)
def command() -> None:
    """Show the people you write with, or import an address book. Without a command: list."""


@command.command("list")
@click.argument("words", nargs=-1, metavar="[WORD...]")
@click.option("--all", "everything", is_flag=True, help="Also people who only wrote, or were only written to.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def listed(ctx: click.Context, words: tuple[str, ...], everything: bool, as_json: bool) -> int:
    """List the people you know, best known first. With WORDs: whose name, addresses or tags hold them all."""
    from assistant import clock
    from assistant.contacts import everybody
    from assistant.drafting.profile import best_known_first, matching
    from assistant.report import contacts_json, profile_lines

    now = clock.now()
    people = best_known_first(matching(everybody(load_settings(ctx), state_directory(ctx), now), words))
    shown = [one for one in people if everything or one.acquainted]
    if as_json:
        say_json(contacts_json(shown))
        return DONE
    if not shown:
        say("Nobody is known yet; 'assistant sweep --dry-run' reads your mail." if not words else "Nobody fits.")
        return DONE
    few = shown if everything or words else shown[:SHOWN]
    for one in few:
        who, known = profile_lines(one, now)
        say(who)
        say_item(known)
    if len(few) < len(shown):
        say(f"And {len(shown) - len(few)} more: 'assistant contacts list NAME' finds one, --all lists everybody.")
    elif len(shown) < len(people):
        say(f"Without {len(people) - len(shown)} with mail in one direction only; --all lists them too.")
    return DONE


@command.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def show(ctx: click.Context, address: str, as_json: bool) -> int:
    """Show all that is known of a person. Each fact with its source, and proposals for contacts.toml."""
    from assistant import clock
    from assistant.contacts import portrait
    from assistant.report import portrait_json

    address = address_of(address)
    found = portrait(load_settings(ctx), state_directory(ctx), address, clock.now())
    if found is None:
        say(f"Nobody is known by {address}: there is no mail with it, and it stands in no contacts file.")
        return DONE
    remark_troubles(found.errors)
    if as_json:
        say_json(portrait_json(found))
        return DONE
    say(found.profile.contact.name or address)
    for fact in found.facts:
        say_item(f"{fact.what}: {fact.value}", f"({fact.source})" if fact.source else "")
    if found.proposals:
        _propose(found)
    return DONE


def _propose(found: Portrait) -> None:
    """Show the proposals, each with its mail, and lines to paste."""
    say()
    say("Words of their own mail that may be goals or interests. Nothing uses them until you write them down:")
    for one in found.proposals:
        source = f"  <{one.message.message_id}>" if one.message.message_id else ""
        say_item(f"{'Goal' if one.goal else 'Interest'}: {one.words}", f'("{one.sentence}"{source})')
    say()
    say(
        f"To do so, put these lines into their table ({found.place}):"
        if found.place
        else "To do so, add to contacts.toml:"
    )
    for line in found.lines:
        say(f"  {line}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def imported(ctx: click.Context, file: Path, as_json: bool) -> int:
    """Bring in the people of a vCard FILE. Phones and address books export it; contacts.toml stays as it is."""
    from assistant.importing import import_vcards

    brought = import_vcards(file, load_settings(ctx))
    for sentence in brought.remarks:
        remark(sentence)
    if as_json:
        counts = {"added": brought.added, "changed": brought.changed, "same": brought.same, "kept": brought.kept}
        say_json({"schema": 1, "path": str(brought.path), **counts, "remarks": list(brought.remarks)})
        return DONE
    say(f"{brought.path}: {brought.added} added, {brought.changed} changed, {brought.same} as they were.")
    if brought.kept:
        say(f"{brought.kept} of earlier imports stay.")
    say(
        "contacts.toml was not touched, and goes before it. Importing confirms nobody: drafts go to those only whom you"
    )
    say("have written to, or who stand in contacts.toml.")
    return DONE
