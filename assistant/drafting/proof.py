"""Tries templates before they are needed: on specimen facts, with each detail missing in turn, in both registers."""

from __future__ import annotations

import difflib
import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from assistant.drafting import etiquette, names
from assistant.drafting.caring import spoken_of
from assistant.drafting.facts import FRIENDLY, LetterFacts
from assistant.drafting.plain import words_of
from assistant.drafting.shelf import (
    DIGEST,
    PHRASES,
    Phrases,
    Sheet,
    digest_template,
    has_phrases,
    phrases,
    shelves,
    template,
)
from assistant.drafting.topic import in_a_sentence
from assistant.drafting.wording import Wording, problems, render_sheet
from assistant.errors import TemplateError
from assistant.model import Kind

SEEDS = 12  # every remainder that templates choose by: 2, 3, 4 and 6
SUFFIX = ".txt.j2"
CONTACT, USER = "Ana Ruiz", "Sue Marten"
OFFERING = frozenset({Kind.OFFER, Kind.RECONNECT})
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_PASSED_OVER = re.compile(r"\..*|.*~|#.*|README.*|.*\.(?:md|bak|orig|swp)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a file of templates: a whole sentence with file and, where known, line."""

    path: Path
    sentence: str


@dataclass(frozen=True, slots=True)
class OnShelf:
    """A template that would be used: ``own`` is the user's; ``variants`` None when it cannot be rendered."""

    language: str
    kind: Kind
    path: Path
    own: bool
    variants: int | None


def on_shelf(own: Path) -> list[OnShelf]:
    """Return the templates that would be used, of all languages that have any, in the order of languages and kinds."""
    directories = shelves(own)
    found = []
    for language in sorted({path.parent.name for one in directories for path in one.glob(f"*/*{SUFFIX}")}):
        for kind in Kind:
            try:
                sheet = template(language, kind, directories)
            except TemplateError:
                continue
            found.append(
                OnShelf(language, kind, sheet.path, sheet.path.is_relative_to(own), _variants(sheet, language, own))
            )
    return found


def _variants(sheet: Sheet, language: str, own: Path) -> int | None:
    kind = Kind(sheet.path.name.removesuffix(SUFFIX))
    try:
        words = phrases(language, shelves(own))
        whole = [specimen(kind, language, words, formal=formal) for formal in (True, False)]
        return max(len({render_sheet(sheet, replace(one, seed=seed)).text for seed in range(SEEDS)}) for one in whole)
    except TemplateError:
        return None


def flaws(own: Path) -> list[Flaw]:
    """Return everything that is wrong with a directory of the user's own templates, file by file.

    Raises TemplateError when the directory cannot be read.
    """
    try:
        entries = sorted(own.iterdir())
    except OSError as error:
        raise TemplateError(
            f"{own} cannot be read: {error.strerror}.", "Check the directory and its permissions."
        ) from error
    found: list[Flaw] = []
    for entry in entries:
        if entry.is_dir() and _LANGUAGE.fullmatch(entry.name):
            found += _of_language(own, entry)
        elif not _PASSED_OVER.fullmatch(entry.name):
            found.append(
                Flaw(
                    entry,
                    f"{entry}: this is not used; templates lie in folders of a language, like en/check_in{SUFFIX}.",
                )
            )
    return found


def _of_language(own: Path, folder: Path) -> Iterator[Flaw]:
    language = folder.name
    known = {PHRASES, DIGEST, *(f"{kind.value}{SUFFIX}" for kind in Kind)}
    names_found = sorted(path.name for path in folder.iterdir() if not _PASSED_OVER.fullmatch(path.name))
    for name in names_found:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}?" if near else f"a letter is called like its kind, {', '.join(Kind)}."
            yield Flaw(folder / name, f"{folder / name}: this is not used; {meant}")
    words = None
    try:
        words = phrases(language, shelves(own))
    except TemplateError as error:
        has = has_phrases(language, shelves(own))
        yield Flaw(
            folder / PHRASES, str(error) if has else f"{folder}: there is no {PHRASES}; start from the one of en."
        )
    if DIGEST in names_found:
        yield from _of_digest(own, language)
    for kind in Kind:
        if f"{kind.value}{SUFFIX}" in names_found:
            yield from _of_template(own, language, kind, words)


def _of_digest(own: Path, language: str) -> Iterator[Flaw]:
    path = own / language / DIGEST
    try:
        yield from (Flaw(path, one) for one in problems(digest_template(language, shelves(own))[1]))
    except TemplateError as error:
        yield Flaw(path, str(error))


def _of_template(own: Path, language: str, kind: Kind, words: Phrases | None) -> Iterator[Flaw]:
    try:
        sheet = template(language, kind, [own])
    except TemplateError as error:
        yield Flaw(own / language / f"{kind.value}{SUFFIX}", str(error))
        return
    wrong = problems(sheet)
    yield from (Flaw(sheet.path, one) for one in wrong)
    if not wrong and words is not None:
        told = dict.fromkeys(_tried(sheet, kind, language, words))
        yield from (Flaw(sheet.path, one) for one in told)


def _tried(sheet: Sheet, kind: Kind, language: str, words: Phrases) -> Iterator[str]:
    """Yield what is wrong with any letter of a template; each thing once, with the letter where it shows first."""
    seen: set[object] = set()
    for facts, missing in specimens(kind, language, words):
        case = f"in a {'formal' if facts.formal else 'informal'} letter" + (f" without {missing}" if missing else "")
        try:
            wording = render_sheet(sheet, facts)
        except TemplateError as error:
            if error.message not in seen:
                seen.add(error.message)
                yield f"{error.message.rstrip('.')}, {case}."
            continue
        if wording in seen:
            continue
        seen.add(wording)
        for one in judged(wording, kind, facts):
            if one not in seen:
                seen.add(one)
                yield f"{_where(sheet, one.what)}: {one.reason}, {case}."


def judged(
    wording: Wording,
    kind: Kind,
    facts: LetterFacts,
    contact: str = CONTACT,
    user: str = USER,
    *,
    signature: str | None = None,
) -> tuple[etiquette.Finding, ...]:
    """Return what the etiquette check finds in a letter that was made of these facts."""
    found = etiquette.findings(
        wording.text,
        kind=kind,
        language=facts.language,
        contact_name=contact,
        user_name=user,
        formal=facts.formal,
        given=[gift for gift in (facts.offer, facts.share) if gift],
        signature=signature,
        subject=wording.subject if facts.fresh else None,
    )
    return tuple(one for one in found if not any(_within(one, other) for other in found))


def _within(one: etiquette.Finding, other: etiquette.Finding) -> bool:
    """Tell whether a finding is about fewer of the same words than another one of its rule."""
    return one.rule == other.rule and one.what != other.what and one.what in other.what


def _where(sheet: Sheet, words: str) -> str:
    """Return the file and the line that holds these words, when one does."""
    wanted = words.casefold().strip()
    for number, line in enumerate(sheet.source.splitlines(), 1):
        if wanted and wanted in words_of(line).casefold():
            return f"{sheet.path}, line {number}"
    return str(sheet.path)


def specimens(kind: Kind, language: str, words: Phrases) -> Iterator[tuple[LetterFacts, str]]:
    """Yield facts of letters with what is missing in them: in both registers, first whole, then without each detail."""
    details = _details(kind)
    lacking: list[tuple[str, ...]] = [(), *((one,) for one in details), details]
    fresh_or_not = (False, True) if kind in FRIENDLY else (False,)
    for missing, formal, fresh, asked in itertools.product(lacking, (True, False), fresh_or_not, (True, False)):
        whole = specimen(kind, language, words, formal=formal)
        nothing: dict[str, Any] = dict.fromkeys(missing + (("about",) if "topic" in missing else ()))
        facts = replace(whole, fresh=fresh, asked=asked, **nothing)
        if "name" in missing:
            facts = replace(facts, greeting=words.nameless_greeting + words.after_greeting)
        for seed in range(SEEDS):
            yield replace(facts, seed=seed), " and ".join(missing)


def _details(kind: Kind) -> tuple[str, ...]:
    """Return the variables that may be None in a letter of this kind and need not be."""
    found = ["name", "topic", "when", "cares_about", "since", "wish", "aim"]
    if kind is Kind.RECONNECT:
        found.append("offer")
    if kind is Kind.DELIVER_PROMISE:
        found.append("promised")
    if kind is Kind.CHECK_IN:
        found.append("question")
    if kind is Kind.SHARE:
        found.append("share_topic")
    return tuple(found)


def specimen(kind: Kind, language: str, words: Phrases, *, formal: bool) -> LetterFacts:
    """Return the facts of a letter in which nothing is missing."""
    said = _specimens(language)
    name = CONTACT if formal else names.first_name(CONTACT) or CONTACT
    greeting = (words.formal_greeting if formal else words.informal_greeting).format(name=name)
    closing = (words.formal_closings if formal else words.informal_closings)[0]
    me = USER if formal else names.first_name(USER) or USER
    promised = said.get("promised") or said["promised_formal" if formal else "promised_informal"]
    topic = in_a_sentence(said["subject"], words.topic)
    cared = spoken_of(said["cares_about"], goal=True, formal=formal, shapes=words.cares)
    return LetterFacts(
        language=language,
        greeting=greeting + words.after_greeting,
        sign_off=f"{closing}{words.after_closing}\n{me}",
        name=name,
        me=me,
        formal=formal,
        fresh=False,
        asked=True,
        topic=topic.name,
        about=topic.about,
        when=said["when"],
        promised=promised if kind is Kind.DELIVER_PROMISE else None,
        question=said["question"] if kind is Kind.CHECK_IN else None,
        cares_about=said["cares_about"],
        since=cared.since,
        wish=cared.wish,
        aim=cared.aim,
        offer=said["offer"] if kind in OFFERING else None,
        share=said["share"] if kind is Kind.SHARE else None,
        share_topic=said["share_topic"] if kind is Kind.SHARE else None,
        seed=0,
    )


@cache
def _specimens(language: str) -> Mapping[str, str]:
    table = tomllib.loads(Path(__file__).with_name("specimens.toml").read_text("utf-8"))
    found: Mapping[str, str] = table.get(language, table["en"])
    return found


def copy(kinds: Iterable[str], languages: Sequence[str], own: Path) -> Iterator[tuple[Path, bool]]:
    """Copy ours into the user's directory; yield each path, and whether it was written: what is there is left.

    ``kinds`` are kinds of letters, "digest" or "phrases". Raises TemplateError for what we have not, or cannot write.
    """
    for language, kind in itertools.product(languages, kinds):
        name = {"phrases": PHRASES, "digest": DIGEST}.get(kind, f"{kind}{SUFFIX}")
        source = shelves()[0] / language / name
        if not source.is_file():
            raise TemplateError(
                f"No {language}/{name} comes with the program.", "'assistant templates list' shows what does."
            )
        target = own / language / name
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as file:
                file.write(source.read_text("utf-8"))
            target.chmod(0o600)
        except FileExistsError:
            yield target, False
        except OSError as error:
            raise TemplateError(
                f"{target} cannot be written: {error.strerror}.", "Look who owns the directory."
            ) from error
        else:
            yield target, True
