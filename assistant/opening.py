"""Opening an account: its secret, the memory of a refused login, and how long to stay away after a trouble."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from assistant.errors import AccountError, AccountLater, LoginRefused
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
    After any other trouble the daemon stays away for a while; a person who ``asked`` is served at once.
    Raises AccountError; a new trouble is remembered, over restarts.
    """
    trouble = ledger.trouble(account.name)
    attempts, retry, met = ledger.waiting_room(account.name)
    if trouble and not insist and not asked and met is None and retry is not None and now < retry:
        raise AccountLater(trouble.message, trouble.cure, code=trouble.code)
    digest = None
    try:
        secret = read_secret(account)
        if trouble and met is not None and not insist:
            digest = _digest(account, secret)
            if digest == met and (retry is None or now < retry):
                raise _Remembered(trouble.message, trouble.cure, code=trouble.code)
        return connect(account, secret)
    except _Remembered:
        raise
    except LoginRefused as error:
        again = None if error.certain or attempts else now + SECOND_LOGIN_AFTER
        ledger.note_trouble(_trouble(account, error), now, retry=again, settings=digest or _digest(account, secret))
        raise
    except AccountError as error:
        note_trouble(ledger, account.name, error, now)
        raise


class _Remembered(LoginRefused):
    """The login was refused before and nothing has changed since: the server is not asked again."""


def note_trouble(ledger: Ledger, account: str, error: AccountError, now: datetime) -> None:
    """Remember a trouble that is not a refused login, and until when the daemon stays away.

    The wait doubles from a minute to six hours, and is never shorter than the server asked for.
    """
    attempts, _, _ = ledger.waiting_room(account)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts, 9))
    if isinstance(error, AccountLater) and error.wait is not None:
        wait = max(wait, error.wait)
    ledger.note_trouble(Trouble(account, error.code, error.message, error.cure), now, retry=now + wait)


def _trouble(account: AccountSettings, error: AccountError) -> Trouble:
    return Trouble(account.name, error.code, error.message, error.cure)


def _digest(account: AccountSettings, secret: Secret) -> str:
    """Return what tells whether settings or secret changed, without keeping either.

    A token changes by the hour without curing a refusal, so it does not count.
    """
    told = "" if account.auth == "token-command" else secret.reveal()
    salt = repr((account.host, account.port, account.security, account.username, account.auth, account.command))
    return hashlib.scrypt(told.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=16).hex()
