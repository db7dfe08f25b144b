"""Commands about messages: SEARCH, FETCH, STORE, APPEND, COPY, MOVE and EXPUNGE."""

import re
from collections.abc import Iterable
from functools import partial

from assistant.demo.fetch import Item, parse_items
from assistant.demo.mailstore import StoredMailbox, StoredMessage
from assistant.demo.search import parse_search
from assistant.demo.session import Session, State, Verb
from assistant.demo.wire import Arguments, Malformed, parse_date_time


def _chosen(session: Session, arguments: Arguments, *, by_uid: bool) -> list[tuple[int, StoredMessage]]:
    """Read a set; return sequence number and message of those that are still there."""
    uids, messages = session.uids, session.mailbox.messages
    largest = (uids[-1] if uids else 0) if by_uid else len(uids)
    wanted = arguments.numbers(largest)
    if not by_uid and not 1 <= wanted.largest() <= largest:
        raise Malformed("no message with this number")
    return [
        (number, messages[uid])
        for number, uid in enumerate(uids, 1)
        if (uid if by_uid else number) in wanted and uid in messages
    ]


def _search(session: Session, arguments: Arguments, *, by_uid: bool) -> None:
    matches = parse_search(arguments, session.uids)
    messages = session.mailbox.messages
    found = [
        str(uid if by_uid else number)
        for number, uid in enumerate(session.uids, 1)
        if uid in messages and matches(messages[uid])
    ]
    session.say(" ".join(["SEARCH", *found]))


def _fetch(session: Session, arguments: Arguments, *, by_uid: bool) -> None:
    chosen = _chosen(session, arguments, by_uid=by_uid)
    items = parse_items(arguments)
    arguments.end()
    if by_uid:
        items = _with(items, b"UID")
    sets_seen = not session.read_only and any(item.sets_seen for item in items)
    for number, message in chosen:
        if sets_seen and "\\Seen" not in message.flags:
            message.flags.add("\\Seen")
            _say_message(session, number, message, _with(items, b"FLAGS"))
        else:
            _say_message(session, number, message, items)


def _with(items: list[Item], name: bytes) -> list[Item]:
    """Return the items, with a simple one put first unless it is among them."""
    if any(item.name == name for item in items):
        return items
    return [*parse_items(Arguments([name])), *items]


def _say_message(session: Session, number: int, message: StoredMessage, items: Iterable[Item]) -> None:
    values = b" ".join(item.name + b" " + item.value(message) for item in items)
    session.say(b"%d FETCH (%s)" % (number, values))


def _store(session: Session, arguments: Arguments, *, by_uid: bool) -> None:
    chosen = _chosen(session, arguments, by_uid=by_uid)
    mode = re.fullmatch(r"([+-]?)FLAGS(\.SILENT)?", arguments.keyword())
    flags = arguments.flags()
    arguments.end()
    if mode is None:
        raise Malformed("expected FLAGS, +FLAGS or -FLAGS")
    session.require_writable()
    items = _with(_with([], b"FLAGS"), b"UID") if by_uid else _with([], b"FLAGS")
    for number, message in chosen:
        kept = message.flags if mode[1] else set()
        message.flags = kept - flags if mode[1] == "-" else kept | flags
        if not mode[2]:
            _say_message(session, number, message, items)


def _append(session: Session, arguments: Arguments) -> str | None:
    name = arguments.mailbox()
    flags = arguments.flags() if arguments.next_is_list() else set()
    date = parse_date_time(arguments.string()) if len(arguments) > 1 else session.site.clock()
    raw = arguments.literal()
    arguments.end()
    mailbox = session.existing(name, "TRYCREATE")
    uid = session.store.add(name, bytes(raw), flags=flags, internal_date=date)
    return f"[APPENDUID {mailbox.uidvalidity} {uid}]" if session.site.has("UIDPLUS") else None


def _copy(session: Session, arguments: Arguments, *, by_uid: bool) -> str | None:
    messages = [message for _, message in _chosen(session, arguments, by_uid=by_uid)]
    target = session.existing(arguments.mailbox(), "TRYCREATE")
    arguments.end()
    return _copy_to(target, messages, session)


def _move(session: Session, arguments: Arguments, *, by_uid: bool) -> None:
    messages = [message for _, message in _chosen(session, arguments, by_uid=by_uid)]
    target = session.existing(arguments.mailbox(), "TRYCREATE")
    arguments.end()
    session.require_writable()
    code = _copy_to(target, messages, session)
    if code:
        session.say(f"OK {code} moved")
    for message in messages:
        del session.mailbox.messages[message.uid]


def _copy_to(target: StoredMailbox, messages: list[StoredMessage], session: Session) -> str | None:
    """Copy messages and return the response code, if there is one to give."""
    copies = [
        session.store.add(target.name, message.raw, flags=message.flags, internal_date=message.internal_date)
        for message in messages
    ]
    if not copies or not session.site.has("UIDPLUS"):
        return None
    sources = ",".join(str(message.uid) for message in messages)
    return f"[COPYUID {target.uidvalidity} {sources} {','.join(map(str, copies))}]"


def _expunge(session: Session, arguments: Arguments) -> None:
    arguments.end()
    session.require_writable()
    session.expunge(list(session.mailbox.messages.values()))


def _uid_expunge(session: Session, arguments: Arguments) -> None:
    chosen = _chosen(session, arguments, by_uid=True)
    arguments.end()
    session.require_writable()
    session.expunge([message for _, message in chosen])


MESSAGE_VERBS = {
    "SEARCH": Verb(partial(_search, by_uid=False), State.SELECTED),
    "UID SEARCH": Verb(partial(_search, by_uid=True), State.SELECTED),
    "FETCH": Verb(partial(_fetch, by_uid=False), State.SELECTED),
    "UID FETCH": Verb(partial(_fetch, by_uid=True), State.SELECTED),
    "STORE": Verb(partial(_store, by_uid=False), State.SELECTED),
    "UID STORE": Verb(partial(_store, by_uid=True), State.SELECTED),
    "APPEND": Verb(_append, State.AUTHENTICATED),
    "COPY": Verb(partial(_copy, by_uid=False), State.SELECTED),
    "UID COPY": Verb(partial(_copy, by_uid=True), State.SELECTED),
    "MOVE": Verb(partial(_move, by_uid=False), State.SELECTED, needs="MOVE"),
    "UID MOVE": Verb(partial(_move, by_uid=True), State.SELECTED, needs="MOVE"),
    "EXPUNGE": Verb(_expunge, State.SELECTED),
    "UID EXPUNGE": Verb(_uid_expunge, State.SELECTED, needs="UIDPLUS"),
}
