"""SEARCH: which messages match a search program."""

from collections.abc import Callable, Sequence

from assistant.demo.mailstore import StoredMessage
from assistant.demo.mime import header_fields, split_message
from assistant.demo.wire import Arguments, Malformed, NumberSet

Criterion = Callable[[StoredMessage], bool]
"""Tells whether a message matches."""

FLAG_KEYS = {name: f"\\{name.title()}" for name in ("ANSWERED", "DELETED", "DRAFT", "FLAGGED", "SEEN")}


def parse_search(arguments: Arguments, uids: Sequence[int]) -> Criterion:
    """Return what a search program asks; uids are those of the mailbox in order.

    Raises Malformed.
    """
    criteria = [_key(arguments, uids)]
    while arguments:
        criteria.append(_key(arguments, uids))
    return lambda message: all(holds(message) for holds in criteria)


def _key(arguments: Arguments, uids: Sequence[int]) -> Criterion:
    if arguments.next_is_list():
        return parse_search(arguments.list(), uids)
    key = arguments.keyword()
    match key:
        case "ALL":
            return lambda _message: True
        case "NOT":
            return _negated(_key(arguments, uids))
        case "OR":
            one, other = _key(arguments, uids), _key(arguments, uids)
            return lambda message: one(message) or other(message)
        case "UID":
            uid_set = arguments.numbers(uids[-1] if uids else 0)
            return lambda message: message.uid in uid_set
        case "SINCE":
            first_day = arguments.date()
            return lambda message: message.internal_date.date() >= first_day
        case "BEFORE":
            end = arguments.date()
            return lambda message: message.internal_date.date() < end
        case "ON":
            day = arguments.date()
            return lambda message: message.internal_date.date() == day
        case "KEYWORD":
            return _flagged(arguments.text())
        case "UNKEYWORD":
            return _negated(_flagged(arguments.text()))
        case "HEADER":
            return _header_contains(arguments.string(), arguments.string())
        case "FROM" | "TO" | "CC" | "BCC" | "SUBJECT":
            return _header_contains(key.encode(), arguments.string())
        case "BODY":
            wanted = arguments.string().lower()
            return lambda message: wanted in split_message(message.raw)[1].lower()
        case "TEXT":
            wanted = arguments.string().lower()
            return lambda message: wanted in message.raw.lower()
    if key in FLAG_KEYS:
        return _flagged(FLAG_KEYS[key])
    if key.removeprefix("UN") in FLAG_KEYS:
        return _negated(_flagged(FLAG_KEYS[key.removeprefix("UN")]))
    if key[:1].isdigit() or key.startswith("*"):
        numbers = NumberSet.parse(key.encode(), len(uids))
        chosen = {uid for number, uid in enumerate(uids, 1) if number in numbers}
        return lambda message: message.uid in chosen
    raise Malformed("unknown search key")


def _negated(criterion: Criterion) -> Criterion:
    return lambda message: not criterion(message)


def _flagged(flag: str) -> Criterion:
    wanted = flag.lower()
    return lambda message: any(flag.lower() == wanted for flag in message.flags)


def _header_contains(name: bytes, value: bytes) -> Criterion:
    wanted = value.lower()
    return lambda message: any(wanted in found.lower() for found in header_fields(split_message(message.raw)[0], name))
