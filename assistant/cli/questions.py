"""The questions of ``setup``, each asked until the answer is one that the settings take."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.edge import say

if TYPE_CHECKING:
    from assistant.mailbox.secrecy import Secret
    from assistant.onboarding import Answers
    from assistant.providers import Provider

SOURCES = {
    "keyring": "the keyring of this desktop; asked for now and stored there",
    "command": "a command prints it, like: pass show mail/home",
    "token-command": "a command prints an access token (Microsoft, Google)",
    "credential-file": "a file, or a systemd credential",
    "env": "a variable of the environment",
}


def who() -> Answers:
    """Ask for name and address; return what follows from these."""
    from assistant.onboarding import checked, guesses
    from assistant.providers import provider_of
    from assistant.settings import MeSettings

    name = _ask("Your name, as drafts are signed with it", None, lambda text: checked(MeSettings, "name", text))
    address = _ask("Your mail address", None, lambda text: checked(MeSettings, "addresses", [text])[0])
    answers = replace(guesses(address), me_name=name)
    if provider := provider_of(address):
        say(provider.advice)
    return answers


def server(answers: Answers) -> Answers:
    """Ask where the mailbox is, and for the name of the account; return the answers with that."""
    from assistant.onboarding import at_provider, checked
    from assistant.providers import provider_called, provider_of
    from assistant.settings import DEFAULT_PORTS, AccountSettings
    from assistant.values import is_loopback

    def ask(question: str, key: str, default: Any) -> Any:
        return _ask(question, default, lambda text: checked(AccountSettings, key, text))

    def host_or_provider(text: str) -> Provider | str:
        return provider_called(text) or str(checked(AccountSettings, "host", text))

    told = _ask("IMAP server, or the name of the provider", answers.host or None, host_or_provider)
    host, provider = (told, provider_of(told)) if isinstance(told, str) else (told.host, told)
    if provider and provider is not provider_of(answers.address):
        answers = at_provider(answers, provider)
        say(provider.advice)
    kinds = ["tls", "starttls", *(["none"] if is_loopback(host) else [])]
    usual = answers.security if answers.security in kinds else "tls"
    security = click.prompt("Protection of the connection", default=usual, type=click.Choice(kinds))
    port = answers.port if (host, security) == (answers.host, answers.security) else DEFAULT_PORTS[security]
    return replace(
        answers,
        host=host,
        security=security,
        port=_ask("Port", port, lambda text: checked(AccountSettings, "port", number(text))),
        username=ask("User name", "username", answers.username),
        name=ask("A short name for this account", "name", answers.name),
    )


def source_of_secret(answers: Answers) -> tuple[Answers, Secret | None]:
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
            return source_of_secret(replace(answers, auth="command"))
        typed = click.prompt("Password (not shown)", hide_input=True)
        return answers, Secret(typed, username=answers.username)
    if auth in ("command", "token-command"):
        usual = shlex.join(former.command) if former.command else None
        return replace(answers, command=_ask("Command, run without a shell", usual, argv)), None
    if auth == "credential-file":
        question = "Its path, or its name in systemd's LoadCredential="
        return replace(answers, credential=_ask(question, former.credential, absolute)), None
    say(f"It is expected in the variable {variable_of(answers)}.")
    return answers, None


def authority() -> str | None:
    """Ask for the certificate of a private authority; return its path, None when there is none."""
    say("If the server is your own, its certificate may come from a private authority.")
    found = click.prompt("File with that authority's certificate (empty: none)", default="", show_default=False)
    return str(Path(found).expanduser().absolute()) if found else None


def wants_digest() -> bool:
    """Ask whether the user wants to be told, in the mailbox itself, why drafts are waiting."""
    say()
    say(
        "Beside new drafts it can lay one message from you to yourself that says for whom they are, why now, and what "
        "they still need. It lies in a mailbox of its own, Follow-ups; the next one replaces it while it is unread."
    )
    return click.confirm("Do you want that message?", default=False)


def _ask(question: str, default: Any, check: Callable[[str], Any]) -> Any:
    """Ask until the answer is one that the settings take."""

    def checked_answer(text: Any) -> Any:
        try:
            return check(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return click.prompt(question, default=default, value_proc=checked_answer)


def absolute(text: str) -> str:
    """Return a path as it can stand in the configuration; a plain name stays one."""
    return str(Path(text).expanduser().absolute()) if "/" in text else text


def number(text: Any) -> Any:
    """Return a number where one was typed, anything else as it is: the settings say what is wrong with it."""
    return int(text) if str(text).isdecimal() else text


def argv(text: str) -> tuple[str, ...]:
    """Return a command line as words, parted as a shell would. Raises ValueError when there is none."""
    words = tuple(shlex.split(text))
    if not words:
        raise ValueError("a command is needed")
    return words
