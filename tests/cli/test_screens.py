"""What is shown fits terminals of 40, 80 and 120 columns, with and without colour and block characters."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import unicodedata

import pytest

from assistant.cli.edge import remark, say, say_verbatim
from tests.cli.conftest import swept

ANA = "ana@kovac.example"
SCREENS = (["status"], ["due"], ["due", "--all"], ["why", ANA], ["brief", ANA], ["drafts"], ["drafts", "list", "--all"])


@pytest.mark.parametrize("width", [40, 80, 120])
def test_screens_fit_the_terminal(run, monkeypatch, width):
    swept(run)
    monkeypatch.setenv("COLUMNS", str(width))
    for screen in SCREENS:
        code, out, _ = run(*screen)
        assert code == 0
        broken = [line for line in out.splitlines() if len(line) > width and " " in line.strip()]
        assert broken == [], f"{screen} at {width}"


def test_numbers_of_due_are_those_of_due_all(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    swept(run, "--dry-run")
    few, many = (re.findall(r"^(\d+) {2,}(\S+ \S+)", run("due", *more)[1], re.MULTILINE) for more in ([], ["--all"]))
    assert few
    assert many[: len(few)] == few


def test_status_says_that_everything_is_paused(run):
    swept(run)
    assert "paused" not in run("status")[1]
    run("pause", "--until", "2026-04-01")
    assert "Everything is paused until Wednesday, 1 April" in run("status")[1]


@pytest.mark.parametrize("screen", SCREENS, ids=" ".join)
def test_a_terminal_of_ascii_gets_no_traceback(run, sample, screen):
    swept(run)
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "--config", sample.config, "--state", sample.state, *screen],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "80"},
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert done.stdout.isascii()
    assert done.stdout.strip()


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize(("where", "code"), [(">/dev/full", 1), (">&-", 0), (">&- 2>&-", 0)])
def test_an_output_that_takes_nothing_is_no_bug(run, sample, where, code, more):
    swept(run)
    words = [sys.executable, "-m", "assistant", "--config", str(sample.config), "--state", str(sample.state), "due"]
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join([*words, *more])} {where}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert done.stderr.startswith("assistant: It could not be written: ") if code else done.stderr == ""
    assert done.stderr.count("\n") == code


def test_no_colour_where_it_is_not_wanted(run, sample):
    swept(run)
    shown = {}
    for name, wish in (("forced", {"FORCE_COLOR": "1"}), ("none", {"FORCE_COLOR": "1", "NO_COLOR": "1"})):
        shown[name] = subprocess.run(
            [sys.executable, "-m", "assistant", "--config", sample.config, "--state", sample.state, "due"],
            env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **wish, "COLUMNS": "120",
                 "TERM": "xterm-256color"},
            capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip
    assert re.search(r"\x1b\[[0-9;]*3[0-7]", shown["forced"])
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", shown["none"])


def test_everything_shown_can_be_seen(run):
    swept(run)
    for screen in SCREENS:
        assert not [c for c in run(*screen)[1] if unicodedata.category(c) in {"Cc", "Cf"} and c != "\n"]


@pytest.mark.parametrize("tell", [say, remark])
def test_on_a_terminal_long_lines_break_between_words_and_keep_their_indentation(tell, monkeypatch, capsys):
    text = "Short.\n  " + "A word-by-word account of what happened. " * 3 + "https://example.org/a/rather/long/address"
    monkeypatch.setenv("COLUMNS", "30")
    tell(text)
    assert "".join(capsys.readouterr()) == f"{text}\n"
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    tell(text)
    shown = "".join(capsys.readouterr()).splitlines()
    assert shown[0] == "Short."
    assert all(line.startswith("  ") for line in shown[1:])
    assert [line for line in shown if len(line) > 30] == ["  https://example.org/a/rather/long/address"]
    assert " ".join(shown[1:]).split() == text.split()[1:]


def test_what_is_to_be_copied_keeps_its_lines_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    command = "assistant --config /home/sue/settings/config.toml due"
    say_verbatim(command)
    assert capsys.readouterr().out == f"{command}\n"
