"""What the daemon says: sentences about a look at an account, each once while it stays true."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.mailbox.words import visible
from assistant.model import DraftState
from assistant.report import called
from assistant.sweep import Outcome

FRAMES = 5
LAID = {DraftState.WAITING: ("waits", "wait"), DraftState.UNKNOWN: ("is looked for", "are looked for")}

Lasting = tuple[int, str]
"""A level of logging, and a sentence that stays true until somebody does something."""

log = logging.getLogger(__name__)


class Diary:
    """The daemon's voice: news always, what lasts (a trouble, a preview) only when it begins or changes."""

    def __init__(self) -> None:
        self._lasting: dict[str, Sequence[Lasting]] = {}
        self._looked_at: set[str] = set()

    def looked_at(self, name: str, outcome: Outcome) -> None:
        """Say what a look at one account brought; the first one says so, too, when it brought nothing."""
        lasting, news = lasting_of(outcome), news_of(outcome)
        self.tell(name, lasting)
        if not (lasting or news or name in self._looked_at):
            news = ["nothing new"]
        self._looked_at.add(name)
        for text in news:
            log.info("%s", text, extra=about(name))

    def tell(self, name: str, lasting: Sequence[Lasting]) -> None:
        """Say what lasts, as far as it is new, and when all trouble is over; "" is the daemon itself."""
        before = self._lasting.get(name, ())
        self._lasting[name] = lasting
        for level, text in lasting:
            if (level, text) not in before:
                log.log(level, "%s", text, extra=about(name))
        if _troubled(before) and not _troubled(lasting):
            log.info("works again", extra=about(name))


def about(name: str) -> Mapping[str, str]:
    """Return what marks a log record as being about an account."""
    return {"account": name}


def _troubled(lasting: Sequence[Lasting]) -> bool:
    return any(level >= logging.WARNING for level, _ in lasting)


def news_of(outcome: Outcome) -> list[str]:
    """Return what a look at one account brought, in sentences: new mail, drafts laid, drafts taken back."""
    came = sum(one.new for one in outcome.accounts)
    parts = [f"{came} new mail{'s' if came > 1 else ''}"] if came else []
    if _previewed(outcome):
        return parts
    for state, (waits, wait) in LAID.items():
        laid = [one for one in outcome.suggestions if one.draft is not None and one.draft.state is state]
        if laid:
            mailbox = (laid[0].draft and laid[0].draft.mailbox) or "Drafts"
            names = [called(one.suggestion) for one in laid]
            parts.append(f"{_drafts_for(names)} {wait if laid[1:] else waits} in {mailbox}")
    taken = [f"the draft for {one.draft.contact} was taken back: {one.because}" for one in outcome.withdrawn]
    return ([", ".join(parts)] if parts else []) + taken


def lasting_of(outcome: Outcome) -> list[Lasting]:
    """Return troubles with their cures, what servers want to be read, and why an account was only previewed.

    What keeps another account from being looked into is told when that one has its turn.
    """
    mine = {one.name for one in outcome.accounts}
    troubles = [one for one in outcome.errors if one.account in mine]
    lasting = [(logging.WARNING, f"{one.message} {one.cure}".strip()) for one in troubles]
    lasting += [(logging.WARNING, f"the server says: {alert}") for one in outcome.accounts for alert in one.alerts]
    if _previewed(outcome):
        would = [called(one.suggestion) for one in outcome.suggestions if one.letter is not None]
        shown = f"would lay {_drafts_for(would)}" if would else "would lay no draft now"
        cure = "nothing is written here until 'assistant sweep' has laid a draft by hand"
        lasting.append((logging.INFO, f"only a preview: {shown}; {cure}"))
    return lasting


def _previewed(outcome: Outcome) -> bool:
    return any(one.previewed and one.error is None for one in outcome.accounts)


def _drafts_for(names: Sequence[str]) -> str:
    people = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
    return f"{len(names)} draft{'s' if names[1:] else ''} for {people}"


def bug(error: BaseException) -> str:
    """Return an unexpected exception and where it came from, the innermost place first, in one line."""
    frames = reversed(traceback.extract_tb(error.__traceback__)[-FRAMES:])
    places = " < ".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames)
    return visible(f"{type(error).__name__}: {error} ({places})")


def span(seconds: float) -> str:
    """Return how long something took, as people say it."""
    minutes = int(seconds // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
