"""One address, one reading; anything else is nobody's address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.mailbox.addresses import FIELD_LIMIT, _parse, clean_address, read_addresses
from assistant.model import Address

ANA = "ana@example.org"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"ana@example.org", ""),
        (b"<ana@example.org>", ""),
        (b"Ana <ana@example.org>", "Ana"),
        (b"Ana   Lima  <ANA@Example.ORG>", "Ana Lima"),
        (b'"Lima, Ana" <ana@example.org>', "Lima, Ana"),
        (b"Lima, Ana <ana@example.org>", "Lima, Ana"),
        (b'"A \\"B\\" C" <ana@example.org>', 'A "B" C'),
        (b"'Ana Lima' <ana@example.org>", "Ana Lima"),
        (b'"ana@example.org" <ana@example.org>', ""),
        (b"ana@example.org (Ana Lima)", "Ana Lima"),
        (b"Ana (at home (really)) <ana@example.org>", "Ana"),
        (b"J. R. Ana <ana@example.org>", "J. R. Ana"),
        (b"ana@example.org,", ""),
        (b"=?utf-8?Q?Ana_L=C3=ADma?= <ana@example.org>", "Ana Líma"),
        (b"=?utf-8?Q?L=C3=ADma,_Ana?= <ana@example.org>", "Líma, Ana"),
        (b'"=?utf-8?B?QW5hIEzDrW1h?=" <ana@example.org>', "Ana Líma"),
        (b"=?utf-8?Q?Ana?=\r\n =?utf-8?Q?_L?= <ana@example.org>", "Ana L"),
        ("Ana Líma <ana@example.org>".encode(), "Ana Líma"),
        (b"Ana L\xedma <ana@example.org>", "Ana Líma"),
        ("Ana\u202eamiL <ana@example.org>".encode(), "AnaamiL"),
        ("A\u200bn\u00ada <ana@example.org>".encode(), "Ana"),
        (b"=?utf-8?Q?Ana=0D=0ABcc:_x?= <ana@example.org>", "Ana Bcc: x"),
        (b"Ana \x1b[31m <ana@example.org>", "Ana [31m"),
    ],
)
def test_a_sender_with_one_reading_is_read(value: bytes, name: str) -> None:
    found = read_addresses(value)
    assert (found.addresses, found.clean) == ((Address(ANA, name),), True)


@pytest.mark.parametrize(
    "value",
    [
        b"boss@example.com <ana@example.org>",
        b'"boss@example.com" <ana@example.org>',
        b"=?utf-8?Q?boss=40example=2Ecom?= <ana@example.org>",
        b"=?utf-8?Q?=22boss=40example=2Ecom=22?= <ana@example.org>",
        b"(boss@example.com) <ana@example.org>",
        b"boss@example.com (x) <ana@example.org>",
        b"<ana@example.org> boss@example.com",
        b"<ana@example.org> <boss@example.com>",
        b"<boss@example.com>, <ana@example.org> x",
        b"<boss@example.com@example.org>",
        b"<@example.com:ana@example.org>",
        b"<ana@example.org",
        b"ana@example.org>",
        b"Ana <ana@example.org>>",
        b'"Ana <ana@example.org>',
        b"Ana (ana@example.org",
        b"ana@example.org\\",
        b'"ana"@example.org',
        b"=?utf-8?Q?ana=40example.org=3E=00?=@example.com",
        b"Friends: ana@example.org;",
        b"ana@[192.0.2.1]",
        b"ana@example.org\x00.example.com",
        b"a b@example.org",
        b"",
        b"MAILER-DAEMON",
        "ana@exam\u200bple.org".encode(),
    ],
)
def test_a_sender_with_more_than_one_reading_or_none_is_nobody(value: bytes) -> None:
    found = read_addresses(value)
    assert not (found.clean and len(found.addresses) == 1)


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        (b"a@example.org, b@example.org", ["a@example.org", "b@example.org"]),
        (b"A <a@example.org>,\r\n\tB <b@example.org>", ["a@example.org", "b@example.org"]),
        (b"x@example.com <a@example.org>, b@example.org", ["b@example.org"]),
        (b"Friends: a@example.org, b@example.org;, c@example.org", ["a@example.org", "b@example.org", "c@example.org"]),
        (b"undisclosed-recipients:;", []),
        (b"a@example.org, b@example.org <", ["a@example.org"]),
        (b"a@example.org;b@example.org", ["a@example.org", "b@example.org"]),
    ],
)
def test_of_many_recipients_those_with_one_reading_are_read(value: bytes, addresses: list[str]) -> None:
    assert [one.address for one in read_addresses(value).addresses] == addresses


def test_a_domain_in_other_letters_is_shown_as_it_goes_over_the_wire() -> None:
    assert clean_address("ana@bücher.example") == "ana@xn--bcher-kva.example"
    assert clean_address("ana@ex\u0430mple.org") == "ana@xn--exmple-4nf.org", "a Cyrillic letter is another domain"


@pytest.mark.parametrize("domain", ["\uff45xample.org", "straße.example", "exa\u017fmple.org", "exam\u00adple.org"])
def test_a_domain_that_other_programs_take_for_another_is_nobodys(domain: str) -> None:
    assert clean_address(f"ana@{domain}") is None


def test_a_field_of_endless_recipients_is_cut_between_two() -> None:
    found = read_addresses(b", ".join(b"person%05d@example.org" % number for number in range(5000)))
    assert 300 < len(found.addresses) < FIELD_LIMIT / 20
    assert all(len(one.address) == len("person00000@example.org") for one in found.addresses)


@pytest.mark.parametrize(
    "seed", [b"(", b'"', b"<", b'"\\', b"a@", b" ", b"=?a?q?", b"a,", b"<>", b"()", b"x:", b'"(', b"=?"]
)
def test_hostile_repetition_yields_nobody(seed: bytes) -> None:
    found = read_addresses((seed * FIELD_LIMIT)[: FIELD_LIMIT - 20] + b"@")
    assert not (found.clean and found.addresses)


@given(st.binary(max_size=300))
def test_no_bytes_raise_and_every_address_found_is_clean(value: bytes) -> None:
    for one in read_addresses(value).addresses:
        assert clean_address(one.address) == one.address
        assert one.name.isprintable()


@given(
    st.lists(st.sampled_from([*'@<>",;:()\\= \t', "ana@example.org", "Bo", "=?utf-8?q?x=40y.z?=", "ß"]), max_size=12)
)
def test_no_mixture_of_marks_yields_an_address_that_is_not_written_there(pieces: list[str]) -> None:
    text = "".join(pieces)
    for one in read_addresses(text.encode()).addresses:
        assert one.address in text.lower()


USUAL = [
    "Ana Lima <ana@example.org>",
    '"Lima, Ana" <ana@example.org>',
    "ben@example.net",
    "Lima, Ana <ana@example.org>",
]
MARKS = [*'@<>",;:()\\= ', "=?utf-8?q?", "x=40y.z", "?=", ", ", " <ana@example.org>"]


@given(st.lists(st.sampled_from([*USUAL, *MARKS, ", ", ", "]), max_size=9))
def test_the_quick_reader_of_usual_fields_reads_what_the_careful_one_reads(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert read_addresses(text.encode()) == _parse(text)
