"""The fast way and imapclient's parser say the same of every FETCH answer."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.mailbox import fetch
from assistant.mailbox.door import RawHeaders
from assistant.mailbox.fetch import (
    batches,
    read_arrivals_answer,
    read_flags_answer,
    read_headers_answer,
    read_items,
    uid_set,
)

BLOCK = b"From: ana@example.org\r\nSubject: x) UID 99 (\r\n\r\n"
WHEN = datetime(2024, 3, 7, 7, 15, tzinfo=UTC)
EXPECTED = RawHeaders(7, frozenset({"\\Seen", "$Label"}), 1234, WHEN, BLOCK)
UID, FLAGS, SIZE = b"UID 7", b"FLAGS (\\Seen $Label)", b"RFC822.SIZE 1234"
DATE = b'INTERNALDATE " 7-Mar-2024 08:15:00 +0100"'
FIELDS = b"BODY[HEADER.FIELDS (FROM SUBJECT)] {%d}" % len(BLOCK)


def answer(*items: bytes, trailer: bytes = b")", block: bytes = BLOCK) -> list[bytes | tuple[bytes, bytes]]:
    """Return one FETCH answer the way imaplib hands it over."""
    return [(b"3 (" + b" ".join(items), block), trailer]


ORDINARY = {
    "dovecot": answer(UID, FLAGS, DATE, SIZE, FIELDS),
    "gmail": answer(UID, SIZE, DATE, FLAGS, FIELDS),
    "size first": answer(SIZE, UID, FLAGS, DATE, FIELDS),
    "modseq": answer(UID, b"MODSEQ (624140003)", FLAGS, DATE, SIZE, FIELDS),
    "sorted echo in small letters": answer(UID, FLAGS, DATE, SIZE, FIELDS.replace(b"FROM SUBJECT", b"subject from")),
    "quoted echo": answer(UID, FLAGS, DATE, SIZE, FIELDS.replace(b"FROM SUBJECT", b'"FROM" "SUBJECT"')),
    "recent": answer(UID, b"FLAGS (\\Recent \\Seen $Label)", DATE, SIZE, FIELDS),
}
ODD = {
    "uid last": answer(FLAGS, DATE, SIZE, FIELDS, trailer=b" UID 7)"),
    "flags last": answer(UID, DATE, SIZE, FIELDS, trailer=b" FLAGS (\\Seen $Label))"),
    "unknown item": answer(UID, FLAGS, DATE, SIZE, b"X-NEW (1 (2))", FIELDS),
}


@pytest.mark.parametrize("data", [*ORDINARY.values(), *ODD.values()], ids=[*ORDINARY, *ODD])
def test_every_order_and_shape_gives_the_same_facts(data: list[bytes | tuple[bytes, bytes]]) -> None:
    assert list(read_headers_answer(data)) == [EXPECTED]


@pytest.mark.parametrize("data", ORDINARY.values(), ids=ORDINARY)
def test_what_the_fast_way_reads_the_parser_reads_alike(
    data: list[bytes | tuple[bytes, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "_HEAD", re.compile(rb"(?!)"))
    assert list(read_headers_answer(data)) == [EXPECTED]


@pytest.mark.parametrize("data", ORDINARY.values(), ids=ORDINARY)
def test_the_ordinary_needs_no_parser(data: list[bytes | tuple[bytes, bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_parsed", lambda _: pytest.fail("the slow way was taken"))
    assert list(read_headers_answer(data)) == [EXPECTED]


WORD = st.text(st.characters(codec="ascii", exclude_characters='()"\\{}[]%* ', categories=["L", "N", "P"]), min_size=1)


@given(
    uid=st.integers(1, 2**32 - 1),
    flags=st.lists(st.one_of(WORD, st.just("\\Answered")), max_size=4),
    size=st.integers(0, 2**40),
    when=st.integers(700_000_000, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    zone=st.sampled_from(["+0000", "-0930", "+1345"]),
    block=st.binary(max_size=60),
    order=st.permutations(range(4)),
)
def test_both_ways_agree_on_whatever_a_server_may_send(
    uid: int, flags: list[str], size: int, when: datetime, zone: str, block: bytes, order: list[int]
) -> None:
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    date = f"{when.day:02}-{months[when.month - 1]}-{when.year} {when:%H:%M:%S} {zone}"
    items = [f"UID {uid}", f"FLAGS ({' '.join(flags)})", f'INTERNALDATE "{date}"', f"RFC822.SIZE {size}"]
    wanted = f"BODY[HEADER.FIELDS (FROM)] {{{len(block)}}}"
    data = answer(*(items[place].encode() for place in order), wanted.encode(), block=block)
    [fast] = read_headers_answer(data)
    pieces: list[bytes | tuple[bytes, bytes]] = list(data)
    assert fetch._parsed(pieces) == fast
    assert fast.uid == uid


def test_gmail_labels_are_read_quoted_or_not() -> None:
    labels = rb'X-GM-LABELS ("\\Draft" \Important Friends "a (b) \"c\"" "")'
    data = answer(labels, UID, FLAGS, DATE, SIZE, FIELDS)
    [raw] = read_headers_answer(data)
    assert raw.labels == {"\\Draft", "\\Important", "Friends", 'a (b) "c"', ""}
    assert fetch._parsed(data) == raw


def test_gmail_conversations_are_read_by_both_ways_alike() -> None:
    for said, conversation in ((b"1278455344230334865", 1278455344230334865), (b"9" * 20, None)):
        data = answer(b"X-GM-THRID " + said, UID, FLAGS, DATE, SIZE, FIELDS)
        [fast] = read_headers_answer(data)
        assert fast.conversation == conversation
        assert fetch._parsed(data) == fast


def test_gmail_labels_as_literals_are_read_too() -> None:
    data: list[Any] = [
        (b"3 (X-GM-LABELS ({5}", b"a (b)"),
        (b") " + b" ".join([UID, FLAGS, DATE, SIZE, FIELDS]), BLOCK),
        b")",
    ]
    [raw] = read_headers_answer(data)
    assert raw.labels == {"a (b)"}
    assert raw.block == BLOCK


@pytest.mark.parametrize("size", [2**63, 10**19, 10**40])
def test_a_size_that_nobody_could_store_is_unknown(size: int) -> None:
    assert [one.size for one in read_headers_answer(answer(UID, FLAGS, DATE, b"RFC822.SIZE %d" % size, FIELDS))] == [0]


def test_an_empty_block_may_come_as_a_string_or_nil() -> None:
    for nothing in (b'""', b"NIL"):
        [raw] = read_headers_answer([b"3 (" + b" ".join([UID, FLAGS, b"BODY[HEADER.FIELDS (FROM)] " + nothing]) + b")"])
        assert (raw.uid, raw.block, raw.size, raw.internal_date) == (7, b"", 0, None)


@pytest.mark.parametrize("date", [b"07-Foo-2024 08:15:00 +0100", b"99-Mar-2024 08:15:00 +0100", b"never", b""])
def test_an_internal_date_that_is_none_is_unknown(date: bytes) -> None:
    [raw] = read_headers_answer(answer(UID, FLAGS, b'INTERNALDATE "' + date + b'"', SIZE, FIELDS))
    assert raw.internal_date is None


def test_updates_that_nobody_asked_for_are_passed_over() -> None:
    data = [b"9 (FLAGS (\\Seen))", *answer(UID, FLAGS, DATE, SIZE, FIELDS), b"9 (UID 12 FLAGS ())", None]
    assert list(read_headers_answer(data)) == [EXPECTED]


@pytest.mark.parametrize(
    "items",
    [
        b"FLAGS 5 RFC822.SIZE (1) INTERNALDATE NIL",
        b"FLAGS NIL RFC822.SIZE -1",
        b'FLAGS (() 5) RFC822.SIZE NIL INTERNALDATE ""',
    ],
)
def test_values_of_the_wrong_kind_are_unknown_ones(items: bytes) -> None:
    [raw] = read_headers_answer([(b"3 (" + items + b" UID 7 BODY[HEADER.FIELDS (FROM)] {2}", b"ab"), b")"])
    assert (raw.uid, raw.block, raw.size, raw.internal_date) == (7, b"ab", 0, None)
    assert read_flags_answer([b"3 (UID 7 " + items + b")"]).keys() <= {7}


@pytest.mark.parametrize(
    "head",
    [
        b"3 (UID 8 FLAGS (\\Seen BODY[HEADER.FIELDS (FROM)] {4}",
        b"3 (UID 8 FLAGS " + b"(" * 100_000 + b" BODY[HEADER.FIELDS (FROM)] {4}",
        b'3 (UID 8 X "unclosed BODY[HEADER.FIELDS (FROM)] {4}',
        b"3 (UID 8 BODY[HEADER.FIELDS (FROM)] {5}",
    ],
    ids=["unbalanced", "deep", "unclosed", "wrong length"],
)
def test_nonsense_about_one_message_hides_no_other(head: bytes) -> None:
    data = [(head, b"abcd"), b"))", *answer(UID, FLAGS, DATE, SIZE, FIELDS)]
    found = {raw.uid: raw for raw in read_headers_answer(data)}
    assert found[7] == EXPECTED
    assert found[8].uid == 8, "it exists, and that is all that is known or needed"


@given(
    st.lists(st.one_of(st.binary(max_size=40), st.tuples(st.binary(max_size=40), st.binary(max_size=9))), max_size=6)
)
def test_no_answer_raises(data: list[bytes | tuple[bytes, bytes]]) -> None:
    list(read_headers_answer(data))


def test_flags_are_read_in_either_order_and_without_recent() -> None:
    data = [
        b"1 (UID 4 FLAGS (\\Seen \\Recent))",
        b"2 (FLAGS ($X) UID 5)",
        b"3 (UID 6 FLAGS () MODSEQ (9))",
        b"4 (FLAGS ())",
    ]
    assert read_flags_answer(data) == {4: {"\\Seen"}, 5: {"$X"}, 6: frozenset()}


def test_arrivals_are_read_in_either_order_and_nonsense_is_no_time() -> None:
    data = [
        b'1 (UID 4 INTERNALDATE " 7-Mar-2024 09:16:05 +0100")',
        b'2 (INTERNALDATE "07-Mar-2024 08:16:05 +0000" UID 5 MODSEQ (9))',
        b'3 (UID 6 X-ODD (1) INTERNALDATE "07-Mar-2024 08:16:05 +0000")',
        b'4 (UID 7 INTERNALDATE "yesterday")',
        b"5 (UID 8 INTERNALDATE NIL)",
        b"1 (UID 4 FLAGS (\\Seen))",
    ]
    assert read_arrivals_answer(data) == dict.fromkeys((4, 5, 6), datetime(2024, 3, 7, 8, 16, 5, tzinfo=UTC))


def test_one_item_is_found_among_updates() -> None:
    data: list[Any] = [b"9 (FLAGS ())", (b"3 (UID 7 BODY[1]<0> {2}", b"hi"), b")", b"4 (UID 8 FLAGS ())"]
    assert read_items(data, b"BODY[1]") == {7: b"hi"}


def test_the_structure_of_thousands_of_parts_is_refused_unparsed() -> None:
    part = b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 20 2)'
    few, many = (b"1 (UID 7 BODYSTRUCTURE (%s))" % (part * count + b' "MIXED"') for count in (500, 2000))
    assert read_items([few], b"BODYSTRUCTURE")[7].is_multipart
    assert isinstance(read_items([many], b"BODYSTRUCTURE")[7], ValueError)


@pytest.mark.parametrize(
    ("uids", "expected"),
    [([1], "1"), ([1, 2, 3], "1:3"), ([1, 3, 4, 9], "1,3:4,9"), ([2**32 - 2, 2**32 - 1], "4294967294:4294967295")],
)
def test_runs_are_written_as_ranges(uids: list[int], expected: str) -> None:
    assert uid_set(uids) == expected


@given(st.lists(st.integers(1, 2**32 - 1), unique=True, max_size=3000).map(sorted))
def test_batches_hold_every_uid_once_and_fit_into_a_command(uids: list[int]) -> None:
    split = list(batches(uids))
    assert [uid for batch in split for uid in batch] == uids
    assert all(len(uid_set(batch)) <= 8000 and 0 < len(batch) <= 1000 for batch in split)
