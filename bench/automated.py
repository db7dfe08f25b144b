"""How many suggestions machine mail, mailing lists and spam bring forth: none should."""

from __future__ import annotations

import csv
import email
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message as Parsed
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from assistant.correspondence.cues import read_text
from assistant.correspondence.kinds import kind_of
from assistant.correspondence.people import correspondences
from assistant.correspondence.rhythm import Population
from assistant.errors import MessageError
from assistant.judgement.rules import Circumstances, Rules
from assistant.judgement.suggest import judge
from assistant.mailbox.headers import read_headers
from assistant.model import Address, MailKind, Message, Role, Signal
from bench.measure import show

ME = "sue@example.org"
NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)
ARRIVED = NOW - timedelta(days=6)
WRITTEN = NOW - timedelta(days=90)
ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one file was taken for, and the kinds of draft it would have brought."""

    name: str
    kind: MailKind
    drafted: tuple[str, ...]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--classes", default="list,automated,spam", show_default=True, help="Of the column of labels.tsv.")
@click.option("--known", is_flag=True, help="As if the user had written to every sender before.")
def main(folder: Path, classes: str, known: bool) -> None:
    """Judge every mail in FOLDER (labels.tsv names file and class) as if it had come six days ago to the user alone."""
    wanted = set(classes.split(","))
    with (folder / "labels.tsv").open(encoding="utf-8", newline="") as table:
        names = [row["file"] for row in csv.DictReader(table, delimiter="\t") if row["class"] in wanted]
    outcomes = [one for name in names for one in _judged(name, (folder / name).read_bytes(), known=known)]
    show(("taken for", "mails"), sorted(Counter(one.kind.value for one in outcomes).items()))
    show(("would be drafted", "kind"), [(one.name, ", ".join(one.drafted)) for one in outcomes if one.drafted])
    drafted = sum(bool(one.drafted) for one in outcomes)
    click.echo(f"{len(names)} mails, {len(outcomes)} readable, {drafted} with a suggestion that would be drafted")


def _judged(name: str, raw: bytes, *, known: bool) -> Iterator[Outcome]:
    """Yield what comes of one mail, nothing when its header lines cannot be read."""
    try:
        facts = read_headers(raw.partition(b"\r\n\r\n")[0] if b"\r\n\r\n" in raw else raw.partition(b"\n\n")[0])
    except MessageError:
        return
    text, html = _text(email.message_from_bytes(raw))
    message = Message(
        id=2,
        account="bench",
        mailbox="INBOX",
        role=Role.INBOX,
        uid=2,
        message_id=facts.message_id or "2@bench.example",
        thread=2,
        sender=facts.sender,
        reply_to=None,
        to=(Address(ME),),
        cc=(),
        subject=facts.subject,
        when=ARRIVED,
        kind=kind_of(facts),
        signals=facts.signals,
        size=len(raw),
        outgoing=False,
        reading=read_text(text, html=html, sent_at=ARRIVED, zone=ZONE, user_names=("Sue", "Marten")),
    )
    mail = [message, *(_written_before(message) if known else ())]
    people = correspondences(mail, own=frozenset({ME}), cards=())
    found = judge(people, Population(), Circumstances(addresses=(ME,)), Rules(), NOW, by_hand=True)
    yield Outcome(name, message.kind, tuple(one.kind.value for one in found if one.would_be_drafted))


def _written_before(message: Message) -> Iterator[Message]:
    """Yield a mail of the user's to the sender, so that nothing is held for a stranger's sake."""
    if message.sender is not None:
        yield message._replace(
            id=1,
            uid=1,
            message_id="1@bench.example",
            thread=1,
            role=Role.SENT,
            sender=Address(ME),
            to=(message.sender,),
            subject="Hello",
            when=WRITTEN,
            kind=MailKind.PERSONAL,
            signals=Signal(0),
            outgoing=True,
            reading=None,
        )


def _text(parsed: Parsed) -> tuple[str, bool]:
    """Return the text of a mail, plain before markup, and whether it is markup."""
    parts = {part.get_content_type(): part for part in reversed(list(parsed.walk())) if not part.is_multipart()}
    for kind in ("text/plain", "text/html"):
        if kind in parts:
            content = parts[kind].get_payload(decode=True)
            return (content.decode("latin-1") if isinstance(content, bytes) else ""), kind == "text/html"
    return "", False


if __name__ == "__main__":
    main()
