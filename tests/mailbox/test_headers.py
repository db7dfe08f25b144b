"""Header lines to facts: what they say, and that hostile ones do no harm."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import MessageError
from assistant.mailbox import headers
from assistant.mailbox.headers import HEADER_FIELDS, ID_COUNT_LIMIT, read_headers
from assistant.mailbox.words import decode_bytes, decode_words, visible
from assistant.model import Address, Signal


def block(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n"


def test_an_ordinary_letter_is_read_whole() -> None:
    facts = read_headers(
        block(
            b"Date: Thu, 7 Mar 2024 08:15:00 +0100",
            b"From: Ana Lima <ana@example.org>",
            b"Reply-To: ana.lima@example.net",
            b"To: Sue <sue@example.com>,",
            b"\tbob@example.com",
            b"Cc: eve@example.com",
            b"Subject: Re: The =?iso-8859-1?Q?l=E9ase?=",
            b" and the keys",
            b"Message-ID: <3@example.org>",
            b"In-Reply-To: <2@example.com>",
            b"References: <1@example.org> <2@example.com>",
        )
    )
    assert facts.sender == Address("ana@example.org", "Ana Lima")
    assert facts.reply_to == (Address("ana.lima@example.net"),)
    assert facts.to == (Address("sue@example.com", "Sue"), Address("bob@example.com"))
    assert facts.cc == (Address("eve@example.com"),)
    assert facts.subject == "Re: The léase and the keys"
    assert (facts.message_id, facts.in_reply_to) == ("3@example.org", "2@example.com")
    assert facts.references == ("1@example.org", "2@example.com")
    assert facts.date == datetime(2024, 3, 7, 7, 15, tzinfo=UTC)
    assert facts.signals == Signal(0)


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n", b"no colon here\r\n", b": nameless\r\n", b"\0\0\0", b"From:\r\nTo:\r\n\r\n"]
)
def test_nothing_said_is_nothing_known(raw: bytes) -> None:
    facts = read_headers(raw)
    assert (facts.sender, facts.date, facts.message_id, facts.subject) == (None, None, None, "")
    assert (facts.references, facts.to, facts.signals) == ((), (), Signal(0))


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        (b"Auto-Submitted: auto-replied", Signal.AUTO_REPLY),
        (b"Auto-Submitted: auto_replied (vacation)", Signal.AUTO_REPLY),
        (b"auto-submitted: Auto-Replied; owner-email=x", Signal.AUTO_REPLY),
        (b"Auto-Submitted: auto-generated", Signal.AUTO_GENERATED),
        (b"Auto-Submitted: auto-notified", Signal.AUTO_GENERATED),
        (b"Auto-Submitted: no", Signal(0)),
        (b"Auto-Submitted: No (really)", Signal(0)),
        (b"Auto-Submitted:", Signal(0)),
        (b"X-Autoreply: yes", Signal.AUTO_REPLY),
        (b"X-Autorespond: Re:", Signal.AUTO_REPLY),
        (b"Precedence: auto_reply", Signal.AUTO_REPLY),
        (b"Precedence: bulk", Signal.BULK),
        (b"Precedence: JUNK", Signal.BULK),
        (b"Precedence: list", Signal.LIST),
        (b"Precedence: first-class", Signal(0)),
        (b"Return-Path: <>", Signal.NULL_RETURN_PATH | Signal.RECEIVED),
        (b"Return-Path: <ana@example.org>", Signal.RECEIVED),
        (b"Received: from a by b", Signal.RECEIVED),
        (b"Content-Type: multipart/report; report-type=delivery-status", Signal.REPORT),
        (b"X-Failed-Recipients: bob@example.com", Signal.REPORT),
        (b"From: MAILER-DAEMON (Mail Delivery System)", Signal.REPORT),
        (b"From: Mail Delivery Subsystem <MAILER-DAEMON>", Signal.REPORT),
        (b"List-Id: <talk.example.org>", Signal.LIST),
        (b"List-Post: <mailto:talk@example.org>", Signal.LIST),
        (b"Mailing-List: list talk@example.org", Signal.LIST),
        (b"List-Unsubscribe: <https://example.org/u>", Signal.UNSUBSCRIBE),
        (b"Feedback-ID: 1:2:3:x", Signal.FEEDBACK),
        (b"X-SG-EID: abc", Signal.CAMPAIGN),
        (b"X-Auto-Response-Suppress: All", Signal.SUPPRESS),
        (b"X-MS-Exchange-Inbox-Rules-Loop: ana@example.org", Signal(0)),
        (b"Content-Type: text/calendar; method=REQUEST", Signal.CALENDAR),
        (b"Content-Type: Multipart/Encrypted; boundary=b", Signal.ENCRYPTED),
        (b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data", Signal.ENCRYPTED),
        (b"Content-Type: multipart/mixed; boundary=b", Signal.ATTACHMENT),
        (b"Content-Type: text/plain", Signal(0)),
        (b"X-Cron-Env: <LANG=C>", Signal.MACHINE),
        (b"X-FC-MachineGenerated: true", Signal.MACHINE),
        (b"From: a@example.org, b@example.org", Signal.AMBIGUOUS),
        (b"From: a@example.org <b@example.org>", Signal.AMBIGUOUS),
        (b"From: a@example.org\r\nFrom: a@example.org", Signal.AMBIGUOUS),
        (b"From: a@example.org", Signal(0)),
    ],
)
def test_each_signal_is_set_by_its_lines_alone(line: bytes, signal: Signal) -> None:
    assert read_headers(block(line)).signals == signal


def test_an_outlook_rule_that_answers_is_an_automatic_reply() -> None:
    facts = read_headers(block(b"X-MS-Exchange-Inbox-Rules-Loop: a@example.org", b"X-Auto-Response-Suppress: All"))
    assert facts.signals == Signal.AUTO_REPLY | Signal.SUPPRESS


def test_what_is_asked_of_a_server_is_what_is_read() -> None:
    assert len(set(HEADER_FIELDS)) == len(HEADER_FIELDS) < 40
    assert "RECEIVED" not in HEADER_FIELDS, "it would double the bytes on the line"
    assert all(name.isascii() and name == name.upper() for name in HEADER_FIELDS)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"Thu, 7 Mar 2024 08:15:00 +0100", datetime(2024, 3, 7, 7, 15, tzinfo=UTC)),
        (b"7 Mar 2024 08:15 -0500 (EST)", datetime(2024, 3, 7, 13, 15, tzinfo=UTC)),
        (b"Thu, 07 mar 2024 08:15:00 GMT", datetime(2024, 3, 7, 8, 15, tzinfo=UTC)),
        (b"Thu, 7 Mar 2024 23:59:60 +0000", datetime(2024, 3, 7, 23, 59, 59, tzinfo=UTC)),
        (b"Thu Mar  7 08:15:00 2024", datetime(2024, 3, 7, 8, 15, tzinfo=UTC)),
        (b"7 Mar 99 08:15 EST", datetime(1999, 3, 7, 13, 15, tzinfo=UTC)),
        (b"Thu, 1 Jan 1970 00:00:00 +0000", None),
        (b"Mon, 1 Jan 0001 00:00:00 +0000", None),
        (b"Mon, 1 Jan 2101 00:00:00 +0000", None),
        (b"Thu, 31 Feb 2024 08:15:00 +0100", None),
        (b"Thu, 7 Mar 99999999999 08:15:00 +0100", None),
        (b"Thu, 7 Mar 2024 08:15:00 +9999", None),
        (b"Thu, 7 Mar 2024 99:99:99 +0100", None),
        (b"yesterday", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"9" * 5000, None),
    ],
)
def test_a_date_is_read_in_utc_or_unknown(line: bytes, expected: datetime | None) -> None:
    assert read_headers(block(b"Date: " + line)).date == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"<1@example.org>", "1@example.org"),
        (b" <1@example.org> (added by a gateway)", "1@example.org"),
        (b"1@example.org", "1@example.org"),
        (b"<1@example.org", "1@example.org"),
        (b"<[a]@[b", "[a]@[b"),
        (b"two words@example.org", None),
        (b"", None),
        (b"<" + b"x" * 5000 + b"@example.org>", None),
        (b"<a\x07b@example.org>", None),
    ],
)
def test_a_message_id_loses_its_brackets_and_nothing_else(line: bytes, expected: str | None) -> None:
    assert read_headers(block(b"Message-ID: " + line)).message_id == expected


def test_of_endless_references_the_first_and_the_newest_stay() -> None:
    ids = [b"<%d@example.org>" % number for number in range(5000)]
    found = read_headers(block(b"References: " + b"\r\n ".join(ids))).references
    assert len(found) <= ID_COUNT_LIMIT
    assert (found[0], found[-1]) == ("0@example.org", "4999@example.org")


def test_references_end_with_what_is_answered_and_never_name_the_message_itself() -> None:
    facts = read_headers(
        block(b"Message-ID: <3@x>", b"References: <1@x> <3@x> <1@x>", b"In-Reply-To: <2@x> and more <9@x>")
    )
    assert facts.references == ("1@x", "2@x")


def test_an_unclear_reply_address_is_none() -> None:
    assert read_headers(block(b"Reply-To: a@example.org <b@example.org>, c@example.org")).reply_to == ()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?B?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        (b"=?utf-8?Q?Gr=C3?=\r\n =?utf-8?Q?=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?iso-8859-1?Q?a_b?= c =?iso-8859-1?Q?d?=", "a b c d"),
        (b"=?no-such-charset?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?idna?Q?Gr=FC?=", "Grü"),
        (b"=?rot13?Q?Hello?=", "Hello"),
        (b"=?undefined?Q?Hello?=", "Hello"),
        (b"=?utf-7?Q?+ADw-b+AD4-?=", "+ADw-b+AD4-"),
        (b"=?utf-8?Q?not closed", "=?utf-8?Q?not closed"),
        (b"=?utf-8?X?what?=", "=?utf-8?X?what?="),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        ("a\u202eb\u2066c\u200bd\ufefff".encode(), "abcdf"),
        (b"bell\x07 tab\tline\x0bend", "bell tab line end"),
        ("hangul\u3164filler".encode(), "hangulfiller"),
        (b"=?utf-8?Q?a=0D=0ABcc:_b?=", "a Bcc: b"),
        (b"=?utf-8?Q?=1B]0;title=07?=", "]0;title"),
    ],
)
def test_a_subject_is_decoded_and_shows_only_what_can_be_seen(raw: bytes, expected: str) -> None:
    assert read_headers(block(b"Subject: " + raw)).subject == expected


def test_recipients_in_several_lines_are_all_counted() -> None:
    facts = read_headers(
        block(
            b"To: =?utf-8?Q?S=C3=BC?= <sue@example.com>, jo@example.com",
            b"Cc: eve@example.com,",
            b"TO:",
            b"to: Bob Ode",
            b" <bob@example.com>, ann@example.com ",
            b"Cc: dan@example.com",
        )
    )
    assert [one.address for one in facts.to] == [
        "sue@example.com",
        "jo@example.com",
        "bob@example.com",
        "ann@example.com",
    ]
    assert [one.address for one in facts.cc] == ["eve@example.com", "dan@example.com"]


@pytest.mark.parametrize(
    "raw",
    [
        block(b"To: " + b"(" * 900),
        block(b"From: " + b"(" * 900_000),
        block(b'To: =?utf-8?Q?a=0D=0Ab?= <x@example.org>, "' + b'"' * 16_000),
        block(b"Message-ID: <[a]@[b", b"From: <"),
        block(b"Content-Type: multipart/mixed; boundary=" + b"b" * 70_000),
        block(*[b"X-%d: y" % number for number in range(50_000)]),
        b"Subject: " + b"\r\n folded" * 100_000,
        b"\r\n".join([b"From: a@example.org"] * 10_000),
        b"\r\n".join([b"To:" + b" " * 7] * 20_000),
        b"Subject: " + b"=?utf-8?Q?=C3" * 20_000,
    ],
    ids=["parens", "many parens", "quotes", "brackets", "boundary", "fields", "folds", "repeated", "joined", "words"],
)
def test_what_breaks_pythons_own_parser_breaks_nothing_here(raw: bytes) -> None:
    facts = read_headers(raw)
    assert len(facts.subject) <= 8192


def test_whatever_raises_inside_becomes_the_trouble_of_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(_: bytes) -> None:
        raise RecursionError

    monkeypatch.setattr(headers, "_fields", too_deep)
    with pytest.raises(MessageError, match="RecursionError"):
        read_headers(b"From: a@example.org\r\n")


LINE = st.tuples(st.sampled_from([*HEADER_FIELDS, "RECEIVED", "X", ""]), st.binary(max_size=80))


@given(st.lists(LINE, max_size=12))
def test_any_bytes_in_any_field_give_facts_that_are_safe_to_keep(lines: list[tuple[str, bytes]]) -> None:
    facts = read_headers(block(*(name.encode() + b": " + value for name, value in lines)))
    texts = [facts.subject, *facts.references, facts.message_id or "", facts.in_reply_to or ""]
    texts += [one.name + one.address for one in (*facts.to, *facts.cc, *facts.reply_to)]
    assert all(text.isprintable() for text in texts)
    assert facts.date is None or (facts.date.tzinfo is UTC and 1989 <= facts.date.year <= 2101)
    assert facts.sender is None or not facts.signals & Signal.AMBIGUOUS


@given(st.binary(max_size=2000))
def test_any_block_at_all_is_read(raw: bytes) -> None:
    read_headers(raw)


@given(st.binary(max_size=60), st.text(max_size=20))
def test_any_bytes_decode_in_any_charset(data: bytes, charset: str) -> None:
    decode_bytes(data, charset).encode("utf-8")
    decode_words(f"=?{charset}?Q?{data.hex()}?=").encode("utf-8", "strict" if charset.isascii() else "replace")
    assert visible(data.decode("latin-1")).isprintable()


def test_a_character_cut_at_the_end_is_no_reason_to_doubt_the_charset() -> None:
    assert decode_bytes("Grüß".encode()[:-1], "utf-8", cut=True) == "Grü"
    assert decode_bytes("Grüß".encode("latin-1"), "utf-8") == "Grüß"


def test_a_failure_is_about_those_it_names() -> None:
    block = b"X-Failed-Recipients: bob@example.com,\r\n ana@example.net\r\nTo: ann@example.org\r\n\r\n"
    assert [one.address for one in read_headers(block).to] == ["bob@example.com", "ana@example.net"]
