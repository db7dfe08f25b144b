"""Mail, people and drafts in a line each: every argument has a default, so a test states only what matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from assistant.correspondence.rhythm import Population
from assistant.correspondence.threads import group
from assistant.judgement.rules import Circumstances, Rules, Surroundings
from assistant.judgement.suggest import judge, weigh
from assistant.model import (
    Address,
    Card,
    Choices,
    Contact,
    Correspondence,
    Cue,
    CueKind,
    Draft,
    DraftState,
    Kind,
    MailKind,
    Message,
    OtherChannel,
    Reading,
    Role,
    Signal,
    Suggestion,
)

NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)  # a Wednesday morning
ME = "sue@example.org"
ANA = "ana@example.net"

REQUEST, QUESTION, PROMISE, THANKS, GAVE = (
    CueKind.REQUEST,
    CueKind.QUESTION,
    CueKind.PROMISE,
    CueKind.THANKS,
    CueKind.GAVE,
)


def ago(days: float) -> datetime:
    """Return the moment so many calendar days before NOW."""
    return NOW - timedelta(days=days)


def read(*cues: CueKind | Cue, words: int = 45, sentences: int = 3, language: str | None = "en") -> Reading:
    """Return what was noted of a mail: cue kinds stand in its last sentence."""
    found = tuple(cue if isinstance(cue, Cue) else Cue(cue, sentences - 1) for cue in cues)
    return Reading(language, words, sentences, found)


def message(days: float, *, outgoing: bool, subject: str = "The lease", thread: int = 1, **other: Any) -> Message:
    """Return a message of so many days ago, between the user and Ana unless said otherwise."""
    them = other.pop("them", ANA)
    number = other.pop("number", None) or round((400 - days) * 10_000) * 100 + thread % 100
    sender, to = (ME, them) if outgoing else (them, ME)
    known: dict[str, Any] = {
        "id": number,
        "account": "home",
        "mailbox": "Sent" if outgoing else "INBOX",
        "role": Role.SENT if outgoing else Role.INBOX,
        "uid": number,
        "message_id": f"{number}.{'out' if outgoing else 'in'}@mail.example",
        "sender": Address(sender),
        "reply_to": None,
        "to": (Address(to),),
        "cc": (),
        "when": ago(days),
        "kind": MailKind.PERSONAL,
        "signals": Signal(0),
        "size": 2000,
        "reading": read(),
    }
    return Message(subject=subject, thread=thread, outgoing=outgoing, **{**known, **other})


def sent(days: float, *cues: CueKind | Cue, **other: Any) -> Message:
    """Return the user's mail of so many days ago with these cues."""
    return message(days, outgoing=True, **({"reading": read(*cues)} | other))


def received(days: float, *cues: CueKind | Cue, **other: Any) -> Message:
    """Return the contact's mail of so many days ago with these cues."""
    return message(days, outgoing=False, **({"reading": read(*cues)} | other))


def person(
    *messages: Message,
    address: str = ANA,
    name: str = "Ana Ruiz",
    confirmed: bool = True,
    card: Card | None = None,
    others: Iterable[OtherChannel] = (),
) -> Correspondence:
    """Return the correspondence with one person, threads and all."""
    ordered = tuple(sorted(messages, key=lambda one: (one.when or NOW, one.id)))
    contact = Contact(address, name, (address,), confirmed, card)
    return Correspondence(contact, ordered, group(ordered), tuple(others))


def old_friends(them: str = ANA) -> tuple[Message, ...]:
    """Return a history of answers within a day, all closed long ago: it makes an exchange mutual."""
    turns = []
    for number, days in enumerate((330, 300, 270, 240, 210), 50):
        named = {"thread": number, "subject": f"Plan {number}", "them": them}
        turns.append(sent(days, QUESTION, **named))
        turns.append(received(days - 0.8, GAVE, **named))
        turns.append(sent(days - 1.1, THANKS, **named))
    return tuple(turns)


def draft(
    kind: Kind = Kind.CHECK_IN,
    state: DraftState = DraftState.SENT,
    days: float = 10,
    contact: str = ANA,
    **other: Any,
) -> Draft:
    """Return a row of the ledger."""
    known: dict[str, Any] = {
        "id": f"{crc32(f'{kind} {state} {days} {contact}'.encode()):020x}",
        "account": "home",
        "addresses": (contact,),
        "identity": ME,
        "subject": "Re: The lease",
        "message_id": "draft@mail.example",
        "in_reply_to": None,
        "thread_subject": "The lease",
        "silence": "another",
        "created": ago(days),
        "changed": ago(days),
        "language": "en",
        "template": "en/check_in",
        "fingerprint": "f",
    }
    return Draft(kind=kind, state=state, contact=contact, **{**known, **other})


def circumstances(**other: Any) -> Circumstances:
    """Return the user's circumstances: one address, nothing chosen, nothing drafted."""
    return Circumstances(**{"addresses": (ME,), **other})


def choices(**other: Any) -> Circumstances:
    """Return circumstances in which the user chose something."""
    return circumstances(choices=Choices(**other))


def weighed(
    who: Correspondence,
    about: Circumstances | None = None,
    rules: Rules | None = None,
    now: datetime = NOW,
    surroundings: Surroundings | None = None,
) -> list[Suggestion]:
    """Weigh one person."""
    return weigh(who, Population(), about or circumstances(), rules or Rules(), now, surroundings or Surroundings())


def weighed_as(kind: Kind, who: Correspondence, *args: Any, **named: Any) -> Suggestion:
    """Weigh one person and return the only suggestion of this kind."""
    [found] = [one for one in weighed(who, *args, **named) if one.kind is kind]
    return found


def judged(
    people: Sequence[Correspondence],
    about: Circumstances | None = None,
    rules: Rules | None = None,
    now: datetime = NOW,
    by_hand: bool = True,
) -> list[Suggestion]:
    """Judge everybody."""
    return judge(people, Population(), about or circumstances(), rules or Rules(), now, by_hand=by_hand)


def unread(who: Correspondence) -> Correspondence:
    """Return the correspondence as it is before any body was read."""
    messages = tuple(one._replace(reading=None) for one in who.messages)
    return replace(who, messages=messages, threads=group(messages))
