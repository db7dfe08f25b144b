"""Finds and reads templates and phrases: the user's own before those that came with the program."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from assistant.drafting.caring import Caring
from assistant.drafting.promise import PromiseWords
from assistant.drafting.question import QuestionWords
from assistant.drafting.topic import Things, TopicWords
from assistant.errors import TemplateError
from assistant.model import Kind
from assistant.shipped import shipped

PHRASES = "phrases.toml"
DIGEST = "digest.txt.j2"
FILE_LIMIT = 64 * 1024
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class Phrases:
    """The small phrases of one language (phrases.toml); what is of ``topic`` to ``cares`` may be empty.

    ``day``, ``first_day`` (of a month), ``month`` and ``year`` are wordings with the places {day}, {month},
    {year}. ``first_names_informal``: who call each other by first names are informal with each other.
    ``above_quote`` stands above a quoted mail, with the places {day}, {month}, {year} and {name}; it may be empty.
    ``needs_word`` and ``standing`` hold sentences to the user, who writes in this language; empty when it has none.
    """

    formal_greeting: str
    informal_greeting: str
    nameless_greeting: str
    mirrored_greetings: tuple[str, ...]
    answered_greetings: tuple[str, ...]
    formal_closings: tuple[str, ...]
    informal_closings: tuple[str, ...]
    mirrored_closings: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    first_day: str
    month: str
    year: str
    topic: TopicWords
    promise: PromiseWords
    question: QuestionWords = field(default_factory=QuestionWords)
    cares: tuple[Caring, ...] = ()
    first_names_informal: bool = False
    after_greeting: str = ","
    after_closing: str = ","
    above_quote: str = ""
    needs_word: Mapping[str, str] = field(default_factory=dict)
    standing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A template file that was found: ``name`` is LANG/KIND.txt.j2, ``path`` where it lies, ``source`` its text."""

    name: str
    path: Path
    source: str


def shelves(own: Path | None = None) -> tuple[Path, ...]:
    """Return the directories of templates in the order they are searched; ``own`` is the user's."""
    return (*([own] if own is not None else []), shipped("templates"))


def template_name(language: str, kind: Kind) -> str:
    """Return the name of a template: LANG/KIND.txt.j2."""
    return f"{language}/{kind.value}.txt.j2"


def has_language(language: str, kind: Kind, directories: Sequence[Path]) -> bool:
    """Tell whether letters of this kind can be written in a language (ISO 639-1): its phrases and template exist."""
    return has_phrases(language, directories) and any(
        (directory / template_name(language, kind)).is_file() for directory in directories
    )


def has_phrases(language: str, directories: Sequence[Path]) -> bool:
    """Tell whether the small phrases of a language exist."""
    return bool(_LANGUAGE.fullmatch(language)) and any(
        (directory / language / PHRASES).is_file() for directory in directories
    )


def template(language: str, kind: Kind, directories: Sequence[Path]) -> Sheet:
    """Return the template of a kind in a language. Raises TemplateError when there is none or it cannot be read."""
    return _find(template_name(language, kind), language, directories)


def digest_template(language: str, directories: Sequence[Path]) -> tuple[str, Sheet]:
    """Return the template of the digest in the user's language, and that language; English when it has none.

    Raises TemplateError when it cannot be read.
    """
    there = any((directory / language / DIGEST).is_file() for directory in directories)
    spoken = language if there and has_phrases(language, directories) else "en"
    return spoken, _find(f"{spoken}/{DIGEST}", spoken, directories)


def phrases(language: str, directories: Sequence[Path]) -> Phrases:
    """Return the phrases of a language. Raises TemplateError, naming file and key, when they cannot be used."""
    sheet = _find(f"{language}/{PHRASES}", language, directories)
    try:
        return _read_phrases(sheet.source)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{sheet.path}: this is not TOML: {error}.", "Correct it, or delete the file.") from error
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise TemplateError(
            f"{sheet.path}: {error.args[0] if error.args else error}.", "Compare it with the shipped en/phrases.toml."
        ) from error


@lru_cache(maxsize=16)
def _read_phrases(source: str) -> Phrases:
    """Read them once for as long as the text stays the same: every letter asks several times, and TOML is slow."""
    return _phrases(tomllib.loads(source))


def _find(name: str, language: str, directories: Sequence[Path]) -> Sheet:
    if _LANGUAGE.fullmatch(language):
        for directory in directories:
            if os.path.lexists(directory / name):
                return Sheet(name, directory / name, _read(directory, directory / name))
    raise TemplateError(f"There is no {name}.", "Add it to your templates directory; templates/README.md says how.")


def _read(directory: Path, path: Path) -> str:
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(directory.resolve(strict=True)):
            raise TemplateError(f"{path} leads out of the templates directory.", "Put the file itself there.")
        # O_NONBLOCK: opening a pipe would otherwise wait for somebody to write into it.
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise TemplateError(f"{path} is no regular file.", "Put a text file there.")
            content = os.read(descriptor, FILE_LIMIT + 1)
        finally:
            os.close(descriptor)
    except (OSError, RuntimeError) as error:  # RuntimeError: a symlink that leads to itself
        raise TemplateError(f"{path} cannot be read: {error}.", "Check the file and its permissions.") from error
    if len(content) > FILE_LIMIT:
        raise TemplateError(f"{path} is larger than 64 kB.", "A letter needs far less; shorten it.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TemplateError(f"{path}, line {line}: this is not UTF-8.", "Save the file as UTF-8.") from error


def _phrases(table: Mapping[str, object]) -> Phrases:
    def section(name: str) -> Mapping[str, object]:
        found = table.get(name, {})
        if not isinstance(found, dict):
            raise ValueError(f"{name} must be a table")
        return found

    def text(part: str, key: str, default: str | None = None) -> str:
        found = section(part).get(key, default)
        if not isinstance(found, str):
            raise ValueError(f"{part}.{key} must be a text")
        return found

    def texts(part: str, key: str, count: int | None = None, needed: bool = True) -> tuple[str, ...]:
        found = section(part).get(key, None if needed else [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found) or (needed and not found):
            raise ValueError(f"{part}.{key} must be a list of texts")
        if count is not None and len(found) != count:
            raise ValueError(f"{part}.{key} must hold {count} texts")
        return tuple(found)

    return Phrases(
        formal_greeting=_with_places(text("greeting", "formal"), "name"),
        informal_greeting=_with_places(text("greeting", "informal"), "name"),
        nameless_greeting=text("greeting", "nameless"),
        mirrored_greetings=texts("greeting", "mirrored", needed=False),
        answered_greetings=texts("greeting", "answered", needed=False),
        formal_closings=texts("closing", "formal"),
        informal_closings=texts("closing", "informal"),
        mirrored_closings=texts("closing", "mirrored", needed=False),
        months=texts("when", "months", count=12),
        day=_with_places(text("when", "day"), "day", "month"),
        first_day=_with_places(text("when", "first_day", text("when", "day")), "day", "month"),
        month=_with_places(text("when", "month"), "month"),
        year=_with_places(text("when", "year"), "month", "year"),
        topic=_topic_words(section("topic"), text, texts),
        promise=_promise_words(section("promise"), texts),
        question=_question_words(section("question"), texts),
        cares=_cares(table.get("cares", [])),
        first_names_informal=section("greeting").get("first_names") == "informal",
        after_greeting=text("greeting", "after", ","),
        after_closing=text("closing", "after", ","),
        above_quote=_with_places(text("quote", "above", ""), "day", "month", "year", "name"),
        needs_word={
            key: _with_places(text("needs_word", key), "name", "topic", "about", "promised")
            for key in section("needs_word")
        },
        standing={
            key: _with_places(text("standing", key), "name", "when", "days", "missing") for key in section("standing")
        },
    )


def _topic_words(
    table: Mapping[str, object], text: Callable[..., str], texts: Callable[..., tuple[str, ...]]
) -> TopicWords:
    def words(key: str) -> frozenset[str]:
        return frozenset(texts("topic", key, needed=False))

    things = table.get("things", [])
    if not isinstance(things, list):
        raise ValueError("topic.things must be tables")
    return TopicWords(
        quoted=_with_places(text("topic", "quoted"), "topic"),
        about=_with_places(text("topic", "about", "{topic}"), "topic"),
        article=text("topic", "article", ""),
        nouns=words("nouns"),
        lowered=words("lowered"),
        prepositions=words("prepositions"),
        determiners=words("determiners"),
        openings=words("openings"),
        adjectives=words("adjectives"),
        doing=text("topic", "doing", ""),
        things=tuple(map(_things, things)),
        capitals=table.get("capitals") is True,
    )


def _things(table: object) -> Things:
    def words(key: str) -> frozenset[str]:
        found = table.get(key, []) if isinstance(table, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise ValueError(f"topic.things.{key} must be a list of texts")
        return frozenset(found)

    def wording(key: str) -> str:
        found = table.get(key) if isinstance(table, dict) else None
        if not isinstance(found, str):
            raise ValueError(f"topic.things.{key} must be a text")
        return _with_places(found, "topic")

    begins = table.get("begins", "") if isinstance(table, dict) else ""
    if begins not in ("", "vowel", "consonant"):
        raise ValueError("topic.things.begins must be vowel or consonant")
    return Things(wording("name"), wording("about"), words("nouns"), words("openings"), begins)


def _promise_words(table: Mapping[str, object], texts: Callable[..., tuple[str, ...]]) -> PromiseWords:
    def words(key: str) -> frozenset[str]:
        return frozenset(texts("promise", key, needed=False))

    said = table.get("said", [])
    if not isinstance(said, list):
        raise ValueError("promise.said must be a list of pairs")
    return PromiseWords(
        said=tuple(map(_promise, said)),
        openings=words("openings"),
        loose=words("loose"),
        unfit=words("unfit"),
        ends=tuple(re.compile(one).pattern for one in texts("promise", "ends", needed=False)),
        doubts=words("doubts"),
    )


def _promise(pair: object) -> tuple[str, str]:
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
        raise ValueError("promise.said must be a list of pairs: an expression, and the wording of a letter")
    groups = re.compile(pair[0]).groups
    return pair[0], _with_places(pair[1], "thing", *map(str, range(1, groups + 1)))


def _question_words(table: Mapping[str, object], texts: Callable[..., tuple[str, ...]]) -> QuestionWords:
    def words(key: str) -> frozenset[str]:
        return frozenset(texts("question", key, needed=False))

    def expressions(key: str) -> tuple[str, ...]:
        return tuple(re.compile(one).pattern for one in texts("question", key, needed=False))

    joins = table.get("joins", {})
    if not isinstance(joins, dict) or not all(isinstance(one, str) for one in joins.values()):
        raise ValueError("question.joins must be a table of words")
    return QuestionWords(
        leads=expressions("leads"),
        joins=tuple(joins.items()),
        unfit=words("unfit"),
        loose=words("loose"),
        pairs=words("pairs"),
        named=expressions("named"),
        capitals=words("capitals"),
    )


def _cares(tables: object) -> tuple[Caring, ...]:
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise ValueError("cares must be tables")
    return tuple(map(_caring, tables))


def _caring(table: Mapping[str, object]) -> Caring:
    words = table.get("words")
    if not isinstance(words, str):
        raise ValueError("cares.words must be an expression")
    places = ["0", *map(str, range(1, re.compile(words).groups + 1))]

    def wordings(key: str) -> tuple[str, ...]:
        found = table.get(key, [])
        if not isinstance(found, list) or len(found) > 2 or not all(isinstance(one, str) for one in found):
            raise ValueError(f"cares.{key} must hold the formal and the informal wording, or one for both")
        return tuple(_with_places(one, *places) for one in found)

    return Caring(table.get("goal") is True, words, wordings("since"), wordings("wish"), wordings("aim"))


def _with_places(wording: str, *places: str) -> str:
    """Return a wording whose braces name exactly these places, so that filling it cannot fail."""
    if re.sub(rf"\{{({'|'.join(places)})\}}", "", wording).count("{") or "}" in re.sub(r"\{\w+\}", "", wording):
        raise ValueError(f"{wording!r} may hold no other places than {', '.join(places)}")
    return wording
