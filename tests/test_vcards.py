"""Exports of real programs are read, whatever is odd in them is left out alone, and no file hangs or floods."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.vcards import VCard, read_vcards

SAMPLES = Path(__file__).parent / "vcards"


def cards(content: bytes) -> list[VCard]:
    return list(read_vcards(io.BytesIO(content)))


def sample(name: str) -> list[VCard]:
    return cards((SAMPLES / f"{name}.vcf").read_bytes())


EXPORTS = [
    ("thunderbird", [("Nadia Haddad", [3, 4]), ("Phone Only", [])]),
    ("ios", [("Owen Pritchard", [7, 9]), ("Ana Costa", [29])]),
    ("google", [("Åsa Nordström", [5, 6]), ("", [18])]),
    ("nextcloud", [("Jürgen Weiß", [7, 8]), ("Sue Marten", [16]), ("Kasia Wiśniewska", [21])]),
    ("outlook", [("Jörg Müller", [6, 7])]),
    ("phone", [("Kasia Wiśniewska", [8]), ("Tom Marten", [22]), ("No End", [27]), ("Last One", [31])]),
]


@pytest.mark.parametrize(("name", "people"), EXPORTS, ids=[name for name, _ in EXPORTS])
def test_exports_are_read_with_names_and_the_lines_of_their_addresses(name, people):
    assert [(card.name, [line for line, _ in card.addresses]) for card in sample(name)] == people


def test_what_else_a_card_says_is_kept():
    nadia = sample("thunderbird")[0]
    assert nadia.note == "Met at the plant swap.\nLikes plum jam, and bees."
    assert nadia.organisation == "Rooftop Roots, Gardens"
    assert sample("google")[0].note.endswith("we talk, and knows everybody who has a greenhouse north of the river.")
    assert sample("google")[0].tags == ("Gardeners", "myContacts", "starred")
    assert [card.language for card in sample("nextcloud")] == ["de", None, "pl"]
    assert sample("phone")[0].note == "Dzwonić: wieczorem"
    assert sample("outlook")[0].organisation == "Gärtnerei Müller, Versand"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_usual_encoding_is_read(encoding, ending):
    text = ending.join(["BEGIN:VCARD", "VERSION:3.0", "FN:Zoë Öz", "EMAIL:zoe@example.org", "END:VCARD", ""])
    (card,) = cards(text.encode(encoding))
    assert (card.name, card.addresses) == ("Zoë Öz", ((4, "zoe@example.org"),))


def test_what_steers_a_terminal_or_hides_is_gone():
    (card,) = cards("BEGIN:VCARD\nFN:A\x1b[31mna\u202e\x00 Li\nEMAIL:a@b.example\nEND:VCARD".encode())
    assert card.name == "A[31mna Li"


def test_a_picture_of_any_size_is_passed_over():
    (card,) = cards(b"BEGIN:VCARD\nPHOTO;ENCODING=b:" + b"A" * 1_000_000 + b"\nFN:A\nEMAIL:a@b.example\nEND:VCARD\n")
    assert card.addresses == ((4, "a@b.example"),)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "content",
    [
        b";" * 10**6,
        b'N;"' * 300_000,
        b"N" + b';a="b"' * 100_000,
        b"=\n" * 200_000,
        b"BEGIN:VCARD\nNOTE;QUOTED-PRINTABLE:" + b"=\n" * 200_000,
        b"a." * 500_000,
        b" \n" * 200_000,
        b"BEGIN:VCARD\n" * 50_000,
        b"BEGIN:VCARD\nAGENT:\n" * 50_000,
        b"\xff\xfe" + b"\x00" * 100_000,
    ],
    ids=range(10),
)
def test_no_file_makes_the_reading_hang(content):
    assert not any(card.addresses for card in cards(content))


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reading_fail(content):
    for card in cards(b"BEGIN:VCARD\n" + content):
        assert card.name.isprintable()


@given(st.lists(st.sampled_from(["BEGIN:VCARD", "END:VCARD", "AGENT:", " ", "FN:A", "EMAIL:a@b.example", "N;X=:;;"])))
def test_no_order_of_lines_makes_the_reading_fail(lines):
    assert len(cards("\n".join(lines).encode())) <= lines.count("BEGIN:VCARD")
