"""What a client can rely on: the demo's server and a real one must agree."""

import base64
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from _pytest.outcomes import Failed, Skipped
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from tests import servers

PLAIN = (
    b"Date: Thu, 7 Mar 2024 08:15:00 +0100\r\n"
    b"From: =?utf-8?q?J=C3=B6rg?= Klein <joerg@example.org>\r\n"
    b'To: "Lee, Ann" <ann@example.net>,\r\n bob@example.com\r\n'
    b"Subject: A long\r\n subject\r\n"
    b"Message-ID: <one@example.org>\r\n"
    b"In-Reply-To: <zero@example.net>\r\n"
    b"\r\n"
    b"Hello Ann,\r\nhow are you?\r\n"
)
NESTED = (
    b"From: a@example.org\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="outer"\r\n'
    b"\r\n"
    b"preamble\r\n"
    b"--outer\r\n"
    b"Content-Type: multipart/alternative; boundary=inner\r\n"
    b"\r\n"
    b"--inner\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"plain words\r\n"
    b"--inner\r\n"
    b"Content-Type: text/html\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n"
    b"<p>html</p>\r\n"
    b"--inner--\r\n"
    b"--outer\r\n"
    b"Content-Type: message/rfc822\r\n"
    b"\r\n"
    b"From: deep@example.org\r\n"
    b"Subject: inside\r\n"
    b"\r\n"
    b"deep body\r\n"
    b"--outer\r\n"
    b'Content-Type: application/pdf; name="a.pdf"\r\n'
    b'Content-Disposition: attachment; filename="a.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n"
    b"\r\n"
    b"JVBERi0=\r\n"
    b"--outer--\r\n"
    b"epilogue\r\n"
)
MORNING = datetime(2024, 3, 7, 8, 15, tzinfo=timezone(timedelta(hours=1)))


def append(client: IMAPClient, mailbox="INBOX", raw=PLAIN, flags=(), when=MORNING) -> int:
    return int(re.search(rb"APPENDUID \d+ (\d+)", client.append(mailbox, raw, flags, when))[1])


def flags_of(client: IMAPClient, uid: int) -> set[bytes]:
    return set(client.get_flags([uid])[uid]) - {b"\\Recent"}


def fetch_one(client: IMAPClient, uid: int, item: bytes):
    answer = client.fetch([uid], [item])[uid]
    return next(value for key, value in answer.items() if key not in (b"SEQ", b"UID", b"FLAGS"))


# --- logging in -------------------------------------------------------------------------------


def test_password_opens_the_mailbox(clients, account):
    client = clients(account)
    client.login(account.user, account.password)
    assert client.select_folder("INBOX")[b"EXISTS"] == 0


@pytest.mark.parametrize("password", ["wrong", "", 'quo"te', "back\\slash", "ünïcode"])
def test_wrong_password_is_refused_with_its_code(clients, account, password):
    with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"):
        clients(account).login(account.user, password.encode())


@pytest.mark.parametrize("command", [b"SELECT INBOX", b'LIST "" *', b"FETCH 1 FLAGS", b"NAMESPACE"])
def test_mail_is_closed_before_login(lines, account, command):
    line = lines(account)
    assert line.ask(b"a " + command)[-1].startswith(b"a BAD")
    assert line.ask(b"b NOOP")[-1].startswith(b"b OK")


def test_login_accepts_literals(lines, account):
    line = lines(account)
    line.send(b"a LOGIN {%d}\r\n" % len(account.user))
    assert line.read().startswith(b"+ ")
    line.send(account.user.encode() + b" {6+}\r\n" + b"secret\r\n")
    assert line.until(b"a")[-1].startswith(b"a OK")


def test_plain_login_works(clients, account):
    client = clients(account)
    client.plain_login(account.user, account.password)
    client.noop()
    with pytest.raises(IMAPClientError):
        clients(account).plain_login(account.user, "wrong")


@pytest.mark.parametrize("method", ["oauth2_login", "oauthbearer_login"])
def test_bearer_token_opens_the_mailbox(clients, account, method):
    client = clients(account)
    getattr(client, method)(account.user, account.token)
    client.select_folder("INBOX")


@pytest.mark.parametrize("method", ["oauth2_login", "oauthbearer_login"])
def test_wrong_bearer_token_is_refused(clients, account, method):
    with pytest.raises(LoginError):
        getattr(clients(account), method)(account.user, "not-the-token")


def test_wrong_bearer_token_is_explained_before_the_refusal(lines, account):
    line = lines(account)
    response = base64.b64encode(b"user=%s\x01auth=Bearer nope\x01\x01" % account.user.encode())
    line.send(b"a AUTHENTICATE XOAUTH2 " + response + b"\r\n")
    challenge = line.read()
    assert challenge.startswith(b"+ ")
    assert b"status" in base64.b64decode(challenge[2:])
    line.send(b"\r\n")
    assert line.until(b"a")[-1].startswith(b"a NO")


def test_authentication_can_be_cancelled(lines, account):
    line = lines(account)
    line.send(b"a AUTHENTICATE PLAIN\r\n")
    assert line.read().startswith(b"+ ")
    line.send(b"*\r\n")
    assert line.until(b"a")[-1].startswith(b"a BAD")
    assert line.ask(b"b LOGIN %s secret" % account.user.encode())[-1].startswith(b"b OK")


def test_initial_response_saves_a_round_trip(lines, account):
    line = lines(account)
    response = base64.b64encode(b"\0%s\0secret" % account.user.encode())
    assert line.ask(b"a AUTHENTICATE PLAIN " + response)[-1].startswith(b"a OK")


def test_logging_in_twice_is_refused(lines, account):
    line = lines(account)
    user = account.user.encode()
    line.ask(b"a LOGIN %s secret" % user)
    assert line.ask(b"b LOGIN %s secret" % user)[-1].startswith(b"b BAD")
    assert line.ask(b"c AUTHENTICATE PLAIN")[-1].startswith(b"c BAD")


def test_logout_says_goodbye(lines, account):
    line = lines(account)
    answer = line.ask(b"a LOGOUT")
    assert answer[0].startswith(b"* BYE")
    assert answer[-1].startswith(b"a OK")
    assert line.read() == b""


# --- mailboxes --------------------------------------------------------------------------------


def test_special_mailboxes_carry_their_attribute(client):
    found = {name: set(attributes) for attributes, _, name in client.list_folders()}
    for name in ("Drafts", "Sent", "Junk", "Trash", "Archive"):
        assert f"\\{name}".encode() in found[name]
    assert set(found) == {"INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"}
    assert client.find_special_folder(b"\\Drafts") == "Drafts"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", {"INBOX", "Work", "Work/Now", "Work/Now/Big", "Über & unter"}),
        ("%", {"INBOX", "Work", "Über & unter"}),
        ("Work/%", {"Work/Now"}),
        ("Work/*", {"Work/Now", "Work/Now/Big"}),
        ("W*Big", {"Work/Now/Big"}),
        ("inbox", {"INBOX"}),
        ("Über*", {"Über & unter"}),
        ("work", set()),
        ("nothing.*", set()),
    ],
)
def test_wildcards_choose_mailboxes(client, pattern, names):
    for name in ("Work/Now/Big", "Über & unter"):
        client.create_folder(name)
    found = {name for _, _, name in client.list_folders("", pattern)}
    assert found - {"Drafts", "Sent", "Junk", "Trash", "Archive"} == names


def test_empty_pattern_asks_for_the_delimiter(lines, account):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    assert line.ask(b'b LIST "" ""')[0] == b'* LIST (\\Noselect) "/" ""'


def test_one_list_tells_attributes_and_numbers(lines, account):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    answer = line.ask(b'b LIST "" (INBOX Drafts) RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT))')
    assert answer[-1].startswith(b"b OK")
    assert any(re.match(rb'\* LIST \(.*\\Drafts.*\) "/" "?Drafts"?$', reply) for reply in answer)
    assert any(re.match(rb'\* STATUS "?Drafts"? \(MESSAGES 0 UIDNEXT 1\)', reply) for reply in answer)
    assert any(re.match(rb'\* STATUS "?INBOX"? \(MESSAGES 0 UIDNEXT 1\)', reply) for reply in answer)


def test_special_mailboxes_can_be_listed_alone(lines, account):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    answer = line.ask(b'b LIST (SPECIAL-USE) "" *')
    assert len(answer) == 6
    assert not any(b"INBOX" in reply for reply in answer)


@pytest.mark.parametrize("name", ["Entwürfe", "草稿", "A & B", "&", "a😀b", 'quo"te', "back\\slash", "(brackets) [x]"])
def test_any_name_of_a_mailbox_comes_back(client, name):
    client.create_folder(name)
    assert name in {found for _, _, found in client.list_folders()}
    append(client, name)
    assert client.select_folder(name)[b"EXISTS"] == 1
    client.unselect_folder()
    client.delete_folder(name)
    assert not client.folder_exists(name)


@pytest.mark.parametrize("name", ["INBOX", "Drafts", "inbox"])
def test_existing_name_is_not_created_again(client, name):
    append(client, name)
    with pytest.raises(IMAPClientError, match="ALREADYEXISTS"):
        client.create_folder(name)


def test_unknown_mailbox_is_refused(client):
    for act in (client.select_folder, client.delete_folder, client.folder_status):
        with pytest.raises(IMAPClientError):
            act("Nowhere")


def test_renamed_mailbox_keeps_its_mail(client):
    client.create_folder("Old/Below")
    append(client, "Old/Below")
    client.rename_folder("Old", "New")
    assert client.folder_status("New/Below", ["MESSAGES"])[b"MESSAGES"] == 1
    assert not client.folder_exists("Old")


def test_mailbox_made_anew_has_another_uidvalidity(client):
    client.create_folder("Short")
    before = client.folder_status("Short", ["UIDVALIDITY"])
    client.delete_folder("Short")
    client.create_folder("Short")
    assert client.folder_status("Short", ["UIDVALIDITY"]) != before


def test_subscriptions_are_kept(client):
    client.create_folder("News")
    client.subscribe_folder("News")
    assert "News" in {name for _, _, name in client.list_sub_folders()}
    client.unsubscribe_folder("News")
    assert "News" not in {name for _, _, name in client.list_sub_folders()}


def test_status_counts(client):
    append(client, flags=["\\Seen"])
    append(client)
    status = client.folder_status("INBOX", ["MESSAGES", "UNSEEN", "UIDNEXT", "UIDVALIDITY"])
    assert (status[b"MESSAGES"], status[b"UNSEEN"], status[b"UIDNEXT"]) == (2, 1, 3)
    assert status[b"UIDVALIDITY"] == client.select_folder("INBOX")[b"UIDVALIDITY"]


def test_select_tells_state(client):
    append(client, flags=["$Later"])
    answer = client.select_folder("INBOX")
    assert (answer[b"EXISTS"], answer[b"UIDNEXT"], answer[b"READ-WRITE"]) == (1, 2, True)
    assert {b"\\Draft", b"\\Seen", b"\\*", b"$Later"} <= set(answer[b"PERMANENTFLAGS"])


def test_failed_select_leaves_no_mailbox_open(client):
    append(client)
    client.select_folder("INBOX")
    with pytest.raises(IMAPClientError):
        client.select_folder("Nowhere")
    with pytest.raises(Exception, match=r"BAD|illegal in state"):
        client.fetch([1], ["FLAGS"])


def test_namespace_id_and_enable_are_answered(client):
    assert client.namespace().personal[0] == ("", "/")
    assert client.id_({"name": "test"})
    client.enable("UNKNOWN")


# --- adding and reading mail ------------------------------------------------------------------


@pytest.mark.parametrize("raw", [PLAIN, NESTED, b"Subject: 8 bit \xe4\r\n\r\n\xff\xfe {5}\r\n", b"x\r\n"])
def test_appended_bytes_come_back_unchanged(client, raw):
    uid = append(client, "Drafts", raw, ["\\Draft", "\\seen", "$Later"])
    client.select_folder("Drafts", readonly=True)
    answer = client.fetch([uid], ["BODY.PEEK[]", "RFC822.SIZE", "INTERNALDATE", "FLAGS"])[uid]
    assert answer[b"BODY[]"] == raw
    assert answer[b"RFC822.SIZE"] == len(raw)
    assert answer[b"INTERNALDATE"] == MORNING
    assert set(answer[b"FLAGS"]) - {b"\\Recent"} == {b"\\Draft", b"\\Seen", b"$Later"}


def test_append_without_date_takes_the_clock_of_the_server(client):
    uid = append(client, when=None)
    client.select_folder("INBOX", readonly=True)
    age = datetime.now(UTC) - client.fetch([uid], ["INTERNALDATE"])[uid][b"INTERNALDATE"]
    assert abs(age) < timedelta(hours=1)


def test_append_to_an_unknown_mailbox_hints_at_creating_it(client):
    with pytest.raises(IMAPClientError, match="TRYCREATE"):
        client.append("Nowhere", PLAIN)


def test_append_without_literal_is_refused(lines, account):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    assert line.ask(b'b APPEND INBOX "words"')[-1].startswith(b"b BAD")
    assert line.ask(b"c APPEND INBOX (\\Seen) {3+}\r\na\r\n")[-1].startswith(b"c OK")


SECTIONS = [
    (PLAIN, b"BODY.PEEK[]", PLAIN),
    (PLAIN, b"BODY.PEEK[HEADER]", PLAIN[: PLAIN.index(b"Hello")]),
    (PLAIN, b"BODY.PEEK[TEXT]", PLAIN[PLAIN.index(b"Hello") :]),
    (PLAIN, b"BODY.PEEK[1]", PLAIN[PLAIN.index(b"Hello") :]),
    (PLAIN, b"BODY.PEEK[HEADER.FIELDS (subject X-None)]", b"Subject: A long\r\n subject\r\n\r\n"),
    (
        PLAIN,
        b"BODY.PEEK[HEADER.FIELDS.NOT (DATE FROM TO SUBJECT)]",
        b"Message-ID: <one@example.org>\r\nIn-Reply-To: <zero@example.net>\r\n\r\n",
    ),
    (PLAIN, b"BODY.PEEK[]<0.10>", PLAIN[:10]),
    (PLAIN, b"BODY.PEEK[]<10.20>", PLAIN[10:30]),
    (PLAIN, b"BODY.PEEK[]<100000.5>", b""),
    (PLAIN, b"BODY.PEEK[TEXT]<0.5>", b"Hello"),
    (PLAIN, b"RFC822", PLAIN),
    (PLAIN, b"RFC822.HEADER", PLAIN[: PLAIN.index(b"Hello")]),
    (PLAIN, b"RFC822.TEXT", PLAIN[PLAIN.index(b"Hello") :]),
    (NESTED, b"BODY.PEEK[1.1]", b"plain words"),
    (NESTED, b"BODY.PEEK[1.2]", b"<p>html</p>"),
    (
        NESTED,
        b"BODY.PEEK[1.2.MIME]",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    ),
    (NESTED, b"BODY.PEEK[2]", b"From: deep@example.org\r\nSubject: inside\r\n\r\ndeep body"),
    (NESTED, b"BODY.PEEK[2.HEADER]", b"From: deep@example.org\r\nSubject: inside\r\n\r\n"),
    (NESTED, b"BODY.PEEK[2.HEADER.FIELDS (SUBJECT)]", b"Subject: inside\r\n\r\n"),
    (NESTED, b"BODY.PEEK[2.TEXT]", b"deep body"),
    (NESTED, b"BODY.PEEK[2.1]", b"deep body"),
    (NESTED, b"BODY.PEEK[3]", b"JVBERi0="),
    (NESTED, b"BODY.PEEK[3]<4.100>", b"Ri0="),
]


@pytest.mark.parametrize(("raw", "item", "expected"), SECTIONS)
def test_section_is_the_exact_piece_of_the_message(client, raw, item, expected):
    uid = append(client, raw=raw)
    client.select_folder("INBOX", readonly=True)
    assert fetch_one(client, uid, item) == expected


@pytest.mark.parametrize("item", [b"BODY.PEEK[9]", b"BODY.PEEK[1.3]", b"BODY.PEEK[1.HEADER]"])
def test_section_that_is_not_there_is_empty(client, item):
    uid = append(client, raw=NESTED)
    client.select_folder("INBOX", readonly=True)
    assert not fetch_one(client, uid, item)


def test_envelope_tells_the_header(client):
    uid = append(client)
    client.select_folder("INBOX", readonly=True)
    envelope = client.fetch([uid], ["ENVELOPE"])[uid][b"ENVELOPE"]
    assert envelope.subject == b"A long subject"
    assert envelope.message_id == b"<one@example.org>"
    assert envelope.in_reply_to == b"<zero@example.net>"
    assert envelope.from_ == envelope.sender == envelope.reply_to
    assert [(address.name, address.mailbox, address.host) for address in envelope.from_ + envelope.to] == [
        (b"=?utf-8?q?J=C3=B6rg?= Klein", b"joerg", b"example.org"),
        (b"Lee, Ann", b"ann", b"example.net"),
        (None, b"bob", b"example.com"),
    ]
    assert envelope.cc is envelope.bcc is None


def test_body_structure_tells_the_parts(client):
    uid = append(client, raw=NESTED)
    client.select_folder("INBOX", readonly=True)
    parts, subtype, parameters, *_ = client.fetch([uid], ["BODYSTRUCTURE"])[uid][b"BODYSTRUCTURE"]
    (alternatives, _, inner, *_), enclosed, attachment = parts
    assert (subtype, parameters, inner) == (b"mixed", (b"boundary", b"outer"), (b"boundary", b"inner"))
    assert alternatives[0][:8] == (b"text", b"plain", (b"charset", b"utf-8"), None, None, b"7bit", 11, 0)
    assert alternatives[1][1:6] == (b"html", (b"charset", b"us-ascii"), None, None, b"quoted-printable")
    assert enclosed[:2] == (b"message", b"rfc822")
    assert enclosed[7][1] == b"inside"
    assert enclosed[8][:3] == (b"text", b"plain", (b"charset", b"us-ascii"))
    assert attachment[:7] == (b"application", b"pdf", (b"name", b"a.pdf"), None, None, b"base64", 8)
    assert attachment[8] == (b"attachment", (b"filename", b"a.pdf"))


def test_body_is_the_structure_without_extensions(client):
    uid = append(client)
    client.select_folder("INBOX", readonly=True)
    structure = client.fetch([uid], ["BODY"])[uid][b"BODY"]
    assert structure == (b"text", b"plain", (b"charset", b"us-ascii"), None, None, b"7bit", 26, 2)


@pytest.mark.parametrize(
    ("macro", "items"),
    [
        (b"FAST", b"FLAGS INTERNALDATE RFC822.SIZE"),
        (b"ALL", b"FLAGS INTERNALDATE RFC822.SIZE ENVELOPE"),
        (b"FULL", b"FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY"),
    ],
)
def test_macro_stands_for_its_items(lines, account, macro, items):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    line.ask(b"b APPEND INBOX {%d+}\r\n%s" % (len(PLAIN), PLAIN))
    line.ask(b"c EXAMINE INBOX")
    assert line.ask(b"d FETCH 1 " + macro)[:-1] == line.ask(b"d FETCH 1 (" + items + b")")[:-1]
    assert line.ask(b"e FETCH 1 (" + macro + b")")[-1].startswith(b"e BAD")


@pytest.mark.parametrize(
    ("item", "seen"),
    [
        ("BODY[]", True),
        ("BODY[HEADER]", True),
        ("BODY[TEXT]", True),
        ("BODY[1]", True),
        ("BODY[HEADER.FIELDS (TO)]", True),
        ("BODY[]<0.5>", True),
        ("RFC822", True),
        ("RFC822.TEXT", True),
        ("RFC822.HEADER", False),
        ("BODY.PEEK[]", False),
        ("BODY.PEEK[TEXT]", False),
        ("BODY.PEEK[HEADER.FIELDS (TO)]", False),
        ("BODY", False),
        ("BODYSTRUCTURE", False),
        ("ENVELOPE", False),
        ("FLAGS", False),
        ("RFC822.SIZE", False),
    ],
)
def test_only_reading_without_peek_sets_seen(client, item, seen):
    uid = append(client, flags=["\\Flagged"])
    client.select_folder("INBOX")
    answer = client.fetch([uid], [item])[uid]
    assert (b"FLAGS" in answer) == (seen or item == "FLAGS")
    client.unselect_folder()
    client.select_folder("INBOX", readonly=True)
    assert flags_of(client, uid) == ({b"\\Flagged", b"\\Seen"} if seen else {b"\\Flagged"})


def test_examine_changes_nothing(client):
    uid = append(client, flags=["\\Deleted"])
    assert client.select_folder("INBOX", readonly=True)[b"READ-ONLY"]
    client.fetch([uid], ["BODY[]", "RFC822"])
    for change in (
        lambda: client.add_flags([uid], ["\\Seen"]),
        lambda: client.expunge(),
        lambda: client.uid_expunge([uid]),
    ):
        with suppress(IMAPClientError, LoginError):  # servers may refuse or ignore it
            change()
    client.close_folder()
    client.select_folder("INBOX", readonly=True)
    assert flags_of(client, uid) == {b"\\Deleted"}


def test_sequence_numbers_count_and_uids_stay(client):
    uids = [append(client) for _ in range(3)]
    client.select_folder("INBOX")
    client.add_flags([uids[0]], ["\\Deleted"])
    client.expunge()
    assert sorted(client.fetch(uids, ["FLAGS"])) == uids[1:]
    client.use_uid = False
    assert {number: answer[b"UID"] for number, answer in client.fetch([1, 2], ["UID"]).items()} == {
        1: uids[1],
        2: uids[2],
    }


@pytest.mark.parametrize("numbers", [b"2", b"1:9", b"0", b"x", b"1:", b",", b"99999999999999999999", b"-1"])
def test_sequence_number_out_of_range_is_bad(lines, account, numbers):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    line.ask(b"b APPEND INBOX {3+}\r\na\r\n")
    line.ask(b"c SELECT INBOX")
    assert line.ask(b"d FETCH " + numbers + b" FLAGS")[-1].startswith(b"d BAD")


@pytest.mark.parametrize(
    ("uids", "found"),
    [(b"1:*", 3), (b"*", 1), (b"*:1", 3), (b"99:*", 1), (b"2:3", 2), (b"3:2", 2), (b"1,3,77", 2), (b"50", 0)],
)
def test_uid_sets(lines, account, uids, found):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    for _ in range(3):
        line.ask(b"b APPEND INBOX {3+}\r\na\r\n")
    line.ask(b"c SELECT INBOX")
    answer = line.ask(b"d UID FETCH " + uids + b" (UID)")
    assert answer[-1].startswith(b"d OK")
    assert len([reply for reply in answer if b"FETCH (" in reply]) == found


# --- search -----------------------------------------------------------------------------------


@pytest.fixture
def searchable(client):
    append(client, flags=["\\Seen", "\\Flagged", "$Later"], when=datetime(2024, 3, 6, 12, tzinfo=UTC))
    append(client, raw=NESTED, flags=["\\Answered", "\\Draft"], when=datetime(2024, 3, 7, 12, tzinfo=UTC))
    append(client, flags=["\\Deleted"], when=datetime(2024, 3, 8, 12, tzinfo=UTC))
    client.select_folder("INBOX", readonly=True)
    return client


@pytest.mark.parametrize(
    ("criteria", "uids"),
    [
        ("ALL", [1, 2, 3]),
        ("SINCE 7-Mar-2024", [2, 3]),
        ("SINCE 07-mar-2024", [2, 3]),
        ("BEFORE 7-Mar-2024", [1]),
        ("ON 7-Mar-2024", [2]),
        ("SINCE 6-Mar-2024 BEFORE 8-Mar-2024", [1, 2]),
        ("SEEN", [1]),
        ("UNSEEN", [2, 3]),
        ("FLAGGED", [1]),
        ("UNFLAGGED", [2, 3]),
        ("ANSWERED", [2]),
        ("UNANSWERED", [1, 3]),
        ("DRAFT", [2]),
        ("UNDRAFT", [1, 3]),
        ("DELETED", [3]),
        ("UNDELETED", [1, 2]),
        ("KEYWORD $Later", [1]),
        ("UNKEYWORD $Later", [2, 3]),
        ("NOT SEEN", [2, 3]),
        ("NOT (UNSEEN UNFLAGGED)", [1]),
        ("OR SEEN DRAFT", [1, 2]),
        ("UID 2:*", [2, 3]),
        ("UID 90:*", [3]),
        ("2:3", [2, 3]),
        ("*", [3]),
        ("1,3 DELETED", [3]),
        ("HEADER Message-ID one@example.org", [1, 3]),
        ('HEADER SUBJECT "LONG SUBJECT"', [1, 3]),
        ('HEADER In-Reply-To ""', [1, 3]),
        ("FROM joerg@", [1, 3]),
        ("TO bob@example.com", [1, 3]),
        ("BODY how", [1, 3]),
        ("TEXT deep", [2]),
    ],
)
def test_search_finds(searchable, criteria, uids):
    assert searchable.search(criteria) == uids


@pytest.mark.parametrize("criteria", ["NONSENSE", "SINCE yesterday", "NOT", "(SEEN", "UID x", ""])
def test_search_it_does_not_understand_is_bad(lines, account, criteria):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    line.ask(b"b SELECT INBOX")
    assert line.ask(b"c UID SEARCH " + criteria.encode())[-1].startswith(b"c BAD")


# --- changing mail ----------------------------------------------------------------------------


def test_flags_are_added_removed_and_replaced(client):
    uid = append(client, flags=["\\Seen"])
    client.select_folder("INBOX")
    assert set(client.add_flags([uid], ["\\flagged", "$Later"])[uid]) >= {b"\\Seen", b"\\Flagged", b"$Later"}
    client.remove_flags([uid], ["\\Seen"], silent=True)
    assert flags_of(client, uid) == {b"\\Flagged", b"$Later"}
    client.set_flags([uid], ["\\Draft"])
    assert flags_of(client, uid) == {b"\\Draft"}
    client.set_flags([uid], [])
    assert flags_of(client, uid) == set()


def test_silent_store_says_nothing(client):
    uid = append(client)
    client.select_folder("INBOX")
    assert not client.add_flags([uid], ["\\Seen"], silent=True)


def test_unknown_system_flag_is_refused(client):
    uid = append(client)
    client.select_folder("INBOX")
    with pytest.raises((IMAPClientError, LoginError)):
        client.add_flags([uid], ["\\Unheard"])


def test_uid_expunge_spares_other_deleted_mail(client):
    ours, theirs = append(client, flags=["\\Deleted"]), append(client, flags=["\\Deleted"])
    kept = append(client)
    client.select_folder("INBOX")
    client.uid_expunge([ours, kept])
    assert client.search("ALL") == [theirs, kept]


def test_close_expunges_and_unselect_does_not(client):
    append(client, flags=["\\Deleted"])
    client.select_folder("INBOX")
    client.unselect_folder()
    assert client.select_folder("INBOX")[b"EXISTS"] == 1
    client.close_folder()
    assert client.select_folder("INBOX")[b"EXISTS"] == 0


def test_copy_keeps_flags_date_and_bytes(client):
    uids = [append(client, flags=["\\Seen", "$Later"]) for _ in range(2)]
    client.select_folder("INBOX")
    client.copy(uids, "Archive")
    client.select_folder("Archive", readonly=True)
    copy = client.fetch([1], ["FLAGS", "INTERNALDATE", "BODY.PEEK[]"])[1]
    assert (copy[b"INTERNALDATE"], copy[b"BODY[]"]) == (MORNING, PLAIN)
    assert set(copy[b"FLAGS"]) - {b"\\Recent"} == {b"\\Seen", b"$Later"}


def test_move_leaves_nothing_behind(client):
    uid, other = append(client), append(client)
    client.select_folder("INBOX")
    client.move([uid], "Trash")
    assert client.search("ALL") == [other]
    assert client.folder_status("Trash", ["MESSAGES"])[b"MESSAGES"] == 1


@pytest.mark.parametrize("act", ["copy", "move"])
def test_unknown_target_hints_at_creating_it(client, act):
    uid = append(client)
    client.select_folder("INBOX")
    with pytest.raises((IMAPClientError, LoginError), match="TRYCREATE"):
        getattr(client, act)([uid], "Nowhere")
    assert client.search("ALL") == [uid]


def test_copy_tells_new_uids(lines, account):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    for mailbox in (b"INBOX", b"INBOX", b"Archive"):
        line.ask(b"b APPEND " + mailbox + b" {3+}\r\na\r\n")
    line.ask(b"c SELECT INBOX")
    assert re.match(rb"d OK \[COPYUID \d+ 1[:,]2 2[:,]3\]", line.ask(b"d UID COPY 1:2 Archive")[-1])


def test_move_tells_new_uids_before_the_old_ones_go(lines, account):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    line.ask(b"b APPEND INBOX {3+}\r\na\r\n")
    line.ask(b"c SELECT INBOX")
    first, second, *_, last = line.ask(b"d UID MOVE 1 Trash")
    assert re.match(rb"\* OK \[COPYUID \d+ 1 1\]", first)
    assert second == b"* 1 EXPUNGE"
    assert last.startswith(b"d OK")


# --- two sessions -----------------------------------------------------------------------------


def test_new_mail_of_another_session_is_announced(login):
    watcher, writer = login(), login()
    watcher.select_folder("INBOX")
    uid = append(writer)
    assert (1, b"EXISTS") in watcher.noop()[1]
    assert watcher.search("ALL") == [uid]


def test_mail_another_session_removed_is_announced(login):
    watcher, writer = login(), login()
    uids = [append(writer) for _ in range(3)]
    watcher.select_folder("INBOX")
    writer.select_folder("INBOX")
    writer.add_flags(uids[:2], ["\\Deleted"])
    writer.expunge()
    gone = [number for number, word, *_ in watcher.noop()[1] if word == b"EXPUNGE"]
    assert gone in ([2, 1], [1, 1])
    assert watcher.search("ALL") == uids[2:]


def test_own_append_to_the_selected_mailbox_is_seen(client):
    client.select_folder("INBOX")
    uid = append(client)
    client.noop()
    assert client.search("ALL") == [uid]


# --- bad commands -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        b"",
        b"FROBNICATE",
        b"UID",
        b"UID FROBNICATE",
        b"SELECT",
        b"SELECT INBOX (",
        b'SELECT "INBOX',
        b"STATUS INBOX",
        b"STATUS INBOX MESSAGES",
        b"STATUS INBOX (NONSENSE)",
        b'LIST ""',
        b"FETCH 1 NONSENSE",
        b"FETCH 1 (FLAGS",
        b"FETCH 1 BODY[",
        b"FETCH 1 BODY[NONSENSE]",
        b"FETCH 1 BODY[MIME]",
        b"FETCH 1 BODY[HEADER.FIELDS]",
        b"STORE 1 NONSENSE (\\Seen)",
        b"APPEND INBOX",
        b"COPY 1",
    ],
)
def test_malformed_command_is_bad_and_the_session_goes_on(lines, account, command):
    line = lines(account)
    line.ask(b"a LOGIN %s secret" % account.user.encode())
    line.ask(b"b APPEND INBOX {3+}\r\na\r\n")
    line.ask(b"c SELECT INBOX")
    assert line.ask(b"d " + command)[-1].startswith(b"d BAD")
    assert line.ask(b"e NOOP")[-1].startswith(b"e OK")


# --- the real server --------------------------------------------------------------------------


@pytest.mark.parametrize(("ci", "outcome"), [("", Skipped), ("true", Failed)])
def test_missing_dovecot_skips_here_and_fails_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(servers.shutil, "which", lambda name, path: None)
    with pytest.raises(outcome, match="dovecot-imapd"):
        servers.require_dovecot()


def test_expired_token_is_refused(clients, dovecot):
    with pytest.raises(LoginError):
        clients(dovecot).oauth2_login("ann", dovecot.token("ann", -60))
