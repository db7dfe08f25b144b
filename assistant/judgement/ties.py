"""The relationship itself: friends gone quiet, and something to offer them or to pass on."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.judgement.clocks import tie_clock
from assistant.judgement.matter import Clock, Matter
from assistant.judgement.score import share_features, tie_features
from assistant.judgement.silence import at, days_since, long_ago
from assistant.judgement.standing import Standing
from assistant.model import Evidence, Kind, Signal, Thread


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


def sharing(standing: Standing) -> Iterator[Matter]:
    """Yield passing on what the user wants to share, where it fits what contacts.toml says of the person."""
    addresses = (standing.contact.address, *standing.contact.addresses)
    fitting = next((own for one in addresses if (own := standing.circumstances.share_for.get(one)) is not None), None)
    if fitting is None or not standing.real:
        return
    last = standing.last_contact or standing.silence.since
    due_from = standing.working_days_after(last, standing.rules.share_days)
    ago = long_ago(days_since(last, standing.now))
    sentence = f"It fits what {standing.name} cares about ({fitting}); the last contact was {ago}."
    clock = Clock(due_from, standing.now >= due_from, sentence, (Evidence(f"contacts.toml says: {fitting}.", None),))
    features = share_features(standing)
    yield Matter(Kind.SHARE, None, standing.real[-1], clock, features, reply_in=_young_thread(standing))


def _young_thread(standing: Standing) -> Thread | None:
    """Return the thread the two were last in, when it is theirs alone, readable, and not too old to go on with."""
    last = standing.real[-1]
    thread = next((one for one in standing.correspondence.threads if one.last.id == last.id), None)
    if thread is None or days_since(at(last), standing.now) > standing.rules.revive_days:
        return None
    alone = len(last.to) + len(last.cc) == 1
    return thread if alone and not any(one.signals & Signal.ENCRYPTED for one in thread.messages) else None


def _mutual(standing: Standing) -> bool:
    least, sent = standing.rules.mutual_messages, sum(message.outgoing for message in standing.real)
    return min(sent, len(standing.real) - sent, standing.rhythm.bursts) >= least


def _offer_for(standing: Standing) -> str | None:
    offers = standing.circumstances.offers_for
    return next((offers[one] for one in (standing.contact.address, *standing.contact.addresses) if one in offers), None)


def _offer_clock(standing: Standing, offer: str) -> Clock:
    """Run the clock of an offer: it may be made as soon as nobody has written lately."""
    last = standing.last_contact or standing.silence.since
    due_from = standing.wait_over(last, standing.rules.offer_days)
    silent = long_ago(days_since(last, standing.now))
    sentence = f"What you can offer fits what {standing.name} is working towards; the last contact was {silent}."
    evidence = (Evidence(f"You can offer: {offer.rstrip('.')}.", None),)
    return Clock(due_from, standing.now >= due_from, sentence, evidence)
