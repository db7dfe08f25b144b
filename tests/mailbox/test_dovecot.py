"""Against a real server: protection, logins, and what is done where an extension is missing."""

import imaplib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from assistant.errors import AccountLater, AccountStopped, LoginRefused, MailboxError
from assistant.mailbox.imap import open_door
from assistant.mailbox.secrecy import Secret
from assistant.model import Role
from tests.canary import PASSWORD
from tests.mailbox.conftest import OpenDoor, account_on, fresh_user
from tests.mailbox.door_contract import LETTER, withdraw
from tests.servers import Dovecot, start_dovecot

StartDovecot = Callable[..., Dovecot]


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_each_kind_of_protection_works_with_a_private_authority(
    dovecot: Dovecot, open_for: OpenDoor, security: str
) -> None:
    door = open_for(account_on(dovecot, security=security))
    assert Role.INBOX in [folder.role for folder in door.folders()]
    assert (door.certificate_ends is None) == (security == "none")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_of_an_unknown_authority_is_refused(
    dovecot: Dovecot, dovecot_with: StartDovecot, security: str
) -> None:
    stranger, user = dovecot_with(), fresh_user(dovecot)
    for authority in (None, stranger.ca):
        with pytest.raises(AccountLater, match="not trusted") as caught:
            open_door(account_on(dovecot, username=user, security=security, tls_ca=authority), Secret(PASSWORD))
        assert caught.value.code == "certificate"
        assert "tls_ca" in caught.value.cure
    assert user not in dovecot.log.read_text()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_for_another_host_is_refused(dovecot_with: StartDovecot, security: str) -> None:
    server = dovecot_with("--cert-name", "imap.example.org")
    with pytest.raises(AccountLater, match="not trusted"):
        open_door(account_on(server, security=security), Secret(PASSWORD))


def test_an_authority_that_is_no_certificate_stops_the_account(dovecot: Dovecot, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for authority in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(AccountStopped, match="cannot be used"):
            open_door(account_on(dovecot, tls_ca=authority), Secret(PASSWORD))


def test_the_wrong_port_is_said_in_a_sentence(dovecot: Dovecot) -> None:
    with pytest.raises(AccountLater) as caught:
        open_door(account_on(dovecot, security="tls", port=dovecot.port), Secret(PASSWORD), seconds=5)
    assert "993" in caught.value.cure


def test_a_port_where_nobody_listens_is_said_in_a_sentence(dovecot: Dovecot) -> None:
    with pytest.raises(AccountLater, match=r"localhost, port 9 cannot be reached: Connection refused") as caught:
        open_door(account_on(dovecot, port=9), Secret(PASSWORD))
    assert "Check the network" in caught.value.cure


@pytest.mark.parametrize("hidden", ["", "AUTH=XOAUTH2"])
def test_a_token_logs_in_by_either_mechanism(
    dovecot: Dovecot, open_for: OpenDoor, monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    from assistant.mailbox import session

    user = fresh_user(dovecot)
    choose = session._mechanism
    chosen: list[str] = []

    def note(account: object, secret: str, offered: set[str]) -> str:
        chosen.append(choose(account, secret, offered - {hidden}))  # type: ignore[arg-type]
        return chosen[-1]

    monkeypatch.setattr(session, "_mechanism", note)
    door = open_for(account_on(dovecot, username=user, auth="token-command", command=("true",)), dovecot.token(user))
    assert door.folders()
    assert chosen == ["OAUTHBEARER" if hidden else "XOAUTH2"]


def test_an_expired_token_is_a_refused_login(dovecot: Dovecot) -> None:
    account = account_on(dovecot, auth="token-command", command=("true",))
    with pytest.raises(LoginRefused) as caught:
        open_door(account, Secret(dovecot.token("ann", -60)))
    assert "token" in caught.value.cure


def test_a_wrong_password_is_tried_exactly_once_and_shown_nowhere(dovecot: Dovecot) -> None:
    user = fresh_user(dovecot)
    with pytest.raises(LoginRefused) as caught:
        open_door(account_on(dovecot, username=user), Secret("wrong-horse"))
    assert caught.value.certain
    assert "wrong-horse" not in repr(caught.value) + str(caught.value) + repr(caught.value.__cause__)
    assert len(_refused(dovecot, user)) == 1


def _refused(dovecot: Dovecot, user: str) -> list[str]:
    """Return what the log says of wrong passwords of a user; a process of its own writes it, after the answer."""
    until = time.monotonic() + 20
    while True:
        lines = [line for line in dovecot.log.read_text().splitlines() if user in line and "mismatch" in line]
        if lines or time.monotonic() > until:
            return lines
        time.sleep(0.01)


@pytest.mark.parametrize("password", ["pässwörd", 'back\\slash "quoted"', "with space", "x" * 300, "ключ"])
def test_any_password_that_a_person_may_choose_works(dovecot: Dovecot, open_for: OpenDoor, password: str) -> None:
    user = f"user{abs(hash(password)):x}"
    dovecot.add_user(user, password)
    assert open_for(account_on(dovecot, username=user), password).folders()


@pytest.mark.parametrize("username", ["ann o'neil", 'ann"', "ann\\x", "änn", "ann) {3+}"])
def test_an_odd_user_name_is_refused_and_injects_nothing(dovecot: Dovecot, username: str) -> None:
    with pytest.raises(LoginRefused):
        open_door(account_on(dovecot, username=username), Secret(PASSWORD))


@pytest.mark.parametrize("secret", ["two\r\nlines", "nul\0", "sasl\1separator"])
def test_a_secret_with_control_characters_is_not_sent(dovecot: Dovecot, secret: str) -> None:
    with pytest.raises(AccountStopped, match="control character"):
        open_door(account_on(dovecot), Secret(secret))


ROLES = "Drafts=Entwürfe,Sent=Gesendet,Trash=Papierkorb,Junk=Spamverdacht,Archive=Archiv"


@pytest.mark.parametrize("option", ["--roles", "--no-special-use"])
def test_german_mailboxes_are_found_by_mark_or_name(
    dovecot_with: StartDovecot, open_for: OpenDoor, option: str
) -> None:
    server = dovecot_with("--roles", ROLES, *([option] if option == "--no-special-use" else []))
    door = open_for(account_on(server))
    found = {folder.role: folder.name for folder in door.folders() if folder.role is not Role.OTHER}
    assert found == {
        Role.INBOX: "INBOX",
        Role.DRAFTS: "Entwürfe",
        Role.SENT: "Gesendet",
        Role.TRASH: "Papierkorb",
        Role.JUNK: "Spamverdacht",
        Role.ARCHIVE: "Archiv",
    }
    uid = door.append("Entwürfe", LETTER, [r"\Draft"])
    assert door.uids("Entwürfe") == [uid]
    assert door.status(["Entwürfe"])["Entwürfe"].messages == 1


def test_a_mailbox_under_another_name_is_found_by_the_users_word(dovecot: Dovecot, open_for: OpenDoor) -> None:
    user = fresh_user(dovecot)
    found = open_for(account_on(dovecot, username=user, drafts="Archive")).folders()
    assert [folder.name for folder in found if folder.role is Role.DRAFTS] == ["Archive"]
    with pytest.raises(MailboxError, match="No such"):
        open_for(account_on(dovecot, username=user, sent="No such")).folders()


@pytest.fixture(scope="module")
def plain_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    """Start a server that admits to nothing beyond IMAP4rev1 that we could use."""
    hidden = "UIDPLUS,MOVE,SPECIAL-USE,LIST-STATUS,LIST-EXTENDED,NAMESPACE,ID"
    server = start_dovecot(tmp_path_factory.mktemp("plain"), "--hide", hidden)
    yield server
    server.stop()


def test_without_uidplus_and_move_nothing_is_withdrawn(plain_server: Dovecot, open_for: OpenDoor) -> None:
    door = open_for(account_on(plain_server, username=fresh_user(plain_server)))
    assert not door.capabilities & {"UIDPLUS", "MOVE", "LIST-STATUS"}
    uid = door.append("Drafts", LETTER, [r"\Draft"])
    assert uid is not None
    assert withdraw(door, uid, "Trash") is False
    assert door.flags("Drafts", [uid]) == {uid: {r"\Draft"}}
    assert door.uids("Trash") == []


def test_status_of_many_works_without_list_status(plain_server: Dovecot, open_for: OpenDoor) -> None:
    door = open_for(account_on(plain_server, username=fresh_user(plain_server)))
    names = [folder.name for folder in door.folders()]
    assert set(door.status([*names, "No such mailbox"])) == set(names)


@pytest.mark.parametrize("hidden", ["MOVE", "UIDPLUS"])
def test_one_of_move_and_uidplus_is_enough(dovecot_with: StartDovecot, open_for: OpenDoor, hidden: str) -> None:
    door = open_for(account_on(dovecot_with("--hide", hidden)))
    kept = door.append("Drafts", LETTER, [r"\Draft", r"\Deleted"])
    uid = door.append("Drafts", LETTER, [r"\Draft"])
    assert uid is not None
    assert withdraw(door, uid, "Trash") is True
    assert door.uids("Drafts") == [kept], "the draft that another program marked as deleted stays"
    assert len(door.uids("Trash")) == 1


def test_only_uidplus_can_withdraw_without_a_trash(dovecot_with: StartDovecot, open_for: OpenDoor) -> None:
    door = open_for(account_on(dovecot_with("--hide", "UIDPLUS")))
    uid = door.append("Drafts", LETTER, [r"\Draft"])
    assert uid is not None
    assert withdraw(door, uid, None) is False
    assert door.uids("Drafts") == [uid]


def test_a_full_mailbox_is_the_trouble_of_that_mailbox(dovecot_with: StartDovecot, open_for: OpenDoor) -> None:
    door = open_for(account_on(dovecot_with("--quota", "1K")))
    with pytest.raises(MailboxError) as caught:
        door.append("Drafts", LETTER + b"x" * 2000, [r"\Draft"])
    assert caught.value.code == "over_quota"
    assert "room" in caught.value.cure


def test_many_messages_come_in_batches_whatever_their_order(dovecot: Dovecot, open_for: OpenDoor) -> None:
    user = fresh_user(dovecot)
    door = open_for(account_on(dovecot, username=user))
    with imaplib.IMAP4(dovecot.host, dovecot.port) as client:
        client.login(user, PASSWORD)
        for _ in range(60):
            client.append("Archive", "", "", LETTER)
    uids = door.uids("Archive")
    assert len(uids) == 60
    assert sorted(raw.uid for raw in door.headers("Archive", [*uids[::-1], uids[0], 9999])) == uids


@pytest.fixture
def meddler(dovecot: Dovecot) -> Iterator[int]:
    """Run somebody in between who adds lines, in the clear, to the answer that begins TLS; the port is given."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pass_on(source: socket.socket, target: socket.socket, meddle: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if meddle and b"Begin TLS" in data:
                    data += b"* CAPABILITY IMAP4rev1 INJECTED\r\n* OK [CAPABILITY IMAP4rev1 INJECTED] hello\r\n"
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def sit_between() -> None:
        client, _ = listener.accept()
        with client, socket.create_connection((dovecot.host, dovecot.port)) as server:
            other_way = threading.Thread(target=pass_on, args=(client, server, False))
            other_way.start()
            pass_on(server, client, True)
            other_way.join()

    meddling = threading.Thread(target=sit_between)
    meddling.start()
    yield listener.getsockname()[1]
    meddling.join()
    listener.close()


def test_what_was_said_before_the_protection_is_forgotten(dovecot: Dovecot, meddler: int, open_for: OpenDoor) -> None:
    """The added lines came with the last answer in the clear and lie unread in the buffer when TLS begins."""
    door = open_for(account_on(dovecot, security="starttls", port=meddler))
    assert "INJECTED" not in door.capabilities
    assert door.folders()
    door.close()
