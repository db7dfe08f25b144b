"""What is shipped is whole: the wheel holds templates and settings, and the program runs from it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from this checkout, without asking any network."""
    out = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", build, str(out)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out / done.stdout.split()[-1]


def shipped_files() -> set[str]:
    """Every file of the checkout that belongs into the wheel, at its place there."""
    found = set()
    for folder, target in (
        ("assistant", "assistant"),
        ("templates", "assistant/templates"),
        ("config", "assistant/config"),
    ):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found.add(f"{target}/{path.relative_to(ROOT / folder).as_posix()}")
    return found


def test_the_wheel_holds_every_file(wheel):
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    held = {name for name in names if not name.partition("/")[0].endswith(".data")}
    assert held == shipped_files()
    assert {name.partition("/share/")[2] for name in names} - {""} == {
        "man/man1/assistant.1",
        "bash-completion/completions/assistant",
        "zsh/site-functions/_assistant",
        "fish/vendor_completions.d/assistant.fish",
    }
    assert {"assistant/py.typed", "assistant/templates/en/check_in.txt.j2", "assistant/config/config.toml"} <= held


def test_the_program_runs_from_the_wheel_outside_the_checkout(wheel, tmp_path):
    target = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(target)
    environment = {**os.environ, "PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"}
    look = "import assistant, assistant.shipped as s; print(assistant.__file__); print(s.shipped('templates'))"
    where = subprocess.run(
        [sys.executable, "-c", look], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert all(line.startswith(str(target)) for line in where)
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "demo"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Subject:" in done.stdout
