"""What the digest tells the user of each waiting draft: for whom, where things stand, why now, what needs a word."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assistant.drafting.plain import words_of
from assistant.drafting.shelf import Phrases
from assistant.model import Draft, Kind, Suggestion


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """What the template of the digest may say; templates/README.md describes each.

    ``count``: how many drafts are named. ``drafts``: what is told of them, in several lines. ``mailbox``: that of
    the drafts.
    """

    language: str
    count: int
    drafts: str
    mailbox: str


def digest_id(address: str, drafts: Iterable[str]) -> str:
    """Return the 20 hex digits that name the digest of these drafts (by id), on every computer alike."""
    facts = json.dumps(["digest", address.lower(), sorted(drafts)])
    return hashlib.sha256(facts.encode("ascii")).hexdigest()[:20]


def standing(suggestion: Suggestion, *, asked: bool, name: str, when: str, sentences: Mapping[str, str]) -> str:
    """Return where things stand with a suggestion and why it comes now, in the user's language.

    ``asked``: the mail it is about asks something. ``when`` is a phrase of when that was, ``sentences`` are those
    of Phrases.standing. Nothing of goals, interests or the balance is in it.
    """
    keys: list[str] = [suggestion.kind.value]
    if suggestion.kind is Kind.OWE_REPLY and asked:
        keys = ["asked"]
    if suggestion.kind is Kind.CHECK_IN and suggestion.usual_reply_days is not None:
        days = max(1, math.ceil(suggestion.usual_reply_days))
        keys.append("usual_day" if days == 1 else "usual_days")
        return " ".join(sentences[key].format(name=name, when=when, days=days) for key in keys)
    return " ".join(sentences[key].format(name=name, when=when) for key in keys)


def entry(draft: Draft, name: str, spoken: Phrases) -> str:
    """Return what the digest says of one draft, line by line; ``name`` is what its reader is called."""
    lines = [f"{words_of(name)}: {spoken.topic.quoted.format(topic=words_of(draft.subject))}", words_of(draft.standing)]
    if draft.needs_word:
        lines.append(spoken.standing["missing"].format(missing=words_of(draft.needs_word)))
    return "\n".join(line for line in lines if line)
