"""Odd mail, real or generated, through a real sweep and judgement: what is put aside and why, and what takes long."""

from __future__ import annotations

import mailbox
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path

import click

from assistant import clock
from assistant.correspondence.cuefiles import LANGUAGES
from assistant.correspondence.cues import language, read_text
from assistant.mailbox.headers import read_headers
from assistant.noting import read_bodies
from bench.first import first_sweep
from bench.ground import Ground, ground
from bench.mailbox import INBOX, SENT, Mail
from bench.measure import show
from bench.opened import Opened, opened
from tests.malformed import malformed

SLOW = 0.1
SHOWN = 10
ROUND = 5000
"""So many lie in one mailbox: room on the disk stays small, and whoever stops early has the results so far."""

Odd = tuple[str, str, bytes]
"""A name to find the message by, the Maildir folder it lies in, its bytes."""


@dataclass(frozen=True, slots=True)
class Took:
    """How much processor time one step took, and for which message."""

    seconds: float
    step: str
    name: str


@dataclass(slots=True)
class Found:
    """What came of all rounds so far."""

    messages: int = 0
    kept: int = 0
    asides: list[tuple[str, str]] = field(default_factory=list)
    slow: int = 0
    slowest: list[Took] = field(default_factory=list)
    judged: float = 0.0

    def add(self, steps: list[Took]) -> None:
        """Note how long steps took."""
        self.slow += sum(one.seconds > SLOW for one in steps)
        self.slowest = sorted([*self.slowest, *steps], key=lambda took: took.seconds, reverse=True)[:SHOWN]

    def __str__(self) -> str:
        """Return the numbers in a line."""
        return (
            f"{self.messages} messages: {self.kept} kept, {len(self.asides)} put aside or without their text,"
            f" {self.slow} over {1000 * SLOW:.0f} ms, the judgement of a whole mailbox at most {self.judged:.1f} s"
        )


@click.command()
@click.argument("places", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--malformed", "made", default=0, help="So many generated messages, in which everything is wrong.")
@click.option("--seed", default=1, show_default=True, help="Another seed makes other messages.")
def main(places: tuple[Path, ...], made: int, seed: int) -> None:
    """Sweep the mail below PLACES (.eml and .mbox files) on a server of its own; it is copied, never changed."""
    mails = chain((one for place in places for one in _mail_below(place)), _generated(made, seed))
    found = Found()
    with ground() as here:
        while some := list(islice(mails, ROUND)):
            _one_round(here, some, found)
            click.echo(f"so far {found}", err=True)
    reasons = Counter(reason for _, reason in found.asides)
    show(("times", "because"), [(count, reason) for reason, count in reasons.most_common()])
    if places:
        show(("put aside", "because"), found.asides)
    show(("ms", "step", "message"), [(1000 * one.seconds, one.step, one.name) for one in found.slowest])
    click.echo(str(found))


def _one_round(here: Ground, mails: Sequence[Odd], found: Found) -> None:
    with here.passing_box(f"odd{found.messages}") as box:
        when = clock.now().timestamp() - 86_400  # one moment for all: the server then numbers them in this order
        box.receive(Mail(folder, when, raw) for _, folder, raw in mails)
        first_sweep(box, here.folder / "odd")
        names = {folder: [name for name, where, _ in mails if where == folder] for folder in (INBOX, SENT)}
        with opened(here.folder / "odd") as known:
            found.add([*_header_steps(mails), *_body_steps(known, names)])
            found.judged = max(found.judged, _timed("judgement", "all", known.judge).seconds)
            found.messages += len(mails)
            found.kept += known.facts.count("bench")
            found.asides += [(_name(names, one.mailbox, one.uid), one.reason) for one in known.facts.asides.all()]


def _name(names: dict[str, list[str]], mailbox_name: str, uid: int) -> str:
    return names[SENT if mailbox_name == "Sent" else INBOX][uid - 1]


def _generated(count: int, seed: int) -> Iterator[Odd]:
    for number, mail in enumerate(malformed(count, seed)):
        yield f"malformed {seed}.{number}", SENT if mail.sent else INBOX, mail.raw


def _mail_below(place: Path) -> Iterator[Odd]:
    for file in [place] if place.is_file() else sorted(place.rglob("*")):
        if file.suffix == ".eml":
            yield file.name, INBOX, file.read_bytes()
        elif file.suffix == ".mbox":
            with closing(mailbox.mbox(file, create=False)) as box:
                yield from ((f"{file.parent.name} {key}", INBOX, box.get_bytes(key)) for key in box.keys())  # noqa: SIM118


def _header_steps(mails: Sequence[Odd]) -> Iterator[Took]:
    for name, _, raw in mails:
        block = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
        yield _timed("header lines", name, partial(read_headers, block))


def _body_steps(known: Opened, names: dict[str, list[str]]) -> Iterator[Took]:
    """Read every text, one by one; the tables of words are read before, as that is done once in a process."""
    for code in LANGUAGES:
        language(code)
    read_text("<p>Hello</p>", html=True, sent_at=clock.now(), zone=known.settings.zone, user_names=())
    with known.door() as door:
        read = partial(read_bodies, door, known.facts, zone=known.settings.zone, user_names=("Robin", "Vale"))
        for message in list(known.facts.messages(frozenset())):
            assert message.uid is not None
            yield _timed("body and words", _name(names, message.mailbox, message.uid), partial(read, [message]))


def _timed(step: str, name: str, work: Callable[[], object]) -> Took:
    began = time.process_time()  # our own share; the server's and the waiting are left out
    work()
    return Took(time.process_time() - began, step, name)


if __name__ == "__main__":
    main()
