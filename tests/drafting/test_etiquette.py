"""The etiquette check: planted offences are caught, what a courteous person writes is not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from assistant.drafting import etiquette
from assistant.drafting.etiquette import Finding, findings, manners, offends
from assistant.model import Kind

GOOD = (
    "Dear Ana Costa,\n\n"
    "You asked me in May about the lease, and I still owe you an answer. I am sorry for the wait. {}\n\n"
    "If the matter has been settled, a word is enough and I will leave it there.\n\nKind regards,\nSue Marten\n"
)
RULES = Path(etiquette.__file__).with_name("etiquette")


def rules_broken(text: str, kind: Kind = Kind.OWE_REPLY, **given: object) -> set[str]:
    settings = {"language": "en", "contact_name": "Ana Costa", "user_name": "Sue Marten", "formal": True, **given}
    return {finding.rule for finding in findings(text, kind=kind, **settings)}  # type: ignore[arg-type]


def test_a_courteous_letter_has_no_finding() -> None:
    assert rules_broken(GOOD.format("")) == set()


OFFENCES = [
    pytest.param(language, sentence, rule, id=f"{language} {sentence}")
    for language, rules in tomllib.loads(Path(__file__).with_name("offences.toml").read_text("utf-8")).items()
    for rule, sentences in rules.items()
    for sentence in sentences
]


@pytest.mark.parametrize(("language", "sentence", "rule"), OFFENCES)
def test_a_planted_offence_is_caught(language: str, sentence: str, rule: str) -> None:
    letter = GOOD.replace("{}", sentence) if language == "en" else f"Ana Costa,\n\nAna. {sentence}\n\nSue Marten\n"
    formal = True if rule == "register" else None
    assert rule in rules_broken(letter, language=language, formal=formal, third_parties=["Eva Lind", "Bob Harris"])


def test_a_letter_that_is_too_long_is_refused() -> None:
    assert "too_long" in rules_broken(GOOD.replace("{}", "word " * 120))


@pytest.mark.parametrize(
    "sentence",
    [
        "None of this is in a hurry.",
        "I wrote to you in May 2025.",
        "It was kind of you to check my draft...",
        "We spoke in May; a month later the roof was done.",
        "Thank you!",
        "NASA and ESA are in it.",
    ],
)
def test_what_is_courteous_is_let_through(sentence: str) -> None:
    assert rules_broken(GOOD.replace("{}", sentence)) == set()


def test_a_letter_without_a_gift_or_a_way_out_is_refused() -> None:
    bare = "Dear Ana Costa,\n\nThis is about the lease.\n\nKind regards,\nSue Marten\n"
    for kind in Kind:
        assert {"no_gift", "no_way_out"} <= rules_broken(bare, kind)


def test_an_offer_counts_as_a_gift_only_when_it_is_in_the_letter() -> None:
    letter = GOOD.replace("{}", "I could lend you my ladder.")
    assert "no_gift" not in rules_broken(letter, Kind.OFFER, given=["lend you my ladder."])
    assert "no_gift" in rules_broken(letter, Kind.OFFER, given=["lend you my boat"])


def test_words_that_the_user_passes_on_are_not_judged_but_counted() -> None:
    link = "https://eva.example/urgent?a=1&b=2 by Eva Lind, 30 days ago!!"
    letter = GOOD.replace("{}", link)
    assert rules_broken(letter, Kind.SHARE, given=[link], third_parties=["Eva Lind"]) == set()
    assert "too_long" in rules_broken(GOOD.replace("{}", "word " * 120), Kind.SHARE, given=[("word " * 120).strip()])


def test_a_signature_is_neither_judged_nor_counted() -> None:
    signature = "Marten Ltd\n" + "Street 1, sue@example.org " * 40
    letter = GOOD.format("") + signature
    assert rules_broken(letter, signature=signature) == set()


@pytest.mark.parametrize(
    ("old", "new"), [("Dear Ana Costa", "Dear Sue"), ("\nSue Marten", "\nAna Costa"), ("\nSue Marten", "\n")]
)
def test_names_stand_where_they_belong(old: str, new: str) -> None:
    assert "wrong_name" in rules_broken(GOOD.format("").replace(old, new))


def test_two_people_of_one_name_may_write_each_other() -> None:
    assert rules_broken(GOOD.format("").replace("Ana Costa", "Sue Lind"), contact_name="Sue Lind") == set()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ich habe es nicht vergessen, und Sie bekommen eine Antwort von mir. Es tut mir leid.", "de"),
        ("Je n'ai pas oublié votre question, et vous aurez une réponse de ma part dans les jours qui viennent.", "fr"),
        ("No he olvidado su pregunta y le voy a responder con la calma que se merece, como usted me pidió.", "es"),
        ("I have not forgotten what you asked me, and there is an answer on the way to you.", "en"),
    ],
)
def test_a_text_in_another_language_is_caught(text: str, language: str) -> None:
    for other in ("en", "de", "fr", "es"):
        assert ("language" in rules_broken(text, language=other, formal=None)) is (other != language)


@pytest.mark.parametrize(
    ("language", "formal", "sentence"),
    [
        ("de", True, "Ich habe an dich gedacht."),
        ("de", False, "Ich wollte Ihnen danken."),
        ("fr", True, "Je pense à toi."),
        ("fr", False, "Je pense à vous."),
        ("es", True, "He pensado en ti."),
        ("es", False, "He pensado en usted."),
    ],
)
def test_the_wrong_register_is_caught(language: str, formal: bool, sentence: str) -> None:
    letter = f"Ana,\n\n{sentence}\n\nSue Marten"
    assert "register" in rules_broken(letter, language=language, formal=formal)
    assert "register" not in rules_broken(letter, language=language, formal=not formal)


def test_a_language_without_rules_is_still_checked_for_form() -> None:
    assert rules_broken("Beste Ana,\n\n{{ x }}\n\nSue Marten", language="nl") == {"unfilled"}


def test_findings_say_what_they_found() -> None:
    found = findings(
        GOOD.replace("{}", "I am still waiting."),
        kind=Kind.OWE_REPLY,
        language="en",
        contact_name="Ana Costa",
        user_name="Sue Marten",
    )
    assert Finding("reproach", "still waiting") in found
    assert Finding("reproach", "still waiting").reason == "this reproaches the reader: 'still waiting'"


@pytest.mark.parametrize(
    ("subject", "rule"),
    [
        ("Just checking in", "resented"),
        ("ROOF MATTER", "shouting"),
        ("News of {topic}", "unfilled"),
        ("Greetings from Eva Lind", "third_party"),
        ("A word from Sue Marten", None),
        ("Rye, urgently", None),
    ],
)
def test_the_subject_of_a_fresh_message_is_judged_but_for_what_the_user_passes_on(
    subject: str, rule: str | None
) -> None:
    given = ["Rye, urgently"] if rule is None else []
    found = rules_broken(GOOD.format(""), subject=subject, third_parties=["Eva Lind"], given=given)
    assert found == ({rule} if rule else set())


def test_a_single_name_is_no_third_person() -> None:
    assert rules_broken(GOOD.replace("{}", "I will write."), third_parties=["Will", "Rose"]) == set()


@pytest.mark.parametrize(
    ("name", "sentence", "named"),
    [
        ("Thank You", "I wanted to thank you.", False),
        ("Eva Lind", "Eva Lind told me.", True),
        ("eva lind", "Eva Lind told me.", True),
        ("Zoë d’Arcy", "Zoë d'Arcy told me.", True),
        ("Lea van der Meer", "Lea van der Meer told me.", True),
        ("Ana Costa", "It is for Ana Costa.", False),
    ],
)
def test_a_third_person_is_known_by_a_name_written_as_a_name(name: str, sentence: str, named: bool) -> None:
    assert ("third_party" in rules_broken(GOOD.replace("{}", sentence), third_parties=[name])) is named


@pytest.mark.parametrize("phrase", ["urgent invoice", "Friendly reminder", "checking in", "What? Why?"])
def test_a_phrase_that_would_offend_is_known_alone(phrase: str) -> None:
    assert offends(phrase, "en")
    assert not offends("the lease renewal", "en")


@pytest.mark.parametrize("path", sorted(RULES.glob("*.toml")), ids=lambda path: path.stem)
def test_rules_of_every_language_are_complete_and_in_lower_case(path: Path) -> None:
    known = manners(path.stem)
    assert known is not None
    assert {kind.value for kind in Kind} == set(known.gift)
    assert set(known.refused) == set(manners("en").refused)  # type: ignore[union-attr]
    table = tomllib.loads(path.read_text("utf-8"))
    for patterns in [*table["refused"].values(), *table["gift"].values(), *table["way_out"].values()]:
        for pattern in patterns:  # the text is lowered before they are looked for
            plain = re.sub(r"\\x27|\\[A-Za-z]", "", pattern)
            assert plain == plain.lower()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Ich habe es nicht vergessen, und bis dahin brauchen Sie nichts zu tun."),
        ("de", "Im Mai haben wir über den Garten geschrieben."),
        ("de", "Vor dem Haus steht eine Bank."),
        ("fr", "Je n'ai pas oublié votre question : elle est sur ma liste !"),
        ("fr", "Nous avons parlé du jardin en mai."),
        ("es", "Aún le debo una respuesta."),
        ("es", "Todavía no lo he hecho, y lo siento."),
        ("es", "Para el jardín hay tiempo."),
    ],
)
def test_what_a_courteous_person_writes_is_let_through_in_every_language(language: str, sentence: str) -> None:
    letter = f"Ana Costa,\n\n{sentence}\n\nSue Marten\n"
    assert rules_broken(letter, language=language, formal=True) <= {"no_gift", "no_way_out"}


def test_french_marks_after_a_space_are_no_gap_but_a_missing_word_is() -> None:
    assert "unfilled" not in rules_broken("Ana,\n\nVoici : cela vous va ?\n\nSue Marten", language="fr", formal=None)
    for gap in ("à propos de .", "à propos de , et", "« »", ": :"):
        assert "unfilled" in rules_broken(f"Ana,\n\nVoici {gap}\n\nSue Marten", language="fr", formal=None)
