"""The life of a draft: every state with every sight has its outcome, and no outcome breaks a promise."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.lifecycle import ATTEMPTS, SETTLE, Action, InDrafts, Sight, next_step
from assistant.model import Draft, DraftState
from tests.store.builders import NOW, row

P, I, U, W, E, M, S, D, X, G = DraftState  # noqa: E741 - the ten states, as the tables below need them
STATES = tuple(DraftState)
WATCHED = (P, I, U, W, E, M, X)  # those the sweep still looks for
WROTE = "They wrote meanwhile."
SIGHTS = tuple(
    Sight(place, sent, trash, elsewhere, over, lately)
    for place, sent, trash, elsewhere, over, lately in product(
        InDrafts, (False, True), (False, True), (False, True), (None, WROTE), (False, True)
    )
)
NOTHING, UNTOUCHED, CHANGED = Sight(), Sight(InDrafts.UNTOUCHED), Sight(InDrafts.CHANGED)


def draft(state: DraftState, **other: Any) -> Draft:
    """Return a draft that was tried once, a day ago."""
    usual: dict[str, Any] = {"attempts": 1, "changed": NOW - timedelta(days=1)}
    return row(state=state, **(usual | other))


# What is seen, and what becomes of a draft that is: P planned again, I intended, U unknown, W waiting, E edited,
# M moved, X withdrawn. "!" means that it is withdrawn now.
TABLE = """
seen                                 P   I   U   W   E   M   X
untouched                            W   W   W   W   E   E   X
untouched over                       X!  X!  X!  X!  E   E   X
untouched sent                       X!  X!  X!  X!  E   E   S
untouched sent over                  X!  X!  X!  X!  E   E   S
untouched trash                      W   W   W   W   E   E   X
untouched trash over                 X!  X!  X!  X!  E   E   X
untouched elsewhere                  W   W   W   W   E   E   X
untouched elsewhere over             X!  X!  X!  X!  E   E   X
untouched trash elsewhere            W   W   W   W   E   E   X
untouched trash elsewhere over       X!  X!  X!  X!  E   E   X
untouched sent trash                 X!  X!  X!  X!  E   E   S
untouched sent trash over            X!  X!  X!  X!  E   E   S
untouched sent elsewhere             X!  X!  X!  X!  E   E   S
untouched sent elsewhere over        X!  X!  X!  X!  E   E   S
untouched sent trash elsewhere       X!  X!  X!  X!  E   E   S
untouched sent trash elsewhere over  X!  X!  X!  X!  E   E   S
changed                              E   E   E   E   E   E   X
changed over                         E   E   E   E   E   E   X
changed trash                        E   E   E   E   E   E   X
changed trash over                   E   E   E   E   E   E   X
changed elsewhere                    E   E   E   E   E   E   X
changed elsewhere over               E   E   E   E   E   E   X
changed trash elsewhere              E   E   E   E   E   E   X
changed trash elsewhere over         E   E   E   E   E   E   X
changed sent                         S   S   S   S   S   S   S
changed sent over                    S   S   S   S   S   S   S
changed sent trash                   S   S   S   S   S   S   S
changed sent trash over              S   S   S   S   S   S   S
changed sent elsewhere               S   S   S   S   S   S   S
changed sent elsewhere over          S   S   S   S   S   S   S
changed sent trash elsewhere         S   S   S   S   S   S   S
changed sent trash elsewhere over    S   S   S   S   S   S   S
sent                                 S   S   S   S   S   S   S
sent over                            S   S   S   S   S   S   S
sent trash                           S   S   S   S   S   S   S
sent trash over                      S   S   S   S   S   S   S
sent elsewhere                       S   S   S   S   S   S   S
sent elsewhere over                  S   S   S   S   S   S   S
sent trash elsewhere                 S   S   S   S   S   S   S
sent trash elsewhere over            S   S   S   S   S   S   S
trash                                D   D   D   D   D   D   X
trash over                           D   D   D   D   D   D   X
trash over lately                    X   X   X   X   D   D   X
trash elsewhere                      D   D   D   D   D   D   X
trash elsewhere over                 D   D   D   D   D   D   X
trash elsewhere over lately          X   X   X   X   D   D   X
elsewhere                            M   M   M   M   M   M   X
elsewhere over                       M   M   M   M   M   M   X
nothing                              P   U   U   W   E   M   X
nothing over                         G   U   U   W   E   M   X
"""
LETTERS = dict(zip("PIUWEMSDXG", DraftState, strict=True))


def told(sight: Sight) -> str:
    words = [] if sight.in_drafts is InDrafts.NOTHING else [sight.in_drafts.value]
    words += ["sent"] * sight.in_sent + ["trash"] * sight.in_trash + ["elsewhere"] * sight.elsewhere
    if not words:
        words = ["nothing"]
    return " ".join([*words, *["over"] * bool(sight.over), *["lately"] * sight.lately])


def cases() -> dict[tuple[DraftState, str], tuple[DraftState, Action]]:
    head, *lines = TABLE.strip().splitlines()
    columns = [LETTERS[letter] for letter in head.split()[1:]]
    found = {}
    for line in lines:
        words = line.split()
        seen, outcomes = " ".join(words[: -len(columns)]), words[-len(columns) :]
        for state, outcome in zip(columns, outcomes, strict=True):
            action = Action.WITHDRAW if outcome.endswith("!") else Action.NOTHING
            found[state, seen] = (LETTERS[outcome[0]], action)
    # When the last look was matters only where the table says so.
    whenever = {case: fate for case, fate in found.items() if not case[1].endswith("lately")}
    found = {(state, f"{seen} lately"): fate for (state, seen), fate in whenever.items()} | found
    # A second copy of ours goes like an only one; where that would be left to wait, it gives way to the first.
    for (state, seen), (becomes, action) in tuple(found.items()):
        if seen.startswith("untouched"):
            gives_way = Action.YIELD if becomes is W else action
            found[state, seen.replace("untouched", "second")] = (becomes, gives_way)
    return found


CASES = cases()


def test_the_table_knows_every_state_that_is_looked_for_with_every_sight() -> None:
    assert CASES.keys() == {(state, told(sight)) for state in WATCHED for sight in SIGHTS}
    assert len(SIGHTS) == 128


@pytest.mark.parametrize("sight", SIGHTS, ids=told)
@pytest.mark.parametrize("state", WATCHED, ids=lambda state: state.value)
def test_every_state_with_every_sight(state: DraftState, sight: Sight) -> None:
    step = next_step(draft(state), sight, NOW)
    assert (step.state, step.action) == CASES[state, told(sight)]


# over time


def later(start: Draft, *sights: Sight, minutes: float = 15) -> list[DraftState]:
    """Return the states that follow when a sweep sees one sight after the other."""
    states, now = [], NOW
    current = start
    for sight in sights:
        step = next_step(current, sight, now)
        moved = (step.state, step.missed) != (current.state, current.missed)
        current = row(
            state=step.state,
            missed=step.missed,
            because=step.because,
            attempts=current.attempts,
            changed=now if moved else current.changed,
        )
        states.append(step.state)
        now += timedelta(minutes=minutes)
    return states


@pytest.mark.parametrize("state", [W, E, M])
def test_what_is_found_nowhere_twice_is_gone(state: DraftState) -> None:
    assert later(draft(state), NOTHING, NOTHING) == [state, G]


@pytest.mark.parametrize("state", [W, E, M])
def test_what_is_found_nowhere_by_several_looks_of_one_sweep_is_not_gone(state: DraftState) -> None:
    assert later(draft(state), NOTHING, NOTHING, NOTHING, minutes=0) == [state] * 3


def test_what_is_seen_again_in_between_is_not_gone() -> None:
    assert later(draft(W), NOTHING, UNTOUCHED, NOTHING, NOTHING) == [W, W, W, G]


def test_a_draft_whose_sending_shows_late_is_sent() -> None:
    assert later(draft(W), NOTHING, Sight(in_sent=True)) == [W, S]


def test_an_interrupted_append_is_looked_for_and_then_tried_once_more() -> None:
    assert later(draft(I), NOTHING, NOTHING, minutes=11) == [U, P]
    assert later(draft(I), NOTHING, NOTHING, NOTHING, minutes=6) == [U, U, P]
    assert later(draft(I, attempts=ATTEMPTS), NOTHING, NOTHING, minutes=11) == [U, G]


def test_an_append_without_an_answer_settles_from_the_first_look_on_not_from_before() -> None:
    """The sweep that lost the answer may have begun long before."""
    assert later(draft(U, changed=NOW - timedelta(hours=1)), NOTHING, NOTHING, minutes=9) == [U, U]


@pytest.mark.parametrize("state", [I, U, P])
def test_an_append_that_is_found_after_all_is_waiting(state: DraftState) -> None:
    assert later(draft(state), UNTOUCHED) == [W]


def test_a_plan_that_the_server_refused_is_sought_nowhere() -> None:
    """Of a draft that was never taken, an answer of the user's in the thread is not its sending."""
    refused = draft(P, attempts=0)
    assert later(refused, Sight(in_sent=True), CHANGED) == [P, P]
    assert later(refused, Sight(in_sent=True, over=WROTE)) == [G]


@pytest.mark.parametrize("sight", [Sight(in_trash=True), NOTHING])
def test_a_withdrawal_that_was_interrupted_is_not_taken_for_the_users_no(sight: Sight) -> None:
    step = next_step(draft(W, because=WROTE), sight, NOW)
    assert (step.state, step.because, step.action) == (X, WROTE, Action.NOTHING)


def test_a_withdrawal_that_did_not_happen_and_is_no_longer_wanted_is_forgotten() -> None:
    assert next_step(draft(W, because=WROTE), UNTOUCHED, NOW).because is None


def test_what_another_computer_took_back_has_the_same_reason_here() -> None:
    assert next_step(draft(W), Sight(in_trash=True, over=WROTE, lately=True), NOW).because == WROTE


def test_the_reason_for_a_withdrawal_stays() -> None:
    assert next_step(draft(W), Sight(InDrafts.UNTOUCHED, over=WROTE), NOW).because == WROTE
    assert next_step(draft(X, because=WROTE), NOTHING, NOW).because == WROTE


# promises


drafts = st.builds(
    lambda state, attempts, missed, because, minutes: row(
        state=state,
        attempts=attempts,
        missed=missed if state is not I else 0,  # once missed it is unknown
        because=because,
        changed=NOW - timedelta(minutes=minutes),
    ),
    st.sampled_from(STATES),
    st.integers(0, 3),
    st.integers(0, 1),
    st.none() | st.just(WROTE),
    st.floats(-60, 60),
)
sights = st.sampled_from(SIGHTS)


@given(drafts, sights)
def test_only_what_is_untouched_is_withdrawn_and_never_what_was_the_users(one: Draft, sight: Sight) -> None:
    step = next_step(one, sight, NOW)
    if step.action is not Action.NOTHING:
        assert sight.in_drafts in (InDrafts.UNTOUCHED, InDrafts.SECOND)
        assert one.state not in (E, M)
        assert (step.state, bool(step.because)) == (X if step.action is Action.WITHDRAW else W, True)
    if step.action is Action.YIELD:
        assert sight.in_drafts is InDrafts.SECOND, "there is an older copy, which stays"


@given(drafts, sights)
def test_nothing_is_planned_again_before_it_has_settled_nor_after_two_attempts(one: Draft, sight: Sight) -> None:
    if one.state is not P and next_step(one, sight, NOW).state is P:
        assert one.state is U
        assert NOW - one.changed >= SETTLE
        assert one.attempts < ATTEMPTS
        assert (sight.in_drafts, sight.in_sent, sight.in_trash, sight.elsewhere) == (InDrafts.NOTHING, *[False] * 3)


@given(drafts, sights)
def test_what_the_user_made_of_it_is_never_waiting_again(one: Draft, sight: Sight) -> None:
    if one.state in (E, M):
        assert next_step(one, sight, NOW).state in (E, M, S, D, G, X)
        assert next_step(one, sight, NOW).action is Action.NOTHING


@given(drafts, sights)
def test_the_same_sight_again_changes_nothing_more(one: Draft, sight: Sight) -> None:
    """But for the second look of two, which ends what the first began."""
    first = next_step(one, sight, NOW)
    if first.state.live and first.missed == 0 and first.action is Action.NOTHING:
        again = row(state=first.state, attempts=one.attempts, because=first.because, changed=NOW)
        assert next_step(again, sight, NOW).state is first.state
