"""The doctor's steps that concern the whole installation: files, databases, templates, keyring, service."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from assistant.checkup.steps import Standing, Step, failed, ok, warning
from assistant.correspondence.people import learned_aliases
from assistant.drafting.shelf import PHRASES, has_language, phrases, shelves, template
from assistant.drafting.wording import check
from assistant.errors import (
    ConfigError,
    StoreError,
    TemplateError,
)
from assistant.model import Kind
from assistant.service import Condition
from assistant.settings import AccountSettings, Settings, load
from assistant.store.choices import load_choices
from assistant.store.database import open_ledger, open_mail, prepare
from assistant.store.messages import MailFacts
from assistant.weighing import ANSWERED_WITHIN


def configuration_steps(config: Path) -> tuple[Settings | None, list[Step]]:
    """Read the settings files; return them, None when they cannot be used, and what was found."""
    try:
        settings, remarks = load(config)
        load_choices(settings.directory)
    except ConfigError as error:
        return None, [failed("configuration", error)]
    counted = ((settings.accounts, "account"), (settings.contacts, "contact"), (settings.offers, "offer"))
    found = ", ".join(f"{len(some)} {thing}{'' if len(some) == 1 else 's'}" for some, thing in counted)
    steps = [ok("configuration", f"{config} can be used: {found}.")]
    for remark in remarks:
        sentence, _, cure = remark.partition("; ")
        steps.append(warning("files", f"{sentence}.", f"{cure[:1].upper()}{cure[1:]}"))
    return settings, steps


def state_steps(state: Path) -> Iterator[Step]:
    """Look at the state directory and its databases, which are made when missing."""
    try:
        prepare(state)
        yield ok("state", f"{state} is there and private to you.")
        for name, opened in (("ledger", open_ledger), ("mail cache", open_mail)):
            with closing(opened(state)) as database:
                found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise StoreError(
                    f"The {name} in {state} is damaged: {found}.",
                    "Only a cache is lost: delete mail.sqlite3 there and run a sweep."
                    if name == "mail cache"
                    else "Move ledger.sqlite3 away; the next sweep only previews until you confirm it.",
                )
            yield ok(name, "The database is sound.")
    except StoreError as error:
        yield failed("state", error)


def sent_steps(account: str, state: Path, own: frozenset[str], now: datetime) -> Iterator[Step]:
    """Say when mail that contacts answered is missing in Sent, by what is known of an account; else nothing."""
    with closing(open_mail(state)) as database:
        found = MailFacts(database).answered(account, own, now - ANSWERED_WITHIN)
    if found.visibly_incomplete:
        total = found.there + found.missing
        yield warning(
            "sent",
            f"Of {total} mails of yours that were answered, {found.missing} are missing: what you owe is only listed.",
            "Let your mail programs keep what you send in the Sent mailbox of this account.",
            account,
        )


def further_addresses(settings: Settings, state: Path) -> list[str]:
    """Return addresses that wrote several mails in Sent and are not among the user's. Raises StoreError."""
    own = frozenset(settings.me.addresses)
    with closing(open_mail(state)) as database:
        return sorted(learned_aliases(MailFacts(database).messages(own, lean=True), own, settings.cards))


def address_steps(settings: Settings, state: Path) -> Iterator[Step]:
    """Say which addresses count as the user's that the settings do not name; else nothing."""
    if learned := further_addresses(settings, state):
        yield ok(
            "addresses",
            f"Mail in Sent is also from {', '.join(learned)}: that counts as yours. Name it in me.addresses, or in"
            " contacts.toml if it is somebody else's.",
        )


def template_steps(own: Path) -> Iterator[Step]:
    """Check every template and the phrases of every language, the user's own in ``own`` before the shipped ones."""
    directories = shelves(own)
    languages = sorted({file.parent.name for directory in directories for file in directory.glob(f"*/{PHRASES}")})
    sound: dict[str, int] = {}
    for language in languages:
        for problem in _template_troubles(language, directories):
            yield failed("templates", problem)
        sound[language] = sum(has_language(language, kind, directories) for kind in Kind)
    known = {f"{kind.value}.txt.j2" for kind in Kind} | {PHRASES}
    for file in sorted(own.glob("*/*")):
        if file.name not in known:
            yield warning("templates", f"{file} is not used.", f"Templates are called {', '.join(sorted(known))}.")
    found = ", ".join(f"{language} ({count} of {len(Kind)} kinds)" for language, count in sound.items())
    yield ok("templates", f"Languages: {found}. Your own go into {own}.")


def _template_troubles(language: str, directories: Sequence[Path]) -> Iterator[TemplateError]:
    for work in (_check_phrases, *(_checker(kind) for kind in Kind if has_language(language, kind, directories))):
        try:
            work(language, directories)
        except TemplateError as error:
            yield error


def _check_phrases(language: str, directories: Sequence[Path]) -> None:
    phrases(language, directories)


def _checker(kind: Kind) -> Callable[[str, Sequence[Path]], None]:
    return lambda language, directories: check(template(language, kind, directories))


def directory_steps(directory: Path) -> Iterator[Step]:
    """Tell whether others can look into the configuration directory."""
    if directory.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning("files", f"Others may look into {directory}.", f"Run: chmod 700 {directory}")


def service_step(found: Condition) -> Step:
    """Tell how the service stands; that there is none is in order, since sweeps can be typed by hand."""
    if not found.installed:
        return ok("service", f"{found.sentence} 'assistant service install' does that.")
    return ok("service", found.sentence) if found.running else warning("service", found.sentence, found.cure)


def keyring_step(accounts: Iterable[AccountSettings]) -> Step:
    """Tell which keyring this machine offers; one is missed only by accounts that keep their secret there."""
    import keyring

    ring = type(keyring.get_keyring())
    name = f"{ring.__module__}.{ring.__qualname__}"
    users = [account.name for account in accounts if account.auth == "keyring"]
    if not name.startswith(("keyring.backends.fail.", "keyring.backends.null.")):
        return ok("keyring", f"{name}; used by {', '.join(users) or 'no account'}.")
    if not users:
        return ok("keyring", "This machine offers none, and no account needs one.")
    return Step(
        "keyring",
        Standing.FAILED,
        f"This machine offers no keyring, and {', '.join(users)} would need one.",
        'Choose auth = "command" or auth = "credential-file", or unlock the desktop\'s keyring.',
    )
