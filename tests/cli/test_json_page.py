"""docs/json.md shows what ``--json`` prints: no key is missing there, and none stands there in vain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from assistant.drafting.brief import Section
from assistant.hooks import drafts_event, trouble_event
from assistant.model import DraftState, HeldBecause, Kind, Trouble
from tests.cli.conftest import NOW, swept

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
VCARDS = Path(__file__).parents[1] / "vcards"
ANA = "ana@kovac.example"


def shown(heading: str) -> list[Any]:
    """Return the objects that stand under a heading of the page."""
    (section,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]


def one_of(codes: Iterable[str]) -> str:
    return "|".join(codes)


TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
ID = r"[^<>\s]+@[^<>\s]+"
FORMS = {
    **dict.fromkeys(("as_of", "last_date", "last_sweep", "next_sweep", "created", "changed", "last_contact", "time",
                     "since", "said"), TIME),
    **dict.fromkeys(("message_id", "last_message_id", "message_ids", "address", "addresses", "to", "from"), ID),
    "id": r"[0-9a-f]{20}",
    "template": r"(/.+/)?[a-z]{2}/[a-z_]+\.txt\.j2",
    "language": "[a-z]{2}",
    "kind": one_of([*Kind, "goal", "interest"]),
    "decision": "draft|held",
    "held_because": one_of(HeldBecause),
    "last_direction": "sent|received",
    "state": one_of(DraftState),
    "standing": "ok|warning|failed",
    "section": one_of(Section),
    "register": "formal|informal",
    **dict.fromkeys(("path", "own", "directory"), "/.+"),
}  # fmt: skip
"""The form of a text under a key, wherever it stands."""


def differences(page: Any, printed: Any, where: str = "") -> list[str]:
    """Name the places where two values are not of the same shape; null fits everything, of a list one is compared.

    Texts that are made for programs have a form, here and there.
    """
    if page is None or printed is None:
        return []
    if isinstance(page, dict) and isinstance(printed, dict):
        odd = [f"{where}.{key}" for key in sorted(page.keys() ^ printed.keys())]
        return odd + [one for key in page.keys() & printed.keys()
                      for one in differences(page[key], printed[key], f"{where}.{key}")]  # fmt: skip
    if isinstance(page, list) and isinstance(printed, list):
        return [one for member in printed for one in differences(page[0], member, f"{where}[]")] if page else []
    if isinstance(page, str) and isinstance(printed, str):
        form = FORMS.get(where.rpartition(".")[2].removesuffix("[]"), "(?s:.*)")
        return [f"{where}: {text}" for text in (page, printed) if not re.fullmatch(form, text)]
    numbers = isinstance(page, int | float) and isinstance(printed, int | float)
    return [] if numbers or type(page) is type(printed) else [where]


@pytest.mark.parametrize(
    ("heading", "command"),
    [
        ("`assistant sweep`, `due`, `why`, `share`", ("due",)),
        ("`assistant sweep`, `due`, `why`, `share`", ("why", ANA)),
        ("`assistant status`", ("status",)),
        ("`assistant doctor`", ("doctor",)),
        ("`assistant service status`", ("service", "status")),
        ("`assistant brief`", ("brief", ANA)),
        ("`assistant contacts list`", ("contacts", "list")),
        ("`assistant contacts show`", ("contacts", "show", ANA)),
        ("`assistant contacts import`", ("contacts", "import", str(VCARDS / "nextcloud.vcf"))),
        ("`assistant templates list`", ("templates", "list")),
        ("`assistant templates check`", ("templates", "check")),
        ("`assistant templates preview`", ("templates", "preview", "check_in", "--contact", ANA)),
        ("`assistant config schema`", ("config", "schema")),
    ],
)
def test_what_is_printed_is_what_the_page_shows(run, heading, command, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    swept(run)
    (page,) = shown(heading)
    assert differences(page, json.loads(run(*command, "--json")[1])) == []


@pytest.mark.parametrize("block", re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
def test_what_the_page_shows_has_the_form_of_what_is_printed(block):
    assert differences(json.loads(block), json.loads(block)) == []


def test_the_page_names_every_section_of_a_brief():
    assert [one for one in Section if f"`{one}`" not in PAGE] == []


def test_the_json_of_a_sweep_stands_on_the_page(run):
    (page,) = shown("`assistant sweep`, `due`, `why`, `share`")
    found = swept(run, "--all")
    assert any(one["draft"] and one["draft"]["uid"] for one in found["suggestions"])
    assert differences(page, found) == []


def test_what_commands_of_the_user_get_stands_on_the_page(sample):
    drafts, trouble = shown("Commands of yours")
    assert differences(drafts, drafts_event("demo", sample.sweep())) == []
    began = Trouble("home", "unreachable", "A sentence.", "Another.", NOW)
    assert differences(trouble, trouble_event(began)) == []
