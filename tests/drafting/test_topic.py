"""What a subject line gives to speak of."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.drafting.topic import LENGTH, has_reply_prefix, in_a_sentence, topic_of
from tests.drafting.builders import english


@pytest.mark.parametrize(
    ("subject", "topic"),
    [
        ("Lease renewal", "Lease renewal"),
        ("Re: AW: [list] Fwd: Lease renewal", "Lease renewal"),
        ("Re[2]: Lease renewal!", "Lease renewal"),
        ("[JIRA #12345] Lease renewal (was: Rent)", "Lease renewal"),
        ("Question about the lease", "the lease"),
        ("Thanks for the introduction", "the introduction"),
        ("RE: THE ANNUAL REPORT", "the annual report"),
        ("R: Contratto", "Contratto"),
        ("word " * 30, ("word " * 12).strip()),
        ("hi", None),
        ("(no subject)", None),
        ("Quick question", None),
        ("", None),
        ("x", None),
        ("Re: Re:", None),
        ("Can you send me the plans", None),
        ("Lunch tomorrow", None),
        ("Ana <ana@ana.example>", None),
        ("See https://ana.example/x", None),
        ("{{ 7 * 7 }} lease", None),
        ("a" * 300, None),
    ],
)
def test_a_topic_is_what_the_subject_names(subject: str, topic: str | None) -> None:
    assert topic_of(subject) == topic


@pytest.mark.parametrize(
    ("topic", "spoken"),
    [
        ("Lease renewal", "the lease renewal"),
        ("my lease", "the lease"),
        ("Talk at PyCon", "the talk at PyCon"),
        ("The Porto pilot", "the Porto pilot"),
        ("Annual Budget", "the annual budget"),
        ("Moving to Lisbon", "moving to Lisbon"),
        ("Lisbon in spring", '"Lisbon in spring"'),
        ("Project Alpha: next steps", '"Project Alpha: next steps"'),
        ("Nachtrag zum Mietvertrag", '"Nachtrag zum Mietvertrag"'),
    ],
)
def test_a_topic_is_spoken_of_as_a_thing_or_set_as_a_title(topic: str, spoken: str) -> None:
    assert in_a_sentence(topic, english().topic) == spoken


@given(st.text(max_size=300))
def test_no_subject_gives_a_topic_that_is_long_or_holds_anything_but_visible_words(subject: str) -> None:
    topic = topic_of(subject)
    if topic is not None:
        assert len(topic) <= LENGTH
        assert not set(topic) & set('<>{}[]%$@|\\"\n\r')
        assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in topic)


@pytest.mark.parametrize("subject", ["Re: x", "RE:x", "[list] Re: x", "AW: x", "Re[3]: x", "SV: x", "回复：x"])
def test_a_reply_is_known_by_its_prefix(subject: str) -> None:
    assert has_reply_prefix(subject)


@pytest.mark.parametrize("subject", ["Report: x", "Fwd: Re: x", "Regarding x", "x Re: y", ""])
def test_other_openings_are_no_reply_prefix(subject: str) -> None:
    assert not has_reply_prefix(subject)
