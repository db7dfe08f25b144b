"""``assistant share``: what it refuses with a sentence, and what it says when nobody would care."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize(
    ("thing", "topic", "said"),
    [
        ("https://a.example https://b.example", "moss", "more than one link"),
        ("ftp://a.example/x", "moss", "http:// or https://"),
        ("see javascript:alert(1)", "moss", "http:// or https://"),
        ("file:/etc/passwd", "moss", "http:// or https://"),
        ("https://", "moss", "not the address of a page"),
        ("https://[::1/x", "moss", "not the address of a page"),
        ("https://sue:secret@a.example", "moss", "user name or password"),
        ("a\u202eb", "moss", "hidden characters"),
        ("a\x1b[31m", "moss", "hidden characters"),
        ("two\nlines", "moss", "one line"),
        ("", "moss", "one line"),
        ("a film", "of the", "names no topic"),
        ("a film", "\u2066moss", "the topic must be"),
        ("word " * 61, "moss", "more than 60 words"),
    ],
)
def test_what_cannot_stand_in_a_letter_is_refused(program, place, demo, thing, topic, said):
    place.configure(demo)
    ran = program("share", thing, "--topic", topic)
    assert ran.code == 2
    assert said in ran.err
    assert demo.commands_seen == []


def test_without_a_topic_it_says_what_is_missing(program, place, demo):
    place.configure(demo)
    assert "--topic" in program("share", "a film").err


def test_for_nobody_it_says_whom_it_weighed_and_what_to_do(program, place, demo):
    place.configure(demo)
    contacts = place.config.with_name("contacts.toml")
    contacts.write_text('[[contacts]]\naddresses = ["ana@example.net"]\nname = "Ana"\ninterests = ["old ovens"]\n')
    contacts.chmod(0o600)
    ran = program("share", "a film", "--topic", "old trees")
    assert ran.code == 0
    assert "Nobody in contacts.toml is known to care about 'old trees'" in ran.out
    assert "old ovens" in ran.out
    assert f'in {contacts}, like: interests = ["old trees"]' in ran.out
    ran = program("share", "a film", "--topic", "ovens")
    assert "Would care, but there is no mail with them: Ana." in ran.out


def test_the_json_names_the_thing_and_those_without_mail(program, place, demo):
    place.configure(demo)
    contacts = place.config.with_name("contacts.toml")
    contacts.write_text('[[contacts]]\naddresses = ["ana@example.net"]\ntags = ["bakers"]\n')
    contacts.chmod(0o600)
    found = json.loads(program("share", "a film", "--topic", "baker", "--json", "--dry-run").out)
    assert found["schema"] == 1
    assert found["share"] == {"text": "a film", "topic": "baker", "no_mail": ["ana@example.net"]}
    assert (found["dry_run"], found["suggestions"]) == (True, [])
