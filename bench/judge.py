"""Judgement alone: loading what is known, sorting it into threads and people, weighing everybody."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import click

from assistant import clock
from assistant.garbage import nearly_all_kept
from bench.first import first_sweep
from bench.ground import ground
from bench.measure import show
from bench.opened import opened


@click.command()
@click.option("--messages", default=100_000, show_default=True, help="In INBOX; a fifth as many in Sent.")
@click.option("--rounds", default=5, show_default=True, help="Medians of so many.")
def main(messages: int, rounds: int) -> None:
    """Print the seconds of loading and of weighing, in this process, after a first sweep."""
    with ground() as here:
        box, folder = here.box(messages), here.folder / "judged"
        first_sweep(box, folder)
        with opened(folder) as known:
            known.read_all_bodies()
        loading, weighing, found = [], [], 0
        for _ in range(rounds):
            loaded, weighed, found = judged(folder)
            loading.append(loaded)
            weighing.append(weighed)
    rows = [("loading, threads and people", median(loading)), ("weighing everybody", median(weighing))]
    show(("", "seconds"), rows)
    click.echo(f"{box.messages} messages, {found} suggestions weighed")


def judged(folder: Path) -> tuple[float, float, int]:
    """Load and weigh everything once; return the seconds of each and how many suggestions came of it."""
    with nearly_all_kept(), opened(folder) as known:
        began = clock.monotonic()
        known.weighing.load()
        loaded = clock.monotonic()
        found = known.weighing.suggestions((), by_hand=True, contact=None)
        return loaded - began, clock.monotonic() - loaded, len(found)


if __name__ == "__main__":
    main()
