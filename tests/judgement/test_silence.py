"""When a silence began, and how long it has lasted."""

from __future__ import annotations

import pytest

from assistant.judgement.silence import days_since, long_ago, silence_of
from assistant.model import MailKind, Message, OtherChannel, Role, Silence
from tests.judgement.builders import NOW, ago, person, received, sent, weighed

WROTE = received(20, message_id="theirs@mail.example")
FIRST = sent(90, message_id="first@mail.example")


@pytest.mark.parametrize(
    ("what", "messages", "others", "opened_by", "days"),
    [
        ("their last mail", (FIRST, WROTE), (), "theirs@mail.example", 20),
        ("what the user sent since", (WROTE, sent(3)), (), "theirs@mail.example", 20),
        ("they never wrote", (FIRST, sent(50)), (), "first@mail.example", 90),
        ("a machine wrote since", (WROTE, received(2, kind=MailKind.AUTO_REPLY)), (), "theirs@mail.example", 20),
        ("thrown away", (WROTE, received(2, role=Role.TRASH)), (), "theirs@mail.example", 20),
        ("they spoke since", (WROTE,), (ago(4),), f"logged:{ago(4).isoformat()}", 4),
        ("they spoke before", (WROTE,), (ago(40),), "theirs@mail.example", 20),
        ("only machines", (received(9, kind=MailKind.BULK, message_id="b@mail.example"),), (), "b@mail.example", 9),
    ],
)
def test_what_opens_a_silence(
    what: str, messages: tuple[Message, ...], others: tuple[object, ...], opened_by: str, days: float
) -> None:
    """The contact's last real message or a logged contact; what the user sends does not end it."""
    told = [OtherChannel(when, "phoned") for when in others if when == when]  # type: ignore[arg-type]
    assert silence_of(person(*messages, others=told)) == Silence(opened_by, ago(days)), what


def test_a_silence_needs_something_to_begin_with() -> None:
    with pytest.raises(ValueError, match="neither mail nor a logged contact"):
        silence_of(person())


def test_silent_days_count_from_the_last_real_message_either_way() -> None:
    """The user's own mail makes the days few, though the silence goes on."""
    [found] = weighed(person(received(40), sent(12, thread=1)))
    assert found.silent_days == 12
    assert found.silence.since == ago(40)


@pytest.mark.parametrize(("days", "said"), [(0, "today"), (1, "1 day ago"), (16, "16 days ago")])
def test_days_are_said_as_people_say_them(days: int, said: str) -> None:
    assert long_ago(days_since(ago(days + 0.4), NOW)) == said
