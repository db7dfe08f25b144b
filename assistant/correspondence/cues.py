"""What the sentences of a mail do: ask, promise, thank, close, release, announce an absence; never their text.

The words are data, one table per language in cues/LANG.toml; what is done with them is the same for all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from assistant.correspondence.cuefiles import LANGUAGES, listed, pattern, section_of, smoothed, table
from assistant.correspondence.moments import Calendar, Moment, dated_patterns, moments_in
from assistant.correspondence.text import greeting_of, own_words, sentences, signoff_of
from assistant.model import Cue, CueKind, Reading

LONGEST_SENTENCE = 400
MOST_SENTENCES = 400
FEWEST_WORDS = 4  # of a question that wants an answer
SHORT_TEXT = 8  # words, of which a single stop word may tell the language
SIGNING_WORDS = 3
CLOSING_WORDS = 12  # a longer sentence does more than close
CURT_WORDS = 3  # "OK." tells no language and closes in all of them
_SPANS = ("today", "tomorrow", "after_tomorrow", "weekend", "this_week", "next_week", "next_month", "meal")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SIMPLE = {  # kinds that are found by their own list alone, in this order
    CueKind.RELEASE: "release",
    CueKind.OPT_OUT: "opt_out",
    CueKind.LEFT: "left",
    CueKind.SENSITIVE: "sensitive",
    CueKind.GAVE: "gave",
}


@dataclass(frozen=True, slots=True)
class Language:
    """The compiled table of one language."""

    cues: Mapping[str, re.Pattern[str]]
    formal: re.Pattern[str]
    informal: re.Pattern[str]
    back: re.Pattern[str]
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class _Letter:
    """One mail while it is read: who wrote when, to whom, and in which language."""

    sent_at: datetime
    zone: ZoneInfo
    user_names: frozenset[str]
    language: Language | None


def read_text(
    text: str,
    *,
    html: bool,
    sent_at: datetime,
    zone: ZoneInfo,
    user_names: tuple[str, ...],
    language_hint: str | None = None,
) -> Reading:
    """Return what is noted of a mail: language, size and the cues of its own words.

    ``text`` is one decoded text part (``html``: markup), ``sent_at`` the aware time of the mail, ``zone`` where
    its days are counted; ``user_names`` are names the user is greeted by. ``language_hint`` (ISO 639-1) decides
    when the words do not. A date (UTC) on REQUEST and QUESTION says after when the ask has expired, on PROMISE
    for when it was promised, on ABSENCE when the writer is back, on MOMENT when it is over. Without a table for
    the language only questions, names and the curtest closings are noted.
    """
    own = own_words(text, html=html)
    found = sentences(own)[:MOST_SENTENCES]
    code = guess_language(own, language_hint)
    letter = _Letter(sent_at, zone, _given_names(user_names), language(code) if code in LANGUAGES else None)
    greeting, signoff = greeting_of(own) or "", signoff_of(own) or ""
    cues = list(_cues(found, letter))
    asks = [cue.place for cue in cues if cue.kind in (CueKind.REQUEST, CueKind.QUESTION, CueKind.ERRAND)]
    if asks:
        # "Thanks, Ben" under a question is a manner of signing, not thanks for something.
        signed = _places_of(signoff, found) | _bare_after(asks[0], found)
        cues = [cue for cue in cues if cue.kind not in (CueKind.THANKS, CueKind.CLOSING) or cue.place not in signed]
    if greeting and _names_user(greeting, letter.user_names, exact=False):
        cues.insert(0, Cue(CueKind.GREETS_USER, 0))
    words = len(_WORD.findall(own)) - len(_WORD.findall(greeting)) - len(_WORD.findall(signoff))
    return Reading(code, max(0, words), len(found), tuple(dict.fromkeys(cues)))


def guess_language(text: str, hint: str | None = None) -> str | None:
    """Return the ISO 639-1 code of a text by its stop words; ``hint``, or else None, when they do not decide.

    Some languages without a table of cues are told apart too, so that Danish is not taken for Dutch.
    """
    head = smoothed(text[:8000]).lower()
    words = Counter(_WORD.findall(head))
    elided = Counter(word[: word.index("'") + 1] for word in words.elements() if "'" in word)  # d', l', j'
    scores: Counter[str] = Counter()
    for code, stop_words in _stop_words().items():
        scores[code] = sum(found[word] for found in (words, elided) for word in found.keys() & stop_words)
    for code in LANGUAGES:
        scores[code] += 2 * any(letter in text for letter in str(table(code)["letters"]))
    (best, hits), (_, second) = scores.most_common(2)
    if hits >= 2 and hits >= 1.25 * second and hits * 12 >= words.total():
        return best
    return hint or (best if hits == 1 and not second and words.total() <= SHORT_TEXT else None)


@cache
def language(code: str) -> Language:
    """Return the compiled table of a language. Raises ConfigError naming file and key when a text is no expression."""
    spans = {name: pattern(code, "moments", name) for name in _SPANS}
    months = listed(code, "moments", "months")
    day_month, month_day = dated_patterns(months)
    calendar = Calendar(
        spans=spans,
        weekday=pattern(code, "moments", "weekdays"),
        weekdays=[re.compile(one) for one in listed(code, "moments", "weekdays")],
        day_month=re.compile(day_month),
        month_day=re.compile(month_day),
        months=[re.compile(one) for one in months],
        deadline=pattern(code, "moments", "deadline", end=r"(?: the| den| dem| le| la| el| il| o| a)?\s?$"),
        past=pattern(code, "moments", "past", end=r"(?: the| den| dem| le| la| el| il| o| a)?\s?$"),
        next=pattern(code, "moments", "next", end=r"\s?$"),
        vague=pattern(code, "moments", "vague"),
        month_first=section_of(code, "moments").get("month_first") is True,
    )
    return Language(
        cues={key: pattern(code, "cues", key) for key in section_of(code, "cues")},
        formal=pattern(code, "register", "formal", bounded=False),
        informal=pattern(code, "register", "informal", bounded=False),
        back=pattern(code, "moments", "back"),
        calendar=calendar,
    )


@cache
def _stop_words() -> Mapping[str, frozenset[str]]:
    found = {
        code: frozenset(str(table(code)["stop_words"]).split())
        | {name for key in ("weekdays", "months") for one in listed(code, "moments", key) for name in one.split("|")}
        for code in LANGUAGES
    }
    others = table("other_languages")
    return found | {code: frozenset(str(words).split()) for code, words in others.items()}


def _cues(found: Sequence[str], letter: _Letter) -> Iterator[Cue]:
    for place, original in enumerate(found):
        sentence = smoothed(original[:LONGEST_SENTENCE])
        lower = sentence.lower()
        if letter.language is None:
            asks = [Cue(CueKind.QUESTION, place)] if _is_question(lower, len(lower.split())) else []
            if len(lower.split()) <= CURT_WORDS and any(_closes(lower, language(code)) for code in LANGUAGES):
                yield Cue(CueKind.CLOSING, place)
        else:
            times = moments_in(lower, letter.language.calendar, letter.sent_at, letter.zone)
            asks = list(_asks(lower, letter.language, place, times))
            if asks and not times:
                asks = list(_asks(lower, letter.language, place, _told_beside(found, place, letter)))
            yield from _statements(lower, letter.language, place, times)
            yield from _register(sentence, letter.language, place)
            if times:
                yield Cue(CueKind.MOMENT, place, max(moment.end for moment in times))
        yield from asks
        if (asks or place == 0) and _names_user(
            sentence if asks else " ".join(sentence.split()[:3]), letter.user_names
        ):
            yield Cue(CueKind.GREETS_USER, place)


def _told_beside(found: Sequence[str], place: int, letter: _Letter) -> Sequence[Moment]:
    """Return the times that the sentence behind an ask, or before it, says it is about ("It is about tomorrow.")."""
    assert letter.language is not None
    for beside in (*found[place + 1 : place + 2], *found[max(0, place - 1) : place]):
        lower = smoothed(beside[:LONGEST_SENTENCE]).lower()
        if letter.language.cues["concerning"].match(lower):
            return moments_in(lower, letter.language.calendar, letter.sent_at, letter.zone)
    return ()


def _asks(lower: str, language: Language, place: int, times: Sequence[Moment]) -> Iterator[Cue]:
    """Yield at most one of REQUEST, ERRAND and QUESTION.

    Pleasantries ("let me know if you have any questions") are taken out first. An errand asks for an act and
    waits for no answer, unless the same sentence asks for one in so many words.
    """
    cues = language.cues
    rest = cues["pleasantry"].sub(" ", lower)
    if len(rest.split()) < 2 or cues["release"].search(rest) or cues["opt_out"].search(rest):
        return
    answer = cues["answer"].search(rest)
    if not answer and cues["errand"].search(rest):
        yield Cue(CueKind.ERRAND, place)
        return
    expires = None if cues["durable"].search(rest) else _expiry(times)
    if answer or cues["request"].search(rest):
        yield Cue(CueKind.REQUEST, place, expires)
    elif _is_question(rest, len(rest.split())) and not cues["banter"].search(rest):
        yield Cue(CueKind.QUESTION, place, expires)


def _is_question(lower: str, words: int) -> bool:
    return lower.rstrip(" )\"'").endswith(("?", "？")) and words >= FEWEST_WORDS


def _expiry(times: Sequence[Moment]) -> datetime | None:
    """Return when the last of these times is over; a deadline ("by Friday") ends nothing, the thing is wanted still."""
    return max((moment.end for moment in times if not moment.deadline), default=None)


def _statements(lower: str, language: Language, place: int, times: Sequence[Moment]) -> Iterator[Cue]:
    cues = language.cues
    for kind, key in _SIMPLE.items():
        if cues[key].search(lower):
            yield Cue(kind, place)
    if cues["absence"].search(lower):
        yield Cue(CueKind.ABSENCE, place, _back_again(lower, language, times))
    question = lower.endswith("?")
    if cues["promise"].search(cues["weak_promise"].sub(" ", lower)) and not question:
        yield Cue(CueKind.PROMISE, place, max((moment.end for moment in times), default=None))
    if cues["thanks"].search(lower) and not question:
        yield Cue(CueKind.THANKS, place)
    if _closes(lower, language):
        yield Cue(CueKind.CLOSING, place)


def _closes(lower: str, language: Language) -> bool:
    if len(lower.split()) > CLOSING_WORDS or lower.endswith("?"):
        return False
    return language.cues["closing"].match(lower.lstrip("-–—*!., \"'")) is not None


def _back_again(lower: str, language: Language, times: Sequence[Moment]) -> datetime | None:
    """Return the day somebody is back: the day named by "back on", else the day after the last one away."""
    if not times:
        return None
    last = max(times, key=lambda moment: moment.end)
    return last.start if language.back.search(lower) else last.end


def _register(sentence: str, language: Language, place: int) -> Iterator[Cue]:
    if language.formal.search(sentence):
        yield Cue(CueKind.FORMAL, place)
    if language.informal.search(sentence):
        yield Cue(CueKind.INFORMAL, place)


def _given_names(names: Sequence[str]) -> frozenset[str]:
    """Return the single names of at least two letters that the user may be greeted by."""
    return frozenset(word for name in names for word in _WORD.findall(name) if len(word) > 1)


def _names_user(text: str, names: frozenset[str], *, exact: bool = True) -> bool:
    """Tell whether a name of the user's stands in the text; outside a greeting "Will" is not "will"."""
    words = _WORD.findall(text)
    if exact:
        return any(word in names for word in words)
    folded = {name.casefold() for name in names}
    return any(word.casefold() in folded for word in words)


def _places_of(signoff: str, found: Sequence[str]) -> frozenset[int]:
    """Return the places of the last sentences that make up the sign-off."""
    lines = {" ".join(line.split()) for line in signoff.split("\n")} | {" ".join(signoff.split())}
    tail = range(max(0, len(found) - 4), len(found))
    return frozenset(place for place in tail if " ".join(found[place].split()) in lines)


def _bare_after(place: int, found: Sequence[str]) -> frozenset[int]:
    """Return the places after this one of sentences so short ("Thanks.", "Many thanks!") that they only sign."""
    return frozenset(later for later in range(place + 1, len(found)) if len(found[later].split()) <= SIGNING_WORDS)
