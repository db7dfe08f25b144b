"""How much a thoughtful assistant would want to bring a matter up: named features, and one table of weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from statistics import median

from assistant.correspondence.threads import is_forward_subject
from assistant.judgement.balance import Balance
from assistant.judgement.silence import at, days_since
from assistant.judgement.standing import Standing
from assistant.judgement.turns import ASKING, asks, cues, last_run
from assistant.model import Cue, CueKind, HeldBecause, Kind, Message, Thread

SHORT_WORDS = 8
TERSE_WORDS = 15
LONG_WORDS = 40
TALK = 3  # mails elsewhere from which on two people are plainly talking
MONTH = 30
YEAR = timedelta(days=365)

WEIGHTS: Mapping[Kind, Mapping[str, float]] = {
    Kind.CHECK_IN: {
        "base": -1.0,
        "request": 1.1,
        "question": 0.8,
        "near_end": 0.1,
        "dated": 0.4,
        "long": 0.5,
        "short": -0.8,
        "alone": 0.0,
        "others": -0.2,
        "forwarded": -0.4,
        "in_exchange": 0.8,
        "answers_you": 0.6,
        "wrote_since": -1.1,
        "wrote_at_length": -0.4,
        "heard_since": -0.6,
        "asked_before": -0.5,
        "months_old": -0.7,
        "overtaken": -1.8,
        "banter": -0.6,
        "their_promise": 0.8,
        "unread": -1.5,
        "nothing_asked": -1.5,
    },
    Kind.OWE_REPLY: {
        "base": -1.1,
        "request": 1.7,
        "question": 0.7,
        "near_end": 0.6,
        "dated": 0.4,
        "long": 0.6,
        "short": -0.8,
        "alone": 0.5,
        "others": -0.2,
        "greeted": 0.2,
        "forwarded": -0.1,
        "in_exchange": 0.0,
        "answers_you": 0.0,
        "wrote_since": -0.7,
        "wrote_at_length": -0.8,
        "heard_since": -0.5,
        "asked_before": 0.6,
        "months_old": -1.1,
        "overtaken": -0.4,
        "banter": -0.4,
        "unread": 0.2,
        "nothing_asked": -1.0,
    },
    Kind.DELIVER_PROMISE: {
        "base": 0.0,
        "dated": 0.4,
        "firm": 0.5,
        "long": 0.6,
        "short": -0.6,
        "terse": -0.5,
        "others": -0.3,
        "forwarded": -0.2,
        "wrote_since": -1.0,
        "wrote_at_length": -0.4,
        "heard_since": -0.1,
        "months_old": -0.6,
        "thanked_since": -0.4,
    },
    Kind.THANK: {"base": 0.1, "gift": 0.5, "answer": 0.2, "long": 0.3, "others": -0.6, "wrote_since": -0.6},
    Kind.RECONNECT: {
        "base": -6.5,
        "exchange": 0.55,
        "years": 0.8,
        "due": 3.0,
        "evenly": 1.8,
        "faded": -0.6,
        "wished": 4.0,
        "wrote_last": 0.2,
        "one_sided": -1.0,
        "dormant": -2.0,
    },
    Kind.OFFER: {"base": 0.3, "exchange": 0.2, "years": 0.3, "wrote_last": 0.2, "dormant": -0.2},
    Kind.SHARE: {"base": 0.3, "exchange": 0.1, "years": 0.2, "quiet": 0.3},
}
"""What each feature adds to the logit of the score; "base" is where a matter of this kind starts."""

WORTH: Mapping[HeldBecause, float] = {
    HeldBecause.AUTOMATED: 0.0,
    HeldBecause.LIST: 0.0,
    HeldBecause.BOUNCED: 0.0,
    HeldBecause.ROLE: 0.2,
    HeldBecause.CLOSED: 0.2,
    HeldBecause.EXPIRED: 0.3,
    HeldBecause.ERRAND: 0.4,
    HeldBecause.MANY_RECIPIENTS: 0.4,
    HeldBecause.OWED_FIRST: 0.5,
}
"""What is left of the score when one of these holds a matter: they say that it is not worth bringing, now or later."""


def score(kind: Kind, features: Mapping[str, float]) -> float:
    """Return the score of a matter, 0 to 1, rounded to 4 digits. Raises KeyError for a feature without a weight."""
    weights = WEIGHTS[kind]
    logit = weights["base"] + sum(weights[name] * features[name] for name in sorted(features))
    return round(1 / (1 + math.exp(-logit)), 4)


def ask_features(standing: Standing, thread: Thread, ask: Message) -> dict[str, float]:
    """Return the features of an ask, the user's or the contact's."""
    features = _of_the_mail(standing, ask)
    if ask.reading is None:
        features["unread"] = 1.0
        return features
    asked, run = cues(ask, *ASKING), last_run(thread, outgoing=ask.outgoing)
    features["nothing_asked"] = float(not asks(ask))
    features["request"] = float(bool(cues(ask, CueKind.REQUEST)))
    features["question"] = float(bool(cues(ask, CueKind.QUESTION)))
    features["near_end"] = float(any(cue.place >= ask.reading.sentences - 3 for cue in asked))
    features["dated"] = float(_ahead(standing, asked))
    features["overtaken"] = float(_overtaken(standing, run, ask))
    features["in_exchange"] = float(any(one.outgoing is not ask.outgoing for one in thread.messages))
    features["banter"] = float(bool(cues(ask, CueKind.INFORMAL)) and not cues(ask, CueKind.REQUEST))
    features["asked_before"] = float(any(asks(one) for one in run if at(one) < at(ask)))
    if not ask.outgoing:
        features["greeted"] = float(bool(cues(ask, CueKind.GREETS_USER)))
    features["answers_you"] = float(standing.rhythm.replies > 0)
    return features


def promise_features(standing: Standing, thread: Thread, promise: Message) -> dict[str, float]:
    """Return the features of a promise of the user's."""
    features = _of_the_mail(standing, promise)
    del features["alone"]
    features["dated"] = float(any(cue.date for cue in cues(promise, CueKind.PROMISE)))
    features["firm"] = float(len(cues(promise, CueKind.PROMISE)) > 1)
    features["terse"] = float(promise.reading is not None and promise.reading.words < TERSE_WORDS)
    later = (one for one in thread.messages if not one.outgoing and at(one) > at(promise))
    features["thanked_since"] = float(any(cues(one, CueKind.THANKS) for one in later))
    return features


def gift_features(standing: Standing, gift: Message, *, asked_for: bool) -> dict[str, float]:
    """Return the features of help that was not thanked for."""
    mail = _of_the_mail(standing, gift)
    features = {name: mail[name] for name in ("long", "others", "wrote_since")}
    return {**features, "gift": 1.0, "answer": float(asked_for)}


def share_features(standing: Standing) -> dict[str, float]:
    """Return the features of passing something on: first to those who have been quiet longest."""
    tie = tie_features(standing, due=True)
    months = standing.silent_days / MONTH
    return {"exchange": tie["exchange"], "years": tie["years"], "quiet": min(4.0, math.log2(1 + months))}


def tie_features(standing: Standing, *, due: bool) -> dict[str, float]:
    """Return the features of a relationship: what was exchanged, for how long, how quiet it is. No rank, no domain.

    ``faded``: a silence of many times the usual interval says that the two have parted or meet elsewhere (the
    longer, the fewer still write; measured).
    """
    usual = 2 * median(standing.spells) if standing.spells else standing.rules.quiet_days
    silent, card = standing.silent_days, standing.contact.card
    return {
        **exchange_features(standing.real),
        "due": float(due),
        "faded": max(0.0, math.log2(max(1, silent) / usual) - 1),
        "wished": float(card is not None and card.cadence_days is not None),
        "one_sided": float(standing.balance is Balance.THEY_OWE),
        "dormant": float(silent > standing.rules.slow_lane_days),
    }


def exchange_features(real: Sequence[Message]) -> dict[str, float]:
    """Return what the real messages alone, oldest first and not none, say of a relationship.

    Only mail to one person counts as an exchange. ``evenly``: both write as much; much more one way is work.
    """
    direct = [message.outgoing for message in real if len(message.to) + len(message.cc) == 1]
    sent = sum(message.outgoing for message in real)
    received = len(real) - sent
    return {
        "exchange": math.log2(1 + min(sum(direct), len(direct) - sum(direct))),
        "years": min(2.0, (at(real[-1]) - at(real[0])) / YEAR),
        "evenly": min(sent, received) / max(sent, received),
        "wrote_last": float(not real[-1].outgoing),
    }


def _of_the_mail(standing: Standing, message: Message) -> dict[str, float]:
    """Return what is true of any mail: its length, whom it went to, its age, what was said elsewhere since."""
    words = message.reading.words if message.reading else SHORT_WORDS
    elsewhere = [one for one in standing.since(message) if one.thread != message.thread]
    wrote = sum(one.outgoing for one in elsewhere)
    return {
        "short": float(words < SHORT_WORDS),
        "long": float(words >= LONG_WORDS),
        "alone": float(len(message.to) + len(message.cc) == 1),
        "others": float(min(3, max(0, len(message.to) - 1))),
        "wrote_since": min(wrote, TALK) / TALK,
        "heard_since": min(len(elsewhere) - wrote, TALK) / TALK,
        "wrote_at_length": float(any(map(_is_letter, elsewhere))),
        "forwarded": float(is_forward_subject(message.subject)),
        "months_old": min(4.0, days_since(at(message), standing.now) / MONTH),
    }


def _is_letter(message: Message) -> bool:
    """Tell whether this is a longer mail of the user's to one person: what was open was hardly left out of it."""
    if not message.outgoing or message.reading is None or message.reading.words < LONG_WORDS:
        return False
    return len(message.to) + len(message.cc) == 1


def _overtaken(standing: Standing, run: Iterable[Message], ask: Message) -> bool:
    """Tell whether every time named in this turn up to the ask is over, but for those of a thing wanted still."""
    named = []
    for message in run:
        if at(message) <= at(ask):
            wanted_still = {cue.place for cue in cues(message, *ASKING) if cue.date is None}
            wanted_still |= {cue.place for cue in cues(message, CueKind.PROMISE)}
            moments = (cue for cue in cues(message, CueKind.MOMENT) if cue.place not in wanted_still)
            named += [cue.date for cue in moments if cue.date is not None]
    return bool(named) and max(named) < standing.now


def _ahead(standing: Standing, asked: tuple[Cue, ...]) -> bool:
    return any(cue.date is not None and cue.date > standing.now for cue in asked)
