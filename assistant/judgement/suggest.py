"""From people to suggestions: every thread and relationship weighed, the best of them chosen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from assistant.correspondence.rhythm import Population, waits
from assistant.correspondence.threads import strict
from assistant.judgement.asks import open_asks
from assistant.judgement.choosing import choose
from assistant.judgement.focus import bodies_needed, focused
from assistant.judgement.matter import Case, Clock, Matter
from assistant.judgement.owed import debts
from assistant.judgement.restraint import Hold, holds, many_recipients
from assistant.judgement.rules import Circumstances, Rules, Surroundings
from assistant.judgement.score import WORTH, ask_features, score
from assistant.judgement.settled import DEBTS, closed, expired
from assistant.judgement.sieve import not_over, tie_worth_weighing, worth_weighing
from assistant.judgement.silence import at, days_since, long_ago
from assistant.judgement.standing import Standing, standing_of
from assistant.judgement.thanks import unthanked
from assistant.judgement.ties import quiet_ties, sharing
from assistant.model import Correspondence, Evidence, Kind, Message, Suggestion, Thread

__all__ = ["bodies_needed", "cases", "choose", "judge", "surroundings_of", "weigh"]

ENOUGH_ANSWERS = 20
ENOUGH_PEOPLE = 5
NEARLY_ALL = 0.8
NOTHING_KNOWN = Surroundings()


def judge(
    correspondences: Iterable[Correspondence],
    population: Population,
    circumstances: Circumstances,
    rules: Rules,
    now: datetime,
    *,
    by_hand: bool,
) -> list[Suggestion]:
    """Weigh everybody and choose: all suggestions, those to be drafted first, best first, each hold with its reason.

    ``now`` is the aware moment that is judged; mail dated later must not be among the messages.
    The result depends on what comes in and not on its order.
    """
    people = list(correspondences)
    surroundings = surroundings_of(people)
    weighed = [one for person in people for one in weigh(person, population, circumstances, rules, now, surroundings)]
    return choose(weighed, circumstances.drafts, rules, now, by_hand=by_hand)


def weigh(
    correspondence: Correspondence,
    population: Population,
    circumstances: Circumstances,
    rules: Rules,
    now: datetime,
    surroundings: Surroundings = NOTHING_KNOWN,
    *,
    for_drafts: bool = False,
) -> list[Suggestion]:
    """Return a suggestion for every thread of the last year with this person and for the relationship.

    ``held`` names the weightiest rule that holds it; the evidence of all that do is with it. Caps are not applied yet.
    ``for_drafts``: only what is drafted is wanted. What is certainly over is left out, and of what is held the
    weightiest rule alone is told.
    """
    if for_drafts and not worth_weighing(correspondence, circumstances, rules, now):
        return []
    found = cases(correspondence, population, circumstances, rules, now, surroundings, for_drafts=for_drafts)
    return [_suggestion(case, holds(case, first=for_drafts)) for case in found]


def cases(
    correspondence: Correspondence,
    population: Population,
    circumstances: Circumstances,
    rules: Rules,
    now: datetime,
    surroundings: Surroundings = NOTHING_KNOWN,
    *,
    for_drafts: bool = False,
) -> list[Case]:
    """Return everything that could be followed up with this person, each with its score, before any rule is asked.

    ``for_drafts``: without what is certainly over.
    """
    if not correspondence.messages:
        return []
    standing = standing_of(focused(correspondence, rules, now), population, circumstances, rules, now, surroundings)
    matters = list(_matters(standing, for_drafts=for_drafts))
    owed = tuple(matter for matter in matters if _is_owed(matter, standing))
    wanted = [one for one in matters if not circumstances.share_key or one.kind is Kind.SHARE]
    return [Case(matter, standing, _score(matter, rules), owed) for matter in wanted]


def surroundings_of(correspondences: Iterable[Correspondence]) -> Surroundings:
    """Work out what the mail with everybody tells: who answered what went to several, and what is usual."""
    answered: dict[str, Message] = {}
    days: list[float] = []
    answerers = 0
    for person in correspondences:
        own = [wait.days for wait in waits(person.threads)]
        days += own
        answerers += bool(own)
        for asked, answer in _answers_to_several(person.threads):
            known = answered.get(asked)
            answered[asked] = (
                answer if known is None else min(known, answer, key=lambda one: (at(one), one.message_id or ""))
            )
    if len(days) < ENOUGH_ANSWERS or answerers < ENOUGH_PEOPLE:
        return Surroundings(answered=answered)
    common = sorted(days)[math.ceil(NEARLY_ALL * len(days)) - 1]
    return Surroundings(answered=answered, common_reply_days=max(1, math.ceil(common)))


def _answers_to_several(threads: Iterable[Thread]) -> Iterator[tuple[str, Message]]:
    """Yield the Message-ID of each mail of the user's to several people, with this person's first answer to it."""
    for thread in threads:
        waiting: list[str] = []
        for message in thread.messages:
            if not message.outgoing:
                yield from ((asked, message) for asked in waiting)
                waiting = []
            elif message.message_id and len(message.to) + len(message.cc) > 1:
                waiting.append(message.message_id)


def _matters(standing: Standing, *, for_drafts: bool) -> Iterator[Matter]:
    """Yield everything that could be followed up: what is owed first, then the rest of each thread, then the tie."""
    oldest = standing.now - timedelta(days=standing.rules.reading_days)
    for thread in standing.correspondence.threads:
        if at(thread.last) >= oldest and not (for_drafts and not not_over(thread, standing.rules, standing.now)):
            found = [*debts(standing, thread), *open_asks(standing, thread), *unthanked(standing, thread)]
            yield from found or [_nothing_open(standing, thread)]
    scales = (standing.circumstances, standing.rules, standing.now)
    if not for_drafts or tie_worth_weighing(standing.correspondence, *scales):
        yield from quiet_ties(standing)
    yield from sharing(standing)
    if not standing.real and at(standing.correspondence.messages[-1]) >= oldest:
        yield _no_person(standing)


def _nothing_open(standing: Standing, thread: Thread) -> Matter:
    """Return what a thread is weighed as when nothing in it asks, promises or gives."""
    last = thread.last
    ago = long_ago(days_since(at(last), standing.now))
    whose = f"Your last mail to {standing.name}" if last.outgoing else f"The last mail of {standing.name}"
    said = "asked nothing" if last.reading is not None else "was not read"
    clock = Clock(at(last), due=True, sentence=f"{whose}, {ago}, {said}.", evidence=(_written(standing, last),))
    kind = Kind.CHECK_IN if last.outgoing else Kind.OWE_REPLY
    return Matter(kind, thread, last, clock, ask_features(standing, thread, last), open=False)


def _no_person(standing: Standing) -> Matter:
    """Return what an address is weighed as that no person has ever written from."""
    last = standing.correspondence.messages[-1]
    ago = long_ago(days_since(at(last), standing.now))
    sentence = f"{standing.name} wrote {ago}, and there is no personal mail either way."
    clock = Clock(at(last), due=True, sentence=sentence, evidence=(_written(standing, last),))
    return Matter(Kind.OWE_REPLY, None, last, clock, {"unread": 1.0}, open=False)


def _written(standing: Standing, message: Message) -> Evidence:
    return Evidence(f"It was written on {standing.day(at(message))}.", message.message_id)


def _is_owed(matter: Matter, standing: Standing) -> bool:
    """Tell whether this is a debt that stands: read, meant for the user, neither settled nor over."""
    if not matter.open or matter.kind not in DEBTS or matter.about.reading is None:
        return False
    case = Case(matter, standing, score=1.0)
    return not any(test(case) for test in (closed, expired, many_recipients))


def _score(matter: Matter, rules: Rules) -> float:
    r"""Return the score; mail in Sent that the user flagged (``\Flagged``) is never below the bar."""
    found = score(matter.kind, matter.features)
    return max(found, rules.bar) if matter.about.outgoing and matter.about.flagged and matter.thread else found


def _suggestion(case: Case, held: Sequence[Hold]) -> Suggestion:
    matter, standing = case.matter, case.standing
    worth = min((WORTH.get(hold.code, 1.0) for hold in held), default=1.0)
    reply_to = _reply_to(matter)
    return Suggestion(
        account=(matter.thread.last if matter.thread else matter.about).account,
        kind=matter.kind,
        score=round(case.score * worth, 4),
        reason=matter.clock.sentence,
        contact=standing.contact,
        thread=matter.thread or matter.reply_in,
        silent_days=standing.silent_days,
        usual_reply_days=_rounded(standing.rhythm.usual_reply_days),
        evidence=(*matter.clock.evidence, *(hold.evidence for hold in held)),
        silence=standing.silence,
        about=matter.about,
        reply_to=reply_to,
        identity=standing.identity,
        held=held[0].code if held else None,
    )


def _reply_to(matter: Matter) -> Message | None:
    """Return the last visible message that the headers link to the matter, None for a fresh message."""
    thread = matter.thread or matter.reply_in
    if thread is None:
        return None
    linked = strict(thread.messages, matter.about)
    return next((message for message in reversed(linked) if message.message_id), None)


def _rounded(days: float | None) -> float | None:
    return None if days is None else round(days, 1)
