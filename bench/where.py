"""Where a sweep spends its time: cProfile of a first and of an empty one, by module and by function."""

from __future__ import annotations

import pstats
import shutil
import sys
from collections import Counter
from pathlib import Path

import click

from bench.ground import MAILBOXES, ground
from bench.later import settled
from bench.measure import ROOT, run, show
from bench.wire import drain

SHOWN = 14


@click.command()
@click.option("--messages", default=100_000, show_default=True, help="In INBOX; a fifth as many in Sent.")
def main(messages: int) -> None:
    """Print the profiles; under the profiler everything takes about twice as long, small functions more."""
    with ground() as here:
        box, folder = settled(here, messages)
        drain(box, MAILBOXES)
        fresh = here.folder / "profiled"
        for name, state, headers_only in (("first sweep", fresh, True), ("empty sweep", folder, False)):
            if state is fresh:
                shutil.rmtree(fresh, ignore_errors=True)
            file = here.folder / "profile"
            sweep = [*box.config(state, headers_only=headers_only), "sweep"]
            run([sys.executable, "-m", "cProfile", "-o", str(file), "-m", *sweep])
            click.echo(f"\n{name}, {box.messages} messages")
            _tell(file)


def _tell(file: Path) -> None:
    """Print own seconds by module, then the functions of ours with what they call."""
    stats = pstats.Stats(str(file))
    modules, functions = Counter[str](), Counter[str]()
    for (path, _, function), (_, _, own, whole, _) in stats.stats.items():  # type: ignore[attr-defined]
        module = _short(path)
        modules[module] += own
        if module.startswith("assistant/"):
            functions[f"{module} {function}"] += whole
    show(("module", "own s"), modules.most_common(SHOWN))
    click.echo()
    show(("function", "with all it calls, s"), functions.most_common(2 * SHOWN))


def _short(path: str) -> str:
    if path.startswith(str(ROOT / "assistant")):
        return str(Path(path).relative_to(ROOT))
    return "built in" if path == "~" else Path(path).name


if __name__ == "__main__":
    main()
