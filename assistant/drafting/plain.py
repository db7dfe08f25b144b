"""Makes text from a mail fit to be written again: one line, visible, nothing that steers a terminal or a header."""

from __future__ import annotations

import unicodedata

_SPACE_CATEGORIES = frozenset({"Cc", "Zl", "Zp", "Zs"})
_DROPPED_CATEGORIES = frozenset({"Cf", "Cs", "Co"})
# Joiners are part of emoji and of Persian and Indic words; all other format characters can reorder or hide text.
_JOINERS = frozenset("\u200c\u200d")


def one_line(text: str) -> str:
    """Return ``text`` without control, private and direction-changing characters, as one line.

    Line breaks and every kind of space become a plain space; runs of spaces inside are kept.
    """
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category in _SPACE_CATEGORIES:
            kept.append(" ")
        elif category not in _DROPPED_CATEGORIES or character in _JOINERS:
            kept.append(character)
    return "".join(kept).strip()


def words_of(text: str) -> str:
    """Return ``text`` as one clean line with single spaces."""
    return " ".join(one_line(text).split())


def lines_of(text: str) -> str:
    """Return a text of several lines, each cleaned, line breaks as a plain LF, no spaces at line ends."""
    return "\n".join(one_line(f"|{line}")[1:].rstrip() for line in text.splitlines())
