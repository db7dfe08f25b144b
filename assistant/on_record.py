"""What is on record, opened without asking any mailbox: the facts of the mail, the ledger, what both amount to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from assistant.settings import Settings
from assistant.store.choices import load_choices
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.store.opened import opened
from assistant.weighing import Weighing


class Record(NamedTuple):
    """The two databases while they are open, and everybody in them, ready to be judged."""

    facts: MailFacts
    ledger: Ledger
    weighing: Weighing


@contextmanager
def on_record(settings: Settings, state: Path, now: datetime, about: str | None = None) -> Iterator[Record]:
    """Open both databases and load everybody, to be judged as of ``now``. Raises StoreError and ConfigError.

    ``about``: only the person with this address is to be judged, and few others need be loaded.
    """
    with opened(state) as (facts, ledger):
        weighing = Weighing(settings, facts, ledger, load_choices(settings.directory), now, None, about=about)
        weighing.load()
        yield Record(facts, ledger, weighing)
