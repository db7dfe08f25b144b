"""The bytes of a draft: what lies in Drafts is exactly what will be sent."""

from __future__ import annotations

import re
from dataclasses import replace
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.drafting.message import LINE
from assistant.errors import MessageError
from assistant.model import Kind, Letter
from tests.drafting.builders import WORDING, letter, message, parsed, suggestion

FRESH = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
REPLY = [*FRESH[:5], "In-Reply-To", "References", *FRESH[5:]]
HOSTILE = st.text(st.characters() | st.sampled_from('\r\n\0\t\x1b\u202e\u2028<>@,;:"\\()=?_ ü'), max_size=150)


def header_of(raw: bytes, name: str) -> str:
    """Return a header as clients read it: unfolded, encoded words decoded."""
    block = raw.partition(b"\r\n\r\n")[0].decode("ascii") + "\r\n"
    found = re.search(rf"(?m)^{name}: ?((?:.*)\r\n(?:[ \t].*\r\n)*)", block)
    assert found
    return str(make_header(decode_header(found[1].replace("\r\n", "").strip())))


def assert_well_formed(made: Letter, names: list[str]) -> None:
    head = made.raw.partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    assert [line.split(b":")[0].decode() for line in lines if not line.startswith(b" ")] == names
    assert all(line.strip() for line in lines)
    assert not re.search(rb"[^\x20-\x7e\r\n]", made.raw)
    assert made.raw.endswith(b"\r\n")
    assert made.raw.count(b"\n") == made.raw.count(b"\r\n") == made.raw.count(b"\r")
    assert all(len(line) <= LINE for line in made.raw.split(b"\r\n"))


def test_a_reply_holds_these_headers_and_no_other() -> None:
    made = letter(references=["a@x.example"])
    assert_well_formed(made, REPLY)
    read = parsed(made.raw)
    assert read["From"] == "Sue Marten <sue@example.org>"
    assert read["To"] == "Ana Costa <ana@ana.example>"
    assert read["Subject"] == "Re: Lease renewal"
    assert read["Date"] == "Mon, 14 Sep 2026 08:00:00 +0000"
    assert read["Message-ID"] == f"<{made.id}@example.org>"
    assert read["In-Reply-To"] == "<last@ana.example>"
    assert read["References"] == "<a@x.example> <last@ana.example>"
    assert read["Content-Type"] == 'text/plain; charset="utf-8"'
    assert read["Content-Transfer-Encoding"] == "quoted-printable"


def test_a_fresh_message_has_a_subject_of_its_own_and_no_thread() -> None:
    made = letter(suggestion(Kind.RECONNECT, fresh=True))
    assert_well_formed(made, FRESH)
    assert (made.subject, made.in_reply_to, made.references) == ("A word from Sue", None, ())


def test_the_text_arrives_as_written_with_one_line_for_each_paragraph() -> None:
    long = replace(WORDING, text="Dear Ana,\n\n" + "a word " * 60 + "\n\nFrom Sue\n.\n-- \nÜ ☕ 👩‍🔬\n")
    read = parsed(letter(wording=long).raw).get_content()
    assert read.replace("\r\n", "\n") == "Dear Ana,\n\n" + ("a word " * 60).strip() + "\n\nFrom Sue\n.\n--\nÜ ☕ 👩‍🔬\n"
    assert letter().text == WORDING.text


def test_the_original_is_quoted_below_only_when_given() -> None:
    made = letter(quoted=["Can you help?", "", "Ana\x1b[2J"])
    assert made.text == WORDING.text + "\n> Can you help?\n>\n> Ana [2J\n"
    assert ">" not in letter().text


def test_the_same_input_gives_the_same_bytes() -> None:
    assert letter(references=["a@x"]) == letter(references=["a@x"])


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("Lease", "Re: Lease"),
        ("Re: Lease", "Re: Lease"),
        ("AW: Lease", "AW: Lease"),
        ("Fwd: Lease", "Re: Fwd: Lease"),
        ("[list] Lease  for  flat", "Re: [list] Lease  for  flat"),
        ("", "Re:"),
        ("Lease\r\nBcc: eve@eve.example", "Re: Lease  Bcc: eve@eve.example"),
        ("=?utf-8?q?x?=", "Re: =?utf-8?q?x?="),
        ("Größe " * 40, "Re: " + ("Größe " * 40).strip()),
        ("https://x.example/" + "a" * 300, "Re: https://x.example/" + "a" * 300),
    ],
)
def test_a_reply_keeps_the_subject_and_doubles_no_prefix(subject: str, reply: str) -> None:
    made = letter(suggestion(about=message(subject)))
    assert made.subject == reply
    assert header_of(made.raw, "Subject") == reply
    assert_well_formed(made, REPLY)


def test_a_long_chain_keeps_its_first_and_last_ids() -> None:
    made = letter(references=[f"{number}@x" for number in range(40)])
    assert made.references == ("0@x", *(f"{number}@x" for number in range(22, 40)), "last@ana.example")
    assert parsed(made.raw)["References"].split() == [f"<{one}>" for one in made.references]


def test_ids_that_could_break_a_line_are_left_out_of_the_chain() -> None:
    made = letter(references=["a@x", "b@x>\r\nBcc: <eve@eve", "c d", "ü@x", "last@ana.example", "a@x", "<d@x>", ""])
    assert made.references == ("a@x", "last@ana.example")


@pytest.mark.parametrize("bad", [None, "", "a b", "a\r\nBcc: x", "ü@x", "a" * 300])
def test_an_original_that_cannot_be_named_gets_no_reply(bad: str | None) -> None:
    with pytest.raises(MessageError, match="Message-ID"):
        letter(suggestion(about=message(message_id=bad)))


@pytest.mark.parametrize(
    "bad", ["", "ana", "@x", "ana@", "a\r\nBcc: b@x", "a b@x.example", "é@x.example", "a@x,b@y", "a@b@c"]
)
def test_an_address_that_cannot_be_written_safely_gets_no_draft(bad: str) -> None:
    with pytest.raises(MessageError, match="cannot be written"):
        letter(suggestion(address=bad))
    with pytest.raises(MessageError, match="cannot be written"):
        letter(suggestion(identity=bad))


def test_an_international_domain_is_written_in_ascii() -> None:
    assert letter(suggestion(address="ana@büro.example")).to.address == "ana@xn--bro-hoa.example"


@pytest.mark.parametrize(
    "name",
    [
        "Ana Costa",
        "Costa, Ana",
        'Ana "A" Costa',
        "Müller, Ana",
        "=?utf-8?q?x?=",
        "x, y" * 15,
        "Ünal " * 15,
        "日本 " * 20,
    ],
)
def test_a_name_arrives_as_it_is_and_names_one_address(name: str) -> None:
    made = letter(suggestion(name=name))
    assert header_of(made.raw, "To") == f"{made.to.name} <ana@ana.example>"
    assert made.to.name == " ".join(name.split())
    assert len(parsed(made.raw)["To"].addresses) == 1


@given(name=HOSTILE, subject=HOSTILE, me=HOSTILE, text=HOSTILE, opened_by=HOSTILE, known=st.lists(HOSTILE, max_size=5))
def test_no_name_subject_or_text_injects_a_header_or_a_control_character(
    name: str, subject: str, me: str, text: str, opened_by: str, known: list[str]
) -> None:
    one = suggestion(about=message(subject), name=name, opened_by=opened_by)
    made = letter(one, replace(WORDING, text=text), me_name=me, references=known)
    assert_well_formed(made, REPLY)
    assert [address.addr_spec for address in parsed(made.raw)["To"].addresses] == ["ana@ana.example"]
    assert [address.addr_spec for address in parsed(made.raw)["From"].addresses] == ["sue@example.org"]
    assert header_of(made.raw, "Subject") == made.subject
    assert parsed(made.raw).get_content().replace("\r\n", "\n") == made.text
