"""Every number of a reason, counted again from the mailbox by plainer means."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from statistics import median

from assistant.judgement.suggest import surroundings_of
from assistant.model import Correspondence, CueKind, Message, Suggestion
from assistant.workdays import working_days_between
from tests.judgement.builders import NOW, judged, person, read, received, sent
from tests.judgement.test_properties import RULES

ENOUGH = 500
PEOPLE = 240
SAID = (CueKind.REQUEST, CueKind.QUESTION, CueKind.PROMISE, CueKind.GAVE, CueKind.THANKS, CueKind.CLOSING)


def mailbox() -> list[Correspondence]:
    """Return people with up to two dozen mails each, the same every time."""
    dice = random.Random(20260520)
    return [_somebody(dice, number) for number in range(PEOPLE)]


def _somebody(dice: random.Random, number: int) -> Correspondence:
    address, mails = f"p{number}@example.net", []
    for place in range(dice.randint(2, 24)):
        write, thread = dice.choice((sent, received)), dice.randint(1, 9)
        cues = dice.sample(SAID, dice.randint(0, 2))
        mails.append(
            write(
                dice.choice((dice.uniform(0.2, 50), dice.uniform(0.2, 380))),
                them=address,
                thread=thread,
                subject=f"Matter {thread}",
                number=number * 100 + place + 1,
                reading=None if dice.random() < 0.1 else read(*cues, words=dice.choice((5, 20, 60))),
            )
        )
    return person(*mails, address=address, name=f"Person {number}")


def days_since(message: Message) -> int:
    return (NOW - (message.when or NOW)) // timedelta(days=1)


def waits(who: Correspondence) -> list[float]:
    """Return the days each answer took: from the user's last mail in a thread to the first of theirs after it."""
    found = []
    for thread in who.threads:
        for one, two in pairwise(thread.messages):
            if one.outgoing and not two.outgoing and one.when and two.when:
                found.append((two.when - one.when) / timedelta(days=1))
    return found


def spells(who: Correspondence) -> list[float]:
    """Return the days between two bursts of mail."""
    times = sorted(one.when for thread in who.threads for one in thread.messages if one.when)
    return [
        (two - one) / timedelta(days=1)
        for one, two in pairwise(times)
        if two - one > timedelta(days=3) and working_days_between(one, two, RULES.zone) > 3
    ]


class Truth:
    """What a reason about one person may say."""

    def __init__(self, suggestion: Suggestion, who: Correspondence, common: int | None) -> None:
        self.since = days_since(suggestion.about)
        self.silent = min(days_since(thread.last) for thread in who.threads)
        self.usual = math.ceil(median(waits(who))) if len(waits(who)) >= 3 else None
        self.interval = max(1, round(median(spells(who)))) if len(spells(who)) >= 2 else None
        self.common = common


def _ago(days: int) -> str:
    return "today" if days == 0 else "1 day ago" if days == 1 else f"{days} days ago"


def _span(days: int | None) -> str:
    return "1 day" if days == 1 else f"{days} days"


SENTENCES: tuple[Callable[[Truth], str], ...] = (
    lambda true: f"NAME usually answers within {_span(max(1, true.usual or 0))}; it has been {true.since}.",
    lambda true: f"Most people answer you within {_span(true.common)}; NAME has not in {true.since}.",
    lambda true: f"NAME has not answered in {_span(true.since)}; there is too little history to say what is usual.",
    lambda true: f"NAME promised something {_ago(true.since)}, and nothing has come since.",
    lambda true: f"NAME asked you {_ago(true.since)}, and there is no answer from you.",
    lambda true: f"NAME wrote last, {_ago(true.since)}, and there is no answer from you.",
    lambda true: f"You promised NAME something {_ago(true.since)}, and nothing you sent since shows that it was done.",
    lambda true: f"NAME helped you {_ago(true.since)}, and there was no word of thanks since.",
    lambda true: (
        f"You and NAME usually write every {_span(true.interval)}; the last contact was {_ago(true.silent)}LAST."
    ),
    lambda true: f"The last contact with NAME was {_ago(true.silent)}LAST.",
    lambda true: f"Your last mail to NAME, {_ago(true.since)}, asked nothing.",
    lambda true: f"Your last mail to NAME, {_ago(true.since)}, was not read.",
    lambda true: f"The last mail of NAME, {_ago(true.since)}, asked nothing.",
    lambda true: f"The last mail of NAME, {_ago(true.since)}, was not read.",
)


def _plain(reason: str, name: str) -> str:
    """Return a reason without the name and without who wrote last."""
    return re.sub(r", (?:you|NAME) wrote last\.$", "LAST.", reason.replace(name, "NAME"))


def reasons() -> Iterator[tuple[Suggestion, Correspondence, Truth]]:
    """Yield every suggestion of the mailbox with its person and the figures counted again."""
    people = mailbox()
    by_address = {who.contact.address: who for who in people}
    common = surroundings_of(people).common_reply_days
    for one in judged(people):
        who = by_address[one.contact.address]
        yield one, who, Truth(one, who, common)


def test_all_reasons_are_true() -> None:
    """Every sentence is one of the known ones with the figures that the mailbox holds; more than 500 of them."""
    found = list(reasons())
    assert len(found) >= ENOUGH
    false = [
        one.reason
        for one, _, truth in found
        if _plain(one.reason, one.contact.name) not in {sentence(truth) for sentence in SENTENCES}
    ]
    assert false == []


def test_who_wrote_last_is_true() -> None:
    for one, who, _ in reasons():
        newest = max((thread.last for thread in who.threads), key=lambda message: message.when or NOW)
        if one.reason.endswith("wrote last."):
            assert one.reason.endswith("you wrote last.") is newest.outgoing, one.reason


def test_the_habit_in_the_evidence_is_true() -> None:
    """Of "Ana answered 9 times, 8 of them within 2 days" both figures are counted again."""
    checked = 0
    for one, who, _ in reasons():
        for evidence in one.evidence:
            if said := re.search(r"answered (\d+) times, (\d+) of them within (\d+) days?\.", evidence.fact):
                answers = waits(who)
                assert int(said[1]) == len(answers)
                assert int(said[2]) == sum(wait <= int(said[3]) for wait in answers)
                checked += 1
    assert checked >= 20


def test_the_usual_reply_days_of_the_report_are_those_of_the_sentence() -> None:
    """Null where the sentence says that there is too little history."""
    for one, who, _ in reasons():
        answers = waits(who)
        assert one.usual_reply_days == (round(median(answers), 1) if len(answers) >= 3 else None)
