"""The documents say what is: every command, option, setting and link in them exists, and what is made is current."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from assistant.cli import GROUPS, assistant
from assistant.settings_table import settings_table

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "templates").glob("*.md")])
CALL = re.compile(r"(?<![\w./-])assistant((?: +[^\s`|#'\"][^`|#\n]*)?)")


@pytest.fixture(scope="module")
def manual() -> ModuleType:
    spec = importlib.util.spec_from_file_location("manual", ROOT / "docs" / "manual.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code_of(page: Path) -> Iterator[str]:
    """Yield what a page shows as code: the lines of blocks of shell commands, and spans that begin with the command."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        yield from block.splitlines()
    yield from (span for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text) if span.startswith("assistant "))


def calls() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for line in code_of(page):
            for found in CALL.findall(line.partition("#")[0]):
                yield page.name, found.strip()


@pytest.mark.parametrize(("page", "call"), sorted(set(calls())))
def test_every_command_in_the_documents_exists_with_its_options(page, call):
    command, context = assistant, click.Context(assistant, info_name="assistant")
    words = iter(shlex.split(re.sub(r"[\[\]]|\.\.\.|…", " ", call).replace("\\", "")))
    for word in words:
        if word.startswith("-"):
            known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
            assert word.partition("=")[0] in known, f"{page}: assistant {call}: no option {word}"
            option = next((one for one in command.params if word in one.opts), None)
            if isinstance(option, click.Option) and not option.is_flag:
                next(words, None)
        elif isinstance(command, click.Group) and word.isalpha() and word.islower():
            found = command.get_command(context, word)
            assert found is not None, f"{page}: assistant {call}: no command {word}"
            command, context = found, click.Context(found, info_name=word, parent=context)
        else:
            break  # an argument, or words of the sentence


def test_the_readme_lists_the_commands_as_help_does():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (?:\*\*(.+?)\*\*|`assistant (\w+))", text, re.MULTILINE)
    assert [title or name for title, name in listed] == [word for title in GROUPS for word in (title, *GROUPS[title])]


def test_every_setting_stands_in_the_example_of_its_file():
    examples = {one.name: one.read_text(encoding="utf-8") for one in (ROOT / "config").glob("*.toml")}
    missing = [
        f"{one.file} {one.table} {one.key}"
        for one in settings_table()
        if not re.search(rf"^(?:# )?{one.key} = ", examples[one.file], re.MULTILINE)
    ]
    assert missing == []


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_repository_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path) if path else page
        assert there.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(there), f"{page.name} links to {target}"


def test_what_is_made_from_the_program_is_current(manual):
    stale = [
        path.name
        for path, content in manual.made().items()
        if path.parent.name != "completions" and path.read_text(encoding="utf-8") != content
    ]
    assert stale == [], "run: python docs/manual.py"


def test_the_manual_page_is_without_fault_for_its_formatter(manual):
    if shutil.which("groff") is None:
        pytest.skip("groff is missing (apt-get install groff)")
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z", str(ROOT / "docs" / "assistant.1")], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes_commands_and_options(tmp_path):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is missing")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "assistant").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m assistant "$@"\n')
    (programs / "assistant").chmod(0o755)
    script = f"""
        PATH="{programs}:$PATH"
        . "{ROOT / "docs" / "completions" / "assistant.bash"}"
        complete_after() {{
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _assistant_completion assistant
            echo "${{COMPREPLY[@]}}"
        }}
        complete_after assistant sw
        complete_after assistant sweep --dry
    """
    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split("\n")[:2] == ["sweep", "--dry-run"], done.stderr
