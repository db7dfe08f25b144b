"""Fourteen providers as they behave: on each, a draft lives its whole life (R6).

What each does otherwise is in one table; the facts are cited from bug trackers and FAQs, no provider was contacted.
"""

from __future__ import annotations

import email
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assistant.demo.server import DEFAULT_CAPABILITIES, Command, DemoServer, MailStore, StoredMessage
from assistant.demo.wire import encode_mailbox
from assistant.sweep import Outcome
from tests.canary import PASSWORD
from tests.commands import allowing, spoken
from tests.faults.scripts import CarryOut, without_number
from tests.imap.conftest import fresh_store
from tests.imap.world import ANA, BEN, ME, World, laid

BASIC = ("IMAP4rev1", "AUTH=PLAIN")
ALL_MAIL = "[Gmail]/All Mail"
SEARCH_BROKEN = b"TAG NO UID SEARCH failed\r\n"


@dataclass(frozen=True)
class Provider:
    """What a provider does in its own way; names are those of Drafts, Sent and Trash.

    ``marked``: LIST says what they are for. ``search``: the answer to every UID SEARCH. ``terse``: OK without text.
    ``no_number``: no APPENDUID. ``strips``: headers lost on APPEND.
    ``needs_id``: no mailbox opens before ID. ``most``: connections at once. ``gmail``: labels, and All Mail.
    ``withdraws``: there is a way to take out one message alone.
    """

    drafts: str = "Drafts"
    sent: str = "Sent"
    trash: str = "Trash"
    marked: bool = True
    can: Sequence[str] = DEFAULT_CAPABILITIES
    search: bytes = b""
    terse: bool = False
    no_number: bool = False
    strips: bytes = b""
    needs_id: bool = False
    most: int = 99
    gmail: bool = False
    withdraws: bool = True


def without(*words: str) -> tuple[str, ...]:
    return tuple(word for word in DEFAULT_CAPABILITIES if word not in words)


PROVIDERS = {
    "Gmail": Provider("[Gmail]/Drafts", "[Gmail]/Sent Mail", "[Gmail]/Trash", gmail=True,
                      can=(*without("SPECIAL-USE"), "X-GM-EXT-1", "CONDSTORE")),
    "Exchange": Provider("Brouillons", "Éléments envoyés", "Éléments supprimés",
                         can=without("SPECIAL-USE", "LIST-STATUS", "ENABLE")),
    "Yahoo": Provider("Draft", marked=False, search=SEARCH_BROKEN, can=without("MOVE", "SPECIAL-USE", "LIST-STATUS")),
    "iCloud": Provider(sent="Sent Messages", trash="Deleted Messages", can=without("LIST-STATUS")),
    "Fastmail": Provider(can=(*DEFAULT_CAPABILITIES, "CONDSTORE", "QRESYNC", "OBJECTID")),
    "Proton Bridge": Provider(no_number=True, strips=rb"(?m)^References: [^\r]*(?:\r\n[ \t][^\r]*)*\r\n"),
    "GMX": Provider("Entwürfe", "Gesendet", "Papierkorb", marked=False, can=without("SPECIAL-USE", "LIST-STATUS")),
    "Zoho": Provider(most=1, can=without("SPECIAL-USE", "LIST-STATUS")),
    "Yandex": Provider("Черновики", "Отправленные", "Удаленные", marked=False, search=SEARCH_BROKEN,
                       can=without("SPECIAL-USE", "LIST-STATUS")),
    "163": Provider("草稿箱", "已发送", "已删除", marked=False, needs_id=True, can=without("SPECIAL-USE", "MOVE")),
    "QQ": Provider(marked=False, search=b"* SEARCH\r\nTAG BAD not here\r\n", can=without("SPECIAL-USE", "LITERAL+")),
    "Cyrus": Provider("INBOX/Drafts", "INBOX/Sent", "INBOX/Trash", can=without("MOVE")),
    "Courier": Provider("INBOX/Drafts", "INBOX/Sent", "INBOX/Trash", marked=False,
                        can=(*BASIC, "UIDPLUS", "NAMESPACE")),
    "hMailServer": Provider(marked=False, can=(*BASIC, "NAMESPACE"), no_number=True, withdraws=False),
    "DavMail": Provider(terse=True, search=b"TAG NO unsupported\r\n", can=(*BASIC, "UIDPLUS", "MOVE", "SPECIAL-USE")),
}  # fmt: skip


class Behaviour:
    """Makes the demo's server behave as a provider."""

    def __init__(self, provider: Provider, store: MailStore) -> None:
        self.provider, self.store = provider, store
        self.introduced: set[int] = set()
        self.open: set[int] = set()
        self.most = 0

    def __call__(self, command: Command, carry_out: CarryOut) -> bytes:
        it = self.provider
        self._count(command)
        if it.gmail:
            self._mirror()
        if it.needs_id and command.name in ("SELECT", "EXAMINE") and command.session not in self.introduced:
            return command.tag + b" NO SELECT Unsafe Login. Please contact the provider.\r\n"
        if command.name == "UID SEARCH" and it.search:
            return it.search.replace(b"TAG", command.tag)
        if command.name == "APPEND":
            return self._appended(command, carry_out)
        if b"X-GM-LABELS" in command.line:
            return self._with_labels(command, carry_out)
        return re.sub(rb"(?m)^(\S+ OK) (?!\[)[^\r]*\r$", rb"\1\r", carry_out()) if it.terse else carry_out()

    def _count(self, command: Command) -> None:
        if command.name == "ID":
            self.introduced.add(command.session)
        if command.name == "LOGOUT":
            self.open.discard(command.session)
        else:
            self.open.add(command.session)
        self.most = max(self.most, len(self.open))

    def _appended(self, command: Command, carry_out: CarryOut) -> bytes:
        answer = without_number(command, carry_out) if self.provider.no_number else carry_out()
        if self.provider.strips:
            newest = max(self.store.mailboxes[self.provider.drafts].messages.values(), key=lambda one: one.uid)
            newest.raw = re.sub(self.provider.strips, b"", newest.raw)
        return answer

    def _mirror(self) -> None:
        """Let All Mail hold what lies in the other mailboxes."""
        with self.store.lock:
            everything = self.store.mailboxes[ALL_MAIL].messages
            there = {one.raw: one for name in self._labels() for one in self.store.mailboxes[name].messages.values()}
            for uid in [uid for uid, one in everything.items() if one.raw not in there]:
                del everything[uid]
            for raw in there.keys() - {one.raw for one in everything.values()}:
                self.store.add(ALL_MAIL, raw, flags=there[raw].flags, internal_date=there[raw].internal_date)

    def _labels(self) -> dict[str, bytes]:
        return {"INBOX": b"\\\\Inbox", self.provider.sent: b"\\\\Sent", self.provider.drafts: b"\\\\Draft"}

    def _with_labels(self, command: Command, carry_out: CarryOut) -> bytes:
        """Answer without labels and conversations and put them in, by where each message lies and its subject."""
        plain = Command.received(command.session, re.sub(rb" X-GM-(?:THRID|LABELS)", b"", command.line))
        session = carry_out.func.__self__  # type: ignore[attr-defined]
        of = {one.raw: label for name, label in self._labels().items() for one in self._in(name)}

        def labelled(match: re.Match[bytes]) -> bytes:
            raw = session.mailbox.messages[int(match[2])].raw
            return b'%sX-GM-THRID %d X-GM-LABELS ("%s") UID %s' % (
                match[1],
                _conversation(raw),
                of.get(raw, b""),
                match[2],
            )

        return re.sub(rb"(?m)^(\* \d+ FETCH \()UID (\d+)", labelled, session.answer(plain))

    def _in(self, name: str) -> list[StoredMessage]:
        return list(self.store.mailboxes[name].messages.values())


def _conversation(raw: bytes) -> int:
    subject = re.search(rb"(?m)^Subject: (?:Re: )?(.*)\r$", raw)
    return 2**60 + zlib.crc32(subject[1] if subject else raw)


@pytest.fixture
def allowed(provider: Provider) -> re.Pattern[bytes]:
    return allowing(encode_mailbox(provider.drafts), encode_mailbox(provider.trash))


@pytest.fixture
def world(provider: Provider, memory: Path, allowed: re.Pattern[bytes]) -> Iterator[World]:
    """A world whose story is told, on a server that from then on behaves as the provider."""
    store = fresh_store()
    with DemoServer({"ann": PASSWORD}, store) as server:
        with closing(World(memory, server.host, server.port, "ann", PASSWORD)) as world:
            world.story()
        for usual, name in (("Drafts", provider.drafts), ("Sent", provider.sent), ("Trash", provider.trash)):
            store.rename(usual, name)
        if provider.gmail:
            store.create(ALL_MAIL, "\\All")
        if not provider.marked:
            for box in store.mailboxes.values():
                box.attributes = ()
        world.store = store
        server.commands_seen.clear()
        server.site = replace(server.site, capabilities=tuple(provider.can))
        server.script = world.behaviour = Behaviour(provider, store)
        yield world
        said = [command for one in spoken(server) for command in one]  # not all of them let us say our name
    assert [command for command in said if not allowed.fullmatch(command)] == []


def people(world: World, mailbox: str) -> list[str]:
    return sorted(
        str(email.message_from_bytes(one.raw)["To"]).rpartition("<")[2].strip(">")
        for one in world.store.mailboxes[mailbox].messages.values()
    )


def others(world: World) -> set[tuple[bytes, frozenset[str]]]:
    """Return the mail that is not ours, with its flags."""
    names = ("INBOX", world.behaviour.provider.sent)
    return {(one.raw, frozenset(one.flags)) for name in names for one in world.store.mailboxes[name].messages.values()}


def answer(world: World, sender: str, parent: str) -> None:
    head = f"From: {sender}\r\nTo: {ME}\r\nSubject: Re: it\r\nMessage-ID: <answer-{sender}>\r\n"
    raw = f"{head}In-Reply-To: <{parent}>\r\n\r\nIt is settled, thank you.\r\n"
    world.store.add("INBOX", raw.encode(), internal_date=world.now)


def look(world: World) -> Outcome:
    world.pass_time(minutes=15)
    outcome = world.sweep_unwatched()
    assert outcome.errors == ()
    return outcome


@pytest.mark.parametrize("provider", [pytest.param(one, id=name) for name, one in PROVIDERS.items()])
def test_a_draft_lives_its_whole_life(provider: Provider, world: World) -> None:
    boxes = world.store.mailboxes
    drafts = boxes[provider.drafts].messages
    before = others(world)
    assert laid(look(world)) == [ANA, BEN]
    assert people(world, provider.drafts) == [ANA, BEN]
    assert laid(look(world)) == [], "nothing more"
    assert {world.state_of(ANA), world.state_of(BEN)} == {"waiting"}
    assert others(world) == before

    answer(world, ANA, "question@example.net")
    assert len(look(world).withdrawn) == provider.withdraws
    assert people(world, provider.trash) == [ANA] * (provider.withdraws)

    [mine] = [uid for uid, one in drafts.items() if BEN.encode() in one.raw]
    edited = drafts.pop(mine).raw.replace(b"\r\n\r\n", b"\r\n\r\nWell, ", 1)
    world.store.add(provider.drafts, edited, flags=["\\Seen"], internal_date=world.now)
    answer(world, BEN, "asked@example.org")
    look(world)
    assert BEN in people(world, provider.drafts), "what was edited stays"
    assert world.state_of(BEN) == "edited"

    [mine] = [uid for uid, one in drafts.items() if BEN.encode() in one.raw]
    sent = drafts.pop(mine).raw.replace(b"Well, ", b"Well then, ")  # nowhere is what is sent the draft to the byte
    world.store.add(provider.sent, sent, flags=["\\Seen"], internal_date=world.now)
    look(world)
    look(world)
    assert world.state_of(BEN) == "sent"
    assert people(world, provider.drafts) == [ANA] * (not provider.withdraws)
    assert world.behaviour.most <= provider.most, "one connection, always"
