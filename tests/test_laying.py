"""What a draft of ours meets that another computer has written, and the fuse."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.drafting.identity import fingerprint
from assistant.errors import AccountStopped
from assistant.laying import Desk, Fuse, Laid, Page, lay_drafts
from assistant.mailbox.door import Door, Folder, Glance, MailboxStatus, RawHeaders
from assistant.model import Address, HeldBecause, Kind, Letter, Role
from assistant.reading import AccountReading
from assistant.settings import AccountSettings
from assistant.store.database import open_ledger, prepare
from assistant.store.ledger import Ledger
from assistant.tidings import KnownMail
from tests.drafting.builders import suggestion
from tests.judgement.builders import message
from tests.store.builders import ME, NOW

RAW = b"From: sue@example.org\r\nTo: ana@ana.example\r\nMessage-ID: <aaaa@example.org>\r\n\r\nDear Ana\r\n"
LETTER = Letter(
    id="a" * 20,
    message_id="aaaa@example.org",
    sender=Address(ME),
    to=Address("ana@ana.example"),
    subject="Re: The lease",
    text="Dear Ana",
    language="en",
    template="en/owe_reply",
    in_reply_to="last@ana.example",
    references=("last@ana.example",),
    raw=RAW,
    fingerprint=fingerprint(RAW),
)
PAGE = Page(suggestion(Kind.OWE_REPLY), LETTER)


class Drafts:
    """A Drafts mailbox that keeps what is appended."""

    account = "home"

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    def status(self, mailboxes: list[str]) -> dict[str, MailboxStatus]:
        return {"Drafts": MailboxStatus(1, len(self.kept) + 1, len(self.kept))}

    def glance(self, mailbox: str) -> Glance:
        return Glance(1, dict.fromkeys(range(1, len(self.kept) + 1), frozenset[str]()))

    def headers(self, mailbox: str, uids: list[int]) -> list[RawHeaders]:
        return [RawHeaders(uid, frozenset(), 1, None, self.kept[uid - 1]) for uid in uids]

    def raw(self, mailbox: str, uid: int) -> bytes:
        return self.kept[uid - 1]

    def append(self, mailbox: str, raw: bytes, flags: Any) -> int:
        self.kept.append(raw)
        return len(self.kept)


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    prepare(tmp_path / "state")
    account = AccountSettings.model_validate({"name": "home", "host": "imap.example.org", "username": "sue"})
    reading = AccountReading((Folder("Drafts", Role.DRAFTS),), 0, (), ())
    with closing(open_ledger(tmp_path / "state")) as connection:
        yield Desk(account, cast(Door, Drafts()), Ledger(connection), reading, rehearsed=False)


def lay(desk: Desk, mail: KnownMail, cap: int = 3) -> Laid:
    [laid] = lay_drafts(desk, [PAGE], mail, NOW, Fuse("home", cap))
    return laid


def state(desk: Desk) -> str:
    [row] = desk.ledger.drafts()
    return row.state.value


@pytest.mark.parametrize(("role", "settled"), [(Role.SENT, "sent"), (Role.TRASH, "withdrawn"), (Role.ARCHIVE, "moved")])
def test_a_draft_that_another_computer_wrote_and_that_left_drafts_is_settled(
    desk: Desk, role: Role, settled: str
) -> None:
    copy = message(1, outgoing=True, role=role, message_id=LETTER.message_id)
    assert lay(desk, KnownMail([copy])).held is HeldBecause.HAD_DRAFT
    assert (state(desk), list(desk.door.glance("Drafts").flags)) == (settled, [])


def test_a_draft_is_laid_once(desk: Desk) -> None:
    assert lay(desk, KnownMail(())).held is None
    assert lay(desk, KnownMail(())).held is HeldBecause.HAD_DRAFT
    assert (state(desk), list(desk.door.glance("Drafts").flags)) == ("waiting", [1])


def test_the_fuse_blows_before_the_append_that_is_too_many(desk: Desk) -> None:
    fuse = Fuse("home", 1)
    for _ in range(3):
        fuse.burn()
    with pytest.raises(AccountStopped) as stopped:
        lay_drafts(desk, [PAGE], KnownMail(()), NOW, fuse)
    assert (stopped.value.code, desk.ledger.drafts(), list(desk.door.glance("Drafts").flags)) == ("fuse", [], [])
