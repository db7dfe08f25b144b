"""What the user owes a person: an unanswered ask, a promise not kept. It is found before anything else."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.judgement.clocks import debt_clock, own_promise_clock
from assistant.judgement.matter import Matter
from assistant.judgement.score import ask_features, promise_features
from assistant.judgement.silence import at
from assistant.judgement.standing import Standing
from assistant.judgement.turns import asks, cues, last_run
from assistant.model import CueKind, Kind, Message, Signal, Thread


def debts(standing: Standing, thread: Thread) -> Iterator[Matter]:
    """Yield what the user owes in one thread: at most one answer and one promise."""
    if (ask := unanswered_ask(standing, thread)) is not None:
        features = ask_features(standing, thread, ask)
        yield Matter(Kind.OWE_REPLY, thread, ask, debt_clock(standing, ask), features)
    if (promise := unkept_promise(standing, thread)) is not None:
        features = promise_features(standing, thread, promise)
        yield Matter(Kind.DELIVER_PROMISE, thread, promise, own_promise_clock(standing, promise), features)


def unanswered_ask(standing: Standing, thread: Thread) -> Message | None:
    """Return the contact's newest ask since the user last wrote in the thread, None when there is none.

    Of mail that was not read only the structure speaks: the last word is theirs, to the user alone,
    in an exchange that went both ways.
    """
    run = last_run(thread, outgoing=False)
    if asking := [message for message in run if asks(message)]:
        return asking[-1]
    if run and all(message.reading is None for message in run) and _direct(standing, run[-1]) and _mutual(standing):
        return run[-1]
    return None


def unkept_promise(standing: Standing, thread: Thread) -> Message | None:
    """Return the user's newest promise in the thread, None when they sent something after it that may have kept it.

    A later mail in the thread may have; so may a later attachment in any thread.
    """
    sent = [message for message in thread.messages if message.outgoing]
    if not sent or not cues(sent[-1], CueKind.PROMISE):
        return None
    promise = sent[-1]
    attached = any(one.outgoing and one.signals & Signal.ATTACHMENT and at(one) > at(promise) for one in standing.signs)
    return None if attached else promise


def _direct(standing: Standing, message: Message) -> bool:
    """Tell whether the user is the only one in To."""
    return len(message.to) == 1 and standing.own(message.to[0].address) is not None


def _mutual(standing: Standing) -> bool:
    return any(message.outgoing for message in standing.real)
