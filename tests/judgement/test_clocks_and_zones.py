"""Whatever the zone, the season and the clock: no more drafts than the caps allow, and none outside the hours."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.judgement.choosing import SIX_DAYS, choose
from assistant.judgement.rules import Rules
from assistant.model import Contact, Draft, DraftState, HeldBecause, Kind, Suggestion
from assistant.sparing import kinds_with_places
from tests.drafting.builders import suggestion
from tests.judgement.builders import draft

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia",
        "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Gaza",
    )
]  # fmt: skip
CHANGES = (  # around changes to and from summer time, a leap day, a turn of the year
    "2026-03-29T01:00", "2026-10-25T01:00", "2026-03-08T07:00", "2026-11-01T06:00", "2026-04-04T15:00",
    "2026-10-03T15:30", "2024-02-29T00:00", "2027-01-01T00:00", "2026-06-15T12:00",
)  # fmt: skip
STARTS = st.sampled_from(CHANGES).map(lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(days=2))
STEPS = st.lists(st.sampled_from([0.25, 1, 5, 8, 11.5, 12, 23, 24, 25, 47]), min_size=5, max_size=25)
YEAR = timedelta(days=365)
PEOPLE = 12


def waiting(number: int) -> Suggestion:
    one = suggestion(Kind.OWE_REPLY)
    address = f"person{number}@example.net"
    return replace(one, contact=Contact(address, "", (address,), True), score=0.9)


def laid(suggestions: list[Suggestion], drafts: list[Draft], rules: Rules, now: datetime) -> list[Suggestion]:
    """Return what the daemon would draft, and note it."""
    chosen = [one for one in choose(suggestions, drafts, rules, now, by_hand=False) if one.held is None]
    if chosen:
        assert Kind.OWE_REPLY in kinds_with_places(drafts, rules, now), "a sparing sweep sees the same places"
    for number, one in enumerate(chosen):
        contact = one.contact.address
        row = draft(Kind.OWE_REPLY, DraftState.WAITING, contact=contact, created=now, changed=now)
        drafts.append(replace(row, id=f"{len(drafts):010x}{number:010x}"))
    return chosen


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(ZONES), STARTS, STEPS)
def test_in_every_zone_and_season_the_caps_hold_by_the_users_own_days(
    zone: ZoneInfo, start: datetime, steps: list[float]
) -> None:
    rules = Rules(zone=zone, work_days=frozenset(range(7)))
    suggestions, drafts, now = [waiting(number) for number in range(PEOPLE)], [], start
    for hours in steps:
        now += timedelta(hours=hours)
        if laid(suggestions, drafts, rules, now):
            assert time(8) <= now.astimezone(zone).time() < time(18)
    days = [one.created.astimezone(zone).date() for one in drafts]
    assert max(Counter(days).values(), default=0) <= rules.daily_cap
    assert all(sum(day - SIX_DAYS <= other <= day for other in days) <= rules.weekly_cap for day in days)


@pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["forward", "back"])
@given(st.sampled_from(ZONES), STARTS, st.lists(st.booleans(), min_size=4, max_size=12))
def test_a_clock_that_jumps_to_and_fro_by_a_year_brings_one_days_drafts_more_at_most(
    jump: timedelta, zone: ZoneInfo, start: datetime, wrong: list[bool]
) -> None:
    """After it was set back nothing is laid at all until it has caught up with what was laid before."""
    rules = Rules(zone=zone, work_days=frozenset(range(7)), work_start=time(0), work_end=time(23, 59, 59))
    suggestions, drafts, now = [waiting(number) for number in range(PEOPLE)], [], start
    for off in wrong:
        now += timedelta(minutes=30)
        clock = now + jump if off else now
        ahead = [one for one in drafts if one.created > clock]
        chosen = laid(suggestions, drafts, rules, clock)
        assert not (chosen and len(ahead) >= rules.daily_cap)
    span = {one.astimezone(zone).date() for one in (start, now)}
    assert len(drafts) <= rules.daily_cap * (1 + len(span))


def test_the_daily_cap_is_named_while_the_clock_is_behind_what_was_laid() -> None:
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    drafts = [replace(draft(days=0), id=str(number), created=now + YEAR) for number in range(3)]
    [held] = choose([waiting(1)], drafts, Rules(), now, by_hand=True)
    assert held.held is HeldBecause.DAILY_CAP
