"""Finds words of a contact's own mail that look like a goal or an interest: proposals, and never more than that."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.correspondence.text import sentences
from assistant.drafting.plain import words_of
from assistant.model import Card, Message

MOST = 5  # of each sort
FEWEST_LETTERS, MOST_LETTERS, MOST_WORDS = 4, 80, 10
LONGEST_SENTENCE = 400
_TABLE = Path(__file__).with_name("proposals.toml")
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'"})
_ABOUT_SOMEBODY = frozenset({
    "i", "me", "you", "your", "yours", "he", "him", "she", "them", "this", "that", "these", "those", "it",
    "du", "dir", "dich", "dein", "deine", "sie", "ihnen", "ihr", "ihre", "ihren", "ihrem", "es", "diese",
    "vous", "votre", "vos", "toi", "ton", "lui", "cela", "ça",
    "usted", "ti", "ella", "ello", "eso", "esto",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """Words that may be a goal or an interest (``goal`` tells which), the sentence they stand in, and its mail."""

    goal: bool
    words: str
    sentence: str
    message: Message


@dataclass(frozen=True, slots=True)
class _Words:
    goals: tuple[re.Pattern[str], ...]
    interests: tuple[re.Pattern[str], ...]
    turned: re.Pattern[str]
    end: re.Pattern[str]
    unfit: re.Pattern[str]
    owned: re.Pattern[str]


def proposals(mails: Iterable[tuple[Message, str]], card: Card | None, language: str) -> list[Proposal]:
    """Return what mails of a contact, each with its own words, say of goals and interests; newest mails come first.

    ``language`` (ISO 639-1) counts where a mail's own is unknown. What the card holds already is left out. Nothing
    is guessed: a sentence that asks, denies or supposes proposes nothing, nor do words that speak of somebody.
    """
    known = {one.casefold() for one in (*card.goals, *card.interests)} if card is not None else set()
    found: dict[str, Proposal] = {}
    for message, own in mails:
        words = _words((message.reading.language if message.reading else None) or language)
        for sentence in sentences(own) if words is not None else ():
            for goal, thing in _things(sentence, words) if words is not None else ():
                if thing.casefold() not in known:
                    found.setdefault(thing.casefold(), Proposal(goal, thing, words_of(sentence), message))
    goals = [one for one in found.values() if one.goal]
    return [*goals[:MOST], *[one for one in found.values() if not one.goal][:MOST]]


def as_lines(found: Sequence[Proposal], card: Card | None) -> list[str]:
    """Return lines for contacts.toml: the goals and interests there are, and the proposed ones behind them."""
    lines = []
    for key, goal in (("goals", True), ("interests", False)):
        new = [one.words for one in found if one.goal is goal]
        if new:
            own = getattr(card, key) if card is not None else ()
            # A JSON text is a TOML text too.
            lines.append(f"{key} = {json.dumps([*own, *new], ensure_ascii=False)}")
    return lines


def _things(sentence: str, words: _Words) -> Iterator[tuple[bool, str]]:
    text = words_of(sentence[:LONGEST_SENTENCE]).translate(_STRAIGHT)
    if text.endswith("?") or len(sentence) > LONGEST_SENTENCE:
        return
    for goal, patterns in ((True, words.goals), (False, words.interests)):
        for pattern in patterns:
            said = pattern.search(text)
            if said and not words.turned.search(text):
                thing = words.owned.sub("", words.end.split(text[said.end() :], maxsplit=1)[0]).strip(" \"'“”„»«")
                if _is_fit(thing, words):
                    yield goal, thing


def _is_fit(thing: str, words: _Words) -> bool:
    parts = re.findall(r"\w+", thing.casefold())
    return (
        FEWEST_LETTERS <= len(thing) <= MOST_LETTERS
        and 0 < len(parts) <= MOST_WORDS
        and not _ABOUT_SOMEBODY.intersection(parts)
        and not re.search(r"[@/\\<>{}\[\]|=*_]|\d{3}", thing)
        and not words.unfit.match(thing)
    )


@cache
def _words(language: str) -> _Words | None:
    table = tomllib.loads(_TABLE.read_text("utf-8")).get(language)
    if table is None:
        return None
    return _Words(
        goals=_openings(table["goals"]),
        interests=_openings(table["interests"]),
        turned=re.compile(rf"(?<!\w)(?:{_any(table['no'])})(?!\w)|n't\b", re.IGNORECASE),
        end=re.compile(rf"[.,;:!?()–—…]|\s-\s|\s(?:{_any(table['ends'])})(?!\w)", re.IGNORECASE),
        unfit=re.compile(
            rf"(?:(?:an?|eine?[nmrs]?|une?|una?|des|unos|unas) )?(?:{_any(table['unfit'])})(?!\w)", re.IGNORECASE
        ),
        owned=re.compile(rf"^(?:{_any(table['owned'])})\s", re.IGNORECASE),
    )


def _openings(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"(?<!\w){one}", re.IGNORECASE) for one in patterns)


def _any(words: Sequence[str]) -> str:
    return "|".join(map(re.escape, words))
