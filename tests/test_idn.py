"""Domains with umlauts: however a person writes them, they are those of the mail."""

from __future__ import annotations

import pytest

from assistant.idn import as_in_mail


@pytest.mark.parametrize(
    ("typed", "in_mail"),
    [
        ("Ana@Example.NET", "ana@example.net"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
        ("ana@bu\u0308cher.example", "ana@xn--bcher-kva.example"),  # as macOS writes it
        ("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
        ("@bücher.example", "@xn--bcher-kva.example"),
        ("ana@straße.example", None),
        ("ana@\uff45xample.org", None),
        ("ana@example..org", None),
    ],
)
def test_what_is_typed_is_what_mail_has(typed: str, in_mail: str | None) -> None:
    assert as_in_mail(typed) == in_mail
