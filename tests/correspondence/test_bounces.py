"""Mail that came back: whom it did not reach, as servers tell it."""

from __future__ import annotations

import pytest

from assistant.correspondence.bounces import Bounce, read_bounce

FAILED = (
    "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; ana@example.net\nAction: failed\nStatus: 5.1.1\n"
)


def only(*failed: str) -> Bounce:
    return Bounce(failed, returned=None, harmless=False)


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        (FAILED, ["ana@example.net"]),
        (FAILED.replace("rfc822; ana@example.net", "RFC822;<Ana@Example.NET>"), ["ana@example.net"]),
        (FAILED.replace("rfc822; ", "rfc822;\n  "), ["ana@example.net"]),
        (FAILED.replace("rfc822; ana@", "utf-8; ana@bücher."), ["ana@xn--bcher-kva.example.net"]),
        (FAILED.replace("Action: failed\n", ""), ["ana@example.net"]),
        (FAILED.replace("5.1.1", "4.4.7"), ["ana@example.net"]),  # given up after days
        (FAILED + "Original-Recipient: rfc822;ana@old.example\n", ["ana@old.example", "ana@example.net"]),
        (
            FAILED + "\nFinal-Recipient: rfc822; ben@example.com\nAction: failed\n",
            ["ana@example.net", "ben@example.com"],
        ),
        (FAILED + " \nFinal-Recipient: rfc822; ben@example.com\nAction: delayed\n", ["ana@example.net"]),
        (FAILED.replace("ana@example.net", "ana@example.net <ben@example.com>"), []),
        ("Sorry.", []),
    ],
)
def test_the_addresses_that_failed(text: str, failed: list[str]) -> None:
    assert list(read_bounce(text).failed) == failed


@pytest.mark.parametrize(
    "text",
    [
        FAILED.replace("failed", "delayed").replace("5.1.1", "4.4.1"),
        FAILED.replace("failed", "delivered").replace("5.1.1", "2.0.0"),
        "Final-Recipient: rfc822; ana@example.net\nDisposition: manual-action/MDN-sent-manually; displayed\n",
    ],
)
def test_a_delay_or_a_receipt_is_harmless(text: str) -> None:
    assert read_bounce(text) == Bounce((), returned=None, harmless=True)


def test_the_mail_that_came_back_is_known_by_its_own_lines() -> None:
    text = "Hi.\n\n--- Below is a copy.\n\nSubject: a\nMessage-Id: <a@example.org>\n\nMessage-ID: <b@example.org>"
    assert read_bounce(text) == Bounce((), returned="a@example.org", harmless=False)


@pytest.mark.parametrize(
    "piece", ["\n", " \n", "\n ", "Final-Recipient:", "Final-Recipient: rfc822; ", "message-id:<", "\t"]
)
def test_reading_takes_no_longer_than_the_text_is_long(piece: str) -> None:
    assert read_bounce(piece * (65536 // len(piece))).failed == ()
