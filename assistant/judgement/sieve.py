"""What no rule could let pass: told from header facts at little cost, where only drafts are wanted."""

from __future__ import annotations

from datetime import datetime

from assistant.judgement.rules import Circumstances, Rules
from assistant.judgement.silence import DAY, at
from assistant.model import Correspondence, Thread


def worth_weighing(person: Correspondence, circumstances: Circumstances, rules: Rules, now: datetime) -> bool:
    """Tell whether anything could be drafted to a person: a thread that is not over, or a tie that goes both ways."""
    contact = person.contact
    if any(not_over(thread, rules, now) for thread in person.threads):
        return True
    if contact.card is not None or any(
        one in circumstances.offers_for for one in (contact.address, *contact.addresses)
    ):
        return True
    directions = [message.outgoing for thread in person.threads for message in thread.messages]
    return min(sum(directions), len(directions) - sum(directions)) >= rules.mutual_messages


def not_over(thread: Thread, rules: Rules, now: datetime) -> bool:
    """Tell whether a thread is young enough that it is not held as expired, whatever it is about."""
    return at(thread.last) > now - (max(rules.ask_horizon_days, rules.thanks_within_days) + 1) * DAY
