"""``assistant setup``: a few questions, a test, a configuration, a preview. The mailbox is not touched before a yes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli import questions
from assistant.cli.edge import (
    DONE,
    TROUBLE,
    Progress,
    config_file,
    remark_troubles,
    say,
    say_letter,
    say_verbatim,
    state_directory,
    visible,
)

if TYPE_CHECKING:
    from assistant.mailbox.secrecy import Secret
    from assistant.onboarding import Answers
    from assistant.settings import Settings
    from assistant.sweep import Outcome


@click.command()
@click.option("--non-interactive", is_flag=True, help="Ask nothing; take the answers from the options below.")
@click.option("--name", help="Your name, as drafts are signed with it.")
@click.option("--address", help="Your mail address.")
@click.option("--host", metavar="HOST", help="The IMAP server, or the name of the provider; guessed from the address.")
@click.option("--port", metavar="PORT", help="Its port, where it is not the usual one.")
@click.option("--security", type=click.Choice(["tls", "starttls", "none"]), help="Protection of the connection.")
@click.option("--username", help="The login name; guessed from the address.")
@click.option("--account", metavar="NAME", help="A short name for the account; home when left out.")
@click.option("--auth", type=click.Choice(list(questions.SOURCES)), help="Where the password or token comes from.")
@click.option("--command", "words", metavar="WORDS", help="For command and token-command: the command line.")
@click.option("--credential", metavar="PATH", help="For credential-file.")
@click.option("--tls-ca", metavar="FILE", help="The certificate of a private authority.")
@click.option("--password-stdin", is_flag=True, help="With keyring: store the first line of standard input there.")
@click.option(
    "--replace", "overwrite", is_flag=True, help="Write over a configuration that is there; it is kept as a copy."
)
@click.option("--allow-drafts", is_flag=True, help="Let the daemon lay drafts at once, instead of previewing first.")
@click.pass_context
def command(ctx: click.Context, /, *, non_interactive: bool, **given: Any) -> int:
    """Ask a few questions, test the answers, write the configuration, and preview the first drafts."""
    from assistant.onboarding import ensure_place

    config = config_file(ctx)
    ensure_place(config)
    if non_interactive:
        return _unattended(config, state_directory(ctx), given)
    if any(given.values()):
        raise click.UsageError("These options go with --non-interactive; without it everything is asked.")
    return _attended(config, state_directory(ctx))


def _attended(config: Path, state: Path) -> int:
    from assistant import clock
    from assistant.onboarding import first_config, settings_of, without_comments, write_config

    if config.exists() and not click.confirm(f"There is a configuration at {config}. Write a new one in its place?"):
        say("It was left as it is. To add an account, repeat the table [[accounts]] in it.")
        return DONE
    say("Nothing is written anywhere before you say so; Ctrl-C leaves at any time.")
    answers, secret, works = _answers_that_work(config.parent)
    if not works and not click.confirm("The test failed. Write the configuration all the same?"):
        say("Nothing was written.")
        return TROUBLE
    if works:
        answers = replace(answers, digest=questions.wants_digest())
    text = first_config(answers)
    if works:
        say("\nThese are your answers; the file explains and keeps at its default whatever else can be set:")
        for line in without_comments(text):
            say_verbatim(f"  {line}")
    if works and not click.confirm(f"Write this configuration to {config}?", default=True):
        say("Nothing was written.")
        return DONE
    settings = settings_of(text, config.parent)
    if secret is not None:
        _store(settings, secret)
    if kept := write_config(config, text, clock.now()):
        say(f"The former configuration is kept as {kept}.")
    say(f"Written: {config}. It explains every setting; look at changes with 'assistant config check'.")
    if not works:
        say("When it is mended, 'assistant doctor' tells whether all is well.")
        return TROUBLE
    return _preview(config, answers, state)


def _answers_that_work(directory: Path) -> tuple[Answers, Secret | None, bool]:
    """Ask until the test succeeds or the person has enough; return the answers, a typed secret, and how it went."""
    from assistant.onboarding import first_config, settings_of

    answers, secret = questions.source_of_secret(questions.server(questions.who()))
    while failed := _test(settings_of(first_config(answers), directory), secret):
        say()
        if "protection" in failed:
            answers = replace(answers, tls_ca=questions.authority())
            if answers.tls_ca:
                continue
        if not click.confirm("Change the answers and try again?", default=True):
            return answers, secret, False
        answers, secret = questions.source_of_secret(questions.server(answers))
    return answers, secret, True


# without questions


def _unattended(config: Path, state: Path, given: Mapping[str, Any]) -> int:
    """Do the same with what the options say; nothing is written when the test fails."""
    from assistant import clock
    from assistant.mailbox.secrecy import Secret
    from assistant.onboarding import allow_writing, first_config, settings_of, write_config
    from assistant.store.database import prepare

    if config.exists() and not given["overwrite"]:
        raise click.UsageError(f"There is a configuration at {config}; --replace writes over it and keeps a copy.")
    answers = _given_answers(given)
    text = first_config(answers)
    settings = settings_of(text, config.parent)
    secret = None
    if given["password_stdin"]:
        if answers.auth != "keyring":
            raise click.UsageError("--password-stdin goes with --auth keyring.")
        secret = Secret(sys.stdin.readline().rstrip("\r\n"), username=answers.username)
    if _test(settings, secret):
        say("Nothing was written.")
        return TROUBLE
    if secret is not None:
        _store(settings, secret)
    if kept := write_config(config, text, clock.now()):
        say(f"The former configuration is kept as {kept}.")
    say(f"Written: {config}.")
    if given["allow_drafts"]:
        prepare(state)
        allow_writing(settings, state, clock.now())
    return DONE


def _given_answers(given: Mapping[str, Any]) -> Answers:
    """Return the answers that the options give, the rest guessed from the address. Raises click's usage errors."""
    from assistant.onboarding import at_provider, checked, guesses
    from assistant.providers import provider_called
    from assistant.settings import DEFAULT_PORTS, AccountSettings, MeSettings

    def check(option: str, table: Any, key: str, value: Any) -> Any:
        try:
            return checked(table, key, value)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint=f"--{option}") from error

    for option in ("name", "address"):
        if not given[option]:
            raise click.UsageError(f"--{option} is needed with --non-interactive.")
    address = check("address", MeSettings, "addresses", [given["address"]])[0]
    answers = replace(guesses(address), me_name=check("name", MeSettings, "name", given["name"]))
    if given["host"]:
        provider = provider_called(given["host"])
        answers = at_provider(answers, provider) if provider else replace(answers, host=given["host"])
    if given["security"]:
        answers = replace(answers, security=given["security"], port=DEFAULT_PORTS[given["security"]])
    if given["words"]:
        try:
            answers = replace(answers, command=questions.argv(given["words"]))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--command") from error
    if given["credential"]:
        answers = replace(answers, credential=questions.absolute(given["credential"]))
    if given["tls_ca"]:
        answers = replace(answers, tls_ca=str(Path(given["tls_ca"]).expanduser().absolute()))
    if given["auth"]:
        answers = replace(answers, auth=given["auth"])
    for option, key in (("port", "port"), ("username", "username"), ("account", "name")):
        if given[option]:
            value = questions.number(given[option]) if option == "port" else given[option]
            answers = replace(answers, **{key: check(option, AccountSettings, key, value)})
    check("host", AccountSettings, "host", answers.host)
    return answers


# what is done with the answers


def _test(settings: Settings, secret: Secret | None) -> set[str]:
    """Connect, log in, look at the mailboxes, and say how it went; return the names of the steps that failed."""
    from assistant import clock
    from assistant.checkup.account import account_steps
    from assistant.checkup.steps import Standing
    from assistant.cli.doctor import tell
    from assistant.mailbox.credentials import read_secret
    from assistant.opening import connect_to_server

    account = settings.accounts[0]
    steps = account_steps(
        account,
        lambda: connect_to_server(account, secret or read_secret(account)),
        settings.me.addresses[0],
        clock.now(),
        write=False,
    )
    shown = (step for step in steps if secret is None or step.name != "secret")  # a typed one lies nowhere yet
    return {step.name for step in tell(shown) if step.standing is Standing.FAILED}


def _store(settings: Settings, secret: Secret) -> None:
    """Put a typed password into the keyring. Raises AccountError, before anything else is written."""
    from assistant.mailbox.credentials import store_in_keyring

    store_in_keyring(settings.accounts[0], secret.reveal())
    say("The password is stored in the keyring.")


def _preview(config: Path, answers: Answers, state: Path) -> int:
    """Show what would be laid into Drafts, and ask whether the daemon may lay such drafts."""
    from assistant import clock
    from assistant.onboarding import allow_writing, first_config, settings_of
    from assistant.report import called, letter_lines, summary

    settings = settings_of(first_config(answers), config.parent)
    if not click.confirm("Read the mailbox now and preview the drafts? Nothing is written to it.", default=True):
        say("Later: 'assistant sweep --dry-run' previews, 'assistant sweep' lays drafts.")
        return DONE
    outcome = _rehearsed(settings, state)
    more = _more_addresses(settings, state)
    if more:
        settings = _with_addresses(config, answers, more)
        outcome = _rehearsed(settings, state)
    for one in outcome.suggestions:
        if one.letter is not None:
            say(f"\n{called(one.suggestion)}: {one.suggestion.reason}")
            say_letter(letter_lines(one.letter))
    say()
    for line in summary(outcome):
        say(line)
    remark_troubles(outcome.errors)
    if click.confirm("May the daemon ('assistant run') lay such drafts into Drafts? It never sends."):
        allow_writing(settings, state, clock.now())
        say("It may. 'assistant service install' starts it for good; 'assistant sweep' lays the drafts above now.")
    else:
        say("It will only preview. 'assistant sweep', typed by hand, lays drafts and allows it to.")
    return TROUBLE if outcome.errors else DONE


def _rehearsed(settings: Settings, state: Path) -> Outcome:
    from assistant import clock
    from assistant.sweep import Order, sweep

    with Progress() as progress:
        return sweep(settings, state, Order(rehearse=True), clock.now(), progress=progress)


def _more_addresses(settings: Settings, state: Path) -> tuple[str, ...]:
    """Ask about each address that mail in Sent was written from and that the settings do not name."""
    from assistant.checkup.installation import further_addresses

    return tuple(
        address
        for address in further_addresses(settings, state)
        if click.confirm(f"Mail in Sent also comes from {visible(address)}. Is that an address of yours?", default=True)
    )


def _with_addresses(config: Path, answers: Answers, more: tuple[str, ...]) -> Settings:
    """Put further addresses of the user's into the configuration that was written a moment ago."""
    from assistant import clock
    from assistant.onboarding import first_config, settings_of, write_config

    before, after = first_config(answers), first_config(replace(answers, more_addresses=more))
    write_config(config, after, clock.now(), instead_of=before)
    say(f"Added to addresses in {config}: {', '.join(more)}.")
    return settings_of(after, config.parent)
