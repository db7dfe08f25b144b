"""From messages to people: who wrote to whom, each person once with all their addresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache
from operator import attrgetter

from assistant.correspondence.kinds import is_role_address
from assistant.correspondence.threads import best_copies, group, is_real
from assistant.model import Address, Card, Contact, Correspondence, MailKind, Message, Role, Signal

LEARN_AFTER = 3  # mails in Sent from an address before it is taken for one of the user's own
GMAIL = frozenset({"gmail.com", "googlemail.com"})
_AMBIGUOUS = int(Signal.AMBIGUOUS)  # a plain number: of every message it is asked more than once
_NOT_A_FIRST_NAME = re.compile(
    r"(?:inc|ltd|llc|llp|gmbh|ag|corp|co|s\.?a|b\.?v|jr|sr|ph\.?d|m\.?d|esq|ii|iii)\.?", re.IGNORECASE
)


def correspondences(
    messages: Iterable[Message],
    *,
    own: frozenset[str],
    cards: Sequence[Card],
    lists: frozenset[str] | None = None,
    among: Set[str] | None = None,
    accounts: Set[str] | None = None,
) -> list[Correspondence]:
    """Return what was exchanged with each person, ordered by the contact's address.

    ``own`` are the user's addresses, ``lists`` those of mailing lists (None: found among these messages, which
    then must be all). ``among``: only people with one of these addresses are wanted. ``accounts``: as in
    ``best_copies``.
    A person takes part in a message as its sender, or as a To or Cc recipient of the user's; a bounce belongs to those
    it names, and like mail of a doubtful sender to the recipients of the mail it answers. Both, automatic mail, list
    mail (also what the user wrote to a list) and what lies in Trash or Junk are in ``messages`` only.
    Addresses are one person on certain evidence only: a card, a plus-tag, googlemail for gmail, or an answer
    from another address under the same full name in a thread linked by headers.
    """
    mine = frozenset(map(canonical, own))
    copies = [one for one in best_copies(messages, accounts) if one.when is not None]
    known_lists = _lists_among(copies) if lists is None else lists
    dated = sorted((_seen_rightly(one, mine, known_lists) for one in copies), key=attrgetter("when"))
    parts = _taking_part(dated, mine)
    names = _names(dated)
    person_of = _merged(dated, parts, names, cards)
    wanted = None if among is None else {person_of[one] for one in map(canonical, among) if one in person_of}
    taken: dict[str, list[Message]] = {}
    for message, part in zip(dated, parts, strict=True):
        for person in {person_of[address] for address in part}:
            if wanted is None or person in wanted:
                taken.setdefault(person, []).append(message)
    addresses: dict[str, set[str]] = {}
    for address, person in person_of.items():
        addresses.setdefault(person, set()).add(address)
    card_of = {person_of[canonical(address)]: card for card in reversed(cards) for address in card.addresses}
    spellings: dict[str, set[str]] = {}
    for address in {one.address for message in dated for one in _others(message)}.union(*(c.addresses for c in cards)):
        if (whose := person_of.get(canonical(address))) is not None:
            spellings.setdefault(whose, set()).add(address)
    written_to = {
        address
        for one, part in zip(dated, parts, strict=True)
        if one.outgoing and not one.unproven and is_real(one)
        for address in part
    }
    found = [
        Correspondence(
            contact=_contact(
                members, addresses[person], written_to, names, card_of.get(person), spellings.get(person, set())
            ),
            messages=tuple(members),
            threads=group([one for one in members if not is_doubtful(one)]),
        )
        for person, members in taken.items()
    ]
    return sorted(found, key=lambda one: one.contact.address)


def learned_aliases(messages: Iterable[Message], own: frozenset[str], cards: Sequence[Card] = ()) -> frozenset[str]:
    """Return addresses that must be the user's too: senders of at least 3 messages in Sent, beyond ``own``.

    A message that has travelled was filed there, not written there, and teaches nothing. Nor is it the user's own
    address that stands on a card the user wrote, or with which the user exchanges mail under another name than one
    of the user's: in the name of a superior mail is written, too.
    """
    known = list(messages)
    filed = [one for one in known if one.role is Role.SENT and one.sender is not None]
    written = [one.sender for one in filed if one.sender is not None and not one.signals & Signal.RECEIVED]
    counts = Counter(sender.address for sender in written)
    often = {address for address, times in counts.items() if times >= LEARN_AFTER} - own
    if not often:
        return frozenset()
    mine = {plain_name(sender.name).casefold() for sender in written if sender.address in own} - {""}
    called_me = {sender.address for sender in written if plain_name(sender.name).casefold() in mine}
    sent_ids = {one.message_id for one in filed}
    came_from = {
        one.sender.address
        for one in known
        if one.sender is not None and one.role is not Role.SENT and one.message_id not in sent_ids
    }
    written_to = {
        to.address for one in known if one.sender is not None and one.sender.address in own for to in (*one.to, *one.cc)
    }
    others = {address for card in cards if card.written for address in map(canonical, card.addresses)}
    somebodys = (came_from & written_to) - called_me
    return frozenset(one for one in often - somebodys if canonical(one) not in others)


def acquainted(messages: Iterable[Message], own: Set[str], cards: Sequence[Card]) -> frozenset[str]:
    """Return the canonical addresses of the user, of all on a card, and of all who wrote these messages or got them."""
    addresses = {other.address for one in messages for other in _others(one)}
    return frozenset(map(canonical, addresses.union(own, *(card.addresses for card in cards))))


def mailing_lists(posts: Iterable[tuple[str, Iterable[str]]], writers: Set[str]) -> frozenset[str]:
    """Return the addresses of mailing lists: several people sent list mail there, and none ever came from there.

    ``posts`` are the sender and the recipients of list mail, ``writers`` everybody who ever sent any mail.
    """
    posters: dict[str, set[str]] = {}
    for sender, recipients in posts:
        for address in recipients:
            posters.setdefault(address, set()).add(sender)
    return frozenset(address for address, people in posters.items() if len(people) > 1) - writers


def _lists_among(messages: Sequence[Message]) -> frozenset[str]:
    """Return the mailing lists that can be told from these messages alone."""
    sent = [(one.sender.address, one) for one in messages if one.sender is not None]
    posts = ((sender, [to.address for to in one.to + one.cc]) for sender, one in sent if one.kind is MailKind.LIST)
    return mailing_lists(posts, {sender for sender, _ in sent})


@lru_cache(maxsize=65536)
def canonical(address: str) -> str:
    """Return the address in lower case without its plus-tag, googlemail.com as gmail.com: one inbox, one spelling."""
    local, at, domain = address.lower().rpartition("@")
    if not at:
        return address.lower()
    base = local.partition("+")[0] or local
    return f"{base}@gmail.com" if domain in GMAIL else f"{base}@{domain}"


@lru_cache(maxsize=65536)
def plain_name(name: str) -> str:
    """Return a display name as one says it: "Lee, Ana" as "Ana Lee", quotes and brackets gone; "" for an address."""
    text = re.sub(r"[(\[<][^)\]>]{0,80}[)\]>]", " ", name[:200])
    text = " ".join(text.replace('"', " ").split()).strip("' ,")
    if "@" in text:
        return ""
    last, comma, first = text.partition(",")
    first = first.strip()
    if comma and first and "," not in first and not _NOT_A_FIRST_NAME.fullmatch(first):
        return f"{first} {last.strip()}"
    return text


def _seen_rightly(message: Message, mine: frozenset[str], lists: frozenset[str]) -> Message:
    """Return the message as the user's own when its sender is, and as list mail when the user wrote to a list."""
    outgoing = message.outgoing or (message.sender is not None and canonical(message.sender.address) in mine)
    posted = (
        outgoing and message.kind is MailKind.PERSONAL and any(one.address in lists for one in message.to + message.cc)
    )
    if outgoing == message.outgoing and not posted:
        return message
    return message._replace(outgoing=outgoing, kind=MailKind.LIST if posted else message.kind)


def _taking_part(dated: Sequence[Message], mine: frozenset[str]) -> list[tuple[str, ...]]:
    """Return for each message the canonical addresses of the other people in it."""
    sent = [_recipients(message, mine) if message.outgoing else () for message in dated]
    written_to = {address for part in sent for address in part}
    begun = {message.thread: part for message, part in zip(dated[::-1], sent[::-1], strict=True) if message.outgoing}
    asked: dict[int, tuple[str, ...]] = {}  # thread -> recipients of the user's newest mail in it
    parts: list[tuple[str, ...]] = []
    for message, part in zip(dated, sent, strict=True):
        if message.outgoing:
            asked[message.thread] = part
        elif message.kind is MailKind.BOUNCE:  # by the server's clock it may have come back before it was sent
            part = _missed(message, asked.get(message.thread) or begun.get(message.thread, ()), written_to)
        elif is_doubtful(message):
            part = asked.get(message.thread, ())
        else:
            assert message.sender is not None
            part = (canonical(message.sender.address),)
        parts.append(part)
    return parts


def _missed(bounce: Message, answered: tuple[str, ...], written_to: Set[str]) -> tuple[str, ...]:
    """Return whom a bounce is about: those it names, and of the mail it answers all recipients if it names none.

    Anybody can write a bounce, so that only those count whom the user has written to.
    """
    named = [canonical(one.address) for one in bounce.to]
    of_these = [one for one in answered if one in named] or answered
    return tuple(dict.fromkeys((*of_these, *(one for one in named if one in written_to))))


def is_doubtful(message: Message) -> bool:
    """Tell whether it cannot be said who sent this: it may stop a draft to those it answers, and nothing more."""
    return not message.outgoing and (message.sender is None or bool(int(message.signals) & _AMBIGUOUS))


def _recipients(message: Message, mine: frozenset[str]) -> tuple[str, ...]:
    found = dict.fromkeys(canonical(one.address) for one in (*message.to, *message.cc))
    return tuple(address for address in found if address not in mine)


def _names(dated: Sequence[Message]) -> dict[str, dict[str, None]]:
    """Return for each canonical address its display names: those the user wrote first, then its own, newest last."""
    given = _names_of(one for message in dated if message.outgoing for one in message.to + message.cc)
    taken = _names_of(
        message.sender
        for message in dated
        if not message.outgoing and message.sender is not None and message.kind is not MailKind.BOUNCE
    )
    for address, names in taken.items():
        known = given.setdefault(address, {})
        for name in names:
            known.pop(name, None)
            known[name] = None
    return given


def _names_of(people: Iterable[Address]) -> dict[str, dict[str, None]]:
    """Return for each canonical address the names it goes by among these, that of the last mention last."""
    last = {one: place for place, one in enumerate(people)}
    names: dict[str, dict[str, None]] = {}
    for one in sorted(last, key=last.__getitem__):
        if name := plain_name(one.name) if one.name else "":
            known = names.setdefault(canonical(one.address), {})
            known.pop(name, None)
            known[name] = None
    return names


def _merged(
    dated: Sequence[Message],
    parts: Sequence[tuple[str, ...]],
    names: Mapping[str, Mapping[str, None]],
    cards: Sequence[Card],
) -> dict[str, str]:
    """Return for each canonical address the one that stands for its person."""
    parent = {address: address for part in parts for address in part}
    for card in cards:
        for address in card.addresses:
            parent.setdefault(canonical(address), canonical(address))
            _join(parent, canonical(card.addresses[0]), canonical(address))
    asked: dict[int, set[str]] = {}
    for message, part in zip(dated, parts, strict=True):
        if not is_real(message) or is_doubtful(message):
            continue
        if message.outgoing:
            asked.setdefault(message.thread, set()).update(part)
        elif message.thread in asked and part and (other := _same_person(message, asked[message.thread], names)):
            _join(parent, other, part[0])
    return {address: _root(parent, address) for address in parent}


def _same_person(message: Message, asked: set[str], names: Mapping[str, Mapping[str, None]]) -> str | None:
    """Return the one address the user wrote to in this thread whose person answers here from another one."""
    assert message.sender is not None
    address = canonical(message.sender.address)
    name = plain_name(message.sender.name).casefold()
    if address in asked or " " not in name or is_role_address(address):
        return None
    same = [one for one in asked if any(name == known.casefold() for known in names.get(one, ()))]
    return same[0] if len(same) == 1 else None


def _root(parent: dict[str, str], address: str) -> str:
    while parent[address] != address:
        parent[address] = parent[parent[address]]
        address = parent[address]
    return address


def _join(parent: dict[str, str], one: str, two: str) -> None:
    parent[_root(parent, two)] = _root(parent, one)


def _contact(
    members: Sequence[Message],
    addresses: set[str],
    written_to: set[str],
    names: Mapping[str, Mapping[str, None]],
    card: Card | None,
    spellings: Set[str],
) -> Contact:
    introduced = card.addresses if card and card.written else ()
    approved = (addresses & written_to) | set(map(canonical, introduced))
    address = (
        next(
            (
                message.sender.address
                for message in reversed(members)
                if message.sender is not None and is_real(message) and canonical(message.sender.address) in approved
            ),
            None,
        )
        # As the user wrote it: what machines send under the address of a person spells it in ways of their own.
        or _last_spelling([one for one in members if one.outgoing], approved)
        or next(iter(introduced), None)
        or _last_spelling(members, addresses)
    )
    assert address is not None, "whoever takes part in a message is named in it"
    least_to_most = (*sorted(addresses - {canonical(address)}), canonical(address))
    known = [name for one in least_to_most for name in names.get(one, ())]
    own_name = card.name if card and card.written else ""
    return Contact(
        address=address,
        # An address book calls people what its owner calls them ("Ana plumber"): what they call themselves goes first.
        name=own_name or (known[-1] if known else "") or (card.name if card else ""),
        addresses=tuple(sorted(spellings)),
        confirmed=bool(approved),
        card=card,
    )


def _last_spelling(members: Sequence[Message], addresses: Set[str]) -> str | None:
    """Return one of these canonical addresses as it was written last, None when none of them was."""
    spelled = (
        one.address
        for message in reversed(members)
        for one in _others(message)[::-1]
        if canonical(one.address) in addresses
    )
    return next(spelled, None)


def _others(message: Message) -> tuple[Address, ...]:
    """Return those a message names beside the user."""
    return message.to + message.cc if message.outgoing or message.sender is None else (message.sender,)
