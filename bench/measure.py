"""Running a program as its user does, and telling what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from bench.ground import PASSWORD

ROOT = Path(__file__).parent.parent
# A process inherits the greatest memory of the one that starts it, so a small one has to.
WATCH = """
import json, os, sys, time
began = time.monotonic()
_, status, used = os.wait4(os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ), 0)
figures = time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss, status
with open(sys.argv[1], "w") as file:
    json.dump(figures, file)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One process from start to end: wall clock, processor time of its own, greatest memory, standard output."""

    seconds: float
    busy: float
    megabytes: float
    output: str


def run(command: Sequence[str]) -> Run:
    """Run a program to its end. Raises RuntimeError with its last words when it fails.

    Its modules are compiled once, as they are where it is installed, whatever this environment says.
    """
    environment = {**os.environ, "ASSISTANT_SECRET_BENCH": PASSWORD, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
        figures, errors = Path(folder) / "figures", Path(folder) / "errors"
        with errors.open("w") as file:
            watched = [sys.executable, "-S", "-c", WATCH, str(figures), *command]
            subprocess.run(watched, stdout=output, stderr=file, env=environment, check=True)
        seconds, busy, kilobytes, status = json.loads(figures.read_text())
        if status:
            words = errors.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}: {words}")
        output.seek(0)
        return Run(seconds, busy, kilobytes / 1024, output.read())


def python(module: Sequence[str]) -> list[str]:
    """Return the command line that runs a module under this interpreter."""
    return [sys.executable, "-m", *module]


def interpreter_start(rounds: int) -> float:
    """Return the seconds in which this interpreter starts and does nothing."""
    return median(run([sys.executable, "-c", "pass"]).seconds for _ in range(rounds))


def median_of(runs: Sequence[Run], value: Callable[[Run], float]) -> float:
    """Return the median of one figure."""
    return median(map(value, runs))


def show(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in Markdown, figures with three digits that matter."""
    cells = [[_told(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    for row in [headings, ["-" * width for width in widths], *cells]:
        click.echo("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")


def _told(cell: object) -> str:
    if not isinstance(cell, float):
        return str(cell)
    return f"{cell:.0f}" if cell >= 100 else f"{cell:.3g}"
