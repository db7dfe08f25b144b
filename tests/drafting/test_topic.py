"""What a subject line gives to speak of."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.drafting.topic import LENGTH, Topic, has_reply_prefix, in_a_sentence, topic_of
from tests.drafting.builders import english, spoken


@pytest.mark.parametrize(
    ("subject", "topic"),
    [
        ("Lease renewal", "Lease renewal"),
        ("Re: AW: [list] Fwd: Lease renewal", "Lease renewal"),
        ("Re[2]: Lease renewal!", "Lease renewal"),
        ("[JIRA #12345] Lease renewal (was: Rent)", "Lease renewal"),
        ("Question about the lease", "the lease"),
        ("Thanks for the introduction", "the introduction"),
        ("RE: THE ANNUAL REPORT", "the annual report"),
        ("R: Contratto", "Contratto"),
        ("word " * 30, ("word " * 12).strip()),
        ("hi", None),
        ("(no subject)", None),
        ("Quick question", None),
        ("", None),
        ("x", None),
        ("Re: Re:", None),
        ("Can you send me the plans", None),
        ("Lunch tomorrow", None),
        ("hi susan", None),
        ("Liebe Grüße aus Wien", None),
        ("Hello Kitty exhibition in the town hall", "Hello Kitty exhibition in the town hall"),
        ("Ana <ana@ana.example>", None),
        ("See https://ana.example/x", None),
        ("{{ 7 * 7 }} lease", None),
        ("a" * 300, None),
    ],
)
def test_a_topic_is_what_the_subject_names(subject: str, topic: str | None) -> None:
    assert topic_of(subject) == topic


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("Lease renewal", "the lease renewal"),
        ("my lease", "the lease"),
        ("Talk at PyCon", "the talk at PyCon"),
        ("The Porto pilot", "the Porto pilot"),
        ("Annual Budget", "the annual budget"),
        ("Moving to Lisbon", "moving to Lisbon"),
        ("Lisbon in spring", '"Lisbon in spring"'),
        ("Project Alpha: next steps", '"Project Alpha: next steps"'),
        ("Nachtrag zum Mietvertrag", '"Nachtrag zum Mietvertrag"'),
        ("The lime at the school gate", "the lime at the school gate"),
        ("The Long Way", '"The Long Way"'),
        ("An old pea", "the old pea"),
        ("Box hedges", "the box hedges"),
        ("Central Curves", "the Central Curves"),
        ("North/South supply agreement", '"North/South supply agreement"'),
        ("The end justifies", '"The end justifies"'),
    ],
)
def test_a_topic_is_spoken_of_as_a_thing_or_set_as_a_title(topic: str, said: str) -> None:
    assert in_a_sentence(topic, english().topic) == Topic(said, f"about {said}", titled=said.startswith('"'))


@pytest.mark.parametrize(
    ("language", "topic", "name", "about"),
    [
        ("de", "Bank unter der Linde", "die Bank unter der Linde", "zur Bank unter der Linde"),
        ("de", "Gartenbank", "die Gartenbank", "zur Gartenbank"),
        ("de", "Kostenvoranschlag Dach", "den Kostenvoranschlag Dach", "zum Kostenvoranschlag Dach"),
        ("de", "Unser Treffen in Wien", "das Treffen in Wien", "zum Treffen in Wien"),
        ("de", "Die Pläne für den Hof", "die Pläne für den Hof", "wegen der Pläne für den Hof"),
        ("de", "Das Insektenhotel am Teich", "das Insektenhotel am Teich", "zum Insektenhotel am Teich"),
        ("de", "Neue Bank", "„Neue Bank“", "zum Thema „Neue Bank“"),
        ("de", "Haus und Hof", "„Haus und Hof“", "zum Thema „Haus und Hof“"),
        ("de", "Die Bänke", "die Bänke", "wegen der Bänke"),
        ("de", "Der Kunde", "„Der Kunde“", "zum Thema „Der Kunde“"),
        ("fr", "La terrasse de Montreuil", "la terrasse de Montreuil", "au sujet de la terrasse de Montreuil"),
        ("fr", "Devis pour la toiture", "le devis pour la toiture", "au sujet du devis pour la toiture"),
        ("fr", "Exposition d’été", "l'exposition d'été", "au sujet de l'exposition d'été"),
        ("fr", "L'escargot", "l'escargot", "au sujet de l'escargot"),
        ("fr", "Les iris", "les iris", "au sujet des iris"),
        ("fr", "La Poste", "« La Poste »", "au sujet de « La Poste »"),
        ("fr", "La tortue dort", "« La tortue dort »", "au sujet de « La tortue dort »"),
        ("fr", "Un escargot", "« Un escargot »", "au sujet de « Un escargot »"),
        ("es", "Romeros para la azotea", "los romeros para la azotea", "sobre los romeros para la azotea"),
        ("es", "Traducción del contrato", "la traducción del contrato", "sobre la traducción del contrato"),
        ("es", "El burro", "el burro", "sobre el burro"),
        ("es", "Listo para el lunes", "«Listo para el lunes»", "sobre «Listo para el lunes»"),
        ("es", "Agua para el huerto", "«Agua para el huerto»", "sobre «Agua para el huerto»"),
    ],
)
def test_a_topic_gets_the_article_of_its_language_when_it_is_known(
    language: str, topic: str, name: str, about: str
) -> None:
    assert in_a_sentence(topic, spoken(language).topic) == Topic(name, about, titled=name[0] in "„«")


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_no_noun_is_listed_under_two_genders(language: str) -> None:
    kinds = spoken(language).topic.things
    one = [kind for kind in kinds if not kind.name.startswith(("les", "los", "las"))]
    singular = [f"{noun} {kind.begins if noun.startswith('-') else ''}".strip() for kind in one for noun in kind.nouns]
    doubled = {noun for noun in singular if singular.count(noun) > 1}
    assert doubled <= {
        "-fenster",
        "-schlüssel",
        "-kapitel",
        "-muster",
        "-tion vowel",
        "-sion vowel",
        "-ment vowel",
        "-ité vowel",
    }  # one form in singular and plural


@given(st.text(max_size=300))
def test_no_subject_gives_a_topic_that_is_long_or_holds_anything_but_visible_words(subject: str) -> None:
    topic = topic_of(subject)
    if topic is not None:
        assert len(topic) <= LENGTH
        assert not set(topic) & set('<>{}[]%$@|\\"\n\r')
        assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in topic)


@pytest.mark.parametrize("subject", ["Re: x", "RE:x", "[list] Re: x", "AW: x", "Re[3]: x", "SV: x", "回复：x"])
def test_a_reply_is_known_by_its_prefix(subject: str) -> None:
    assert has_reply_prefix(subject)


@pytest.mark.parametrize("subject", ["Report: x", "Fwd: Re: x", "Regarding x", "x Re: y", ""])
def test_other_openings_are_no_reply_prefix(subject: str) -> None:
    assert not has_reply_prefix(subject)
