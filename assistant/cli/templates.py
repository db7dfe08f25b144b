"""``assistant templates``: the letters, ours and yours; trying them, and taking ours over."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.cli.edge import (
    DONE,
    TROUBLE,
    ListsByItself,
    config_file,
    load_settings,
    remark,
    say,
    say_json,
    say_letter,
    say_table,
    say_verbatim,
    state_directory,
)
from assistant.cli.whom import address_of
from assistant.model import Kind

KINDS = click.Choice([kind.value for kind in Kind])


@click.group(cls=ListsByItself)
def command() -> None:
    """Show the letters that drafts are made of, try your own, or copy ours to change them. Without a command: list."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def listed(ctx: click.Context, as_json: bool) -> int:
    """List the letters, whose they are, and their variants."""
    from assistant.drafting.proof import on_shelf

    own = _own(ctx)
    letters = on_shelf(own)
    if as_json:
        say_json({"schema": 1, "own": str(own), "templates": [
            {"kind": one.kind.value, "language": one.language, "path": str(one.path), "own": one.own,
             "variants": one.variants} for one in letters
        ]})  # fmt: skip
        return DONE
    languages = sorted({one.language for one in letters})
    cells = {
        (one.kind, one.language): ("yours, " if one.own else "") + (str(one.variants) if one.variants else "broken")
        for one in letters
    }
    rows = [(kind.value, *(cells.get((kind, language), "-") for language in languages)) for kind in Kind]
    say_table(("Kind", *languages), rows, folded=0)
    say()
    say("The numbers are variants; - is none. 'assistant templates copy KIND' begins your own, in")
    say(f"{own}.")
    if any(one.variants is None for one in letters):
        say("'assistant templates check' tells what is wrong with a broken one.")
    return DONE


@command.command()
@click.argument("kind", metavar="KIND", type=KINDS)
@click.option("--language", metavar="CODE", help="Like de; yours when left out.")
@click.pass_context
def show(ctx: click.Context, kind: str, language: str | None) -> int:
    """Print the template of a KIND. 'assistant templates' lists them."""
    from assistant.drafting.shelf import shelves, template

    sheet = template(language or _language(ctx), Kind(kind), shelves(_own(ctx)))
    remark(str(sheet.path))
    say_verbatim(sheet.source.rstrip("\n"))
    return DONE


@command.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(ctx: click.Context, directory: Path | None, as_json: bool) -> int:
    """Try your own templates, or those in DIRECTORY. Every detail is missing in turn; exit code 1 with findings."""
    from assistant.drafting.proof import flaws

    own = directory or _own(ctx)
    if directory is None and not own.exists():
        found = []
        nothing = f"You have no templates of your own ({own})."
    else:
        found = flaws(own)
        nothing = f"The templates in {own} are fine."
    if as_json:
        told = [{"path": str(one.path), "sentence": one.sentence} for one in found]
        say_json({"schema": 1, "directory": str(own), "findings": told})
    else:
        for one in found:
            say(one.sentence)
        if not found:
            say(nothing)
    return TROUBLE if found else DONE


@command.command()
@click.argument("kind", metavar="KIND", type=KINDS)
@click.option("--contact", "address", required=True, metavar="ADDRESS", help="For whom.")
@click.option("--language", metavar="CODE", help="Like de; theirs when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def preview(ctx: click.Context, kind: str, address: str, language: str | None, as_json: bool) -> int:
    """Show a letter of a KIND as it would read for a person. Made of what is known; no mailbox is asked."""
    from assistant import clock
    from assistant.previewing import preview as made

    whom = address_of(address)
    found = made(load_settings(ctx), state_directory(ctx), Kind(kind), whom, clock.now(), language=language)
    wording = found.wording
    if as_json:
        say_json(
            {
                "schema": 1,
                "template": str(found.template),
                "language": wording.language,
                "subject": wording.subject,
                "text": wording.text,
                "findings": [{"rule": one.rule, "what": one.what} for one in found.findings],
                "remarks": list(found.remarks),
            }
        )
        return TROUBLE if found.findings else DONE
    for one in found.remarks:
        remark(one)
    say(f"{found.template}:")
    say()
    subject = [f"Subject: {wording.subject}", ""] if wording.subject else []
    say_letter([*subject, *wording.text.rstrip("\n").split("\n")])
    if found.findings:
        say()
        say("It would not be written as a draft:")
        for finding in found.findings:
            say(f"  {finding.reason}")
    return TROUBLE if found.findings else DONE


@command.command()
@click.argument(
    "kinds",
    nargs=-1,
    required=True,
    metavar="KIND...",
    type=click.Choice([*(kind.value for kind in Kind), "digest", "phrases"]),
)
@click.option(
    "--language", "languages", metavar="CODE", multiple=True, help="Like de; may be repeated; yours when left out."
)
@click.pass_context
def copy(ctx: click.Context, kinds: tuple[str, ...], languages: tuple[str, ...]) -> int:
    """Copy ours, to be changed by you: KINDs, digest, phrases. What lies among your own already is left as it is."""
    from assistant.drafting.proof import copy as copied

    for path, written in copied(kinds, languages or (_language(ctx),), _own(ctx)):
        say(f"{path}: written; it is used from now on." if written else f"{path}: is there already; left as it is.")
    return DONE


def _own(ctx: click.Context) -> Path:
    """Return the directory of the user's own templates, whether there is a configuration or not."""
    return config_file(ctx).parent / "templates"


def _language(ctx: click.Context) -> str:
    """Return the user's language; English while there is no configuration."""
    return load_settings(ctx).me.language if config_file(ctx).is_file() else "en"
