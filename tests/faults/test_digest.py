"""Stopped at any point while a digest takes the place of another: one of each, and one unread one in the end."""

from __future__ import annotations

import re

import pytest

from tests.commands import ALLOWED_WITH_DIGEST
from tests.faults.conftest import Staged
from tests.faults.points import Points, telling
from tests.faults.stage import Stage
from tests.imap.test_digest import with_digest
from tests.imap.world import ANA, BEN


@pytest.fixture
def allowed() -> re.Pattern[bytes]:
    return ALLOWED_WITH_DIGEST


def an_unread_one_is_to_be_replaced(stage: Stage) -> None:
    with_digest(stage.world).story(ben=False).sweep()
    stage.world.pass_time(minutes=15)
    stage.world.story(ana=False)


def told(stage: Stage) -> list[bytes]:
    """Return the digests that lie there."""
    return [one.raw for one in stage.store.mailboxes["Follow-ups"].messages.values()]


def settle(stage: Stage) -> None:
    for _ in range(3):
        stage.world.pass_time(minutes=11)
        stage.world.sweep_unwatched()


def test_stopped_at_any_point_there_is_one_digest_in_the_end(staged: Staged) -> None:
    stage = staged(an_unread_one_is_to_be_replaced)
    points = Points()
    assert not points.sweep(stage.again())
    assert {"append Follow-ups", "append Follow-ups done", "withdraw Follow-ups"} <= set(points.passed)
    for number in telling(points.passed):
        assert Points(number).sweep(stage.again())
        lying = told(stage)
        assert len(lying) == len(set(lying)) <= 2, "never two copies"
        settle(stage)
        [digest] = told(stage)
        assert b"Subject: Follow-ups: 2 drafts are waiting" in digest, points.passed[number - 1]
        assert stage.people() == [ANA, BEN]
        stage.nothing_more_happens()
