"""Every shipped letter, in every variant and with every detail missing in turn: courteous, short, complete."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from assistant.drafting.offers import Offer, Share
from assistant.model import Card, CueKind, Kind
from tests.drafting.builders import NOW, facts_of, message, suggestion, written

SEEDS = 6  # the shipped templates choose by seed % 2 and seed % 3
CARD = Card(("ana@ana.example",), goals=("opening a second bakery",))
OFFER = Offer("introduce you to two bakers who run a second shop", ("bakery",))
SHARE = Share("A half-hour programme on rye: https://radio.example/rye", "sourdough")
PROMISE = ["I'll send you the floor plans next week."]


def openings() -> dict[int, str]:
    """Return an opening message for each remainder of the seed, so that every variant is met."""
    found: dict[int, str] = {}
    for number in itertools.count():
        opened_by = f"{number}@ana.example"
        found.setdefault(facts_of(suggestion(opened_by=opened_by)).seed % SEEDS, opened_by)
        if len(found) == SEEDS:
            return found
    raise AssertionError


OPENINGS = openings()


def details(kind: Kind) -> Iterator[tuple[str, str, datetime | None, tuple[CueKind, ...], Card | None, bool]]:
    """Return name, subject, time, cues, card and whether there is an extra, in every combination that matters."""
    friendly = kind in (Kind.RECONNECT, Kind.OFFER, Kind.SHARE)
    return itertools.product(
        ["Ana Costa", ""],
        ["Lease renewal", "Lisbon in spring", "hi"],
        [NOW - timedelta(days=3), NOW - timedelta(days=120), None],
        [()] if friendly else [(), (CueKind.QUESTION,)],
        [CARD, None] if friendly else [None],
        [True, False] if kind in (Kind.RECONNECT, Kind.DELIVER_PROMISE) else [True],
    )


@pytest.mark.parametrize("formal", [True, False])
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("kind", Kind)
def test_every_letter_passes_the_etiquette_check_whatever_is_missing(kind: Kind, seed: int, formal: bool) -> None:
    register = CueKind.FORMAL if formal else CueKind.INFORMAL
    for name, subject, when, asks, card, extra in details(kind):
        about = message(subject, when=when, cues=[register, *asks], outgoing=kind is Kind.CHECK_IN)
        one = suggestion(kind, about=about, name=name, card=card, opened_by=OPENINGS[seed])
        offer = OFFER if kind is Kind.OFFER or (kind is Kind.RECONNECT and extra) else None
        share = SHARE if kind is Kind.SHARE else None
        facts, wording, found = written(one, offer=offer, share=share, about_lines=PROMISE if extra else [])
        assert not found, wording.text
        assert facts.formal is formal
        assert 30 <= len(wording.text.split()) <= 110, wording.text
        assert wording.text.startswith(facts.greeting + "\n\n")
        assert wording.text.endswith("\n\n" + facts.sign_off + "\n")
        for detail in (facts.offer, facts.share):
            assert detail is None or detail in wording.text
        if facts.topic is not None:
            assert facts.topic in wording.text or (kind is Kind.DELIVER_PROMISE and facts.promised), wording.text
        assert "  " not in wording.text
        assert not re.search(r"[a-z]\.[A-Z]|[ \t]\n|\n\n\n", wording.text), wording.text
        if kind is Kind.RECONNECT:  # the first word after a long silence asks for nothing
            assert "?" not in wording.text


@pytest.mark.parametrize("formal", [True, False])
@pytest.mark.parametrize("kind", Kind)
def test_people_who_compare_their_mails_find_different_letters(kind: Kind, formal: bool) -> None:
    register = CueKind.FORMAL if formal else CueKind.INFORMAL
    bodies = set()
    for opened_by in OPENINGS.values():
        about = message(cues=[register])
        one = suggestion(kind, about=about, card=CARD, opened_by=opened_by)
        text = written(one, offer=OFFER, share=SHARE)[1].text
        bodies.add(text.partition("\n\n")[2].rpartition("\n\n")[0])
    assert len(bodies) >= (2 if formal else 3)


@pytest.mark.parametrize("kind", Kind)
def test_the_same_suggestion_gives_the_same_letter(kind: Kind) -> None:
    one = suggestion(kind, card=CARD)
    assert written(one, offer=OFFER, share=SHARE)[1] == written(one, offer=OFFER, share=SHARE)[1]


@pytest.mark.parametrize("kind", [Kind.RECONNECT, Kind.OFFER, Kind.SHARE])
def test_kinds_that_may_start_a_thread_propose_a_short_subject(kind: Kind) -> None:
    for opened_by in OPENINGS.values():
        subject = written(suggestion(kind, fresh=True, opened_by=opened_by), offer=OFFER, share=SHARE)[1].subject
        assert subject is not None
        assert 2 <= len(subject.split()) <= 6
