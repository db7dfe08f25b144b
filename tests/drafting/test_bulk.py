"""Letters in bulk, over invented people, threads and languages: courteous, short, well formed, whatever comes in."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.demo.sample import write_settings
from assistant.drafting import etiquette
from assistant.drafting.message import compose
from assistant.drafting.wording import Wording, render
from assistant.errors import TemplateError
from assistant.mailbox.door import Door
from assistant.model import Card, Contact, Correspondence, CueKind, Kind, Letter, Suggestion, Thread
from assistant.settings import Offer, Settings, load
from assistant.writing import Writer
from tests.drafting.builders import ME, NOW, SHIPPED, facts_of, message, suggestion
from tests.drafting.test_message import FRESH, REPLY, assert_well_formed, header_of, parsed
from tests.drafting.test_templates import LANGUAGES, OFFERS, SHARES
from tests.test_writing import Mails

FIRST = [
    "Ana",
    "Jürgen",
    "Élodie",
    "Íñigo",
    "Zoë",
    "Mary-Jane",
    "Jean-Luc",
    "Søren",
    "Łucja",
    "Will",
    "Rose",
    "Grace",
    "O",
]
LAST = [
    "Costa",
    "Weiß",
    "d’Arcy",
    "O'Brien",
    "van der Meer",
    "García Lorca",
    "Müller-Lüdenscheidt",
    "Ng",
    "Mark",
    "MÜLLER",
]
WHOLE = [
    "",
    "Dr. Karl Vogt",
    "Prof. Dr. Ida Lang",
    "Costa, Ana",
    "COSTA Ana",
    "ana costa",
    "Ana",
    "李 小龍",
    "Ana 🌱 Costa",
]
SUBJECTS = {
    "en": ["Lease renewal", "The lime at the school gate", "Two hives behind the shed", "One pear, two candidates",
           "Your invoice 4711", "Moving to Lisbon", "Notes from the meeting", "An urgent matter",
           "Could you have a look"],
    "de": ["Bank unter der Linde", "Kostenvoranschlag Dach", "Pläne für den Hof", "Dein neues Buch", "Ihre Anfrage",
           "Treffen am Freitag", "Dringend: Wasser im Keller", "Frage zum Vertrag", "Erinnerung", "Der Igel und du"],
    "fr": ["Devis pour la toiture", "La terrasse de Montreuil", "Réunion du conseil", "L'escalier", "Ton livre",
           "Votre demande", "Rappel : cotisation", "Iris nains", "Question sur le bail", "Où en es-tu ?"],
    "es": ["Presupuesto del tejado", "Romeros para la azotea", "La cosecha", "Tu libro", "Su consulta", "Recordatorio",
           "Pregunta sobre el contrato", "Nieve", "¿Cuándo vienes?", "Adjunto el plano"],
}  # fmt: skip
ANY_SUBJECTS = [
    "",
    "hi",
    "Re:",
    "AW: WG: [list] #12",
    "FOLLOW UP",
    "{{ name }}",
    "a" * 200,
    "日本 meeting",
    "x@y.example",
    "🌱",
]
OURS = {
    "en": [
        "Hi Ana,\n\nI'll send you the floor plans on Monday.\n\nCheers,\nSue",
        "Dear Ana,\n\nyes.\n\nWarmly,\nSue Marten",
    ],
    "de": [
        "Hallo Ana,\n\nich schicke dir die Pläne morgen.\n\nLG\nSue",
        "Guten Tag,\n\nich schicke Ihnen das Angebot.",
    ],
    "fr": ["Salut Ana,\n\nje t'envoie les plans demain.\n\nBises,\nSue", "Bonjour,\n\nje vous envoie le devis lundi."],
    "es": ["Hola Ana:\n\nte mando los planos mañana.\n\nBesos,\nSue", "Buenos días:\n\nle envío el presupuesto."],
}
THEIRS = [
    "Dear Sue,\n\nyes.\n\nAna",
    "Sue!\n\nGracias\n\nAna Costa",
    "",
    "Sehr geehrte Frau Marten,\n\nja.\n\nA. Costa",
]
GOALS = {
    "en": ["opening a second bakery", "a house for Bob Harris", "learning to sail"],
    "de": ["eine zweite Bäckerei eröffnen", "ein Haus für Bob Harris", "Segeln lernen"],
    "fr": ["ouvrir une deuxième boulangerie", "une maison pour Bob Harris", "apprendre la voile"],
    "es": ["abrir una segunda panadería", "una casa para Bob Harris", "aprender a navegar"],
}
FEW, MANY = 200, 2000


def some_suggestion(chance: random.Random, language: str, kind: Kind) -> Suggestion:
    """Return a suggestion about somebody and something, with many a detail missing or odd."""
    name = chance.choice([*WHOLE, *(f"{chance.choice(FIRST)} {chance.choice(LAST)}" for _ in range(20))])
    cues = [*chance.sample([CueKind.FORMAL, CueKind.INFORMAL], chance.randrange(3))]
    cues += [CueKind.QUESTION] if chance.random() < 0.6 else []
    about = message(
        chance.choice([*SUBJECTS[language] * 3, *ANY_SUBJECTS]),
        when=chance.choice([None, NOW - timedelta(days=chance.randrange(1, 900))]),
        outgoing=kind in (Kind.CHECK_IN, Kind.DELIVER_PROMISE),
        cues=cues,
        language=language,
        message_id=f"{chance.getrandbits(60):x}@ana.example",
    )
    mails = [message(outgoing=bool(uid % 2), cues=cues, language=language)._replace(uid=uid) for uid in range(2, 5)]
    card = Card(
        ("ana@ana.example",), goals=(chance.choice(GOALS[language]),), interests=("bakery", "Garten", "panadería")
    )
    return suggestion(
        kind,
        about=about,
        thread=Thread(about.subject, (*mails, about)),
        name=name,
        card=card if kind is Kind.OFFER or chance.random() < 0.5 else None,
        opened_by=f"{chance.getrandbits(60):x}@ana.example",
        fresh=kind in (Kind.RECONNECT, Kind.OFFER, Kind.SHARE) and chance.random() < 0.7,
    )


def letter_for(writer: Writer, one: Suggestion, language: str, chance: random.Random) -> tuple[Letter, bool]:
    """Return the letter and whether it is a fresh message. Raises TemplateError when the etiquette check refuses it."""
    texts = {uid: chance.choice([*OURS[language], *THEIRS]) for uid in range(1, 5)}
    if one.kind is not Kind.SHARE:
        page = writer.write(one, cast("Door", Mails(texts)), (), NOW)
        return page.letter, one.reply_to is None
    facts = facts_of(one, language=language, share=SHARES[language], home_language=language)
    wording = render(one.kind, facts, SHIPPED)
    given = [SHARES[language].text, SHARES[language].topic]
    found = etiquette.findings(
        wording.text, kind=one.kind, language=language, contact_name=one.contact.name, user_name=ME,
        formal=facts.formal, given=given, subject=wording.subject if facts.fresh else None,
    )  # fmt: skip
    if found:
        raise TemplateError("; ".join(finding.reason for finding in found), wording.text)
    return compose(one, wording, me_name=ME, now=NOW), facts.fresh


def writer_in(settings: Settings, language: str, signature: str | None) -> Writer:
    offers = [
        Offer(text=OFFERS[language].text, topics=("bakery", "Garten", "panadería", "boulangerie"), language=language)
    ]
    me = settings.me.model_copy(update={"language": language})
    drafts = settings.drafts.model_copy(update={"signature": signature})
    writer = Writer(settings.model_copy(update={"me": me, "offers": tuple(offers), "drafts": drafts}))
    bob = Contact("bob@x.example", "Bob Harris", ("bob@x.example",), True)
    writer.meet([Correspondence(bob, (), ())])
    return writer


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_letters_in_bulk_are_courteous_short_and_well_formed(tmp_path: Path, count: int) -> None:
    settings = load(write_settings(tmp_path, 1143, NOW))[0]
    refused: list[str] = []
    written: Counter[tuple[str, str]] = Counter()
    chance = random.Random(count)
    for number in range(count):
        language, kind = LANGUAGES[number % 4], list(Kind)[number // 4 % 7]
        writer = writer_in(settings, language, chance.choice([None, "Marten Gardens\nPotsdam, https://marten.example"]))
        one = some_suggestion(chance, language, kind)
        try:
            letter, fresh = letter_for(writer, one, language, chance)
        except TemplateError as error:
            refused.append(f"{language} {kind}, {one.contact.name!r}, {one.about.subject!r}: {error}")
            continue
        written[language, kind.value] += 1
        assert_well_formed(letter, FRESH if fresh else REPLY)
        assert parsed(letter.raw).get_content().replace("\r\n", "\n") == letter.text
        assert header_of(letter.raw, "Subject") == letter.subject
        body = letter.text.replace("Marten Gardens\nPotsdam, https://marten.example", "")
        assert len(body.split()) <= etiquette.MOST_WORDS, letter.text
        assert "Bob Harris" not in letter.text
    assert len(refused) <= count / 100, "\n".join(refused)
    assert len(written) == 28


HOSTILE = [
    "\r\nBcc: eve@eve.example", "\nSubject: x", "\x00", "\x1b[2J\x1b]0;x\x07", "\u202egnp.exe", "\u2028",
    "\u2029", "\x85", "\ufeff", "=?utf-8?q?=0d=0aBcc:_x?=", "=?utf-8?b?DQpCY2M6IHg=?=",
    '"', "\\", "<", ">", "@", ",", ";", ":", "(", ")",
    "\t", " " * 90, "ü" * 80, "🌱" * 40, "\ud800", "%0d%0aBcc:x", "${jndi:x}", "{{ 7*7 }}", "{% raw %}",
    "a" * 998, "\r", "\x7f",
]  # fmt: skip


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_hostile_names_and_subjects_inject_no_header_and_no_control_character(count: int) -> None:
    chance = random.Random(count)

    def hostile() -> str:
        return "".join(chance.choice([*HOSTILE, "Ana", " ", "Costa"]) for _ in range(chance.randrange(1, 8)))

    for number in range(count):
        fresh = number % 3 == 0
        one = suggestion(Kind.RECONNECT, about=message(hostile()), name=hostile(), fresh=fresh)
        wording = Wording(f"Dear {hostile()},\n\n{hostile()}\n\nSue\n", hostile() if number % 2 else None, "x", "en")
        made = compose(one, wording, me_name=hostile(), now=NOW, references=[hostile()], quoted=[hostile()])
        assert_well_formed(made, FRESH if fresh else REPLY)
        assert not any(ord(character) < 32 or ord(character) == 127 for character in made.subject + made.to.name)
        read: Any = parsed(made.raw)
        assert [address.addr_spec for address in read["To"].addresses] == ["ana@ana.example"]
        assert [address.addr_spec for address in read["From"].addresses] == ["sue@example.org"]
        assert not set(made.text) & set(map(chr, [*range(10), *range(11, 32), 127, 0x202E, 0x2028, 0x85]))


def test_the_same_people_get_the_same_letters_again(tmp_path: Path) -> None:
    settings = load(write_settings(tmp_path, 1143, NOW))[0]

    def letters() -> Sequence[bytes]:
        chance = random.Random(1)
        ones = [some_suggestion(chance, "de", Kind.OWE_REPLY) for _ in range(20)]
        writer = writer_in(settings, "de", None)
        return [letter_for(writer, one, "de", random.Random(2))[0].raw for one in ones]

    assert letters() == letters()
