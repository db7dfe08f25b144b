"""What to call people: the name in a greeting, and greetings and closings that two people already use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from assistant.correspondence.text import greeting_of
from assistant.drafting.plain import words_of

LENGTH = 60
_LOOKED_AT = 8  # lines from the top or bottom of a mail that may hold a greeting or a closing
_WORD = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_INITIAL = r"[^\W\d_]\."
_NAME = re.compile(rf"(?:{_WORD}|{_INITIAL})\.?(?: (?:{_WORD}|{_INITIAL})\.?){{0,4}}")


@cache
def _words_of_names() -> dict[str, frozenset[str]]:
    table = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))
    return {key: frozenset(words) for key, words in table.items()}


def full_name(display: str) -> str | None:
    """Return a display name as it can stand in a greeting ("Last, First" turned), None when it is no person's name."""
    name = words_of(display).strip("\"' ")
    last, comma, first = name.partition(",")
    if comma:
        name = f"{first.strip()} {last.strip()}"
    if len(name) > LENGTH or not _NAME.fullmatch(name):
        return None
    if any(word.casefold().strip(".") in _words_of_names()["not_a_person"] for word in name.split()):
        return None
    return name


def first_name(display: str) -> str | None:
    """Return the first name of a display name that looks like "First Last" or "Last, First", else None.

    Nothing is guessed: titles, initials, capitals throughout, one word or more than three give None.
    """
    name = full_name(display)
    words = name.split() if name else []
    if len(words) not in (2, 3):
        return None
    if any(word.casefold().strip(".") in _words_of_names()["titles"] for word in words) or "." in words[0]:
        return None
    # "COSTA Ana" puts the family name first and marks it so; "ana costa" may be how they want it, or not.
    if any(word.isupper() and len(word) > 1 for word in words):
        return None
    return words[0] if words[0][0].isupper() and words[-1][0].isupper() else None


def greeting_used(lines: Sequence[str], openings: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the greeting in which a mail of the user's called this contact by name, without its comma.

    ``openings`` are the greeting words that may be used again, ``names`` what the contact is known by. A title that
    the user gave them stands ("Dear Mrs Costa"); without a name it is anybody's ("Dear Sir").
    """
    line = words_of(greeting_of("\n".join(lines)) or "")
    greeted = set(_greeted(line, openings).casefold().replace(".", "").split()) - _words_of_names()["titles"]
    return line.rstrip(" ,!.:–-") if greeted and greeted <= _words(names) else None


def nickname(
    ours: Sequence[Sequence[str]], theirs: Sequence[Sequence[str]], openings: Sequence[str], me: str
) -> str | None:
    """Return the one word by which the user greets a contact and with which they sign: "Kate" of Katherine Miller.

    ``ours`` and ``theirs`` are mails of either side, newest first; ``me`` is the user's name, which it is not.
    """
    signed = {word for lines in theirs for word in _alone(lines) if word.casefold() not in _words([me])}
    greeted = (_greeted(words_of(greeting_of("\n".join(lines)) or ""), openings) for lines in ours)
    return next((word for word in greeted if word in signed), None)


def _greeted(line: str, openings: Sequence[str]) -> str:
    """Return the name behind the opening of a greeting, "" when it has none of these."""
    opening = "|".join(sorted(map(re.escape, openings), key=len, reverse=True))
    found = re.fullmatch(rf"(?:{opening})\s+({_NAME.pattern})\s*[,!.:–-]?", line) if opening else None
    return found[1] if found else ""


def closing_used(lines: Sequence[str], closings: Sequence[str], name: str) -> tuple[str | None, str | None]:
    """Return the closing of the user's mail and the form of the user's own name below it, each None when not found.

    Many close with nothing but their name; that is found too.
    """
    known = {closing.casefold(): closing for closing in closings}
    last = _visible(lines)[-_LOOKED_AT:]
    for place in range(len(last) - 1, -1, -1):
        closing = known.get(words_of(last[place]).rstrip(" ,!.–-").casefold())
        if closing is not None:
            below = words_of(last[place + 1]).strip(" ,.") if place + 1 < len(last) else ""
            return closing, _own_form(below, name)
    return None, _own_form(words_of(last[-1]).strip(" ,.–-"), name) if len(last) > 1 else None


def _own_form(line: str, name: str) -> str | None:
    """Return the line when it is nothing but a name by which the user goes ("Sue" of "Sue Marten")."""
    return line if line and set(line.casefold().split()) <= _words([name]) else None


def answered_greeting(lines: Sequence[str], openings: Sequence[str], name: str) -> str | None:
    """Return the opening ("Dear") with which a mail greets the user by first name, when it is one of these."""
    if not greeted_by_first_name(lines, name):
        return None
    greeting = words_of(greeting_of("\n".join(lines)) or "").casefold()
    return next((one for one in openings if greeting.startswith(f"{one.casefold()} ")), None)


def greeted_by_first_name(lines: Sequence[str], name: str) -> bool:
    """Tell whether a mail to the user begins with the user's first name alone: "Dear Sue" to Sue Marten."""
    greeting = greeting_of("\n".join(lines))
    first = (first_name(name) or name).casefold()
    words = [word.casefold().strip(".,:!") for word in words_of(greeting or "").split()]
    known = _words([name]) - {first}
    return bool(words) and words[-1] == first and not set(words) & (known | _words_of_names()["titles"])


def signed_with(lines: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the one word under a contact's own mail that is part of their names: what they call themselves."""
    parts = _words(names)
    return next((word for word in _alone(lines) if word.casefold() in parts), None)


def _alone(lines: Sequence[str]) -> Iterator[str]:
    """Yield the words that stand in a line of their own at the bottom of a mail, the last one first."""
    for line in reversed(_visible(lines)[-_LOOKED_AT:]):
        found = re.fullmatch(rf"[\W_]*({_WORD})[\W_]*", words_of(line))  # also with a flower behind it
        if found and found[1].istitle():
            yield found[1]


def _visible(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def _words(names: Sequence[str]) -> set[str]:
    return {word.strip(".,").casefold() for name in names for word in words_of(name).replace(",", " ").split()}
