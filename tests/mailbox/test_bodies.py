"""The text of a message is found in any structure, and decoded whatever its label says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_fetch_response

from assistant.errors import MessageError
from assistant.mailbox.bodies import TEXT_LIMIT, Outline, body_text, outline

PLAIN = '("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 20 2)'
HTML = '("TEXT" "HTML" NIL NIL NIL "8BIT" 20 2)'
EMPTY = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 0 0)'
ATTACHED_TEXT = '("TEXT" "PLAIN" NIL NIL NIL "7BIT" 20 2 NIL ("ATTACHMENT" ("FILENAME" "notes.txt")))'
PDF = '("APPLICATION" "PDF" ("NAME" "a.pdf") NIL NIL "BASE64" 20 NIL ("attachment" ("filename" "a.pdf")))'
PDF_LONG_NAME = '("APPLICATION" "PDF" NIL NIL NIL "BASE64" 20 NIL ("INLINE" ("FILENAME*0*" "utf-8\'\'a")))'
LOGO = '("IMAGE" "PNG" ("NAME" "image001.png") "<1@x>" NIL "BASE64" 20 NIL ("INLINE" ("FILENAME" "image001.png")))'
SIGNATURE = '("APPLICATION" "PGP-SIGNATURE" ("NAME" "signature.asc") NIL NIL "7BIT" 20 NIL ("ATTACHMENT" NIL))'
CALENDAR = '("TEXT" "CALENDAR" ("METHOD" "REQUEST") NIL NIL "7BIT" 20 2)'
SMIME = '("APPLICATION" "PKCS7-MIME" ("NAME" "smime.p7m") NIL NIL "BASE64" 20)'
FORWARDED = (
    '("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 20 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ' + PLAIN + " 2 NIL NIL)"
)


def structure(text: str) -> Any:
    parsed = parse_fetch_response([f"1 (UID 1 BODYSTRUCTURE {text})".encode()])
    return parsed[1][b"BODYSTRUCTURE"]


def multipart(kind: str, *parts: str) -> str:
    return f'({"".join(parts)} "{kind}")'


def look(text: str) -> Outline:
    return outline(structure(text))


@pytest.mark.parametrize(
    ("text", "number", "kind", "attachments"),
    [
        (PLAIN, "1", "text/plain", 0),
        (HTML, "1", "text/html", 0),
        (multipart("ALTERNATIVE", PLAIN, HTML), "1", "text/plain", 0),
        (multipart("ALTERNATIVE", HTML, PLAIN), "2", "text/plain", 0),
        (multipart("ALTERNATIVE", EMPTY, HTML), "2", "text/html", 0),
        (
            multipart("MIXED", multipart("RELATED", multipart("ALTERNATIVE", PLAIN, HTML), LOGO), PDF),
            "1.1.1",
            "text/plain",
            1,
        ),
        (multipart("MIXED", ATTACHED_TEXT, PLAIN, PDF_LONG_NAME), "2", "text/plain", 2),
        (multipart("MIXED", FORWARDED, HTML), "2", "text/html", 1),
        (multipart("SIGNED", PLAIN, SIGNATURE), "1", "text/plain", 0),
        (EMPTY, "1", "text/plain", 0),
    ],
)
def test_the_own_words_are_found(text: str, number: str, kind: str, attachments: int) -> None:
    found = look(text)
    assert found.text is not None
    assert (found.text.number, found.text.kind, found.attachments) == (number, kind, attachments)
    assert not found.encrypted
    assert not found.calendar


@pytest.mark.parametrize("told", ["DELIVERY-STATUS", "DISPOSITION-NOTIFICATION"])
def test_the_text_of_a_report_is_all_of_it_as_it_stands(told: str) -> None:
    status = f'("MESSAGE" "{told}" NIL NIL NIL "7BIT" 20)'
    found = look(multipart("REPORT", PLAIN, status, FORWARDED))
    assert found.text is not None
    assert found.text.number == "TEXT"
    raw = b"--b\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n"  # the mail that came back was
    assert body_text(found, raw).text == "--b\n\n-----BEGIN PGP MESSAGE-----\n"
    forwarded = look(multipart("MIXED", PLAIN, status))
    assert forwarded.text is not None
    assert forwarded.text.number == "1"


@pytest.mark.parametrize("text", [PDF, multipart("MIXED", PDF, LOGO), ATTACHED_TEXT])
def test_a_message_may_have_no_words(text: str) -> None:
    assert look(text).text is None


@pytest.mark.parametrize("text", [SMIME, multipart("ENCRYPTED", PLAIN, PDF), multipart("MIXED", PLAIN, SMIME)])
def test_encrypted_mail_is_known_by_its_structure(text: str) -> None:
    assert look(text).encrypted
    assert body_text(look(text), b"secret").text == ""


def test_an_invitation_is_known_by_its_structure() -> None:
    found = look(multipart("ALTERNATIVE", PLAIN, HTML, CALENDAR))
    assert (found.calendar, found.attachments) == (True, 0)


def test_parts_within_parts_without_end_are_the_trouble_of_one_message() -> None:
    text = PLAIN
    for _ in range(60):
        text = multipart("MIXED", text)
    with pytest.raises(MessageError):
        look(text)


def test_parts_beyond_counting_are_the_trouble_of_one_message() -> None:
    with pytest.raises(MessageError):
        look(multipart("MIXED", *[PLAIN] * 2000))


@pytest.mark.parametrize("text", ['("TEXT")', '("TEXT" "PLAIN")', "(NIL)", "(1 2 3)"])
def test_a_structure_that_is_none_is_the_trouble_of_one_message(text: str) -> None:
    with pytest.raises(MessageError):
        look(text)


def words(data: bytes, encoding: str = "7BIT", charset: str = "utf-8") -> str:
    leaf = f'("TEXT" "PLAIN" ("CHARSET" "{charset}") NIL NIL "{encoding}" 20 2)'
    return body_text(look(leaf), data).text


@pytest.mark.parametrize(
    ("data", "encoding", "charset", "expected"),
    [
        (b"Hello\r\nthere\rnow", "7BIT", "us-ascii", "Hello\nthere\nnow"),
        (b"Gr=C3=BC=C3=9Fe =\r\naus K=F6ln", "quoted-printable", "utf-8", "GrÃ¼Ã\x9fe aus Köln"),
        (b"Gr=C3=BC=C3=9Fe=", "QUOTED-PRINTABLE", "utf-8", "Grüße"),
        (b"R3LDvMOfZQ==", "base64", "utf-8", "Grüße"),
        (b"R3LDv\r\nMOf!ZQ", "base64", "utf-8", "Grüße"),
        (b"R3LDvMOfZQ==R", "base64", "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "8BIT", "us-ascii", "Grüße"),
        ("Grüße".encode(), "8BIT", "unknown-8bit", "Grüße"),
        ("Grüße".encode(), "binary", "idna", "Grüße"),
        ("Grüße".encode("utf-16-le"), "8bit", "utf-16-le", "Grüße"),
        (b"rot13", "7bit", "rot13", "rot13"),
        (b"\x1b[31mred\x00\x07\ttab", "7bit", "utf-8", "[31mred\ttab"),
        (b"as it is", "x-uuencode", "utf-8", "as it is"),
    ],
)
def test_text_is_decoded_as_well_as_can_be(data: bytes, encoding: str, charset: str, expected: str) -> None:
    assert words(data, encoding, charset).rstrip("\n") == expected.replace("\x9f", "")


def test_a_character_cut_at_the_limit_spoils_nothing() -> None:
    text = words(("ß" * TEXT_LIMIT).encode()[1:], "8bit")
    assert len(words(("a" + "ß" * TEXT_LIMIT).encode(), "8bit")) == TEXT_LIMIT // 2
    assert text, "and even a wrong beginning gives text"


def test_inline_pgp_is_encrypted_mail() -> None:
    found = body_text(look(PLAIN), b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n")
    assert (found.encrypted, found.text) == (True, "")


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "8bit", "what"]), st.text(max_size=12))
def test_no_bytes_and_no_label_raise(data: bytes, encoding: str, charset: str) -> None:
    safe = "".join(letter for letter in charset if letter.isalnum() and letter.isascii())
    words(data, encoding, safe).encode("utf-8")
