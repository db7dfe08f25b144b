"""Our messages are known again on every computer, and any edit of the user's shows."""

from __future__ import annotations

import email.policy
import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.drafting.identity import draft_id, fingerprint
from assistant.model import Kind
from tests.drafting.builders import NOW, letter, message, parsed, suggestion


def test_the_id_names_contact_silence_and_kind_on_every_computer() -> None:
    made = letter()
    assert made.id == draft_id("ana@ana.example", "first@ana.example", Kind.OWE_REPLY)
    assert re.fullmatch("[0-9a-f]{20}", made.id)
    assert (
        made.id
        == letter(now=NOW + timedelta(days=1), me_name="S.").id
        == draft_id("ANA@ana.example", "first@ana.example", Kind.OWE_REPLY)
    )
    others = [suggestion(Kind.THANK), suggestion(opened_by="b@x"), suggestion(address="bea@ana.example")]
    assert len({made.id, *(letter(other).id for other in others)}) == 4
    assert draft_id("a", "b\0c", Kind.THANK) != draft_id("a\0b", "c", Kind.THANK)


def reencoded(raw: bytes) -> bytes:
    """Return the same message as another program would write it: order, folding and encodings changed."""
    read = parsed(raw)
    other = EmailMessage(policy=email.policy.SMTP.clone(max_line_length=40))
    other["X-Seen-By"] = "a server"
    for name in ("References", "In-Reply-To", "Subject", "To", "From", "Date", "Message-ID"):
        if read[name]:
            other[name] = str(read[name])
    other.set_content(read.get_content(), cte="base64")
    return other.as_bytes()


@pytest.mark.parametrize("name", ["Ana Costa", "Ana Müller"])
@pytest.mark.parametrize("subject", ["Lease", "Grüße aus dem Süden und noch viel weiter her als man denken möchte"])
def test_the_fingerprint_survives_another_way_of_writing_the_same(name: str, subject: str) -> None:
    made = letter(suggestion(about=message(subject), name=name))
    assert reencoded(made.raw) != made.raw
    assert fingerprint(reencoded(made.raw)) == made.fingerprint == fingerprint(made.raw)
    assert fingerprint(made.raw.replace(b"\r\n", b"\n")) == made.fingerprint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"From: Sue Marten", b"From: Sue M"),
        (b"ana@ana.example", b"bea@ana.example"),
        (b"To: Ana", b"Cc: eve@eve.example\r\nTo: Ana"),
        (b"To: Ana", b"Bcc: eve@eve.example\r\nTo: Ana"),
        (b"Subject: Re: Lease", b"Subject: Lease"),
        (b"In-Reply-To: <last@ana", b"In-Reply-To: <first@ana"),
        (b"text/plain", b"text/html"),
        (b'charset="utf-8"', b'charset="utf-8"; format=flowed'),
        (b"Dear Ana,", b"Dear Ana!"),
        (b"Dear Ana,", b"Dear  Ana,"),
        (b"Sue\r\n", b"Sue\r\n\r\n"),
        (b"Sue\r\n", b""),
    ],
)
def test_the_fingerprint_changes_with_any_edit(old: bytes, new: bytes) -> None:
    made = letter()
    assert old in made.raw
    assert fingerprint(made.raw.replace(old, new)) != made.fingerprint


def test_the_fingerprint_sees_an_added_part() -> None:
    read = parsed(letter().raw)
    read.add_attachment(b"x", "application", "octet-stream", filename="x.bin")
    assert fingerprint(read.as_bytes()) != letter().fingerprint


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"To: " + b"(" * 2000,
        b"Subject: =?utf-8?b?=====?=\r\n\r\n",
        b"Subject: =?nonsense?q?x?=\r\n\r\n",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=zlib\r\n\r\n\xff",
        b"Content-Transfer-Encoding: base64\r\n\r\n=====\xff",
        b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n',
        b"Content-Type: message/rfc822\r\n\r\n" * 2000,
        b"\xff\xfe\0: \r\n \r\n",
    ],
)
def test_the_fingerprint_survives_hostile_bytes(raw: bytes) -> None:
    assert re.fullmatch("[0-9a-f]{64}", fingerprint(raw))


@given(st.binary(max_size=400))
def test_the_fingerprint_survives_any_bytes_and_any_headers(raw: bytes) -> None:
    assert len(fingerprint(raw)) == 64
    assert (
        len(fingerprint(b"Content-Type: multipart/mixed; boundary=b\r\nSubject: " + raw + b"\r\n\r\n--b\r\n" + raw))
        == 64
    )
