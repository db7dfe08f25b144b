"""How the server can be made to answer in its own way, for the whole suite."""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.demo.server import Command, HangUp, Script

CarryOut = Callable[[], bytes]
Answer = Callable[[Command, CarryOut], bytes]


def at(name: str, answer: Answer) -> Script:
    """Return a script that answers one command in its own way."""
    return lambda command, carry_out: answer(command, carry_out) if command.name == name else carry_out()


def lose_before(command: Command, carry_out: CarryOut) -> bytes:
    """Lose the connection before anything is done."""
    raise HangUp


def lose_after(command: Command, carry_out: CarryOut) -> bytes:
    """Lose the connection when everything is done, with half an answer out."""
    raise HangUp(carry_out()[:7])


def without_number(command: Command, carry_out: CarryOut) -> bytes:
    """Do not tell the UID of what was appended."""
    return re.sub(rb"\[APPENDUID [^]]*\] ", b"", carry_out())
