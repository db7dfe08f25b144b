"""Reading an account into the store, however its mailboxes are made."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from assistant import reading
from assistant.demo.server import Command, DemoServer, HangUp, MailStore, Script, obey
from assistant.errors import AccountLater
from assistant.mailbox.door import Progress, silent
from assistant.mailbox.imap import open_door
from assistant.mailbox.secrecy import Secret
from assistant.model import Role
from assistant.reading import AccountReading, Own, read_account
from assistant.store.database import open_mail, prepare
from assistant.store.messages import MailFacts
from tests.canary import PASSWORD
from tests.mailbox.conftest import account_on

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
SUES = Own(addresses=frozenset({"sue@example.org"}))
LETTER = b"From: ana@example.net\r\nTo: sue@example.org\r\nSubject: The lease\r\n\r\nHello\r\n"


def look(
    server: DemoServer, state: Path, since: datetime = BEGAN, progress: Progress = silent, **settings: object
) -> tuple[AccountReading, int]:
    """Look at the account; return what that brought, and how many commands it took."""
    account, before = account_on(server).model_copy(update=settings), len(server.commands_seen)
    prepare(state)
    with closing(open_mail(state)) as database, closing(open_door(account, Secret(PASSWORD, "ann"))) as door:
        found = read_account(door, account, MailFacts(database), since, progress, own=SUES)
        return found, len(server.commands_seen) - before


def test_ten_thousand_empty_mailboxes_are_not_opened_and_hide_no_mail(tmp_path: Path) -> None:
    """It takes seconds; were any step to look at all mailboxes for each of them, it would take an hour."""
    names = [b"lists/%d" % number for number in range(10_000)]
    listed = b"".join(b'* LIST () "/" "%s"\r\n' % name for name in names)
    states = b"".join(b'* STATUS "%s" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\r\n' % name for name in names)

    def many(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        if command.name != "LIST":
            return carry_out()
        return listed + (states if b"STATUS" in command.line else b"") + carry_out()

    store = MailStore()
    for name in ("Drafts", "Sent"):
        store.create(name, f"\\{name}")
    store.add("INBOX", LETTER, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store, script=many) as server:
        found, commands = look(server, tmp_path)
        assert (len(found.folders), found.new, found.troubles) == (10_003, 1, ())
        assert commands < 20
        again, commands = look(server, tmp_path)
        assert (again.new, again.troubles) == (0, ())
        assert commands < 20


def test_a_server_that_lists_nothing_has_not_lost_all_mail(tmp_path: Path) -> None:
    def empty(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        return command.tag + b" OK that is all\r\n" if command.name == "LIST" else carry_out()

    store = MailStore()
    store.add("INBOX", LETTER, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store) as server:
        assert look(server, tmp_path)[0].new == 1
        server.script = empty
        with pytest.raises(AccountLater):
            look(server, tmp_path)
        server.script = obey
        again = look(server, tmp_path)[0]
        assert (again.new, again.renumbered) == (0, ())


def shared(_: Command, carry_out: Callable[[], bytes]) -> bytes:
    """Be a server on which what lies below "shared" is other people's."""
    return carry_out().replace(b'(("" "/")) NIL NIL', b'(("" "/")) (("shared/" "/")) NIL')


def test_what_other_people_own_and_what_is_only_shown_again_is_not_read(tmp_path: Path) -> None:
    """A mailbox of everything has the user's drafts in it, and no server but Gmail says which these are."""
    store = MailStore()
    names = ("INBOX", "Drafts", "Sent", "Everything", "shared/ben/Sent", "Trash/Old", "Entwürfe")
    for name, use in zip(names[1:], ("\\Drafts", "\\Sent", "\\All", "\\Sent"), strict=False):
        store.create(name, use)
    for name in names[5:]:
        store.create(name)
    for number, name in enumerate(names):
        store.add(name, b"Message-ID: <%d@example.org>\r\n" % number + LETTER, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store, script=shared) as server:
        found, _ = look(server, tmp_path)
        assert (found.new, found.folder(Role.SENT), found.troubles) == (3, "Sent", ())
    with closing(open_mail(tmp_path)) as database:
        read = {(one.mailbox, one.role) for one in MailFacts(database).messages(frozenset())}
    assert read == {("INBOX", Role.INBOX), ("Sent", Role.SENT), ("Trash/Old", Role.TRASH)}


def test_a_mailbox_of_others_that_the_settings_name_is_read(tmp_path: Path) -> None:
    store = MailStore()
    store.create("shared/office")
    store.add("shared/office", LETTER, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store, script=shared) as server:
        assert look(server, tmp_path)[0].new == 0
        assert look(server, tmp_path, mailboxes=("INBOX", "shared/office"))[0].new == 1


def places(state: Path) -> set[tuple[str, Role, int | None]]:
    """Return where all known mail lies, and as what it counts."""
    with closing(open_mail(state)) as database:
        return {(one.mailbox, one.role, one.uid) for one in MailFacts(database).messages(frozenset())}


def test_drafts_that_were_read_before_their_mailbox_was_known_are_no_mail_any_more(tmp_path: Path) -> None:
    store = MailStore()
    store.create("Notatki robocze")
    store.add("Notatki robocze", LETTER, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store) as server:
        assert look(server, tmp_path)[0].new == 1
        assert look(server, tmp_path, drafts="Notatki robocze")[0].new == 0
        assert places(tmp_path) == {("Notatki robocze", Role.DRAFTS, None)}
        assert look(server, tmp_path)[0].new == 0
    assert places(tmp_path) == {("Notatki robocze", Role.OTHER, 1)}


def test_mail_of_a_mailbox_that_the_settings_leave_out_lies_nowhere_until_they_name_it_again(tmp_path: Path) -> None:
    store = MailStore()
    store.create("Garden")
    store.add("Garden", LETTER, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store) as server:
        assert look(server, tmp_path)[0].new == 1
        assert look(server, tmp_path, mailboxes=("INBOX",))[0].new == 0
        assert places(tmp_path) == {("Garden", Role.OTHER, None)}
        back = look(server, tmp_path)[0]
    assert (back.new, back.renumbered) == (0, ("Garden",))
    assert places(tmp_path) == {("Garden", Role.OTHER, 1)}


def test_mail_is_known_again_in_a_mailbox_of_everything_that_appears_later(tmp_path: Path) -> None:
    """As when IMAP is allowed to show All Mail; the demo's server has no labels, so the settings must name it."""
    store = MailStore()
    store.add("INBOX", b"Message-ID: <a@example.net>\r\n" + LETTER, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store) as server:
        assert look(server, tmp_path)[0].new == 1
        store.create("All Mail", "\\All")
        store.add("All Mail", b"Message-ID: <a@example.net>\r\n" + LETTER, internal_date=BEGAN)
        assert look(server, tmp_path, mailboxes=("All Mail",))[0].new == 0
    assert places(tmp_path) == {("All Mail", Role.VIEW, 1)}


def test_trash_is_read_beside_the_mailboxes_that_the_settings_name(tmp_path: Path) -> None:
    store = MailStore()
    store.create("Papierkorb", "\\Trash")
    store.create("Papierkorb/Alt")
    for name in ("Papierkorb", "Papierkorb/Alt"):
        store.add(name, LETTER, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store) as server:
        assert look(server, tmp_path, mailboxes=("INBOX",))[0].new == 1
    assert places(tmp_path) == {("Papierkorb", Role.TRASH, 1)}


def times(state: Path) -> dict[str, list[int]]:
    """Return how many days before the beginning the mail of each mailbox is dated."""
    found: dict[str, list[int]] = {}
    with closing(open_mail(state)) as database:
        for one in MailFacts(database).messages(frozenset()):
            found.setdefault(one.mailbox, []).append((BEGAN - one.when).days if one.when else -1)
    return found


def written(days: int, letter: bytes = LETTER) -> bytes:
    """Return a letter that says when it was written."""
    return b"Date: " + format_datetime(BEGAN - timedelta(days=days)).encode() + b"\r\n" + letter


def test_mail_that_was_moved_here_is_as_old_as_it_says_and_other_mail_is_not(tmp_path: Path) -> None:
    store = MailStore()
    store.create("Projects")
    for number in range(12):
        store.add("Projects", written(900 - number), internal_date=BEGAN - timedelta(days=9))
    store.add("Projects", written(800), internal_date=BEGAN - timedelta(days=3))  # a clock that is wrong
    for _ in range(900):
        store.add("INBOX", written(1000), internal_date=BEGAN - timedelta(days=200))
    for number in range(1500):
        store.add("INBOX", written(number // 10), internal_date=BEGAN - timedelta(days=number // 10))
    with DemoServer({"ann": PASSWORD}, store) as server:
        look(server, tmp_path, BEGAN - timedelta(days=1100))
    found = times(tmp_path)
    assert found["Projects"] == [*range(900, 888, -1), 3]
    assert found["INBOX"] == sorted([1000] * 900 + [number // 10 for number in range(1500)], reverse=True)


def test_sent_mail_is_as_old_as_it_says_wherever_it_is_filed(tmp_path: Path) -> None:
    store, sent = MailStore(), b"From: sue@example.org\r\nTo: ana@example.net\r\n\r\nHello\r\n"
    store.create("Archive/2019")
    for letter in (written(900, sent), written(800, b"Return-Path: <sue@example.org>\r\n" + sent), written(700)):
        store.add("Archive/2019", letter, internal_date=BEGAN)
    with DemoServer({"ann": PASSWORD}, store) as server:
        look(server, tmp_path)
    assert times(tmp_path) == {"Archive/2019": [900, 0, 0]}, "who else delivered it has the better clock"


def daily(days: int) -> MailStore:
    """Return an INBOX with one mail a day, the last one of the day on which the look-back begins."""
    store = MailStore()
    for day in range(days):
        store.add("INBOX", LETTER, internal_date=BEGAN - timedelta(days=days - 1 - day))
    return store


def cut_at(uids: bytes) -> Script:
    """Hang up when the header lines of these are asked for, and from then on at every question for messages."""
    cut = False

    def answer(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        nonlocal cut
        cut = cut or (b"UID FETCH %s " % uids in command.line and b"HEADER" in command.line)
        if cut and command.name == "UID FETCH":
            raise HangUp
        return carry_out()

    return answer


def shown(server: DemoServer, since: int = 0) -> list[str]:
    """Return the UIDs of which header lines were asked for together."""
    asked = (re.search(rb"UID FETCH (\S+) .*HEADER", line) for line in server.commands_seen[since:])
    return [match[1].decode() for match in asked if match]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty messages are a large mailbox."""
    monkeypatch.setattr(reading, "CHUNK", 4)


def test_mail_that_came_during_a_look_and_left_before_the_next_is_known_to_have_left(tmp_path: Path) -> None:
    store, late = daily(3), b"Message-ID: <late@example.net>\r\n" + LETTER
    store.create("Trash", "\\Trash")

    def mail_comes(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        if command.name == "EXAMINE":
            store.add("INBOX", late, internal_date=BEGAN)
        return carry_out()

    with DemoServer({"ann": PASSWORD}, store) as server:
        assert look(server, tmp_path)[0].new == 3
        store.add("INBOX", LETTER, internal_date=BEGAN)
        server.script = mail_comes
        assert look(server, tmp_path)[0].new == 2
        server.script = obey
        del store.mailboxes["INBOX"].messages[5]
        store.add("Trash", late, internal_date=BEGAN)
        look(server, tmp_path)
    with closing(open_mail(tmp_path)) as database:
        known = list(MailFacts(database).messages(frozenset()))
    assert [one.role for one in known if one.message_id == "late@example.net"] == [Role.TRASH]


def test_where_the_next_uid_is_not_told_a_mailbox_that_lost_its_newest_mail_is_the_same(tmp_path: Path) -> None:
    def tells_less(_: Command, carry_out: Callable[[], bytes]) -> bytes:
        return re.sub(rb" ?UIDNEXT \d+", b"", carry_out())

    store = daily(5)
    with DemoServer({"ann": PASSWORD}, store, script=tells_less) as server:
        assert look(server, tmp_path)[0].new == 5
        del store.mailboxes["INBOX"].messages[5]
        before = len(server.commands_seen)
        found, _ = look(server, tmp_path)
        assert (found.new, found.renumbered, shown(server, before)) == (0, (), [])
        store.add("INBOX", b"Message-ID: <next@example.net>\r\n" + LETTER, internal_date=BEGAN)
        assert look(server, tmp_path)[0].new == 1


@pytest.mark.usefixtures("small_chunks")
def test_a_server_without_a_clock_has_no_old_mail(tmp_path: Path) -> None:
    store = MailStore()
    for _ in range(20):
        store.add("INBOX", LETTER, internal_date=datetime(1970, 1, 1, tzinfo=UTC))
    with DemoServer({"ann": PASSWORD}, store) as server:
        assert look(server, tmp_path)[0].new == 20


@pytest.mark.usefixtures("small_chunks")
def test_progress_counts_over_all_mailboxes_and_leaves_out_what_is_too_old(tmp_path: Path) -> None:
    store = daily(20)
    for name in ("Häuser", "Gärten"):
        store.create(name)
        for _ in range(3):
            store.add(name, LETTER, internal_date=BEGAN)
    told: list[tuple[str, int, int]] = []
    with DemoServer({"ann": PASSWORD}, store) as server:
        look(server, tmp_path, BEGAN - timedelta(days=6), lambda *heard: told.append(heard))
    assert told[-4:] == [("home", 4, 13), ("home", 7, 13), ("home", 10, 13), ("home", 13, 13)]


@pytest.mark.usefixtures("small_chunks")
def test_older_mail_is_read_when_it_is_asked_for_and_then_no_more(tmp_path: Path) -> None:
    with DemoServer({"ann": PASSWORD}, daily(20)) as server:
        assert look(server, tmp_path)[0].new == 1
        further = BEGAN - timedelta(days=8)
        assert [look(server, tmp_path, further)[0].new for _ in range(2)] == [8, 0]
        before = len(server.commands_seen)
        assert look(server, tmp_path)[0].new == 0
        assert shown(server, before) == []
        assert look(server, tmp_path, BEGAN - timedelta(days=99))[0].new == 11


@pytest.mark.usefixtures("small_chunks")
def test_of_mail_filed_in_any_order_all_is_read_that_came_within_the_look_back_and_no_other(tmp_path: Path) -> None:
    store = MailStore()
    for number in range(60):
        old = timedelta(days=1 + number) if number * 7 % 10 else timedelta(days=-number)
        store.add("INBOX", LETTER, internal_date=BEGAN - old)
    with DemoServer({"ann": PASSWORD}, store) as server:
        assert look(server, tmp_path)[0].new == 6
        assert look(server, tmp_path)[0].new == 0
    assert {uid for _, _, uid in places(tmp_path)} == {1, 11, 21, 31, 41, 51}


@pytest.mark.usefixtures("small_chunks")
def test_a_message_of_which_the_server_refuses_to_tell_the_time_is_read_and_no_neighbour(tmp_path: Path) -> None:
    def refuse(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        if re.search(rb" (9:12|9:10|10) \(UID INTERNALDATE\)", command.line):
            return command.tag + b" NO message 10 is broken\r\n"
        return carry_out()

    with DemoServer({"ann": PASSWORD}, daily(20), script=refuse) as server:
        found, _ = look(server, tmp_path)
    assert (found.new, found.troubles) == (2, ())


@pytest.mark.usefixtures("small_chunks")
def test_a_look_back_that_is_raised_while_a_first_reading_is_cut_off_is_read_whole(tmp_path: Path) -> None:
    """What was passed over as too old lies above where the reading stopped."""
    store = MailStore()
    for days in (9, 9, 9, 1, 1, 1, 1, 9, 9, 1, 1, 1):
        store.add("INBOX", LETTER, internal_date=BEGAN - timedelta(days=days))

    with DemoServer({"ann": PASSWORD}, store, script=cut_at(b"4:6")) as server:
        with pytest.raises(AccountLater):
            look(server, tmp_path, BEGAN - timedelta(days=3))
        assert {uid for _, _, uid in places(tmp_path)} == {12, 11, 10, 7}
        server.script = obey
        look(server, tmp_path, BEGAN - timedelta(days=30))
    assert {uid for _, _, uid in places(tmp_path)} == set(range(1, 13))


def test_what_came_before_the_line_broke_for_good_is_not_asked_for_again(tmp_path: Path) -> None:
    """Else a line that never holds for as long as one answer takes would be asked for the same again and again."""

    def cuts(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        told = carry_out()
        if b"HEADER" in command.line:
            server.script = hangs_up
            raise HangUp(told[: told.index(b"UID %d " % (len(store.mailboxes["INBOX"].messages) - 2))])
        return told

    def hangs_up(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        raise HangUp

    store = daily(6)
    with DemoServer({"ann": PASSWORD}, store) as server:
        for first, last in ((1, 6), (7, 12)):
            server.script, before = cuts, len(server.commands_seen)
            with pytest.raises(AccountLater):
                look(server, tmp_path, BEGAN - timedelta(days=99))
            server.script = obey
            assert look(server, tmp_path, BEGAN - timedelta(days=99))[0].new == 3
            assert shown(server, before) == [f"{first}:{last}", f"{last - 2}:{last}"]
            for _ in range(6):
                store.add("INBOX", LETTER, internal_date=BEGAN)


@pytest.mark.usefixtures("small_chunks")
def test_a_reading_that_was_cut_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    everything = BEGAN - timedelta(days=99)
    with DemoServer({"ann": PASSWORD}, daily(20), script=cut_at(b"5:8")) as server:
        with pytest.raises(AccountLater):
            look(server, tmp_path, everything)
        assert shown(server) == ["17:20", "13:16", "9:12", "5:8", "5"]
        server.script = obey
        before = len(server.commands_seen)
        assert look(server, tmp_path, everything)[0].new == 8
        assert shown(server, before) == ["5:8", "1:4"]
