from __future__ import annotations

from contextlib import closing
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import StoreError
from assistant.model import LIVE_STATES, Digest, Draft, DraftState, Kind, OtherChannel, Trouble
from assistant.store.database import open_ledger
from assistant.store.ledger import Ledger
from tests.store.builders import NOW, row

FULL: dict[str, Any] = {
    "needs_word": "Say when the lease ends.",
    "reason": "Ana usually answers within 2 days; it has been 16.",
    "addresses": ("ana@example.net", "ana@example.com"),
    "mailbox": "Entwürfe",
    "uidvalidity": 2**32 - 1,
    "uid": 17,
    "uidnext": 16,
    "attempts": 2,
    "missed": 1,
    "because": "They wrote meanwhile.",
    "gift": "an introduction to Ben",
    "standing": "Ana Ruiz hat am 2. Mai etwas gefragt und noch keine Antwort.",
    "in_reply_to": None,
    "since": NOW,
    "known": ("asked@example.org", "nameless:2026-05-01T09:00:00+00:00"),
}
OUT = Trouble("home", "unreachable", "The server does not answer.", "Check the network.")


def test_every_field_of_a_draft_makes_the_round_trip(state: Path) -> None:
    drafts = [row("a" * 20, **FULL), row("b" * 20, created=NOW)]
    untouched = (
        {field.name for field in fields(Draft)}
        - FULL.keys()
        - {name for name in Draft.__slots__ if getattr(row(), name) not in (None, 0, "")}
    )
    assert not untouched, "every field must carry a value in this test"
    with closing(open_ledger(state)) as connection:
        for draft in drafts:
            Ledger(connection).write(draft)
    with closing(open_ledger(state)) as connection:
        assert Ledger(connection).drafts() == drafts


def test_every_field_of_a_digest_makes_the_round_trip(state: Path) -> None:
    told = Digest(
        "c" * 20, "home", ("a" * 20, "b" * 20), "c@example.org", DraftState.UNKNOWN, NOW, NOW, "f" * 64, "Follow-ups",
        uidvalidity=2**32 - 1, uid=17, uidnext=16, attempts=2, missed=1, because="A newer one tells it.",
    )  # fmt: skip
    with closing(open_ledger(state)) as connection:
        Ledger(connection).write(told)
    with closing(open_ledger(state)) as connection:
        assert Ledger(connection).digests() == [told]
        assert Ledger(connection).digests("work") == []
        assert Ledger(connection).change(told, NOW, state=DraftState.EDITED).state is DraftState.EDITED


@pytest.mark.parametrize("state_of_it", DraftState)
@pytest.mark.parametrize("kind", Kind)
def test_every_state_and_kind_makes_the_round_trip(ledger: Ledger, state_of_it: DraftState, kind: Kind) -> None:
    ledger.write(row(state=state_of_it, kind=kind))
    assert ledger.draft("0" * 20) == row(state=state_of_it, kind=kind)


def test_a_change_is_written_and_dated(ledger: Ledger) -> None:
    ledger.write(row())
    changed = ledger.change(row(), NOW, state=DraftState.EDITED, uid=9)
    assert changed == row(state=DraftState.EDITED, uid=9, changed=NOW)
    assert ledger.drafts() == [changed]


def test_drafts_are_found_by_account_and_by_life(ledger: Ledger) -> None:
    for number, state in enumerate(DraftState):
        ledger.write(row(f"{number:020x}", state=state, account="home" if number % 2 else "work"))
    assert {draft.state for account in ("home", "work") for draft in ledger.live(account)} == LIVE_STATES
    assert len(ledger.drafts("home")) + len(ledger.drafts("work")) == len(ledger.drafts()) == len(DraftState)
    assert ledger.draft("f" * 20) is None


def test_contact_by_other_channels_is_kept_by_address_oldest_first(ledger: Ledger) -> None:
    called = OtherChannel(NOW, "We spoke on the phone; Müller was there", "gave")
    met = OtherChannel(NOW - timedelta(days=3), "Lunch")
    ledger.log("ana@example.net", called)
    ledger.log("ana@example.net", met)
    ledger.log("ben@example.com", called)
    assert ledger.other_channels() == {"ana@example.net": [met, called], "ben@example.com": [called]}


def test_the_daemon_may_write_to_an_account_once_it_was_confirmed(ledger: Ledger) -> None:
    assert not ledger.confirmed("home")
    ledger.confirm("home", NOW)
    ledger.swept("home", NOW)
    ledger.note_trouble(OUT, NOW)
    assert ledger.confirmed("home")
    assert not ledger.confirmed("work")


def test_a_trouble_is_remembered_over_restarts_with_its_first_day(state: Path) -> None:
    for hours in (0, 1, 2):
        with closing(open_ledger(state)) as connection:
            Ledger(connection).note_trouble(OUT, NOW + timedelta(hours=hours), retry=NOW + timedelta(hours=hours + 4))
    with closing(open_ledger(state)) as connection:
        ledger = Ledger(connection)
        assert ledger.trouble("home") == Trouble("home", OUT.code, OUT.message, OUT.cure, NOW)
        assert ledger.waiting_room("home") == (3, NOW + timedelta(hours=6), None)


def test_a_trouble_that_changes_its_face_begins_anew_but_the_attempts_go_on(ledger: Ledger) -> None:
    later = NOW + timedelta(hours=9)
    ledger.note_trouble(OUT, NOW, retry=later)
    busy = Trouble("home", "server_busy", "Too many connections.", "")
    ledger.note_trouble(busy, NOW + timedelta(hours=1), retry=later)
    trouble = ledger.trouble("home")
    assert trouble is not None
    assert (trouble.code, trouble.since) == ("server_busy", NOW + timedelta(hours=1))
    assert ledger.waiting_room("home")[0] == 2


def test_a_refused_login_is_remembered_with_what_was_refused(ledger: Ledger) -> None:
    ledger.note_trouble(OUT, NOW, settings="digest")
    assert ledger.waiting_room("home") == (0, None, "digest")


def test_a_trouble_with_one_mailbox_is_no_reason_to_stay_away(ledger: Ledger) -> None:
    ledger.note_trouble(Trouble("home", "mailbox", "It cannot be opened.", ""), NOW)
    assert ledger.trouble("home") is not None
    assert ledger.waiting_room("home") == (0, None, None)


@pytest.mark.parametrize("over", ["swept", "recovered"])
def test_a_trouble_that_is_over_is_forgotten(ledger: Ledger, over: str) -> None:
    ledger.note_trouble(OUT, NOW, retry=NOW + timedelta(hours=1), settings="digest")
    if over == "swept":
        ledger.swept("home", NOW + timedelta(hours=2))
    else:
        ledger.recovered("home")
    assert ledger.trouble("home") is None
    assert ledger.waiting_room("home") == (0, None, None)
    assert ledger.last_sweep("home") == (NOW + timedelta(hours=2) if over == "swept" else None)
    ledger.note_trouble(OUT, NOW + timedelta(hours=3), retry=NOW + timedelta(hours=4))
    assert ledger.waiting_room("home")[0] == 1


def test_an_account_nothing_is_known_of_is_in_no_trouble(ledger: Ledger) -> None:
    assert ledger.trouble("home") is None
    assert ledger.last_sweep("home") is None
    assert ledger.next_sweep("home") is None
    assert ledger.waiting_room("home") == (0, None, None)


def test_the_next_sweep_is_kept(ledger: Ledger) -> None:
    ledger.note_next("home", NOW)
    assert (ledger.next_sweep("home"), ledger.next_sweep("work")) == (NOW, None)


@pytest.mark.parametrize("statement", ["UPDATE drafts_seen SET seen = '{'", "UPDATE account SET alerts = '['"])
def test_what_nobody_can_have_written_is_a_store_error(state: Path, statement: str) -> None:
    with closing(open_ledger(state)) as connection:
        ledger = Ledger(connection)
        ledger.note_drafts_seen("home", {"looks": {}})
        ledger.note_alerts("home", ["The mailbox is nearly full."], NOW)
        connection.execute(statement)
        with pytest.raises(StoreError, match="makes no sense"):
            (ledger.drafts_seen("home"), ledger.alerts("home"))
