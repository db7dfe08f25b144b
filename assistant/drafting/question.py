"""What the user asked, fit to follow "I asked"; a question that cannot be repeated whole is only named by its topic."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.correspondence.text import sentences
from assistant.drafting.plain import words_of

FEWEST_WORDS, MOST_WORDS = 3, 18
_PLAIN = re.compile(r"[^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*[’']?")


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """How a language asks politely.

    ``leads`` are expressions for what stands before the clause that asks ("Could you tell me"). The clause begins
    with one of ``joins``, which maps it to the word of a letter ("if" to "whether"). It holds no word of ``unfit``
    ("tomorrow" is another day by then), and before one of ``pairs`` ("and") none of ``loose`` ("it" names nothing
    there). ``named`` are expressions for a word behind which a capital is a noun's and not a name's, in a language
    that writes nouns so; ``capitals`` are further words with one that are no names.
    """

    leads: tuple[str, ...] = ()
    joins: tuple[tuple[str, str], ...] = ()
    unfit: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    pairs: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()
    capitals: frozenset[str] = frozenset()


def asked_in(lines: Sequence[str], words: QuestionWords) -> str | None:
    """Return the clause that these own words of the user ask, to follow "I asked"; None unless it stands alone.

    Asker and asked stay the same, so no pronoun changes. Two questions in a mail, names, figures, times that pass
    and words that point at another sentence give None.
    """
    asked = [one for one in map(words_of, sentences("\n".join(lines))) if one.endswith("?")]
    if len(asked) != 1:
        return None
    for lead in words.leads:
        if found := re.match(lead, asked[0]):
            return _clause(asked[0][found.end() :].strip(" ,?"), words)
    return None


def _clause(clause: str, words: QuestionWords) -> str | None:
    join = next((pair for pair in words.joins if re.match(rf"(?i){re.escape(pair[0])}(?!\w)", clause)), None)
    parts = clause.replace(",", "").split()
    if join is None or not FEWEST_WORDS <= len(parts) <= MOST_WORDS or not all(map(_PLAIN.fullmatch, parts)):
        return None
    lower = [part.lower().replace("’", "'") for part in parts]
    paired = next((at for at, part in enumerate(lower) if part in words.pairs), len(parts))
    if words.unfit & set(lower) or words.loose & set(lower[:paired]):
        return None
    if any(_is_name(before, part, words) for before, part in itertools.pairwise(parts)):
        return None
    return join[1] + clause[len(join[0]) :]


def _is_name(before: str, part: str, words: QuestionWords) -> bool:
    """Tell whether a word may be a name: it has a capital, and nothing before it that only nouns have."""
    if part[0].islower() or part in words.capitals:
        return False
    return not any(re.fullmatch(one, before) for one in words.named)
