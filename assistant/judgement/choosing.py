"""Which suggestions become drafts now: ranking, one per person, the caps, the user's hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from assistant.judgement.rules import Rules
from assistant.judgement.silence import at
from assistant.model import Draft, Evidence, HeldBecause, Kind, Suggestion
from assistant.workdays import in_hours

WARM = frozenset({Kind.THANK, Kind.RECONNECT, Kind.OFFER})
"""Kinds that are welcome any day, and so may not crowd out what somebody waits for."""

ORDER = (Kind.OWE_REPLY, Kind.DELIVER_PROMISE, Kind.THANK, Kind.CHECK_IN, Kind.SHARE, Kind.OFFER, Kind.RECONNECT)
"""Of two matters with the same score, the one that somebody waits for comes first."""

SIX_DAYS = timedelta(days=6)


def choose(
    suggestions: Iterable[Suggestion],
    drafts: Sequence[Draft],
    rules: Rules,
    now: datetime,
    *,
    by_hand: bool,
    writable: Collection[str] | None = None,
) -> list[Suggestion]:
    """Return all suggestions, those to be drafted first, best first, the others held back by what stands in ``held``.

    ``drafts`` is the ledger: what was written today and in the last seven local days takes its places.
    The daemon (not ``by_hand``) drafts in the user's hours only. What belongs to an account that is not ``writable``
    (None: all are) takes no place, since nothing could follow. The order depends on nothing but the
    suggestions themselves, not on the order they come in.
    """
    room = _Room(drafts, rules, now, by_hand=by_hand, writable=writable)
    lately = _drafted_lately(drafts, rules, now)
    ranked = sorted(suggestions, key=lambda one: _rank(one, lately, rules))
    decided = [room.decide(one) if one.held is None else one for one in ranked]
    return sorted(decided, key=lambda one: (one.held is not None, not one.would_be_drafted))


class _Room:
    """The places that are left, taken one by one."""

    def __init__(
        self,
        drafts: Sequence[Draft],
        rules: Rules,
        now: datetime,
        *,
        by_hand: bool,
        writable: Collection[str] | None,
    ) -> None:
        today = now.astimezone(rules.zone).date()
        days = [(draft.created.astimezone(rules.zone).date(), draft.kind) for draft in drafts]
        self.rules = rules
        self.writable = writable
        # What seems to come from tomorrow was written before the clock was set back: it takes a place today.
        self.today = sum(day >= today for day, _ in days)
        self.week = sum(day >= today - SIX_DAYS for day, _ in days)
        self.warm = sum(day >= today and kind in WARM for day, kind in days)
        self.listed: Counter[str] = Counter()
        self.people: set[str] = set()
        self.open = by_hand or in_hours(now, rules.zone, rules.work_start, rules.work_end, rules.work_days)

    def decide(self, suggestion: Suggestion) -> Suggestion:
        """Return the suggestion as it is when there is a place for it (and take it), else held."""
        person, warm = suggestion.contact.address, suggestion.kind in WARM
        if self.writable is not None and suggestion.account not in self.writable:
            return _held(
                suggestion, HeldBecause.ACCOUNT_UNREAD, f"Nothing is written in the account {suggestion.account} now."
            )
        if self.listed[suggestion.account] >= self.rules.shortlist:
            return _held(suggestion, HeldBecause.BELOW_BAR, f"There are {self.rules.shortlist} better ones.")
        self.listed[suggestion.account] += 1
        if person in self.people:
            return _held(suggestion, HeldBecause.ONE_PER_CONTACT, "Something else to this person comes first.")
        if self.today >= self.rules.daily_cap:
            return _held(suggestion, HeldBecause.DAILY_CAP, f"Today's {self.rules.daily_cap} places are taken.")
        if warm and self.warm >= self.rules.warm_daily_cap:
            return _held(suggestion, HeldBecause.DAILY_CAP, "Today's place for a friendly word is taken.")
        if self.week >= self.rules.weekly_cap:
            return _held(suggestion, HeldBecause.WEEKLY_CAP, f"This week's {self.rules.weekly_cap} places are taken.")
        self.people.add(person)
        self.today, self.week, self.warm = self.today + 1, self.week + 1, self.warm + warm
        return suggestion if self.open else _held(suggestion, HeldBecause.OFF_HOURS, "It is not your working time.")


def _held(suggestion: Suggestion, code: HeldBecause, fact: str) -> Suggestion:
    return replace(suggestion, held=code, evidence=(*suggestion.evidence, Evidence(fact, None)))


def _drafted_lately(drafts: Sequence[Draft], rules: Rules, now: datetime) -> frozenset[str]:
    lately = now - timedelta(days=rules.turn_days)
    return frozenset(one for draft in drafts if draft.created > lately for one in (draft.contact, *draft.addresses))


def _rank(suggestion: Suggestion, lately: frozenset[str], rules: Rules) -> tuple[float, int, datetime, str, int, str]:
    """Return what suggestions are ordered by: the best first, then what waits longest, never who it is."""
    had_turn = suggestion.contact.address in lately
    place = [one.address for one in suggestion.about.to]
    address = suggestion.contact.address
    return (
        -(suggestion.score - (rules.turn_handicap if had_turn else 0.0)),
        ORDER.index(suggestion.kind),
        at(suggestion.about),
        suggestion.about.message_id or "",
        place.index(address) if address in place else len(place),
        address,
    )
