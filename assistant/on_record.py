"""What is on record, opened without asking any mailbox: the facts of the mail, the ledger, what both amount to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from assistant.settings import Settings
from assistant.store.choices import load_choices
from assistant.store.database import open_ledger, open_mail, prepare
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.weighing import Weighing
from assistant.writing import Writer


class Record(NamedTuple):
    """The two databases while they are open, and everybody in them, ready to be judged."""

    facts: MailFacts
    ledger: Ledger
    weighing: Weighing


@contextmanager
def opened(state: Path) -> Iterator[tuple[MailFacts, Ledger]]:
    """Open both databases of a state directory. Raises StoreError when one cannot be used."""
    prepare(state)
    with closing(open_mail(state)) as mail, closing(open_ledger(state)) as ledger:
        yield MailFacts(mail), Ledger(ledger)


@contextmanager
def on_record(settings: Settings, state: Path, now: datetime) -> Iterator[Record]:
    """Open both databases and load everybody, to be judged as of ``now``. Raises StoreError and ConfigError."""
    with opened(state) as (facts, ledger):
        weighing = Weighing(settings, facts, ledger, load_choices(settings.directory), Writer(settings), now, None)
        weighing.load()
        yield Record(facts, ledger, weighing)
