"""The sample mailbox: the mail of Sue Marten, who plants gardens, and what a sweep should make of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from assistant.demo.letters import compose
from assistant.demo.mailstore import MailStore
from assistant.demo.people import HOME, Dated, Person, dated, people
from assistant.model import Choices
from assistant.store.choices import save_choices

MAILBOXES = {
    "Sent": ("\\Sent",),
    "Drafts": ("\\Drafts",),
    "Archive": ("\\Archive",),
    "Junk": ("\\Junk",),
    "Trash": ("\\Trash",),
    "Lists": (),
}
USER, PASSWORD = HOME, "demo"
CONFIG = Path(__file__).parent / "config"
PORT_IN_CONFIG, SECRET_IN_CONFIG = "port = 1143", '"secret"'
ARCHIVED_AFTER, SEEN_AFTER = timedelta(days=60), timedelta(days=2)

SHARE = ("a museum of dry stone walls has opened its archive to everybody", "dry stone walls")
"""Something for ``assistant share TEXT --topic TOPIC``: people whose story expects "share" would care for it."""


def fill(store: MailStore, now: datetime, who: Sequence[Person] | None = None) -> None:
    """Put the whole sample mailbox into an empty store; the same for the same ``now``, which is aware.

    ``who`` are the people whose mail it holds, those of the sample when None.

    Every message lies before ``now``, and ages in working days hold on any day of the week.
    """
    for name, attributes in MAILBOXES.items():
        store.create(name, *attributes)
    mail = letters(now, who)
    answered = {letter.before.message_id for letter in mail if letter.mail.mine and letter.before}
    for letter in mail:
        flags = _flags(letter, now) | ({"\\Answered"} if letter.message_id in answered else set())
        store.add(mailbox_of(letter, now), compose(letter), flags=flags, internal_date=letter.when)


def letters(now: datetime, who: Sequence[Person] | None = None) -> list[Dated]:
    """Return all mail with these people, those of the sample when None, oldest first."""
    return sorted((letter for person in who or people() for letter in dated(person, now)), key=lambda one: one.when)


def mailbox_of(letter: Dated, now: datetime) -> str:
    """Return where a letter lies: Sue files old mail in Archive, and her filters file lists."""
    if letter.mail.box:
        return letter.mail.box
    if letter.mail.mine:
        return "Sent"
    if letter.person.box:
        return letter.person.box
    return "Archive" if now - letter.when > ARCHIVED_AFTER else "INBOX"


def expected() -> Mapping[str, tuple[str, ...]]:
    """Return what the stories are there to show: address -> kinds of draft and codes of held_because.

    A kind stands for a suggestion that is drafted, or kept back by a cap alone; "share" for one that
    the ``share`` command would bring. An address that is missing here should have nothing drafted.
    """
    return {person.address: person.expect for person in people() if person.expect}


def stories() -> Mapping[str, str]:
    """Return address -> the story of that person in a sentence."""
    return {person.address: person.why for person in people() if person.why}


def choices(now: datetime) -> Choices:
    """Return what Sue has chosen on the command line so far."""
    return Choices(
        paused={"greta@solbergfilm.example": now + timedelta(days=30)},
        rests={"viktor@halequarry.example": now - timedelta(days=4)},
        never=frozenset({"@hotdeals-paving.example"}),
    )


def write_settings(directory: Path, port: int, now: datetime) -> Path:
    """Write config.toml and the files beside it into an empty directory and return the path of config.toml.

    ``port`` is that of the IMAP server on this machine; it lets USER in with PASSWORD.
    """
    secret = directory.absolute() / "secret"
    for name in ("config.toml", "contacts.toml", "offers.toml"):
        text = (CONFIG / name).read_text(encoding="utf-8")
        text = text.replace(PORT_IN_CONFIG, f"port = {port}").replace(SECRET_IN_CONFIG, json.dumps(str(secret)))
        _write(directory / name, text)
    _write(secret, PASSWORD)
    save_choices(directory, choices(now))
    return directory / "config.toml"


def _flags(letter: Dated, now: datetime) -> set[str]:
    """Return the flags a client would have set: her own mail and what is older than two days is read."""
    flags = set(letter.mail.flags)
    if letter.mail.box == "Drafts":
        return {*flags, "\\Seen", "\\Draft"}
    if letter.mail.mine or now - letter.when > SEEN_AFTER:
        flags.add("\\Seen")
    return flags


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
