"""Matches what the user can give or pass on to what a contact is working towards; no match, no offer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from assistant.idn import as_in_mail
from assistant.model import Card
from assistant.values import UNBROKEN

# Endings that differ between two forms of one word; enough for "bakery" and "bakeries", "beekeeping" and "beekeeper".
_ENDINGS = ("ings", "ing", "ers", "er", "ies", "es", "s", "y", "e", "en", "n")
_SMALLEST_STEM = 4
_EMPTY_WORDS = frozenset({
    "a", "an", "and", "for", "from", "her", "his", "in", "into", "new", "of", "on", "or", "our", "second",
    "some", "the", "their", "to", "with", "work", "working", "your", "das", "der", "die", "ein", "eine",
    "für", "im", "mit", "neue", "neuen", "und", "zu", "de", "des", "du", "la", "le", "les", "pour", "un",
    "une", "del", "el", "en", "los", "para", "y",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """Something the user can give (offers.toml).

    ``text`` stands after "I could". ``topics`` are words of goals and interests that it fits.
    ``for_whom`` holds addresses, "@domain" or tags; empty means everybody. ``language`` is the one that
    the text is written in (ISO 639-1); it goes only into letters of that language.
    """

    text: str
    topics: tuple[str, ...]
    for_whom: tuple[str, ...] = ()
    language: str = "en"

    @property
    def key(self) -> str:
        """A short name that stays the same while the text does; for remembering to whom it was given."""
        return _key(self.text)


@dataclass(frozen=True, slots=True)
class Share:
    """Something to pass on (the ``share`` command): a text, a link or both, and the topic it is about.

    ``language`` (ISO 639-1) is the one that text and topic are worded in; None for any.
    """

    text: str
    topic: str
    language: str | None = None

    @property
    def key(self) -> str:
        """A short name for remembering to whom it was given, as an offer's."""
        return _key(self.text)

    @property
    def has_words(self) -> bool:
        """Tell whether it says something besides a link; a link alone can be passed on in any language."""
        return bool(_LINK.sub("", self.text).strip())


MOST_WORDS_SHARED = 60
LONGEST_LINK = 1000
_LINK = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://\S*")
_OTHER_SCHEME = re.compile(r"\b(?:javascript|vbscript|data|file|blob|mailto|tel|sms):\S", re.IGNORECASE)


def something_to_share(text: str, topic: str, language: str) -> Share:
    """Return what the user wants to pass on, its link to the letter as given.

    Raises ValueError with a sentence when it cannot stand in a letter: control or hidden characters, more than
    one link, a link that is not of the web or carries a password, too many words, no topic.
    """
    for what, given in (("text", text), ("topic", topic)):
        if not given.strip() or not given.translate(UNBROKEN).isprintable():
            raise ValueError(f"the {what} must be one line of text without control or hidden characters")
    if not _stems([topic]):
        raise ValueError(f"{topic!r} names no topic; say what it is about, like 'sourdough'")
    _check_links(text)
    if len(text.split()) > MOST_WORDS_SHARED:
        raise ValueError(f"the text has more than {MOST_WORDS_SHARED} words; a link or a sentence is enough")
    return Share(" ".join(text.split()), " ".join(topic.split()), language)


def _check_links(text: str) -> None:
    links = _LINK.findall(text)
    if len(links) > 1:
        raise ValueError("there is more than one link in it; share them one by one")
    if _OTHER_SCHEME.search(text) or any(not link.lower().startswith(("http://", "https://")) for link in links):
        raise ValueError("only links that begin with http:// or https:// are passed on")
    for link in links:
        try:
            parts = urlsplit(link)
            host, secret = parts.hostname, parts.username is not None or parts.password is not None
        except ValueError:
            host, secret = None, False
        if not host or len(link) > LONGEST_LINK:
            raise ValueError("that is not the address of a page")
        if secret:
            raise ValueError("the link carries a user name or password; take it out first")


def match(
    offers: Sequence[Offer], card: Card, already_given: Collection[str], language: str | None = None
) -> Offer | None:
    """Return the offer that fits this person's goals and interests best, None when none does.

    ``already_given`` are the keys of offers that this person ever got: none comes twice. Among equally
    fitting ones the choice differs from person to person, but is the same each time it is asked for.
    ``language``: only offers written in it; any when None.
    """
    fitting = [
        (len(_shared(offer.topics, card)), _lot(offer, card), offer)
        for offer in offers
        if offer.key not in already_given
        and language in (None, offer.language)
        and _is_for(offer, card)
        and fits(offer.topics, card) is not None
    ]
    return max(fitting, key=lambda rated: rated[:2])[2] if fitting else None


def fits(topics: Sequence[str], card: Card) -> str | None:
    """Return the contact's goal or interest, in the words of contacts.toml, that these topics touch; goals first."""
    return next((own for own in (*card.goals, *card.interests) if _touches(topics, own)), None)


def cares_about(topic: str, card: Card) -> str | None:
    """Return the goal, interest or tag, in the words of contacts.toml, for which somebody would like to see this."""
    return fits([topic], card) or next((tag for tag in card.tags if _touches([topic], tag)), None)


def _touches(topics: Sequence[str], own: str) -> bool:
    """Tell whether all that one of the two phrases names is in the other.

    A word in common is not enough: "old trees" have nothing to do with "old ovens".
    """
    mine = _stems([own])
    return any((theirs := _stems([topic])) and mine and (theirs <= mine or mine <= theirs) for topic in topics)


def _is_for(offer: Offer, card: Card) -> bool:
    if not offer.for_whom:
        return True
    meant = {("@" in whom and as_in_mail(whom)) or whom.casefold() for whom in offer.for_whom}
    domains = {f"@{address.rpartition('@')[2]}" for address in card.addresses}
    return bool(meant & ({*card.addresses, *domains} | {tag.casefold() for tag in card.tags}))


def _shared(topics: Sequence[str], card: Card) -> set[str]:
    return _stems(topics) & _stems([*card.goals, *card.interests])


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _lot(offer: Offer, card: Card) -> str:
    return hashlib.sha256("\n".join([offer.key, *card.addresses]).encode("utf-8", "surrogatepass")).hexdigest()


def _stems(phrases: Sequence[str]) -> set[str]:
    words = {word for phrase in phrases for word in re.findall(r"\w+", phrase.casefold())}
    return {_stem(word) for word in words - _EMPTY_WORDS}


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SMALLEST_STEM:
            return word.removesuffix(ending)
    return word
