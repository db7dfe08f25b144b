"""What a person owes the user: an open ask of the user's, or something they promised."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.judgement.clocks import ask_clock, their_promise_clock
from assistant.judgement.matter import Matter
from assistant.judgement.score import ask_features
from assistant.judgement.standing import Standing
from assistant.judgement.turns import asks, cues, last_run
from assistant.model import CueKind, Kind, Message, Thread


def open_asks(standing: Standing, thread: Thread) -> Iterator[Matter]:
    """Yield the follow-up that one thread calls for, where the word is the contact's: at most one."""
    if (ask := open_ask(thread)) is not None:
        yield Matter(Kind.CHECK_IN, thread, ask, ask_clock(standing, ask), ask_features(standing, thread, ask))
    elif (promise := their_promise(thread)) is not None:
        features = {**ask_features(standing, thread, promise), "their_promise": 1.0, "nothing_asked": 0.0}
        del features["greeted"]
        yield Matter(Kind.CHECK_IN, thread, promise, their_promise_clock(standing, promise), features)


def open_ask(thread: Thread) -> Message | None:
    r"""Return the user's newest ask since the contact last wrote in the thread.

    A mail in Sent that the user flagged (``\Flagged``) is an ask, whatever its words.
    """
    run = last_run(thread, outgoing=True)
    return next((message for message in reversed(run) if asks(message) or message.flagged), None)


def their_promise(thread: Thread) -> Message | None:
    """Return the contact's promise when it is the last word in the thread and asks nothing of the user."""
    last = thread.last
    promised = not last.outgoing and bool(cues(last, CueKind.PROMISE))
    return last if promised and not any(map(asks, last_run(thread, outgoing=False))) else None
