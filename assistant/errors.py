"""One tree of errors, by how far each reaches: a message, a mailbox, an account, the program."""

from __future__ import annotations

from datetime import timedelta


class AssistantError(Exception):
    """A trouble that was expected.

    ``code`` is a short stable word for programs, ``message`` a sentence that says what happened and
    where, ``cure`` a sentence that says what to do (may be empty when nothing can be done).
    """

    code = "trouble"

    def __init__(self, message: str, cure: str = "", *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.cure}".strip()


class MessageError(AssistantError):
    """One message cannot be read; it is put aside and the mailbox goes on."""

    code = "message"


class MailboxError(AssistantError):
    """One mailbox cannot be read or written; the account's other mailboxes go on."""

    code = "mailbox"


class AccountError(AssistantError):
    """An account cannot be worked on in this sweep; the other accounts go on."""

    code = "account"


class AccountLater(AccountError):
    """It may work later without anybody doing anything: a network or server trouble.

    ``wait`` is the shortest time to stay away, where the server named one.
    """

    code = "unreachable"

    def __init__(self, message: str, cure: str = "", *, code: str | None = None, wait: timedelta | None = None) -> None:
        super().__init__(message, cure, code=code)
        self.wait = wait


class AccountStopped(AccountError):
    """It will not work until the user changes something: a password, a setting, a server's rule."""

    code = "stopped"


class FuseBlown(AccountStopped):
    """More was about to be written than any day allows: nothing goes on before a person has looked."""

    code = "fuse"


class LoginRefused(AccountStopped):
    """The server refused the login; it is not tried again until the secret or the settings change.

    ``certain`` is false for a plain NO without AUTHENTICATIONFAILED (RFC 5530), which may be passing.
    """

    code = "login_refused"

    def __init__(self, message: str, cure: str = "", *, code: str | None = None, certain: bool = True) -> None:
        super().__init__(message, cure, code=code)
        self.certain = certain


class ServiceError(AssistantError):
    """The system's service manager cannot be asked, or refuses."""

    code = "service"


class TemplateError(AssistantError):
    """A template cannot be used; ``file`` and ``line`` say where."""

    code = "template"


class StoreError(AssistantError):
    """The database cannot be used."""

    code = "database"


class Busy(AssistantError):
    """Another process holds what is needed (exit code 75)."""

    code = "busy"


class ConfigError(AssistantError):
    """The configuration cannot be used; ``problems`` lists everything found, each with file and key."""

    code = "config"

    def __init__(self, problems: list[str], cure: str = "") -> None:
        super().__init__("\n".join(problems), cure)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join([*self.problems, *([self.cure] if self.cure else [])])
