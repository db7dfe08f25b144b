from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.correspondence.rhythm import Population
from assistant.judged import Everything
from assistant.model import DraftState, Kind, OtherChannel
from assistant.outcome import AccountOutcome, Outcome, Proposed
from assistant.panorama import Fate, Panorama, Tie, panorama_of
from tests.judgement.builders import GAVE, NOW, QUESTION, ago, draft, judged, old_friends, person, received, sent

BEN = "ben@example.com"


def panorama(*people, drafts=()) -> Panorama:
    outcome = Outcome(
        NOW, True, (AccountOutcome("home", 0, 400, 0.0),), tuple(map(Proposed, judged(people))), (), ()
    )  # fmt: skip
    return panorama_of(Everything(people, Population(), outcome, tuple(drafts)), ZoneInfo("UTC"), NOW)


def tie(*messages, **named) -> Tie:
    [found] = panorama(person(*messages, **named)).ties
    return found


def test_only_who_has_written_both_ways_is_a_relationship():
    found = panorama(
        person(sent(3), address="a@example.net"),
        person(received(3), address="b@example.net", confirmed=False),
        person(sent(9), received(8), address="c@example.net"),
    )
    assert [one.address for one in found.ties] == ["c@example.net"]
    assert found.people == 3
    assert found.mails == 400


def test_the_most_alive_come_first_whatever_their_names():
    often = person(*(received(days, thread=days) for days in range(20, 80, 7)), sent(19), address="z@example.net")
    once = person(sent(400), received(399), address="a@example.net")
    lately = person(sent(9), received(8), address="m@example.net")
    assert [one.address[0] for one in panorama(once, lately, often).ties] == ["z", "m", "a"]


def test_mails_are_counted_by_week_and_direction():
    found = tie(sent(1), received(2), received(3), sent(8), received(30))
    assert [(one.back, one.received, one.sent) for one in found.weeks] == [(4, 1, 0), (1, 0, 1), (0, 2, 1)]
    assert (found.received, found.sent) == (3, 2)


def test_a_contact_by_another_channel_ends_the_silence():
    others = [OtherChannel(ago(4), "We met.")]
    assert tie(sent(30), received(29)).silent_days == 29
    assert tie(sent(30), received(29), others=others).silent_days == 4


def test_answering_times_are_told_both_ways_and_only_where_three_are_known():
    found = tie(*old_friends())
    assert found.their_answer_days == pytest.approx(0.8, abs=0.01)
    assert found.your_answer_days == pytest.approx(0.3, abs=0.01)
    assert tie(sent(9), received(8)).their_answer_days is None
    assert len(panorama(person(*old_friends())).their_waits) == 5


def test_what_is_due_is_with_the_relationship():
    found = tie(*old_friends(), sent(30, GAVE), received(20, QUESTION))
    assert found.matter is not None
    assert found.matter.kind is Kind.OWE_REPLY


def test_drafts_are_counted_by_the_week_they_were_laid_in():
    drafts = [
        draft(state=DraftState.SENT, days=1),
        draft(state=DraftState.WAITING, days=0),
        draft(state=DraftState.DECLINED, days=9),
        draft(state=DraftState.SENT, days=300),
    ]
    weeks = panorama(drafts=drafts).draft_weeks
    assert len(weeks) == 26
    assert weeks[-1].fates == ((Fate.SENT, 1), (Fate.WAITING, 1))
    assert weeks[-2].fates == ((Fate.DELETED, 1),)
    assert all(not week.fates for week in weeks[:-2])
    assert {week.monday.weekday() for week in weeks} == {0}


def test_how_far_back_is_shown_follows_the_mail_within_bounds():
    assert panorama(person(sent(20), received(19))).weeks == 26
    assert panorama(person(sent(400), received(399))).weeks == 58
    old = person(sent(4000), received(3999))
    assert panorama(old).weeks == 156
    assert panorama(old).ties[0].weeks == ()
    assert panorama(old).ties[0].first == NOW - timedelta(days=4000)


def test_nothing_known_makes_an_empty_panorama():
    found = panorama()
    assert (found.ties, found.due, found.left_alone, found.their_waits) == ((), (), (), ())
