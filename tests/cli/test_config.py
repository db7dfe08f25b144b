"""``assistant config``: where things lie, what is wrong, what could be set."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from assistant.mailbox.secrecy import Secret
from assistant.settings_table import settings_table


def test_path_names_both_places_without_reading_them(program, place):
    ran = program("config", "path")
    assert (ran.code, ran.out) == (0, f"configuration: {place.config}\nstate: {place.state}\n")


def test_a_good_configuration_is_fine(program, place):
    place.configure()
    ran = program("config", "check")
    assert ran.code == 0
    assert ran.out == f"{place.config} is fine. Accounts: 1; people in contacts.toml: 0; offers: 0.\n"


def test_check_passes_remarks_on(program, place):
    place.configure()
    place.config.chmod(0o644)
    ran = program("config", "check")
    assert ran.code == 0
    assert f"others may read it; run: chmod 600 {place.config}" in ran.out


def test_check_prints_every_problem_and_ends_with_78(program, place):
    place.configure()
    text = place.config.read_text(encoding="utf-8")
    place.config.write_text(text.replace("addresses", "adresses").replace("username", "user"), encoding="utf-8")
    ran = program("config", "check")
    assert ran.code == 78
    assert "me.adresses: there is no such setting; did you mean addresses?" in ran.out
    assert "accounts[1].user: there is no such setting; did you mean username?" in ran.out
    assert "assistant config check" in ran.out


def test_check_looks_at_the_choices_too(program, place):
    place.configure()
    (place.config.parent / "choices.toml").write_text("never = 5")
    ran = program("config", "check")
    assert ran.code == 78
    assert "choices.toml cannot be read" in ran.out


@pytest.mark.parametrize("command", [["config", "check"], ["sweep"], ["status"], ["due"], ["doctor"]])
def test_without_a_configuration_every_command_says_what_to_do(program, place, command):
    ran = program(*command)
    said = " ".join((ran.out + ran.err).split())
    assert ran.code == 78
    assert f"There is no configuration at {place.config}." in said
    assert "assistant setup" in said


@pytest.mark.parametrize("command", [["config", "check"], ["sweep"], ["doctor"]])
def test_a_config_that_others_may_change_is_refused(program, place, command):
    place.configure()
    place.config.chmod(0o666)
    ran = program(*command)
    assert ran.code == 78
    assert "chmod go-w" in " ".join((ran.out + ran.err).split())


def test_schema_prints_every_setting_with_its_explanation(program):
    ran = program("config", "schema")
    assert ran.code == 0
    for one in settings_table():
        assert f"  {one.key}  (" in ran.out
        assert one.description in ran.out
    assert "  daily_cap  (whole number; 0 or more, 20 at most; default 3)" in ran.out


def test_schema_as_json_is_a_schema_for_each_file(program):
    ran = program("config", "schema", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["schema"]) == (0, 1)
    assert found["config.toml"]["required"] == ["me", "accounts"]
    assert found["offers.toml"]["properties"]["offers"]["items"]["required"] == ["text"]


def test_an_unknown_subcommand_is_a_usage_error(program):
    assert program("config", "chek").code == 2


def test_the_exit_code_reaches_the_shell(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "--config", str(tmp_path / "none.toml"), "config", "check"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (78, "")
    assert "There is no configuration" in done.stdout


def test_a_bug_is_told_in_one_line_without_the_secret(program, place, monkeypatch):
    kept = Secret("hunter2hunter2", "ann")

    def explode(*_: object, **__: object) -> None:
        raise KeyError(f"LOGIN ann {kept.reveal()}\x1b[2J")

    place.configure()
    monkeypatch.setattr("assistant.known.status_of", explode)
    ran = program("status")
    assert ran.code == 1
    assert "This is a bug, please report it: KeyError" in ran.err
    assert "hunter2" not in ran.err + ran.out
    assert ran.err.strip().isprintable()
