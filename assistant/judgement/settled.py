"""Whether a matter is over: closed by courtesy or an answer, past its moment, or an errand that needs no answer."""

from __future__ import annotations

from assistant.correspondence.threads import topic_words
from assistant.judgement.matter import Case
from assistant.judgement.silence import DAY, at, days_since, long_ago
from assistant.judgement.turns import ASKING, ENDING, asks, cues
from assistant.model import CueKind, Evidence, Kind, MailKind, Message

ENOUGH_TALK = 2
HALF = 0.5
LETTER_WORDS = 100
DEBTS = frozenset({Kind.OWE_REPLY, Kind.DELIVER_PROMISE})


def closed(case: Case) -> Evidence | None:
    """Return what closed the matter: an answer found elsewhere, a courtesy at the end, or a release."""
    if case.matter.thread is None:
        return None
    return _answered(case) or _ended_by_words(case)


def expired(case: Case) -> Evidence | None:
    """Return why the moment has passed: every ask named a time that is over, or it all was too long ago."""
    standing, about = case.standing, case.matter.about
    if case.matter.thread is None:
        return None
    old = days_since(at(about), standing.now)
    horizon = standing.rules.thanks_within_days if case.matter.kind is Kind.THANK else standing.rules.ask_horizon_days
    if old > horizon:
        return Evidence(f"It was {long_ago(old)}; things have moved on.", about.message_id)
    if case.matter.kind in DEBTS and old > standing.rules.talked_past_days and (since := _talked_since(case)):
        return Evidence("You have both written more than once since, and it did not come up.", since.message_id)
    asked = [cue.date for cue in cues(about, *ASKING, CueKind.ERRAND)]
    dates = [date for date in asked if date is not None]
    if dates and len(dates) == len(asked) and max(dates) + DAY < standing.now:
        return Evidence(f"The moment it was about passed on {standing.day(max(dates))}.", about.message_id)
    return None


def errand(case: Case) -> Evidence | None:
    """Return the mail when it asks for an act and not for an answer: done or not, nobody waits for a reply."""
    about = case.matter.about
    if case.matter.thread is None or case.matter.kind is Kind.THANK:
        return None
    if cues(about, *ASKING) or not cues(about, CueKind.ERRAND):
        return None
    return Evidence("It asks for something to be done, not for an answer.", about.message_id)


def _talked_since(case: Case) -> Message | None:
    """Return the newest mail when both sides wrote to each other again and again since: then nobody waits any more."""
    since = [one for one in case.standing.since(case.matter.about) if one.kind is MailKind.PERSONAL]
    sent = sum(one.outgoing for one in since)
    return since[-1] if min(sent, len(since) - sent) >= ENOUGH_TALK else None


def _answered(case: Case) -> Evidence | None:
    """Return an answer that does not show in the thread itself."""
    standing, about, thread = case.standing, case.matter.about, case.matter.thread
    assert thread is not None
    if about.answered and not about.outgoing:
        return Evidence("It is marked as answered.", about.message_id)
    for message in standing.discarded_in(thread):
        if at(message) > at(about) and message.outgoing is not about.outgoing:
            return Evidence("An answer lies in Trash or Junk.", message.message_id)
    other = standing.surroundings.answered.get(about.message_id or "")
    if about.outgoing and case.matter.kind is Kind.CHECK_IN and other is not None:
        return Evidence("Somebody else it went to has answered.", other.message_id)
    if (again := _taken_up(case)) is not None:
        who = "You" if again.outgoing else standing.name
        return Evidence(f"{who} came back to it on {standing.day(at(again))}, in another mail.", again.message_id)
    told = [one.when for one in standing.correspondence.other_channels if one.when > at(about)]
    if case.matter.kind in DEBTS and told:
        return Evidence(f"You were in touch by other means on {standing.day(max(told))}.", None)
    return None


def _taken_up(case: Case) -> Message | None:
    """Return the first later mail about the same outside the thread: what is open now is open there.

    It must be the user's, or the contact's when they are the one who was asked.
    """
    about, thread = case.matter.about, case.matter.thread
    if thread is None or not case.matter.open or not (topic := topic_words(about.subject)):
        return None
    here = {one.thread for one in thread.messages}
    for later in case.standing.since(about):
        speaks = later.outgoing or (about.outgoing and case.matter.kind is Kind.CHECK_IN)
        if speaks and later.thread not in here and later.kind is MailKind.PERSONAL and _about_the_same(topic, later):
            return later
    return None


def _about_the_same(topic: frozenset[str], later: Message) -> bool:
    """Tell whether a later mail shares most words of a subject; half of them do for a long letter.

    "Invoice 17" and "Invoice 18" are two matters.
    """
    other = topic_words(later.subject)
    shared = len(topic & other)
    if not shared or _are_numbered_apart(topic, other):
        return False
    share = shared / min(len(topic), len(other))
    letter = later.reading is not None and later.reading.words >= LETTER_WORDS
    return share > HALF or (letter and share == HALF)


def _are_numbered_apart(one: frozenset[str], other: frozenset[str]) -> bool:
    numbers = [{word for word in words if word.isdigit()} for words in (one, other)]
    return all(numbers) and numbers[0] != numbers[1]


def _ended_by_words(case: Case) -> Evidence | None:
    """Return the mail whose words end the matter."""
    about, thread = case.matter.about, case.matter.thread
    assert thread is not None
    if about.outgoing and about.flagged:
        return None
    if _released(about):
        return Evidence("It says that no answer is needed.", about.message_id)
    if not case.matter.open and cues(about, *ENDING):
        return Evidence("The last word closes the thread.", about.message_id)
    ending = next((one for one in thread.messages if at(one) > at(about) and _ends(case, one)), None)
    return Evidence("A later mail closes the matter.", ending.message_id) if ending else None


def _released(message: Message) -> bool:
    """Tell whether a mail wants no answer: a release beside its ask, or no ask at all (not any "FYI")."""
    asked = [cue.place for cue in cues(message, *ASKING, CueKind.ERRAND)]
    released = [cue.place for cue in cues(message, CueKind.RELEASE)]
    return bool(released) and (not asked or any(0 <= place - max(asked) <= 1 for place in released))


def _ends(case: Case, later: Message) -> bool:
    """Tell whether a later mail ends the matter: the asker's own courtesy, or a release by the one who is owed."""
    about = case.matter.about
    if case.matter.kind is Kind.DELIVER_PROMISE:
        return not later.outgoing and bool(cues(later, CueKind.RELEASE))
    return later.outgoing is about.outgoing and bool(cues(later, *ENDING)) and not asks(later)
