"""What a sweep has to go on: what is asked and when, the settings, and the records it reads and writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant.mailbox.door import Progress
from assistant.model import Choices
from assistant.outcome import Order
from assistant.settings import Settings
from assistant.store.choices import load_choices
from assistant.store.database import damage_told, open_ledger, open_mail, prepare, rehearsal_of
from assistant.store.forgotten import Forgotten
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts


@dataclass(frozen=True, slots=True)
class Task:
    """A sweep that is to be done at ``now`` (UTC).

    ``state`` is the state directory; what is only rehearsed goes into ``rehearsal`` in place of ``ledger``.
    """

    settings: Settings
    state: Path
    order: Order
    now: datetime
    progress: Progress
    facts: MailFacts
    ledger: Ledger
    rehearsal: Ledger

    @property
    def choices(self) -> Choices:
        """What the user has chosen by now: a sweep may take long, and what they say meanwhile holds for it.

        Raises ConfigError.
        """
        return load_choices(self.settings.directory)

    @property
    def judged_at(self) -> datetime:
        """The moment as of which everything is judged, in UTC."""
        return self.order.as_of or self.now

    @property
    def judged_by(self) -> Ledger:
        """The ledger that judgement goes by.

        A rehearsal judges by what it rehearsed, or it would not see what following the drafts has brought.
        """
        return self.rehearsal if self.order.only_rehearsed else self.ledger


@contextmanager
def begun(settings: Settings, state: Path, order: Order, now: datetime, progress: Progress) -> Iterator[Task]:
    """Open the records for a sweep. Raises StoreError and ConfigError."""
    prepare(state)
    forgotten = Forgotten(load_choices(settings.directory).forgotten)  # nobody is, while an account is held
    with (
        damage_told(),
        closing(open_mail(state)) as mail,
        closing(open_ledger(state)) as durable,
        closing(rehearsal_of(durable)) as passing,
    ):
        rehearsal = Ledger(passing)
        if order.as_of is not None:
            rehearsal.as_it_was(order.as_of)
        yield Task(settings, state, order, now, progress, MailFacts(mail, forgotten), Ledger(durable), rehearsal)
