"""What a thread is about, in a few words taken from its subject line."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.correspondence.threads import ALL_PREFIXES, REPLY_PREFIXES
from assistant.drafting.etiquette import manners
from assistant.drafting.plain import one_line, words_of

LENGTH = 60
MOST_WORDS_OF_A_GREETING = 3
_READ = 400  # characters of a subject that are looked at
_TAG = re.compile(r"\[[^\[\]]{0,80}\]|\(was: [^()]{0,200}\)|#\d{2,}", re.IGNORECASE)
_LEADING_TAGS = re.compile(r"(?:\s*\[[^\[\]]{0,80}\])*\s*")
_ENDS = " \t.,;:!?-–—_*~|/\\\"'“”„«»‘’`<>="
# Letters, digits and the marks that occur within names of matters; no quotes, brackets, braces, links or addresses.
_NAMES_A_MATTER = re.compile(r"(?!.*://)(?!.*@)[\w '’&+,./:()–—-]*[^\W\d_]{2}[\w '’&+,./:()–—-]*")


@dataclass(frozen=True, slots=True)
class _SubjectWords:
    generic: frozenset[str]
    greetings: frozenset[str]
    lead_ins: re.Pattern[str]
    sentence_words: dict[str, frozenset[str]]


@cache
def _subject_words() -> _SubjectWords:
    lists = tomllib.loads(Path(__file__).with_name("topics.toml").read_text("utf-8"))
    return _SubjectWords(
        generic=frozenset(lists["generic"]),
        greetings=frozenset(lists["greetings"]),
        lead_ins=re.compile(rf"(?:{'|'.join(lists['lead_ins'])})\s+", re.IGNORECASE),
        sentence_words={language: frozenset(words) for language, words in lists["sentence_words"].items()},
    )


def _prefix(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(longest_first)})\s?(?:[\[(]\d{{1,3}}[\])])?\s?[:：]\s*", re.IGNORECASE)


_REPLY = _prefix(REPLY_PREFIXES)
_ANY_PREFIX = _prefix(ALL_PREFIXES)


def has_reply_prefix(subject: str) -> bool:
    """Tell whether a subject begins with the mark of a reply ("Re:", "AW:" ...), maybe behind a list's tag."""
    return _REPLY.match(_LEADING_TAGS.sub("", one_line(subject), count=1)) is not None


def topic_of(subject: str, language: str | None = None) -> str | None:
    """Return what a subject names, at most 60 characters cut at a word, None when it names nothing.

    ``language`` is the one of the letter that will speak of it, and most likely its own.
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
    if _is_greeting(topic) or _is_sentence(topic, language):
        return None
    if topic.isupper() and " " in topic:
        topic = topic.lower()
    return _shortened(topic)


def _is_greeting(topic: str) -> bool:
    first, *others = topic.casefold().split()
    return first.strip(_ENDS) in _subject_words().greetings and len(others) <= MOST_WORDS_OF_A_GREETING


def _is_sentence(topic: str, language: str | None) -> bool:
    own = manners(language) if language else None
    words = {word.strip(_ENDS).casefold().replace("’", "'") for word in topic.split()}
    return any(
        words & (found if of == language or own is None else found - own.words)
        for of, found in _subject_words().sentence_words.items()
    )


def _shortened(topic: str) -> str | None:
    if len(topic) <= LENGTH:
        return topic
    cut = topic[: LENGTH + 1].rpartition(" ")[0].strip(_ENDS)
    return cut or None


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is spoken of: ``name`` ("the lease renewal"), and ``about`` with what leads up to it.

    ``titled``: it could not be told to be a thing and stands in quotation marks.
    """

    name: str
    about: str
    titled: bool = False


@dataclass(frozen=True, slots=True)
class Things:
    """Nouns of one gender and number, in a language that names the thing first ("devis pour le toit").

    ``name`` and ``about`` say how such a thing is spoken of ("le {topic}", "au sujet du {topic}"). Of
    ``nouns``, those with a hyphen in front are endings. ``openings`` are articles that tell that the word
    behind them is one of these. ``begins``: "vowel" or "consonant" where the article depends on it.
    """

    name: str
    about: str
    nouns: frozenset[str]
    openings: frozenset[str]
    begins: str = ""

    def may_begin(self, word: str) -> bool:
        """Tell whether a word known by its ending alone begins as these do: "l'" stands before vowels only."""
        first = unicodedata.normalize("NFD", word)[:1]
        return not self.begins or (first in "aeiouyhœæ") is (self.begins == "vowel")


@dataclass(frozen=True, slots=True)
class TopicWords:
    """How a language speaks of a topic within a sentence.

    ``quoted`` sets a topic as a title, ``about`` leads up to it ({topic} in both). Where ``article`` is given,
    a topic whose head is one of ``nouns`` is spoken of as a thing ("the lease renewal"); ``lowered`` are further
    words that are no names, ``prepositions`` end the head, ``determiners`` are taken off, and behind one of
    ``openings`` a word that is not known is a thing too. A word with the
    ending ``doing`` before a preposition is an act and needs no article ("moving to Lisbon"). ``things`` are
    for languages whose articles depend on the noun, and between the two or behind the noun may stand ``adjectives``
    there; ``capitals``: nouns keep theirs within a sentence.
    """

    quoted: str
    about: str = "{topic}"
    article: str = ""
    nouns: frozenset[str] = frozenset()
    lowered: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    determiners: frozenset[str] = frozenset()
    openings: frozenset[str] = frozenset()
    adjectives: frozenset[str] = frozenset()
    doing: str = ""
    things: tuple[Things, ...] = ()
    capitals: bool = False


def in_a_sentence(topic: str, words: TopicWords) -> Topic:
    """Return a topic so that it can stand in a sentence: as a thing when it is surely one, else as a title."""
    parts = topic.replace("’", "'").split()
    plain = not re.search(r"[,.:()–—]|(?<!\w)/|/(?!\w)", topic)
    if plain and words.things:
        found = _thing(parts, words)
        if found is not None:
            return found
    name = _by_article(parts, words) if plain and words.article else None
    said = name or words.quoted.format(topic=topic)
    return Topic(said, words.about.format(topic=said), titled=name is None)


def _by_article(parts: list[str], words: TopicWords) -> str | None:
    """Return a topic with the article that every noun of the language has, None when it may be no thing."""
    opened = len(parts) > 1 and parts[0].lower() in words.openings
    determined = len(parts) > 1 and parts[0].lower() in words.determiners
    parts = parts[1:] if determined else parts
    if words.doing and parts[0].endswith(words.doing) and [*parts, ""][1].lower() in words.prepositions:
        return " ".join([parts[0].lower(), *(_lowered(part, words) for part in parts[1:])])
    head = next((at for at, part in enumerate(parts) if part.lower() in words.prepositions), len(parts))
    known = head > 0 and (_is_noun(parts[head - 1], words) or (opened and _may_be_thing(parts[:head])))
    lowered = [_lowered(part, words) for part in parts]
    named = any(part.istitle() for part in lowered[: head - 1])
    # The first word of a subject has a capital whether it is a name or not: "Porto pilot", "Box hedges".
    doubtful = named and not determined and parts[head - 1].islower()
    if known and not doubtful and parts[-1].lower() not in words.prepositions:
        return " ".join([words.article, *(parts if named else lowered)])
    return None


def _may_be_thing(parts: list[str]) -> bool:
    """Tell whether the words behind an article name one thing: "old pea", but not "Great Gatsby" or "sun shines"."""
    return all(map(str.islower, parts)) and (len(parts) == 1 or (len(parts) == 2 and not parts[1].endswith("s")))


def _thing(parts: list[str], words: TopicWords) -> Topic | None:
    """Return a topic that begins with a noun whose gender is known, or is told by its article; None when neither is."""
    if "'" in parts[0]:  # "L'escalier": the article is written together with its noun
        opening, _, rest = parts[0].partition("'")
        parts = [f"{opening}'", rest, *parts[1:]] if rest else parts
    opening = parts[0].lower()
    opened = next((kind for kind in words.things if opening in kind.openings), None)
    articles = {one for kind in words.things for one in kind.openings} | words.determiners
    parts = parts[1:] if len(parts) > 1 and opening in articles else parts
    if opened and len(parts) == 2 and _described(parts, words):
        topic = " ".join(parts)
        return Topic(opened.name.format(topic=topic), opened.about.format(topic=topic))
    if not _names_one_thing(parts, words):
        return None
    kind = _kind_of(parts[0], (opened,) if opened else words.things)
    unknown = _kind_of(parts[0], words.things) is None
    if unknown and (parts[0].istitle() if words.capitals else parts[0].islower()):
        kind = opened
    if kind is None or (opening not in articles and not parts[0][0].isupper()):
        return None
    small = parts[0].istitle() and not words.capitals
    topic = " ".join([parts[0].lower() if small else parts[0], *parts[1:]])
    return Topic(kind.name.format(topic=topic), kind.about.format(topic=topic))


def _described(parts: list[str], words: TopicWords) -> bool:
    """Tell whether two words are a thing and how it is ("vieux cèdre", "cedro viejo"): the article tells the rest."""
    return all(map(str.islower, parts)) and len(words.adjectives & set(parts)) == 1


def _names_one_thing(parts: list[str], words: TopicWords) -> bool:
    """Tell whether nothing but names and numbers stand between the first word and a preposition, or the end."""
    for part in parts[1:]:
        if part.lower() in words.prepositions or f"{part.lower().partition(chr(39))[0]}'" in words.prepositions:
            return parts[-1].lower() not in words.prepositions
        if not (part[0].isupper() or part.isdigit()):
            return False
    return True


def _kind_of(word: str, things: Iterable[Things]) -> Things | None:
    """Return the kind of thing a noun is: the one that knows the longest part of it ("Gartenbank" is a "-bank")."""
    lower, best, found = word.lower(), 0, None
    for kind in things:
        for noun in kind.nouns:
            bare = noun.lstrip("-")
            known = lower == bare or (noun != bare and lower.endswith(bare) and kind.may_begin(lower))
            if known and len(bare) > best:
                best, found = len(bare), kind
    return found


def _is_noun(word: str, words: TopicWords) -> bool:
    lower = word.lower()
    return lower in words.nouns or lower.removesuffix("s") in words.nouns


def _lowered(part: str, words: TopicWords) -> str:
    known = part.istitle() and (_is_noun(part, words) or part.lower() in words.lowered | words.prepositions)
    return part.lower() if known else part
