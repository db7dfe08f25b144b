"""Templates: what they may say, whose goes first, and that none can hang, flood or reach out."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from assistant.drafting.facts import LetterFacts
from assistant.drafting.offers import Offer, Share
from assistant.drafting.shelf import PHRASES, Sheet, has_language, phrases, shelves, template
from assistant.drafting.wording import check, render, render_sheet
from assistant.errors import TemplateError
from assistant.model import Card, Kind
from tests.drafting.builders import SHIPPED, english, facts_of, message, suggestion

OWN = Path("own")


def sheet(source: str) -> Sheet:
    return Sheet("en/owe_reply.txt.j2", OWN / "en/owe_reply.txt.j2", source)


def trouble(source: str) -> str:
    with pytest.raises(TemplateError) as caught:
        render_sheet(sheet(source), facts_of(suggestion(fresh=True)))
    return str(caught.value)


def put(directory: Path, name: str, text: str) -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_paragraphs_come_out_as_single_lines_and_the_sign_off_keeps_its_lines() -> None:
    source = (
        "{{ greeting }}\n\nOne.\n{% if topic %}\nAbout {{ topic }}.\n{% endif %}\nThree,\\\nfour.\n\n\n{{ sign_off }}\n"
    )
    text = render_sheet(sheet(source), facts_of(suggestion())).text
    assert text == (
        "Dear Ana Costa,\n\nOne. About the lease renewal. Three,\nfour.\n\n" + facts_of(suggestion()).sign_off + "\n"
    )


def test_a_template_may_propose_a_subject() -> None:
    wording = render_sheet(sheet("Subject:  A word from {{ me }}\n\nHello.\n"), facts_of(suggestion()))
    assert (wording.subject, wording.text) == ("A word from Sue Marten", "Hello.\n")
    assert render_sheet(sheet("Hello.\nSubject: no\n"), facts_of(suggestion())).subject is None


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Hello\n{{ tpic }}\n", "line 2: there is no variable 'tpic'; did you mean 'topic'?"),
        (
            "{% if false %}\n{{ graeting }}{% endif %}",
            "line 2: there is no variable 'graeting'; did you mean 'greeting'?",
        ),
        ("Hello\n\n{{ promised }}\n", "line 3: a variable that is None here would be printed"),
        ("Hello\n{% if topic %}", "line 2: Unexpected end of template"),
        ("{{ topic | uper }}", "line 1: 'uper' is not known here; did you mean 'upper'?"),
        ("{{ topic % 3 }}", "line 1: % is for choosing by the seed"),
        ("{{ seed // 0 }}", "line 1: // is for choosing by the seed"),
        ("{{ topic < 3 }}", "line 1: '<' not supported"),
    ],
)
def test_an_error_names_file_and_line_and_what_was_meant(source: str, said: str) -> None:
    assert f"{OWN / 'en/owe_reply.txt.j2'}, {said}" in trouble(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10 ** 9 }}",
        "{{ 'a' ** 2 }}",
        "{{ 1 + 1 }}",
        "{{ topic ~ topic }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'a'.ljust(10 ** 9) }}",
        "{{ topic | center(1000000000) }}",
        "{{ topic | format }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{% set a %}{{ topic }}{{ topic }}{% endset %}",
        "{% set a = [topic, topic] %}{{ [a, a] }}",
        "{% set a, b = 1, 2 %}",
        "{{ lipsum(100) }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ topic['upper']() }}",
        "{{ self }}",
        "{% include 'en/thank.txt.j2' %}",
        "{% extends 'en/thank.txt.j2' %}",
        "{% import 'en/thank.txt.j2' as x %}",
        "{{ not " * 3000 + "1" + " }}" * 3000,
        "{% if topic %}" * 300 + "{% endif %}" * 300,
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    ],
)
def test_whatever_could_loop_grow_or_reach_out_is_refused_before_it_runs(source: str) -> None:
    assert str(OWN) in trouble(source)


def test_a_text_of_more_than_20_kb_is_refused() -> None:
    assert "longer than 20 kB" in trouble("{{ topic }} and so on\n" * 1500)


def test_a_template_is_checked_without_any_facts() -> None:
    check(sheet("{{ greeting }}\n\n{% if topic is none %}Hello.{% endif %}"))
    with pytest.raises(TemplateError, match="no variable"):
        check(sheet("{{ nobody }}"))


def test_the_users_own_template_goes_before_ours(tmp_path: Path) -> None:
    put(tmp_path, "en/owe_reply.txt.j2", "My own words.\n")
    directories = shelves(tmp_path)
    assert render(Kind.OWE_REPLY, facts_of(suggestion()), directories).text == "My own words.\n"
    assert "thank" in render(Kind.THANK, facts_of(suggestion(Kind.THANK)), directories).text.lower()


def test_a_broken_template_of_the_users_is_named_and_never_passed_over_for_ours(tmp_path: Path) -> None:
    own = put(tmp_path, "en/owe_reply.txt.j2", "{% if %}")
    with pytest.raises(TemplateError, match=f"{own}, line 1"):
        render(Kind.OWE_REPLY, facts_of(suggestion()), shelves(tmp_path))


def test_a_language_is_there_once_its_phrases_and_the_template_are(tmp_path: Path) -> None:
    directories = shelves(tmp_path)
    assert has_language("en", Kind.THANK, directories)
    assert not has_language("nl", Kind.THANK, directories)
    put(tmp_path, "nl/thank.txt.j2", "Dank je.")
    assert not has_language("nl", Kind.THANK, directories)
    put(tmp_path, f"nl/{PHRASES}", (SHIPPED[-1] / "en" / PHRASES).read_text("utf-8"))
    assert has_language("nl", Kind.THANK, directories)
    assert not has_language("nl", Kind.OFFER, directories)


@pytest.mark.parametrize("language", ["../en", "en/..", "", "EN", "e\0n"])
def test_a_language_is_never_a_path(language: str) -> None:
    assert not has_language(language, Kind.THANK, SHIPPED)
    with pytest.raises(TemplateError):
        template(language, Kind.THANK, SHIPPED)


def test_a_link_that_leads_out_of_the_templates_is_refused(tmp_path: Path) -> None:
    outside = put(tmp_path, "secret.txt", "secret")
    (tmp_path / "own/en").mkdir(parents=True)
    (tmp_path / "own/en/thank.txt.j2").symlink_to(outside)
    with pytest.raises(TemplateError, match="leads out"):
        template("en", Kind.THANK, shelves(tmp_path / "own"))


def test_a_link_within_the_templates_is_followed(tmp_path: Path) -> None:
    put(tmp_path, "en/mine.txt", "Hello.")
    (tmp_path / "en/thank.txt.j2").symlink_to("mine.txt")
    assert template("en", Kind.THANK, shelves(tmp_path)).source == "Hello."


def test_what_is_no_readable_text_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "en/thank.txt.j2"
    path.parent.mkdir()
    os.mkfifo(path)
    with pytest.raises(TemplateError, match="no regular file"):
        template("en", Kind.THANK, shelves(tmp_path))
    path.unlink()
    path.mkdir()
    with pytest.raises(TemplateError, match="no regular file"):
        template("en", Kind.THANK, shelves(tmp_path))
    path.rmdir()
    path.symlink_to("thank.txt.j2")
    with pytest.raises(TemplateError, match="cannot be read"):
        template("en", Kind.THANK, shelves(tmp_path))
    path.unlink()
    path.write_bytes(b"Hello\n\xff")
    with pytest.raises(TemplateError, match="line 2: this is not UTF-8"):
        template("en", Kind.THANK, shelves(tmp_path))
    path.write_bytes(b"a" * 70_000)
    with pytest.raises(TemplateError, match="larger than 64 kB"):
        template("en", Kind.THANK, shelves(tmp_path))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('formal = "Dear {name}"', 'formal = "Dear {nme}"', "no other places than name"),
        ('formal = "Dear {name}"', "formal = 3", "greeting.formal must be a text"),
        ('"January", ', "", "when.months must hold 12 texts"),
        ('nameless = "Hello"', "", "greeting.nameless must be a text"),
        ("[when]", "[when", "this is not TOML"),
        ('day = "on {day} {month}"', 'day = "on {day.real} {month}"', "no other places"),
    ],
)
def test_phrases_that_cannot_be_used_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    shipped = (SHIPPED[-1] / "en" / PHRASES).read_text("utf-8")
    assert old in shipped
    own = put(tmp_path, f"en/{PHRASES}", shipped.replace(old, new, 1))
    with pytest.raises(TemplateError) as caught:
        phrases("en", shelves(tmp_path))
    assert str(own) in str(caught.value)
    assert said in str(caught.value)


def described() -> list[list[str]]:
    """Return the rows of the table of variables: name, type, what it holds, None when."""
    readme = (SHIPPED[-1] / "README.md").read_text("utf-8")
    return [
        [cell.strip(" `") for cell in line.split("|")[1:-1]] for line in readme.splitlines() if line.startswith("| `")
    ]


def test_the_readme_names_every_variable_with_its_type_and_no_other() -> None:
    types = {"text": "str", "true or false": "bool", "whole number": "int"}
    told = [
        (name, types[kind.partition(",")[0]] + ("" if missing == "never" else " | None"))
        for name, kind, _, missing in described()
    ]
    assert told == [(field.name, field.type) for field in dataclasses.fields(LetterFacts)]


@pytest.mark.parametrize("name", [row[0] for row in described() if row[3] != "never"])
def test_what_may_be_none_is_none_when_the_readme_says_so_and_else_is_not(name: str) -> None:
    card = Card(("ana@ana.example",), goals=("opening a bakery",))
    full = {
        "promised": suggestion(Kind.DELIVER_PROMISE),
        "question": suggestion(Kind.CHECK_IN),
        "since": suggestion(Kind.RECONNECT, card=card),
        "wish": suggestion(Kind.RECONNECT, card=card),
        "aim": suggestion(Kind.RECONNECT, card=card),
        "offer": suggestion(Kind.OFFER, card=card),
        "share": suggestion(Kind.SHARE),
        "share_topic": suggestion(Kind.SHARE),
        "cares_about": suggestion(Kind.RECONNECT, card=card),
    }.get(name, suggestion())
    gifts: dict[str, dict[str, Any]] = {
        "promised": {"about_lines": ["I'll send you the floor plans."]},
        "question": {"about_lines": ["Could you tell me whether the lime may stay?"]},
        "offer": {"offer": Offer("lend you a spade", ("bakery",))},
        "share": {"share": Share("a talk on rye", "rye")},
        "share_topic": {"share": Share("a talk on rye", "rye")},
    }
    bare = {
        "name": suggestion(name="Hilfe Team"),
        "topic": suggestion(about=message("hi")),
        "about": suggestion(about=message("hi")),
        "when": suggestion(about=message(when=None)),
        "cares_about": suggestion(Kind.RECONNECT, card=Card(("ana@ana.example",))),
        "share_topic": suggestion(Kind.SHARE),
    }.get(name, suggestion())
    assert getattr(facts_of(full, **gifts.get(name, {})), name) is not None
    assert getattr(facts_of(bare), name) is None


def test_phrases_of_the_shipped_language_are_complete() -> None:
    assert len(english().months) == 12
    assert english().promise.said
