"""Finding the messages that concern somebody, and remembering whom a weighing of everybody found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.model import Role
from assistant.store.database import open_mail, prepare
from assistant.store.messages import MailFacts
from assistant.store.weighed import Mark
from tests.store.builders import ANA, BEN, NOW, OWN, SUE, inbox, seen


@pytest.fixture
def facts(tmp_path):
    prepare(tmp_path)
    connection = open_mail(tmp_path)
    yield MailFacts(connection)
    connection.close()


def ids(messages):
    return [message.message_id for message in messages]


def test_people_are_found_with_the_users_mail_in_their_threads(facts):
    """Who wrote or was written to is found, with what the user wrote to others in the same thread."""
    box = inbox(facts)
    facts.add(
        box,
        [
            seen(1, "ana1"),
            seen(2, "ben1", sender=BEN),
            seen(3, "mine", references=["ana1"], sender=SUE, to=[BEN]),
        ],
    )
    assert ids(facts.lookup(OWN).of_people([ANA.address])) == ["ana1", "mine"]
    assert ids(facts.lookup(OWN).of_people([BEN.address])) == ["ben1", "mine"]


def test_of_a_person_it_is_known_in_which_accounts_mail_with_them_lies(facts):
    """Every copy counts, and of the accounts only those asked for."""
    facts.add(inbox(facts), [seen(1, "one"), seen(2, "two", sender=BEN)])
    facts.add(facts.begin_mailbox("work", "INBOX", Role.INBOX, 7, 1), [seen(1, "one")])
    people = [ANA.address, BEN.address, "nobody@example.net"]
    assert facts.lookup(OWN).seen_in(["work"], people) == {ANA.address: {"work"}}
    assert facts.lookup(OWN).seen_in(["home", "work"], people) == {ANA.address: {"home", "work"}, BEN.address: {"home"}}


def test_copies_are_found_by_their_id_in_any_thread(facts):
    facts.add(inbox(facts), [seen(1, "one"), seen(2, "two", references=["one"]), seen(3, "other")])
    assert ids(facts.lookup(OWN).about(["two", "unknown"], [])) == ["two"]


def test_threads_that_a_late_mail_joins_are_one_around_it(facts):
    facts.add(inbox(facts), [seen(1, "one"), seen(2, "two", sender=BEN), seen(3, "both", references=["one", "two"])])
    assert sorted(ids(facts.lookup(OWN).around([3]))) == ["both", "one", "two"]


def test_what_came_or_changed_since_a_weighing_is_touched(facts):
    box = inbox(facts)
    facts.add(box, [seen(1, "one"), seen(2, "two")])
    people = [[ANA.address], [BEN.address, "b@b.example"]]
    facts.weighed.keep("digest", NOW, facts.weighed.mark(), {"lists": []}, people)
    last = facts.weighed.last()
    assert last is not None
    assert (last.digest, last.when, last.found) == ("digest", NOW, {"lists": []})
    assert facts.weighed.touched(last) == []
    facts.add(box, [seen(3, "three")])
    facts.note_marks({1: 2})
    assert facts.weighed.touched(last) == [1, 3]
    assert facts.weighed.changed(Mark(3, 0)) == [1]
    assert facts.weighed.people_of([BEN.address, "new@example.com"]) == {BEN.address, "b@b.example", "new@example.com"}


def test_a_weighing_is_renewed_for_those_who_were_weighed_again(facts):
    box = inbox(facts)
    facts.add(box, [seen(1, "one")])
    facts.weighed.keep("digest", NOW, facts.weighed.mark(), {}, [[ANA.address], [BEN.address], ["eva@e.example"]])
    last = facts.weighed.last()
    assert last is not None
    facts.add(box, [seen(2, "two")])
    facts.note_marks({1: 2})
    mark = facts.weighed.mark()
    facts.add(box, [seen(3, "came meanwhile")])
    later = NOW + timedelta(hours=1)
    facts.weighed.renew(last, later, mark, {"lists": ["x"]}, [[ANA.address, BEN.address], ["new@example.com"]])
    renewed = facts.weighed.last()
    assert renewed is not None
    assert (renewed.digest, renewed.when, renewed.found) == ("digest", later, {"lists": ["x"]})
    assert facts.weighed.touched(renewed) == [3]
    assert facts.weighed.people_of([BEN.address]) == {ANA.address, BEN.address}
    assert facts.weighed.people_of(["eva@e.example"]) == {"eva@e.example"}


def test_a_weighing_whose_place_was_taken_is_not_renewed(facts):
    box = inbox(facts)
    facts.weighed.keep("before", NOW, facts.weighed.mark(), {}, [])
    last = facts.weighed.last()
    assert last is not None
    facts.weighed.keep("after", NOW, facts.weighed.mark(), {}, [])
    facts.add(box, [seen(1, "one")])
    facts.weighed.renew(last, NOW, facts.weighed.mark(), {}, [[ANA.address, BEN.address]])
    kept = facts.weighed.last()
    assert kept is not None
    assert (kept.digest, facts.weighed.touched(kept)) == ("after", [1])
    assert facts.weighed.people_of([ANA.address]) == {ANA.address}


def test_a_mailbox_that_changes_its_role_makes_a_weighing_void(facts):
    box = inbox(facts)
    facts.weighed.keep("digest", NOW, facts.weighed.mark(), {}, [])
    facts.note_role(box, Role.INBOX)
    assert facts.weighed.last() is not None
    facts.note_role(box, Role.ARCHIVE)
    assert facts.weighed.last() is None
