"""Words of a contact's own mail are proposed where they plainly say a goal or an interest, and nowhere else."""

from __future__ import annotations

import tomllib

import pytest

from assistant.drafting.proposals import as_lines, proposals
from assistant.model import Card
from tests.drafting.builders import message

SAID = [
    ("en", "By the way, we're currently looking for a pastry chef, so do tell people.", True, "a pastry chef"),
    ("en", "I am working on my second book about rivers.", True, "second book about rivers"),
    ("en", "We are planning to open a second bakery in Lisbon.", True, "open a second bakery in Lisbon"),
    ("en", "I’ve always been fascinated by old ovens.", False, "old ovens"),
    ("en", "I have always collected keys, and I collect old maps.", False, "old maps"),
    ("en", "I'm passionate about sourdough!", False, "sourdough"),
    ("de", "Wir suchen gerade einen Nachfolger für die Werkstatt, aber es eilt nicht.", True, None),
    ("de", "Wir suchen gerade eine Nachfolgerin für die Werkstatt.", True, "eine Nachfolgerin für die Werkstatt"),
    ("de", "Ich arbeite zurzeit an meinem zweiten Buch, und es wächst.", True, "zweiten Buch"),
    ("de", "Ich interessiere mich sehr für alte Apfelsorten.", False, "alte Apfelsorten"),
    ("fr", "Nous cherchons actuellement un apprenti pour l'atelier.", True, "un apprenti pour l'atelier"),
    ("fr", "J'aimerais ouvrir une deuxième boutique.", True, "ouvrir une deuxième boutique"),
    ("fr", "Je m'intéresse beaucoup aux vieux vergers.", False, "vieux vergers"),
    ("es", "Estamos buscando un socio para el taller.", True, "un socio para el taller"),
    ("es", "Me interesan mucho las semillas antiguas.", False, "las semillas antiguas"),
    ("en", "Are you still looking for a pastry chef?", True, None),
    ("en", "I'm looking for a pastry chef, would you know one?", True, None),
    ("en", "We are not looking for a pastry chef at the moment.", True, None),
    ("en", "If we are looking for a new chef, I will tell you.", True, None),
    ("en", "I am looking forward to the fair.", True, None),
    ("en", "I'm looking for a time to meet.", True, None),
    ("en", "I'm working on it.", True, None),
    ("en", "We're working on a plan for you.", True, None),
    ("en", "I'm working on a reply to <b>ana@example.org</b>", True, None),
    ("de", "Ich suche noch die Rechnung.", True, None),
    ("de", "Wir suchen gerade einen Termin.", True, None),
    ("es", "No estamos buscando un socio.", True, None),
    ("pl", "Szukamy ucznia do piekarni.", True, None),
]  # fmt: skip


@pytest.mark.parametrize(("language", "sentence", "goal", "words"), SAID)
def test_what_is_proposed(language, sentence, goal, words):
    found = proposals([(message()._replace(reading=None), f"Hi Sue,\n\n{sentence}\n\nAna")], None, language)
    assert [(one.goal, one.words) for one in found] == ([(goal, words)] if words else [])


def test_what_the_user_wrote_down_is_not_proposed_again():
    card = Card(("ana@ana.example",), goals=("A pastry chef",))
    assert proposals([(message(), "We're looking for a pastry chef.")], card, "en") == []


def test_a_proposal_names_its_mail_and_comes_once():
    newer, older = message(), message()
    mails = [(newer, "We're looking for a pastry chef."), (older, "We're still looking for a pastry chef.")]
    (one,) = proposals(mails, None, "en")
    assert one.message is newer
    assert one.sentence == "We're looking for a pastry chef."


def test_lines_to_paste_keep_what_is_there_and_are_toml():
    card = Card(("ana@ana.example",), goals=('the "old" mill',))
    found = proposals([(message(), "We're looking for a pastry chef. I collect old maps.")], card, "en")
    assert tomllib.loads("\n".join(as_lines(found, card))) == {
        "goals": ['the "old" mill', "a pastry chef"],
        "interests": ["old maps"],
    }


@pytest.mark.timeout(20)
def test_hostile_text_is_read_in_linear_time():
    text = ("i'm " + "really " * 20_000 + "we are " * 20_000 + "looking for a " * 20_000)[:64_000]
    assert isinstance(proposals([(message(), text)], None, "en"), list)
