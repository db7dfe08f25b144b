"""Every door keeps the same contract: to Dovecot, to the demo's server, and the one for rehearsals."""

import imaplib
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from assistant.demo.server import DemoServer
from assistant.mailbox.rehearsal import RehearsalDoor
from assistant.settings import AccountSettings
from tests.canary import PASSWORD
from tests.mailbox.conftest import OpenDoor, account_on, fresh_user
from tests.mailbox.door_contract import LETTER, Reach, ReadingContract, ServerContract, WritingContract, withdraw
from tests.servers import Dovecot

Lay = Callable[..., int]


@pytest.fixture
def laying() -> Iterator[Callable[[str, int, str], Lay]]:
    """Make functions that lay mail with Python's own client, so that no door tests itself."""
    clients: list[imaplib.IMAP4] = []

    def connect(host: str, port: int, user: str) -> Lay:
        client = imaplib.IMAP4(host, port)
        clients.append(client)
        client.login(user, PASSWORD)

        def lay(mailbox: str, message: bytes, flags: tuple[str, ...] = (), when: datetime | None = None) -> int:
            date = imaplib.Time2Internaldate(when) if when else ""
            status, [said] = client.append(mailbox, " ".join(flags), date, message)
            assert status == "OK"
            return int(said.partition(b"]")[0].split()[-1])

        return lay

    yield connect
    for client in clients:
        client.logout()


@pytest.fixture
def on_dovecot(dovecot: Dovecot, laying: Callable[..., Lay]) -> tuple[AccountSettings, Lay]:
    user = fresh_user(dovecot)
    return account_on(dovecot, username=user), laying(dovecot.host, dovecot.port, user)


@pytest.fixture
def on_demo(demo: DemoServer, laying: Callable[..., Lay]) -> tuple[AccountSettings, Lay]:
    return account_on(demo), laying(demo.host, demo.port, "ann")


class TestDovecot(ServerContract):
    @pytest.fixture
    def reach(self, on_dovecot: tuple[AccountSettings, Lay], open_for: OpenDoor) -> Reach:
        return Reach(open_for(on_dovecot[0]), on_dovecot[1])


class TestDemoServer(ServerContract):
    @pytest.fixture
    def reach(self, on_demo: tuple[AccountSettings, Lay], open_for: OpenDoor) -> Reach:
        return Reach(open_for(on_demo[0]), on_demo[1])


class TestRehearsal(ReadingContract, WritingContract):
    @pytest.fixture
    def reach(self, on_demo: tuple[AccountSettings, Lay], open_for: OpenDoor) -> Reach:
        return Reach(RehearsalDoor(open_for(on_demo[0])), on_demo[1])

    def test_the_server_never_hears_of_what_was_rehearsed(self, reach: Reach, demo: DemoServer) -> None:
        kept = reach.lay("Drafts", LETTER)
        assert reach.door.uids("Drafts") == [kept]
        before = len(demo.commands_seen)
        uid = reach.door.append("Drafts", LETTER, [r"\Draft"])
        assert uid is not None
        assert withdraw(reach.door, kept, "Trash")
        assert reach.door.uids("Drafts") == [uid]
        assert reach.door.raw("Drafts", kept) is None
        assert [raw.uid for raw in reach.door.headers("Drafts", [kept, uid])] == [uid]
        assert reach.door.status(["Drafts"])["Drafts"].messages == 1
        words = {line.split()[1] for line in demo.commands_seen[before:]}
        assert words <= {b"EXAMINE", b"NOOP", b"UID", b"STATUS"}
        assert not {b"STORE", b"MOVE", b"COPY", b"EXPUNGE"} & set(b" ".join(demo.commands_seen[before:]).split())

    def test_two_rehearsed_drafts_have_two_uids_even_after_one_was_withdrawn(self, reach: Reach) -> None:
        first = reach.door.append("Drafts", LETTER, [])
        assert first is not None
        withdraw(reach.door, first, None)
        assert reach.door.append("Drafts", LETTER, []) != first
