"""Letters are listed, shown, tried, previewed and copied; a preview says what it stands on and asks no mailbox."""

from __future__ import annotations

import itertools
import json

from assistant.model import Kind
from tests.cli.conftest import swept


def test_the_list_names_every_kind_and_language(run):
    code, out, _ = run("templates")
    assert code == 0
    for word in (*(kind.value for kind in Kind), "en", "de", "fr", "es"):
        assert word in out
    assert len(json.loads(run("templates", "list", "--json")[1])["templates"]) >= 28


def test_templates_are_shown_and_listed_without_any_configuration(program):
    assert program("templates").code == 0
    assert "{{ greeting }}" in program("templates", "show", "check_in").out
    assert program("templates", "check").out.startswith("You have no templates of your own")


def test_a_copy_is_used_and_a_broken_one_found(run, sample):
    code, out, _ = run("templates", "copy", "check_in", "--language", "de")
    assert (code, "written" in out) == (0, True)
    assert run("templates", "check")[:2] == (0, f"The templates in {sample.config.parent / 'templates'} are fine.\n")
    path = sample.config.parent / "templates" / "de" / "check_in.txt.j2"
    path.write_text("{{ greting }}", encoding="utf-8")
    code, out, _ = run("templates", "check")
    assert code == 1
    assert out == f"{path}, line 1: there is no variable 'greting'; did you mean 'greeting'?\n"
    assert "yours, broken" in run("templates", "list")[1]


def test_every_kind_can_be_previewed_for_anybody_without_a_mailbox(run, sample):
    swept(run, "--dry-run")
    sample.server.close()
    people = ("nadia@rooftoproots.example", "juergen.weiss@weiss-gartenbau.example", "nobody@example.com")
    for kind, address in itertools.product(Kind, people):
        code, out, err = run("templates", "preview", kind.value, "--contact", address, "--json")
        found = json.loads(out)
        assert (code, found["findings"], err) == (0, [], "")
        assert found["text"].rstrip().endswith(("Sue", "Sue Marten"))
        assert any("no mail with nobody" in one for one in found["remarks"]) is (address == "nobody@example.com")


def test_a_preview_speaks_the_language_and_register_of_the_two(run):
    swept(run, "--dry-run")
    out = run("templates", "preview", "check_in", "--contact", "juergen.weiss@weiss-gartenbau.example")[1]
    assert "Hallo Jürgen," in out
    assert run("templates", "preview", "check_in", "--contact", "asa@nordstromtradgard.example")[0] == 1  # no Swedish
    out = run("templates", "preview", "check_in", "--contact", "asa@nordstromtradgard.example", "--language", "fr")[1]
    assert "Bonjour" in out


def test_a_preview_that_would_be_refused_says_so(run, sample):
    run("templates", "copy", "check_in", "--language", "en")
    path = sample.config.parent / "templates" / "en" / "check_in.txt.j2"
    path.write_text("{{ greeting }}\n\nI am just checking in.\n\n{{ sign_off }}", encoding="utf-8")
    code, out, _ = run("templates", "preview", "check_in", "--contact", "nobody@example.com")
    assert code == 1
    assert "It would not be written as a draft:" in out


def test_signature_and_quoted_original_come_only_when_they_are_wished_for(run, sample):
    plain = {one["contact"]["address"]: one["draft"]["text"] for one in swept(run, "--dry-run")["suggestions"]}
    assert not any("Marten Gardens" in text or "\n> " in text for text in plain.values())
    with sample.config.open("a", encoding="utf-8") as file:
        file.write('\n[drafts]\nsignature = "Marten Gardens"\nquote_original = true\n')
    wished = swept(run, "--dry-run")["suggestions"]
    assert all("\nMarten Gardens\n" in one["draft"]["text"] for one in wished)
    quoting = [one for one in wished if "\n> " in one["draft"]["text"]]
    assert len(quoting) > len(wished) // 2
    for one in quoting:
        written, _, quote = one["draft"]["text"].partition("\nMarten Gardens\n\n")
        assert written.startswith(plain[one["contact"]["address"]].rstrip())
        above, *lines = quote.rstrip("\n").split("\n")
        assert above.endswith(":")
        assert "2026" in above or "2025" in above
        assert all(line.startswith(">") for line in lines)
