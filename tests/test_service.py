"""The daemon as a service: units that systemd understands, and a manager that is told the right things."""

from __future__ import annotations

import configparser
import os
import plistlib
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from assistant import service
from assistant.cli import main
from assistant.errors import ServiceError
from assistant.service import Manager

ODD = '/opt/it\'s 100% "odd"/$HOME/assistant'


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """A stand-in for systemctl, which needs a booted machine: notes what it is told, answers what ``says`` holds."""
    programs = tmp_path / "programs"
    programs.mkdir()
    told, says = tmp_path / "told", tmp_path / "says"
    script = programs / "systemctl"
    script.write_text(f'#!/bin/sh\necho "$@" >> {told}\n[ -f {says} ] || exit 0\ncat {says} >&2\nexit 1\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setattr(service.sys, "platform", "linux")
    return told, says


def unit_of(text: str) -> configparser.RawConfigParser:
    """Read a unit; keys that may stand several times keep their last value."""
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#",))
    parser.optionxform = str
    parser.read_string(text)
    return parser


@pytest.mark.parametrize("system", [False, True])
def test_systemd_finds_nothing_wrong_with_a_unit(tmp_path, system):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing (apt-get install systemd)")
    path = tmp_path / ("followup-assistant@.service" if system else service.UNIT)
    text = service.unit(Manager.SYSTEMD, ["/bin/true"], system=system)
    path.write_text(text.replace("Documentation=man:assistant(1)\n", ""))  # the manual page is not installed here
    path.chmod(0o644)  # under any umask
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    done = subprocess.run(
        ["systemd-analyze", *([] if system else ["--user"]), "verify", str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_RUNTIME_DIR": str(runtime)},
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("system", [False, True])
def test_a_unit_restarts_after_a_fault_and_not_after_a_wrong_configuration(system):
    rules = unit_of(service.unit(Manager.SYSTEMD, ["/bin/true"], system=system))["Service"]
    assert (rules["Type"], rules["Restart"]) == ("notify", "on-failure")
    assert set(rules["RestartPreventExitStatus"].split()) == {"2", "75", "78"}
    assert rules["UMask"] == "0077"
    assert rules["NoNewPrivileges"] == "yes"


def test_a_command_with_odd_characters_reaches_systemd_as_it_is():
    text = service.unit(Manager.SYSTEMD, [ODD, "--state", "/a b"])
    assert unit_of(text)["Service"]["ExecStart"] == ('"/opt/it\'s 100%% \\"odd\\"/$$HOME/assistant" --state "/a b" run')


def test_the_agent_of_macos_is_a_property_list_that_starts_the_daemon():
    agent = plistlib.loads(service.unit(Manager.LAUNCHD, [ODD]).encode())
    assert agent["ProgramArguments"] == [ODD, "run"]
    assert agent["KeepAlive"] == {"SuccessfulExit": False}


def test_the_command_names_only_places_that_were_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "--config" not in service.command_line(None, None)
    assert service.command_line(Path("here.toml"), None)[-2:] == ["--config", str(tmp_path / "here.toml")]


def test_installing_writes_the_unit_and_starts_it_and_installing_again_restarts_it(systemctl, tmp_path):
    told, _ = systemctl
    path = service.install(Manager.SYSTEMD, ["/bin/true"])
    assert path == tmp_path / "settings/systemd/user" / service.UNIT
    assert "ExecStart=/bin/true run" in path.read_text()
    service.install(Manager.SYSTEMD, ["/bin/false"])
    assert "ExecStart=/bin/false run" in path.read_text()
    once = ["--user daemon-reload", f"--user enable {service.UNIT}", f"--user restart {service.UNIT}"]
    assert told.read_text().splitlines() == once * 2


def test_a_unit_of_somebody_else_is_neither_overwritten_nor_removed(systemctl):
    path = service.place(Manager.SYSTEMD)
    path.parent.mkdir(parents=True)
    path.write_text("[Service]\nExecStart=/home/sue/bin/mine\n")
    with pytest.raises(ServiceError, match="not written by this program"):
        service.install(Manager.SYSTEMD, ["/bin/true"])
    with pytest.raises(ServiceError, match="not written by this program"):
        service.uninstall(Manager.SYSTEMD)
    assert path.read_text() == "[Service]\nExecStart=/home/sue/bin/mine\n"


def test_uninstalling_removes_the_unit_even_when_no_manager_answers(systemctl, monkeypatch):
    told, says = systemctl
    path = service.install(Manager.SYSTEMD, ["/bin/true"])
    says.write_text("Failed to connect to bus: No medium found\n")
    assert service.uninstall(Manager.SYSTEMD) == path
    assert not path.exists()
    assert f"--user disable --now {service.UNIT}" in told.read_text()
    assert service.uninstall(Manager.SYSTEMD) is None


def test_a_manager_that_refuses_is_told_with_a_cure(systemctl):
    _, says = systemctl
    says.write_text("Failed to connect to bus: No medium found\n")
    with pytest.raises(
        ServiceError, match=r"daemon-reload' failed: Failed to connect to bus: No medium found\. .*log in"
    ):
        service.install(Manager.SYSTEMD, ["/bin/true"])


def test_without_a_manager_the_cure_is_cron(systemctl, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServiceError, match=r"cron"):
        service.install(Manager.SYSTEMD, ["/bin/true"])
    found = service.condition(Manager.SYSTEMD)
    assert (found.installed, found.running) == (True, False)


def test_status_tells_an_installed_service_from_a_running_one(systemctl, capsys):
    _, says = systemctl
    assert main(["service", "status"]) == 1
    assert "not installed" in capsys.readouterr().out
    service.install(Manager.SYSTEMD, ["/bin/true"])
    says.write_text("")  # is-active says nothing and ends with a fault
    assert main(["service", "status"]) == 1
    assert "journalctl --user -u followup-assistant.service" in capsys.readouterr().out


def test_uninstall_names_how_to_take_back_the_drafts(systemctl, capsys):
    assert main(["service", "uninstall"]) == 0
    assert "drafts withdraw --all" in capsys.readouterr().out


def test_install_wants_a_configuration_first(systemctl, tmp_path, capsys):
    assert main(["--config", str(tmp_path / "none.toml"), "service", "install"]) == 78
    assert not service.place(Manager.SYSTEMD).exists()
