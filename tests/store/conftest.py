"""Databases in a state directory of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.store.database import open_ledger, open_mail, prepare
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts


@pytest.fixture
def state(tmp_path: Path) -> Path:
    directory = tmp_path / "state"
    prepare(directory)
    return directory


@pytest.fixture
def facts(state: Path) -> Iterator[MailFacts]:
    with closing(open_mail(state)) as connection:
        yield MailFacts(connection)


@pytest.fixture
def ledger(state: Path) -> Iterator[Ledger]:
    with closing(open_ledger(state)) as connection:
        yield Ledger(connection)
