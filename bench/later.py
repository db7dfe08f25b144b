"""Later sweeps: what a look costs when nothing is new, and when a hundred messages are."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from assistant import clock
from bench.ground import MAILBOXES, MAILDIR, STORAGES, Box, Ground, ground
from bench.mailbox import generate
from bench.measure import Run, interpreter_start, median_of, python, run, show
from bench.opened import opened
from bench.wire import Talk, drain, overheard, read_the_newest

NEW = 100
SETTLED_AFTER = 5  # sweeps at most
LISTED_AGAIN_AFTER = 2.5  # seconds; Dovecot looks once more at a Maildir that changed in the second it looked


@click.command()
@click.option("--messages", default=100_000, show_default=True, help="In INBOX of the large mailbox.")
@click.option("--small", default=10_000, show_default=True, help="In INBOX of the small one.")
@click.option("--rounds", default=5, show_default=True, help="Medians of so many.")
@click.option("--storage", type=click.Choice(STORAGES), default=MAILDIR, show_default=True, help="The server's.")
def main(messages: int, small: int, rounds: int, storage: str) -> None:
    """Print what an empty sweep takes in two mailboxes, and what a hundred new messages add."""
    with ground(storage) as here:
        start = interpreter_start(rounds)
        rows, quiet, talks = [], dict[int, float](), dict[int, Talk]()
        for size in (small, messages):
            box, folder = settled(here, size)
            empty = [run(sweep_command(box, folder)) for _ in range(rounds)]
            quiet[size] = median_of(empty, lambda one: one.seconds) - start
            talks[size] = _overheard_sweep(box, folder)
            rows.append(_row("nothing new", box, empty, start, quiet[size]))
        for name, warm in ((f"{NEW} new", True), (f"{NEW} new, unseen by the server", False)):
            few = list(_with_new_mail(box, folder, rounds, warm=warm))
            rows.append(_row(name, box, few, start, quiet[messages]))
    show(("sweep", "messages", "seconds beyond interpreter", "own CPU s", "peak MB", "empty = 1"), rows)
    click.echo(f"interpreter alone: {start:.3f} s; {messages} against {small}: {quiet[messages] / quiet[small]:.2f}")
    for size, talk in talks.items():
        said = ", ".join(f"{word} {times}" for word, times in Counter(talk.commands).items())
        click.echo(f"round trips with nothing new, {size} messages: {talk.trips} ({said})")


def settled(here: Ground, size: int) -> tuple[Box, Path]:
    """Make a mailbox and sweep it until a further sweep has nothing to read and nothing to lay."""
    box, folder = here.box(size), here.folder / f"state{size}"
    settle(box, folder)
    return box, folder


def settle(box: Box, folder: Path) -> None:
    """Sweep a mailbox until a further sweep has nothing to read and nothing to lay."""
    run(sweep_command(box, folder))
    with opened(folder) as known:
        known.read_all_bodies()
    for _ in range(SETTLED_AFTER):
        outcome = json.loads(run([*sweep_command(box, folder), "--json"]).output)
        if not any(one["draft"] for one in outcome["suggestions"]):
            show_to_a_mail_program(box)
            return
    raise RuntimeError("every sweep lays another draft")


def show_to_a_mail_program(box: Box) -> None:
    """Let the server's index take in what came, as it does where the user's own mail program is open."""
    read_the_newest(box, MAILBOXES)
    time.sleep(LISTED_AGAIN_AFTER)
    drain(box, MAILBOXES, "SELECT")


def sweep_command(box: Box, folder: Path, port: int | None = None) -> list[str]:
    """Return the command line of a sweep, by way of another port if given."""
    return python([*box.config(folder, port=port), "sweep"])


def _with_new_mail(box: Box, folder: Path, rounds: int, *, warm: bool) -> Iterator[Run]:
    for number in range(rounds):
        mails = generate(NEW - NEW // 5, NEW // 5, clock.now(), seed=1000 + number + rounds * warm, days=1)
        box.receive(mails, new=True)
        if warm:
            show_to_a_mail_program(box)
        yield run(sweep_command(box, folder))


def _overheard_sweep(box: Box, folder: Path) -> Talk:
    with overheard(box) as (port, talk):
        run(sweep_command(box, folder, port))
    return talk


def _row(name: str, box: Box, runs: list[Run], start: float, quiet: float) -> tuple[object, ...]:
    seconds = median_of(runs, lambda one: one.seconds) - start
    busy = median_of(runs, lambda one: one.busy)
    return name, box.messages, seconds, busy, median_of(runs, lambda one: one.megabytes), seconds / quiet


if __name__ == "__main__":
    main()
