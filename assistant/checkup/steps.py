"""One thing the doctor looked at, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.errors import (
    AssistantError,
)


class Standing(StrEnum):
    """How a step ended. Only FAILED keeps the program from working."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at. ``account`` is "" for what concerns the whole installation."""

    name: str
    standing: Standing
    sentence: str
    cure: str = ""
    account: str = ""


def ok(name: str, sentence: str, account: str = "") -> Step:
    """Return a step that went well."""
    return Step(name, Standing.OK, sentence, account=account)


def warning(name: str, sentence: str, cure: str, account: str = "") -> Step:
    """Return a step after which the program works, but not as well as it could."""
    return Step(name, Standing.WARNING, sentence, cure, account)


def failed(name: str, error: AssistantError, account: str = "") -> Step:
    """Return a step that keeps the program from working, in the words of the error."""
    return Step(name, Standing.FAILED, error.message, error.cure, account)
