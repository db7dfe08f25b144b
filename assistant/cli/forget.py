"""``assistant forget``: erases what is stored about a person."""

from __future__ import annotations

import click

from assistant.cli.edge import DONE, load_settings, say_wrapped, state_directory
from assistant.cli.whom import address_of, named


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def command(ctx: click.Context, address: str, yes: bool) -> int:
    """Erase all that is stored about the person with this ADDRESS; an opt-out of theirs stays. Mail is not touched.

    Their mail is not read again, old or new, until 'assistant resume ADDRESS'; then only what comes after that.
    """
    from assistant import clock
    from assistant.deciding import forget, ids_with
    from assistant.judged import person_known
    from assistant.model import Contact

    settings, state, now = load_settings(ctx), state_directory(ctx), clock.now()
    whom = address_of(address)
    known = person_known(settings, state, whom, now)
    contact = known.correspondence.contact if known else Contact(whom, "", (whom,), confirmed=False)
    say_wrapped(f"To be erased: all that is stored about {named(known, whom)}, from mail headers to what was logged.")
    others = [one for one in contact.addresses if one != whom]
    if others:
        say_wrapped(f"That is {', '.join(others)} as well.")
    say_wrapped("The mail itself stays where it is, and is not read again.")
    if known is not None and any(draft.state.live for draft in known.drafts):
        say_wrapped("A draft for them lies in Drafts; it stays there and is yours from then on.")
    if any(set(card.addresses) & {whom, *contact.addresses} for card in settings.contacts):
        say_wrapped("contacts.toml names them; that file is yours and stays as it is.")
    if not yes:
        click.confirm("Erase it? This cannot be taken back.", abort=True)
    erased = forget(settings, state, contact, ids_with(known), now)
    say_wrapped(
        f"Erased: {erased} mails, and what was noted besides. {whom} stays forgotten;"
        f" 'assistant resume {whom}' lets new mail count again."
    )
    return DONE
