"""Own templates are tried before they are needed: each flaw is told with file and line, and ours have none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.drafting.proof import copy, flaws, on_shelf
from assistant.drafting.shelf import shelves
from assistant.errors import TemplateError
from assistant.model import Kind

SHIPPED = shelves()[0]
GOOD = (SHIPPED / "en" / "check_in.txt.j2").read_text(encoding="utf-8")
LANGUAGES = ("de", "en", "es", "fr")


def told(own: Path) -> list[str]:
    return [one.sentence.replace(f"{own}/", "") for one in flaws(own)]


def written(own: Path, text: str, name: str = "en/check_in.txt.j2") -> Path:
    (own / name).parent.mkdir(parents=True, exist_ok=True)
    (own / name).write_text(text, encoding="utf-8")
    return own


@pytest.mark.parametrize("language", LANGUAGES)
def test_ours_are_without_a_flaw(tmp_path, language):
    shutil.copytree(SHIPPED / language, tmp_path / language)
    assert told(tmp_path) == []


def test_a_variable_that_is_none_at_times_is_found_where_it_is_printed(tmp_path):
    (found,) = told(written(tmp_path, GOOD.replace("{{ greeting }}", "{{ greeting }}\n\nAbout {{ topic }}.", 1)))
    assert found.startswith("en/check_in.txt.j2, line ")
    assert "None here" in found
    assert found.endswith("in a formal letter without topic.")


def test_every_misspelt_variable_is_told_with_its_line_and_what_was_meant(tmp_path):
    lines = GOOD.splitlines()
    lines[-1:] = ["{{ tpoic }}", "{{ sign_of }}"]
    found = told(written(tmp_path, "\n".join(lines)))
    assert found == [
        f"en/check_in.txt.j2, line {len(lines) - 1}: there is no variable 'tpoic'; did you mean 'topic'?",
        f"en/check_in.txt.j2, line {len(lines)}: there is no variable 'sign_of'; did you mean 'sign_off'?",
    ]


def test_a_discourteous_phrase_is_told_with_its_line_once(tmp_path):
    text = GOOD.replace("{{ sign_off }}", "I am just checking in.\n\n{{ sign_off }}")
    line = text.splitlines().index("I am just checking in.") + 1
    found = [one for one in told(written(tmp_path, text)) if "checking in" in one]
    assert len(found) == 1
    assert found[0].startswith(f"en/check_in.txt.j2, line {line}: ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{% for x in y %}{% endfor %}", "'for' is not for letters"),
        ("{% if topic %}", "line 1: "),
        ("{{ 'a' * 10**9 }}", "is not for letters"),
        ("{% set a = topic %}" * 4000, "larger than 64 kB"),
        ("", "nothing is written"),
        ("{{ greeting }}\n\nHello.\n\n{{ sign_off }}", "it carries nothing for its reader"),
    ],
)
def test_what_cannot_be_used_is_one_clear_sentence(tmp_path, text, says):
    assert any(says in one for one in told(written(tmp_path, text))), told(tmp_path)


def test_a_file_or_folder_that_is_not_used_is_told(tmp_path):
    written(tmp_path, GOOD, "en/chekc_in.txt.j2")
    written(tmp_path, GOOD, "english/check_in.txt.j2")
    written(tmp_path, GOOD, "check_in.txt.j2")
    written(tmp_path, "mine", "README.md")
    written(tmp_path, GOOD, "en/check_in.txt.j2~")
    assert told(tmp_path) == [
        "check_in.txt.j2: this is not used; templates lie in folders of a language, like en/check_in.txt.j2.",
        "en/chekc_in.txt.j2: this is not used; did you mean check_in.txt.j2?",
        "english: this is not used; templates lie in folders of a language, like en/check_in.txt.j2.",
    ]


def test_a_language_without_phrases_is_told(tmp_path):
    (found,) = told(written(tmp_path, GOOD, "nl/check_in.txt.j2"))
    assert found == "nl: there is no phrases.toml; start from the one of en."


def test_phrases_that_cannot_be_used_are_told(tmp_path):
    (found,) = told(written(tmp_path, "[greeting]\n", "en/phrases.toml"))
    assert found.startswith("en/phrases.toml: ")


def test_links_out_of_the_folder_and_unreadable_files_are_told(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text(GOOD, encoding="utf-8")
    own = tmp_path / "templates"
    (own / "en").mkdir(parents=True)
    (own / "en" / "check_in.txt.j2").symlink_to(outside)
    (own / "en" / "thank.txt.j2").symlink_to("thank.txt.j2")
    (own / "en" / "offer.txt.j2").write_bytes(b"\xff\xfe")
    found = "\n".join(told(own))
    for says in ("leads out of the templates directory", "thank.txt.j2 cannot be read", "this is not UTF-8"):
        assert says in found


def test_a_digest_of_ones_own_is_checked_too(tmp_path):
    written(tmp_path, "{{ greting }}", "en/digest.txt.j2")
    (found,) = told(tmp_path)
    assert found.startswith("en/digest.txt.j2, line 1: there is no variable 'greting'")


def test_a_missing_directory_is_an_error_with_a_cure(tmp_path):
    with pytest.raises(TemplateError, match="cannot be read"):
        flaws(tmp_path / "none")


def test_the_shelf_tells_whose_a_letter_is_and_its_variants(tmp_path):
    written(tmp_path, "{{ greeting }}\n\n{% if seed % 2 %}One.{% else %}Two.{% endif %}\n\n{{ sign_off }}")
    written(tmp_path, "{{ nothing }}", "en/thank.txt.j2")
    found = {(one.language, one.kind): (one.own, one.variants) for one in on_shelf(tmp_path)}
    assert len(found) == len(LANGUAGES) * len(Kind)
    assert found["en", Kind.CHECK_IN] == (True, 2)
    assert found["en", Kind.THANK] == (True, None)
    own, variants = found["de", Kind.CHECK_IN]
    assert not own
    assert variants is not None
    assert variants >= 3
    assert found["en", Kind.OFFER] == (False, 3)


def test_copying_never_overwrites(tmp_path):
    own = tmp_path / "config" / "templates"
    assert [done for _, done in copy(["check_in", "phrases"], ["en", "de"], own)] == [True] * 4
    (own / "en" / "check_in.txt.j2").write_text("mine", encoding="utf-8")
    assert [done for _, done in copy(["check_in", "thank"], ["en"], own)] == [False, True]
    assert (own / "en" / "check_in.txt.j2").read_text(encoding="utf-8") == "mine"
    assert (own / "de" / "check_in.txt.j2").stat().st_mode & 0o777 == 0o600
    with pytest.raises(TemplateError, match=r"No pl/check_in.txt.j2 comes with the program"):
        list(copy(["check_in"], ["pl"], own))
