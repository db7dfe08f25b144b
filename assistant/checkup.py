"""The doctor's steps: one after the other, everything that must be right before an account can be worked on."""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

from assistant.drafting.shelf import PHRASES, has_language, phrases, shelves, template
from assistant.drafting.wording import check
from assistant.errors import (
    AccountError,
    AssistantError,
    ConfigError,
    FuseBlown,
    LoginRefused,
    StoreError,
    TemplateError,
)
from assistant.mailbox.answers import LOGIN_DROPPED
from assistant.mailbox.credentials import environment_name, read_secret
from assistant.mailbox.door import Door, Folder
from assistant.model import Kind, Role
from assistant.opening import Connect, connect_to_server, open_account
from assistant.providers import provider_of
from assistant.service import Condition, condition, manager
from assistant.settings import AccountSettings, Settings, load
from assistant.store.choices import load_choices
from assistant.store.database import open_ledger, open_mail, prepare
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.trial import try_writing
from assistant.weighing import ANSWERED_WITHIN

CERTIFICATE_WARNING_DAYS = 14
CLOCK_TOLERANCE = timedelta(minutes=3)
FULL = 0.95  # of the room a server grants
TELLING = ("UIDPLUS", "MOVE", "SPECIAL-USE", "CONDSTORE", "X-GM-EXT-1")
"""Capabilities that change what the program can do or how well: placing, taking back, finding mailboxes."""

_BEFORE_THE_SERVER = {"secret_missing", "secret_unavailable", "secret_exposed", "no_keyring", "keyring_locked"}
_SERVER = {"unreachable", "server_busy", LOGIN_DROPPED}
_PROTECTION = {"certificate", "tls_failed", "no_starttls", "unprotected", "preauth"}


class Standing(StrEnum):
    """How a step ended. Only FAILED keeps the program from working."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at. ``account`` is "" for what concerns the whole installation."""

    name: str
    standing: Standing
    sentence: str
    cure: str = ""
    account: str = ""


def _ok(name: str, sentence: str, account: str = "") -> Step:
    return Step(name, Standing.OK, sentence, account=account)


def _warning(name: str, sentence: str, cure: str, account: str = "") -> Step:
    return Step(name, Standing.WARNING, sentence, cure, account)


def _failed(name: str, error: AssistantError, account: str = "") -> Step:
    return Step(name, Standing.FAILED, error.message, error.cure, account)


def examine(
    settings: Settings,
    state: Path,
    names: Collection[str],
    now: datetime,
    *,
    write: bool,
    connect: Connect = connect_to_server,
) -> Iterator[Step]:
    """Look at everything but the settings files, then at each account in ``names`` (all when empty).

    Every account is really tried, also one that was refused before; a trouble that was remembered, but for a
    blown fuse, is forgotten when login and mailboxes work.
    """
    yield from directory_steps(settings.directory)
    found = list(state_steps(state))
    yield from found
    yield from template_steps(settings.directory / "templates")
    yield keyring_step(settings.accounts)
    yield service_step(condition(manager()))
    with ExitStack() as stack:
        ledger = None
        if all(step.standing is not Standing.FAILED for step in found):
            ledger = Ledger(stack.enter_context(closing(open_ledger(state))))
        for account in settings.accounts:
            if not names or account.name in names:
                opening = partial(_open, account, ledger, now, connect)
                for step in account_steps(account, opening, settings.me.addresses[0], now, write=write):
                    if ledger is not None and step.name == "mailboxes" and step.standing is Standing.OK:
                        ledger.recovered(
                            account.name, but=FuseBlown.code
                        )  # not earlier: Microsoft 365 says OK to a bad login
                    yield step
                if ledger is not None:
                    yield from sent_steps(account.name, state, frozenset(settings.me.addresses), now)


def _open(account: AccountSettings, ledger: Ledger | None, now: datetime, connect: Connect) -> Door:
    if ledger is None:
        return connect(account, read_secret(account))
    return open_account(account, ledger, now, connect, asked=True, insist=True)


# the installation


def configuration_steps(config: Path) -> tuple[Settings | None, list[Step]]:
    """Read the settings files; return them, None when they cannot be used, and what was found."""
    try:
        settings, remarks = load(config)
        load_choices(settings.directory)
    except ConfigError as error:
        return None, [_failed("configuration", error)]
    counted = ((settings.accounts, "account"), (settings.contacts, "contact"), (settings.offers, "offer"))
    found = ", ".join(f"{len(some)} {thing}{'' if len(some) == 1 else 's'}" for some, thing in counted)
    steps = [_ok("configuration", f"{config} can be used: {found}.")]
    for remark in remarks:
        sentence, _, cure = remark.partition("; ")
        steps.append(_warning("files", f"{sentence}.", f"{cure[:1].upper()}{cure[1:]}"))
    return settings, steps


def state_steps(state: Path) -> Iterator[Step]:
    """Look at the state directory and its databases, which are made when missing."""
    try:
        prepare(state)
        yield _ok("state", f"{state} is there and private to you.")
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
            yield _ok(name, "The database is sound.")
    except StoreError as error:
        yield _failed("state", error)


def sent_steps(account: str, state: Path, own: frozenset[str], now: datetime) -> Iterator[Step]:
    """Say when mail that contacts answered is missing in Sent, by what is known of an account; else nothing."""
    with closing(open_mail(state)) as database:
        found = MailFacts(database).answered(account, own, now - ANSWERED_WITHIN)
    if found.visibly_incomplete:
        total = found.there + found.missing
        yield _warning(
            "sent",
            f"Of {total} mails of yours that were answered, {found.missing} are missing: what you owe is only listed.",
            "Let your mail programs keep what you send in the Sent mailbox of this account.",
            account,
        )


def template_steps(own: Path) -> Iterator[Step]:
    """Check every template and the phrases of every language, the user's own in ``own`` before the shipped ones."""
    directories = shelves(own)
    languages = sorted({file.parent.name for directory in directories for file in directory.glob(f"*/{PHRASES}")})
    sound: dict[str, int] = {}
    for language in languages:
        for problem in _template_troubles(language, directories):
            yield _failed("templates", problem)
        sound[language] = sum(has_language(language, kind, directories) for kind in Kind)
    known = {f"{kind.value}.txt.j2" for kind in Kind} | {PHRASES}
    for file in sorted(own.glob("*/*")):
        if file.name not in known:
            yield _warning("templates", f"{file} is not used.", f"Templates are called {', '.join(sorted(known))}.")
    found = ", ".join(f"{language} ({count} of {len(Kind)} kinds)" for language, count in sound.items())
    yield _ok("templates", f"Languages: {found}. Your own go into {own}.")


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
        yield _warning("files", f"Others may look into {directory}.", f"Run: chmod 700 {directory}")


def service_step(found: Condition) -> Step:
    """Tell how the service stands; that there is none is in order, since sweeps can be typed by hand."""
    if not found.installed:
        return _ok("service", f"{found.sentence} 'assistant service install' does that.")
    return _ok("service", found.sentence) if found.running else _warning("service", found.sentence, found.cure)


def keyring_step(accounts: Iterable[AccountSettings]) -> Step:
    """Tell which keyring this machine offers; one is missed only by accounts that keep their secret there."""
    import keyring

    ring = type(keyring.get_keyring())
    name = f"{ring.__module__}.{ring.__qualname__}"
    users = [account.name for account in accounts if account.auth == "keyring"]
    if not name.startswith(("keyring.backends.fail.", "keyring.backends.null.")):
        return _ok("keyring", f"{name}; used by {', '.join(users) or 'no account'}.")
    if not users:
        return _ok("keyring", "This machine offers none, and no account needs one.")
    return Step(
        "keyring",
        Standing.FAILED,
        f"This machine offers no keyring, and {', '.join(users)} would need one.",
        'Choose auth = "command" or auth = "credential-file", or unlock the desktop\'s keyring.',
    )


# an account


def account_steps(
    account: AccountSettings, open_door: Callable[[], Door], address: str, now: datetime, *, write: bool
) -> Iterator[Step]:
    """Go through an account: secret, server, protection, login, abilities, mailboxes, writing.

    ``open_door`` connects and logs in, once. ``address`` is the user's own, for the test draft;
    with ``write`` one is really laid into Drafts and taken out again, else that is rehearsed.
    """
    name = account.name
    try:
        door = open_door()
    except AccountError as error:
        yield from _not_opened(account, error)
        return
    try:
        yield _ok("secret", _secret_found(account), name)
        yield _ok("server", f"{account.host}, port {account.port}, answers.", name)
        yield from _protection(account, door, now)
        yield _ok("login", f"{account.username} is logged in.", name)
        yield from _abilities(account, door)
        yield from _room(account, door)
        folders = door.folders()
        yield from _mailboxes(account, folders)
        yield from _writing(account, door, folders, address, now, write=write)
    except AssistantError as error:
        if isinstance(error, LoginRefused):
            yield _login_failed(account, error)
        else:
            yield _failed("server" if isinstance(error, AccountError) else "mailboxes", error, name)
    finally:
        door.close()


def _not_opened(account: AccountSettings, error: AccountError) -> Iterator[Step]:
    """Say how far it came, by the kind of trouble."""
    if error.code in _BEFORE_THE_SERVER:
        yield _failed("secret", error, account.name)
        return
    yield _ok("secret", _secret_found(account), account.name)
    if error.code in _SERVER:
        yield _failed("server", error, account.name)
    elif error.code in _PROTECTION:
        yield _failed("protection", error, account.name)
    else:
        yield _ok("server", f"{account.host}, port {account.port}, answers.", account.name)
        yield _login_failed(account, error)


def _login_failed(account: AccountSettings, error: AccountError) -> Step:
    """Say what this provider wants in place of the usual password, where that is known."""
    provider = provider_of(account.host)
    advice = provider.advice if provider and provider.wants_something_special else ""
    return Step("login", Standing.FAILED, error.message, f"{error.cure} {advice}".strip(), account.name)


def _secret_found(account: AccountSettings) -> str:
    thing = "An access token" if account.auth == "token-command" else "A password"
    command = f"the command {account.command[0]}" if account.command else ""
    places = {
        "keyring": "the keyring",
        "command": command,
        "token-command": command,
        "credential-file": f"the credential {account.credential}",
        "env": f"the variable {environment_name(account)}",
    }
    return f"{thing} comes from {places[account.auth]}."


def _protection(account: AccountSettings, door: Door, now: datetime) -> Iterator[Step]:
    from assistant.mailbox.imap import ImapDoor

    if account.security == "none":
        yield _ok("protection", "None; the connection does not leave this machine.", account.name)
        return
    ends = door.certificate_ends if isinstance(door, ImapDoor) else None
    if ends is None:
        yield _ok("protection", "TLS, with a certificate that is trusted.", account.name)
        return
    days = (ends - now).days
    sentence = f"TLS, with a trusted certificate that is valid for {days} more day{'' if days == 1 else 's'}."
    if days < CERTIFICATE_WARNING_DAYS:
        yield _warning("protection", sentence, "Whoever runs the server should renew it.", account.name)
    else:
        yield _ok("protection", sentence, account.name)


def _abilities(account: AccountSettings, door: Door) -> Iterator[Step]:
    from assistant.mailbox.imap import ImapDoor

    if not isinstance(door, ImapDoor):
        return
    found = [word for word in TELLING if word in door.capabilities]
    if {"MOVE", "UIDPLUS"} & set(found):
        yield _ok("abilities", f"{', '.join(found)}.", account.name)
    else:
        yield _warning(
            "abilities",
            "The server can take out no single message (neither MOVE nor UIDPLUS), so drafts are not taken back.",
            "Delete by hand the drafts that are of no more use.",
            account.name,
        )


def _room(account: AccountSettings, door: Door) -> Iterator[Step]:
    from assistant.mailbox.imap import ImapDoor

    found = door.room() if isinstance(door, ImapDoor) else None
    if found is None:
        return
    used, limit = found
    sentence = f"{used / 1024:,.0f} of {limit / 1024:,.0f} MB are used."
    if used < FULL * limit:
        yield _ok("room", sentence, account.name)
    else:
        yield _warning("room", sentence, "Make room, or drafts may be refused.", account.name)


def _mailboxes(account: AccountSettings, folders: Sequence[Folder]) -> Iterator[Step]:
    named = {folder.role: folder.name for folder in folders}
    roles = (Role.DRAFTS, Role.SENT, Role.TRASH, Role.JUNK, Role.ALL)
    known = ", ".join(f"{role.capitalize()} is {named[role]!r}" for role in roles if role in named)
    yield _ok("mailboxes", f"{len(folders)} found" + (f"; {known}." if known else "."), account.name)
    if Role.DRAFTS not in named:
        yield Step(
            "drafts",
            Standing.FAILED,
            "No Drafts mailbox was recognised, so no draft can be laid.",
            'Name it with drafts = "..." in the configuration, or create it in your mail program.',
            account.name,
        )
    if Role.SENT not in named and Role.ALL not in named:
        yield _warning(
            "sent",
            "No Sent mailbox was recognised, so what you answered may be unknown.",
            'Name it with sent = "..." in the configuration.',
            account.name,
        )
    missing = sorted(set(account.mailboxes or ()) - {folder.name for folder in folders})
    if missing:
        yield Step(
            "mailboxes",
            Standing.FAILED,
            f"The configuration names mailboxes that are not there: {', '.join(map(repr, missing))}.",
            "Correct mailboxes = [...] in the configuration.",
            account.name,
        )


def _writing(
    account: AccountSettings, door: Door, folders: Sequence[Folder], address: str, now: datetime, *, write: bool
) -> Iterator[Step]:
    named = {folder.role: folder.name for folder in folders}
    if Role.DRAFTS not in named:
        return
    try:
        found = try_writing(door, named[Role.DRAFTS], named.get(Role.TRASH), address, now, really=write)
    except AssistantError as error:
        yield _failed("writing", error, account.name)
    else:
        standing = Standing.WARNING if found.cure else Standing.OK
        yield Step("writing", standing, found.sentence, found.cure, account.name)
        if found.arrived is not None:
            yield _clock(account, found.arrived - now)


def _clock(account: AccountSettings, ahead: timedelta) -> Step:
    """Compare the server's clock with ours; ``ahead`` is by how much it is ahead."""
    if abs(ahead) < CLOCK_TOLERANCE:
        return _ok("clock", "The clocks of server and machine agree.", account.name)
    minutes = round(abs(ahead).total_seconds() / 60)
    way = "ahead of" if ahead > timedelta(0) else "behind"
    return _warning(
        "clock",
        f"The server's clock is {minutes} minutes {way} that of this machine.",
        "Silences are measured by the server's times: set this machine's clock (timedatectl set-ntp true).",
        account.name,
    )
