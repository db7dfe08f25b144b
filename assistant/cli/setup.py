"""``assistant setup``: a few questions, a test, a configuration, a preview. The mailbox is not touched before a yes."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.edge import DONE, TROUBLE, Progress, config_file, remark, say, say_letter, state_directory

if TYPE_CHECKING:
    from assistant.mailbox.secrecy import Secret
    from assistant.onboarding import Answers
    from assistant.settings import Settings

SOURCES = {
    "keyring": "the keyring of this desktop; asked for now and stored there",
    "command": "a command prints it, like: pass show mail/home",
    "token-command": "a command prints an access token (Microsoft, Google)",
    "credential-file": "a file, or a systemd credential",
    "env": "a variable of the environment",
}


@click.command()
@click.pass_context
def command(ctx: click.Context) -> int:
    """Ask a few questions, test the answers, write the configuration, and preview the first drafts."""
    from assistant import clock
    from assistant.onboarding import ensure_place, first_config, settings_of, write_config

    config = config_file(ctx)
    ensure_place(config)
    if config.exists() and not click.confirm(f"There is a configuration at {config}. Write a new one in its place?"):
        say("It was left as it is. To add an account, repeat the table [[accounts]] in it.")
        return DONE
    say("Nothing is written anywhere before you say so; Ctrl-C leaves at any time.")
    answers, secret, works = _answers_that_work(config.parent)
    if not works and not click.confirm("The test failed. Write the configuration all the same?"):
        say("Nothing was written.")
        return TROUBLE
    if works and not click.confirm(f"Write this configuration to {config}?", default=True):
        say("Nothing was written.")
        return DONE
    text = first_config(answers)
    settings = settings_of(text, config.parent)
    if secret is not None:
        _store(settings, secret)
    if kept := write_config(config, text, clock.now()):
        say(f"The former configuration is kept as {kept}.")
    say(f"Written: {config}. It explains every setting; look at changes with 'assistant config check'.")
    if not works:
        say("When it is mended, 'assistant doctor' tells whether all is well.")
        return TROUBLE
    return _preview(settings, state_directory(ctx))


# questions


def _answers_that_work(directory: Path) -> tuple[Answers, Secret | None, bool]:
    """Ask until the test succeeds or the person has enough; return the answers, a typed secret, and how it went."""
    from assistant.onboarding import first_config, settings_of

    answers = _who()
    while True:
        answers, secret = _source_of_secret(_server(answers))
        failed = _test(settings_of(first_config(answers), directory), secret)
        if not failed:
            return answers, secret, True
        say()
        if not click.confirm("Change the answers and try again?", default=True):
            return answers, secret, False
        if "protection" in failed:
            answers = replace(answers, tls_ca=_authority())


def _who() -> Answers:
    from assistant.onboarding import checked, guesses, provider_of
    from assistant.settings import MeSettings

    name = _ask("Your name, as drafts are signed with it", None, lambda text: checked(MeSettings, "name", text))
    address = _ask("Your mail address", None, lambda text: checked(MeSettings, "addresses", [text])[0])
    if provider := provider_of(address):
        say(provider.advice)
    return replace(guesses(address), me_name=name)


def _server(answers: Answers) -> Answers:
    from assistant.onboarding import checked, provider_of
    from assistant.settings import DEFAULT_PORTS, AccountSettings, is_loopback

    def ask(question: str, key: str, default: Any) -> Any:
        return _ask(question, default, lambda text: checked(AccountSettings, key, text))

    host = ask("IMAP server", "host", answers.host)
    provider = provider_of(host)
    if provider and provider is not provider_of(answers.address):
        say(provider.advice)
        answers = replace(answers, auth=provider.auth)
    kinds = ["tls", "starttls", *(["none"] if is_loopback(host) else [])]
    usual = answers.security if answers.security in kinds else "tls"
    security = click.prompt("Protection of the connection", default=usual, type=click.Choice(kinds))
    port = answers.port if (host, security) == (answers.host, answers.security) else DEFAULT_PORTS[security]
    return replace(
        answers,
        host=host,
        security=security,
        port=_ask("Port", port, lambda text: checked(AccountSettings, "port", _number(text))),
        username=ask("User name", "username", answers.username),
        name=ask("A short name for this account", "name", answers.name),
    )


def _source_of_secret(answers: Answers) -> tuple[Answers, Secret | None]:
    """Ask where the password or token comes from; return a secret only when it was typed in."""
    from assistant.mailbox.secrecy import Secret
    from assistant.onboarding import keyring_trouble, variable_of

    say("Where does the password or token come from?")
    for source, meaning in SOURCES.items():
        say(f"  {source:<16} {meaning}")
    auth = click.prompt("From", default=answers.auth, type=click.Choice(list(SOURCES)), show_choices=False)
    former, answers = answers, replace(answers, auth=auth, command=None, credential=None)
    if auth == "keyring":
        if trouble := keyring_trouble(answers):
            say(str(trouble))
            return _source_of_secret(replace(answers, auth="command"))
        typed = click.prompt("Password (not shown)", hide_input=True)
        return answers, Secret(typed, username=answers.username)
    if auth in ("command", "token-command"):
        usual = shlex.join(former.command) if former.command else None
        return replace(answers, command=_ask("Command, run without a shell", usual, _argv)), None
    if auth == "credential-file":
        question = "Its path, or its name in systemd's LoadCredential="
        return replace(answers, credential=_ask(question, former.credential, _absolute)), None
    say(f"It is expected in the variable {variable_of(answers)}.")
    return answers, None


def _authority() -> str | None:
    say("If the server is your own, its certificate may come from a private authority.")
    found = click.prompt("File with that authority's certificate (empty: none)", default="", show_default=False)
    return str(Path(found).expanduser().absolute()) if found else None


def _ask(question: str, default: Any, check: Callable[[str], Any]) -> Any:
    """Ask until the answer is one that the settings take."""

    def checked_answer(text: Any) -> Any:
        try:
            return check(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return click.prompt(question, default=default, value_proc=checked_answer)


def _absolute(text: str) -> str:
    """Return a path as it can stand in the configuration; a plain name stays one."""
    return str(Path(text).expanduser().absolute()) if "/" in text else text


def _number(text: Any) -> Any:
    return int(text) if str(text).isdecimal() else text


def _argv(text: str) -> tuple[str, ...]:
    words = tuple(shlex.split(text))
    if not words:
        raise ValueError("a command is needed")
    return words


# what is done with the answers


def _test(settings: Settings, secret: Secret | None) -> set[str]:
    """Connect, log in, look at the mailboxes, and say how it went; return the names of the steps that failed."""
    from assistant import clock
    from assistant.checkup import Standing, account_steps
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
    return {step.name for step in tell(steps) if step.standing is Standing.FAILED}


def _store(settings: Settings, secret: Secret) -> None:
    """Put a typed password into the keyring. Raises AccountError, before anything else is written."""
    from assistant.mailbox.credentials import store_in_keyring

    store_in_keyring(settings.accounts[0], secret.reveal())
    say("The password is stored in the keyring.")


def _preview(settings: Settings, state: Path) -> int:
    """Show what would be laid into Drafts, and ask whether the daemon may lay such drafts."""
    from assistant import clock
    from assistant.onboarding import allow_writing
    from assistant.report import called, letter_lines, summary
    from assistant.sweep import Order, sweep

    if not click.confirm("Read the mailbox now and preview the drafts? Nothing is written to it.", default=True):
        say("Later: 'assistant sweep --dry-run' previews, 'assistant sweep' lays drafts.")
        return DONE
    progress = Progress()
    try:
        outcome = sweep(settings, state, Order(rehearse=True), clock.now(), progress=progress)
    finally:
        progress.end()
    for one in outcome.suggestions:
        if one.letter is not None:
            say(f"\n{called(one.suggestion)}: {one.suggestion.reason}")
            say_letter(letter_lines(one.letter))
    say()
    for line in summary(outcome):
        say(line)
    for trouble in outcome.errors:
        remark(f"{trouble.account}: {trouble.message} {trouble.cure}")
    if click.confirm("May the daemon ('assistant run') lay such drafts into Drafts? It never sends."):
        allow_writing(settings, state, clock.now())
        say("It may. Start it with 'assistant run', or lay the drafts above now with 'assistant sweep'.")
    else:
        say("It will only preview. 'assistant sweep', typed by hand, lays drafts and allows it to.")
    return TROUBLE if outcome.errors else DONE
