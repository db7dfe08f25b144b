"""Opening an account: its secret, the memory of a refused login, and how long to stay away after a trouble."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from assistant.errors import AccountError, AccountLater, FuseBlown, LoginRefused
from assistant.mailbox.answers import LOGIN_DROPPED
from assistant.mailbox.credentials import read_secret
from assistant.mailbox.door import Door
from assistant.mailbox.secrecy import Secret
from assistant.model import Trouble
from assistant.settings import AccountSettings
from assistant.store.ledger import Ledger

Connect = Callable[[AccountSettings, Secret], Door]

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
SECOND_LOGIN_AFTER = timedelta(hours=6)
LONGEST_WITHOUT_SECRET = timedelta(minutes=15)
"""To ask for a secret costs the server nothing, and a keyring is unlocked sooner than an outage ends."""
LONGEST_AHEAD = timedelta(days=1)
"""No wait is longer, a server's own wish included; one that seems so was noted by a clock that was wrong."""
HUNG_UP_CURE = "Some servers hang up so at a wrong password: check it, then run 'assistant doctor'."


def connect_to_server(account: AccountSettings, secret: Secret) -> Door:
    """Open the real door."""
    from assistant.mailbox.imap import open_door  # imapclient costs start-up time that most commands need not pay

    return open_door(account, secret)


def open_account(
    account: AccountSettings,
    ledger: Ledger,
    now: datetime,
    connect: Connect,
    *,
    asked: bool,
    insist: bool = False,
) -> Door:
    """Open the door of an account, unless an earlier trouble says not to.

    A refused login is not tried again until the secret or the settings change (one more try after six
    hours when the server did not say that the password was wrong); ``insist`` tries all the same.
    A line that is dropped in answer to the login may be the network the first time; the second time running it
    counts as a refusal that is not certain. After any other trouble the daemon stays away for a while; a person
    who ``asked`` is served at once, and nobody else where the fuse has blown.
    Raises AccountError; a new trouble is remembered, over restarts.
    """
    trouble = ledger.trouble(account.name)
    if trouble and trouble.code == FuseBlown.code and not (asked or insist):
        raise FuseBlown(trouble.message, trouble.cure)
    _, retry, refused_with = ledger.waiting_room(account.name)
    too_soon = lies_ahead(retry, now)
    if trouble and refused_with is None and too_soon and not (asked or insist):
        raise AccountLater(trouble.message, trouble.cure, code=trouble.code)
    try:
        secret = read_secret(account)
    except AccountError as error:
        if refused_with is None:  # a locked keyring must not make us forget that its password was refused
            _note_missing_secret(ledger, account, error, now)
        raise
    refused_before = refused_with is not None and refused_with == _digest(account, secret)
    if trouble and refused_before and not insist and (retry is None or too_soon):
        raise LoginRefused(trouble.message, trouble.cure, code=trouble.code)
    try:
        return _connected(account, secret, connect, dropped_before=refused_before or _dropped(trouble))
    except LoginRefused as error:
        again = None if error.certain or refused_before else now + SECOND_LOGIN_AFTER
        _note_refusal(ledger, account, secret, error, now, again)
        raise
    except AccountError as error:
        note_trouble(ledger, account, error, now)
        raise


def lies_ahead(retry: datetime | None, now: datetime) -> bool:
    """Tell whether the end of a wait is still to come."""
    return retry is not None and now < retry <= now + LONGEST_AHEAD


def _connected(account: AccountSettings, secret: Secret, connect: Connect, *, dropped_before: bool) -> Door:
    """Connect; a login in answer to which the line is dropped once more was refused."""
    try:
        return connect(account, secret)
    except AccountLater as error:
        if error.code != LOGIN_DROPPED or not dropped_before:
            raise
        raise LoginRefused(error.message, HUNG_UP_CURE, certain=False) from error


def _dropped(trouble: Trouble | None) -> bool:
    return trouble is not None and trouble.code == LOGIN_DROPPED


def note_trouble(ledger: Ledger, account: AccountSettings, error: AccountError, now: datetime) -> None:
    """Remember a trouble with the server, and until when the daemon stays away.

    The wait doubles from a minute to six hours, and is never shorter than the server asked for. A login
    that is refused only after the door was open (Microsoft 365 says OK to a bad one) is a refused login.
    """
    if isinstance(error, LoginRefused):
        with suppress(AccountError):
            _note_refusal(ledger, account, read_secret(account), error, now, None)
            return
    if isinstance(error, FuseBlown):
        ledger.note_trouble(_trouble(account, error), now)
        return
    attempts, _, _ = ledger.waiting_room(account.name)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts, 9))
    if isinstance(error, AccountLater) and error.wait is not None:
        wait = max(wait, error.wait)
    ledger.note_trouble(_trouble(account, error), now, retry=now + wait)


def _note_missing_secret(ledger: Ledger, account: AccountSettings, error: AccountError, now: datetime) -> None:
    """Remember that the secret cannot be had, and wait for it as long again as that has lasted.

    It is no attempt: the server was not asked, and the next trouble with it is not to wait the longer.
    """
    trouble = _trouble(account, error)
    before = ledger.trouble(account.name)
    began = before.since if before is not None and before.code == trouble.code else None
    lasted = now - began if began is not None else timedelta()
    wait = min(LONGEST_WITHOUT_SECRET, max(FIRST_WAIT, lasted))
    ledger.note_trouble(trouble, now, retry=now + wait, attempted=False)


def _note_refusal(
    ledger: Ledger,
    account: AccountSettings,
    secret: Secret,
    error: LoginRefused,
    now: datetime,
    again: datetime | None,
) -> None:
    ledger.note_trouble(_trouble(account, error), now, retry=again, settings=_digest(account, secret))


def _trouble(account: AccountSettings, error: AccountError) -> Trouble:
    return Trouble(account.name, error.code, error.message, error.cure)


def _digest(account: AccountSettings, secret: Secret) -> str:
    """Return what tells whether settings or secret changed, without keeping either.

    A token changes by the hour without curing a refusal, so it does not count.
    """
    told = "" if account.auth == "token-command" else secret.reveal()
    salt = repr((account.host, account.port, account.security, account.username, account.auth, account.command))
    return hashlib.scrypt(told.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=16).hex()
