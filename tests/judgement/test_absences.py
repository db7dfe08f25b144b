"""An absence note is no reply and no letter: while somebody is away nothing is drafted, however the note is marked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assistant.correspondence.cues import read_text
from assistant.correspondence.kinds import kind_of
from assistant.correspondence.people import correspondences
from assistant.correspondence.rhythm import Population
from assistant.judgement.rules import Circumstances, Rules
from assistant.judgement.suggest import judge
from assistant.mailbox.headers import read_headers
from assistant.model import Address, CueKind, Message, Role, Signal
from tests.correspondence.test_absences import BERLIN, SENT, generated

ME, ANA = Address("sue@example.org", "Sue Marten"), Address("ana@example.net", "Ana Ruiz")
MARKS = {
    "RFC 3834": b"Auto-Submitted: auto-replied\r\nSubject: Re: The lease\r\n",
    "Exchange": b"X-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-generated\r\n"
    b"Subject: Automatic reply: The lease\r\n",
    "old autoresponder": b"Precedence: bulk\r\nX-Autoreply: yes\r\nSubject: Re: The lease\r\n",
    "nothing at all": b"Subject: Re: The lease\r\n",
}


def mail(
    number: int, when: datetime, sender: Address, to: Address, text: str, headers: bytes, thread: int = 1
) -> Message:
    facts = read_headers(headers)
    return Message(
        id=number, account="home", mailbox="Sent" if sender is ME else "INBOX",
        role=Role.SENT if sender is ME else Role.INBOX, uid=number, message_id=f"{number}@example.org", thread=thread,
        sender=sender, reply_to=None, to=(to,), cc=(), subject=facts.subject, when=when, kind=kind_of(facts),
        signals=facts.signals | Signal.RECEIVED, size=500, outgoing=sender is ME,
        reading=read_text(text, html=False, sent_at=when, zone=BERLIN, user_names=("Sue",)),
    )  # fmt: skip


def history() -> list[Message]:
    """Return two years of mail: Sue helped, and Ana answered within a day."""
    mails = []
    for number in range(2, 14):
        written, topic = SENT - timedelta(days=50 * number), f"Notes {number}"
        help_text = "Hello Ana,\n\nhere are my notes on the garden, I hope they help you.\n\nSue"
        answer = "Hello Sue,\n\nthank you very much, that was a great help with the plan.\n\nAna"
        first = f"Subject: {topic}\r\n".encode()
        mails.append(mail(100 + number, written, ME, ANA, help_text, first, number))
        mails.append(
            mail(200 + number, written + timedelta(days=1), ANA, ME, answer, b"Subject: Re: " + first[9:], number)
        )
    return mails


def drafted(mails: list[Message], now: datetime) -> list[str]:
    people = correspondences(mails, own=frozenset({ME.address}), cards=())
    circumstances = Circumstances(addresses=(ME.address,))
    found = judge(people, Population(), circumstances, Rules(zone=BERLIN), now, by_hand=True)
    return [f"{one.kind}: {one.reason}" for one in found if one.would_be_drafted]


@pytest.mark.parametrize("mark", MARKS)
def test_no_draft_while_they_are_away(mark):
    ask = "Hello Ana,\n\ncould you please tell me whether you want to renew the lease next year?\n\nSue"
    known = [*history(), mail(1, SENT - timedelta(hours=1), ME, ANA, ask, b"Subject: The lease\r\n")]
    wrong = []
    for note, back in generated():
        away = mail(2, SENT, ANA, ME, note, b"From: Ana Ruiz <ana@example.net>\r\n" + MARKS[mark])
        assert away.reading is not None
        assert away.reading.has(CueKind.ABSENCE)
        last_day = datetime(back.year, back.month, back.day, 12, tzinfo=UTC) - timedelta(days=1)
        moments = {SENT + timedelta(days=days) for days in (1, 5, 9, 12, 16, 20, 25, 40, 60)} | {last_day}
        wrong += [(note, now, found) for now in moments if now <= last_day and (found := drafted([*known, away], now))]
    assert wrong == []


@pytest.mark.parametrize("mark", MARKS)
def test_a_note_alone_asks_for_nothing(mark):
    wrong = []
    for note, _ in generated():
        away = mail(2, SENT, ANA, ME, note, b"From: Ana Ruiz <ana@example.net>\r\n" + MARKS[mark])
        wrong += [(note, found) for days in (2, 5, 10) if (found := drafted([away], SENT + timedelta(days=days)))]
    assert wrong == []


def test_without_the_note_the_same_question_is_followed_up():
    """The control: it is the note that holds the draft back."""
    ask = "Hello Ana,\n\ncould you please tell me whether you want to renew the lease next year?\n\nSue"
    known = [*history(), mail(1, SENT - timedelta(hours=1), ME, ANA, ask, b"Subject: The lease\r\n")]
    assert drafted(known, SENT + timedelta(days=25))
