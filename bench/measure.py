"""Running a program as its user does, and telling what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from assistant import clock
from bench.ground import PASSWORD

ROOT = Path(__file__).parent.parent


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
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        began = clock.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        seconds = clock.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors.read()[-2000:]}")
        return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output.read())


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
