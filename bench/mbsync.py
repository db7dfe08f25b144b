"""mbsync on the same mailbox, for orientation: it fetches whole messages, which we never do."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import click

from bench.first import first_sweep
from bench.ground import MAILBOXES, PASSWORD, Box, ground
from bench.later import settle, sweep_command
from bench.measure import Run, median_of, run, show
from bench.wire import drain

CONFIG = """\
FSync no

IMAPAccount bench
Host {host}
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account bench

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX

Channel all
Far :far:
Near :near:
Patterns {mailboxes}
Create Near
SyncState *
"""


@click.command()
@click.option("--messages", default=100_000, show_default=True, help="In INBOX; a fifth as many in Sent.")
@click.option("--rounds", default=5, show_default=True, help="Medians of so many empty runs; there is one first run.")
def main(messages: int, rounds: int) -> None:
    """Print the first and the empty run of mbsync beside our own."""
    program = shutil.which("mbsync")
    if program is None:
        raise click.ClickException("mbsync is not installed (Debian: apt-get install isync).")
    with ground() as here:
        box = here.box(messages)
        drain(box, MAILBOXES)  # the server makes its index
        theirs = [program, "-q", "-c", str(_config(box, here.folder / "copy")), "-a"]
        copied, ours = run(theirs), first_sweep(box, here.folder / "ours", headers_only=True)
        again = [run(theirs) for _ in range(rounds)]
        settle(box, here.folder / "swept")
        empty = [run(sweep_command(box, here.folder / "swept")) for _ in range(rounds)]
    show(
        ("", "first s", "peak MB", "empty s"),
        [
            ("mbsync, whole messages into a Maildir", copied.seconds, copied.megabytes, _seconds(again)),
            ("assistant, header lines into SQLite, judged", ours.seconds, ours.megabytes, _seconds(empty)),
        ],
    )


def _seconds(runs: Sequence[Run]) -> float:
    return median_of(runs, lambda one: one.seconds)


def _config(box: Box, folder: Path) -> Path:
    folder.mkdir()
    path = folder.with_suffix(".mbsyncrc")
    path.write_text(
        CONFIG.format(
            host=box.server.host,
            port=box.server.port,
            user=box.user,
            password=PASSWORD,
            folder=folder,
            mailboxes=" ".join(MAILBOXES),
        ),
        encoding="utf-8",
    )
    return path


if __name__ == "__main__":
    main()
