"""The sample mailbox is well made: believable mail, the same every time, on any day of the week."""

import re
import stat
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path

import pytest

from assistant.demo.letters import FORMS
from assistant.demo.mailstore import MailStore
from assistant.demo.people import ZONE, moment, people
from assistant.demo.sample import MAILBOXES, PASSWORD, SHARE, choices, expected, fill, letters, stories, write_settings
from assistant.model import HeldBecause, Kind
from assistant.settings import load
from assistant.store.choices import load_choices
from assistant.workdays import working_days_between

NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
MOMENTS = [NOW + timedelta(days=day) for day in range(7)] + [
    datetime(2025, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # the clocks change
    datetime(2028, 2, 29, 0, 5, tzinfo=UTC),
]
NOT_IN_MAIL = {  # codes that come from the ledger, the hour or the server, never from mail and settings
    HeldBecause.WEEKLY_CAP,
    HeldBecause.DAILY_CAP,
    HeldBecause.LIVE_DRAFT,
    HeldBecause.HAD_DRAFT,
    HeldBecause.OFF_HOURS,
    HeldBecause.ACCOUNT_UNREAD,
}


@cache
def sample(now: datetime) -> MailStore:
    store = MailStore()
    fill(store, now)
    return store


@cache
def parsed(now: datetime) -> list[tuple[str, EmailMessage]]:
    return [
        (mailbox.name, message)
        for mailbox in sample(now).mailboxes.values()
        for stored in mailbox.messages.values()
        if isinstance(message := message_from_bytes(stored.raw, policy=default), EmailMessage)
    ]


def raws(now: datetime) -> list[bytes]:
    return [stored.raw for box in sample(now).mailboxes.values() for stored in box.messages.values()]


def test_mailboxes_are_those_of_an_ordinary_account_and_none_is_empty() -> None:
    """Every mailbox holds mail; Drafts holds one unfinished draft of Sue's own."""
    sizes = {name: len(mailbox.messages) for name, mailbox in sample(NOW).mailboxes.items()}
    assert set(sizes) == {"INBOX", *MAILBOXES}
    assert min(sizes.values()) > 0
    assert sizes["Drafts"] == 1
    assert 350 <= sum(sizes.values()) <= 480


def test_about_sixty_people_write() -> None:
    """A lively mailbox: some sixty people besides the machines."""
    assert 55 <= sum(person.client != "machine" for person in people()) <= 75
    assert len({person.address for person in people()}) == len(people())


@pytest.mark.parametrize("now", MOMENTS, ids=lambda now: f"{now:%a-%d-%b-%Y}")
def test_no_message_lies_in_the_future(now: datetime) -> None:
    """Dates and arrival times lie before the moment the demo runs."""
    for mailbox in sample(now).mailboxes.values():
        assert all(stored.internal_date <= now for stored in mailbox.messages.values())
    assert all(message["Date"].datetime <= now for _, message in parsed(now))


@pytest.mark.parametrize("now", MOMENTS, ids=lambda now: f"{now:%a-%d-%b-%Y}")
def test_every_thread_runs_forward(now: datetime) -> None:
    """An answer is never older than what it answers."""
    assert all(letter.before.when < letter.when for letter in letters(now) if letter.before)


@pytest.mark.parametrize("now", MOMENTS, ids=lambda now: f"{now:%a-%d-%b-%Y}")
def test_ages_in_working_days_hold_on_any_day_of_the_week(now: datetime) -> None:
    """Twelve working days ago is a working day, and twelve of them have begun since."""
    for days in (1, 2, 5, 12):
        when = moment(f"{days}w 09:15", now)
        assert when.weekday() < 5
        assert working_days_between(when, now, ZONE) == days
        assert (when.hour, when.minute) == (9, 15)


@pytest.mark.parametrize("age", ["", "12", "12w", "3 days", "0d 23:59", "0w 23:59"])
def test_an_age_that_means_nothing_or_lies_ahead_is_refused(age: str) -> None:
    """A typing mistake in a story does not become a date."""
    with pytest.raises(ValueError, match=r"age|over"):
        moment(age, NOW)


def test_the_same_moment_gives_the_same_bytes() -> None:
    """Nothing in the sample is left to chance."""
    again = MailStore()
    fill(again, NOW)
    for name, mailbox in sample(NOW).mailboxes.items():
        assert again.mailboxes[name].messages == mailbox.messages


def test_every_message_parses_without_a_defect() -> None:
    """Header lines and bodies are well formed, but for the one From line that is meant to be doubtful."""
    for _, message in parsed(NOW):
        doubtful = "@" in str(message["From"]).partition("<")[0]
        for part in message.walk():
            assert not part.defects, message.as_string()
        assert doubtful or not message["From"].defects
        assert message["Subject"] is not None
        assert message["To"].addresses


def test_lines_end_in_crlf_and_are_never_too_long() -> None:
    """RFC 5322 2.1.1: lines end in CRLF and have at most 998 characters."""
    for raw in raws(NOW):
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert raw.partition(b"\r\n\r\n")[0].isascii()


def test_message_ids_are_unique_and_answers_name_what_they_answer() -> None:
    """In-Reply-To and the last of References name a message that is there."""
    ids = Counter(str(message["Message-ID"]) for _, message in parsed(NOW))
    assert set(ids.values()) == {1}
    answers = [message for _, message in parsed(NOW) if message["In-Reply-To"]]
    assert len(answers) > 100
    for message in answers:
        assert message["In-Reply-To"] in ids
        assert str(message["References"]).split()[-1] == message["In-Reply-To"]


def test_received_mail_has_travelled_and_sent_mail_has_not() -> None:
    """Return-Path and Received stand in what came from outside, and nowhere else."""
    own = {"sue@example.org", "sue@martengardens.example"}
    for mailbox, message in parsed(NOW):
        mine = message["From"].addresses[0].addr_spec in own
        assert mine == (mailbox in ("Sent", "Drafts"))
        assert mine == (message["Received"] is None) == (message["Return-Path"] is None)


def test_every_domain_is_reserved_for_examples() -> None:
    """RFC 2606: no mail of the sample could ever reach anybody."""
    for raw in raws(NOW):
        for domain in re.findall(rb"[\w.+-]+@([\w-]+(?:\.[\w-]+)*)", raw):
            assert re.fullmatch(rb"(.*\.)?(example|example\.(org|com|net))", domain), domain


def test_no_mail_is_a_copy_of_another() -> None:
    """The friendships are written, not stamped."""
    by_people = [letter for letter in letters(NOW) if letter.person.client != "machine" and not letter.mail.form]
    texts = Counter(letter.text for letter in by_people)
    assert [text for text, times in texts.items() if times > 1] == []


@pytest.mark.parametrize(
    "trait",
    [
        rb"(?m)^From: =\?iso-8859-1\?q\?J=FCrgen_Wei=DF\?=",
        rb"(?m)^From: =\?utf-8\?",
        rb"Content-Type: text/html",
        rb"(?m)^Content-Type: multipart/alternative",
        rb"(?m)^Content-Type: multipart/mixed",
        rb"(?m)^Content-Type: multipart/encrypted; .*\r\n?.*protocol=",
        rb"(?m)^Content-Type: multipart/report; .*\r\n?.*report-type=",
        rb"Content-Type: text/calendar",
        rb"(?m)^Auto-Submitted: auto-replied",
        rb"(?m)^Auto-Submitted: auto-generated",
        rb"(?m)^List-Id: ",
        rb"(?m)^List-Unsubscribe: ",
        rb"(?m)^Precedence: bulk",
        rb"(?m)^> ",
        rb"-----Original Message-----",
        rb"(?m)^-- \r$",
        rb"(?m)^Subject: cellar: found it!!",
        rb"=F0=9F=8C=B1",
    ],
)
def test_every_trait_of_real_mail_occurs(trait: bytes) -> None:
    """RFC 2047 names, HTML, quotes, signatures, machines, lists: what a reader of mail must cope with."""
    assert any(re.search(trait, raw) for raw in raws(NOW))


def test_every_form_of_message_is_used() -> None:
    """No way of composing a message is without a story."""
    assert {letter.mail.form for letter in letters(NOW)} == set(FORMS)


def test_every_kind_and_every_reason_that_mail_can_give_is_intended() -> None:
    """The stories show all seven kinds of draft, and every reason for leaving somebody alone."""
    words = {word for story in expected().values() for word in story}
    assert words >= set(Kind)
    assert words >= set(HeldBecause) - NOT_IN_MAIL
    assert words <= set(Kind) | set(HeldBecause)
    assert stories().keys() >= expected().keys()


def test_more_is_due_than_a_day_takes() -> None:
    """Some good suggestions wait for the daily cap."""
    due = [address for address, words in expected().items() if set(words) & (set(Kind) - {Kind.SHARE})]
    assert len(due) > 3


def test_flags_are_those_of_a_client_in_daily_use() -> None:
    """Old mail is read, answered mail is marked, one mail in Sent is flagged."""
    flags = Counter(
        flag for box in sample(NOW).mailboxes.values() for stored in box.messages.values() for flag in stored.flags
    )
    assert flags["\\Flagged"] == 1
    assert flags["\\Draft"] == 1
    assert flags["\\Answered"] > 20
    assert flags["\\Seen"] < len(raws(NOW))


def test_settings_of_the_demo_load_without_a_remark(tmp_path: Path) -> None:
    """The written files pass the check of settings, name the given port and are nobody else's to read."""
    config = write_settings(tmp_path, 20143, NOW)
    settings, remarks = load(config)
    assert remarks == []
    assert settings.accounts[0].port == 20143
    assert Path(settings.accounts[0].credential or "").read_text() == PASSWORD
    assert settings.offers
    assert all(not stat.S_IMODE(file.stat().st_mode) & 0o077 for file in tmp_path.iterdir())
    assert load_choices(tmp_path) == choices(NOW)


def test_people_of_the_settings_write_in_the_sample(tmp_path: Path) -> None:
    """Nobody is noted down, paused or rested who does not occur in the mail."""
    settings, _ = load(write_settings(tmp_path, 20143, NOW))
    known = {person.address for person in people()}
    chosen = choices(NOW)
    assert {address for contact in settings.contacts for address in contact.addresses} <= known
    assert {*chosen.paused, *chosen.rests} <= known
    assert all(any(address.endswith(domain) for address in known) for domain in chosen.never)
    _, topic = SHARE
    assert any(topic in contact.interests for contact in settings.contacts)
