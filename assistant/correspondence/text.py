"""The words a writer wrote in this mail: quotes, forwarded mail, signatures and small print cut away.

If in doubt, cut: losing own words makes a draft less likely, taking somebody else's makes it wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from assistant.correspondence.cuefiles import texts
from assistant.correspondence.markup import visible_text

LONGEST = 65536
LONGEST_LINE = 400  # of a line that is looked at closely
HEADER_SPAN = 5  # labels of a quoted header block stand within so many lines

_INVISIBLE = str.maketrans(
    {0x00A0: " ", 0x202F: " ", 0x2007: " ", 0x00AD: None, 0x200B: None, 0x200E: None, 0x200F: None, 0xFEFF: None}
)
_QUOTE = re.compile(r"\s{0,8}(?:[A-Z]{1,4}> |>|\|\s|[»›])")
_DASHED = re.compile(r"\s{0,8}[-_*=—–]{2,}")
_SIGNATURE = re.compile(r"\s{0,3}(?:--|—|__|[_]{5,}|[*]{8,}|[=]{8,})\s*$")
_LABEL = re.compile(r"[\s*>]{0,20}([^\W\d_][^:：*]{0,19}?)\s?[*]{0,2}\s?[:：]")
_DIGIT = re.compile(r"\d")
_FIRST_LABELS = frozenset({"to", "an", "à", "para", "aan", "sent", "date", "subject"})
# Lotus Notes writes no verb: "Ana Lee@EXAMPLE on 01/02/2001 03:04:05 PM".
_LOTUS = re.compile(r"(\bon\s|^\s*)\d{1,2}/\d{1,2}/\d{2,4}\s{1,3}\d{1,2}:\d{2}(?::\d{2})?(?:\s[AP]M)?\s*$")
_ADDRESS_OR_DATE = re.compile(r"[@<\d]")
_BARE_SENDER = re.compile(r"<[^<>@\s]{1,64}@[^<>@\s]{1,190}>\)?\s?[:：]$")
_SENTENCE_END = re.compile(r"[.!?…]{1,6}[\"'”’»)\]]{0,3}\s|[。！？]")
_BULLET = re.compile(r"\s{0,8}(?:[-*•·–]\s|\(?\d{1,2}[.)]\s|[a-z]\)\s)")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[^\W\d_]|e\.g|i\.e|z\.b|d\.h|u\.a|p\.ex|p\.s|dr|prof|mr|mrs|ms|hr|fr|sr|sra|sig|dott|mme|mlle|st|nr|no"
    r"|bzw|ca|vs|etc|evtl|ggf|inkl|approx|dept|est|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez|dic|min|max"
    r"|tel|abs|art|vol|pag|mevr|dhr|resp|av|exmo|exma|a\.m|p\.m)\.$",
    re.IGNORECASE,
)
_GREETING = re.compile(r"[^,!:;?\n]{1,60}(?:[,!:;]|\s[-–—](?=\s|$)|$)")
_JOINS_FROM = 45  # a line this long was probably wrapped by the program, not ended by the writer


def own_words(text: str, *, html: bool = False) -> str:
    """Return what the writer of this mail wrote themselves, with LF as line ends; "" when nothing is left.

    ``text`` is one decoded text part, of which 64 kB are read; ``html`` tells that it is markup. Linear in
    the length, whatever the text.
    """
    source = text[:LONGEST]
    visible = visible_text(source) if html else source
    lines = visible.translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_tidy(_own_lines(lines)))


def sentences(text: str) -> list[str]:
    """Return the sentences of own words, in order; greeting, list items and paragraphs end one too."""
    found = []
    for paragraph in _paragraphs(text):
        start = 0
        for end in _SENTENCE_END.finditer(paragraph):
            if _ends_here(paragraph, start, end):
                found.append(paragraph[start : end.end()].strip())
                start = end.end()
        found.append(paragraph[start:].strip())
    return [sentence for sentence in found if sentence]


def greeting_of(text: str) -> str | None:
    """Return the greeting the writer of these own words used ("Dear Ana,"), None when there is none."""
    line = next((line.strip() for line in text.split("\n") if line.strip()), "")[:LONGEST_LINE]
    first = next(iter(sentences(line)), "")
    head = _GREETING.match(first)
    if head is None:
        return None
    words = head[0].rstrip(",!.:;-–— ").casefold().split()
    if any(_starts_with(words, opening) for opening in _split_texts("courtesies", "greetings")) and len(words) <= 7:
        return head[0].strip()
    return head[0].strip() if _is_name(head[0]) and first == head[0] and first[-1] in ",!:-–—" else None


def signoff_of(text: str) -> str | None:
    """Return how the writer took leave, a phrase and below it the name ("Best," / "Sue"), or None."""
    tail = [line.strip() for line in text.rstrip().split("\n") if line.strip()][-7:]
    for place in range(len(tail) - 1, -1, -1):
        if _takes_leave(tail[place]):
            name = tail[place + 1] if place + 1 < len(tail) and _is_name(tail[place + 1]) else ""
            return f"{tail[place]}\n{name}".rstrip()
    return tail[-1] if len(tail) > 1 and _is_name(tail[-1]) else None


def _takes_leave(line: str) -> bool:
    """Tell whether a line is a phrase of leave with at most a name or two more words ("Viele Grüße aus Bonn")."""
    words = line.casefold().replace(",", " ").strip(" .!-–—").split()
    if len(line) > 90 or "?" in line:
        return False
    return any(
        _starts_with(words, phrase) and (len(words) <= len(phrase) + 2 or len(phrase) > 2)
        for phrase in _split_texts("courtesies", "signoffs")
    )


def _own_lines(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines before anything that begins other people's words; marked quotes are left out in between."""
    skip_to = 0
    for place, line in enumerate(lines):
        if place < skip_to or _QUOTE.match(line):
            continue
        near = line[:LONGEST_LINE].strip()
        if not near:
            yield ""
            continue
        lower = near.lower()
        if _begins_foreign(lines, place, near, lower):
            return
        wrapped = _attribution_length(lines, place)
        if wrapped:
            after = _next_filled(lines, place + wrapped)
            if after is None or not _QUOTE.match(lines[after]):
                return
            skip_to = after
        elif not lower.startswith(_prefixes("mobile_signatures")) or len(lower) > 90:
            yield line.rstrip()


def _begins_foreign(lines: Sequence[str], place: int, near: str, lower: str) -> bool:
    """Tell whether from this line on nothing is the writer's own: signature, small print, forwarded mail, headers."""
    if _SIGNATURE.match(near) or lower.lstrip("*_ (\"'").startswith(_prefixes("disclaimers")):
        return True
    if _DASHED.match(near) and any(mark in lower for mark in _prefixes("forward_marks")):
        return True
    return lower.startswith(_prefixes("forward_lines")) or _header_block(lines, place)


def _header_block(lines: Sequence[str], place: int) -> bool:
    """Tell whether a quoted header block begins here: "From:" and "Sent:", or what Lotus Notes puts above "To:"."""
    near = lines[place][:LONGEST_LINE]
    label = _label(near)
    if label in _labels("sender_labels") or label in _FIRST_LABELS:
        known = _labels("other_labels") | _labels("sender_labels")
        return any(one in known and one != label for one in map(_label, _filled_below(lines, place)))
    if date_line := _LOTUS.search(near):
        return any(map(_label, _filled_below(lines, place))) if date_line[1].strip() else _above_header(lines, place)
    below = _filled_below(lines, place)
    named = len(near) <= 70 and bool(below) and not _SENTENCE_END.search(near + " ")
    return named and bool((found := _LOTUS.match(below[0])) and not found[1].strip()) and _above_header(lines, place)


def _above_header(lines: Sequence[str], place: int) -> bool:
    return any(_label(line) in _FIRST_LABELS for line in _filled_below(lines, place))


def _filled_below(lines: Sequence[str], place: int) -> list[str]:
    """Return the next lines with something in them, as far as a header block may reach."""
    near = (line[:LONGEST_LINE] for line in lines[place + 1 : place + 1 + 2 * HEADER_SPAN])
    return [line for line in near if line.strip()][:HEADER_SPAN]


def _label(line: str) -> str | None:
    found = _LABEL.match(line)
    return found[1].strip().lower() if found else None


def _attribution_length(lines: Sequence[str], place: int) -> int:
    """Return over how many lines an attribution ("On ... Ana wrote:") runs that begins here; 0 when none does.

    Programs wrap it over two or three lines, also between the date and the name.
    """
    first = lines[place][:LONGEST_LINE].strip()
    opened = first.lower().startswith(_prefixes("attribution_openers")) and bool(_DIGIT.search(first))
    rest = ""
    for length in (1, 2, 3):
        line = lines[place + length - 1][:LONGEST_LINE].strip() if place + length <= len(lines) else ""
        if not line or (length > 1 and _QUOTE.match(line)):
            return 0
        rest = f"{rest} {line}".strip() if length > 1 else ""
        if line[-1] in ":：":
            after = _next_filled(lines, place + length)
            quoted = after is not None and bool(_QUOTE.match(lines[after]))
            if (
                length > 1
                and not opened
                and (_is_attribution(rest, quoted=False) or not _ADDRESS_OR_DATE.search(first))
            ):
                return 0  # the line above an attribution, not a part of it
            return length if _is_attribution(f"{first} {rest}".strip(), quoted=quoted) else 0
    return 0


def _is_attribution(line: str, *, quoted: bool) -> bool:
    """Tell whether this text says who wrote what follows; less proof is needed when marked quotes follow."""
    lower = line.lower().lstrip("[(*-– ")
    if len(line) > 2 * LONGEST_LINE or lower.startswith("i "):
        return False
    addressed = "@" in line or "<" in line
    if _BARE_SENDER.search(line) and _DIGIT.search(line):
        return True
    dated = bool(_DIGIT.search(line))
    opened = lower.startswith(_prefixes("attribution_openers")) or lower[:1].isdigit()
    proven = (addressed and (dated or opened)) or (dated and opened)
    said = any(_has_words(lower, verb) for verb in _prefixes("attribution_verbs"))
    return (said and (proven or quoted)) or (quoted and (proven or addressed))


def _has_words(lower: str, words: str) -> bool:
    at = lower.find(words)
    while at >= 0:
        before, after = lower[at - 1 : at], lower[at + len(words) : at + len(words) + 1]
        if not (before.isalpha() and words[0].isascii()) and not (after.isalpha() and words[-1].isascii()):
            return True
        at = lower.find(words, at + 1)
    return False


def _next_filled(lines: Sequence[str], start: int) -> int | None:
    """Return the next line with something in it, looking over a few empty ones only."""
    return next((place for place in range(start, min(start + 4, len(lines))) if lines[place].strip()), None)


def _tidy(lines: Iterator[str]) -> list[str]:
    """Return the lines without empty ones at either end and never two empty ones in a row."""
    tidy: list[str] = []
    for line in lines:
        if line or (tidy and tidy[-1]):
            tidy.append(line)
    while tidy and not tidy[-1]:
        tidy.pop()
    return tidy


def _paragraphs(text: str) -> Iterator[str]:
    """Yield runs of lines that belong together, joined: programs wrap long lines, people end short ones."""
    run: list[str] = []
    for line in [*text.split("\n"), ""]:
        stripped = line.strip()
        if (
            run
            and not (stripped and len(run[-1]) >= _JOINS_FROM and not _BULLET.match(line))
            and not (stripped[:1].islower() and run[-1][-1:] not in ",:;!?." and not _BULLET.match(line))
        ):
            yield " ".join(run)
            run = []
        if stripped:
            run.append(stripped)


def _ends_here(paragraph: str, start: int, end: re.Match[str]) -> bool:
    """Tell whether a sentence ends at this mark, rather than an abbreviation or an ordinal ("am 3. Mai")."""
    if "." not in end[0]:
        return True
    if paragraph[end.end() : end.end() + 1].islower():
        return False
    before = paragraph[max(start, end.start() - 12) : end.start() + 1]
    if len(end[0].strip()) > 1:
        return True
    if _ABBREVIATION.search(before):
        return False
    words = before.split()
    if len(words[-1]) > 3 or not words[-1][:-1].isdigit():
        return True
    return len(words) > 1 and words[-2].isalpha() and words[-2][0].isupper()  # "July 14."


def _is_name(line: str) -> bool:
    """Tell whether a line looks like a person's name: up to four capitalised words."""
    words = line.strip(" ,!:-–—.").split()
    return (
        0 < len(words) <= 4
        and len(line) <= 40
        and all(word[:1].isupper() and not any(char.isdigit() or char in "@/<>?;" for char in word) for word in words)
    )


def _starts_with(words: Sequence[str], opening: Sequence[str]) -> bool:
    return list(words[: len(opening)]) == list(opening)


@cache
def _split_texts(table: str, key: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(one.casefold().split()) for one in texts(table, key))


@cache
def _prefixes(key: str) -> tuple[str, ...]:
    return texts("zones", key)


@cache
def _labels(key: str) -> frozenset[str]:
    return frozenset(texts("zones", key))
