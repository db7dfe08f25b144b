"""When somebody is back, read from absence notes in seven languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.correspondence.cues import read_text
from assistant.model import CueKind

SENT = datetime(2026, 3, 4, 9, tzinfo=UTC)  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")
LAST_DAYS = (
    date(2026, 3, 6),
    date(2026, 3, 13),
    date(2026, 3, 31),
    date(2026, 4, 2),
    date(2026, 5, 15),
    date(2026, 7, 1),
)

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}
# {last}: the last day away; {back}: the first day there again; {weekday} and {number} say that day otherwise.
NOTES = {
    "en": [
        "Hello,\n\nthank you for your message. I am out of the office until {last}, far from my mail.\n\nBest,\nAna",
        "I am on annual leave and will be back on {weekday}, {back}.\n\nIn urgent cases please contact Ben Ode.",
        "I will be out of the office from today until {last}. I will reply on my return.",
    ],
    "de": [
        "Guten Tag,\n\ndanke für Ihre Nachricht. Ich bin bis einschließlich {last} nicht im Büro.\n\nViele Grüße\nAna",
        "Ich bin ab {weekday}, den {back}, wieder für Sie da.\n\nIn dringenden Fällen hilft Ben Ode.",
        "Ich bin im Urlaub und ab dem {number} wieder erreichbar. Ihre Mail wird nicht weitergeleitet.",
    ],
    "fr": [
        "Bonjour,\n\nje suis absente du bureau jusqu'au {last} inclus.\n\nCordialement,\nAna",
        "Merci de votre message. Je suis en congés et serai de retour le {weekday} {back}.",
        "Je suis actuellement en déplacement. Je serai de retour le {number}.",
    ],
    "es": [
        "Hola:\n\ngracias por tu mensaje. Estoy de vacaciones hasta el {last}.\n\nUn saludo,\nAna",
        "Estoy fuera de la oficina. Vuelvo el {weekday} {back}.",
        "Estaré ausente y me reincorporaré el {number}. Para temas urgentes, escribe a Ben Ode.",
    ],
    "pt": [
        "Olá,\n\nobrigada pela mensagem. Estou de férias até {last}.\n\nCumprimentos,\nAna",
        "Estarei fora do escritório e volto na {weekday}, {back}.",
        "Estou ausente. Regresso no dia {number}. Em caso de urgência, fale com o Ben Ode.",
    ],
    "it": [
        "Buongiorno,\n\ngrazie per il messaggio. Sono in ferie fino al {last} compreso.\n\nCordiali saluti,\nAna",
        "Sono fuori ufficio e rientro {weekday} {back}.",
        "Sono assente. Sarò di ritorno il {number}. Per urgenze scrivere a Ben Ode.",
    ],
    "nl": [
        "Goedemorgen,\n\nbedankt voor je bericht. Ik ben afwezig tot en met {last}.\n\nGroet,\nAna",
        "Ik ben met vakantie en ben {weekday} {back} weer terug.",
        "Ik ben vanaf {number} weer bereikbaar. Mail voor spoed naar Ben Ode.",
    ],
}


def written(day: date, language: str) -> str:
    """Return a date as it is written out in this language."""
    month = MONTHS[language].split()[day.month - 1]
    between = {"de": ". ", "es": " de ", "pt": " de "}.get(language, " ")
    return f"{day.day}{between}{month}"


def numeric(day: date, language: str) -> str:
    """Return a date in figures, with its year."""
    return (
        f"{day:%d.%m.%Y}" if language == "de" else f"{day:%Y-%m-%d}" if language in ("en", "nl") else f"{day:%d/%m/%Y}"
    )


def first_working_day_after(day: date) -> date:
    return next(day + timedelta(days=n) for n in range(1, 4) if (day + timedelta(days=n)).weekday() < 5)


def returned(note: str) -> date | None:
    """Return the local day on which the writer of a note is back, None when it names none."""
    reading = read_text(note, html=False, sent_at=SENT, zone=BERLIN, user_names=("Sue",))
    days = [cue.date for cue in reading.cues if cue.kind is CueKind.ABSENCE and cue.date]
    return max(days).astimezone(BERLIN).date() if days else None


def generated() -> list[tuple[str, date]]:
    """Return every note with every date, and the day it says the writer is back."""
    found = []
    for language, notes in NOTES.items():
        for note in notes:
            for last in LAST_DAYS:
                back = first_working_day_after(last)
                words = {
                    "last": written(last, language),
                    "back": written(back, language),
                    "weekday": WEEKDAYS[language].split()[back.weekday()],
                    "number": numeric(back, language),
                }
                found.append((note.format(**words), last + timedelta(days=1) if "{last}" in note else back))
    return found


def test_return_dates_are_read_right() -> None:
    """Of more than 120 notes at least 95 in 100; a wrong day would bring a draft while they are away."""
    notes = generated()
    assert len(notes) >= 120
    wrong = [(note, returned(note), back) for note, back in notes if returned(note) != back]
    assert len(wrong) <= len(notes) // 20, "\n".join(f"{note!r}: {found}, not {back}" for note, found, back in wrong)


@pytest.mark.parametrize(
    "note",
    [
        "I am out of the office until 3/5.",
        "I will be back on 4/6/2026.",
        "I am away until further notice.",
        "Ich bin bis auf Weiteres nicht im Büro.",
        "Je suis absente pour une durée indéterminée.",
    ],
)
def test_ambiguous_days_are_refused(note: str) -> None:
    """3/5 is the third of May or the fifth of March; nothing is guessed."""
    assert returned(note) is None
