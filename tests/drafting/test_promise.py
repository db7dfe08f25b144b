"""A promise is named whole, in the words of the letter, or not at all."""

from __future__ import annotations

import pytest

from assistant.drafting.promise import promised_in
from tests.drafting.builders import spoken


@pytest.mark.parametrize(
    ("line", "promised"),
    [
        ("I'll send you the floor plans next week.", "send you the floor plans"),
        ("Sure. I will forward you a copy by Friday.", "forward you a copy"),
        ("I'll send you the notes and call Tom.", "send you the notes"),
        ("I'll send you the notes and the plans.", "send you the notes and the plans"),
        ("I’ll send you the levels around the birches. The drain is in it.", "send you the levels around the birches"),
        ("I will send you the list of all plants, with a note.", "send you the list of all plants"),
        ("I'll send you the plans", "send you the plans"),
        ("I'll send you the levels around both of them.", None),
        ("I'll send you the levels around both of next week.", None),
        ("I'll send you the plans that we made.", None),
        ("I'll send you the list you asked for.", None),
        ("I'll send you the photos from yesterday.", None),
        ("I'll send you the long list of all the trees in every garden that ever was drawn here.", None),
        ("I'll send it.", None),
        ("I'll send you the one in 3.5 mm.", None),
        ("If it rains I'll send you the plans.", None),
        ("I will not send you the plans.", None),
        ("Maybe I'll send you the plans.", None),
        ("I will see.", None),
    ],
)
def test_a_promise_is_named_only_when_it_was_plainly_made(line: str, promised: str | None) -> None:
    assert promised_in([line, "", "Sue"], spoken("en").promise) == promised


@pytest.mark.parametrize(
    ("language", "line", "promised"),
    [
        ("de", "Ich schicke Ihnen die Pläne nächste Woche.", "Ihnen die Pläne schicken"),
        ("de", "Morgen schicke ich dir noch die Liste der Pflanzen.", "dir die Liste der Pflanzen schicken"),
        ("de", "Ich werde dir die Fotos vom Dach schicken.", "dir die Fotos vom Dach schicken"),
        ("de", "Ich schicke dir die Pläne, sobald ich zu Hause bin.", "dir die Pläne schicken"),
        ("de", "Ich schicke es dir.", None),
        ("de", "Ich schicke dir die Fotos von gestern.", None),
        ("de", "Vielleicht schicke ich dir die Fotos.", None),
        ("fr", "Je vous envoie les plans la semaine prochaine.", "vous envoyer les plans"),
        ("fr", "Je t'enverrai la liste des plantes.", "t'envoyer la liste des plantes"),
        ("fr", "Je vais vous transmettre le devis demain.", "vous envoyer le devis"),
        ("fr", "Je t'envoie ça.", None),
        ("fr", "Je vous envoie les plans dont nous avons parlé.", None),
        ("es", "Le envío los planos la próxima semana.", "enviarle los planos"),
        ("es", "Te mando la lista de las plantas mañana.", "enviarte la lista de las plantas"),
        ("es", "Voy a enviarte el presupuesto en cuanto pueda.", "enviarte el presupuesto"),
        ("es", "Te lo mando.", None),
        ("es", "Si puedo, te mando las fotos.", None),
    ],
)
def test_promises_are_worded_for_the_letters_of_their_language(language: str, line: str, promised: str | None) -> None:
    assert promised_in([line], spoken(language).promise) == promised
