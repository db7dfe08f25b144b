"""Whether Sent is complete shows in what contacts answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assistant.model import Address, HeaderFacts, MailKind, Role, Signal
from assistant.store.database import open_mail
from assistant.store.messages import MailFacts, Seen

NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
ME, ANA = Address("sue@example.org"), Address("ana@example.net")


@pytest.fixture
def facts(tmp_path):
    database = open_mail(tmp_path)
    yield MailFacts(database)
    database.close()


def seen(uid: int, message_id: str, sender: Address, to: tuple[Address, ...], parent: str | None = None) -> Seen:
    found = HeaderFacts(message_id, parent, (parent,) if parent else (), sender, (), to, (), "Plan", NOW, Signal(0))
    return Seen(uid, found, MailKind.PERSONAL, NOW - timedelta(days=30), 100, 0)


def exchange(facts: MailFacts, there: int, missing: int, *, others: tuple[Address, ...] = ()) -> None:
    """Ana answers so many of Sue's mails; some of them lie in Sent."""
    sent = facts.begin_mailbox("home", "Sent", Role.SENT, 1, 1)
    inbox = facts.begin_mailbox("home", "INBOX", Role.INBOX, 1, 1)
    facts.add(sent, [seen(n, f"s{n}@example.org", ME, (ANA,)) for n in range(there)])
    both = range(there + missing)
    facts.add(inbox, [seen(n, f"a{n}@example.net", ANA, (ME, *others), f"s{n}@example.org") for n in both])


@pytest.mark.parametrize(
    ("there", "missing", "incomplete"),
    [
        (30, 0, False), (27, 3, False), (26, 4, True), (0, 30, True),
        (3, 15, True), (9, 9, False), (2, 3, True), (0, 4, False), (0, 0, False),
    ],
)  # fmt: skip
def test_more_than_a_tenth_missing_is_visible_and_of_few_a_clear_majority(facts, there, missing, incomplete):
    exchange(facts, there, missing)
    found = facts.answered("home", frozenset({ME.address}), NOW - timedelta(days=365))
    assert found.visibly_incomplete is incomplete


def test_mail_to_several_proves_nothing_since_somebody_else_may_have_been_answered(facts):
    exchange(facts, 0, 30, others=(Address("ben@example.com"),))
    assert not facts.answered("home", frozenset({ME.address}), NOW - timedelta(days=365)).visibly_incomplete


def test_what_they_answered_of_their_own_counts_for_nothing(facts):
    inbox = facts.begin_mailbox("home", "INBOX", Role.INBOX, 1, 1)
    facts.add(inbox, [seen(n, f"a{n}@example.net", ANA, (ME,), f"a{n - 1}@example.net") for n in range(1, 40)])
    found = facts.answered("home", frozenset({ME.address}), NOW - timedelta(days=365))
    assert (found.there, found.missing) == (0, 1)


def test_older_mail_is_not_looked_at(facts):
    exchange(facts, 0, 30)
    assert not facts.answered("home", frozenset({ME.address}), NOW).visibly_incomplete
