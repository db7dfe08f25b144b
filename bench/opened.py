"""What a sweep has learned, opened in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant import clock
from assistant.mailbox.credentials import read_secret
from assistant.mailbox.door import Door
from assistant.noting import read_bodies
from assistant.opening import connect_to_server
from assistant.settings import Settings, load
from assistant.store.choices import load_choices
from assistant.store.database import open_ledger, open_mail
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.weighing import Weighing
from bench.ground import PASSWORD


@dataclass(frozen=True, slots=True)
class Opened:
    """Settings, the cache of header facts, and everybody ready to be weighed."""

    settings: Settings
    facts: MailFacts
    weighing: Weighing

    @contextmanager
    def door(self) -> Iterator[Door]:
        """Open the door to the account."""
        os.environ["ASSISTANT_SECRET_BENCH"] = PASSWORD
        (account,) = self.settings.accounts
        with closing(connect_to_server(account, read_secret(account))) as door:
            yield door

    def judge(self) -> None:
        """Weigh everybody anew."""
        self.weighing.load()
        self.weighing.suggestions((), by_hand=True, contact=None)

    def read_all_bodies(self) -> None:
        """Read at once what ordinary sweeps would read in steps of 500."""
        self.weighing.load()
        needed = self.weighing.bodies_needed()
        with self.door() as door:
            read_bodies(door, self.facts, needed, zone=self.settings.zone, user_names=("Robin", "Vale"))


@contextmanager
def opened(folder: Path) -> Iterator[Opened]:
    """Open what a sweep with the settings in ``folder`` has left there."""
    settings, _ = load(folder / "config.toml")
    state = folder / "state"
    with closing(open_mail(state)) as mail, closing(open_ledger(state)) as ledger:
        facts, choices = MailFacts(mail), load_choices(settings.directory)
        weighing = Weighing(settings, facts, Ledger(ledger), choices, clock.now(), None)
        yield Opened(settings, facts, weighing)
