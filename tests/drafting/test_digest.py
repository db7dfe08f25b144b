"""What the digest says of a draft: who, where things stand, why now, what is missing; in four languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.drafting.digest import DigestFacts, digest_id, entry, standing
from assistant.drafting.shelf import Sheet, digest_template, phrases, shelves
from assistant.drafting.wording import check, render_sheet
from assistant.errors import TemplateError
from assistant.model import Card, Kind
from tests.drafting.builders import suggestion
from tests.store.builders import row

LANGUAGES = ("en", "de", "fr", "es")
SHELVES = shelves()


@pytest.mark.parametrize("usual", [None, 0.2, 3.4])
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_told_in_every_language_without_goals(language: str, kind: Kind, usual: float | None) -> None:
    one = suggestion(kind)
    card = Card(one.contact.addresses, goals=("a second bakery",), interests=("rye",), notes="Owes me.")
    one = replace(one, usual_reply_days=usual, contact=replace(one.contact, card=card))
    sentences = phrases(language, SHELVES).standing
    for asked in (True, False):
        told = standing(one, asked=asked, name="Ana Ruiz", when="in May", sentences=sentences)
        assert "in May" in told
        assert not any(hidden in told for hidden in ("bakery", "rye", "Owes", "{", "None"))
        assert told[0].isupper()
        assert told.endswith(".")


def test_what_is_told_of_a_draft_stands_on_lines_of_its_own() -> None:
    draft = row(subject="Re: The\r\nlease", standing="Ana asked.", needs_word="The answer is missing.")
    assert entry(draft, "Ana\nRuiz", phrases("en", SHELVES)).splitlines() == [
        'Ana Ruiz: "Re: The lease"', "Ana asked.", "Before you send it: The answer is missing.",
    ]  # fmt: skip
    assert entry(row(subject="Hello"), "ana@example.net", phrases("en", SHELVES)) == 'ana@example.net: "Hello"'


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_told_of_a_draft_stays_a_line(language: str, count: int) -> None:
    _, sheet = digest_template(language, SHELVES)
    drafts = "\n\n".join(f"Ana {number}: x\n{{% raw %}} stays {{{{ text }}}}" for number in range(count))
    words = render_sheet(sheet, DigestFacts(language, count, drafts, "Drafts"))
    assert drafts in words.text
    assert words.subject is not None
    assert words.subject.startswith("Follow-ups")
    assert "Drafts" in words.text.split("\n\n")[0]


def test_a_language_without_a_digest_is_told_in_english() -> None:
    assert digest_template("nl", SHELVES)[0] == "en"


def test_the_users_own_digest_goes_before_ours_and_may_say_no_more(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "digest.txt.j2").write_text("Subject: Mine\n\n{{ drafts }}\n")
    _, sheet = digest_template("en", shelves(tmp_path))
    assert render_sheet(sheet, DigestFacts("en", 1, "Ana", "Drafts")).text == "Ana\n"
    check(sheet)
    with pytest.raises(TemplateError, match="there is no variable 'greeting'"):
        check(Sheet("en/digest.txt.j2", sheet.path, "{{ greeting }}"))


def test_the_same_drafts_give_the_same_id_whatever_their_order() -> None:
    assert digest_id("sue@example.org", ["b", "a"]) == digest_id("SUE@example.org", ["a", "b"])
    assert len({digest_id("sue@example.org", names) for names in (["a"], ["a", "b"], ["ab"], [])}) == 4
