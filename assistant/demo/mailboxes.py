"""Commands about mailboxes: LIST, STATUS, CREATE, SELECT and the like."""

from collections.abc import Callable, Iterable
from functools import partial

from assistant.demo.mailstore import DELIMITER, StoredMailbox
from assistant.demo.session import Session, State, Verb
from assistant.demo.wire import (
    SYSTEM_FLAGS,
    Arguments,
    Malformed,
    Refused,
    decode_mailbox,
    encode_mailbox,
    flag_list,
    string,
)

MAX_NAME = 250
RETURN_OPTIONS = {"STATUS": "LIST-STATUS", "SPECIAL-USE": "SPECIAL-USE", "CHILDREN": "CHILDREN"}
"""The capability behind each option of LIST ... RETURN (...)."""

STATUS_ITEMS: dict[str, Callable[[StoredMailbox], int]] = {
    "MESSAGES": lambda mailbox: len(mailbox.messages),
    "RECENT": lambda _mailbox: 0,
    "UIDNEXT": lambda mailbox: mailbox.uidnext,
    "UIDVALIDITY": lambda mailbox: mailbox.uidvalidity,
    "UNSEEN": lambda mailbox: sum("\\Seen" not in message.flags for message in mailbox.messages.values()),
}


def _namespace(session: Session, arguments: Arguments) -> None:
    arguments.end()
    session.say(f'NAMESPACE (("" "{DELIMITER}")) NIL NIL')


def _list(session: Session, arguments: Arguments) -> None:
    special_only = arguments.next_is_list() and _selects_special_use(session, arguments.list())
    reference = decode_mailbox(arguments.string())
    asked = arguments.one_or_list()
    patterns = [reference + decode_mailbox(asked.string()) for _ in range(len(asked))]
    status_items = _status_items_to_return(session, arguments)
    if patterns == [reference]:
        session.say(f'LIST (\\Noselect) "{DELIMITER}" ""')
        return
    for mailbox in _matching(session, patterns):
        if mailbox.attributes or not special_only:
            _say_mailbox(session, "LIST", mailbox)
            if status_items:
                _say_status(session, mailbox, status_items)


def _selects_special_use(session: Session, options: Arguments) -> bool:
    words = options.keywords()
    if set(words) - {"SPECIAL-USE"} or (words and not session.site.has("SPECIAL-USE")):
        raise Malformed("unknown selection option")
    return bool(words)


def _status_items_to_return(session: Session, arguments: Arguments) -> tuple[str, ...]:
    """Read RETURN (...); only STATUS makes a difference, attributes are sent anyway."""
    if not arguments:
        return ()
    if arguments.keyword() != "RETURN":
        raise Malformed("too many arguments")
    options = arguments.list()
    arguments.end()
    items: tuple[str, ...] = ()
    while options:
        option = options.keyword()
        if option not in RETURN_OPTIONS or not session.site.has(RETURN_OPTIONS[option]):
            raise Malformed("unknown return option")
        if option == "STATUS":
            items = _status_items(options.list())
    return items


def _lsub(session: Session, arguments: Arguments) -> None:
    pattern = decode_mailbox(arguments.string()) + decode_mailbox(arguments.string())
    arguments.end()
    for mailbox in _matching(session, [pattern]):
        if mailbox.subscribed:
            _say_mailbox(session, "LSUB", mailbox)


def _matching(session: Session, patterns: list[str]) -> list[StoredMailbox]:
    return [
        mailbox
        for name, mailbox in session.store.mailboxes.items()
        if any(_matches(pattern, name) for pattern in patterns)
    ]


def _matches(pattern: str, name: str) -> bool:
    """Tell whether a pattern of LIST stands for a name; a regular expression could take for ever."""
    covered = {0}  # how many characters of the name the pattern so far may stand for
    for symbol in "INBOX" if pattern.upper() == "INBOX" else pattern:
        if symbol == "*":
            covered = set(range(min(covered), len(name) + 1))
        elif symbol == "%":
            covered = {end for start in covered for end in range(start, _level_end(name, start) + 1)}
        else:
            covered = {end + 1 for end in covered if name[end : end + 1] == symbol}
        if not covered:
            return False
    return len(name) in covered


def _level_end(name: str, start: int) -> int:
    end = name.find(DELIMITER, start)
    return len(name) if end < 0 else end


def _say_mailbox(session: Session, response: str, mailbox: StoredMailbox) -> None:
    attributes = list(mailbox.attributes)
    if session.site.has("CHILDREN"):
        attributes.append("\\HasChildren" if session.store.below(mailbox.name) else "\\HasNoChildren")
    name = string(encode_mailbox(mailbox.name))
    session.say(f'{response} ({" ".join(attributes)}) "{DELIMITER}" '.encode() + name)


def _status(session: Session, arguments: Arguments) -> None:
    mailbox = session.existing(arguments.mailbox())
    items = _status_items(arguments.list())
    arguments.end()
    _say_status(session, mailbox, items)


def _status_items(names: Arguments) -> tuple[str, ...]:
    items = names.keywords()
    if not items or set(items) - set(STATUS_ITEMS):
        raise Malformed("unknown STATUS item")
    return items


def _say_status(session: Session, mailbox: StoredMailbox, items: Iterable[str]) -> None:
    values = " ".join(f"{item} {STATUS_ITEMS[item](mailbox)}" for item in items)
    session.say(b"STATUS " + string(encode_mailbox(mailbox.name)) + f" ({values})".encode())


def _create(session: Session, arguments: Arguments) -> None:
    name = arguments.mailbox().removesuffix(DELIMITER)
    arguments.end()
    _require_free(session, name)
    session.store.create(name)


def _rename(session: Session, arguments: Arguments) -> None:
    old, new = arguments.mailbox(), arguments.mailbox()
    arguments.end()
    session.existing(old)
    _require_free(session, new)
    if old == "INBOX" or new.startswith(old + DELIMITER):
        raise Refused("[CANNOT] this mailbox cannot have that name")
    session.store.rename(old, new)


def _require_free(session: Session, name: str) -> None:
    if not all(name.split(DELIMITER)) or "*" in name or "%" in name or len(name) > MAX_NAME:
        raise Refused("[CANNOT] not a mailbox name")
    if name in session.store.mailboxes:
        raise Refused("[ALREADYEXISTS] mailbox exists")


def _delete(session: Session, arguments: Arguments) -> None:
    name = arguments.mailbox()
    arguments.end()
    session.existing(name)
    if name == "INBOX" or session.store.below(name):
        raise Refused("[CANNOT] INBOX and mailboxes with others below stay")
    session.store.delete(name)


def _subscribe(session: Session, arguments: Arguments, *, subscribed: bool) -> None:
    mailbox = session.existing(arguments.mailbox())
    arguments.end()
    mailbox.subscribed = subscribed


def _select(session: Session, arguments: Arguments, *, read_only: bool) -> str:
    name = arguments.mailbox()
    arguments.end()
    session.unselect()  # also when the new one does not exist, as RFC 3501 wants it
    mailbox = session.existing(name)
    session.select(mailbox, read_only=read_only)
    flags = {*SYSTEM_FLAGS, *(flag for message in mailbox.messages.values() for flag in message.flags)}
    session.say(b"FLAGS " + flag_list(flags))
    session.say(b"OK [PERMANENTFLAGS " + flag_list(() if read_only else {*flags, "\\*"}) + b"] kept")
    session.say(f"{len(mailbox.messages)} EXISTS")
    session.say("0 RECENT")
    session.say(f"OK [UIDVALIDITY {mailbox.uidvalidity}] valid")
    session.say(f"OK [UIDNEXT {mailbox.uidnext}] next")
    return "[READ-ONLY]" if read_only else "[READ-WRITE]"


def _close(session: Session, arguments: Arguments) -> None:
    if not session.read_only:
        session.expunge(list(session.mailbox.messages.values()))
    _unselect(session, arguments)


def _unselect(session: Session, arguments: Arguments) -> None:
    arguments.end()
    session.unselect()


MAILBOX_VERBS = {
    "NAMESPACE": Verb(_namespace, State.AUTHENTICATED, needs="NAMESPACE"),
    "LIST": Verb(_list, State.AUTHENTICATED),
    "LSUB": Verb(_lsub, State.AUTHENTICATED),
    "STATUS": Verb(_status, State.AUTHENTICATED),
    "CREATE": Verb(_create, State.AUTHENTICATED),
    "RENAME": Verb(_rename, State.AUTHENTICATED),
    "DELETE": Verb(_delete, State.AUTHENTICATED),
    "SUBSCRIBE": Verb(partial(_subscribe, subscribed=True), State.AUTHENTICATED),
    "UNSUBSCRIBE": Verb(partial(_subscribe, subscribed=False), State.AUTHENTICATED),
    "SELECT": Verb(partial(_select, read_only=False), State.AUTHENTICATED),
    "EXAMINE": Verb(partial(_select, read_only=True), State.AUTHENTICATED),
    "CLOSE": Verb(_close, State.SELECTED),
    "UNSELECT": Verb(_unselect, State.SELECTED, needs="UNSELECT"),
}
