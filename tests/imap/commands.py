"""What the program may say to a server, and what it has said."""

from __future__ import annotations

import re

from assistant.demo.server import DemoServer

UIDS = rb"[\d:,]+"
ALLOWED = re.compile(
    rb"""CAPABILITY | LOGIN\ \[redacted\] | ID\ .* | NAMESPACE | NOOP | LOGOUT
    | LIST\ ""\ "\*"(?:\ RETURN\ \((?:SPECIAL-USE|STATUS\ \(MESSAGES\ UIDNEXT\ UIDVALIDITY\))\))?
    | STATUS\ "\w+"\ \(MESSAGES\ UIDNEXT\ UIDVALIDITY\) | EXAMINE\ "\w+" | SELECT\ "Drafts"
    | UID\ SEARCH\ (?:ALL|UID\ \d+:\*)
    | UID\ FETCH\ 1:\*\ \(UID\ FLAGS\)
    | UID\ FETCH\ """
    + UIDS
    + rb"""\ \((?:UID|FLAGS|INTERNALDATE|RFC822\.SIZE|BODYSTRUCTURE|BODY\.PEEK\[[^\]]*\](?:<\d+\.\d+>)?|\ )+\)
    | APPEND\ "Drafts"\ \(\\Draft\ \\Seen\)\ \{\d+\+?\}\r\n(?s:.*)
    | UID\ (?:MOVE|COPY)\ \d+\ "Trash"
    | UID\ STORE\ \d+\ [+]FLAGS\.SILENT\ \(\\Deleted\)
    | UID\ EXPUNGE\ \d+""",
    re.VERBOSE,
)
ALLOWED_WITH_DIGEST = re.compile(
    ALLOWED.pattern
    + rb"""| (?:CREATE|SUBSCRIBE|SELECT)\ "Follow-ups"
    | SELECT\ "INBOX"
    | (?:STATUS|EXAMINE)\ "Follow-ups"(?:\ \(MESSAGES\ UIDNEXT\ UIDVALIDITY\))?
    | APPEND\ "(?:Follow-ups|INBOX)"\ \(\)\ \{\d+\+?\}\r\n(?s:.*)""",
    re.VERBOSE,
)
"""What it may say besides once the user has said yes to the digest."""
WRITING = re.compile(
    rb"(?:UID )?(?:APPEND|STORE|MOVE|COPY|EXPUNGE|CREATE|DELETE|RENAME|SELECT|SUBSCRIBE)\b.*", re.DOTALL
)
_TAGGED = re.compile(rb"([A-P]{4})(\d+) (.*)", re.DOTALL)


def ours(server: DemoServer) -> list[bytes]:
    """Return the commands of the program, without tags: of those connections that say its name."""
    connections: list[list[bytes]] = []
    newest: dict[bytes, list[bytes]] = {}
    for line in server.commands_seen:
        if match := _TAGGED.fullmatch(line):
            letters, number, command = match.groups()
            if number == b"0":  # a new connection; its letters are drawn by lot and may have been another's
                newest[letters] = []
                connections.append(newest[letters])
            newest.get(letters, []).append(command)  # none where the list was cleared since it began
    programs = (one for one in connections if any(b"followup-assistant" in command for command in one[:4]))
    return [command for one in programs for command in one]


def forbidden(server: DemoServer, allowed: re.Pattern[bytes] = ALLOWED) -> list[bytes]:
    """Return what the program has said and may not say."""
    return [command for command in ours(server) if not allowed.fullmatch(command)]


def writing(server: DemoServer) -> list[bytes]:
    """Return the commands of the program that change something, or could."""
    return [command for command in ours(server) if WRITING.fullmatch(command)]
