"""Drafts of ours that the ledger does not know: it was lost, an older one was put back, or another computer wrote them.

A draft's id is a hash of contact, silence and kind: with the mail at hand it proves that a message is ours, and
what it is. It does not prove that nobody touched it, so whatever lies in Drafts is the user's from then on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.drafting.identity import draft_id
from assistant.following import DraftsMailbox, laid_by_another
from assistant.model import Draft, DraftState, Kind, Message, Role
from assistant.settings import Settings
from assistant.store.lookup import Lookup
from assistant.tidings import KnownMail

NAMED = "[0-9a-f]" * 20 + "@*"
"""What the Message-ID of every draft of ours looks like, as SQLite's GLOB has it; others' may look so, too."""
FOUND_AGAIN = "found_again"
"""Code of the trouble that drafts of ours were found which the ledger does not know."""
_ID = re.compile(r"([0-9a-f]{20})@.+")


@dataclass(frozen=True, slots=True)
class _Trace:
    """A message that looks like a draft of ours, wherever it was found."""

    message_id: str
    sender: str
    to: tuple[str, ...]
    subject: str
    in_reply_to: str | None
    when: datetime | None
    uid: int | None = None


class Recognition:
    """Tells which messages of one account are drafts of ours, by the mail with those they are for.

    ``known`` are the ids of the ledger; the settings tell the user's own addresses, to which no draft goes, and
    which addresses are one contact's.
    """

    def __init__(self, account: str, known: Collection[str], lookup: Lookup, settings: Settings, now: datetime) -> None:
        self._account = account
        self._known = set(known)
        self._lookup = lookup
        self._own = frozenset(settings.me.addresses)
        self._cards = [frozenset(card.addresses) for card in settings.cards]
        self._now = now

    def strays(self, mailboxes: Sequence[DraftsMailbox], seen: Sequence[Message]) -> list[Draft]:
        """Return the rows that the ledger lacks: for what lies among the drafts, and for ``seen``.

        ``mailboxes`` are those of drafts that were looked into, Drafts first; ``seen`` the messages outside of them
        whose ids look like ours.
        """
        mine = [one for one in seen if one.account == self._account]
        mail = KnownMail(mine)
        found = {
            row.id: row
            for trace, proof in self._proven(_in_mail(mine))
            for row in [self._row(trace, *proof, settled_as(mail, trace.message_id))]
        }
        for drafts in reversed(mailboxes):  # what lies in Drafts itself has the last word
            for trace, proof in self._proven(_in_drafts(drafts)):
                row = self._row(trace, *proof, DraftState.EDITED, drafts)
                found[row.id] = row
        return list(found.values())

    def _proven(self, traces: Iterable[_Trace]) -> Iterator[tuple[_Trace, tuple[str, str, Kind]]]:
        found: set[str] = set()
        for trace in traces:
            looks = _ID.fullmatch(trace.message_id)
            if looks and looks[1] not in self._known and looks[1] not in found:
                proof = self._proof(looks[1], trace.to)
                if proof is not None:
                    found.add(looks[1])
                    yield trace, proof

    def _proof(self, digits: str, to: Iterable[str]) -> tuple[str, str, Kind] | None:
        """Return (contact, silence, kind) whose hash this is, None when there is none.

        They may have opened the silence from another address: threads join those of one person as cards do.
        """
        for contact in (one for one in to if one not in self._own):
            theirs = self._lookup.about((), self._addresses(contact))
            for message in self._lookup.around({one.id for one in theirs}):
                for kind in Kind:
                    if message.message_id and draft_id(contact, message.message_id, kind) == digits:
                        return contact, message.message_id, kind
        return None

    def _addresses(self, contact: str) -> tuple[str, ...]:
        return tuple(sorted({contact}.union(*(card for card in self._cards if contact in card))))

    def _row(
        self,
        trace: _Trace,
        contact: str,
        silence: str,
        kind: Kind,
        state: DraftState,
        drafts: DraftsMailbox | None = None,
    ) -> Draft:
        return Draft(
            id=trace.message_id[:20],
            account=self._account,
            kind=kind,
            contact=contact,
            addresses=self._addresses(contact),
            identity=trace.sender,
            subject=trace.subject,
            message_id=trace.message_id,
            in_reply_to=trace.in_reply_to,
            thread_subject=trace.subject,
            silence=silence,
            state=state,
            created=laid_by_another(trace.when, self._now),
            changed=self._now,
            language="",
            template="",
            fingerprint="",
            mailbox=drafts.name if drafts else None,
            uidvalidity=drafts.uidvalidity if drafts else None,
            uid=trace.uid,
            attempts=1,
        )


def settled_as(mail: KnownMail, message_id: str) -> DraftState:
    """Return what became of a draft of ours that another computer, or a ledger that was lost, has written.

    In Trash it is settled and not declined: who put it there is not known.
    """
    roles = {copy.role for copy in mail.with_id(message_id)}
    if Role.SENT in roles:
        return DraftState.SENT
    return DraftState.MOVED if roles - {Role.TRASH} else DraftState.WITHDRAWN


def _in_drafts(drafts: DraftsMailbox) -> Iterator[_Trace]:
    for one in drafts.lying:
        facts = one.facts
        if facts is not None and facts.message_id:
            sender = facts.sender.address if facts.sender else ""
            to = tuple(person.address for person in facts.to)
            yield _Trace(facts.message_id, sender, to, facts.subject, facts.in_reply_to, facts.date, one.uid)


def _in_mail(messages: Iterable[Message]) -> Iterator[_Trace]:
    for one in messages:
        if one.message_id and one.outgoing:
            to = tuple(person.address for person in one.to)
            yield _Trace(one.message_id, one.sender.address if one.sender else "", to, one.subject, None, one.when)
