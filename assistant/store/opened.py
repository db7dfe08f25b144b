"""Opens both databases at once, for those who only look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from assistant.store.database import damage_told, open_ledger, open_mail, prepare
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts


@contextmanager
def opened(state: Path) -> Iterator[tuple[MailFacts, Ledger]]:
    """Open both databases of a state directory. Raises StoreError when one cannot be used."""
    prepare(state)
    with damage_told(), closing(open_mail(state)) as mail, closing(open_ledger(state)) as ledger:
        yield MailFacts(mail), Ledger(ledger)
