"""A user's mailbox on a real server, her settings and state, and everything she, her contacts and we do to it."""

from __future__ import annotations

import email
import email.message
import email.policy
import itertools
import re
import socket
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from assistant.model import Digest, Draft, DraftState
from assistant.opening import Connect, connect_to_server
from assistant.settings import DAYS, AccountSettings, HoursSettings, Settings
from assistant.store.database import open_ledger, prepare
from assistant.store.ledger import Ledger
from assistant.sweep import Order, Outcome, sweep

NOW = datetime.now(UTC).replace(microsecond=0)  # drafts get the server's own time, so the story must fit it
ME, ANA, BEN = "sue@example.org", "ana@example.net", "ben@example.com"
NAMES = {ME: "Sue Marten", ANA: "Ana Ruiz", BEN: "Ben Ode"}
MAILBOXES = ("INBOX", "Sent", "Drafts", "Trash", "Archive")
USERS = frozenset({DraftState.EDITED, DraftState.MOVED, DraftState.SENT, DraftState.DECLINED, DraftState.GONE})
"""Once a draft is in one of these states it is the user's mail like any other."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message as it lies in a mailbox."""

    uid: int
    flags: frozenset[str]
    message: email.message.EmailMessage

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"]).strip("<>")

    @property
    def to(self) -> str:
        return str(self.message["To"].addresses[0].addr_spec)


class World:
    """One mailbox and what happens to it. ``state`` is the directory a computer keeps its databases in."""

    def __init__(self, folder: Path, host: str, port: int, user: str, password: str) -> None:
        self._folder = folder
        self._server = (host, port, user, password)
        self._client: IMAPClient | None = None
        self._numbers = itertools.count(1)
        self.state = folder / "state"
        self.now = NOW
        (folder / "config").mkdir()
        self.account = AccountSettings.model_validate(
            {"name": "home", "host": host, "port": port, "security": "none", "username": user, "auth": "env"}
        )
        self.settings = Settings.model_validate(
            {
                "me": {"name": NAMES[ME], "addresses": [ME], "timezone": "Europe/Berlin"},
                "accounts": [self.account],
                "directory": folder / "config",
            }
        )

    # the server, as other clients see it

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        if self._client is None:
            host, port, user, password = self._server
            self._client = IMAPClient(host, port, ssl=False, timeout=20)
            self._client.normalise_times = False
            # Tags of another kind than the program's, whose letters are drawn by lot: they might be the same.
            self._client._imap.tagpre = b"TEST"
            self._client._imap.tagre = re.compile(rb"(?P<tag>TEST\d+) (?P<type>[A-Z]+) (?P<data>.*)")
            self._client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._client.login(user, password)
        try:
            yield self._client
        finally:
            self._client.select_folder("INBOX", readonly=True)  # so that any other mailbox may be deleted

    def close(self) -> None:
        if self._client is not None:
            self._client.shutdown()

    def lying(self, mailbox: str = "Drafts") -> list[Found]:
        """Return everything in a mailbox."""
        with self.client() as client:
            client.select_folder(mailbox, readonly=True)
            found = client.fetch(client.search(), ["FLAGS", "BODY.PEEK[]"])
        return [
            Found(
                uid,
                frozenset(flag.decode() for flag in one[b"FLAGS"]) - {"\\Recent"},
                email.message_from_bytes(one[b"BODY[]"], policy=email.policy.default),
            )
            for uid, one in sorted(found.items())
        ]

    def snapshot(self, but: Collection[str] = ()) -> set[tuple[str, int, str, frozenset[str]]]:
        """Return where everything lies and its flags, but for some Message-IDs; two snapshots show what changed."""
        return {
            (mailbox, one.uid, one.id, one.flags)
            for mailbox in MAILBOXES
            for one in self.lying(mailbox)
            if one.id not in but
        }

    # what people do

    def count_mail_from(self, number: int) -> None:
        """Name mail from here on otherwise than another world does."""
        self._numbers = itertools.count(number)

    def put(
        self,
        mailbox: str = "INBOX",
        *,
        sender: str = ANA,
        to: str = ME,
        subject: str = "The lease",
        text: str = "Thank you, that is all I need.",
        days: float = 0,
        message_id: str | None = None,
        answers: str | None = None,
        flags: tuple[str, ...] = (),
        at: datetime | None = None,
        came: bool = False,
    ) -> str:
        """Put a mail into a mailbox and return its Message-ID.

        ``answers`` is the Message-ID it replies to; ``came``: another server has delivered it.
        """
        when = at or self.now - timedelta(days=days)
        message = EmailMessage(policy=email.policy.SMTP)
        if came:
            message["Return-Path"] = "<bounces@elsewhere.example>"
        message["From"] = f"{NAMES.get(sender, '')} <{sender}>"
        message["To"] = f"{NAMES.get(to, '')} <{to}>"
        message["Subject"] = subject
        message["Date"] = format_datetime(when)
        message_id = message_id or f"mail{next(self._numbers)}@{sender.partition('@')[2]}"
        message["Message-ID"] = f"<{message_id}>"
        if answers:
            message["In-Reply-To"] = message["References"] = f"<{answers}>"
        message.set_content(text)
        with self.client() as client:
            client.append(mailbox, message.as_bytes(), flags, when)
        return message_id

    def story(self, *, ana: bool = True, ben: bool = True) -> World:
        """Fill the mailbox: the user owes Ana an answer, and Ben owes the user one."""
        with_flags = ("\\Seen",)
        for who, wanted in ((ANA, ana), (BEN, ben)):
            for number, days in enumerate((200, 160, 120, 90) if wanted else ()):
                topic = f"Garden plan {number}"
                asked = self.put(
                    "Sent", sender=ME, to=who, subject=topic, days=days, text="Could you send me your notes?",
                    flags=with_flags,
                )  # fmt: skip
                answer = self.put(
                    sender=who, subject=f"Re: {topic}", days=days - 1, answers=asked,
                    text="Here are my notes for the plan. I hope they help.", flags=with_flags,
                )  # fmt: skip
                self.put(
                    "Sent", sender=ME, to=who, subject=f"Re: {topic}", days=days - 1.5, answers=answer,
                    text="Thank you very much, that was a great help.", flags=with_flags,
                )  # fmt: skip
        if ana:
            self.put(
                sender=ANA,
                message_id="question@example.net",
                days=12,
                text="Hello Sue,\n\ncould you please tell me whether you want to renew the lease for the small "
                "garden next year? I need your answer for the owner.\n\nAna",
            )
        if ben:
            self.put(
                "Sent",
                sender=ME,
                to=BEN,
                message_id="asked@example.org",
                subject="The catalogue",
                days=22,  # a day more than an answer is waited for, so that it is due some hours earlier, too
                flags=with_flags,
                text="Hello Ben,\n\ncould you please send me the final list of plants for the catalogue? I would "
                "like to print it this month.\n\nSue",
            )
        return self

    def save(self, draft: Found, *, text: str | None = None, keep_id: bool = True, mailbox: str = "Drafts") -> None:
        """Save a draft as mail clients do: a new message with another UID, the old one expunged."""
        message = draft.message
        if text is not None:
            message.set_content(text)
        if not keep_id:
            del message["Message-ID"]
            message["Message-ID"] = f"<new{next(self._numbers)}@example.org>"
        with self.client() as client:
            client.append(mailbox, message.as_bytes(), ("\\Draft",) if mailbox == "Drafts" else ("\\Seen",), self.now)
        self.remove(draft)

    def send(self, draft: Found, *, keep_id: bool = True, mailbox: str = "Sent") -> None:
        """Send a draft: Date becomes now, it appears in Sent, or where the client files it, and leaves Drafts."""
        del draft.message["Date"]
        draft.message["Date"] = format_datetime(self.now)
        self.save(draft, keep_id=keep_id, mailbox=mailbox)

    def remove(self, draft: Found) -> None:
        """Take a draft out of Drafts for good."""
        with self.client() as client:
            client.select_folder("Drafts")
            client.delete_messages([draft.uid])
            client.uid_expunge([draft.uid])

    def move(self, draft: Found, mailbox: str, source: str = "Drafts") -> None:
        with self.client() as client:
            client.select_folder(source)
            client.move([draft.uid], mailbox)

    def flag(self, draft: Found, flag: str = "\\Flagged", *, on: bool = True) -> None:
        with self.client() as client:
            client.select_folder("Drafts")
            (client.add_flags if on else client.remove_flags)([draft.uid], [flag])

    def make_anew(self, mailbox: str = "Drafts") -> None:
        """Delete a mailbox and make it again with the same mail: a new UIDVALIDITY, as a restored backup has."""
        before = self.lying(mailbox)
        with self.client() as client:
            client.delete_folder(mailbox)
            client.create_folder(mailbox)
            for one in before:
                when = one.message["Date"].datetime
                client.append(mailbox, one.message.as_bytes(policy=email.policy.SMTP), tuple(one.flags), when)

    # what the program does

    def always_at_work(self) -> None:
        """Let the daemon lay drafts at any hour."""
        hours = HoursSettings(days=DAYS, start=time(0), end=time(23, 59, 59))
        self.settings = self.settings.model_copy(update={"hours": hours})

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)

    def sweep(self, connect: Connect = connect_to_server, **order: Any) -> Outcome:
        """Sweep, by hand unless said otherwise, and see to it that nothing but drafts of ours has changed."""
        before, known = self.snapshot(), self.drafts()
        try:
            return self.sweep_unwatched(connect, **order)
        finally:
            ours = {draft.message_id for draft in self.drafts()}
            ours -= {draft.message_id for draft in known if draft.state in USERS}
            ours |= {digest.message_id for digest in self.digests()}
            after = self.snapshot(ours)
            assert after == {one for one in before if one[2] not in ours}, "mail of the user's was changed"

    def on_another_computer(self) -> None:
        """Go on with an empty state directory."""
        self.state = self._folder / f"state{next(self._numbers)}"

    def sweep_unwatched(self, connect: Connect = connect_to_server, **order: Any) -> Outcome:
        """Sweep while others use the mailbox as well."""
        return sweep(self.settings, self.state, Order(**order), self.now, connect=connect)

    def drafts(self) -> list[Draft]:
        """Return the rows of the ledger."""
        with self._ledger() as ledger:
            return ledger.drafts()

    def digests(self) -> list[Digest]:
        """Return the rows of the ledger that are about digests."""
        with self._ledger() as ledger:
            return ledger.digests()

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        prepare(self.state)
        with closing(open_ledger(self.state)) as connection:
            yield Ledger(connection)

    def rows(self) -> dict[str, Draft]:
        """Return the rows of the ledger by contact."""
        return {draft.contact: draft for draft in self.drafts()}

    def state_of(self, contact: str) -> str:
        return self.rows()[contact].state.value


def laid(outcome: Outcome) -> list[str]:
    """Return to whom a sweep has written."""
    return sorted(one.draft.contact for one in outcome.suggestions if one.draft is not None)
