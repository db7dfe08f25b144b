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


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("I am just checking in.", "resented"),
        ("Just following up on this.", "resented"),
        ("I wanted to circle back.", "resented"),
        ("I am touching base.", "resented"),
        ("Bumping this.", "resented"),
        ("As per my last email, I wait.", "resented"),
        ("Per my last email.", "resented"),
        ("As discussed, here we are.", "resented"),
        ("As previously mentioned.", "resented"),
        ("I'm not sure if you saw my mail.", "resented"),
        ("Did you get my mail?", "resented"),
        ("This is a gentle reminder.", "resented"),
        ("A friendly reminder.", "resented"),
        ("Please advise.", "resented"),
        ("Thanks in advance.", "resented"),
        ("Thank you in advance.", "resented"),
        ("I’m sorry to bother you again.", "resented"),
        ("I hope this finds you well.", "resented"),
        ("I hope this email finds you well.", "resented"),
        ("In case you missed it.", "resented"),
        ("Any update?", "resented"),
        ("I wanted to reach out.", "resented"),
        ("I haven’t heard back from you.", "reproach"),
        ("I have not heard from you.", "reproach"),
        ("I am still waiting.", "reproach"),
        ("I know you're busy.", "reproach"),
        ("I know that you are very busy.", "reproach"),
        ("You never answered.", "reproach"),
        ("You have not replied.", "reproach"),
        ("This is my third mail.", "reproach"),
        ("I write for the second time.", "reproach"),
        ("You promised it.", "reproach"),
        ("It has been three weeks.", "counted_silence"),
        ("I wrote 16 days ago.", "counted_silence"),
        ("After 28 days I write.", "counted_silence"),
        ("It's been a long while.", "counted_silence"),
        ("Two months have passed.", "counted_silence"),
        ("Please answer ASAP.", "pressure"),
        ("This is urgent.", "pressure"),
        ("I need your answer.", "pressure"),
        ("You must reply.", "pressure"),
        ("I look forward to hearing from you.", "pressure"),
        ("Please write by Friday.", "deadline"),
        ("I need it before the end of May.", "deadline"),
        ("Let me know within two days.", "deadline"),
        ("The plans are attached.", "attachment_claim"),
        ("Which plan? Which floor?", "questions"),
        ("Thank you! So much!", "shouting"),
        ("PLEASE ANSWER me.", "shouting"),
        ("About {{ topic }}.", "unfilled"),
        ("About [TOPIC].", "unfilled"),
        ("About <topic>.", "unfilled"),
        ("It is about None.", "unfilled"),
        ("It is about .", "unfilled"),
        ("It is about ,.", "unfilled"),
        ('It is about "".', "unfilled"),
        ("Dear First Name.", "unfilled"),
        ("TODO name it.", "unfilled"),
        ("Ask bob@bob.example.", "third_party"),
        ("Eva Lind told me.", "third_party"),
        ("Thx a lot.", "register"),
        ("word " * 120, "too_long"),
    ],
)
def test_a_planted_offence_is_caught(sentence: str, rule: str) -> None:
    assert rule in rules_broken(GOOD.replace("{}", sentence), third_parties=["Eva Lind"])


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


PLANTED = {
    "de": [
        ("Ich wollte nur mal nachfragen.", "resented"),
        ("Ich hake noch einmal nach.", "resented"),
        ("Dies ist eine freundliche Erinnerung.", "resented"),
        ("Wie bereits erwähnt, geht es um das Dach.", "resented"),
        ("Haben Sie meine Mail erhalten?", "resented"),
        ("Gibt es schon etwas Neues?", "resented"),
        ("Vielen Dank im Voraus.", "resented"),
        ("Entschuldigen Sie die Störung.", "resented"),
        ("Ich hoffe, diese Mail erreicht Sie wohlbehalten.", "resented"),
        ("Ich bitte um kurze Rückmeldung.", "resented"),
        ("Ich habe noch keine Antwort.", "reproach"),
        ("Leider habe ich bisher nichts gehört.", "reproach"),
        ("Sie sind sicher sehr beschäftigt.", "reproach"),
        ("Ich schreibe zum dritten Mal.", "reproach"),
        ("Ihr Schweigen wundert mich.", "reproach"),
        ("Ich schrieb Ihnen vor drei Wochen.", "counted_silence"),
        ("Seit 16 Tagen ist es still.", "counted_silence"),
        ("Wir haben lange nichts voneinander gehört.", "counted_silence"),
        ("Es ist dringend.", "pressure"),
        ("Bitte antworten Sie so bald wie möglich.", "pressure"),
        ("Ich freue mich auf Ihre baldige Antwort.", "pressure"),
        ("Ich brauche es bis Freitag.", "deadline"),
        ("Bitte noch diese Woche.", "deadline"),
        ("Anbei die Pläne.", "attachment_claim"),
    ],
    "fr": [
        ("Je me permets de vous relancer.", "resented"),
        ("Je reviens vers vous au sujet du toit.", "resented"),
        ("Un petit rappel.", "resented"),
        ("Comme convenu, voilà.", "resented"),
        ("Suite à mon dernier mail, rien.", "resented"),
        ("Avez-vous bien reçu mon message ?", "resented"),
        ("Merci d’avance.", "resented"),
        ("Désolé de vous déranger.", "resented"),
        ("J'espère que vous allez bien.", "resented"),
        ("Sans réponse de votre part, je clos.", "reproach"),
        ("Je n'ai toujours pas eu de retour.", "reproach"),
        ("J'attends toujours votre avis.", "reproach"),
        ("Vous êtes sûrement très occupé.", "reproach"),
        ("Votre silence m'étonne.", "reproach"),
        ("C'est mon troisième message.", "reproach"),
        ("Je vous ai écrit il y a trois semaines.", "counted_silence"),
        ("Cela fait longtemps.", "counted_silence"),
        ("C'est urgent.", "pressure"),
        ("Répondez dès que possible.", "pressure"),
        ("Dans l'attente de votre réponse.", "pressure"),
        ("Merci de me répondre.", "pressure"),
        ("Il me le faut avant vendredi.", "deadline"),
        ("Dites-le-moi d'ici la fin du mois.", "deadline"),
        ("Vous trouverez ci-joint le plan.", "attachment_claim"),
    ],
    "es": [
        ("Solo quería hacer seguimiento.", "resented"),
        ("Un pequeño recordatorio.", "resented"),
        ("Como ya le comenté, es el tejado.", "resented"),
        ("En mi último correo preguntaba por el tejado.", "resented"),
        ("¿Ha podido ver mi correo?", "resented"),
        ("¿Hay alguna novedad?", "resented"),
        ("Gracias de antemano.", "resented"),
        ("Perdone que le moleste.", "resented"),
        ("Espero que este correo le encuentre bien.", "resented"),
        ("Sigo sin respuesta.", "reproach"),
        ("Todavía no he recibido noticias.", "reproach"),
        ("Quedo a la espera de su respuesta.", "reproach"),
        ("Sé que está muy ocupado.", "reproach"),
        ("Su silencio me extraña.", "reproach"),
        ("Es mi tercer correo.", "reproach"),
        ("Le escribí hace tres semanas.", "counted_silence"),
        ("Hace mucho que no hablamos.", "counted_silence"),
        ("Es urgente.", "pressure"),
        ("Responda lo antes posible.", "pressure"),
        ("Necesito su respuesta.", "pressure"),
        ("Lo necesito para el viernes.", "deadline"),
        ("Dígamelo esta semana.", "deadline"),
        ("Adjunto los planos.", "attachment_claim"),
    ],
}


@pytest.mark.parametrize(
    ("language", "sentence", "rule"), [(one, *pair) for one, pairs in PLANTED.items() for pair in pairs]
)
def test_a_planted_offence_is_caught_in_every_language(language: str, sentence: str, rule: str) -> None:
    letter = f"Ana Costa,\n\nAna. {sentence}\n\nSue Marten\n"
    assert rule in rules_broken(letter, language=language, formal=None)


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
