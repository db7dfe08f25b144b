"""What the daemon says: news always, what lasts once, in sentences that a person understands."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from assistant.diary import Diary, bug, lasting_of, news_of, span
from assistant.following import Withdrawal
from assistant.model import (
    Address,
    Contact,
    DraftState,
    Kind,
    Letter,
    MailKind,
    Message,
    Role,
    Signal,
    Silence,
    Suggestion,
    Trouble,
)
from assistant.sweep import AccountOutcome, Outcome, Proposed
from tests.store.builders import row

NOW = datetime(2026, 3, 4, 9, 15, tzinfo=UTC)
REFUSED = Trouble("home", "login_refused", "The server refused the login.", "Store the new password.")
SENTENCE = "The server refused the login. Store the new password."


def outcome(new: int = 0, *, previewed: bool = False, suggestions=(), withdrawn=(), errors=()) -> Outcome:
    account = AccountOutcome("home", new, 100, 0.1, errors[0] if errors else None, previewed)
    return Outcome(NOW, False, (account,), tuple(suggestions), tuple(withdrawn), tuple(errors))


def proposed(name: str, state: DraftState | None) -> Proposed:
    """Return a suggestion for somebody and the draft that came of it, None when it was held."""
    address = f"{name.split()[0].lower()}@example.net" if name else "nameless@example.net"
    about = Message(
        1, "home", "INBOX", Role.INBOX, 1, "one@example.net", 1, Address(address, name), None, (), (), "Lease", NOW,
        MailKind.PERSONAL, Signal(0), 100, outgoing=False,
    )  # fmt: skip
    suggestion = Suggestion(
        "home", Kind.CHECK_IN, 0.7, "It has been 16 days.", Contact(address, name, (address,), True), None, 16, 2.0,
        (), Silence("one@example.net", NOW), about, None, "sue@example.org",
    )  # fmt: skip
    if state is None:
        return Proposed(suggestion)
    me, them = Address("sue@example.org"), Address(address)
    letter = Letter("0" * 20, "x@example.org", me, them, "Lease", "Dear", "en", "en/check_in", None, (), b"", "f")
    return Proposed(suggestion, letter, row(state=state, mailbox="Entwürfe"))


ANA, BO, EVA = (proposed(name, DraftState.WAITING) for name in ("Ana Lima", "", "Eva Holm"))
LOST = proposed("Lev Ost", DraftState.UNKNOWN)
HELD = proposed("Ulf Berg", None)
TAKEN = Withdrawal(row(), "They wrote meanwhile.")


@pytest.mark.parametrize(
    ("found", "sentences"),
    [
        (outcome(), []),
        (outcome(1), ["1 new mail"]),
        (outcome(3, suggestions=[ANA, HELD]), ["3 new mails, 1 draft for Ana Lima waits in Entwürfe"]),
        (
            outcome(suggestions=[ANA, BO, EVA]),
            ["3 drafts for Ana Lima, nameless@example.net and Eva Holm wait in Entwürfe"],
        ),
        (
            outcome(suggestions=[ANA, LOST]),
            ["1 draft for Ana Lima waits in Entwürfe, 1 draft for Lev Ost is looked for in Entwürfe"],
        ),
        (outcome(withdrawn=[TAKEN]), ["the draft for ana@example.net was taken back: They wrote meanwhile."]),
        (outcome(2, previewed=True, suggestions=[ANA], withdrawn=[TAKEN]), ["2 new mails"]),
    ],
)
def test_news_are_told_in_sentences(found, sentences):
    assert news_of(found) == sentences


@pytest.mark.parametrize(
    ("found", "level", "start"),
    [
        (outcome(errors=[REFUSED]), logging.WARNING, SENTENCE),
        (outcome(previewed=True, suggestions=[ANA, EVA]), logging.INFO, "only a preview: would lay 2 drafts for Ana"),
        (outcome(previewed=True), logging.INFO, "only a preview: would lay no draft now; "),
        (outcome(previewed=True, errors=[REFUSED]), logging.WARNING, "The server refused the login."),
    ],
)
def test_what_lasts_has_a_level_and_names_the_cure(found, level, start):
    ((told, sentence),) = lasting_of(found)
    assert told == level
    assert sentence.startswith(start)
    assert sentence.endswith("Store the new password.") or "'assistant sweep'" in sentence


@pytest.mark.parametrize(
    ("looks", "lines"),
    [
        ([outcome(), outcome()], ["nothing new"]),
        ([outcome(2), outcome(2)], ["2 new mails", "2 new mails"]),
        (
            [outcome(errors=[REFUSED]), outcome(errors=[REFUSED]), outcome(1), outcome(), outcome(errors=[REFUSED])],
            [SENTENCE, "works again", "1 new mail", SENTENCE],
        ),
        (
            [outcome(previewed=True), outcome(1, previewed=True), outcome()],
            [lasting_of(outcome(previewed=True))[0][1], "1 new mail"],
        ),
    ],
    ids=["quiet", "the same news twice", "a trouble comes, stays, goes and comes again", "a preview is confirmed"],
)
def test_what_lasts_is_told_when_it_begins_and_a_trouble_also_when_it_ends(looks, lines, caplog):
    caplog.set_level(logging.INFO)
    diary = Diary()
    for found in looks:
        diary.looked_at("home", found)
    assert caplog.messages == lines
    assert {record.account for record in caplog.records} == {"home"}


def test_a_bug_is_shown_in_one_line_with_the_places_it_came_from():
    def inner() -> None:
        raise KeyError("oops\x1b[2J\nmore")

    try:
        inner()
    except KeyError as error:
        shown = bug(error)
    assert shown.startswith("KeyError: 'oops")
    assert "inner < test_diary.py:" in shown
    assert shown.isprintable()


@pytest.mark.parametrize(("seconds", "shown"), [(60, "1 min"), (3599, "59 min"), (90061, "25 h 1 min")])
def test_spans_are_told_in_hours_and_minutes(seconds, shown):
    assert span(seconds) == shown


def test_what_a_server_wants_the_user_to_read_is_noted() -> None:
    account = AccountOutcome("home", 0, 100, 0.1, alerts=("Your mailbox is nearly full",))
    [(level, sentence)] = lasting_of(Outcome(NOW, False, (account,), (), (), ()))
    assert (level, sentence) == (logging.WARNING, "the server says: Your mailbox is nearly full")


def test_what_keeps_another_account_from_being_looked_into_is_told_when_that_one_has_its_turn() -> None:
    elsewhere = Trouble("work", "unreachable", "The server cannot be reached.", "Look at the network.")
    assert lasting_of(Outcome(NOW, False, outcome().accounts, (), (), (elsewhere,))) == []
