"""Makes text from a mail fit to be written again: one line, visible, nothing that steers a terminal or a header."""

from __future__ import annotations

import unicodedata

_SPACE_CATEGORIES = frozenset({"Cc", "Zl", "Zp", "Zs"})
_DROPPED_CATEGORIES = frozenset({"Cf", "Cs", "Co"})
# Joiners are part of emoji and of Persian and Indic words; all other format characters can reorder or hide text.
_JOINERS = frozenset("\u200c\u200d")


_UNBREAKABLE = frozenset("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}")


def one_line(text: str, kept: frozenset[str] = frozenset()) -> str:
    """Return ``text`` without control, private and direction-changing characters, as one line.

    Line breaks and every kind of space become a plain space, but those in ``kept``; runs of spaces inside are kept.
    """
    clean = []
    for character in text:
        category = unicodedata.category(character)
        if category in _SPACE_CATEGORIES and character not in kept:
            clean.append(" ")
        elif category not in _DROPPED_CATEGORIES or character in _JOINERS:
            clean.append(character)
    return "".join(clean).strip()


def words_of(text: str) -> str:
    """Return ``text`` as one clean line with single spaces."""
    return " ".join(one_line(text).split())


def lines_of(text: str) -> str:
    """Return a text of several lines, each cleaned, line breaks as a plain LF, no spaces at line ends.

    Spaces at which no line may break are kept: French has one before ":" and "?".
    """
    return "\n".join(one_line(f"|{line}", _UNBREAKABLE)[1:].rstrip() for line in text.splitlines())
