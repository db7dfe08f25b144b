"""What a message does, as far as it was read, and whose turn it is in a thread."""

from __future__ import annotations

from assistant.model import Cue, CueKind, Message, Signal, Thread

ASKING = (CueKind.REQUEST, CueKind.QUESTION)
ENDING = (CueKind.THANKS, CueKind.CLOSING, CueKind.RELEASE)
_ATTACHMENT = int(Signal.ATTACHMENT)  # a plain number: it is asked of every mail


def asks(message: Message) -> bool:
    """Tell whether a message is known to ask for an answer or an act."""
    return message.reading is not None and message.reading.has(*ASKING, CueKind.ERRAND)


def cues(message: Message, *kinds: CueKind) -> tuple[Cue, ...]:
    """Return the cues of these kinds that were found in a message; none when it was not read."""
    if message.reading is None or not message.reading.cues:
        return ()
    return tuple([cue for cue in message.reading.cues if cue.kind in kinds])


def helps(message: Message) -> bool:
    """Tell whether a message gives something: words of help, or a thing attached."""
    attached = message.reading is not None and bool(int(message.signals) & _ATTACHMENT)
    return attached or bool(cues(message, CueKind.GAVE))


def last_run(thread: Thread, *, outgoing: bool) -> tuple[Message, ...]:
    """Return the messages at the end of a thread that all go in this direction, oldest first."""
    run: list[Message] = []
    for message in reversed(thread.messages):
        if message.outgoing is not outgoing:
            break
        run.append(message)
    return tuple(reversed(run))
