"""Judgement alone: loading what is known, sorting it into threads and people, weighing everybody."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from statistics import median

import click

from assistant import clock
from assistant.settings import load
from assistant.store.choices import load_choices
from assistant.store.database import open_ledger, open_mail
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.weighing import Weighing
from assistant.writing import Writer
from bench.first import first_sweep
from bench.ground import PASSWORD, ground
from bench.measure import show


@click.command()
@click.option("--messages", default=100_000, show_default=True, help="In INBOX; a fifth as many in Sent.")
@click.option("--rounds", default=5, show_default=True, help="Medians of so many.")
def main(messages: int, rounds: int) -> None:
    """Print the seconds of loading and of weighing, in this process, after a first sweep."""
    os.environ["ASSISTANT_SECRET_BENCH"] = PASSWORD
    with ground() as here:
        box, folder = here.box(messages), here.folder / "judged"
        first_sweep(box, folder)
        loading, weighing, found = [], [], 0
        for _ in range(rounds):
            loaded, weighed, found = judged(folder)
            loading.append(loaded)
            weighing.append(weighed)
    show(
        ("", "seconds"),
        [("loading, threads and people", median(loading)), ("weighing everybody", median(weighing))],
    )
    click.echo(f"{box.messages} messages, {found} suggestions weighed")


def judged(folder: Path) -> tuple[float, float, int]:
    """Load and weigh everything once; return the seconds of each and how many suggestions came of it."""
    settings, _ = load(folder / "config.toml")
    with closing(open_mail(folder / "state")) as mail, closing(open_ledger(folder / "state")) as ledger:
        weighing = Weighing(
            settings,
            MailFacts(mail),
            Ledger(ledger),
            load_choices(settings.directory),
            Writer(settings),
            clock.now(),
            None,
        )
        began = clock.monotonic()
        weighing.load()
        loaded = clock.monotonic()
        found = weighing.suggestions((), by_hand=True, contact=None)
        return loaded - began, clock.monotonic() - loaded, len(found)


if __name__ == "__main__":
    main()
