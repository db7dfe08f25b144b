"""Real odd mail through a real sweep: what is put aside and why, and what takes long."""

from __future__ import annotations

import mailbox
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from assistant import clock
from assistant.correspondence.cues import read_text
from assistant.errors import MessageError
from assistant.mailbox.headers import read_headers
from bench.first import first_sweep
from bench.ground import ground
from bench.mailbox import INBOX, Mail, deliver
from bench.measure import show
from bench.opened import Opened, opened

SLOW = 0.1
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Took:
    """How much processor time one step took for one message, and what came of it when it could not be read."""

    seconds: float
    step: str
    name: str
    trouble: str = ""


@click.command()
@click.argument("places", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def main(places: tuple[Path, ...]) -> None:
    """Sweep the mail below PLACES (.eml and .mbox files) on a server of its own; it is copied, never changed."""
    mails = [one for place in places for one in _mail_below(place)]
    with ground() as here:
        box, folder = here.box(0), here.folder / "odd"
        when = clock.now().timestamp() - 86_400  # one moment for all: the server then numbers them in this order
        deliver(box.maildir, (Mail(INBOX, when, raw) for _, raw in mails))
        first_sweep(box, folder)
        with opened(folder) as known:
            known.read_all_bodies()
            asides, kept = known.facts.asides(), known.facts.count("bench")
            steps = [*_header_steps(mails), *_body_steps(known, [name for name, _ in mails])]
    show(("put aside", "because"), [(mails[one.uid - 1][0], one.reason) for one in asides])
    show(("body not read", "because"), [(one.name, one.trouble) for one in steps if one.trouble])
    steps.sort(key=lambda took: took.seconds, reverse=True)
    show(("ms", "step", "message"), [(1000 * one.seconds, one.step, one.name) for one in steps[:SHOWN]])
    slow = sum(one.seconds > SLOW for one in steps)
    click.echo(f"{len(mails)} messages: {kept} kept, {len(asides)} put aside, {slow} steps over {1000 * SLOW:.0f} ms")


def _mail_below(place: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every message with a name to find it by."""
    for file in [place] if place.is_file() else sorted(place.rglob("*")):
        if file.suffix == ".eml":
            yield file.name, file.read_bytes()
        elif file.suffix == ".mbox":
            with closing(mailbox.mbox(file, create=False)) as box:
                yield from ((f"{file.parent.name} {key}", box.get_bytes(key)) for key in box.keys())  # noqa: SIM118


def _header_steps(mails: list[tuple[str, bytes]]) -> Iterator[Took]:
    for name, raw in mails:
        block = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
        yield _timed("header lines", name, partial(read_headers, block))


def _body_steps(known: Opened, names: list[str]) -> Iterator[Took]:
    """Fetch every body and read its words once more, one by one."""
    with known.door() as door:
        for message in known.facts.messages(frozenset()):
            assert message.uid is not None

            def read(uid: int = message.uid) -> None:
                body = door.body("INBOX", uid)
                read_text(body.text, html=body.html, sent_at=clock.now(), zone=known.settings.zone, user_names=())

            yield _timed("body and words", names[message.uid - 1], read)


def _timed(step: str, name: str, read: Callable[[], object]) -> Took:
    began, trouble = time.process_time(), ""  # our own share; the server's and the waiting are left out
    try:
        read()
    except MessageError as error:
        trouble = error.message
    return Took(time.process_time() - began, step, name, trouble)


if __name__ == "__main__":
    main()
