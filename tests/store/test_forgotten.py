from __future__ import annotations

from contextlib import closing
from dataclasses import fields
from pathlib import Path

from assistant.model import Draft
from assistant.store.database import open_mail
from assistant.store.forgotten import BLANK, Forgotten, erase_mail, mark_of
from assistant.store.messages import MailFacts
from tests.store.builders import ANA, BEN, NOW, SUE, inbox, known, seen


def test_every_column_of_a_draft_is_either_erased_or_says_nothing_of_a_person():
    silent = {"id", "account", "kind", "message_id", "state", "created", "changed", "language", "template", "attempts",
              "missed"}  # fmt: skip
    assert {field.name for field in fields(Draft)} == silent | BLANK.keys()


def test_a_mark_is_known_again_and_cannot_be_read():
    assert mark_of(" Ana@Example.NET ") == mark_of("ana@example.net")
    assert mark_of("ana@example.net") != mark_of("ben@example.com")
    assert "ana" not in mark_of("ana@example.net")


def test_mail_counts_again_from_the_moment_of_resuming():
    again = Forgotten({mark_of("ana@example.net"): NOW})
    assert again.has("ana@example.net", NOW.replace(hour=9))
    assert again.has("ana@example.net", None)
    assert not again.has("ana@example.net", NOW)
    assert not again.has("ben@example.com", None)
    assert Forgotten({mark_of("ana@example.net"): None}).has("ana@example.net", NOW)


def test_mail_of_who_is_forgotten_is_not_written_down_and_others_lose_only_the_address(tmp_path: Path):
    with closing(open_mail(tmp_path)) as database:
        facts = MailFacts(database, Forgotten({mark_of("ana@example.net"): None}))
        facts.add(inbox(facts), [
            seen(1, sender=ANA, to=(SUE,)),
            seen(2, sender=SUE, to=(ANA,)),
            seen(3, sender=SUE, to=(ANA, BEN)),
            seen(4, sender=BEN, to=(SUE,)),
        ])  # fmt: skip
        kept = known(facts)
        assert [message.uid for message in kept] == [3, 4]
        assert kept[0].to == (BEN,)
    assert b"ana@example.net" not in (tmp_path / "mail.sqlite3").read_bytes()


def test_a_failure_to_reach_who_is_forgotten_is_not_written_down(tmp_path: Path):
    with closing(open_mail(tmp_path)) as database:
        facts = MailFacts(database, Forgotten({mark_of("ana@example.net"): None}))
        facts.add(inbox(facts), [seen(1, sender=BEN, to=(SUE,))])
        facts.note_failure(known(facts)[0], ["ana@example.net"], None)
        assert known(facts)[0].to == (SUE,)
    assert b"ana@example.net" not in (tmp_path / "mail.sqlite3").read_bytes()


def test_no_number_of_an_erased_message_is_given_again(tmp_path: Path):
    with closing(open_mail(tmp_path)) as database:
        facts = MailFacts(database)
        box = inbox(facts)
        facts.add(box, [seen(1, sender=BEN), seen(2, sender=ANA)])
        last = max(message.id for message in known(facts))
        assert erase_mail(database, ["ana@example.net"]) == 1
        facts = MailFacts(database)
        facts.add(box, [seen(3, sender=BEN)])
        assert [message.uid for message in known(facts)] == [1, 3]
        assert max(message.id for message in known(facts)) > last
