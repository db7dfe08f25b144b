"""``assistant rest``: let a silence, or one thread, be."""

from __future__ import annotations

import click

from assistant.cli.edge import DONE, load_settings, say_wrapped, state_directory
from assistant.cli.whom import address_of, drafts_for, named, one_of, tell_of_drafts


@click.command()
@click.argument("what", metavar="ADDRESS|THREAD")
@click.pass_context
def command(ctx: click.Context, what: str) -> int:
    """Let a silence be, until they write again: all with a person (ADDRESS), or one THREAD.

    A thread is named by its number in 'assistant due', by its subject, or by a Message-ID of it.
    """
    from assistant import clock
    from assistant.deciding import key_of, rest, threads_meant
    from assistant.judged import judged, person_known
    from assistant.store.choices import change_choices

    settings, state, now = load_settings(ctx), state_directory(ctx), clock.now()
    found = threads_meant(judged(settings, state, now), what)
    if "@" in what and not found:
        address = address_of(what)
        known = person_known(settings, state, address, now)
        if known is None:
            raise click.UsageError(f"There is no mail with {address}, so there is no silence to let be.")
        change_choices(settings.directory, lambda choices: rest(choices, address, now))
        say_wrapped(
            f"The silence with {named(known, address)} is let be until they write again."
            f" 'assistant resume {address}' takes that back."
        )
        tell_of_drafts(drafts_for(known))
        return DONE
    one = one_of(found, what)
    key = key_of(one.thread) if one.thread is not None else None
    if key is None:
        raise click.UsageError(f"No mail of that thread has a Message-ID; say 'assistant rest {one.contact.address}'.")
    change_choices(settings.directory, lambda choices: rest(choices, key, now))
    known = person_known(settings, state, one.contact.address, now)
    say_wrapped(
        f'"{one.thread.subject if one.thread else ""}" with {named(known, one.contact.address)} is let be until they'
        f" write in it again. 'assistant resume {one.contact.address}' takes that back."
    )
    tell_of_drafts(drafts_for(known))
    return DONE
