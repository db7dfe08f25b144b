"""What somebody works towards or likes is woven into a sentence, or left out."""

from __future__ import annotations

import pytest

from assistant.drafting.caring import spoken_of
from assistant.model import Card, Kind
from tests.drafting.builders import facts_of, message, spoken, suggestion


@pytest.mark.parametrize(
    ("language", "own", "goal", "formal", "since"),
    [
        ("en", "starting a forest garden", True, False, "since you're thinking of starting a forest garden"),
        ("en", "a school garden", True, True, "since you are planning your school garden"),
        ("en", "open a second bakery", True, False, "since you'd like to open a second bakery"),
        ("en", "dry stone walls", False, False, "since you like dry stone walls"),
        ("en", "world peace", True, False, None),
        ("de", "einen Waldgarten anlegen", True, True, "da Sie einen Waldgarten anlegen möchten"),
        ("de", "eine zweite Bäckerei", True, False, "wo du doch deine zweite Bäckerei planst"),
        ("de", "ein Garten", True, False, None),
        ("de", "Trockenmauern", False, True, "da Sie Trockenmauern mögen"),
        ("fr", "créer une forêt comestible", True, False, "puisque tu veux créer une forêt comestible"),
        ("fr", "un potager", True, True, "puisque vous préparez votre potager"),
        ("fr", "pierre sèche", False, False, None),
        ("fr", "la pierre sèche", False, False, "puisque tu aimes la pierre sèche"),
        ("es", "crear un bosque comestible", True, False, "ya que quieres crear un bosque comestible"),
        ("es", "un huerto escolar", True, True, "ya que está preparando su huerto escolar"),
        ("es", "piedra seca", False, True, None),
        ("es", "los muros de piedra", False, True, "por su interés en los muros de piedra"),
    ],
)
def test_goals_and_interests_are_spoken_of_by_their_shape(
    language: str, own: str, goal: bool, formal: bool, since: str | None
) -> None:
    assert spoken_of(own, goal=goal, formal=formal, shapes=spoken(language).cares).since == since


def test_an_interest_is_neither_wished_luck_nor_waited_for() -> None:
    cared = spoken_of("dry stone walls", goal=False, formal=True, shapes=spoken("en").cares)
    assert (cared.wish, cared.aim) == (None, None)


@pytest.mark.parametrize(("subject", "aim"), [("School garden", True), ("Lease renewal", False)])
def test_an_answer_that_is_owed_names_a_goal_only_when_it_is_about_it(subject: str, aim: bool) -> None:
    card = Card(("ana@ana.example",), goals=("a school garden",))
    facts = facts_of(suggestion(Kind.OWE_REPLY, about=message(subject), card=card))
    assert (facts.aim is not None) is aim
