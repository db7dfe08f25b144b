"""What only the demo's own server does: hide capabilities, follow scripts, survive hostile clients."""

import base64
import re
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.exceptions import IMAPClientError, LoginError

from assistant.demo import server as server_module
from assistant.demo.server import DEFAULT_CAPABILITIES, VERBS, Command, DemoServer, HangUp, MailStore
from assistant.demo.session import Session, Site

NOON = datetime(2024, 3, 7, 12, tzinfo=UTC)
MAIL = b"Subject: hello\r\n\r\nwords\r\n"


@pytest.fixture
def serve(request):
    """Start servers with one mail in INBOX and an empty Drafts."""

    def start(**options) -> DemoServer:
        store = MailStore()
        store.create("Drafts", "\\Drafts")
        store.add("INBOX", MAIL, internal_date=NOON)
        server = DemoServer({"ann": "secret"}, store, **options).start()
        request.addfinalizer(server.close)
        return server

    return start


@pytest.fixture
def selected(lines):
    """Make connections that have logged in and opened INBOX."""

    def connect(server):
        line = lines(server)
        line.ask(b"a LOGIN ann secret")
        line.ask(b"b SELECT INBOX")
        return line

    return connect


def store_of(server: DemoServer) -> MailStore:
    return server.site.mail["ann"]


# --- the store --------------------------------------------------------------------------------


def test_store_begins_with_an_inbox_and_counts_uids():
    store = MailStore()
    assert [store.add("INBOX", MAIL, internal_date=NOON) for _ in range(2)] == [1, 2]
    assert list(store.mailboxes["INBOX"].messages) == [1, 2]
    assert store.mailboxes["INBOX"].uidnext == 3


def test_store_keeps_times_in_utc_and_refuses_those_without_zone():
    store = MailStore()
    store.add("INBOX", MAIL, internal_date=NOON.astimezone())
    assert store.mailboxes["INBOX"].messages[1].internal_date.tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        store.add("INBOX", MAIL, internal_date=NOON.replace(tzinfo=None))


def test_store_refuses_a_second_mailbox_of_the_same_name():
    with pytest.raises(ValueError, match="exists"):
        MailStore().create("INBOX")


def test_users_may_have_mail_of_their_own(lines):
    mine, yours = MailStore(), MailStore()
    mine.create("Mine")
    with DemoServer({"me": "1", "you": "2"}, {"me": mine, "you": yours}) as server:
        line = lines(server)
        line.ask(b"a LOGIN you 2")
        assert not any(b"Mine" in reply for reply in line.ask(b'b LIST "" *'))


def test_mail_put_into_the_store_is_announced(serve, selected):
    server = serve()
    line = selected(server)
    store_of(server).add("INBOX", MAIL, internal_date=NOON)
    assert line.ask(b"c NOOP")[0] == b"* 2 EXISTS"


def test_appended_mail_gets_the_time_of_the_clock_given(serve, selected):
    server = serve(clock=lambda: NOON)
    selected(server).ask(b"c APPEND Drafts {3+}\r\na\r\n")
    assert store_of(server).mailboxes["Drafts"].messages[1].internal_date == NOON


# --- capabilities -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capability", "command"),
    [
        ("MOVE", b"MOVE 1 Drafts"),
        ("MOVE", b"UID MOVE 1 Drafts"),
        ("UIDPLUS", b"UID EXPUNGE 1"),
        ("UNSELECT", b"UNSELECT"),
        ("NAMESPACE", b"NAMESPACE"),
        ("ID", b"ID NIL"),
        ("ENABLE", b"ENABLE CONDSTORE"),
        ("LIST-STATUS", b'LIST "" * RETURN (STATUS (MESSAGES))'),
        ("SPECIAL-USE", b'LIST "" * RETURN (SPECIAL-USE)'),
        ("SPECIAL-USE", b'LIST (SPECIAL-USE) "" *'),
    ],
)
def test_hidden_capability_is_neither_advertised_nor_there(serve, selected, capability, command):
    assert selected(serve()).ask(b"c " + command)[-1].startswith(b"c OK")
    line = selected(serve(capabilities=[word for word in DEFAULT_CAPABILITIES if word != capability]))
    assert line.ask(b"c " + command)[-1].startswith(b"c BAD")
    assert capability.encode() not in line.ask(b"d CAPABILITY")[0].split()
    assert len(store_of(serve()).mailboxes["INBOX"].messages) == 1


def test_without_uidplus_no_uids_are_told(serve, selected):
    line = selected(serve(capabilities=["IMAP4rev1", "MOVE", "LITERAL+"]))
    for command in (b"APPEND Drafts {3+}\r\na\r\n", b"UID COPY 1 Drafts", b"UID MOVE 1 Drafts"):
        answer = line.ask(b"c " + command)
        assert answer[-1].startswith(b"c OK")
        assert not any(b"UID " in reply and b"[" in reply for reply in answer)


def test_special_attributes_are_sent_without_special_use(serve, clients):
    client = clients(serve(capabilities=["IMAP4rev1"]))
    client.login("ann", "secret")
    assert client.find_special_folder(b"\\Drafts") == "Drafts"


def test_uninvited_literal_ends_the_connection(serve, lines):
    line = lines(serve(capabilities=["IMAP4rev1"]))
    assert line.ask(b"a LOGIN {3+}\r\nann secret")[-1].startswith(b"* BYE")


@pytest.mark.parametrize("mechanism", ["PLAIN", "XOAUTH2", "OAUTHBEARER", "NTLM"])
def test_mechanism_that_is_not_advertised_is_refused(serve, lines, mechanism):
    line = lines(serve(capabilities=["IMAP4rev1", "SASL-IR"]))
    assert line.ask(f"a AUTHENTICATE {mechanism} AA==".encode())[-1].startswith(b"a NO")


def test_initial_response_needs_sasl_ir(serve, lines):
    line = lines(serve(capabilities=["IMAP4rev1", "AUTH=PLAIN"]))
    response = base64.b64encode(b"\0ann\0secret")
    assert line.ask(b"a AUTHENTICATE PLAIN " + response)[-1].startswith(b"a BAD")


def test_login_can_be_disabled(serve, clients):
    client = clients(serve(capabilities=[*DEFAULT_CAPABILITIES, "LOGINDISABLED"]))
    with pytest.raises(LoginError, match="PRIVACYREQUIRED"):
        client.login("ann", "secret")
    client.plain_login("ann", "secret")


# --- scripts ----------------------------------------------------------------------------------


def test_script_may_answer_instead(serve, selected):
    def over_quota(command, carry_out):
        if command.name == "APPEND":
            return command.tag + b" NO [OVERQUOTA] mailbox is full\r\n"
        return carry_out()

    server = serve(script=over_quota)
    line = selected(server)
    assert line.ask(b"c APPEND Drafts {3+}\r\na\r\n") == [b"c NO [OVERQUOTA] mailbox is full"]
    assert not store_of(server).mailboxes["Drafts"].messages


def test_script_may_change_the_answer(serve, selected):
    def without_code(command, carry_out):
        return re.sub(rb"\[APPENDUID [^]]*\] ", b"", carry_out())

    server = serve(script=without_code)
    assert selected(server).ask(b"c APPEND Drafts {3+}\r\na\r\n") == [b"c OK APPEND completed"]
    assert len(store_of(server).mailboxes["Drafts"].messages) == 1


@pytest.mark.parametrize("sent", [0, 1, 5])
def test_script_may_cut_the_connection_after_some_bytes(serve, selected, sent):
    def cut(command, carry_out):
        answer = carry_out()
        if command.name == "APPEND":
            raise HangUp(answer[:sent])
        return answer

    server = serve(script=cut)
    line = selected(server)
    line.send(b"c APPEND Drafts {3+}\r\na\r\n\r\n")
    assert line.read() == b"c OK [APPENDUID"[:sent]
    assert len(store_of(server).mailboxes["Drafts"].messages) == 1


def test_script_may_drop_the_connection_before_anything_is_done(serve, selected):
    def drop(command, carry_out):
        if command.name == "APPEND":
            raise HangUp(b"* BYE going down\r\n")
        return carry_out()

    server = serve(script=drop)
    assert selected(server).ask(b"c APPEND Drafts {3+}\r\na\r\n") == [b"* BYE going down"]
    assert not store_of(server).mailboxes["Drafts"].messages


def test_script_may_use_a_wrong_tag_or_stay_silent(serve, selected):
    def confuse(command, carry_out):
        if command.name == "CHECK":
            return b""
        return b"zz OK done\r\n" if command.name == "NOOP" else carry_out()

    line = selected(serve(script=confuse))
    line.send(b"c CHECK\r\nd NOOP\r\n")
    assert line.read() == b"zz OK done\r\n"


def test_script_may_wait(serve, selected):
    go_on = threading.Event()

    def wait(command, carry_out):
        if command.name == "CHECK":
            go_on.wait()
        return carry_out()

    server = serve(script=wait)
    slow, quick = selected(server), selected(server)
    slow.send(b"c CHECK\r\n")
    assert quick.ask(b"c NOOP")[-1].startswith(b"c OK")
    go_on.set()
    assert slow.read().startswith(b"c OK")


def test_script_may_replace_the_greeting_and_knows_the_session(serve, lines):
    def unavailable_at_first(command, carry_out):
        if command.name == "GREETING" and command.session == 1:
            raise HangUp(b"* BYE [UNAVAILABLE] later\r\n")
        return carry_out()

    server = serve(script=unavailable_at_first)
    assert lines(server).greeting.startswith(b"* BYE")
    assert lines(server).greeting.startswith(b"* OK")


def test_commands_are_recorded_without_secrets(serve, clients, lines):
    server = serve(tokens={"ann": "token-of-ann"})
    client = clients(server)
    client.login("ann", "secret")
    client.append("Drafts", MAIL, ["\\Draft"])
    clients(server).oauth2_login("ann", "token-of-ann")
    line = lines(server)
    line.ask(b"a authenticate PLAIN " + base64.b64encode(b"\0ann\0secret"))
    line.ask(b"b LOGIN {3+}\r\nann {6+}\r\nsecret")
    line.ask(b'c LOGIN "ann" "secret')
    seen = b"\n".join(server.commands_seen)
    assert b"LOGIN [redacted]" in seen
    assert b"AUTHENTICATE XOAUTH2 [redacted]" in seen
    assert b"APPEND" in seen
    assert MAIL in seen
    assert b"secret" not in seen
    assert base64.b64encode(b"\0ann\0secret") not in seen
    assert b"token-of-ann" not in seen


# --- hostile clients --------------------------------------------------------------------------


def still_serves(server: DemoServer, selected) -> bool:
    return selected(server).ask(b"z NOOP")[-1] == b"z OK NOOP completed"


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\r\n\r\n\r\n",
        b"\0\1\2\xff\xfe\r\n",
        b"a " + b"(" * 10_000 + b"\r\n",
        b"a FETCH 1 " + b")" * 10_000 + b"\r\n",
        b"a LOGIN " + b"x" * 200_000 + b"\r\n",
        b"x" * 1_000_000,
        b"a SEARCH " + b"NOT " * 15_000 + b"ALL\r\n",
        b"a LOGIN {99999999999999999999}\r\n",
        b"a LOGIN {5",
        b"a LOGIN {5}\r\nab",
        b"a APPEND INBOX {100+}\r\nonly a few",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
    ],
)
def test_garbage_and_a_lost_connection_do_no_harm(serve, selected, garbage):
    server = serve()
    for prelude in (b"", b"p LOGIN ann secret\r\nq SELECT INBOX\r\n"):
        client = socket.create_connection((server.host, server.port), timeout=20)
        with client, suppress(OSError):  # the server may hang up first
            client.sendall(prelude + garbage)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
    assert still_serves(server, selected)


def test_client_that_leaves_without_reading_does_no_harm(serve, selected):
    server = serve()
    store_of(server).add("INBOX", b"x" * 5_000_000, internal_date=NOON)
    line = selected(server)
    line.send(b"c FETCH 1:2 BODY[]\r\n" * 5)
    line.close()
    assert still_serves(server, selected)


def test_line_without_end_is_cut_off(serve, lines):
    line = lines(serve())
    line.send(b"x" * server_module.MAX_LINE)
    assert line.read().startswith(b"* BYE")


def test_literal_that_is_too_large_is_refused_before_it_is_sent(serve, selected):
    line = selected(serve())
    refused = line.ask(b"c APPEND Drafts {%d}" % (server_module.MAX_COMMAND + 1))
    assert refused[-1].startswith(b"c NO [TOOBIG]")
    assert line.ask(b"d NOOP")[-1].startswith(b"d OK")


def test_literal_that_is_too_large_and_not_waited_for_ends_the_connection(serve, selected):
    server = serve()
    answer = selected(server).ask(b"c APPEND Drafts {%d+}" % (server_module.MAX_COMMAND + 1))
    assert answer[-1].startswith(b"* BYE")
    assert still_serves(server, selected)


@pytest.mark.parametrize("depth", [60, 5_000])
def test_deep_nesting_is_bad(serve, selected, depth):
    line = selected(serve())
    for command in (b"(" * depth + b"ALL" + b")" * depth, b"NOT " * depth * 3 + b"ALL"):
        answer = line.ask(b"c SEARCH " + command)[-1]
        assert answer.startswith((b"c BAD", b"c OK"))
    assert line.ask(b"d NOOP")[-1].startswith(b"d OK")


def test_pattern_full_of_wildcards_is_answered(serve, selected):
    line = selected(serve())
    name = b"a" * 150
    line.ask(b"c CREATE " + name)
    assert line.ask(b'd LIST "" ' + b"*a%" * 60 + b"b")[:-1] == []
    assert len(line.ask(b'e LIST "" ' + b"*a%" * 60)) == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"no header at all",
        b"To: " + b"(" * 2_000 + b"\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno parts",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n--x--",
        b"Content-Type: text/plain; charset*=nonsense'x'%ff\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 200,
        b"Content-Type: message/rfc822\r\n\r\n" * 200,
        b"Subject: \0\xff\xfe\r\nFrom: \xff@\xff, <>, @@, a@b <c@d>\r\n\r\n",
    ],
)
def test_hostile_mail_is_served_or_refused_but_never_ends_the_session(serve, clients, raw):
    server = serve()
    uid = store_of(server).add("INBOX", raw, internal_date=NOON)
    client = clients(server)
    client.login("ann", "secret")
    client.select_folder("INBOX", readonly=True)
    assert client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] == raw
    for item in ("ENVELOPE", "BODYSTRUCTURE", "BODY.PEEK[1.1.1]", "BODY.PEEK[HEADER.FIELDS (TO)]"):
        with suppress(IMAPClientError):
            client.fetch([uid], [item])
    client.noop()


WORDS = [
    *(name.encode() for name in VERBS),
    *b"INBOX Drafts Nowhere 1 2:* * 0 FLAGS (FLAGS) BODY[] BODY[1.1]<0.5> (\\Seen) +FLAGS ALL NOT OR UID".split(),
    *b'SINCE 7-Mar-2024 HEADER "" "a" {1+}\r\nx ( ) [ ] " { \\ & &- &AAA- RETURN (STATUS (MESSAGES)) % NIL'.split(b" "),
]


@given(st.lists(st.sampled_from(WORDS) | st.binary(max_size=8), max_size=8))
def test_any_command_is_answered_under_its_tag(words):
    store = MailStore()
    store.create("Drafts", "\\Drafts")
    store.add("INBOX", MAIL, internal_date=NOON)
    site = Site({"ann": "secret"}, {}, {"ann": store}, DEFAULT_CAPABILITIES, lambda: NOON)
    session = Session(site, VERBS, lambda challenge: b"*")
    for line in (b"a LOGIN ann secret", b"a SELECT INBOX"):
        session.answer(Command.received(1, line))
    last = session.answer(Command.received(1, b" ".join([b"b", *words]))).split(b"\r\n")[-2]
    assert last.startswith((b"b OK", b"b NO", b"b BAD"))
    assert b"SERVERBUG" not in last


# --- beginning and end ------------------------------------------------------------------------


def test_close_ends_connections_and_may_be_called_twice(serve, lines):
    server = serve()
    line = lines(server)
    server.close()
    assert line.read() == b""
    server.close()
    with pytest.raises(OSError, match=r"refused|reset"):
        socket.create_connection((server.host, server.port), timeout=20)


def test_port_can_be_chosen_again_after_close(serve):
    first = serve()
    first.close()
    assert serve(port=first.port).port == first.port
