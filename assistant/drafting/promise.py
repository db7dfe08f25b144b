"""What the user plainly promised; a promise that cannot be named whole is not named at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.correspondence.text import sentences
from assistant.drafting.plain import words_of

LENGTH = 80
FEWEST_WORDS, MOST_WORDS = 2, 9
_CLAUSE = re.compile(r"[^,;:!?()–—…]*")
_PLAIN_WORD = re.compile(r"[\w'’-]+")


@dataclass(frozen=True, slots=True)
class PromiseWords:
    """How promises are said in a language.

    ``said`` pairs an expression for what stands before the thing promised with the wording of a letter, in
    which {thing} is the thing and {1}, {2} are groups of the expression. A thing begins with one of
    ``openings``, cannot end with one of ``loose`` and holds no word of ``unfit`` ("the one you liked" means
    nothing to a later reader). ``ends`` are expressions for what may follow without belonging to it.
    A sentence with a word of ``doubts`` promises nothing for sure.
    """

    said: tuple[tuple[str, str], ...] = ()
    openings: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    unfit: frozenset[str] = frozenset()
    ends: tuple[str, ...] = ()
    doubts: frozenset[str] = frozenset()


def promised_in(lines: Sequence[str], words: PromiseWords) -> str | None:
    """Return what these own words of the user's promise, worded for a letter; None when it is not plainly said."""
    for sentence in map(words_of, sentences("\n".join(lines))):
        if words.doubts & set(re.findall(r"[\w'’]+", sentence.lower().replace("’", "'"))):
            continue
        for said, wording in words.said:
            for found in re.finditer(said, sentence):
                thing = _thing(sentence[found.end() :], words)
                if thing is not None:
                    promised = wording.format(found[0], *found.groups(""), thing=thing)
                    return promised if len(promised) <= LENGTH else None
    return None


def _thing(rest: str, words: PromiseWords) -> str | None:
    """Return the thing at the beginning of ``rest`` when its whole name stands there, else None."""
    clause = _CLAUSE.match(rest)
    name = clause[0].strip(" .") if clause else ""
    if words.ends:
        name = re.split(rf"(?i)\s(?:{'|'.join(words.ends)})(?!\w)", name, maxsplit=1)[0]
    parts = name.split()
    lower = [part.lower() for part in parts]
    whole = (
        FEWEST_WORDS <= len(parts) <= MOST_WORDS
        and lower[0] in words.openings
        and lower[-1] not in words.loose | words.openings
        and not words.unfit & set(lower)
        and all(map(_PLAIN_WORD.fullmatch, parts))
    )
    return name if whole else None
