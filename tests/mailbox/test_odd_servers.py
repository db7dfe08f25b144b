"""Servers that babble, lie, leave things out or do not end: what can be read is read, and nothing foreign is raised."""

import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from assistant.demo.server import Command, obey
from assistant.errors import (
    AccountLater,
    AssistantError,
    MailboxError,
    MessageError,
)
from assistant.mailbox import wire
from assistant.model import Role
from tests.mailbox.conftest import OpenDoor, account_on
from tests.mailbox.door_contract import LETTER, withdraw
from tests.mailbox.scripts import CarryOut, Serve, only_for, say


def test_a_status_without_its_text_is_understood(serve: Serve, open_for: OpenDoor) -> None:
    def terse(command: Command, carry_out: CarryOut) -> bytes:
        return re.sub(rb"(?m)^(\S+ OK) (?!\[)[^\r]*\r$", rb"\1\r", carry_out())

    door = open_for(account_on(serve(terse)))
    assert len(door.folders()) == 6
    assert door.uids("INBOX") == [1]
    assert door.raw("INBOX", 1) == LETTER
    uid = door.append("Drafts", LETTER, [])
    assert uid is not None
    assert withdraw(door, uid, "Trash")


def test_an_ok_without_appenduid_is_an_unknown_place(serve: Serve, open_for: OpenDoor) -> None:
    def quiet(_: Command, carry_out: CarryOut) -> bytes:
        return re.sub(rb" \[APPENDUID [^]]*\]", b"", carry_out())

    door = open_for(account_on(serve(only_for("APPEND", quiet))))
    assert door.append("Drafts", LETTER, []) is None
    assert door.uids("Drafts") == [1, 2]


@pytest.mark.parametrize(
    "words",
    [
        b"TAG BAD unknown command\r\n",
        b"TAG NO not here\r\n",
        b"* SEARCH one two\r\nTAG OK\r\n",
        b"* SEARCH\r\nTAG OK nothing found\r\n",
        b"TAG OK nothing to say\r\n",
        b'* ESEARCH (TAG "TAG") UID ALL 1\r\nTAG OK as IMAP4rev2 has it\r\n',
        b"* SEARCH 99999999999999999999\r\nTAG OK\r\n",
    ],
)
def test_a_server_without_search_worth_the_name_is_read_all_the_same(
    serve: Serve, open_for: OpenDoor, words: bytes
) -> None:
    door = open_for(account_on(serve(only_for("UID SEARCH", say(words)))))
    assert [door.uids("INBOX"), door.uids("INBOX", 2), door.uids("Sent")] == [[1], [], []]


def test_a_message_that_comes_with_the_answer_before_its_own_is_not_lost(serve: Serve, open_for: OpenDoor) -> None:
    early: list[bytes] = []

    def all_at_once(command: Command, carry_out: CarryOut) -> bytes:
        answer = carry_out()
        if early:
            return command.tag + b" OK done\r\n"
        early.append(answer)
        lines, _, ending = answer.rpartition(command.tag)
        return lines + lines.replace(b"* 1 FETCH (UID 1 ", b"* 2 FETCH (UID 2 ") + command.tag + ending

    door = open_for(account_on(serve(only_for("UID FETCH", all_at_once))))
    assert door.append("INBOX", LETTER, []) == 2
    assert [raw.uid for raw in door.headers("INBOX", [1], then=[2])] == [1]
    assert [raw.uid for raw in door.headers("INBOX", [2])] == [2]


@pytest.mark.parametrize("verb", ["LIST", "STATUS", "UID FETCH", "UID SEARCH", "EXAMINE"])
@pytest.mark.parametrize(
    "nonsense",
    [
        b"* LIST\r\n* LIST (\r\n* LIST () NIL\r\n",
        b"* STATUS\r\n* STATUS INBOX (MESSAGES\r\n* STATUS INBOX (MESSAGES NIL UIDNEXT -1)\r\n",
        b"* SEARCH x y\r\n",
        b"* 1 FETCH\r\n* 1 FETCH (\r\n* 1 FETCH (UID x FLAGS (\\Seen))\r\n* 99 FETCH (UID 1 FLAGS NIL)\r\n",
        b"* 1 FETCH (UID 1 BODYSTRUCTURE " + b"(" * 5000 + b")\r\n",
        b"* 0 EXISTS\r\n* -1 RECENT\r\n* 18446744073709551616 EXISTS\r\n",
        b"* OK [UIDVALIDITY 99999999999999999999] x\r\n* OK [UIDNEXT] y\r\n* OK [\r\n",
        b"* XYZZY plugh\r\n* FLAGS\r\n* CAPABILITY\r\n",
    ],
    ids=["list", "status", "search", "fetch", "deep", "counts", "codes", "unknown"],
)
def test_nonsense_between_the_lines_raises_nothing_foreign(
    serve: Serve, open_for: OpenDoor, verb: str, nonsense: bytes
) -> None:
    def babble(_: Command, carry_out: CarryOut) -> bytes:
        return nonsense + carry_out()

    door = open_for(account_on(serve(only_for(verb, babble))), seconds=5)
    for ask in (
        lambda: door.folders(),
        lambda: door.status(["INBOX"]),
        lambda: door.uids("INBOX"),
        lambda: list(door.headers("INBOX", [1])),
        lambda: door.flags("INBOX", [1]),
        lambda: door.arrivals("INBOX", [1]),
        lambda: door.body("INBOX", 1),
        lambda: door.raw("INBOX", 1),
    ):
        with suppress(AssistantError):
            ask()


def test_a_huge_literal_is_kept_only_in_its_beginning(serve: Serve, open_for: OpenDoor) -> None:
    long = b"Subject: " + b"x" * 3_000_000 + b"\r\n\r\n"

    def swell(command: Command, carry_out: CarryOut) -> bytes:
        if b"HEADER.FIELDS" not in command.line:
            return carry_out()
        head = b"* 1 FETCH (UID 1 FLAGS () BODY[HEADER.FIELDS (SUBJECT)] {%d}\r\n" % len(long)
        return head + long + b")\r\n" + command.tag + b" OK done\r\n"

    door = open_for(account_on(serve(only_for("UID FETCH", swell))))
    [raw] = door.headers("INBOX", [1])
    assert len(raw.block) == 64 * 1024
    assert door.uids("INBOX") == [1], "the rest was read away, and the dialogue goes on"


def test_an_answer_without_end_is_cut_off(serve: Serve, open_for: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_ANSWER_LIMIT", 100_000)
    flood = b"* 1 FETCH (FLAGS ())\r\n" * 10_000
    door = open_for(account_on(serve(only_for("UID SEARCH", say(flood)))))
    with pytest.raises(AccountLater, match="does not end"):
        door.uids("INBOX")


def test_a_line_without_end_is_cut_off(serve: Serve, open_for: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LINE_LIMIT", 10_000)
    door = open_for(account_on(serve(only_for("UID SEARCH", say(b"* SEARCH" + b" 1" * 10_000 + b"\r\n")))))
    with pytest.raises(AccountLater, match="does not end"):
        door.uids("INBOX")


def test_the_uids_of_a_very_large_mailbox_fit_into_one_line(serve: Serve, open_for: OpenDoor) -> None:
    def many(command: Command, _: CarryOut) -> bytes:
        return b"* SEARCH " + b" ".join(b"%d" % uid for uid in range(1, 200_001)) + b"\r\n" + command.tag + b" OK\r\n"

    door = open_for(account_on(serve(only_for("UID SEARCH", many))))
    assert len(door.uids("INBOX")) == 200_000


@pytest.mark.parametrize("code", ["", "[SERVERBUG] "])
def test_one_message_that_the_server_cannot_show_hides_no_other(serve: Serve, open_for: OpenDoor, code: str) -> None:
    """The batch is halved until the message to blame stands alone; it is known to exist, with nothing known of it."""

    def choke(command: Command, carry_out: CarryOut) -> bytes:
        uids = command.line.split()[3].decode()
        low, _, high = uids.partition(":")
        hit = b"HEADER.FIELDS" in command.line and int(low) <= 7 <= int(high or low)
        return command.tag + b" NO %scannot read a message\r\n" % code.encode() if hit else carry_out()

    server = serve(only_for("UID FETCH", choke))
    store = server.site.mail["ann"]
    for _ in range(11):
        store.add("Archive", LETTER, internal_date=datetime(2024, 3, 7, tzinfo=UTC))
    found = {raw.uid: raw for raw in open_for(account_on(server)).headers("Archive", range(1, 12))}
    assert sorted(found) == list(range(1, 12))
    assert [uid for uid, raw in found.items() if not raw.block] == [7]


@pytest.mark.parametrize(("code", "reach"), [("", MailboxError), ("[SERVERBUG] ", AccountLater)])
def test_a_mailbox_that_shows_no_message_at_all_is_given_up(
    serve: Serve, open_for: OpenDoor, code: str, reach: type[AssistantError]
) -> None:
    server = serve(only_for("UID FETCH", say(b"TAG NO %sindex is broken\r\n" % code.encode())))
    with pytest.raises(reach, match="index is broken"):
        list(open_for(account_on(server)).headers("INBOX", range(1, 1001)))
    assert len(server.commands_seen) < 100


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 1 BODYSTRUCTURE " + b"(" * 3000 + b"\r\nTAG OK done\r\n",
        b'* 1 FETCH (UID 1 BODYSTRUCTURE ("TEXT"))\r\nTAG OK done\r\n',
        b"* 1 FETCH (UID 1 BODYSTRUCTURE NIL)\r\nTAG OK done\r\n",
        b"TAG OK and no answer\r\n",
        b"TAG NO [EXPUNGEISSUED] gone\r\n",
    ],
    ids=["deep", "short", "nil", "nothing", "expunged"],
)
def test_a_body_with_a_nonsensical_structure_is_the_trouble_of_one_message(
    serve: Serve, open_for: OpenDoor, answer: bytes
) -> None:
    door = open_for(account_on(serve(only_for("UID FETCH", say(answer)))))
    with pytest.raises(MessageError):
        door.body("INBOX", 1)


def test_of_texts_asked_for_together_only_the_refused_one_is_missing(serve: Serve, open_for: OpenDoor) -> None:
    def choke(command: Command, carry_out: CarryOut) -> bytes:
        hit = b"UID 7 " in (answer := carry_out()) and b"BODY" in command.line
        return command.tag + b" NO cannot read a message\r\n" if hit else answer

    server = serve(only_for("UID FETCH", choke))
    for _ in range(11):
        server.site.mail["ann"].add("Archive", LETTER, internal_date=datetime(2024, 3, 7, tzinfo=UTC))
    found = dict(open_for(account_on(server)).bodies("Archive", range(1, 12)))
    assert sorted(found) == list(range(1, 12))
    assert [uid for uid, one in found.items() if isinstance(one, MessageError)] == [7]


def test_a_mailbox_that_shows_no_text_at_all_is_given_up_and_nothing_is_put_aside(
    serve: Serve, open_for: OpenDoor
) -> None:
    server = serve(only_for("UID FETCH", say(b"TAG NO index is broken\r\n")))
    with pytest.raises(MailboxError, match="index is broken"):
        next(open_for(account_on(server)).bodies("INBOX", range(1, 100)))
    assert len(server.commands_seen) < 100


def test_gmail_is_asked_for_its_labels_and_conversations(serve: Serve, open_for: OpenDoor) -> None:
    def label(command: Command, carry_out: CarryOut) -> bytes:
        if b"X-GM-LABELS" not in command.line:
            return carry_out()
        head = rb'* 1 FETCH (X-GM-THRID 17 X-GM-LABELS ("\\Draft" Work) UID 1 FLAGS () BODY[HEADER.FIELDS (FROM)] {2}'
        return head + b"\r\n\r\n)\r\n" + command.tag + b" OK done\r\n"

    [raw] = open_for(account_on(serve(only_for("UID FETCH", label), "X-GM-EXT-1"))).headers("INBOX", [1])
    assert raw.labels == {"\\Draft", "Work"}
    assert raw.conversation == 17


def test_other_servers_are_not_asked_for_what_only_gmail_has(serve: Serve, open_for: OpenDoor) -> None:
    server = serve(obey)
    [raw] = open_for(account_on(server)).headers("INBOX", [1])
    assert (raw.labels, raw.conversation) == (frozenset(), None)
    assert not any(b"X-GM" in line for line in server.commands_seen)


def test_a_failed_uid_expunge_leaves_the_draft_unmarked(serve: Serve, open_for: OpenDoor) -> None:
    """Proton's bridge announces UIDPLUS and refuses UID EXPUNGE."""
    server = serve(only_for("UID EXPUNGE", say(b"TAG NO not supported\r\n")), without="MOVE")
    door = open_for(account_on(server))
    with pytest.raises(MailboxError):
        withdraw(door, 1, "Trash")
    assert door.flags("Drafts", [1]) == {1: frozenset()}


def test_where_no_uidvalidity_is_told_the_message_itself_decides_whether_it_is_withdrawn(
    serve: Serve, open_for: OpenDoor
) -> None:
    def silent(_: Command, carry_out: CarryOut) -> bytes:
        return re.sub(rb"\* OK \[UIDVALIDITY[^\n]*\n| ?UIDVALIDITY \d+", b"", carry_out())

    door = open_for(account_on(serve(silent)))
    assert door.glance("Drafts").uidvalidity == 0
    with pytest.raises(MessageError):
        withdraw(door, 1, "Trash", lambda _flags, raw: raw != LETTER)
    assert withdraw(door, 1, "Trash", lambda _flags, raw: raw == LETTER)
    assert door.uids("Drafts") == []


def test_names_are_looked_up_and_made_under_the_namespace(serve: Serve, open_for: OpenDoor) -> None:
    server = serve(
        only_for(
            "LIST", say(b'* LIST () "." INBOX\r\n* LIST () "." "box.Drafts"\r\n* LIST () "." box.Sent\r\nTAG OK\r\n')
        )
    )
    server.script = (
        lambda inner: (
            lambda command, carry_out: (
                b'* NAMESPACE (("box." ".")) NIL NIL\r\n' + command.tag + b" OK\r\n"
                if command.name == "NAMESPACE"
                else inner(command, carry_out)
            )
        )
    )(server.script)
    door = open_for(account_on(server))
    found = {folder.role: folder.name for folder in door.folders()}
    assert found == {Role.INBOX: "INBOX", Role.DRAFTS: "box.Drafts", Role.SENT: "box.Sent"}
    named = [door.make(name) for name in ("Follow-ups", "box.Drafts", "inbox")]
    assert named == ["box.Follow-ups", "box.Drafts", "inbox"]
    made = [line.split(maxsplit=1)[1] for line in server.commands_seen if b"CREATE" in line or b"SUBSCRIBE" in line]
    assert made == [b'CREATE "box.Follow-ups"', b'SUBSCRIBE "box.Follow-ups"']


@pytest.mark.parametrize("words", [b"NO", b"BAD"])
def test_states_asked_for_together_are_told_apart_whatever_the_server_makes_of_them(
    serve: Serve, open_for: OpenDoor, words: bytes
) -> None:
    def one_is_refused(command: Command, carry_out: CarryOut) -> bytes:
        refused = command.tag + b" " + words + b" not here\r\n"
        return refused if b"Sent" in command.line else carry_out().replace(b"INBOX", b"Inbox")

    door = open_for(account_on(serve(only_for("STATUS", one_is_refused))))
    door.append("Drafts", LETTER, [])
    told = door.status(["INBOX", "Sent", "Drafts"])
    assert {name: one.messages for name, one in told.items()} == {"INBOX": 1, "Drafts": 2}


def test_an_inbox_that_is_listed_twice_is_one(serve: Serve, open_for: OpenDoor) -> None:
    def twice(_: Command, carry_out: CarryOut) -> bytes:
        return b'* LIST () "/" inbox\r\n* LIST () "/" INBOX\r\n' + carry_out()

    names = [folder.name for folder in open_for(account_on(serve(only_for("LIST", twice)))).folders()]
    assert sorted(names) == sorted(set(names))
    assert [name.upper() for name in names].count("INBOX") == 1


def test_a_mailbox_that_was_left_out_of_the_state_of_all_is_asked_for_its_own(serve: Serve, open_for: OpenDoor) -> None:
    def forgetful(_: Command, carry_out: CarryOut) -> bytes:
        return re.sub(rb'(?m)^\* STATUS "Sent".*\n', b"", carry_out())

    door = open_for(account_on(serve(only_for("LIST", forgetful))))
    names = [folder.name for folder in door.folders()]
    assert set(door.status(names)) == set(names)


def test_a_server_that_answers_later_questions_first_is_understood(serve: Serve, open_for: OpenDoor) -> None:
    held: list[bytes] = []

    def backwards(_: Command, carry_out: CarryOut) -> bytes:
        held.append(carry_out())
        return b"".join(reversed(held)) if len(held) == 2 else b""

    door = open_for(account_on(serve(only_for("STATUS", backwards))), seconds=5)
    door.append("Drafts", LETTER, [])
    assert {name: one.messages for name, one in door.status(["INBOX", "Drafts"]).items()} == {"INBOX": 1, "Drafts": 2}


def test_a_mailbox_that_does_not_open_is_not_the_trouble_of_its_messages(serve: Serve, open_for: OpenDoor) -> None:
    door = open_for(account_on(serve(only_for("EXAMINE", say(b"TAG NO Internal error occurred\r\n")))))
    for ask in (door.headers, door.bodies):
        with pytest.raises(MailboxError):
            list(ask("INBOX", [1]))
