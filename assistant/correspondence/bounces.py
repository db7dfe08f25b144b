"""What a mail that came back says: which addresses it did not reach, and which mail it was (RFC 3464, RFC 3462)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.mailbox.addresses import clean_address

_GAP = re.compile(r"\n[ \t]*\n")  # between what is said of one recipient and of the next
_FOLD = re.compile(r"\n[ \t]+(?=\S)")
_FIELD = re.compile(
    r"^(final-recipient|original-recipient|action|status):[ \t]*(\S[^\n]*)", re.IGNORECASE | re.MULTILINE
)
_RETURNED = re.compile(r"^message-id:\s{0,9}<([^<>\s\x00-\x1f\x7f]{1,998})>", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bounce:
    """``failed`` are addresses, ``returned`` the Message-ID of the mail that came back, None when it is not shown.

    ``harmless``: it tells of recipients, and that none of them was missed for good (a delay, a receipt).
    """

    failed: tuple[str, ...]
    returned: str | None
    harmless: bool


def read_bounce(text: str) -> Bounce:
    """Read the text of a delivery report: all of its parts as they stand, or what a machine wrote in plain words."""
    failed: dict[str, None] = {}
    told = False
    for block in _GAP.split(text):
        said = {name.lower(): value.strip() for name, value in _FIELD.findall(_FOLD.sub(" ", block))}
        named = [said[name] for name in ("original-recipient", "final-recipient") if name in said]
        told = told or bool(named)
        if named and _for_good(said):
            failed.update(dict.fromkeys(filter(None, map(_address, named))))
    returned = _RETURNED.search(text)
    return Bounce(tuple(failed), returned[1] if returned else None, harmless=told and not failed)


def _for_good(said: dict[str, str]) -> bool:
    """Tell whether nothing more is tried; of a delay a server says so, too."""
    action = said.get("action", "")
    return action.lower().startswith("failed") if action else said.get("status", "").startswith("5")


def _address(value: str) -> str | None:
    """Return the address in ``rfc822; ana@example.net``."""
    return clean_address(value.partition(";")[2].strip(" \t<>"))
