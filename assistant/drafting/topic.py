"""What a thread is about, in a few words taken from its subject line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.correspondence.threads import ALL_PREFIXES, REPLY_PREFIXES
from assistant.drafting.plain import one_line, words_of

LENGTH = 60
_READ = 400  # characters of a subject that are looked at
_TAG = re.compile(r"\[[^\[\]]{0,80}\]|\(was: [^()]{0,200}\)|#\d{2,}", re.IGNORECASE)
_LEADING_TAGS = re.compile(r"(?:\s*\[[^\[\]]{0,80}\])*\s*")
_ENDS = " \t.,;:!?-–—_*~|/\\\"'“”„«»‘’`<>="
# Letters, digits and the marks that occur within names of matters; no quotes, brackets, braces, links or addresses.
_NAMES_A_MATTER = re.compile(r"(?!.*://)(?!.*@)[\w '’&+,./:()–—-]*[^\W\d_]{2}[\w '’&+,./:()–—-]*")


@dataclass(frozen=True, slots=True)
class _SubjectWords:
    generic: frozenset[str]
    lead_ins: re.Pattern[str]
    sentence_words: frozenset[str]


@cache
def _subject_words() -> _SubjectWords:
    lists = tomllib.loads(Path(__file__).with_name("topics.toml").read_text("utf-8"))
    return _SubjectWords(
        generic=frozenset(lists["generic"]),
        lead_ins=re.compile(rf"(?:{'|'.join(lists['lead_ins'])})\s+", re.IGNORECASE),
        sentence_words=frozenset(lists["sentence_words"]),
    )


def _prefix(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(longest_first)})\s?(?:[\[(]\d{{1,3}}[\])])?\s?[:：]\s*", re.IGNORECASE)


_REPLY = _prefix(REPLY_PREFIXES)
_ANY_PREFIX = _prefix(ALL_PREFIXES)


def has_reply_prefix(subject: str) -> bool:
    """Tell whether a subject begins with the mark of a reply ("Re:", "AW:" ...), maybe behind a list's tag."""
    return _REPLY.match(_LEADING_TAGS.sub("", one_line(subject), count=1)) is not None


def topic_of(subject: str) -> str | None:
    """Return what a subject names, at most 60 characters cut at a word, None when it names nothing.

    Prefixes, tags and ticket numbers are taken off. A greeting, a sentence or a question, and whatever
    holds a link, an address or signs that no title has, gives None: nothing of it is fit to be repeated.
    """
    known = _subject_words()
    topic = words_of(subject[:_READ])
    before = None
    while before != topic:  # "[list] Re: [ticket #12] Fwd: ..." comes in any order and number
        before = topic
        topic = words_of(_TAG.sub(" ", topic)).lstrip(_ENDS)
        for opening in (_ANY_PREFIX, known.lead_ins):
            found = opening.match(topic)
            topic = topic[found.end() :] if found else topic
    topic = topic.strip(_ENDS)
    if topic.strip("()").casefold() in known.generic or not _NAMES_A_MATTER.fullmatch(topic):
        return None
    if any(word.strip(_ENDS).casefold().replace("’", "'") in known.sentence_words for word in topic.split()):
        return None
    if topic.isupper() and " " in topic:
        topic = topic.lower()
    return _shortened(topic)


def _shortened(topic: str) -> str | None:
    if len(topic) <= LENGTH:
        return topic
    cut = topic[: LENGTH + 1].rpartition(" ")[0].strip(_ENDS)
    return cut or None


@dataclass(frozen=True, slots=True)
class TopicWords:
    """How a language speaks of a topic within a sentence.

    ``quoted`` sets a topic as a title ("{topic}" in it). Where ``article`` is given, a topic whose head is
    one of ``nouns`` is spoken of as a thing ("the lease renewal"); ``lowered`` are further words that are
    no names, ``prepositions`` end the head, ``determiners`` are taken off. A word with the ending ``doing``
    before a preposition is an act and needs no article ("moving to Lisbon").
    """

    quoted: str
    article: str = ""
    nouns: frozenset[str] = frozenset()
    lowered: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    determiners: frozenset[str] = frozenset()
    doing: str = ""


def in_a_sentence(topic: str, words: TopicWords) -> str:
    """Return a topic so that it can follow "about": as a thing when it is surely one, else as a title."""
    parts = topic.split()
    if words.article and not re.search(r"[,./:()–—]", topic):
        if len(parts) > 1 and parts[0].lower() in words.determiners:
            parts = parts[1:]
        if words.doing and parts[0].endswith(words.doing) and [*parts, ""][1].lower() in words.prepositions:
            return " ".join([parts[0].lower(), *(_lowered(part, words) for part in parts[1:])])
        head = next((at for at, part in enumerate(parts) if part.lower() in words.prepositions), len(parts))
        if head and _is_noun(parts[head - 1], words) and parts[-1].lower() not in words.prepositions:
            return " ".join([words.article, *(_lowered(part, words) for part in parts)])
    return words.quoted.format(topic=topic)


def _is_noun(word: str, words: TopicWords) -> bool:
    lower = word.lower()
    return lower in words.nouns or lower.removesuffix("s") in words.nouns


def _lowered(word: str, words: TopicWords) -> str:
    known = word.istitle() and (_is_noun(word, words) or word.lower() in words.lowered | words.prepositions)
    return word.lower() if known else word
