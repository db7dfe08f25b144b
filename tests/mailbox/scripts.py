"""How a server can be made to answer in its own way, and the verbs that ask it."""

from collections.abc import Callable

from assistant.demo.server import Command, DemoServer, HangUp, Script
from assistant.mailbox.door import Door
from tests.mailbox.door_contract import LETTER, withdraw

SOON = 0.3  # seconds a command may take here
CarryOut = Callable[[], bytes]
Serve = Callable[..., DemoServer]


def only_for(name: str, answer: Callable[[Command, CarryOut], bytes]) -> Script:
    """Return a script that answers one command in its own way."""
    return lambda command, carry_out: answer(command, carry_out) if command.name == name else carry_out()


VERBS: dict[str, Callable[[Door], object]] = {
    "LOGIN": lambda door: door.folders(),
    "LIST": lambda door: door.folders(),
    "STATUS": lambda door: door.status(["INBOX"]),
    "EXAMINE": lambda door: door.uids("INBOX"),
    "UID SEARCH": lambda door: door.uids("INBOX"),
    "UID FETCH": lambda door: door.flags("INBOX", [1]),
    "APPEND": lambda door: door.append("Drafts", LETTER, [r"\Draft"]),
    "SELECT": lambda door: withdraw(door, 1, "Trash"),
    "UID MOVE": lambda door: withdraw(door, 1, "Trash"),
    "NOOP": lambda door: (door.uids("INBOX"), door.uids("INBOX")),
}


def hang_up(words: bytes) -> Callable[[Command, CarryOut], bytes]:
    def answer(command: Command, carry_out: CarryOut) -> bytes:
        raise HangUp(words.replace(b"TAG", command.tag))

    return answer


def say(words: bytes) -> Callable[[Command, CarryOut], bytes]:
    return lambda command, _: words.replace(b"TAG", command.tag)


def half(_: Command, carry_out: CarryOut) -> bytes:
    answer = carry_out()
    raise HangUp(answer[: len(answer) // 2])
