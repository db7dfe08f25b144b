"""From a host name to a logged-in connection: TLS that verifies, one login, nothing sent in the clear."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from typing import TYPE_CHECKING, Any

from imapclient import IMAPClient

from assistant import __version__
from assistant.errors import AccountError, AccountLater, AccountStopped, AssistantError, LoginRefused
from assistant.mailbox.answers import LOGIN_DROPPED, refusal, shown, words_of_error
from assistant.mailbox.secrecy import Secret, oauthbearer, xoauth2
from assistant.mailbox.wire import Connection
from assistant.values import is_loopback

if TYPE_CHECKING:
    from assistant.settings import AccountSettings

# What LOGIN carries as it is; all else goes through AUTHENTICATE PLAIN, which knows no quoting.
_PLAIN_LOGIN = re.compile(r"[A-Za-z0-9@._+-]+")
_CLOSING_SECONDS = 5.0


class Client(IMAPClient):  # type: ignore[misc]
    """imapclient on our guarded connection, quiet, with aware times."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, seconds: float) -> None:
        self._guard = (context, seconds)
        super().__init__(host, port, ssl=context is not None, timeout=seconds)
        self._imap.debug = 0  # imapclient sets 5, which formats every line, secrets too, for a log
        self.normalise_times = False

    def _create_IMAP4(self) -> Connection:  # noqa: N802 - imapclient's name
        return Connection(self.host, self.port, *self._guard)

    @property
    def connection(self) -> Connection:
        """The guarded connection beneath."""
        connection: Connection = self._imap
        return connection


def open_session(account: AccountSettings, secret: Secret, seconds: float) -> Client:
    """Connect and log in, once. Raises AccountLater, AccountStopped or LoginRefused, each with a cure."""
    client = _connected(account, seconds)
    try:
        _log_in(client, account, secret, seconds)
        _introduce(client, seconds)
    except BaseException:
        client.connection.shutdown()
        raise
    return client


def close_session(client: Client) -> None:
    """Log out politely but briefly; never raises."""
    try:
        client.connection.allow(_CLOSING_SECONDS)
        client.logout()
    except (imaplib.IMAP4.error, OSError, ValueError):
        client.connection.shutdown()


def lost(error: BaseException, host: str, doing: str) -> AccountError:
    """Return the error for a connection that broke: by the server's last words where it said any."""
    words = words_of_error(error)
    said = refusal(words, f"{host} ended the connection while it was asked to {doing}")
    if isinstance(said, AccountError):
        return said
    return AccountLater(
        f"The connection to {host} was lost while it was asked to {doing}: {shown(words) or type(error).__name__}.",
        "It will be tried again by itself.",
    )


def _connected(account: AccountSettings, seconds: float) -> Client:
    host, where = account.host.strip("[]"), f"{account.host}, port {account.port}"
    if account.security == "none" and not is_loopback(host):
        raise AccountStopped(
            f"Account {account.name} would send its password unprotected to {where}.",
            'Set security = "tls" or "starttls"; "none" is for this machine only.',
            code="unprotected",
        )
    context = None if account.security == "none" else _tls_context(account)
    try:
        client = Client(host, account.port, context if account.security == "tls" else None, seconds)
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        raise _unreachable(error, account) from error
    try:
        if client.connection.state != "NONAUTH":
            raise AccountStopped(
                f"{where} claims that we are logged in already, before we have said who we are.",
                "Somebody may be sitting in between; ask the provider, or check host and port.",
                code="preauth",
            )
        if account.security == "starttls":
            _start_tls(client, account, context)
    except BaseException:
        client.connection.shutdown()
        raise
    return client


def _tls_context(account: AccountSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if account.tls_ca is None else str(account.tls_ca))
    except (OSError, ssl.SSLError) as error:
        raise AccountStopped(
            f"The authority's certificate {account.tls_ca} of account {account.name} cannot be used: {error.strerror}.",
            "Correct tls_ca = ... in the configuration; the file must hold certificates in PEM form.",
            code="certificate",
        ) from error


def _start_tls(client: Client, account: AccountSettings, context: ssl.SSLContext | None) -> None:
    where = f"{account.host}, port {account.port}"
    if not client.has_capability("STARTTLS"):
        raise AccountStopped(
            f"{where} offers no STARTTLS, so the password is not sent.",
            'Set security = "tls" and port = 993; if that fails too, somebody may be stripping the protection.',
            code="no_starttls",
        )
    try:
        client.starttls(context)
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        raise _unreachable(error, account) from error
    client.connection.untagged_responses.clear()  # nothing said in the clear counts any more


def _unreachable(error: Exception, account: AccountSettings) -> AssistantError:
    """Return a clear sentence for each way in which a connection can fail before the login."""
    where = f"{account.host}, port {account.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return AccountLater(
            f"The certificate of {where} is not trusted: {shown(error.verify_message)}.",
            "Check the host name and this machine's clock; for a private authority set tls_ca = ...; "
            "on a guest network log in there first.",
            code="certificate",
        )
    if isinstance(error, ssl.SSLError):
        return AccountLater(
            f"No protected connection to {where} could be made ({shown(error.reason or str(error))}).",
            'Check port and security: 993 goes with "tls", 143 with "starttls".',
            code="tls_failed",
        )
    if isinstance(error, socket.gaierror):
        return AccountLater(f"The server {account.host} is not found.", "Check the network and the spelling of host.")
    if isinstance(error, TimeoutError):
        return AccountLater(f"{where} does not answer.", "Check the network, host and port.")
    if isinstance(error, OSError):
        return AccountLater(
            f"{where} cannot be reached: {shown(error.strerror or str(error))}.", "Check the network, host and port."
        )
    said = refusal(words_of_error(error), f"{where} refuses the connection")
    if isinstance(said, AccountError):
        return said
    return AccountLater(
        f"{where} does not answer as an IMAP server does: {shown(words_of_error(error))}.",
        "Check host, port and security.",
    )


def _log_in(client: Client, account: AccountSettings, secret: Secret, seconds: float) -> None:
    connection, user, password = client.connection, account.username, secret.reveal()
    if any(character in user + password for character in "\0\r\n\1"):
        raise AccountStopped(
            f"User name or secret of account {account.name} holds a control character, which no server takes.",
            "Look where the secret comes from; a line too many is the usual reason.",
            code="secret_unusable",
        )
    connection.allow(seconds)
    challenge: list[bytes] = []
    asked = False
    try:
        offered = {capability.decode("latin-1") for capability in client.capabilities()}
        mechanism = _mechanism(account, password, offered)
        connection.untagged_responses.clear()
        asked = True
        if mechanism == "LOGIN":
            connection.login(user, password)
        else:
            connection.authenticate(mechanism, _responder(mechanism, user, password, challenge))
    except (imaplib.IMAP4.abort, OSError) as error:
        broken = lost(error, account.host, "log in")
        if asked and broken.code == AccountLater.code and _hung_up(client, error):
            broken.code = LOGIN_DROPPED
        raise broken from error
    except (imaplib.IMAP4.error, ValueError) as error:
        words = words_of_error(error)
        words = f"{words} {shown(challenge[0])}" if challenge else words
        said = refusal(words, f"{account.host} refused the login of {user}", login=True)
        if isinstance(said, LoginRefused) and account.auth == "token-command":
            said.cure = "Let the command fetch a new token (its grant may have run out), then run 'assistant doctor'."
        raise said from error


def _hung_up(client: Client, error: BaseException) -> bool:
    """Tell whether the server answered by hanging up, rather than that its answer was cut, late or nonsense."""
    ended = isinstance(error, ConnectionError) or "socket error: EOF" in str(error)
    return ended or "BYE" in client.connection.untagged_responses


def _introduce(client: Client, seconds: float) -> None:
    """Learn what the server can do now, and say who we are (RFC 2971).

    Without ID 163.com opens no mailbox. It goes out with the next command, and a server that minds it is not pressed.
    """
    client.connection.allow(seconds)
    client._cached_capabilities = None  # noqa: SLF001 - those from before the login no longer count
    try:
        knows_id = client.has_capability("ID")
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise lost(error, client.host, "say what it can do") from error
    if knows_id:
        client.connection.announce("ID", f'("name" "followup-assistant" "version" "{__version__}")')


def _mechanism(account: AccountSettings, password: str, offered: set[str]) -> str:
    """Choose how to log in, by what the server offers."""
    if account.auth == "token-command":
        for mechanism in ("XOAUTH2", "OAUTHBEARER"):
            if f"AUTH={mechanism}" in offered:
                return mechanism
        raise AccountStopped(
            f"{account.host} takes no access tokens (neither XOAUTH2 nor OAUTHBEARER).",
            'Use a password for this account: auth = "keyring" or "command".',
            code="no_token_login",
        )
    fits_login = _PLAIN_LOGIN.fullmatch(account.username) and password.isascii()
    if fits_login and "LOGINDISABLED" not in offered:
        return "LOGIN"
    if "AUTH=PLAIN" in offered:
        return "PLAIN"
    if "LOGINDISABLED" in offered:
        raise AccountStopped(
            f"{account.host} takes no password on this connection.",
            'Set security = "tls"; if it is set, the provider may want a token: auth = "token-command".',
            code="login_disabled",
        )
    raise AccountStopped(
        f"{account.host} cannot take this user name or password: it knows only plain English letters.",
        "Choose another password at the provider.",
        code="secret_unusable",
    )


def _responder(mechanism: str, user: str, secret: str, challenges: list[bytes]) -> Any:
    """Return what answers the server's challenges: the credentials first, then an end to its complaint."""
    first, farewell = {
        "PLAIN": (f"\0{user}\0{secret}".encode(), None),
        "XOAUTH2": (xoauth2(user, secret), b""),
        "OAUTHBEARER": (oauthbearer(user, secret), b"\1"),
    }[mechanism]
    responses = [first]

    def respond(challenge: bytes) -> bytes | None:
        if responses:
            return responses.pop()
        challenges.append(challenge)  # a token's refusal comes as JSON (RFC 7628, section 3.2.2)
        return farewell

    return respond
