"""How a letter speaks of what somebody works towards or likes; what fits no sentence of the language is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caring:
    """How one shape of goals or interests is spoken of ("starting a forest garden", "a school garden").

    ``words`` is an expression for the whole of it. ``since``, ``wish`` and ``aim`` are wordings as templates/README.md
    describes them, formal and informal, {0} being the whole and {1} its first group; empty: none.
    """

    goal: bool
    words: str
    since: tuple[str, ...] = ()
    wish: tuple[str, ...] = ()
    aim: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cared:
    """A goal or interest of somebody as a letter may speak of it; None: in no such way."""

    since: str | None = None
    wish: str | None = None
    aim: str | None = None


def spoken_of(own: str, *, goal: bool, formal: bool, shapes: Sequence[Caring]) -> Cared:
    """Return how a letter speaks of this goal, or interest, of the contact: by the first shape that it has."""
    for shape in shapes:
        found = re.fullmatch(shape.words, own) if shape.goal is goal else None
        if found:
            since, wish, aim = (
                said[0 if formal else -1].format(own, *found.groups("")) if said else None
                for said in (shape.since, shape.wish, shape.aim)
            )
            return Cared(since, wish, aim)
    return Cared()
