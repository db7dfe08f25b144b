"""Every shipped letter, in every variant and with every detail missing in turn: courteous, short, complete."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import cache
from typing import Any

import pytest

from assistant.drafting import etiquette
from assistant.drafting.message import compose
from assistant.drafting.offers import Offer, Share
from assistant.drafting.shelf import template
from assistant.drafting.wording import shape
from assistant.model import Card, CueKind, Kind
from tests.drafting.builders import ME, NOW, SHIPPED, facts_of, message, spoken, suggestion, written

LANGUAGES = ("en", "de", "fr", "es")
SEEDS = 6  # the shipped templates choose by seed % 2 and seed % 3
CARDS = {
    "en": Card(("ana@ana.example",), goals=("opening a second bakery",)),
    "de": Card(("ana@ana.example",), goals=("eine zweite Bäckerei eröffnen",)),
    "fr": Card(("ana@ana.example",), goals=("ouvrir une deuxième boulangerie",)),
    "es": Card(("ana@ana.example",), goals=("abrir una segunda panadería",)),
}
OFFERS = {
    "en": Offer("introduce you to two bakers who run a second shop", ("bakery",)),
    "de": Offer("zwei Leute aus dem Fach mitbringen, die das schon hinter sich haben", ("Bäckerei",), language="de"),
    "fr": Offer("prêter le plan de financement de notre atelier", ("boulangerie",), language="fr"),
    "es": Offer("prestar el horno pequeño durante unas semanas", ("panadería",), language="es"),
}
SHARES = {
    "en": Share("A half-hour programme on rye: https://radio.example/rye", "sourdough"),
    "de": Share("Eine halbe Stunde über Roggen: https://radio.example/roggen", "Sauerteig"),
    "fr": Share("Une demi-heure sur le seigle : https://radio.example/seigle", "levain"),
    "es": Share("Media hora sobre el centeno: https://radio.example/centeno", "masa madre"),
}
PROMISES = {
    "en": {True: "I'll send you the floor plans next week.", False: "I'll send you the floor plans next week."},
    "de": {True: "Ich schicke Ihnen die Pläne nächste Woche.", False: "Ich schicke dir die Pläne nächste Woche."},
    "fr": {
        True: "Je vous envoie les plans la semaine prochaine.",
        False: "Je t'envoie les plans la semaine prochaine.",
    },
    "es": {True: "Le envío los planos la próxima semana.", False: "Te envío los planos la próxima semana."},
}
# Forms that say of the user or of the reader whether they are a woman or a man.
GENDERED = {
    "en": r"\b(?:sir|madam|mr|mrs|ms|he|she|his|her)\b",
    "de": r"^(?:liebe|lieber)\b|\b(?:herr|frau|geehrter?|freund(?:in)?|ansprechpartner(?:in)?|kolleg(?:e|in)|derjenige|"
    r"diejenige|der einzige|die einzige)\b",
    "fr": r"\b(?:désolée?|heureu(?:x|se)|ravie?|enchantée?|contente?|reconnaissante?|touchée?|sûre?|certaine?|navrée?|"
    r"confuse?|prête?|curieu(?:x|se)|intéressée?|occupée?|seule?|cher|chère|madame|monsieur|obligée?|honorée?)\b|"
    r"\b(?:je (?:me )?suis|vous êtes|tu es|vous seriez|tu serais) (?!demandé\b)\w+ée?\b|"
    r"\b(?:m'avez|m'as|t'ai|vous ai|vous en ai|t'en ai) "
    r"(?:aidé|remercié|laissé|contacté|informé|oublié|vue?|connue?|invité)",
    "es": r"\b(?:encantad|agradecid|content|segur|preocupad|ocupad|interesad|dispuest|querid|estimad|apreciad|"
    r"bienvenid|obligad|amig|atent)[oa]\b|\b(?:yo|usted|tú) mism[oa]\b|\bseñora?\b|\b(?:lo|la) (?:saludo|aviso|ayudo|"
    r"espero|invito)\b|\b(?:saludar|ayudar|molestar)l[oa]\b",
}


@cache
def openings() -> dict[int, str]:
    """Return an opening message for each remainder of the seed, so that every variant is met."""
    found: dict[int, str] = {}
    for number in itertools.count():
        opened_by = f"{number}@ana.example"
        found.setdefault(facts_of(suggestion(opened_by=opened_by)).seed % SEEDS, opened_by)
        if len(found) == SEEDS:
            return found
    raise AssertionError


def details(kind: Kind) -> Iterator[tuple[str, str, datetime | None, tuple[CueKind, ...], bool, bool]]:
    """Return name, subject, time, cues, whether there is a card and an extra, in every combination that matters."""
    friendly = kind in (Kind.RECONNECT, Kind.OFFER, Kind.SHARE)
    return itertools.product(
        ["Ana Costa", ""],
        ["Lease renewal", "Lisbon in spring", "hi"],
        [NOW - timedelta(days=3), NOW - timedelta(days=120), None],
        [()] if friendly else [(), (CueKind.QUESTION,)],
        [True, False] if friendly else [False],
        [True, False] if kind in (Kind.RECONNECT, Kind.DELIVER_PROMISE) else [True],
    )


def gifts(kind: Kind, language: str, extra: bool = True) -> dict[str, Any]:
    """Return what there is to give in a letter of this kind."""
    offered = kind is Kind.OFFER or (kind is Kind.RECONNECT and extra)
    return {
        "language": language,
        "offer": OFFERS[language] if offered else None,
        "share": SHARES[language] if kind is Kind.SHARE else None,
    }


def registered(formal: bool, *cues: CueKind) -> list[CueKind]:
    return [CueKind.FORMAL if formal else CueKind.INFORMAL, *cues]


every_letter = [
    pytest.mark.parametrize("formal", [True, False], ids=["formal", "informal"]),
    pytest.mark.parametrize("kind", Kind),
    pytest.mark.parametrize("language", LANGUAGES),
]


def for_every_letter(test: Any) -> Any:
    for mark in every_letter:
        test = mark(test)
    return test


@for_every_letter
@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_letter_passes_the_etiquette_check_whatever_is_missing(
    language: str, kind: Kind, seed: int, formal: bool
) -> None:
    for name, subject, when, asks, card, extra in details(kind):
        outgoing = kind in (Kind.CHECK_IN, Kind.DELIVER_PROMISE)
        about = message(subject, when=when, cues=registered(formal, *asks), outgoing=outgoing)
        one = suggestion(
            kind, about=about, name=name, card=CARDS[language] if card else None, opened_by=openings()[seed]
        )
        lines = [PROMISES[language][formal]] if extra else []
        facts, wording, found = written(one, **gifts(kind, language, extra), about_lines=lines)
        assert not found, wording.text
        assert facts.formal is formal
        assert 20 <= len(wording.text.split()) <= 110, wording.text
        assert wording.text.startswith(facts.greeting + "\n\n")
        assert wording.text.endswith("\n\n" + facts.sign_off + "\n")
        said = wording.text.replace("\N{NO-BREAK SPACE}", " ")
        for detail in (facts.offer, facts.share, facts.question, facts.since if facts.offer or facts.share else None):
            assert detail is None or detail in said
        if facts.topic is not None and facts.about is not None:
            named = facts.topic in said or facts.about in said
            assert named or (kind is Kind.DELIVER_PROMISE and facts.promised), wording.text
        if kind is Kind.DELIVER_PROMISE and extra:
            assert facts.promised is not None
            assert facts.promised in said
        assert "  " not in wording.text
        assert not re.search(r"[a-z]\.[A-Z]|[ \t]\n|\n\n\n", wording.text), wording.text
        if kind is Kind.RECONNECT:  # the first word after a long silence asks for nothing
            assert "?" not in wording.text


@for_every_letter
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_letter_tells_nobodys_gender(language: str, kind: Kind, seed: int, formal: bool) -> None:
    one = suggestion(kind, about=message(cues=registered(formal)), card=CARDS[language], opened_by=openings()[seed])
    text = written(one, **gifts(kind, language))[1].text
    assert not re.search(GENDERED[language], text.lower()), text


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Lieber Tom, danke."),
        ("fr", "je suis désolé de cette attente"),
        ("fr", "vous m'avez aidée"),
        ("fr", "je t'ai laissé sans nouvelles"),
        ("fr", "je suis heureuse de vous lire"),
        ("es", "estoy encantado de ayudar"),
        ("es", "quedo muy agradecida"),
        ("es", "me gustaría saludarla"),
    ],
)
def test_forms_that_tell_a_gender_would_be_noticed(language: str, sentence: str) -> None:
    assert re.search(GENDERED[language], sentence.lower())


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", ["de", "fr", "es"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_letter_in_one_register_would_be_refused_in_the_other(language: str, kind: Kind, seed: int) -> None:
    for formal in (True, False):
        one = suggestion(kind, about=message(cues=registered(formal)), opened_by=openings()[seed])
        wording = written(one, **gifts(kind, language))[1]
        found = etiquette.findings(
            wording.text,
            kind=kind,
            language=language,
            contact_name="Ana Costa",
            user_name=ME,
            formal=not formal,
            given=[one.text for one in (OFFERS[language], SHARES[language])],
        )
        assert {one.rule for one in found} == {"register"}, wording.text


@for_every_letter
def test_people_who_compare_their_mails_find_different_letters(language: str, kind: Kind, formal: bool) -> None:
    bodies = set()
    for opened_by in openings().values():
        about = message(cues=registered(formal))
        one = suggestion(kind, about=about, card=CARDS[language], opened_by=opened_by)
        text = written(one, **gifts(kind, language))[1].text
        bodies.add(text.partition("\n\n")[2].rpartition("\n\n")[0])
    assert len(bodies) >= (2 if formal else 3)


@pytest.mark.parametrize("kind", Kind)
def test_the_same_suggestion_gives_the_same_letter(kind: Kind) -> None:
    one = suggestion(kind, card=CARDS["en"])
    assert written(one, **gifts(kind, "en"))[1] == written(one, **gifts(kind, "en"))[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_a_shape_is_shared_by_those_who_get_the_same_variant(language: str, kind: Kind) -> None:
    """Three variants each: what differs from person to person does not count."""
    shapes = set()
    for opened_by, name in itertools.product(openings().values(), ["Ana Costa", "Eva Lind"]):
        one = suggestion(kind, name=name, about=message("Roof", cues=[CueKind.INFORMAL]), opened_by=opened_by)
        facts = facts_of(one, **gifts(kind, language))
        shapes.add(shape(kind, facts, SHIPPED).partition("\n\n")[2] if facts.fresh else shape(kind, facts, SHIPPED))
    assert len(shapes) == 3


@pytest.mark.parametrize("kind", [Kind.RECONNECT, Kind.OFFER, Kind.SHARE])
@pytest.mark.parametrize("language", LANGUAGES)
def test_kinds_that_may_start_a_thread_propose_a_short_subject(language: str, kind: Kind) -> None:
    for opened_by, formal in itertools.product(openings().values(), (True, False)):
        one = suggestion(kind, about=message(cues=registered(formal)), fresh=True, opened_by=opened_by)
        subject = written(one, **gifts(kind, language))[1].subject
        assert subject is not None
        assert 2 <= len(subject.split()) <= 6
        assert not any(etiquette.wrong_register(f"… {subject}", language, formal))


@pytest.mark.parametrize(
    ("language", "name", "formal", "greeting"),
    [
        ("de", "Ana Lima", True, "Guten Tag Ana Lima,"),
        ("de", "Ana Lima", False, "Hallo Ana,"),
        ("de", "", True, "Guten Tag,"),
        ("fr", "Ana Lima", True, "Bonjour Ana Lima,"),
        ("fr", "Ana Lima", False, "Bonjour Ana,"),
        ("fr", "", False, "Bonjour,"),
        ("es", "Ana Lima", True, "Buenos días, Ana Lima:"),
        ("es", "Ana Lima", False, "Hola, Ana:"),
        ("es", "", True, "Buenos días:"),
    ],
)
def test_greetings_fit_everybody(language: str, name: str, formal: bool, greeting: str) -> None:
    one = suggestion(name=name, about=message(cues=registered(formal)))
    assert facts_of(one, language=language).greeting == greeting


@pytest.mark.parametrize(
    ("language", "ours", "greeting", "sign_off"),
    [
        ("de", ["Lieber Jürgen,", "ja.", "Herzliche Grüße", "Sue"], "Lieber Jürgen,", "Herzliche Grüße\nSue"),
        ("de", ["Sehr geehrter Herr Weiß,", "ja.", "Mit freundlichem Gruß", "Sue Marten"], "Sehr geehrter Herr Weiß,",
         "Mit freundlichem Gruß\nSue Marten"),
        ("fr", ["Cher Jürgen,", "oui.", "Je t'embrasse,", "Sue"], "Cher Jürgen,", "Je t'embrasse,\nSue"),
        ("fr", ["Bonjour Monsieur Weiß,", "oui.", "Bien à vous,", "Sue Marten"], "Bonjour Monsieur Weiß,",
         "Bien à vous,\nSue Marten"),
        ("es", ["Querido Jürgen:", "sí.", "Un abrazo,", "Sue"], "Querido Jürgen:", "Un abrazo,\nSue"),
    ],
)  # fmt: skip
def test_greeting_and_closing_of_the_users_own_mails_are_used_again(
    language: str, ours: list[str], greeting: str, sign_off: str
) -> None:
    facts = facts_of(suggestion(name="Jürgen Weiß"), language=language, our_mails=[["ja"], ours])
    assert (facts.greeting, facts.sign_off) == (greeting, sign_off)


@pytest.mark.parametrize(
    ("language", "subject"),
    [("de", "Bänke für Größers Höfe"), ("fr", "Été : l'œuvre du garçon"), ("es", "Año nuevo en Íñigo"), ("en", "Café")],
)
def test_umlauts_and_accents_stay_intact_down_to_the_bytes(language: str, subject: str) -> None:
    for kind in Kind:
        one = suggestion(kind, name="Jürgen Ñúñez", about=message(subject, cues=[CueKind.INFORMAL]))
        facts, wording, _ = written(one, **gifts(kind, language))
        letter = compose(one, wording, me_name="Zoë Müßig", now=NOW)
        read = message_from_bytes(letter.raw, policy=default)
        assert read.get_content().replace("\r\n", "\n") == wording.text
        assert facts.topic is None or subject in facts.topic
        assert read["From"] == "Zoë Müßig <sue@example.org>"
        assert read["To"] == "Jürgen Ñúñez <ana@ana.example>"
        assert read["Subject"] == f"Re: {subject}"


def test_no_line_of_a_french_letter_can_end_before_a_mark_that_stands_alone() -> None:
    for kind, opened_by in itertools.product(Kind, openings().values()):
        one = suggestion(kind, about=message("Bail : suite", cues=[CueKind.INFORMAL]), opened_by=opened_by)
        text = written(one, **gifts(kind, "fr"))[1].text
        letter = compose(one, written(one, **gifts(kind, "fr"))[1], me_name=ME, now=NOW)
        assert not re.search(r" [:;?!»]|« ", text)
        assert message_from_bytes(letter.raw, policy=default).get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_of_a_shipped_language_are_complete(language: str) -> None:
    words = spoken(language)
    assert len(words.formal_closings) == len(words.informal_closings) == 3
    assert words.mirrored_greetings
    assert words.mirrored_closings
    assert words.promise.said
    assert words.needs_word
    for kind in Kind:
        assert template(language, kind, SHIPPED).path.parent.name == language
