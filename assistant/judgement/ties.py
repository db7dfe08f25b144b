"""The relationship itself: friends gone quiet, and something to offer them."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.judgement.clocks import tie_clock
from assistant.judgement.matter import Clock, Matter
from assistant.judgement.score import tie_features
from assistant.judgement.silence import days_since, long_ago
from assistant.judgement.standing import Standing
from assistant.model import Evidence, Kind


def quiet_ties(standing: Standing) -> Iterator[Matter]:
    """Yield a word to a friend when there was a mutual exchange, and an offer where one of the user's fits."""
    if not standing.real:
        return
    about, clock = standing.real[-1], tie_clock(standing)
    features = tie_features(standing, due=clock.due)
    if _mutual(standing) or features["wished"]:
        yield Matter(Kind.RECONNECT, None, about, clock, features)
    if (offer := _offer_for(standing)) is not None:
        kept = {name: features[name] for name in ("exchange", "years", "wrote_last", "dormant")}
        yield Matter(Kind.OFFER, None, about, _offer_clock(standing, offer), kept)


def _mutual(standing: Standing) -> bool:
    least, sent = standing.rules.mutual_messages, sum(message.outgoing for message in standing.real)
    return min(sent, len(standing.real) - sent, standing.rhythm.bursts) >= least


def _offer_for(standing: Standing) -> str | None:
    offers = standing.circumstances.offers_for
    return next((offers[one] for one in (standing.contact.address, *standing.contact.addresses) if one in offers), None)


def _offer_clock(standing: Standing, offer: str) -> Clock:
    """Run the clock of an offer: it may be made as soon as nobody has written lately."""
    last = standing.last_contact or standing.silence.since
    due_from = standing.working_days_after(last, standing.rules.offer_days)
    silent = long_ago(days_since(last, standing.now))
    sentence = f"What you can offer fits what {standing.name} is working towards; the last contact was {silent}."
    evidence = (Evidence(f"You can offer: {offer.rstrip('.')}.", None),)
    return Clock(due_from, standing.now >= due_from, sentence, evidence)
