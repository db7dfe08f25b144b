"""Mailboxes with labelled cases, judged in this process: what was weighed for each case, and what readers wanted."""

from __future__ import annotations

import email
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from assistant.correspondence.cues import read_text
from assistant.correspondence.kinds import kind_of
from assistant.correspondence.people import correspondences
from assistant.correspondence.rhythm import population_of
from assistant.judgement.matter import Case
from assistant.judgement.restraint import holds
from assistant.judgement.rules import Circumstances, Rules
from assistant.judgement.suggest import bodies_needed, cases, surroundings_of
from assistant.judging import BODIES_A_SWEEP
from assistant.mailbox.dates import message_time
from assistant.mailbox.headers import read_headers
from assistant.model import HeldBecause, Kind, Message, Role
from assistant.store.database import open_mail, prepare
from assistant.store.messages import MailFacts, Seen

ZONE = ZoneInfo("America/Chicago")
WANTED = 1.5
"""Mean of two readings (0 to 3) from which a follow-up counts as wanted."""
PASSING = frozenset(
    {
        HeldBecause.BELOW_BAR,
        HeldBecause.TOO_EARLY,
        HeldBecause.RECENT_CONTACT,
        HeldBecause.BALANCE,
        HeldBecause.OWED_FIRST,
    }
)
"""Rules that say nothing about whether the matter is worth bringing up."""
_FROM = re.compile(rb"(?m)^From corpus .*\n")


@dataclass(frozen=True, slots=True)
class Labelled:
    """What was weighed for one labelled case: its kind and features, and whether readers wanted it."""

    mailbox: str
    kind: Kind
    features: Mapping[str, float]
    wanted: bool


def labelled(box: Path) -> Iterator[Labelled]:
    """Yield the open matters of a mailbox that were labelled.

    ``box`` holds INBOX.mbox and Sent.mbox (each message after a line "From corpus DATE"), mailbox.json (name,
    addresses, as_of) and cases.jsonl (contact, recipients, last_mid, due).
    """
    about = json.loads((box / "mailbox.json").read_text(encoding="utf-8"))
    weighed = _weighed(box, about)
    for line in (box / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        found = max((one for one in weighed if _concerns(one, label)), key=lambda one: one.score, default=None)
        if found is not None and found.matter.open and {hold.code for hold in holds(found)} <= PASSING:
            yield Labelled(box.name, found.matter.kind, found.matter.features, label["due"] >= WANTED)


def _concerns(case: Case, label: Mapping[str, Any]) -> bool:
    people = {one.lower() for one in (label["contact"], *label["recipients"])}
    thread = case.matter.thread
    if people.isdisjoint(case.standing.contact.addresses):
        return False
    return thread is None or label["last_mid"].strip("<>") in {one.message_id for one in thread.messages}


def _weighed(box: Path, about: Mapping[str, Any]) -> list[Case]:
    now, own = datetime.fromisoformat(about["as_of"]), frozenset(about["addresses"])
    rules, names = Rules(zone=ZONE), tuple(about["name"].split())
    raw = {"INBOX": _mails(box / "INBOX.mbox"), "Sent": _mails(box / "Sent.mbox")}
    messages = _stored(raw, own, now)
    people = correspondences(messages, own=own, cards=())
    readings = {}
    for one in bodies_needed(people, rules, now)[:BODIES_A_SWEEP]:
        assert one.uid is not None
        assert one.when is not None
        text = _text(raw[one.mailbox][one.uid - 1])
        readings[one.id] = read_text(text, html=False, sent_at=one.when, zone=ZONE, user_names=names)
    people = correspondences([one._replace(reading=readings.get(one.id)) for one in messages], own=own, cards=())
    population, surroundings = population_of(people, ZONE, now), surroundings_of(people)
    user = Circumstances(addresses=tuple(about["addresses"]))
    return [case for one in people for case in cases(one, population, user, rules, now, surroundings)]


def _mails(file: Path) -> list[bytes]:
    return _FROM.split(file.read_bytes())[1:]


def _stored(raw: Mapping[str, list[bytes]], own: frozenset[str], now: datetime) -> list[Message]:
    """Return the messages as the store has them, with the threads it finds."""
    with TemporaryDirectory() as place:
        prepare(Path(place))
        with closing(open_mail(Path(place))) as database:
            facts = MailFacts(database)
            for name, mails in raw.items():
                role = Role.SENT if name == "Sent" else Role.INBOX
                record = facts.begin_mailbox("box", name, role, 1, len(mails) + 1)
                facts.add(record, [_seen(uid, mail, role) for uid, mail in enumerate(mails, 1)])
            return list(facts.messages(own, now))


def _seen(uid: int, raw: bytes, role: Role) -> Seen:
    found = read_headers(raw.partition(b"\n\n")[0])
    when = message_time(found.date, None, role is Role.SENT)
    return Seen(uid, found, kind_of(found), when.astimezone(UTC) if when else None, len(raw), 0)


def _text(raw: bytes) -> str:
    content = email.message_from_bytes(raw).get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
