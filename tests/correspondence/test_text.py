"""Own words: samples of many mail programs and languages, and texts that mean harm."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.correspondence.text import LONGEST, greeting_of, own_words, sentences, signoff_of

SAMPLES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "own_words.toml").read_text(encoding="utf-8"))[
    "sample"
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])
def test_own_words(sample: dict[str, Any]) -> None:
    assert own_words(sample["mail"], html=sample.get("html", False)) == sample["own"]


@pytest.mark.parametrize("sample", [one for one in SAMPLES if not one.get("html")], ids=lambda one: one["name"])
def test_line_ends_do_not_matter(sample: dict[str, Any]) -> None:
    assert own_words(sample["mail"].replace("\n", "\r\n")) == sample["own"]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])
def test_own_words_are_a_fixed_point(sample: dict[str, Any]) -> None:
    """What was cut once is not cut further: brief and drafting read the lines again."""
    assert own_words(sample["own"]) == sample["own"]


def test_a_dozen_languages_are_among_the_samples() -> None:
    assert len({sample["name"][:2] for sample in SAMPLES if sample["name"][2] == ":"}) >= 12
    assert len(SAMPLES) >= 60


HOSTILE = [
    ">",
    "> ",
    "a",
    ":",
    "a:",
    "On ",
    "On 1 ",
    "<",
    "<a ",
    "<!--",
    "<![",
    "</",
    "<a a=",
    "&",
    "&#",
    ".",
    "?",
    ". ",
    "...",
    "\n",
    " \n",
    "From:",
    "From:\n",
    "To:\n",
    "-",
    "--",
    "- ",
    "_",
    "wrote:",
    "a wrote ",
    "wrote\n",
    "@",
    "<@>:",
    "1/1/01 ",
    "(",
    "[",
    "*",
    "“",
    "\u00a0",
    "\u200b",
    "\x00",
    "schrieb",
    "blockquote",
    "<blockquote>",
    "<div class=gmail_quote>",
    "class=",
    "A> ",
    "é",
    "漢",
]


def calls_for(text: str, *, html: bool) -> int:
    """Return how many functions are called to read a text: a measure of work that needs no clock."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        sentences(own_words(text, html=html))
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("unit", HOSTILE)
def test_twice_the_text_is_twice_the_work(unit: str, *, html: bool) -> None:
    once, twice = (calls_for((unit * size)[:size], html=html) for size in (4_000, 8_000))
    assert twice <= 2.2 * once + 500


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_ends(unit: str, *, html: bool) -> None:
    """A full-sized text of one repeated piece is read to the end; the suite's time limit would catch a hang."""
    text = (unit * LONGEST)[: 4 * LONGEST]
    own = own_words(text, html=html)
    assert len(own) <= LONGEST
    assert len("".join(sentences(own))) <= LONGEST


def test_only_the_first_64_kilobytes_are_read() -> None:
    """Whatever the size of the mail, the text that is worked on is bounded."""
    assert own_words("word\n" * 100_000) == own_words(("word\n" * 100_000)[:LONGEST])


@given(st.text(alphabet="ab \n>:<-_@?.19\u00a0éOnwrote/", max_size=400), st.booleans())
def test_any_text_is_read(text: str, html: bool) -> None:
    own = own_words(text, html=html)
    assert own == own.strip("\n")
    assert all(sentence.strip() for sentence in sentences(own))
    greeting_of(own)
    signoff_of(own)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi Ana,\n\nCan you come? I hope so.\n\nSue", ["Hi Ana,", "Can you come?", "I hope so.", "Sue"]),
        (
            "This line was wrapped by the program right\nhere. Next.",
            ["This line was wrapped by the program right here.", "Next."],
        ),
        ("Wir sehen uns am 3. Mai. Passt das?", ["Wir sehen uns am 3. Mai.", "Passt das?"]),
        ("I am away until July 14.  Patti will help.", ["I am away until July 14.", "Patti will help."]),
        ("Dr. Lee and Mr. Ode, e.g. tomorrow, agree.", ["Dr. Lee and Mr. Ode, e.g. tomorrow, agree."]),
        ("Two things:\n- the lease\n- the keys?", ["Two things:", "- the lease", "- the keys?"]),
        ("Really?! Yes... maybe.", ["Really?!", "Yes... maybe."]),
        ("See www.example.org/?a=b for it.", ["See www.example.org/?a=b for it."]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "greeting"),
    [
        ("Dear Ana,\n\nthanks.", "Dear Ana,"),
        ("Hi Ana! How are you?", "Hi Ana!"),
        ("Sehr geehrte Frau Dr. Lee,\n\nanbei", "Sehr geehrte Frau Dr. Lee,"),
        ("Liebe Ana,\nwie geht's?", "Liebe Ana,"),
        ("Bonjour Ana,\nmerci", "Bonjour Ana,"),
        ("Hola Ana:\n\nte escribo", "Hola Ana:"),
        ("Olá Ana,\ntudo bem?", "Olá Ana,"),
        ("Gentile dottoressa Lee,\n\nle scrivo", "Gentile dottoressa Lee,"),
        ("Beste Ana,\n\nbijgaand", "Beste Ana,"),
        ("Ana,\n\nwhen?", "Ana,"),
        ("Ana -\nwhen?", "Ana -"),
        ("When do you arrive?", None),
        ("Thursday is fine.", None),
        ("", None),
    ],
)
def test_greeting(text: str, greeting: str | None) -> None:
    assert greeting_of(text) == greeting


@pytest.mark.parametrize(
    ("text", "signoff"),
    [
        ("Fine.\n\nBest regards,\nSue", "Best regards,\nSue"),
        ("Passt.\n\nViele Grüße aus Bonn\nSue Marten", "Viele Grüße aus Bonn\nSue Marten"),
        ("C'est noté.\n\nBien à toi,\nSue", "Bien à toi,\nSue"),
        ("Vale.\n\nUn abrazo,\nSue", "Un abrazo,\nSue"),
        ("Combinado.\nAbraços", "Abraços"),
        ("Va bene.\n\nCordiali saluti\nSue", "Cordiali saluti\nSue"),
        ("Prima.\n\nGroetjes,\nSue", "Groetjes,\nSue"),
        ("Fine.\n\nSue", "Sue"),
        ("Fine.\n\nThanks, Sue", "Thanks, Sue"),
        ("Merci de confirmer votre présence demain.", None),
        ("Thank you for all the help with the lease.", None),
        ("I will come on Thursday.", None),
        ("", None),
    ],
)
def test_signoff(text: str, signoff: str | None) -> None:
    assert signoff_of(text) == signoff
