"""Suggestions and letters of which every part has a default, so that a test states only what matters to it."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from typing import Any

from assistant.drafting import etiquette
from assistant.drafting.facts import LetterFacts, letter_facts
from assistant.drafting.message import compose
from assistant.drafting.shelf import Phrases, phrases, shelves
from assistant.drafting.wording import Wording, render
from assistant.model import (
    Address,
    Card,
    Contact,
    Cue,
    CueKind,
    Kind,
    Letter,
    MailKind,
    Message,
    Reading,
    Role,
    Signal,
    Silence,
    Suggestion,
    Thread,
)

NOW = datetime(2026, 9, 14, 8, tzinfo=UTC)
ME = "Sue Marten"
SHIPPED = shelves()
WORDING = Wording("Dear Ana,\n\nGrüße — ☕ = 100 %\n\nSue\n", "A word from Sue", "en/thank.txt.j2", "en")


@cache
def spoken(language: str) -> Phrases:
    return phrases(language, SHIPPED)


def english() -> Phrases:
    return spoken("en")


def message(
    subject: str = "Lease renewal",
    *,
    when: datetime | None = NOW - timedelta(days=120),
    outgoing: bool = False,
    cues: Sequence[CueKind] = (),
    message_id: str | None = "last@ana.example",
    language: str | None = "en",
) -> Message:
    return Message(
        id=1,
        account="home",
        mailbox="INBOX",
        role=Role.INBOX,
        uid=1,
        message_id=message_id,
        thread=1,
        sender=Address("ana@ana.example", "Ana Costa"),
        reply_to=None,
        to=(),
        cc=(),
        subject=subject,
        when=when,
        kind=MailKind.PERSONAL,
        signals=Signal(0),
        size=1000,
        outgoing=outgoing,
        reading=Reading(language, 40, 4, tuple(Cue(kind, 0) for kind in cues)),
    )


def suggestion(
    kind: Kind = Kind.OWE_REPLY,
    *,
    about: Message | None = None,
    thread: Thread | None = None,
    name: str = "Ana Costa",
    address: str = "ana@ana.example",
    card: Card | None = None,
    opened_by: str = "first@ana.example",
    fresh: bool = False,
    identity: str = "sue@example.org",
) -> Suggestion:
    about = about or message(outgoing=kind in (Kind.CHECK_IN, Kind.DELIVER_PROMISE))
    return Suggestion(
        account="home",
        kind=kind,
        score=0.9,
        reason="",
        contact=Contact(address, name, (address,), True, card),
        thread=thread or Thread(about.subject, (about,)),
        silent_days=120,
        usual_reply_days=2,
        evidence=(),
        silence=Silence(opened_by, NOW - timedelta(days=120)),
        about=about,
        reply_to=None if fresh else about,
        identity=identity,
    )


def facts_of(one: Suggestion, **given: Any) -> LetterFacts:
    language = given.setdefault("language", "en")
    settings = {"phrases": spoken(language), "me_name": ME, "now": NOW, "zone": UTC}
    return letter_facts(one, **{**settings, **given})


def written(one: Suggestion, **given: Any) -> tuple[LetterFacts, Wording, tuple[etiquette.Finding, ...]]:
    """Return facts, wording and findings of the letter for a suggestion."""
    facts = facts_of(one, **given)
    wording = render(one.kind, facts, SHIPPED)
    found = etiquette.findings(
        wording.text,
        kind=one.kind,
        language=facts.language,
        contact_name=one.contact.name,
        user_name=ME,
        formal=facts.formal,
        given=[gift for gift in (facts.offer, facts.share) if gift],
        signature=given.get("signature"),
    )
    return facts, wording, found


def letter(one: Suggestion | None = None, wording: Wording = WORDING, **given: object) -> Letter:
    settings = {"me_name": "Sue Marten", "now": NOW, **given}
    return compose(one or suggestion(), wording, **settings)  # type: ignore[arg-type]


def parsed(raw: bytes) -> EmailMessage:
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read
