"""Which suggestions take today's places: ranking, caps, turns, hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from assistant.judgement.choosing import choose
from assistant.judgement.rules import Rules
from assistant.model import CAPS, Draft, DraftState, HeldBecause, Kind, Suggestion
from tests.judgement.builders import NOW, QUESTION, draft, person, received, weighed_as

RULES = Rules()


def worth(score: float, kind: Kind = Kind.OWE_REPLY, who: str = "", days: float = 6, **other: Any) -> Suggestion:
    """Return a suggestion with this score to somebody of their own."""
    address = who or f"p{round(score * 1000)}@example.net"
    found = weighed_as(Kind.OWE_REPLY, person(received(days, QUESTION, them=address), address=address))
    return replace(found, kind=kind, score=score, **other)


def chosen(*suggestions: Suggestion, drafts: tuple[Draft, ...] = (), by_hand: bool = True, **given: Any) -> list[Any]:
    """Return (score, held) of all, in the order they come out."""
    out = choose(suggestions, drafts, given.pop("rules", RULES), given.pop("now", NOW), by_hand=by_hand, **given)
    return [(one.score, one.held) for one in out]


H = HeldBecause


def test_the_best_three_a_day() -> None:
    assert chosen(worth(0.6), worth(0.9), worth(0.7), worth(0.8)) == [
        (0.9, None), (0.8, None), (0.7, None), (0.6, H.DAILY_CAP),
    ]  # fmt: skip


def test_drafts_of_today_have_taken_their_places() -> None:
    """Counted by the user's local day, in every state."""
    today = (draft(days=0.1, state=DraftState.DECLINED), draft(days=0.2, state=DraftState.SENT), draft(days=0.5))
    assert chosen(worth(0.9), worth(0.8), drafts=today) == [(0.9, None), (0.8, H.DAILY_CAP)]


def test_eight_in_seven_days() -> None:
    week = tuple(draft(days=days) for days in (1, 1, 2, 2, 3, 4, 6))
    assert chosen(worth(0.9), worth(0.8), drafts=week) == [(0.9, None), (0.8, H.WEEKLY_CAP)]
    assert chosen(worth(0.9), worth(0.8), drafts=(*week[:6], draft(days=7))) == [(0.9, None), (0.8, None)]


def test_one_for_each_person() -> None:
    """The second matter of the same person stays visible."""
    assert chosen(worth(0.9, who="a@example.net"), worth(0.8, who="a@example.net"), worth(0.7)) == [
        (0.9, None), (0.7, None), (0.8, H.ONE_PER_CONTACT),
    ]  # fmt: skip


def test_friendly_words_take_one_place_together() -> None:
    found = chosen(worth(0.9, Kind.THANK), worth(0.8, Kind.RECONNECT), worth(0.7, Kind.OFFER), worth(0.6))
    assert found == [(0.9, None), (0.6, None), (0.8, H.DAILY_CAP), (0.7, H.DAILY_CAP)]


def test_a_friendly_word_of_this_morning_counts() -> None:
    assert chosen(worth(0.9, Kind.RECONNECT), drafts=(draft(Kind.THANK, days=0.1),)) == [(0.9, H.DAILY_CAP)]


def test_a_shortlist_of_twelve() -> None:
    """What stands above the bar and is not among the best twelve of an account is not kept back by a cap."""
    found = chosen(*(worth(0.5 + n / 100) for n in range(14)))
    assert [held in CAPS or held is None for _, held in found] == [True] * 12 + [False] * 2
    assert {held for _, held in found[12:]} == {H.BELOW_BAR}


def test_what_is_held_takes_no_place() -> None:
    found = chosen(worth(0.9, held=H.CLOSED), worth(0.8), worth(0.7), worth(0.6))
    assert found == [(0.8, None), (0.7, None), (0.6, None), (0.9, H.CLOSED)]


@pytest.mark.parametrize(
    ("what", "now", "by_hand", "held"),
    [
        ("a working morning", NOW, False, None),
        ("at night", NOW + timedelta(hours=12), False, H.OFF_HOURS),
        ("on a Saturday", NOW + timedelta(days=3), False, H.OFF_HOURS),
        ("at night, by hand", NOW + timedelta(hours=12), True, None),
    ],
)
def test_the_daemon_keeps_the_hours(what: str, now: Any, by_hand: bool, held: HeldBecause | None) -> None:
    """The user's hours bind the daemon only."""
    assert chosen(worth(0.9), now=now, by_hand=by_hand) == [(0.9, held)], what


def test_an_account_in_which_nothing_can_be_written_takes_no_place() -> None:
    """Nor one among the twelve, nor the person's."""
    others = [worth(0.9 - number / 100, account="gone") for number in range(12)]
    here = worth(0.6, who="p900@example.net")
    assert chosen(*others, here, writable={"home"})[0] == (0.6, None)
    assert {held for _, held in chosen(*others, here, writable={"home"})[1:]} == {H.ACCOUNT_UNREAD}


def test_people_take_turns() -> None:
    """Who had a draft lately stands back behind somebody nearly as pressing, not behind everybody."""
    mine = (draft(Kind.THANK, days=20, contact="a@example.net"),)
    often = worth(0.8, who="a@example.net")
    assert chosen(often, worth(0.7), drafts=mine)[0] == (0.7, None)
    assert chosen(often, worth(0.6), drafts=mine)[0] == (0.8, None)


def test_of_equal_scores_the_one_somebody_waits_for_comes_first() -> None:
    two = worth(0.8, Kind.CHECK_IN, who="a@example.net"), worth(0.8, Kind.OWE_REPLY, who="b@example.net")
    out = choose(two, (), RULES, NOW, by_hand=True)
    assert [one.kind for one in out] == [Kind.OWE_REPLY, Kind.CHECK_IN]
