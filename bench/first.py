"""The first sweep against the raw limit: how long a bare socket takes for the same header lines."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

import click

from bench.ground import MAILBOXES, Box, ground
from bench.measure import Run, median_of, python, run, show
from bench.wire import drain


@click.command()
@click.option("--messages", default=100_000, show_default=True, help="In INBOX; a fifth as many in Sent.")
@click.option("--rounds", default=5, show_default=True, help="Medians of so many.")
def main(messages: int, rounds: int) -> None:
    """Print first sweeps, with and without bodies, as multiples of the drain."""
    with ground() as here:
        box = here.box(messages)
        drain(box, MAILBOXES)  # the server makes its index
        drained, headers, whole, octets = [], [], [], 0.0
        for _ in range(rounds):
            drained.append(drain(box, MAILBOXES))
            headers.append(first_sweep(box, here.folder / "first", headers_only=True))
            octets = database_octets(here.folder / "first") / box.messages
            whole.append(first_sweep(box, here.folder / "first"))
    raw = median(one.seconds for one in drained)
    rows = [("bare socket", raw, 1.0, 1e6 * raw / box.messages, "", "")]
    for name, runs in (("first sweep, header lines", headers), ("first sweep, with bodies", whole)):
        seconds = median_of(runs, lambda one: one.seconds)
        memory = median_of(runs, lambda one: one.megabytes)
        busy = median_of(runs, lambda one: one.busy)
        rows.append((name, seconds, seconds / raw, 1e6 * seconds / box.messages, f"{busy:.1f}", f"{memory:.0f}"))
    show(("", "seconds", "drain = 1", "µs/message", "own CPU s", "peak MB"), rows)
    click.echo(f"{box.messages} messages, {drained[0].octets / 1e6:.0f} MB; the database: {octets:.0f} bytes a message")


def first_sweep(box: Box, folder: Path, *, headers_only: bool = False) -> Run:
    """Sweep with nothing known before; what it learns is left in ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    return run(python([*box.config(folder, headers_only=headers_only), "sweep", "--dry-run"]))


def database_octets(folder: Path) -> int:
    """Return the size of the cache of header facts, what still waits in its log included."""
    return sum(file.stat().st_size for file in (folder / "state").glob("mail.sqlite3*"))


if __name__ == "__main__":
    main()
