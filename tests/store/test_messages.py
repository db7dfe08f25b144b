from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import StoreError
from assistant.model import Address, Cue, CueKind, MailKind, Reading, Role, Signal
from assistant.store.asides import Aside
from assistant.store.database import open_mail
from assistant.store.messages import (
    ANSWERED,
    FLAGGED,
    INBOX_LABEL,
    RECIPIENTS_KEPT,
    SENT_LABEL,
    MailFacts,
    Seen,
)
from tests.store.builders import ANA, BEN, ME, NOW, OWN, address, addresses, by_id, inbox, known, seen, threads


def test_a_message_comes_back_as_it_was_read(facts: MailFacts) -> None:
    box = inbox(facts)
    facts.add(box, [seen(5, "a@example.net", reply_to=[BEN], cc=[BEN], subject="Grüße 🌻", marks=ANSWERED | FLAGGED)])
    [message] = known(facts)
    assert (message.account, message.mailbox, message.role, message.uid) == ("home", "INBOX", Role.INBOX, 5)
    assert (message.message_id, message.subject, message.when) == ("a@example.net", "Grüße 🌻", NOW)
    assert (message.sender, message.reply_to, message.to, message.cc) == (ANA, BEN, (Address(ME),), (BEN,))
    assert (message.answered, message.flagged, message.outgoing, message.size) == (True, True, False, 2000)
    assert (message.kind, message.signals, message.reading) == (MailKind.PERSONAL, Signal(0), None)


def test_a_message_without_anything_comes_back_without_anything(facts: MailFacts) -> None:
    facts.add(inbox(facts), [seen(1, sender=None, to=[], subject="", when=None)])
    [message] = known(facts)
    assert (message.message_id, message.sender, message.reply_to, message.when) == (None, None, None, None)
    assert (message.to, message.cc, message.subject) == ((), (), "")


def test_several_reply_to_addresses_are_none(facts: MailFacts) -> None:
    facts.add(inbox(facts), [seen(1, reply_to=[ANA, BEN])])
    assert known(facts)[0].reply_to is None


def test_reading_the_same_again_adds_nothing(facts: MailFacts) -> None:
    box = inbox(facts)
    batch = [seen(1, "a@example.net"), seen(2), seen(3, "b@example.net", references=["a@example.net"])]
    assert facts.add(box, batch) == 3
    before = known(facts)
    assert facts.add(box, batch) == 0
    assert known(facts) == before
    assert facts.count("home") == 3


def test_messages_come_oldest_first_and_undated_ones_before(facts: MailFacts) -> None:
    days = [3, 1, 2]
    facts.add(inbox(facts), [*(seen(day, when=NOW - timedelta(days=day)) for day in days), seen(9, when=None)])
    assert [message.uid for message in known(facts)] == [9, 3, 2, 1]


ONE_SECOND = (
    seen(1, "z@example.org"),
    seen(2, "y@example.net", references=["z@example.org"]),
    seen(3, "x@example.org", references=["z@example.org", "y@example.net"]),
    seen(4, "a@example.net", references=["gone@example.org"]),
)


@pytest.mark.parametrize("arrived", list(itertools.permutations(ONE_SECOND)))
def test_mail_of_one_second_comes_behind_what_it_answers_in_whatever_order_it_was_read(
    facts: MailFacts, arrived: tuple[Seen, ...]
) -> None:
    box = inbox(facts)
    for one in arrived:
        facts.add(box, [one])
    names = ["a@example.net", "z@example.org", "y@example.net", "x@example.org"]
    assert [message.message_id for message in known(facts)] == names
    assert [message.message_id for message in facts.lookup(OWN).numbered([1, 2, 3, 4])] == names


def test_mail_that_answers_itself_comes_once(facts: MailFacts) -> None:
    """Anybody can write such header lines."""
    one, two = (
        seen(1, "a@example.net", references=["b@example.net"]),
        seen(2, "b@example.net", references=["a@example.net"]),
    )
    facts.add(inbox(facts), [one, two, seen(3, "c@example.net", references=["c@example.net"])])
    assert sorted(message.uid or 0 for message in known(facts)) == [1, 2, 3]


def test_copies_and_nameless_mail_of_one_second_come_by_their_places(facts: MailFacts) -> None:
    box, archive = inbox(facts), facts.begin_mailbox("home", "Archive", Role.ARCHIVE, 7, 1)
    facts.add(box, [seen(2), seen(1), seen(3, "a@example.net")])
    facts.add(archive, [seen(4, "a@example.net")])
    assert [message.uid for message in known(facts)] == [1, 2, 4, 3]


def test_mail_dated_later_than_asked_for_is_left_out(facts: MailFacts) -> None:
    facts.add(inbox(facts), [seen(1, when=NOW), seen(2, when=NOW + timedelta(seconds=1)), seen(3, when=None)])
    assert [message.uid for message in facts.messages(OWN, NOW)] == [3, 1]


def test_what_the_user_wrote_is_outgoing_wherever_it_lies(facts: MailFacts) -> None:
    facts.add(inbox(facts), [seen(1, sender=Address(ME)), seen(2)])
    sent = facts.begin_mailbox("home", "Sent", Role.SENT, 7, 1)
    facts.add(sent, [seen(3, sender=Address("alias@example.org"))])
    assert {message.uid: message.outgoing for message in known(facts)} == {1: True, 2: False, 3: True}


def test_labels_tell_the_role_where_one_mailbox_holds_everything(facts: MailFacts) -> None:
    box = facts.begin_mailbox("home", "All Mail", Role.ALL, 7, 1)
    facts.add(box, [seen(1, marks=SENT_LABEL), seen(2, marks=INBOX_LABEL), seen(3)])
    roles = {message.uid: (message.role, message.outgoing) for message in known(facts)}
    assert roles == {1: (Role.SENT, True), 2: (Role.INBOX, False), 3: (Role.ALL, False)}


# threads


def test_a_late_message_joins_what_belonged_together(facts: MailFacts) -> None:
    box = inbox(facts)
    facts.add(box, [seen(1, "a"), seen(2, "b"), seen(3, "c", references=["b"])])
    assert threads(facts) == {frozenset("a"), frozenset("bc")}
    facts.add(box, [seen(4, "d", references=["a", "c"])])
    assert threads(facts) == {frozenset("abcd")}


def test_answers_to_a_mail_nobody_has_belong_together(facts: MailFacts) -> None:
    facts.add(inbox(facts), [seen(1, "a", references=["lost"]), seen(2, "b", references=["lost"])])
    assert threads(facts) == {frozenset("ab")}


def test_mail_without_ids_belongs_to_nothing(facts: MailFacts) -> None:
    facts.add(inbox(facts), [seen(1), seen(2)])
    assert len({message.thread for message in known(facts)}) == 2


def test_a_thread_keeps_its_number_when_others_join_it(facts: MailFacts) -> None:
    box = inbox(facts)
    facts.add(box, [seen(1, "a"), seen(2, "b")])
    first = by_id(facts)["a"].thread
    facts.add(box, [seen(3, "c", references=["a", "b"]), seen(4, "d", references=["c"])])
    assert {message.thread for message in known(facts)} == {first}


def test_threads_of_two_accounts_are_one_when_their_ids_are(facts: MailFacts) -> None:
    facts.add(inbox(facts), [seen(1, "a")])
    facts.add(inbox(facts, account="work"), [seen(1, "b", references=["a"])])
    assert threads(facts) == {frozenset("ab")}


@given(st.data())
def test_threads_do_not_depend_on_the_order_of_reading(data: st.DataObject) -> None:
    names = "abcdefgh"
    messages = [
        seen(uid, name, references=data.draw(st.lists(st.sampled_from(names), max_size=3)))
        for uid, name in enumerate(names, 1)
    ]
    shuffled = data.draw(st.permutations(messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(messages)), max_size=3)))
    found = []
    for parts in ([messages], [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(messages)], strict=True)]):
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            for step in sorted(SCHEMA.glob("*.sql")):
                connection.executescript(step.read_text())
            facts = MailFacts(connection)
            box = inbox(facts)
            for part in parts:
                facts.add(box, part)
            found.append(threads(facts))
    assert found[0] == found[1]


SCHEMA = Path(open_mail.__code__.co_filename).parent / "schema" / "mail"


# a mailbox made anew


def test_a_renumbered_mailbox_keeps_facts_and_cues_and_finds_its_messages_again(facts: MailFacts) -> None:
    box = inbox(facts, uidvalidity=7)
    facts.add(box, [seen(1, "a", subject="One"), seen(2, "b"), seen(3, subject="No id")])
    reading = Reading("en", 12, 1, (Cue(CueKind.QUESTION, 0),))
    before = by_id(facts)
    facts.add_reading(before["a"].id, reading)
    box = inbox(facts, uidvalidity=8)
    assert [message.uid for message in known(facts)] == [None, None, None]
    assert facts.add(box, [seen(11, "a", subject="One"), seen(13, subject="No id"), seen(14, "new")]) == 1
    after = by_id(facts)
    assert {name: message.uid for name, message in after.items()} == {"a": 11, "b": None, None: 13, "new": 14}
    assert after["a"].reading == reading
    assert all(after[name].id == before[name].id and after[name].thread == before[name].thread for name in before)


def test_a_stranger_who_reuses_the_id_of_a_mail_that_has_left_does_not_take_its_place(facts: MailFacts) -> None:
    box = inbox(facts, uidnext=2)
    facts.add(box, [seen(1, "a@example.net"), seen(2, subject="Without an id")])
    facts.note_gone(box, [])
    forged = [seen(3, "a@example.net", sender=BEN), seen(4, subject="Without an id", sender=BEN)]
    assert facts.add(box, forged) == 2
    lying = {(message.sender, message.uid) for message in known(facts)}
    assert lying == {(ANA, None), (BEN, 3), (BEN, 4)}
    assert facts.add(box, [seen(5, "a@example.net"), seen(6, subject="Without an id")]) == 0


def test_two_mails_of_one_id_are_both_found_again(facts: MailFacts) -> None:
    facts.add(inbox(facts, uidvalidity=7), [seen(1, "a"), seen(2, "a")])
    box = inbox(facts, uidvalidity=8)
    assert facts.add(box, [seen(5, "a"), seen(6, "a")]) == 0
    assert sorted(message.uid or 0 for message in known(facts)) == [5, 6]


def test_what_was_put_aside_is_forgotten_with_its_numbers(facts: MailFacts) -> None:
    box = inbox(facts, uidvalidity=7)
    facts.asides.put(box.id, 3, "It is nonsense.", passing=False)
    assert facts.asides.all() == [Aside("home", "INBOX", 3, "It is nonsense.", asked_again=False)]
    inbox(facts, uidvalidity=8)
    assert facts.asides.all() == []


def test_what_was_put_aside_is_forgotten_when_it_leaves_its_mailbox(facts: MailFacts) -> None:
    box = inbox(facts)
    facts.add(box, [seen(1, "a"), seen(2, "b")])
    facts.asides.put(box.id, 3, "It is nonsense.", passing=False)
    for message in known(facts):
        facts.asides.put_text(message.id, "The server refused.")
    assert [one.uid for one in facts.asides.all()] == [1, 2, 3]
    assert facts.note_gone(box, [2]) == 1
    assert facts.asides.all() == [Aside("home", "INBOX", 2, "The server refused.", asked_again=True)]


def test_what_left_a_mailbox_earlier_has_not_changed_when_the_last_leaves_it(facts: MailFacts) -> None:
    box = inbox(facts)
    facts.add(box, [seen(1, "a"), seen(2, "b")])
    assert facts.note_gone(box, [2]) == 1
    mark = facts.weighed.mark()
    assert facts.note_gone(box, []) == 1
    assert facts.weighed.changed(mark) == [by_id(facts)["b"].id]


def test_a_mail_that_was_moved_takes_what_is_known_of_it_along(facts: MailFacts) -> None:
    box, archive = inbox(facts), facts.begin_mailbox("home", "Archive", Role.ARCHIVE, 9, 1)
    facts.add(box, [seen(1, "a"), seen(2, "b")])
    facts.add_reading(by_id(facts)["a"].id, Reading("en", 12, 1))
    before = by_id(facts)["a"]
    assert facts.note_gone(box, [2]) == 1
    assert facts.add(archive, [seen(1, "a")]) == 0
    after = by_id(facts)["a"]
    assert (after.mailbox, after.role, after.uid) == ("Archive", Role.ARCHIVE, 1)
    assert (after.id, after.reading) == (before.id, Reading("en", 12, 1))
    assert by_id(facts)["b"].uid == 2


def test_a_mail_known_again_in_the_mailbox_of_everything_has_the_labels_it_has_there(facts: MailFacts) -> None:
    facts.add(inbox(facts), [seen(1, "a")])
    facts.note_vanished(facts.mailboxes("home").values())
    everything = facts.begin_mailbox("home", "All Mail", Role.ALL, 9, 1)
    assert facts.add(everything, [seen(5, "a", marks=SENT_LABEL)._replace(conversation=11)]) == 0
    [one] = known(facts)
    assert (one.role, one.uid, one.conversation) == (Role.SENT, 5, 11)


def test_a_mail_that_left_one_account_does_not_appear_in_another(facts: MailFacts) -> None:
    box = inbox(facts)
    facts.add(box, [seen(1, "a")])
    facts.note_gone(box, [])
    assert facts.add(inbox(facts, account="work"), [seen(1, "a")]) == 1


def test_beside_thousands_that_are_gone_a_new_mail_costs_no_more_than_beside_a_few(state: Path) -> None:
    """Counted in steps of SQLite's machine, a hundred at a time."""
    counted = []
    with closing(open_mail(state)) as connection:
        facts = MailFacts(connection)
        box = inbox(facts)
        for gone in (10, 2000):
            facts.add(box, [seen(uid, f"{gone}-{uid}") for uid in range(1, gone)])
            facts.note_gone(box, [])
            steps = itertools.count()
            connection.set_progress_handler(lambda steps=steps: next(steps) and 0, 100)  # anything else would stop it
            facts.add(box, [seen(5000 + gone, f"new{gone}")])
            connection.set_progress_handler(None, 0)
            counted.append(next(steps))
    assert counted[1] <= counted[0] + 1


def test_mail_without_a_message_id_is_known_again_by_its_time_or_by_having_none(facts: MailFacts) -> None:
    letters = [seen(1, subject="a"), seen(2, subject="b"), seen(3, subject="c", when=None)]
    facts.add(inbox(facts, uidvalidity=7), letters)
    box = inbox(facts, uidvalidity=8)
    assert facts.add(box, [one._replace(uid=one.uid + 10) for one in letters]) == 0
    assert {(one.uid, one.subject) for one in known(facts)} == {(11, "a"), (12, "b"), (13, "c")}


# how far was read


def test_how_far_a_mailbox_was_read_is_kept(facts: MailFacts) -> None:
    box = inbox(facts, uidnext=100)
    assert (box.floor, box.complete) == (100, False)
    facts.add(box, [seen(99)], floor=99)
    facts.add(box, [seen(101)], uidnext=102)
    record = facts.mailboxes("home")["INBOX"]
    assert (record.floor, record.uidnext, record.complete) == (99, 102, False)
    facts.note_end(box, 101, 42, NOW)
    facts.note_end(box, 101, 42, NOW + timedelta(days=9))
    record = facts.mailboxes("home")["INBOX"]
    assert (record.uidnext, record.messages, record.complete, record.since) == (102, 42, True, NOW)


def test_mailboxes_of_accounts_are_told_apart(facts: MailFacts) -> None:
    inbox(facts, account="home")
    inbox(facts, account="work", uidvalidity=9)
    facts.note_role(facts.mailboxes("work")["INBOX"], Role.ARCHIVE)
    assert facts.mailboxes("home")["INBOX"].role is Role.INBOX
    assert (facts.mailboxes("work")["INBOX"].role, facts.mailboxes("work")["INBOX"].uidvalidity) == (Role.ARCHIVE, 9)
    assert facts.mailboxes("other") == {}


def test_when_an_account_was_read_is_kept(facts: MailFacts) -> None:
    assert facts.read_at("home") is None
    facts.read_completely("home", NOW)
    assert (facts.read_at("home"), facts.read_at("work")) == (NOW, None)


# people


def named(facts: MailFacts, who: str = ANA.address) -> str:
    """Return the name by which the store knows somebody."""
    people = {one.address: one.name for m in known(facts) for one in (m.sender, m.reply_to, *m.to, *m.cc) if one}
    return people[who]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([("own", "Ana Ruiz", 9), ("other", "Anna R.", 1)], "Ana Ruiz"),
        ([("other", "Anna R.", 1), ("own", "Ana Ruiz", 9)], "Ana Ruiz"),
        ([("own", "Ana Ruiz", 9), ("own", "Ana Soler", 1)], "Ana Soler"),
        ([("own", "Ana Soler", 1), ("own", "Ana Ruiz", 9)], "Ana Soler"),
        ([("own", "Ana Ruiz", 9), ("own", "", 1)], "Ana Ruiz"),
        ([("own", "", 1), ("other", "Anna R.", 9)], "Anna R."),
        ([("own", "Ana Ruiz", 9), ("reply-to", "Somebody Else", 1)], "Ana Ruiz"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_the_name_is_the_newest_its_owner_used(
    facts: MailFacts, names: list[tuple[str, str, int]], expected: str, at_once: bool
) -> None:
    batch = []
    for uid, (whose, name, days) in enumerate(names, 1):
        person, when = Address(ANA.address, name), NOW - timedelta(days=days)
        if whose == "own":
            batch.append(seen(uid, when=when, sender=person))
        elif whose == "other":
            batch.append(seen(uid, when=when, sender=BEN, to=[person]))
        else:
            batch.append(seen(uid, when=when, sender=BEN, reply_to=[person]))
    box = inbox(facts)
    for part in [batch] if at_once else [[one] for one in batch]:
        facts.add(box, part)
    assert named(facts) == expected


def test_a_later_start_of_the_program_does_not_forget_a_better_name(state: Path) -> None:
    for uid, person in enumerate((ANA, Address(ANA.address)), 1):
        with closing(open_mail(state)) as connection:
            facts = MailFacts(connection)
            facts.add(inbox(facts), [seen(uid, sender=person, when=NOW + timedelta(days=uid))])
            assert named(facts) == "Ana Ruiz"


def test_of_a_crowd_of_recipients_the_first_are_kept(facts: MailFacts) -> None:
    crowd = addresses(range(RECIPIENTS_KEPT + 10))
    facts.add(inbox(facts), [seen(1, to=crowd, cc=[address(9999)])])
    [message] = known(facts)
    assert message.to == crowd[:RECIPIENTS_KEPT]
    assert message.cc == (address(9999),)


# what was read of bodies, and corrections


def test_readings_come_back_and_can_be_replaced(facts: MailFacts) -> None:
    facts.add(inbox(facts), [seen(1)])
    number = known(facts)[0].id
    reading = Reading("de", 40, 3, (Cue(CueKind.QUESTION, 2), Cue(CueKind.ABSENCE, 0, NOW + timedelta(days=5))))
    facts.add_reading(number, reading)
    assert known(facts)[0].reading == reading
    facts.add_reading(number, Reading(None, 0, 0))
    assert known(facts)[0].reading == Reading(None, 0, 0)


@given(
    st.builds(
        Reading,
        st.none() | st.sampled_from(["en", "de"]),
        st.integers(0, 10**6),
        st.integers(0, 10**4),
        st.lists(
            st.builds(
                Cue,
                st.sampled_from(CueKind),
                st.integers(0, 400),
                st.sampled_from([None, NOW, NOW.replace(year=1969)]),
            )
        ).map(tuple),
    )
)
def test_any_reading_makes_the_round_trip(reading: Reading) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for step in sorted(SCHEMA.glob("*.sql")):
            connection.executescript(step.read_text())
        facts = MailFacts(connection)
        facts.add(inbox(facts), [seen(1)])
        facts.add_reading(known(facts)[0].id, reading)
        assert known(facts)[0].reading == reading


def test_nature_and_marks_can_be_corrected_and_labels_stay(facts: MailFacts) -> None:
    box = facts.begin_mailbox("home", "All Mail", Role.ALL, 7, 1)
    facts.add(box, [seen(1, marks=SENT_LABEL | ANSWERED)])
    number = known(facts)[0].id
    facts.note_nature(number, MailKind.INVITATION, Signal.CALENDAR)
    facts.note_marks({number: FLAGGED})
    [message] = known(facts)
    assert (message.kind, message.signals) == (MailKind.INVITATION, Signal.CALENDAR)
    assert (message.answered, message.flagged, message.role) == (False, True, Role.SENT)


# when writing fails


class Failing(sqlite3.Connection):
    """A connection whose n-th writing statement fails."""

    left = 10**9

    def executemany(self, sql: str, values: object, /) -> sqlite3.Cursor:
        self._count()
        return super().executemany(sql, values)  # type: ignore[arg-type]

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        if not sql.startswith(("SELECT", "ROLLBACK", "PRAGMA")):
            self._count()
        return super().execute(sql, *values)  # type: ignore[arg-type]

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise sqlite3.OperationalError("disk I/O error")


def test_whichever_statement_fails_nothing_is_half_written(state: Path) -> None:
    open_mail(state).close()
    failed = 0
    for number in range(1, 20):
        with closing(sqlite3.connect(state / "mail.sqlite3", isolation_level=None, factory=Failing)) as connection:
            facts = MailFacts(connection)
            box = inbox(facts)
            connection.execute("DELETE FROM message")
            connection.execute("DELETE FROM address")
            connection.execute("DELETE FROM reference")
            facts.add(box, [seen(1, "a")])
            before = (known(facts), facts.mailboxes("home"))
            connection.left = number
            batch = [seen(2, "b", references=["a"], sender=BEN), seen(3, "c", references=["b"], cc=[address(3)])]
            try:
                facts.add(box, batch, uidnext=4)
            except StoreError:
                failed += 1
                assert (known(facts), facts.mailboxes("home")) == before
            connection.left = 10**9
            facts.add(box, batch, uidnext=4)  # the numbers of people given in vain are not used
            assert threads(facts) == {frozenset("abc")}
            assert by_id(facts)["b"].sender == BEN
            assert by_id(facts)["c"].cc == (address(3),)
    assert failed >= 6, "BEGIN, four tables, how far, COMMIT"


def test_a_failure_keeps_whom_the_mail_did_not_reach_and_which_mail_it_was(facts: MailFacts) -> None:
    """Only that belongs together with the mail; whoever it named is found with it."""
    facts.add(inbox(facts), [seen(1, "bounce@example.net", sender=ANA), seen(2, "asked@example.org", to=[BEN])])
    facts.note_failure(by_id(facts)["bounce@example.net"], [BEN.address, "new@example.net"], "asked@example.org")
    bounce, asked = (by_id(facts)[one] for one in ("bounce@example.net", "asked@example.org"))
    assert {one.address for one in bounce.to} == {BEN.address, "new@example.net"}
    assert bounce.thread == asked.thread
    facts.note_failure(bounce, [], None)
    assert by_id(facts)["bounce@example.net"].to == bounce.to
    found = facts.lookup(OWN).of_people(["new@example.net"])
    assert "bounce@example.net" in {message.message_id for message in found}


def test_mail_that_came_back_is_found_until_it_was_read(facts: MailFacts) -> None:
    old, new = (seen(n, f"{n}@example.net", when=NOW - timedelta(days=n)) for n in (9, 1))
    facts.add(inbox(facts), [one._replace(kind=MailKind.BOUNCE) for one in (old, new)] + [seen(2)])
    unread = facts.lookup(OWN).unread_bounces
    (found,) = unread(NOW - timedelta(days=5))
    assert found.message_id == "1@example.net"
    facts.add_reading(found.id, Reading(None, 0, 0))
    assert unread(NOW - timedelta(days=5)) == []
