"""Gathers what a letter may say: the only facts that a template ever sees."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from assistant.drafting import etiquette, names
from assistant.drafting.caring import Cared, spoken_of
from assistant.drafting.offers import Offer, Share, fits
from assistant.drafting.plain import lines_of, words_of
from assistant.drafting.promise import promised_in
from assistant.drafting.question import asked_in
from assistant.drafting.shelf import Phrases
from assistant.drafting.topic import Topic, in_a_sentence, topic_of
from assistant.model import Card, CueKind, Kind, Message, Suggestion

FRIENDLY = frozenset({Kind.RECONNECT, Kind.OFFER, Kind.SHARE})
CARES_LENGTH = 80
NAMED_BY_DAY = timedelta(days=28)
NAMED_BY_MONTH = timedelta(days=300)
TOO_FRESH_FOR_A_DATE = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What a letter may say; templates/README.md describes each for those who write templates.

    All texts are clean single lines, but ``sign_off``, which has several; None means: not known, leave it out.
    """

    language: str
    greeting: str
    sign_off: str
    name: str | None
    me: str
    formal: bool
    fresh: bool
    asked: bool
    topic: str | None
    about: str | None
    when: str | None
    promised: str | None
    question: str | None
    cares_about: str | None
    since: str | None
    wish: str | None
    aim: str | None
    offer: str | None
    share: str | None
    share_topic: str | None
    seed: int


def language_of(suggestion: Suggestion, default: str, earlier: Sequence[Message] = ()) -> str:
    """Return the language (ISO 639-1) to write in: contacts.toml, else their mail, else ours, else the default.

    ``earlier`` are further messages between the two, newest first; the thread's own go before them.
    """
    return language_between(suggestion.contact.card, exchanged(suggestion, earlier), default)


def language_between(card: Card | None, messages: Iterable[Message], default: str) -> str:
    """Return the language to write in to a person with this card and these messages, newest first."""
    if card is not None and card.language:
        return card.language
    for message in sorted(messages, key=lambda message: message.outgoing):  # theirs first, newest first
        if message.reading is not None and message.reading.language:
            return message.reading.language
    return default


def is_formal(suggestion: Suggestion, earlier: Sequence[Message] = ()) -> bool:
    """Tell the register: the user's word on it, else informal only if both sides that gave a sign of it were so."""
    return register_between(suggestion.contact.card, exchanged(suggestion, earlier)) != "informal"


def register_between(card: Card | None, messages: Sequence[Message]) -> str | None:
    """Return "formal" or "informal" as the card and these messages, newest first, tell; None when nothing does."""
    if card is not None and card.formality:
        return card.formality
    signs = _registers(messages)
    return "formal" if CueKind.FORMAL in signs else "informal" if CueKind.INFORMAL in signs else None


def letter_facts(
    suggestion: Suggestion,
    *,
    language: str,
    phrases: Phrases,
    me_name: str,
    now: datetime,
    zone: tzinfo,
    offer: Offer | None = None,
    share: Share | None = None,
    signature: str | None = None,
    about_lines: Sequence[str] = (),
    our_mails: Sequence[Sequence[str]] = (),
    their_mails: Sequence[Sequence[str]] = (),
    earlier: Sequence[Message] = (),
    home_language: str | None = None,
) -> LetterFacts:
    """Gather the facts of the letter for a suggestion.

    ``now`` is aware, ``zone`` the user's. The lines are own words (no quotes) of ``suggestion.about``, of
    the user's last mails to this contact and of theirs to the user, newest first; each may be empty. Of ours
    the greeting and closing are used again and a promise or question is named; of theirs nothing but how they greet and
    sign. ``earlier`` is as in language_of. ``home_language`` is the one the user keeps notes in, when it may
    differ from the letter's.
    """
    card = suggestion.contact.card
    seed = letter_seed(suggestion)
    display = suggestion.contact.name or (card.name if card else "")
    known = [display, names.nickname(our_mails, their_mails, phrases.mirrored_greetings, me_name) or ""]
    closing, signed = _closing_used(our_mails, phrases, me_name)
    formal, first = is_formal(suggestion, earlier), None
    if not (formal and card is not None and card.formality):
        first = _first_name_shared(exchanged(suggestion, earlier), known, their_mails, me_name, signed)
    if first and phrases.first_names_informal and not (card and card.formality):
        formal = False
    name = first or _called(known, formal, their_mails)
    topic = _topic(suggestion, language, phrases, formal)
    when = _when(suggestion.about.when, now, zone, phrases, topic is not None and not topic.titled)
    if topic and topic.titled and when and suggestion.kind is not Kind.THANK:
        topic = None  # a title in quotation marks looks filled in; a day says as well which mail is meant
    closings = phrases.formal_closings if formal else phrases.informal_closings
    me = signed or (words_of(me_name) if formal and not first else names.first_name(me_name) or words_of(me_name))
    topics = [share.topic] if share else offer.topics if offer else None
    if suggestion.kind in (Kind.OWE_REPLY, Kind.DELIVER_PROMISE, Kind.CHECK_IN):
        topics = [topic.name] if topic else []
    own = _cares_about(suggestion, topics) if home_language in (None, language) else None
    goal = own is not None and card is not None and own in map(_phrase, card.goals)
    cared = spoken_of(own, goal=goal, formal=formal, shapes=phrases.cares) if own else Cared()
    promised = promised_in(about_lines, phrases.promise) if suggestion.kind is Kind.DELIVER_PROMISE else None
    question = asked_in(about_lines, phrases.question) if suggestion.kind is Kind.CHECK_IN else None
    return LetterFacts(
        language=language,
        greeting=_greeting(suggestion, name, known, formal, phrases, our_mails, their_mails, me_name)
        + phrases.after_greeting,
        sign_off=_sign_off((closing or closings[seed // 7 % len(closings)]) + phrases.after_closing, me, signature),
        name=name,
        me=me,
        formal=formal,
        fresh=suggestion.reply_to is None,
        asked=_has(suggestion.about, CueKind.QUESTION, CueKind.REQUEST),
        topic=topic.name if topic else None,
        about=topic.about if topic else None,
        when=when,
        promised=promised if promised and not etiquette.offends(promised, language, formal) else None,
        question=question if question and not etiquette.offends(question, language, formal) else None,
        cares_about=own,
        since=cared.since,
        wish=cared.wish,
        aim=cared.aim,
        offer=_phrase(offer.text) if offer else None,
        share=words_of(share.text) if share else None,
        share_topic=_phrase(share.topic) if share and home_language in (None, language) else None,
        seed=seed,
    )


def letter_seed(suggestion: Suggestion) -> int:
    """Return the number by which variants are chosen: the same for this contact and silence on every computer."""
    identity = json.dumps([suggestion.contact.address.lower(), suggestion.silence.opened_by])
    return int(hashlib.sha256(identity.encode("ascii")).hexdigest()[:8], 16)


def when_phrase(then: datetime, now: datetime, zone: tzinfo, phrases: Phrases) -> str:
    """Return when something was, so coarse that it stays true while the draft lies unsent: "in May".

    Both times are aware; the calendar is the user's (``zone``). Never a count of days.
    """
    local, age = then.astimezone(zone), now - then
    of_day = phrases.first_day if local.day == 1 else phrases.day
    wording = of_day if age < NAMED_BY_DAY else phrases.month if age < NAMED_BY_MONTH else phrases.year
    return wording.format(day=local.day, month=phrases.months[local.month - 1], year=local.year)


def above_quote(message: Message, me_name: str, zone: tzinfo, phrases: Phrases) -> str:
    """Return the line above a quote of this message, who wrote it and when; "" when either is unknown."""
    sender = message.sender
    name = words_of(me_name if message.outgoing else sender.name or sender.address if sender else "")
    if not name or message.when is None:
        return ""
    day = message.when.astimezone(zone)
    month = phrases.months[day.month - 1]
    return phrases.above_quote.format(day=day.day, month=month, year=day.year, name=name)


def needs_word(
    kind: Kind, facts: LetterFacts, *, name: str, topic: Topic | None, sentences: Mapping[str, str]
) -> str | None:
    """Return, in the user's language, what only the user can add to this letter; None when nothing is missing.

    ``name`` is the contact's, ``sentences`` are those of Phrases.needs_word, ``topic`` is worded for them.
    """
    if kind is Kind.OWE_REPLY:
        key = "asked" if facts.asked else "wrote"
    elif kind is Kind.DELIVER_PROMISE:
        key = "promised" if facts.promised else "promise"
    else:
        return None
    if topic and key != "promised":
        key += "_about"
    known = {"topic": topic.name, "about": topic.about} if topic else {}
    return sentences[key].format(name=name, promised=facts.promised, **known)


def topic_for(suggestion: Suggestion, language: str, phrases: Phrases) -> Topic | None:
    """Return what the thread is about, worded in a language that need not be the thread's."""
    return _topic(suggestion, language, phrases, None)


def exchanged(suggestion: Suggestion, earlier: Sequence[Message]) -> list[Message]:
    """Return the messages of the thread (or the one it is about), newest first, and then the earlier ones."""
    own = list(reversed(suggestion.thread.messages)) if suggestion.thread else [suggestion.about]
    return [*own, *(message for message in earlier if message not in own)]


def _has(message: Message, *kinds: CueKind) -> bool:
    return message.reading is not None and message.reading.has(*kinds)


def _registers(messages: Sequence[Message]) -> list[CueKind | None]:
    return [_register(messages, outgoing) for outgoing in (True, False)]


def _register(messages: Sequence[Message], outgoing: bool) -> CueKind | None:
    """Return the register of one side's newest message that shows any; formal when it shows both."""
    for message in messages:
        if message.outgoing is outgoing:
            for register in (CueKind.FORMAL, CueKind.INFORMAL):
                if _has(message, register):
                    return register
    return None


def _first_name_shared(
    messages: Sequence[Message],
    known: Sequence[str],
    their_mails: Sequence[Sequence[str]],
    me_name: str,
    signed: str | None,
) -> str | None:
    """Return the contact's first name when the two call each other by first names, else None.

    They sign with it alone, and either greet the user so, or the user signs to them with nothing more and
    neither side shows a sign of formality.
    """
    theirs = _signed(their_mails, known)
    if theirs is None:
        return None
    greets = any(names.greeted_by_first_name(lines, me_name) for lines in their_mails)
    signs = signed is not None and signed == names.first_name(me_name)
    return theirs if greets or (signs and CueKind.FORMAL not in _registers(messages)) else None


def _signed(mails: Sequence[Sequence[str]], known: Sequence[str]) -> str | None:
    return next((name for lines in mails if (name := names.signed_with(lines, known))), None)


def _closing_used(mails: Sequence[Sequence[str]], phrases: Phrases, me_name: str) -> tuple[str | None, str | None]:
    """Return the closing, and the form of the user's name, of the newest mail that shows either."""
    used = (names.closing_used(lines, phrases.mirrored_closings, me_name) for lines in mails)
    return next((both for both in used if any(both)), (None, None))


def _called(known: Sequence[str], formal: bool, their_mails: Sequence[Sequence[str]]) -> str | None:
    display = known[0]
    if formal:
        return names.full_name(display)
    return _signed(their_mails, known) or names.first_name(display) or names.full_name(display)


def _greeting(
    suggestion: Suggestion,
    name: str | None,
    known: Sequence[str],
    formal: bool,
    phrases: Phrases,
    our_mails: Sequence[Sequence[str]],
    their_mails: Sequence[Sequence[str]],
    me_name: str,
) -> str:
    """Return the greeting: as the user wished, else as the user greeted them, as they greeted the user, as is usual.

    ``name`` is what they are called in this letter, ``known`` what they are known by.
    """
    contact = suggestion.contact
    if contact.card is not None and contact.card.greeting:
        return words_of(contact.card.greeting).rstrip(" ,:")
    for lines in our_mails:
        used = names.greeting_used(lines, phrases.mirrored_greetings, known)
        if used is not None:
            return used
    if name is None:
        return phrases.nameless_greeting
    for lines in their_mails if " " not in name else ():
        if answered := names.answered_greeting(lines, phrases.answered_greetings, me_name):
            return f"{answered} {name}"
    # "Hi Dr. Karl Vogt" is neither fish nor fowl: a name that could not be shortened gets the formal words.
    return (phrases.formal_greeting if formal or " " in name else phrases.informal_greeting).format(name=name)


def _sign_off(closing: str, me: str, signature: str | None) -> str:
    below = lines_of(signature).strip("\n") if signature else ""
    return "\n".join([closing, me, *below.splitlines()])


def _topic(suggestion: Suggestion, language: str, phrases: Phrases, formal: bool | None) -> Topic | None:
    subjects = [suggestion.about.subject, *([suggestion.thread.subject] if suggestion.thread else [])]
    for topic in (topic_of(one, language) for one in subjects):
        if topic is None or etiquette.offends(topic, language, formal):
            continue
        # Nobody looks back fondly on an invoice number.
        if suggestion.kind not in FRIENDLY or not re.search(r"\d{3}", topic):
            return in_a_sentence(topic, phrases.topic)
    return None


def _when(then: datetime | None, now: datetime, zone: tzinfo, phrases: Phrases, named: bool) -> str | None:
    # A mail of this week is named by what it was about; a date besides would sound like a file note.
    if then is None or (named and now - then < TOO_FRESH_FOR_A_DATE):
        return None
    return when_phrase(then, now, zone, phrases)


def _cares_about(suggestion: Suggestion, topics: Sequence[str] | None) -> str | None:
    card = suggestion.contact.card
    if card is None:
        return None
    # An interest without an occasion makes an odd sentence: nobody wishes success with bogs.
    own = fits(topics, card) if topics is not None else next(iter(card.goals), None)
    phrase = _phrase(own) if own else ""
    return phrase if phrase and len(phrase) <= CARES_LENGTH and not re.search(r"[@!?{}<>]|://", phrase) else None


def _phrase(text: str) -> str:
    return words_of(text).rstrip(" .,;")
