"""What no rule could let pass: told from header facts at little cost, where only drafts are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from assistant.correspondence.rhythm import quiet_spells, usual_interval
from assistant.judgement.rules import Circumstances, Rules
from assistant.judgement.score import exchange_features, score
from assistant.judgement.silence import DAY, at, days_since, real_messages
from assistant.model import Correspondence, Kind, Message, Thread

LONGEST_DAY = timedelta(hours=25)
"""What holds now must hold for the rest of the local day: the sweeps that follow build on it."""


def worth_weighing(person: Correspondence, circumstances: Circumstances, rules: Rules, now: datetime) -> bool:
    """Tell whether anything could be drafted to a person today: a thread that is not over, or a tie worth a word."""
    return any(not_over(thread, rules, now) for thread in person.threads) or tie_worth_weighing(
        person, circumstances, rules, now
    )


def not_over(thread: Thread, rules: Rules, now: datetime) -> bool:
    """Tell whether a thread is young enough that it is not held as expired, whatever it is about."""
    return at(thread.last) > now - (max(rules.ask_horizon_days, rules.thanks_within_days) + 1) * DAY


def tie_worth_weighing(person: Correspondence, circumstances: Circumstances, rules: Rules, now: datetime) -> bool:
    """Tell whether the relationship may call for a word today, by its own rhythm or as the user told."""
    contact = person.contact
    if contact.card is not None or any(
        one in circumstances.offers_for for one in (contact.address, *contact.addresses)
    ):
        return True
    return _may_be_due(real_messages(person), rules, now)


def _may_be_due(real: Sequence[Message], rules: Rules, now: datetime) -> bool:
    """Tell whether a tie goes both ways, would reach the bar were it due, and may be due today.

    What is left out here could only lower the score or put the clock off: time that passes, a balance, plans, drafts.
    """
    sent = sum(message.outgoing for message in real)
    if min(sent, len(real) - sent) < rules.mutual_messages:
        return False
    last = at(real[-1])
    dormant = days_since(last, now) > rules.slow_lane_days
    features = {**exchange_features(real), "due": 1.0, "dormant": float(dormant)}
    if score(Kind.RECONNECT, features) < rules.bar:
        return False
    interval = usual_interval(quiet_spells([at(message) for message in real], rules.zone))
    return last + rules.quiet_factor * interval * DAY <= now + LONGEST_DAY
