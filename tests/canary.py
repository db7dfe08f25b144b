"""The secrets of the tests, and the search for them in whatever the program writes or says (R12)."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

PASSWORD = "Canary+7/sings"
TOKEN = "canary.token+8/sings"

heard: list[str] = []
"""What tests have taken out of the captured streams, which pytest then knows no more."""


def spellings(secret: str) -> set[bytes]:
    """Return a secret in plain, quoted for an address, in hex, and within anything that is written in base64."""
    raw = secret.encode()
    found = {raw, quote(secret, safe="").encode(), raw.hex().encode(), raw.hex().upper().encode()}
    for ahead in range(3):  # in base64 it looks one of three ways, by where it begins; its edges mix with what is there
        coded = base64.b64encode(bytes(ahead) + raw)
        found.add(coded[(8 * ahead + 5) // 6 : 8 * (ahead + len(raw)) // 6])
    return found


SPELLINGS = spellings(PASSWORD) | spellings(TOKEN)


def betrays(octets: bytes) -> bool:
    return any(one in octets for one in SPELLINGS)


def betrayed_in(folder: Path) -> list[str]:
    """Return the files below a folder that hold a secret; links are not followed: a server's own files lie there."""
    files = (Path(root, name) for root, _, names in os.walk(folder) for name in names)
    return [str(file) for file in files if file.is_file() and not file.is_symlink() and betrays(file.read_bytes())]


def betrayed_by(texts: Iterable[str]) -> list[str]:
    """Return the texts that hold a secret."""
    return [text for text in texts if betrays(text.encode("utf-8", "surrogateescape"))]
