"""The doctor's steps through one account: secret, server, protection, login, abilities, mailboxes, writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from assistant.checkup.steps import Standing, Step, failed, ok, warning
from assistant.errors import (
    AccountError,
    AssistantError,
    LoginRefused,
)
from assistant.mailbox.answers import LOGIN_DROPPED, SERVER_BUG
from assistant.mailbox.credentials import environment_name
from assistant.mailbox.door import Door, Folder
from assistant.model import Role
from assistant.providers import provider_of
from assistant.settings import AccountSettings
from assistant.trial import try_writing

CERTIFICATE_WARNING_DAYS = 14
CLOCK_TOLERANCE = timedelta(minutes=3)
FULL = 0.95  # of the room a server grants
TELLING = ("UIDPLUS", "MOVE", "SPECIAL-USE", "CONDSTORE", "X-GM-EXT-1")
"""Capabilities that change what the program can do or how well: placing, taking back, finding mailboxes."""

_BEFORE_THE_SERVER = {"secret_missing", "secret_unavailable", "secret_exposed", "no_keyring", "keyring_locked"}
_SERVER = {"unreachable", "server_busy", SERVER_BUG, LOGIN_DROPPED}
_PROTECTION = {"certificate", "tls_failed", "no_starttls", "unprotected", "preauth"}


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
        yield ok("secret", _secret_found(account), name)
        yield ok("server", f"{account.host}, port {account.port}, answers.", name)
        yield from _protection(account, door, now)
        yield ok("login", f"{account.username} is logged in.", name)
        yield from _abilities(account, door)
        yield from _room(account, door)
        folders = door.folders()
        yield from _mailboxes(account, folders)
        yield from _writing(account, door, folders, address, now, write=write)
    except AssistantError as error:
        if isinstance(error, LoginRefused):
            yield _login_failed(account, error)
        else:
            yield failed("server" if isinstance(error, AccountError) else "mailboxes", error, name)
    finally:
        door.close()


def _not_opened(account: AccountSettings, error: AccountError) -> Iterator[Step]:
    """Say how far it came, by the kind of trouble."""
    if error.code in _BEFORE_THE_SERVER:
        yield failed("secret", error, account.name)
        return
    yield ok("secret", _secret_found(account), account.name)
    if error.code in _SERVER:
        yield failed("server", error, account.name)
    elif error.code in _PROTECTION:
        yield failed("protection", error, account.name)
    else:
        yield ok("server", f"{account.host}, port {account.port}, answers.", account.name)
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
        yield ok("protection", "None; the connection does not leave this machine.", account.name)
        return
    ends = door.certificate_ends if isinstance(door, ImapDoor) else None
    if ends is None:
        yield ok("protection", "TLS, with a certificate that is trusted.", account.name)
        return
    days = (ends - now).days
    sentence = f"TLS, with a trusted certificate that is valid for {days} more day{'' if days == 1 else 's'}."
    if days < CERTIFICATE_WARNING_DAYS:
        yield warning("protection", sentence, "Whoever runs the server should renew it.", account.name)
    else:
        yield ok("protection", sentence, account.name)


def _abilities(account: AccountSettings, door: Door) -> Iterator[Step]:
    from assistant.mailbox.imap import ImapDoor

    if not isinstance(door, ImapDoor):
        return
    found = [word for word in TELLING if word in door.capabilities]
    if {"MOVE", "UIDPLUS"} & set(found):
        yield ok("abilities", f"{', '.join(found)}.", account.name)
    else:
        yield warning(
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
        yield ok("room", sentence, account.name)
    else:
        yield warning("room", sentence, "Make room, or drafts may be refused.", account.name)


def _mailboxes(account: AccountSettings, folders: Sequence[Folder]) -> Iterator[Step]:
    named = {folder.role: folder.name for folder in folders}
    roles = (Role.DRAFTS, Role.SENT, Role.TRASH, Role.JUNK, Role.ALL)
    known = ", ".join(f"{role.capitalize()} is {named[role]!r}" for role in roles if role in named)
    yield ok("mailboxes", f"{len(folders)} found" + (f"; {known}." if known else "."), account.name)
    if Role.DRAFTS not in named:
        yield Step(
            "drafts",
            Standing.FAILED,
            "No Drafts mailbox was recognised, so no draft can be laid.",
            'Name it with drafts = "..." in the configuration, or create it in your mail program.',
            account.name,
        )
    if Role.SENT not in named and Role.ALL not in named:
        yield warning(
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
        yield failed("writing", error, account.name)
    else:
        standing = Standing.WARNING if found.cure else Standing.OK
        yield Step("writing", standing, found.sentence, found.cure, account.name)
        if found.arrived is not None:
            yield _clock(account, found.arrived - now)


def _clock(account: AccountSettings, ahead: timedelta) -> Step:
    """Compare the server's clock with ours; ``ahead`` is by how much it is ahead."""
    if abs(ahead) < CLOCK_TOLERANCE:
        return ok("clock", "The clocks of server and machine agree.", account.name)
    minutes = round(abs(ahead).total_seconds() / 60)
    way = "ahead of" if ahead > timedelta(0) else "behind"
    return warning(
        "clock",
        f"The server's clock is {minutes} minutes {way} that of this machine.",
        "Silences are measured by the server's times: set this machine's clock (timedatectl set-ntp true).",
        account.name,
    )
