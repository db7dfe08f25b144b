"""The etiquette check: says what a courteous person would not have written. A draft with a finding is not written.

``etiquette/LANG.toml`` holds the rules of a language: [refused] maps a rule to patterns that must not occur,
[gift] a kind to patterns of which one must, [way_out] the same for every kind, [language] its commonest
words and the marks that stand after a space, [register] what a formal and an informal letter does not say.
A language without a file is checked by the rules that need none.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.drafting.plain import words_of
from assistant.model import Kind

MOST_WORDS = 120
FEWEST_WORDS_TO_TELL_A_LANGUAGE = 4
_RULES = Path(__file__).with_name("etiquette")
_UNFILLED = (
    r"[{}]", r"<[^<>]*>", r"\[[^\]]*\]", r"%\w", r"\$\w", r"\b(?:XXX+|TODO|TBD|FIXME|N/A|undefined|null)\b",
    r"\bNone\b(?! of)", r"_{2,}", r"(?<!\S)[,;:.!?]", r"[,;:]\s*[,;.:!?]", r"(?<!\.)\.\.(?!\.)", r"\.{4,}", r"\(\s*\)",
    r"[\"“„«]\s*[\"”“»]", r"(?i)\blorem ipsum\b", r"(?i)\b(?:first|last|company|your)[ _]?name\b", r"�",
)  # fmt: skip
_MAIL_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+\.\w+")
_SHOUTED = re.compile(r"\b[^\W\d_a-zà-öø-ÿ]{4,} [^\W\d_a-zà-öø-ÿ]{4,}\b")


_REASONS = {
    "resented": "people resent this phrase",
    "reproach": "this reproaches the reader",
    "counted_silence": "this counts the silence",
    "pressure": "this presses the reader",
    "deadline": "this sets a deadline",
    "attachment_claim": "this claims that something is enclosed, and nothing is",
    "third_party": "this names somebody else",
    "register": "this is not how the two address each other",
    "shouting": "this shouts",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a text: the name of the rule, and a sentence or the words that broke it."""

    rule: str
    what: str

    @property
    def reason(self) -> str:
        """Why the text is refused, as a clause that can end a sentence."""
        return f"{_REASONS[self.rule]}: {self.what!r}" if self.rule in _REASONS else self.what


@dataclass(frozen=True, slots=True)
class Manners:
    """The rules of one language, compiled."""

    refused: Mapping[str, tuple[re.Pattern[str], ...]]
    gift: Mapping[str, tuple[re.Pattern[str], ...]]
    way_out: tuple[re.Pattern[str], ...]
    words: frozenset[str]
    not_formal: tuple[re.Pattern[str], ...]
    not_informal: tuple[re.Pattern[str], ...]
    spaced: str


def findings(
    text: str,
    *,
    kind: Kind,
    language: str,
    contact_name: str,
    user_name: str,
    formal: bool | None = None,
    given: Sequence[str] = (),
    signature: str | None = None,
    third_parties: Iterable[str] = (),
    subject: str | None = None,
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a rendered draft; empty when it may be written.

    ``formal`` is the register meant (None: not checked). ``given`` are the user's own words that the draft
    passes on (an offer, a thing shared): they count as its gift, and as words, but are not judged.
    ``signature`` is neither counted nor judged. ``third_parties`` are names of other people, whom a draft
    may name only in what the user passes on. ``subject`` is that of a fresh message (None: a reply keeps
    the subject of its thread, which is not ours to judge).
    """
    whole = _without(text, [signature] if signature else [])
    ours = _without(whole, given)
    others = [*third_parties]
    above = _without(subject or "", given)
    found = [
        *_size(whole),
        *_form(ours, language),
        *_refused(ours, language),
        *_missing(ours, kind, language, any(words_of(one) in words_of(whole) for one in given if one.strip())),
        *_names(ours, contact_name, user_name),
        *_third_parties(f"{above}\n{ours}", [contact_name, user_name], others),
        *_tongue(ours, language),
        *wrong_register("\n".join(ours.strip().split("\n\n")[1:-1]), language, formal),
        *_form(above, language),
        *_refused(above, language),
        *wrong_register(f"… {above}", language, formal),
    ]
    return tuple(dict.fromkeys(found))


def offends(phrase: str, language: str, formal: bool | None = None) -> bool:
    """Tell whether a phrase alone would break a rule of a language; such a phrase is never repeated in a draft.

    ``formal`` is the register of the draft (None: any).
    """
    inside = f"… {phrase}"
    return any(
        True for _ in (*_refused(phrase, language), *_form(phrase, language), *wrong_register(inside, language, formal))
    )


@cache
def manners(language: str) -> Manners | None:
    """Return the rules of a language (ISO 639-1), None when there are none."""
    return _all_manners().get(language)


@cache
def _all_manners() -> dict[str, Manners]:
    return {path.stem: _read(path) for path in sorted(_RULES.glob("*.toml"))}


def _read(path: Path) -> Manners:
    table = tomllib.loads(path.read_text("utf-8"))
    return Manners(
        refused={rule: _compiled(patterns) for rule, patterns in table["refused"].items()},
        gift={kind: _compiled(patterns) for kind, patterns in table["gift"].items()},
        way_out=_compiled(table["way_out"]["any"]),
        words=frozenset(table["language"]["words"]),
        not_formal=_compiled(table["register"]["not_formal"]),
        not_informal=_compiled(table["register"]["not_informal"]),
        spaced=re.escape(table["language"].get("spaced", "")),
    )


def _compiled(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


def _without(text: str, parts: Sequence[str]) -> str:
    text = _breakable(text)
    for part in map(_breakable, parts):
        for form in (part.strip(), words_of(part), words_of(part).rstrip(" .,;")):
            if form and form in text:
                text = text.replace(form, "…")
                break
    return text


def _breakable(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def _spoken(text: str) -> str:
    return " ".join(_straight(text).lower().split())


def _straight(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(str.maketrans("’‘“”", "''\"\""))


def _size(text: str) -> Iterator[Finding]:
    count = len(text.split())
    if count > MOST_WORDS:
        yield Finding("too_long", f"{count} words, where {MOST_WORDS} are enough")
    if not text.strip():
        yield Finding("empty", "nothing is written")


def _form(text: str, language: str) -> Iterator[Finding]:
    if text.count("!") > 1:
        yield Finding("shouting", "more than one exclamation mark")
    if text.count("?") > 1:
        yield Finding("questions", f"{text.count('?')} questions, where one is enough")
    if shouted := _SHOUTED.search(text):
        yield Finding("shouting", shouted[0])
    known = manners(language)
    unspaced = re.sub(rf"(?<=\S)\s(?=[{known.spaced}])", "", text) if known and known.spaced else text
    for pattern in _UNFILLED:
        if gap := re.search(pattern, unspaced):
            yield Finding("unfilled", f"{words_of(gap[0])!r} looks like a place that was not filled")


def _refused(text: str, language: str) -> Iterator[Finding]:
    known = manners(language)
    spoken = _spoken(text)
    for rule, patterns in known.refused.items() if known else ():
        for pattern in patterns:
            if said := pattern.search(spoken):
                yield Finding(rule, said[0])


def _missing(text: str, kind: Kind, language: str, given: bool) -> Iterator[Finding]:
    known = manners(language)
    if known is None:
        return
    spoken = _spoken(text)
    if not given and not any(pattern.search(spoken) for pattern in known.gift.get(kind.value, ())):
        yield Finding("no_gift", "it carries nothing for its reader")
    if not any(pattern.search(spoken) for pattern in known.way_out):
        yield Finding("no_way_out", "it leaves no easy way to say no, or nothing")


def _names(text: str, contact_name: str, user_name: str) -> Iterator[Finding]:
    lines = [line for line in text.splitlines() if line.strip()] or [""]
    contact, user = _name_words(contact_name), _name_words(user_name)
    if greeted := _name_words(lines[0]) & (user - contact):
        yield Finding("wrong_name", f"it greets the user ({', '.join(sorted(greeted))})")
    if user and not any(_name_words(line) & user for line in lines[1:]):
        yield Finding("wrong_name", "it is not signed with the user's name")
    if signed := _name_words(lines[-1]) & (contact - user):
        yield Finding("wrong_name", f"it is signed with the contact's name ({', '.join(sorted(signed))})")


def _third_parties(text: str, both: Sequence[str], others: Iterable[str]) -> Iterator[Finding]:
    """Yield who is named besides the two who write to each other: a mail address, or one of the others."""
    if address := _MAIL_ADDRESS.search(text):
        yield Finding("third_party", address[0])
    yield from (Finding("third_party", words_of(one)) for one in named_in(text, others, both))


def named_in(text: str, people: Iterable[str], but: Sequence[str] = ()) -> Iterator[str]:
    """Yield those of these people whom a text names in full, leaving out who has no other name than ``but`` have.

    A single name is left out: "Will" and "Rose" are words too; and so is what is not written as the name is: a shop
    may be called "Thank You".
    """
    spoken = " ".join(["", *_as_written(text), ""])
    known = {word for name in but for word in _words(name)}
    for person in people:
        words = _as_written(person)
        forms = (words, [word.capitalize() for word in words])
        if (
            len(words) > 1
            and any(f" {' '.join(form)} " in spoken for form in forms)
            and not set(_words(person)) <= known
        ):
            yield person


def _name_words(text: str) -> set[str]:
    return {word for word in _words(text) if len(word) > 1}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _spoken(text))


def _as_written(text: str) -> list[str]:
    return re.findall(r"\w+", _straight(text))


def _tongue(text: str, language: str) -> Iterator[Finding]:
    known = manners(language)
    if known is None:
        return
    words = _words(text)
    counts = {other: sum(word in rules.words for word in words) for other, rules in _all_manners().items()}
    likeliest = max(counts, key=lambda other: (counts[other], other == language))
    if likeliest != language and counts[likeliest] >= FEWEST_WORDS_TO_TELL_A_LANGUAGE:
        yield Finding("language", f"it reads as {likeliest!r}, not as {language!r}")


def wrong_register(text: str, language: str, formal: bool | None) -> Iterator[Finding]:
    """Yield the words of a text that the register meant does not use; none where it is not known (None)."""
    known = manners(language)
    if known is None or formal is None:
        return
    for pattern in known.not_formal if formal else known.not_informal:
        if slip := pattern.search(text):
            yield Finding("register", slip[0])
