"""Domains with more than English letters, as they stand in the DNS and so in the store (RFC 5891)."""

from __future__ import annotations

import unicodedata


def ascii_domain(domain: str) -> str | None:
    """Return a domain in lower case and in ASCII, None when a part of it is empty or looks like another.

    Python's own codec maps letters of full width and the sharp s to plain ones, so that a stranger's
    domain would become a friend's; here such a domain is nobody's.
    """
    labels = [_ascii_label(label) for label in domain.lower().split(".")]
    return None if None in labels else ".".join(map(str, labels))


def as_in_mail(whom: str) -> str | None:
    """Return an address or "@domain" that a person wrote as mail has it; None when its domain is none."""
    local, at, domain = unicodedata.normalize("NFC", whom).lower().rpartition("@")
    in_ascii = ascii_domain(domain)
    return None if in_ascii is None else f"{local}{at}{in_ascii}"


def _ascii_label(label: str) -> str | None:
    if label.isascii():
        return label or None
    if unicodedata.normalize("NFKC", label.casefold()) != label:
        return None
    return "xn--" + label.encode("punycode").decode("ascii")
