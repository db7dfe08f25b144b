"""The troubles of one sweep: each is told once, and the ledger remembers what an account was hindered by."""

from __future__ import annotations

from datetime import datetime

from assistant.errors import AssistantError, ConfigError, MailboxError, MessageError, TemplateError
from assistant.model import Trouble
from assistant.store.ledger import Ledger


class Troubles:
    """What went wrong in a sweep at ``now`` (UTC)."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._met: list[Trouble] = []
        self._hindered: dict[str, Trouble] = {}
        self._spoilt: dict[str, Trouble] = {}

    def note(self, account: str, error: AssistantError, *, hinders: bool = True) -> Trouble:
        """Note a trouble; one that ``hinders`` is remembered until a sweep goes well.

        That of a mailbox spoils the sweep; that of a letter does not, and all else went well.
        """
        trouble = Trouble(account, error.code, error.message, error.cure, self._now)
        if trouble not in self._met:
            self._met.append(trouble)
        if hinders and isinstance(error, MailboxError):
            self._hindered.setdefault(account, trouble)
        elif hinders and isinstance(error, TemplateError | MessageError | ConfigError):
            self._spoilt.setdefault(account, trouble)
        return trouble

    def met(self) -> tuple[Trouble, ...]:
        """Return all of them, in the order in which they were met."""
        return tuple(self._met)

    def settle(self, account: str, ledger: Ledger) -> None:
        """Note in the ledger how an account went that was open to the end."""
        if (trouble := self._hindered.get(account)) is not None:
            ledger.note_trouble(trouble, self._now)
            return
        ledger.swept(account, self._now)
        if (trouble := self._spoilt.get(account)) is not None:
            ledger.note_trouble(trouble, self._now)
