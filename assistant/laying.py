"""Laying a draft into the Drafts mailbox: the intention first, then the APPEND, then a look whether it is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.drafting.identity import fingerprint
from assistant.errors import AccountError, FuseBlown, MailboxError, MessageError
from assistant.following import FLAGS, DraftsMailbox, LyingDraft, as_laid, laid_by_another, look_into, look_into_drafts
from assistant.mailbox.door import Door, Progress, silent
from assistant.model import Draft, DraftState, HeaderFacts, HeldBecause, Letter, Ours, Role, Suggestion
from assistant.reading import AccountReading
from assistant.recovering import settled_as
from assistant.settings import AccountSettings
from assistant.store.ledger import Ledger
from assistant.tidings import KnownMail

FUSE_ABOVE_CAP = 2


@dataclass(frozen=True, slots=True)
class Desk:
    """An account that is open: its door, the ledger to write to, what was read.

    ``rehearsed``: nothing is real. ``until``: what came later is not looked at.
    """

    account: AccountSettings
    door: Door
    ledger: Ledger
    reading: AccountReading
    rehearsed: bool
    until: datetime | None = None
    progress: Progress = silent

    @property
    def drafts_name(self) -> str:
        """The Drafts mailbox. Raises MailboxError when there is none."""
        name = self.reading.folder(Role.DRAFTS)
        if name is None:
            raise MailboxError(
                f"The account {self.account.name!r} has no Drafts mailbox that could be recognised.",
                'Name it with drafts = "..." in the configuration, or create it in your mail program.',
                code="no_drafts",
            )
        return name

    def look_into_drafts(self) -> DraftsMailbox:
        """Look at all of Drafts. Raises MailboxError when there is none, or it cannot be read."""
        return look_into_drafts(self.door, self.drafts_name, self.until, self.progress)

    def look_where_drafts_lie(self, drafts: Iterable[Draft]) -> list[DraftsMailbox]:
        """Look into all mailboxes of drafts, then into what was Drafts when one of these that still live was laid.

        Raises MailboxError as ``look_into_all_drafts`` does.
        """
        there = {folder.name for folder in self.reading.folders}
        homes = (one.mailbox for one in drafts if one.state.live)
        return self._look_into([*self._all_drafts(), *(home for home in homes if home in there)])

    def look_into_all_drafts(self) -> list[DraftsMailbox]:
        """Look into Drafts, then into every other mailbox of drafts: a phone or an old client may save into one.

        Raises MailboxError when there is no Drafts, or one of them cannot be read.
        """
        return self._look_into(self._all_drafts())

    def _all_drafts(self) -> list[str]:
        return [self.drafts_name, *(one.name for one in self.reading.folders if one.counts_as is Role.DRAFTS)]

    def _look_into(self, names: Sequence[str]) -> list[DraftsMailbox]:
        """Look into each of these mailboxes once."""
        return [look_into_drafts(self.door, name, self.until, self.progress) for name in dict.fromkeys(names)]


@dataclass(frozen=True, slots=True)
class Page:
    """A suggestion with the letter written for it.

    ``gift`` is the offer or the thing shared that is in it; ``standing`` and ``known`` as in Draft.
    """

    suggestion: Suggestion
    letter: Letter
    gift: str | None = None
    standing: str = ""
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Laid:
    """What became of a page: the ledger's row, or why it was held after all."""

    page: Page
    draft: Draft | None
    held: HeldBecause | None = None


class Fuse:
    """Stops an account that is about to write more than any day allows: something must be wrong."""

    def __init__(self, account: str, daily_cap: int) -> None:
        self._account = account
        self._left = daily_cap + FUSE_ABOVE_CAP

    def burn(self) -> None:
        """Count one APPEND. Raises FuseBlown when it would be one too many."""
        if self._left <= 0:
            raise FuseBlown(
                f"The account {self._account!r} was stopped: more drafts were about to be written than a day allows.",
                "This should not happen; please report it. Look at 'assistant drafts' and into Drafts; only "
                "'assistant sweep', typed by hand, lets it go on.",
            )
        self._left -= 1


def lay_drafts(desk: Desk, pages: Sequence[Page], mail: KnownMail, now: datetime, fuse: Fuse) -> list[Laid]:
    """Lay these letters into the account's Drafts, best first, and return what became of each.

    Raises MailboxError or AccountError when the account cannot go on; what was written stays recorded.
    """
    mailboxes = desk.look_into_all_drafts()
    return [_lay(desk, mailboxes, page, mail, now, fuse) for page in pages]


def _lay(
    desk: Desk, mailboxes: Sequence[DraftsMailbox], page: Page, mail: KnownMail, now: datetime, fuse: Fuse
) -> Laid:
    letter = page.letter
    known = desk.ledger.draft(letter.id)
    if known is not None and known.state is not DraftState.PLANNED:
        return Laid(page, None, HeldBecause.HAD_DRAFT)
    row = _row(desk, page, now, attempts=known.attempts if known else 0)
    for drafts in mailboxes:
        if copies := drafts.with_id(letter.message_id):
            return Laid(page, _adopt(desk, drafts, row, copies[0]), HeldBecause.LIVE_DRAFT)
    if mail.with_id(letter.message_id):
        # A second computer wrote it, and it has been sent, moved or thrown away since.
        desk.ledger.change(row, now, state=settled_as(mail, letter.message_id))
        return Laid(page, None, HeldBecause.HAD_DRAFT)
    if any(_begun_by_user(drafts, row) for drafts in mailboxes):
        return Laid(page, None, HeldBecause.LIVE_DRAFT)
    fuse.burn()
    return Laid(page, append_once(desk, row, letter, FLAGS, now))


def _row(desk: Desk, page: Page, now: datetime, attempts: int) -> Draft:
    suggestion, letter = page.suggestion, page.letter
    return Draft(
        id=letter.id,
        account=desk.account.name,
        kind=suggestion.kind,
        contact=suggestion.contact.address,
        addresses=suggestion.contact.addresses,
        identity=suggestion.identity,
        subject=letter.subject,
        message_id=letter.message_id,
        in_reply_to=letter.in_reply_to,
        thread_subject=suggestion.thread.subject if suggestion.thread else "",
        silence=suggestion.silence.opened_by,
        state=DraftState.PLANNED,
        created=now,
        changed=now,
        language=letter.language,
        template=letter.template,
        fingerprint=letter.fingerprint,
        needs_word=suggestion.needs_word,
        reason=suggestion.reason,
        mailbox=desk.drafts_name,
        attempts=attempts,
        gift=page.gift,
        standing=page.standing,
        since=suggestion.silence.since,
        known=page.known,
    )


def _adopt(desk: Desk, drafts: DraftsMailbox, row: Draft, copy: LyingDraft) -> Draft:
    """Record a draft of ours that lies there already: the ledger was lost, or a second computer wrote it.

    In another mailbox than Drafts it is the user's: nothing tells that they did not move it.
    """
    untouched = drafts.name == row.mailbox and as_laid(desk.door, drafts, copy, row)
    return desk.ledger.change(
        row,
        row.created,
        state=DraftState.WAITING if untouched else DraftState.EDITED,
        created=laid_by_another(copy.facts.date if copy.facts is not None else None, row.created),
        mailbox=drafts.name,
        uid=copy.uid,
        uidvalidity=drafts.uidvalidity,
    )


def _begun_by_user(drafts: DraftsMailbox, row: Draft) -> bool:
    """Tell whether the user has begun to write to this person or in this thread: their own draft stops ours.

    In another mailbox than Drafts an old client may have left some that nobody sees any more: of what was saved there
    before the silence only an answer in this thread counts.
    """
    saved = [one.facts for one in drafts.lying if one.facts is not None]
    recent = saved if drafts.name == row.mailbox else [facts for facts in saved if not _is_older(facts, row.since)]
    return any(_answers(facts, row.in_reply_to) for facts in saved) or any(_is_to(facts, row) for facts in recent)


def _is_older(facts: HeaderFacts, since: datetime | None) -> bool:
    return since is not None and facts.date is not None and facts.date < since


def _answers(facts: HeaderFacts, message_id: str | None) -> bool:
    return message_id is not None and message_id in (facts.in_reply_to, *facts.references[-1:])


def _is_to(facts: HeaderFacts, row: Draft) -> bool:
    return not {person.address for person in facts.to}.isdisjoint(row.addresses)


def append_once(desk: Desk, row: Ours, letter: Letter, flags: Iterable[str], now: datetime) -> Ours:
    """APPEND a letter to the mailbox of its row so that a crash or a cut at any moment leaves at most one copy.

    The intention is on disk before the first byte leaves; an APPEND whose answer never came is
    *unknown* and only looked for (PRODUCT: at most once).
    """
    assert row.mailbox is not None
    status = desk.door.status([row.mailbox]).get(row.mailbox)
    if status is None:
        raise MailboxError(f"The mailbox {row.mailbox!r} has vanished.", "Look whether it was renamed.")
    intended = desk.ledger.change(
        row,
        now,
        state=DraftState.INTENDED,
        uidvalidity=status.uidvalidity,
        uidnext=status.uidnext,
        attempts=row.attempts + 1,
    )
    try:
        uid = desk.door.append(row.mailbox, letter.raw, flags)
    except (MailboxError, MessageError):
        # The server said NO: nothing was stored, and the next sweep may try again.
        desk.ledger.change(row, now)
        raise
    except AccountError:
        desk.ledger.change(intended, now, state=DraftState.UNKNOWN)
        raise
    return _confirmed(desk, intended, uid, status.uidnext, now)


def _confirmed(desk: Desk, intended: Ours, uid: int | None, first: int, now: datetime) -> Ours:
    """Look whether it is there, and note how the server keeps it; what is not seen for certain is unknown."""
    assert intended.mailbox is not None
    try:
        if uid is None:
            uid = _find(desk.door, intended.mailbox, first, intended.message_id)
        kept = desk.door.raw(intended.mailbox, uid) if uid is not None else None
    except MessageError:
        kept = None
    except (MailboxError, AccountError):
        desk.ledger.change(intended, now, state=DraftState.UNKNOWN)
        raise
    if kept is None:
        return desk.ledger.change(intended, now, state=DraftState.UNKNOWN)
    return desk.ledger.change(intended, now, state=DraftState.WAITING, uid=uid, fingerprint=fingerprint(kept))


def _find(door: Door, mailbox: str, first: int, message_id: str) -> int | None:
    """Look for our message among those that came since the APPEND began.

    The last of several: another computer may have written the same draft at the same moment. When both take
    the last for their own, both take that one back, and the first stays.
    """
    found = look_into(door, mailbox, first=first)
    return max((one.uid for one in found.with_id(message_id)), default=None) if found is not None else None
