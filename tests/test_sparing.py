"""Weighing few instead of all: what would be drafted is the same, whatever came and however time passed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.model import (
    Address,
    Choices,
    Cue,
    CueKind,
    DraftState,
    HeaderFacts,
    Kind,
    MailKind,
    Reading,
    Role,
    Signal,
    Suggestion,
)
from assistant.settings import Settings
from assistant.store.database import open_ledger, open_mail, prepare
from assistant.store.ledger import Ledger
from assistant.store.messages import FLAGGED, MailFacts, Seen
from assistant.weighing import Weighing
from tests.store.builders import row, seen

START = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)  # a Wednesday
ME = Address("sue@example.org", "Sue Marten")
HONEST = Signal(0)
LIST = Address("garden@lists.example.org")
PEOPLE = [Address(f"{name.lower()}@example.net", f"{name} Ruiz") for name in ("Ana", "Ben", "Cleo", "Dan", "Eva")]
ANA_AT_WORK = Address("a.ruiz@example.com", "Ana Ruiz")
ANA_ON_LISTS = Address("ana+lists@example.net", "Ana Ruiz")
ASKING = Reading("en", 45, 3, (Cue(CueKind.REQUEST, 2),))
THANKING = Reading("en", 30, 3, (Cue(CueKind.THANKS, 1), Cue(CueKind.CLOSING, 2)))
HELPING = Reading("en", 45, 3, (Cue(CueKind.GAVE, 1),))
PROMISING = Reading("en", 45, 3, (Cue(CueKind.PROMISE, 1),))
READINGS = [ASKING, ASKING, THANKING, HELPING, PROMISING, None]


@dataclass
class World:
    """A store and what happens to it. ``sent`` are the messages so far, by number."""

    facts: MailFacts
    ledger: Ledger
    settings: Settings
    now: datetime = START
    sent: list[tuple[str, Role]] = field(default_factory=list)

    def mail(
        self,
        *,
        outgoing: bool,
        them: tuple[Address, ...],
        days: float,
        answers: int | None,
        kind: MailKind,
        reading: Reading | None,
        marks: int,
        signals: Signal = HONEST,
        parent: str | None = None,
    ) -> None:
        number = len(self.sent) + 1
        role = Role.SENT if outgoing else Role.INBOX
        facts = HeaderFacts(
            message_id=f"m{number}@example.org",
            in_reply_to=parent,
            references=(parent,)
            if parent
            else (self.sent[answers % len(self.sent)][0],)
            if answers is not None and self.sent
            else (),
            sender=ME if outgoing else None if signals else them[0],
            reply_to=(),
            to=them if outgoing or kind is MailKind.BOUNCE else (LIST,) if kind is MailKind.LIST else (ME,),
            cc=() if outgoing else them[1:],
            subject=f"{'Re: ' if answers is not None else ''}Matter {(answers or number) % 7}",
            date=self.now - timedelta(days=days),
            signals=signals,
        )
        self.sent.append((str(facts.message_id), role))
        box = self.facts.mailboxes("home")["Sent" if outgoing else "INBOX"]
        self.facts.add(box, [Seen(number, facts, kind, facts.date, 2000, marks)])
        if reading is not None and kind is MailKind.PERSONAL:
            self.facts.add_reading(number, reading)

    def drafted(self, *, everybody: bool) -> list[object]:
        """Return what would be drafted now."""
        weighing = Weighing(
            self.settings, self.facts, self.ledger, Choices(), self.now, None,
            everybody=everybody, keep=not everybody,
        )  # fmt: skip
        weighing.load()
        self.read(weighing)
        return [one for one in weighing.suggestions((), by_hand=True, contact=None) if one.held is None]

    def told_of(self, address: str, *, alone: bool) -> list[Suggestion]:
        """Return everything weighed of one person, loaded alone or with everybody."""
        weighing = Weighing(
            self.settings, self.facts, self.ledger, Choices(), self.now, None,
            about=address if alone else None,
        )  # fmt: skip
        weighing.load()
        return weighing.suggestions((), by_hand=True, contact=address)

    def read(self, weighing: Weighing) -> None:
        """Read the bodies that are still wanted: nothing is in them, but for mail that came back."""
        if needed := weighing.bodies_needed():
            for message in needed:
                if message.kind is MailKind.BOUNCE:
                    someone, something = (some[message.id % len(some)] for some in (PEOPLE, self.sent))
                    self.facts.note_failure(message, [someone.address], something[0])
                self.facts.add_reading(message.id, Reading("en", 40, 3))
            weighing.load()


@contextmanager
def world() -> Iterator[World]:
    with TemporaryDirectory() as name:
        state = Path(name) / "state"
        prepare(state)
        (Path(name) / "config").mkdir()
        told = Settings.model_validate(
            {
                "me": {"name": ME.name, "addresses": [ME.address], "timezone": "Europe/Berlin"},
                "accounts": [{"name": "home", "host": "127.0.0.1", "username": "sue", "auth": "env"}],
                "restraint": {"daily_cap": 4, "warm_daily_cap": 1, "weekly_cap": 60},
                "directory": Path(name) / "config",
            }
        )
        with closing(open_mail(state)) as mail, closing(open_ledger(state)) as ledger:
            facts = MailFacts(mail)
            facts.begin_mailbox("home", "INBOX", Role.INBOX, 7, 1)
            facts.begin_mailbox("home", "Sent", Role.SENT, 7, 1)
            yield World(facts, Ledger(ledger), told)


them = st.lists(st.sampled_from([*PEOPLE, ANA_AT_WORK, ANA_ON_LISTS]), min_size=1, max_size=3, unique=True).map(tuple)
kinds = st.sampled_from([MailKind.PERSONAL] * 6 + [MailKind.LIST, MailKind.BULK, MailKind.BOUNCE, MailKind.AUTO_REPLY])
mails = st.builds(
    dict,
    outgoing=st.booleans(),
    them=them,
    answers=st.none() | st.integers(0, 40),
    kind=kinds,
    reading=st.sampled_from(READINGS),
    marks=st.sampled_from([0, 0, 0, FLAGGED]),
    signals=st.sampled_from([Signal(0)] * 8 + [Signal.AMBIGUOUS]),
)
events = st.one_of(
    st.tuples(st.just("mail"), mails),
    st.tuples(st.just("hours"), st.floats(0.2, 40)),
    st.tuples(st.just("draft"), st.sampled_from(list(DraftState))),
    st.tuples(st.just("gone"), st.integers(1, 30)),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    history=st.lists(st.tuples(st.floats(0.1, 60), mails), min_size=3, max_size=30),
    later=st.lists(events, min_size=1, max_size=10),
)
def test_weighing_few_drafts_what_weighing_all_drafts(history, later):
    """What a sweep drafts from those it weighs is what it would draft from everybody."""
    with world() as here:
        for days, mail in sorted(history, key=lambda one: -one[0]):
            here.mail(days=days, **mail)
        assert here.drafted(everybody=False) == here.drafted(everybody=True)
        for what, value in later:
            if what == "mail":
                here.mail(days=0, **value)
            elif what == "hours":
                here.now += timedelta(hours=value)
            elif what == "gone":
                here.facts.note_lost(value % len(here.sent) + 1)
            elif drafted := here.drafted(everybody=True):
                one = drafted[0]
                number = f"{len(here.ledger.drafts()):020}"
                draft = row(
                    number, kind=one.kind, contact=one.contact.address, addresses=one.contact.addresses,
                    silence=one.silence.opened_by, state=value, created=here.now, changed=here.now,
                )  # fmt: skip
                here.ledger.write(replace(draft, message_id=f"{number}@example.org"))
            assert here.drafted(everybody=False) == here.drafted(everybody=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    history=st.lists(st.tuples(st.floats(0.1, 60), mails), min_size=3, max_size=20),
    later=st.lists(mails, max_size=3),
    who=st.sampled_from([*PEOPLE, ANA_AT_WORK, ANA_ON_LISTS]),
)
def test_a_person_loaded_alone_is_told_of_as_with_everybody(history, later, who):
    """Everything that is weighed of one person is the same, whoever else is loaded."""
    with world() as here:
        for days, mail in sorted(history, key=lambda one: -one[0]):
            here.mail(days=days, **mail)
        here.drafted(everybody=False)
        for mail in later:
            here.mail(days=0, **mail)
        assert here.told_of(who.address, alone=True) == here.told_of(who.address, alone=False)


def test_sent_found_incomplete_during_the_day_holds_answers_at_once():
    """What comes after everybody was weighed may show that Sent lacks mail, and no longer when that came, too."""
    plain = {"kind": MailKind.PERSONAL, "marks": 0, "answers": None, "reading": ASKING}
    with world() as here:
        here.mail(outgoing=True, them=(PEOPLE[0],), days=90, **plain | {"reading": None})
        assert here.drafted(everybody=False) == []
        here.mail(outgoing=False, them=(PEOPLE[0],), days=5, **plain)
        assert [one.kind for one in here.drafted(everybody=False)] == [Kind.OWE_REPLY]
        for number in range(5):
            about = plain | {"reading": None, "parent": f"lost{number}@example.org"}
            here.mail(outgoing=False, them=(PEOPLE[1],), days=30, **about)
        assert here.drafted(everybody=False) == here.drafted(everybody=True) == []


def test_an_address_that_proves_during_the_day_to_be_somebody_elses_is_theirs_at_once():
    """Mail in Sent was from there; then the user writes to them, and they ask something."""
    boss = Address("ida@example.net", "Ida Boss")
    plain = {"kind": MailKind.PERSONAL, "marks": 0, "answers": None}
    with world() as here:
        box = here.facts.mailboxes("home")["Sent"]
        batch = [seen(900 + n, f"d{n}@example.org", sender=boss, to=[PEOPLE[0]], when=START) for n in range(3)]
        here.facts.add(box, batch)
        for number in range(3):
            here.sent.append((f"d{number}@example.org", Role.SENT))
        assert here.drafted(everybody=False) == []
        here.mail(outgoing=True, them=(boss,), days=90, **plain | {"reading": None})
        here.mail(outgoing=False, them=(boss,), days=5, **plain | {"reading": ASKING})
        (found,) = here.drafted(everybody=False)
        assert found.contact.address == boss.address
