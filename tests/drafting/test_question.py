"""A question of the user is repeated whole, in the words of the letter, or not at all."""

from __future__ import annotations

import pytest

from assistant.drafting.question import asked_in
from assistant.model import CueKind, Kind
from tests.drafting.builders import facts_of, message, spoken, suggestion


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("Could you tell me whether the old lime may stay?", "whether the old lime may stay"),
        ("Can you please let me know if I may cut the hedge?", "whether I may cut the hedge"),
        ("Do you know how much the slate would cost?", "how much the slate would cost"),
        (
            "Could you tell me whether the lime may stay, and what it needs?",
            "whether the lime may stay, and what it needs",
        ),
        ("Could you tell me whether it may stay?", None),
        ("Could you tell me whether Tom may stay?", None),
        ("Could you tell me whether the lime may stay until 4 May?", None),
        ("Could you tell me whether the lime is cut tomorrow?", None),
        ("Could you tell me whether https://lime.example is right?", None),
        ("Could you tell me whether the lime (the old one) may stay?", None),
        ("Could you tell me the price of the slate?", None),
        ("Could you tell me whether the lime may stay? And the oak?", None),
        ("Could you tell me when?", None),
        ("Could you tell me whether " + "the very old lime by the gate and " * 3 + "the oak may stay?", None),
        ("May the lime stay?", None),
        ("Let me know if you need anything.", None),
    ],
)
def test_a_question_is_repeated_only_when_it_stands_alone(line: str, asked: str | None) -> None:
    assert asked_in(["Dear Ana,", "", line, "", "Sue"], spoken("en").question) == asked


@pytest.mark.parametrize(
    ("language", "line", "asked"),
    [
        ("de", "Könnten Sie mir bitte sagen, ob die Linde bleiben darf?", "ob die Linde bleiben darf"),
        ("de", "Kannst du mir schreiben, wie viel der Schiefer kostet?", "wie viel der Schiefer kostet"),
        ("de", "Kannst du mir sagen, ob Petra kommt?", None),
        ("de", "Kannst du mir sagen, ob du mit Petra sprichst?", None),
        ("de", "Kannst du mir sagen, ob es dir passt?", None),
        ("de", "Kannst du mir sagen, ob die Linde heute fällt?", None),
        ("fr", "Pourriez-vous me dire si le tilleul peut rester ?", "si le tilleul peut rester"),
        ("fr", "Peux-tu me dire quand la terrasse sera sèche ?", "quand la terrasse sera sèche"),
        ("fr", "Peux-tu me dire si tu en as besoin ?", None),
        ("es", "¿Podría decirme si el tilo puede quedarse?", "si el tilo puede quedarse"),
        ("es", "¿Podrías decirme cuándo estará seca la terraza?", "cuándo estará seca la terraza"),
        ("es", "¿Podrías decirme si viene mañana el jardinero?", None),
    ],
)
def test_questions_are_repeated_in_the_letters_of_their_language(language: str, line: str, asked: str | None) -> None:
    assert asked_in([line], spoken(language).question) == asked


def test_a_question_in_the_other_register_is_not_repeated() -> None:
    about = message(outgoing=True, language="de", cues=[CueKind.FORMAL])
    one = suggestion(Kind.CHECK_IN, about=about)
    for line, asked in (
        ("Könnten Sie mir sagen, ob Ihnen die Linde gefällt?", "ob Ihnen die Linde gefällt"),
        ("Kannst du mir sagen, ob dir die Linde gefällt?", None),
    ):
        assert facts_of(one, language="de", about_lines=[line]).question == asked
