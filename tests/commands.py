"""What the program may say to a server, and what it has said."""

from __future__ import annotations

import re

from assistant.demo.server import DemoServer

UIDS = rb"[\d:,]+"
NAME = rb'"(?:[^"\\\r\n]|\\.)*"'


def allowing(drafts: bytes = b"Drafts", trash: bytes = b"Trash", *more: bytes) -> re.Pattern[bytes]:
    """Return what may be said where Drafts and Trash have these names on the wire, and ``more`` besides."""
    return re.compile(
        b"|".join(
            [
                *(rb"CAPABILITY", rb"STARTTLS", rb"(?:LOGIN|AUTHENTICATE \w+) \[redacted\]", rb"ID .*", rb"NAMESPACE"),
                *(rb"NOOP", rb"LOGOUT"),
                rb'LIST "" "\*"(?: RETURN \((?:SPECIAL-USE|STATUS \(MESSAGES UIDNEXT UIDVALIDITY\))\))?',
                rb"STATUS " + NAME + rb" \(MESSAGES UIDNEXT UIDVALIDITY\)",
                rb"EXAMINE " + NAME,
                rb'SELECT "' + re.escape(drafts) + rb'"',
                rb"UID SEARCH (?:ALL|UID \d+:\*)",
                rb"UID FETCH \d+:\* \(UID(?: FLAGS)?\)",
                rb"UID FETCH " + UIDS + rb" \((?:UID|FLAGS|INTERNALDATE|RFC822\.SIZE|BODYSTRUCTURE"
                rb"|X-GM-(?:THRID|LABELS)|BODY\.PEEK\[[^\]]*\](?:<\d+\.\d+>)?| )+\)",
                rb'APPEND "' + re.escape(drafts) + rb'" \(\\Draft \\Seen\) \{\d+\+?\}\r\n(?s:.*)',
                rb'UID (?:MOVE|COPY) \d+ "' + re.escape(trash) + rb'"',
                rb"UID STORE \d+ [+-]FLAGS\.SILENT \(\\Deleted\)",
                rb"UID EXPUNGE \d+",
                *more,
            ]
        )
    )


ALLOWED = allowing()
ALLOWED_WITH_DIGEST = allowing(
    b"Drafts",
    b"Trash",
    rb'(?:CREATE|SUBSCRIBE|SELECT) "Follow-ups"',
    rb'SELECT "INBOX"',
    rb'APPEND "(?:Follow-ups|INBOX)" \(\) \{\d+\+?\}\r\n(?s:.*)',
)
"""What it may say besides once the user has said yes to the digest."""
ALLOWED_TO_THE_DOOR = allowing(
    b"Drafts",
    b"Trash",
    rb"(?:SELECT|CREATE|SUBSCRIBE) " + NAME,
    rb"APPEND " + NAME + rb" \([\\\w ]*\) \{\d+\+?\}\r\n(?s:.*)",
    rb"UID (?:MOVE|COPY) \d+ " + NAME,
)
"""What may be said where a test, not the program, names mailboxes and flags."""
WRITING = re.compile(
    rb"(?:UID )?(?:APPEND|STORE|MOVE|COPY|EXPUNGE|CREATE|DELETE|RENAME|SELECT|SUBSCRIBE)\b.*", re.DOTALL
)
_TAGGED = re.compile(rb"([A-P]{4})(\d+) (.*)", re.DOTALL)


def spoken(server: DemoServer) -> list[list[bytes]]:
    """Return the commands of each connection, without tags."""
    connections: list[list[bytes]] = []
    newest: dict[bytes, list[bytes]] = {}
    for line in server.commands_seen:
        if match := _TAGGED.fullmatch(line):
            letters, number, command = match.groups()
            if number == b"0":  # a new connection; its letters are drawn by lot and may have been another's
                newest[letters] = []
                connections.append(newest[letters])
            newest.get(letters, []).append(command)  # none where the list was cleared since it began
    return connections


def ours(server: DemoServer) -> list[bytes]:
    """Return the commands of the program: of those connections that say its name."""
    programs = (one for one in spoken(server) if any(b"followup-assistant" in command for command in one[:4]))
    return [command for one in programs for command in one]


def forbidden(server: DemoServer, allowed: re.Pattern[bytes] = ALLOWED) -> list[bytes]:
    """Return what the program has said and may not say."""
    return [command for command in ours(server) if not allowed.fullmatch(command)]


def writing(server: DemoServer) -> list[bytes]:
    """Return the commands of the program that change something, or could."""
    return [command for command in ours(server) if WRITING.fullmatch(command)]
