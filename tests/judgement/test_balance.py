"""Who has asked more of whom: coarse, from what was read and what was logged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.judgement.balance import Balance, balance_of
from assistant.judgement.score import WEIGHTS, WORTH, score
from assistant.model import Correspondence, CueKind, Kind, Message, OtherChannel
from tests.judgement.builders import GAVE, QUESTION, REQUEST, THANKS, ago, person, received, sent

ASKED, GIVEN = OtherChannel(ago(5), "phoned", "asked"), OtherChannel(ago(5), "helped them move", "gave")


def mails(write: Callable[..., Message], *cues: CueKind, times: int = 3, first: int = 0) -> list[Message]:
    """Return some mails, each in a thread of its own."""
    return [write(10 + n, *cues, thread=n, subject=f"Matter {n}") for n in range(first, first + times)]


@pytest.mark.parametrize(
    ("what", "who", "balance"),
    [
        ("nothing read", person(sent(6)), Balance.EVEN),
        ("three requests", person(*mails(sent, REQUEST)), Balance.YOU_OWE),
        ("two requests", person(*mails(sent, REQUEST, times=2)), Balance.EVEN),
        ("three questions", person(*mails(sent, QUESTION)), Balance.EVEN),
        ("three requests of theirs", person(*mails(received, REQUEST)), Balance.THEY_OWE),
        ("three each", person(*mails(sent, REQUEST), *mails(received, REQUEST, first=9)), Balance.EVEN),
        ("three requests, help of the user's", person(*mails(sent, REQUEST), sent(3, GAVE, thread=40)), Balance.EVEN),
        ("three requests, thanked for", person(*mails(sent, REQUEST, THANKS)), Balance.EVEN),
        ("help of theirs that nobody asked for", person(*mails(received, GAVE)), Balance.YOU_OWE),
        ("two requests and one by phone", person(*mails(sent, REQUEST, times=2), others=[ASKED]), Balance.YOU_OWE),
        ("three requests, help given elsewhere", person(*mails(sent, REQUEST), others=[GIVEN]), Balance.EVEN),
    ],
)
def test_the_balance(what: str, who: Correspondence, balance: Balance) -> None:
    """Three favours more on one side tip it."""
    assert balance_of(who) is balance, what


def test_help_that_was_asked_for_counts_once() -> None:
    """The request has taken it already."""
    who = person(
        *(one for n in range(2) for one in (sent(20 - n, REQUEST, thread=n), received(19 - n, GAVE, thread=n)))
    )
    assert balance_of(who) is Balance.EVEN


def test_every_score_lies_between_nothing_and_one() -> None:
    """Also with every feature at once, and every weight has a base to start from."""
    for kind, weights in WEIGHTS.items():
        features = {name: 1.0 for name in weights if name != "base"}
        assert 0 < score(kind, {}) < 1
        assert 0 < score(kind, features) < 1
    assert set(Kind) == set(WEIGHTS)
    assert all(0 <= worth < 1 for worth in WORTH.values())


def test_a_feature_without_a_weight_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        score(Kind.THANK, {"rank": 1.0})
