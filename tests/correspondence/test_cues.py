"""Cues: every language by its samples, moments, absences, greetings, and what must not be taken for an ask."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.correspondence import cuefiles
from assistant.correspondence.cuefiles import LANGUAGES
from assistant.correspondence.cues import guess_language, language, read_text
from assistant.errors import ConfigError
from assistant.model import CueKind, Reading

BERLIN = ZoneInfo("Europe/Berlin")
WEDNESDAY = datetime(2026, 3, 4, 9, tzinfo=UTC)
SAMPLES: dict[str, dict[str, list[str]]] = tomllib.loads(
    (Path(__file__).parent / "cue_samples.toml").read_text(encoding="utf-8")
)
ASKS = {CueKind.REQUEST, CueKind.QUESTION, CueKind.ERRAND}


def read(text: str, hint: str | None = None, *, html: bool = False) -> Reading:
    return read_text(text, html=html, sent_at=WEDNESDAY, zone=BERLIN, user_names=("Sue Marten",), language_hint=hint)


def kinds(reading: Reading) -> set[CueKind]:
    return {cue.kind for cue in reading.cues}


def day(reading: Reading, kind: CueKind) -> date | None:
    (cue,) = [cue for cue in reading.cues if cue.kind is kind]
    return cue.date.astimezone(BERLIN).date() if cue.date else None


def rows(*keys: str) -> list[tuple[str, str, str]]:
    return [
        (code, key, text) for code in LANGUAGES for key, texts in SAMPLES[code].items() for text in texts if key in keys
    ]


@pytest.mark.parametrize(("code", "key", "text"), rows("request", "question", "errand"))
def test_asks(code: str, key: str, text: str) -> None:
    """A sentence asks in exactly one way."""
    assert kinds(read(text, code)) & ASKS == {CueKind(key)}


@pytest.mark.parametrize(
    ("code", "key", "text"),
    rows(
        "promise",
        "thanks",
        "closing",
        "release",
        "opt_out",
        "absence",
        "left",
        "sensitive",
        "gave",
        "formal",
        "informal",
    ),
)
def test_statements(code: str, key: str, text: str) -> None:
    assert CueKind(key) in kinds(read(text, code))


@pytest.mark.parametrize(("code", "key", "text"), rows("release", "closing", "thanks", "opt_out", "nothing"))
def test_what_looks_like_an_ask_and_is_none(code: str, key: str, text: str) -> None:
    assert not kinds(read(text, code)) & ASKS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("I will let you know if anything changes.", "en"),
        ("If you need more, I will send it to you.", "en"),
        ("Once the contract is signed, I will prepare the next one.", "en"),
        ("Ich melde mich, falls sich etwas ändert.", "de"),
        ("Falls du mehr brauchst, schicke ich dir alles.", "de"),
        ("Je vous tiendrai au courant si quelque chose change.", "fr"),
        ("Te aviso si cambia algo.", "es"),
        ("Aviso-te se mudar alguma coisa.", "pt"),
        ("Ti faccio sapere se cambia qualcosa.", "it"),
        ("Ik laat het je weten als er iets verandert.", "nl"),
    ],
)
def test_what_may_never_come_is_not_promised(text: str, code: str) -> None:
    assert CueKind.PROMISE not in kinds(read(text, code))


@pytest.mark.parametrize("text", ["The lift here is a disaster.", "Attached is the contract.", "Here is a joke."])
def test_not_every_here_is_help(text: str) -> None:
    """What is merely enclosed shows in the structure of a mail; words of help say more."""
    assert CueKind.GAVE not in kinds(read(text, "en"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("It was a stroke of luck.", "en"),
        ("The operation of the plant is safe.", "en"),
        ("We are expanding our operation in Texas.", "en"),
        ("I deleted it by accident.", "en"),
        ("The car had a small scratch.", "en"),
        ("The battery died.", "en"),
        ("The plan is ill-advised.", "en"),
        ("I am sick of the rain.", "en"),
        ("The network needs redundancy.", "en"),
        ("He broke the news, and she diagnosed the fault.", "en"),
        ("Das ist kein Beinbruch.", "de"),
        ("Ich habe es zufällig gesehen.", "de"),
        ("Je l'ai effacé par accident.", "fr"),
        ("Il est mort de rire.", "fr"),
        ("Lo borré por accidente.", "es"),
        ("El importe fue ingresado en la cuenta.", "es"),
        ("La cena de despedida es el viernes.", "es"),
        ("Apaguei por acidente.", "pt"),
        ("O jantar de despedida é na sexta.", "pt"),
        ("È operativo da ieri e sono stanco morto.", "it"),
        ("L'ho cancellato per errore.", "it"),
        ("Ik heb het per ongeluk gewist.", "nl"),
    ],
)
def test_not_every_such_word_is_bad_news(text: str, code: str) -> None:
    """Bad news holds everything for weeks: figures of speech and machines must not."""
    assert CueKind.SENSITIVE not in kinds(read(text, code))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_samples_of_every_kind(code: str) -> None:
    assert set(SAMPLES[code]) == {kind.value for kind in CueKind} - {"greets_user", "moment"} | {"nothing"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Could you tell me when the lease is ready for the signature?", "en"),
        ("Könnten Sie mir sagen, wann der Vertrag fertig ist?", "de"),
        ("Pourriez-vous me dire quand le contrat est prêt ?", "fr"),
        ("Estoy fuera de la oficina hasta el 13 de marzo.", "es"),
        ("Você pode me dizer quando o contrato fica pronto?", "pt"),
        ("Mi può dire quando il contratto è pronto?", "it"),
        ("Kunt u mij zeggen wanneer het contract klaar is?", "nl"),
        ("Kan du säga när avtalet är klart och om det är bra för dig?", "sv"),
        ("Czy może pan powiedzieć, że umowa jest już gotowa?", "pl"),
        ("Merci !", "fr"),
        ("Ok", None),
        ("", None),
        ("12345 67890", None),
    ],
)
def test_language(text: str, code: str | None) -> None:
    assert guess_language(text) == code


def test_the_words_outweigh_the_hint() -> None:
    assert read("Könnten Sie mir sagen, wann der Vertrag fertig ist?", "en").language == "de"
    assert read("Ok!", "de").language == "de"


def test_without_a_table_only_questions_and_names_are_noted() -> None:
    reading = read("Hej Sue,\n\nkan du säga när avtalet är klart och om det är bra?")
    assert reading.language == "sv"
    assert kinds(reading) == {CueKind.QUESTION, CueKind.GREETS_USER}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("OK.", {CueKind.CLOSING}),
        ("Hello Sue,\n\nok!\n\nAna", {CueKind.CLOSING, CueKind.GREETS_USER}),
        ("Ok?", set()),
        ("Ok men kanske", {CueKind.CLOSING}),
        ("Ok men kanske senare i vinter", set()),
    ],
)
def test_a_curt_closing_closes_although_it_tells_no_language(text: str, found: set[CueKind]) -> None:
    assert kinds(read(text)) == found


@pytest.mark.parametrize(
    ("text", "expires"),
    [
        ("Are you free for lunch today?", date(2026, 3, 5)),
        ("Are we still on for dinner tomorrow at 8:30?", date(2026, 3, 6)),
        ("Can you come on Friday?", date(2026, 3, 7)),
        ("Can you come on Wednesday?", date(2026, 3, 12)),  # the mail is of a Wednesday
        ("Can you come next Friday?", date(2026, 3, 14)),
        ("Are you around this weekend?", date(2026, 3, 9)),
        ("Could you come on the weekend of 4 April?", date(2026, 4, 6)),
        ("Are you around next week?", date(2026, 3, 16)),
        ("Can you come on 3 May?", date(2026, 5, 4)),
        ("Can you come on Friday, March 20?", date(2026, 3, 21)),
        ("Can you come on 2026-04-01?", date(2026, 4, 2)),
        ("Can you come on 13/3?", date(2026, 3, 14)),
        ("Can you come on 5/3?", None),  # March or May: nobody knows
        ("Can you come on Friday or Saturday?", date(2026, 3, 8)),
        ("Can you come that weekend?", None),  # some other one
        ("Lunch at 12:30?", None),  # too short for a question
        ("Shall we have lunch some time?", None),
        ("Could you send me the report by Friday?", None),  # wanted on Saturday still
        ("Could you send me the report tomorrow?", None),
        ("Can you confirm it before Friday?", None),
        ("Did you get the letter I sent on Monday?", None),
        ("Did you see what he wrote last Friday?", None),
        ("Can you call me back please? It is about tomorrow.", date(2026, 3, 6)),
        ("This is for Friday. Could you call me back?", date(2026, 3, 7)),
        ("Can you call me on Friday? It is about tomorrow.", date(2026, 3, 7)),
        ("Could you send me the report? It is about tomorrow.", None),
        ("Which colour do you like best? See you tomorrow.", None),
        ("Kannst du mich anrufen? Es geht um morgen.", date(2026, 3, 6)),
        ("Peux-tu me rappeler ? Il s'agit de demain.", date(2026, 3, 6)),
        ("¿Me puedes llamar? Se trata de mañana.", date(2026, 3, 6)),
        ("Você pode me ligar? Trata-se de amanhã.", date(2026, 3, 6)),
        ("Mi puoi chiamare? Si tratta di domani.", date(2026, 3, 6)),
        ("Kun je me bellen? Het gaat om morgen.", date(2026, 3, 6)),
        ("Können Sie am Freitag kommen?", date(2026, 3, 7)),
        ("Kannst du morgen Abend kommen?", date(2026, 3, 6)),
        ("Kannst du am 20. März kommen?", date(2026, 3, 21)),
        ("Kannst du am 20.3. kommen?", date(2026, 3, 21)),
        ("Peux-tu venir vendredi ?", date(2026, 3, 7)),
        ("Peux-tu venir le 20 mars ?", date(2026, 3, 21)),
        ("¿Puedes venir el viernes?", date(2026, 3, 7)),
        ("¿Puedes venir el 20 de marzo?", date(2026, 3, 21)),
        ("Você pode vir na sexta-feira?", date(2026, 3, 7)),
        ("Puoi venire venerdì?", date(2026, 3, 7)),
        ("Kun je vrijdag komen?", date(2026, 3, 7)),
    ],
)
def test_when_an_ask_expires(text: str, expires: date | None) -> None:
    asks = [cue for cue in read(text).cues if cue.kind in ASKS]
    found = [cue.date.astimezone(BERLIN).date() if cue.date else None for cue in asks]
    assert found == ([] if text.startswith("Lunch") else [expires])


def test_a_promise_is_for_a_day() -> None:
    assert day(read("I'll send you the slides on Monday."), CueKind.PROMISE) == date(2026, 3, 10)
    assert day(read("I'll send you the slides."), CueKind.PROMISE) is None


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("I am out of the office until 13 March.", date(2026, 3, 14)),
        ("I will be back on Monday, 16 March.", date(2026, 3, 16)),
        ("I am on holiday from 4 to 13 March and will be back on 16 March.", date(2026, 3, 16)),
        ("I am away until 3/5.", None),  # 3 May or 5 March
        ("I am out of the office.", None),
        ("Ich bin bis 13. März nicht im Büro.", date(2026, 3, 14)),
        ("Ich bin ab dem 16.03.2026 wieder erreichbar.", date(2026, 3, 16)),
        ("Ich bin vom 4. bis 13. März im Urlaub.", date(2026, 3, 14)),
        ("Je suis absente jusqu'au 13 mars.", date(2026, 3, 14)),
        ("Je serai de retour le lundi 16 mars 2026.", date(2026, 3, 16)),
        ("Estoy de vacaciones hasta el 13 de marzo.", date(2026, 3, 14)),
        ("Vuelvo a la oficina el lunes 16 de marzo.", date(2026, 3, 16)),
        ("Estou de férias até 13 de março.", date(2026, 3, 14)),
        ("Volto no dia 16 de março.", date(2026, 3, 16)),
        ("Sono in ferie fino al 13 marzo.", date(2026, 3, 14)),
        ("Rientro in ufficio lunedì 16 marzo.", date(2026, 3, 16)),
        ("Ik ben tot en met 13 maart afwezig.", date(2026, 3, 14)),
        ("Vanaf 16 maart ben ik weer bereikbaar.", date(2026, 3, 16)),
    ],
)
def test_absence_notes(text: str, back: date | None) -> None:
    assert day(read(text), CueKind.ABSENCE) == back


@pytest.mark.parametrize(
    ("text", "greets"),
    [
        ("Hi Sue,\n\ncould you call me?", True),
        ("Sue, could you call me?", True),
        ("Dear all,\n\nSue, could you call me?", True),
        ("Dear all,\n\ncould someone call me? I met Sue yesterday.", False),
        ("Hi Ana,\n\ncould you call me?", False),
        ("Dear Ms Marten,\n\ncould you call me?", True),
    ],
)
def test_who_is_addressed(text: str, *, greets: bool) -> None:
    assert read(text).has(CueKind.GREETS_USER) is greets


def test_thanks_under_a_question_is_a_manner_of_signing() -> None:
    assert not read("Could you send me the lease?\n\nThanks,\nBen").has(CueKind.THANKS, CueKind.CLOSING)
    assert not read("Could you send me the lease? Thanks. Ben").has(CueKind.THANKS, CueKind.CLOSING)
    assert read("The lease has come.\n\nThanks,\nBen").has(CueKind.THANKS)
    assert read("Thank you for the lease. Could you send me the keys?").has(CueKind.THANKS)


def test_an_errand_that_asks_for_word_is_a_request() -> None:
    assert read("Please add Ana to the list and let me know when it is done.").has(CueKind.REQUEST)


def test_quoted_asks_are_not_the_writers() -> None:
    text = "Will do.\n\nOn Mon, Mar 2, 2026 at 10:00 AM Sue Marten <sue@example.org> wrote:\n> Could you call me?"
    assert not kinds(read(text)) & ASKS


def test_words_leave_out_greeting_and_signature() -> None:
    reading = read("Hi Sue,\n\nthe lease has come today.\n\nBest regards,\nBen Ode")
    assert (reading.words, reading.sentences) == (5, 4)


def test_places_count_sentences() -> None:
    reading = read("Hi Sue,\n\nthe lease has come. Could you sign it for me?")
    assert [cue.place for cue in reading.cues if cue.kind is CueKind.REQUEST] == [2]


def test_html_is_read_as_text() -> None:
    assert read("<p>Could you call me?</p><blockquote>Please send me the lease.</blockquote>", html=True).has(
        CueKind.REQUEST
    )


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_table_is_complete(code: str) -> None:
    """All tables have the keys of the English one: what is found must not depend on the language."""
    english = cuefiles.table("en")
    found = cuefiles.table(code)
    for section in ("cues", "register", "moments"):
        assert set(cuefiles.section_of(code, section)) == set(cuefiles.section_of("en", section))
    assert set(found) == set(english)
    assert len(language(code).calendar.months) == 12
    assert len(language(code).calendar.weekdays) == 7


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_of_a_table_is_an_expression_by_itself_that_takes_bounded_time(code: str) -> None:
    """Together they are compiled as one: a text that opens what another closes would be found there by nobody."""
    unbounded = re.compile(r"(?<!\\)[*+]|,\}")
    for section in ("cues", "register", "moments"):
        for key, texts in cuefiles.section_of(code, section).items():
            for text in texts if isinstance(texts, list) else ():
                assert re.compile(text)
                assert not unbounded.search(text), f"cues/{code}.toml, {section}.{key}: write {{0,9}} in {text!r}"


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ('request = ["(open"]', "a text is no expression"),
        ("request = [1]", "list of texts"),
    ],
)
def test_a_faulty_table_is_refused(section: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names file and key."""
    (tmp_path / "xx.toml").write_text(f"[cues]\n{section}\n", encoding="utf-8")
    monkeypatch.setattr(cuefiles, "_FOLDER", tmp_path)
    with pytest.raises(ConfigError, match=problem) as caught:
        cuefiles.pattern("xx", "cues", "request")
    assert "xx.toml, cues.request" in str(caught.value)
    cuefiles.table.cache_clear()


def test_a_missing_table_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuefiles, "_FOLDER", tmp_path)
    with pytest.raises(ConfigError, match="install"):
        cuefiles.table("yy")


@given(st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_any_text_is_read(text: str, code: str) -> None:
    reading = read(text, code)
    assert all(0 <= cue.place < max(1, reading.sentences) for cue in reading.cues)
    assert all(cue.date is None or cue.date.tzinfo is UTC for cue in reading.cues)


@given(
    st.lists(
        st.sampled_from(["today", "by", "friday", "3", "may", "31/2", "2026-13-40", "9999-12-31", "1.1.", "?", "."]),
        max_size=12,
    )
)
def test_any_heap_of_dates_is_read(words: list[str]) -> None:
    read("Could you come " + " ".join(words), "en")


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    "unit", ["a ", "could you ", "1 ", "3 may ", "if you have any questions ", "1/1 ", "bitte ", "? "]
)
def test_hostile_sentences_end(code: str, unit: str) -> None:
    """64 kB in one sentence, and in many of full length; the suite's time limit would catch a hang."""
    assert read((unit * 65536)[:65536], code).language
    assert read(((unit * 400)[:395] + ".\n\n") * 160, code).sentences >= 1
