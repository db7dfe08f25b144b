"""What judgement makes of the sample mailbox is what its stories intend, on any day of the week."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from assistant.demo.mailstore import MailStore, StoredMessage
from assistant.demo.people import Person, people
from assistant.demo.sample import expected, fill, write_settings
from assistant.drafting.shelf import shelves
from assistant.errors import MessageError
from assistant.mailbox.door import BodyText, Folder, Glance, MailboxStatus, RawHeaders
from assistant.model import CAPS, HeldBecause, Kind, Role, Suggestion
from assistant.noting import read_bodies
from assistant.reading import look_back, read_account
from assistant.settings import load
from assistant.store.choices import load_choices
from assistant.store.database import open_ledger, open_mail, prepare
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.weighing import Weighing

MONDAY = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
WEEK = [MONDAY + timedelta(days=day) for day in range(7)]
on_every_day = pytest.mark.parametrize("now", WEEK, ids=lambda now: f"{now:%A}")

PENDING: set[str] = set()
"""Stories that do not end as told yet."""
TOLD = [
    pytest.param(one, id=one.address, marks=[pytest.mark.xfail(strict=True)] if one.address in PENDING else [])
    for one in people()
    if one.expect
]


class StoreDoor:
    """A door straight into the mail of the demo, for reading."""

    account = "demo"
    alerts = ()

    def __init__(self, store: MailStore) -> None:
        self._boxes = store.mailboxes

    def folders(self) -> Sequence[Folder]:
        roles = {"INBOX": Role.INBOX, "Lists": Role.OTHER}
        return [Folder(name, roles.get(name) or Role(name.lower())) for name in self._boxes]

    def status(self, mailboxes: Sequence[str]) -> dict[str, MailboxStatus]:
        boxes = (self._boxes[name] for name in mailboxes)
        return {box.name: MailboxStatus(box.uidvalidity, box.uidnext, len(box.messages)) for box in boxes}

    def headers(self, mailbox: str, uids: Sequence[int], then: Sequence[int] = ()) -> Iterator[RawHeaders]:
        for stored in map(self._boxes[mailbox].messages.__getitem__, uids):
            block = stored.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            yield RawHeaders(stored.uid, frozenset(stored.flags), len(stored.raw), stored.internal_date, block)

    def uids(self, mailbox: str, first: int = 1) -> list[int]:
        return [uid for uid in self._boxes[mailbox].messages if uid >= first]

    def glance(self, mailbox: str) -> Glance:
        box = self._boxes[mailbox]
        return Glance(box.uidvalidity, {uid: frozenset(one.flags) for uid, one in box.messages.items()})

    def flags(self, mailbox: str, uids: Sequence[int]) -> dict[int, frozenset[str]]:
        return {uid: frozenset(self._boxes[mailbox].messages[uid].flags) for uid in uids}

    def arrivals(self, mailbox: str, uids: Sequence[int]) -> dict[int, datetime]:
        return {uid: self._boxes[mailbox].messages[uid].internal_date for uid in uids}

    def body(self, mailbox: str, uid: int) -> BodyText:
        return _body(self._boxes[mailbox].messages[uid])

    def bodies(self, mailbox: str, uids: Sequence[int]) -> Iterator[tuple[int, BodyText | MessageError]]:
        return ((uid, self.body(mailbox, uid)) for uid in uids)

    def raw(self, mailbox: str, uid: int) -> bytes | None:
        return self._boxes[mailbox].messages[uid].raw

    def append(self, mailbox: str, message: bytes, flags: Iterable[str]) -> int | None:
        raise AssertionError("judging writes nothing")

    def withdraw(self, mailbox: str, uid: int, trash: str | None) -> bool:
        raise AssertionError("judging takes nothing back")

    def close(self) -> None:
        """Nothing is open."""


def _body(stored: StoredMessage) -> BodyText:
    message = message_from_bytes(stored.raw, policy=default)
    assert isinstance(message, EmailMessage)
    encrypted = message.get_content_type() == "multipart/encrypted"
    kinds = [part.get_content_type() for part in message.walk()]
    body = message.get_body(preferencelist=("plain", "html")) if not encrypted else None
    attachments = sum(1 for _ in message.iter_attachments()) if message.is_multipart() else 0
    if body is None:
        return BodyText("", encrypted=encrypted)
    html = body.get_content_subtype() == "html"
    return BodyText(body.get_content(), html, encrypted, "text/calendar" in kinds, attachments)


@cache
def judged(now: datetime) -> tuple[Suggestion, ...]:
    """Read the sample into a store and judge it, without a server and without writing a draft."""
    store = MailStore()
    fill(store, now)
    door = StoreDoor(store)
    with TemporaryDirectory() as place:
        settings, _ = load(write_settings(Path(place), 1143, now))
        state = Path(place) / "state"
        prepare(state)
        with closing(open_mail(state)) as mail, closing(open_ledger(state)) as ledger:
            facts = MailFacts(mail)
            choices = load_choices(settings.directory)
            read_account(door, settings.accounts[0], facts, look_back(now, settings.reading.look_back_years))
            weighing = Weighing(settings, facts, Ledger(ledger), choices, now, None)
            for _ in range(2):  # the second time with the words of the mails that the first found it needs
                weighing.load()
                needed = weighing.bodies_needed()
                read_bodies(door, facts, needed, zone=settings.zone, user_names=(settings.me.name,))
            return tuple(weighing.suggestions((), by_hand=True, contact=None))


def shown(suggestions: Iterable[Suggestion]) -> str:
    """Return suggestions as lines for a failing test."""
    return "\n".join(
        f"{one.kind} {one.held or 'draft'} {one.score:.2f} {one.thread.subject if one.thread else '-'}: {one.reason} "
        + " ".join(evidence.fact for evidence in one.evidence)
        for one in suggestions
    )


def has_templates(language: str) -> bool:
    return any((shelf / language).is_dir() for shelf in shelves())


def is_as_told(word: str, language: str, found: Sequence[Suggestion]) -> bool:
    """Tell whether a kind is drafted (or waits for a cap, or for a template in its language), or a reason holds one."""
    if word in set(HeldBecause):
        return any(one.held == word for one in found)
    waiting = CAPS if has_templates(language) else {HeldBecause.NO_TEMPLATE}
    return any(one.kind == word and (one.held is None or one.held in waiting) for one in found)


@on_every_day
@pytest.mark.parametrize("person", TOLD)
def test_each_story_ends_as_told(person: Person, now: datetime) -> None:
    """Every intended draft is due, and everybody to be left alone is held for the intended reason."""
    found = [one for one in judged(now) if person.address in one.contact.addresses]
    for word in set(person.expect) - {Kind.SHARE}:
        assert is_as_told(word, person.language, found), f"{word} expected: {person.why}\n{shown(found)}"


@on_every_day
def test_nobody_else_gets_a_draft(now: datetime) -> None:
    """Only those whose story says so are written to."""
    kinds = {address: set(words) & set(Kind) - {Kind.SHARE} for address, words in expected().items()}
    surprising = [
        one
        for one in judged(now)
        if one.would_be_drafted
        and one.contact.address not in PENDING
        and not any(one.kind in kinds.get(address, ()) for address in one.contact.addresses)
    ]
    assert not surprising, "\n".join(f"{one.contact.address} {shown([one])}" for one in surprising)


@on_every_day
def test_more_is_due_than_one_day_takes(now: datetime) -> None:
    """The daily cap keeps the rest for another day, one of the friendly words among them."""
    assert any(one.held is HeldBecause.DAILY_CAP for one in judged(now))
    assert any(one.held is None for one in judged(now))


@on_every_day
def test_who_answers_regularly_is_known_by_it(now: datetime) -> None:
    """Long exchanges show how soon somebody usually answers."""
    known = {one.contact.address for one in judged(now) if one.usual_reply_days is not None}
    assert {"joanna.reed@millbrook.example", "fergus@peatandheather.example"} <= known
    assert len(known) >= 10
