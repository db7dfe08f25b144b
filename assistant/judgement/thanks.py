"""Help that the user was given and never thanked for."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.judgement.clocks import thanks_clock
from assistant.judgement.matter import Matter
from assistant.judgement.score import gift_features
from assistant.judgement.silence import at
from assistant.judgement.standing import Standing
from assistant.judgement.turns import ASKING, asks, cues, helps, last_run
from assistant.model import CueKind, Kind, Message, Thread


def unthanked(standing: Standing, thread: Thread) -> Iterator[Matter]:
    """Yield the thanks that one thread calls for: their help is the last word, and no thanks went out since.

    Help is what their words say, or a thing attached that the user had asked for. Thanks in any thread
    count. Where they also ask for an answer, that comes first; an errand
    ("send him your papers and mention my name") is part of the help.
    """
    run = last_run(thread, outgoing=False)
    asked_for = _was_asked_for(thread, run)
    gift = next((one for one in reversed(run) if (helps(one) if asked_for else cues(one, CueKind.GAVE))), None)
    if gift is None or any(cues(one, *ASKING) for one in run) or _thanked_since(standing, gift):
        return
    features = gift_features(standing, gift, asked_for=asked_for)
    yield Matter(Kind.THANK, thread, gift, thanks_clock(standing, gift), features)


def _thanked_since(standing: Standing, gift: Message) -> bool:
    later = (one for one in standing.signs if one.outgoing and at(one) > at(gift))
    return any(cues(one, CueKind.THANKS) for one in later)


def _was_asked_for(thread: Thread, run: tuple[Message, ...]) -> bool:
    """Tell whether the user's last message before their run asked something."""
    before = len(thread.messages) - len(run)
    return before > 0 and asks(thread.messages[before - 1])
