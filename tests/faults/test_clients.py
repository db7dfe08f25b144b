"""What mail clients do to a draft, in any order: what anybody touched is never removed or changed by us (R19).

The shapes are those measured with seven clients: none keeps the UID when it saves, some change the Message-ID,
some drop flags, one leaves the old copy, one makes the Drafts mailbox anew.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest

from assistant.demo.server import StoredMessage
from tests.faults.conftest import Staged
from tests.faults.stage import Stage

SEQUENCES = 2000
ANSWER = b"""From: Ana Ruiz <ana@example.net>
To: Sue Marten <sue@example.org>
Subject: Re: The lease
Message-ID: <settled@example.net>
In-Reply-To: <question@example.net>

It is settled, thank you.
""".replace(b"\n", b"\r\n")


@dataclass(frozen=True)
class Client:
    """How a client saves a draft; ``flags`` are those of the new copy."""

    flags: tuple[str, ...]
    new_id: bool = False
    keeps_old: bool = False
    makes_drafts_anew: bool = False
    adds: bytes = b""


CLIENTS = {
    "Thunderbird": Client(("\\Draft",), new_id=True, adds=b"X-Mozilla-Draft-Info: internal/draft\r\n"),
    "Roundcube": Client(("\\Seen",), adds=b"X-Sender: sue@example.org\r\n"),
    "Mutt": Client(("\\Draft",), adds=b"X-Mutt-Fcc: Sent\r\n"),
    "aerc": Client(("\\Seen",), keeps_old=True),
    "Alpine": Client((), new_id=True, makes_drafts_anew=True),
    "Gmail": Client(("\\Seen",), new_id=True),
    "Outlook": Client(("\\Seen", "\\Draft"), adds=b"Thread-Index: AQHZ\r\n"),
}


class Hands:
    """A user at a client: works on the newest copy of the draft, and knows what she has touched."""

    def __init__(self, stage: Stage, client: Client, lot: Random) -> None:
        self._stage, self._client, self._lot = stage, client, lot
        self._drafts = stage.store.mailboxes["Drafts"]
        [self._copy] = self._drafts.messages.values()
        self.touched: set[tuple[str, bytes]] = set()

    def do_something(self) -> None:
        with self._stage.store.lock:
            deed: Callable[[], None] = self._lot.choice(
                [self.save, self.edit_text, self.edit_text, self.edit_subject, self.add_somebody, self.flag]
            )
            deed()

    def _saved(self, raw: bytes) -> None:
        if self._client.new_id:
            fresh = secrets.token_hex(8).encode()
            raw = re.sub(rb"(?m)^(Message-ID): .*\r$", rb"\1: <" + fresh + rb"@example.org>\r", raw)
        if self._client.adds not in raw:
            raw = self._client.adds + raw
        if not self._client.keeps_old:
            self._drafts.messages.pop(self._copy.uid, None)
            self.touched.discard(("Drafts", self._copy.raw))
        if self._client.makes_drafts_anew:
            self._drafts.uidvalidity += 1
        uid = self._stage.store.add("Drafts", raw, flags=self._client.flags, internal_date=self._stage.world.now)
        self._keep(self._drafts.messages[uid])

    def _keep(self, copy: StoredMessage) -> None:
        self._copy = copy
        self.touched.add(("Drafts", copy.raw))

    def save(self) -> None:
        """Save without a change: no client keeps the UID."""
        self._saved(self._copy.raw)

    def edit_text(self) -> None:
        head, _, body = self._copy.raw.partition(b"\r\n\r\n")
        self._saved(head + b"\r\n\r\n" + self._lot.choice([body + b"More.\r\n", b"Short.\r\n", b""]))

    def edit_subject(self) -> None:
        self._saved(re.sub(rb"(?m)^Subject: ", b"Subject: New: ", self._copy.raw))

    def add_somebody(self) -> None:
        self._saved(b"Cc: ben@example.com\r\n" + self._copy.raw)

    def flag(self) -> None:
        """Mark it; a draft that is gone meanwhile can no more be marked."""
        if self._copy.uid in self._drafts.messages:
            self._copy.flags.add("\\Flagged")
            self._keep(self._copy)


def one_waits(stage: Stage) -> None:
    stage.world.story(ben=False).sweep()


@pytest.mark.parametrize("name", CLIENTS)
def test_whatever_a_client_does_what_was_touched_stays(name: str, staged: Staged) -> None:
    stage = staged(one_waits)
    removed = 0
    for number in range(SEQUENCES // len(CLIENTS) + 1):
        lot = Random(f"{name} {number}")
        stage.again()
        hands = Hands(stage, CLIENTS[name], lot)
        deeds = ["client"] * lot.randint(0, 3) + ["answer", "look"]
        lot.shuffle(deeds)
        for deed in [*deeds, "look"]:
            stage.world.pass_time(minutes=lot.randint(1, 30))
            if deed == "client":
                hands.do_something()
            elif deed == "answer":
                stage.store.add("INBOX", ANSWER, internal_date=stage.world.now)
            else:
                stage.world.sweep_unwatched()
        lying = {(box, raw) for box, _, raw, _ in stage.picture()}
        assert hands.touched <= lying, f"sequence {number}: {deeds}"
        removed += not hands.touched and not stage.people()
    assert removed, "what nobody touched was taken back, so the test looks at the right thing"
    print(f"{number + 1} sequences of {name}")
