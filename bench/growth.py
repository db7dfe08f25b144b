"""How a first sweep grows with the mailbox: a table, and a plot as SVG."""

from __future__ import annotations

from pathlib import Path

import click

from bench.first import database_octets, first_sweep
from bench.ground import MAILBOXES, ground
from bench.measure import median_of, show
from bench.plot import Curve, plot
from bench.wire import drain


@click.command()
@click.argument("sizes", nargs=-1, type=int)
@click.option("--rounds", default=3, show_default=True, help="Medians of so many.")
@click.option("--plot", "file", type=click.Path(path_type=Path), help="Write the plot here.")
def main(sizes: tuple[int, ...], rounds: int, file: Path | None) -> None:
    """Print seconds, memory and database for INBOXes of these SIZES (10000 100000 300000)."""
    rows, sweeps, drains = [], Curve("first sweep"), Curve("bare socket")
    with ground() as here:
        for size in sizes or (10_000, 100_000, 300_000):
            box, folder = here.box(size), here.folder / f"state{size}"
            drain(box, MAILBOXES)  # the server makes its index
            drained = [drain(box, MAILBOXES).seconds for _ in range(rounds)]
            raw = sorted(drained)[rounds // 2]
            runs = [first_sweep(box, folder, headers_only=True) for _ in range(rounds)]
            seconds = median_of(runs, lambda one: one.seconds)
            memory = median_of(runs, lambda one: one.megabytes)
            stored = database_octets(folder) / box.messages
            rows.append((box.messages, raw, seconds, seconds / raw, 1e6 * seconds / box.messages, memory, stored))
            sweeps.points.append((box.messages, seconds))
            drains.points.append((box.messages, raw))
    show(("messages", "bare socket s", "first sweep s", "ratio", "µs/message", "peak MB", "bytes/message"), rows)
    if file is not None:
        file.write_text(plot([sweeps, drains], across="messages", up="seconds"), encoding="utf-8")
        click.echo(f"plot: {file}")


if __name__ == "__main__":
    main()
