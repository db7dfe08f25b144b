"""Telling the user why drafts are waiting: the digest, one message to themselves, replaced while it is unread."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from assistant.drafting.digest import DigestFacts, digest_id, entry
from assistant.drafting.message import compose_to_self
from assistant.drafting.shelf import digest_template, phrases, shelves
from assistant.drafting.wording import render_sheet
from assistant.following import DraftsMailbox, look_into, take_out, untouched_copy
from assistant.laying import Desk, append_once
from assistant.lifecycle import InDrafts, Sight, next_step
from assistant.model import Digest, Draft, DraftState, Letter, Role
from assistant.settings import Settings
from assistant.tidings import KnownMail

UNREAD: tuple[str, ...] = ()
"""No flag at all: it is there to be noticed."""
REPLACED = "A newer one tells it."
NO_USE = "No draft that it names is waiting."
IN_DOUBT = frozenset({DraftState.PLANNED, DraftState.INTENDED, DraftState.UNKNOWN})


MailAbout = Callable[[Collection[str]], KnownMail]


def tell_of_drafts(desk: Desk, settings: Settings, mail_about: MailAbout, now: datetime) -> None:
    """Lay a digest when drafts wait that none has named yet, in place of the one before while that is unread.

    The new one lies there before the old one is taken out; one that was read, or touched in any way, stays.
    ``mail_about`` looks up what is known of a digest that another computer may have laid. Raises TemplateError,
    MessageError, MailboxError or AccountError when it cannot be laid; the drafts are not concerned.
    """
    digests = desk.ledger.digests(desk.account.name)
    waiting = {one.id: one for one in desk.ledger.drafts(desk.account.name) if one.state is DraftState.WAITING}
    fresh = [one for one in waiting if one not in _told(digests)]
    unread = [one for one in digests if one.state is DraftState.WAITING]
    if not (fresh or unread[1:] or any(one.state in IN_DOUBT for one in digests)):
        return
    followed = [
        _followed(desk, one, now, of_use=not waiting.keys().isdisjoint(one.drafts))
        for one in digests
        if one.state is DraftState.WAITING or one.state in IN_DOUBT
    ]
    unread = [one for one in followed if one is not None]
    unread = _only_the_newest(desk, unread, now)
    if not fresh or unread[1:]:  # two that cannot be taken out of this mailbox: a third would be one more
        return
    named = [*fresh, *(one for digest in unread for one in digest.drafts if one in waiting and one not in fresh)]
    laid = _lay(desk, settings, [waiting[one] for one in named], mail_about, now)
    if laid is not None:
        _only_the_newest(desk, [*unread, laid], now)


def _told(digests: Sequence[Digest]) -> set[str]:
    """Return the drafts that were told of; one that a server refused was never laid."""
    return {draft for digest in digests if digest.state is not DraftState.PLANNED for draft in digest.drafts}


def _followed(desk: Desk, digest: Digest, now: datetime, *, of_use: bool) -> Digest | None:
    """Bring a digest's row up to date; return it while it lies there unread and untouched."""
    found = _look(desk, digest)
    place = _place(desk, found, digest)
    given_up = NO_USE if digest.state is DraftState.PLANNED and not of_use else None
    step = next_step(digest, Sight(in_drafts=place, over=given_up), now)
    changed = (step.state, step.missed) != (digest.state, digest.missed)
    if changed:
        digest = desk.ledger.change(digest, now, state=step.state, missed=step.missed)
    return digest if place is InDrafts.UNTOUCHED and digest.state is DraftState.WAITING else None


def _look(desk: Desk, digest: Digest) -> DraftsMailbox | None:
    return look_into(desk.door, digest.mailbox, uid=digest.uid, first=digest.uidnext or 1)


def _place(desk: Desk, found: DraftsMailbox | None, digest: Digest) -> InDrafts:
    """Tell how a digest lies in its mailbox; one that was read is the user's, as if changed."""
    if found is None or not found.with_id(digest.message_id):
        return InDrafts.NOTHING
    return InDrafts.UNTOUCHED if untouched_copy(desk.door, found, digest) is not None else InDrafts.CHANGED


def _only_the_newest(desk: Desk, unread: Sequence[Digest], now: datetime) -> list[Digest]:
    """Take all but the newest out, past the Trash where the server allows it; return those that still lie there."""
    return [one for one in unread[:-1] if not _taken_out(desk, one, now)] + list(unread[-1:])


def _taken_out(desk: Desk, digest: Digest, now: datetime) -> bool:
    for trash in (None, desk.reading.folder(Role.TRASH)):
        found = _look(desk, digest)  # once more: the user may be reading it
        if found is None or _place(desk, found, digest) is not InDrafts.UNTOUCHED:
            return True
        if take_out(desk.door, desk.ledger, found, digest, REPLACED, now, trash) is not None:
            return True
    return False


def _lay(
    desk: Desk, settings: Settings, drafts: Sequence[Draft], mail_about: MailAbout, now: datetime
) -> Digest | None:
    """Lay the digest of these drafts; None when another computer, or an attempt before this one, has done so."""
    letter = _written(desk, settings, drafts, now)
    known = {one.id: one for one in desk.ledger.digests(desk.account.name)}.get(letter.id)
    if known is not None and known.state is not DraftState.PLANNED:
        return None
    row = Digest(
        id=letter.id,
        account=desk.account.name,
        drafts=tuple(one.id for one in drafts),
        message_id=letter.message_id,
        state=DraftState.PLANNED,
        created=now,
        changed=now,
        fingerprint=letter.fingerprint,
        mailbox=settings.digest.mailbox,
        attempts=known.attempts if known else 0,
    )
    if mail_about([letter.message_id]).with_id(letter.message_id):
        desk.ledger.change(row, now, state=DraftState.EDITED)
        return None
    row = desk.ledger.change(row, now, mailbox=desk.door.make(settings.digest.mailbox))
    return append_once(desk, row, letter, UNREAD, now)


def _written(desk: Desk, settings: Settings, drafts: Sequence[Draft], now: datetime) -> Letter:
    directories = shelves(settings.directory / "templates")
    language, sheet = digest_template(settings.me.language, directories)
    spoken = phrases(language, directories)
    names = _names(desk)
    address = _address(settings, desk.account.username)
    entries = [entry(one, names.get(one.message_id) or one.contact, spoken) for one in drafts]
    facts = DigestFacts(language, len(drafts), "\n\n".join(entries), desk.drafts_name)
    identifier = digest_id(address, [one.id for one in drafts])
    return compose_to_self(
        address, render_sheet(sheet, facts), identifier=identifier, me_name=settings.me.name, now=now
    )


def _names(desk: Desk) -> Mapping[str, str]:
    """Return what the readers of the drafts are called, by Message-ID: as the drafts in the mailbox have it."""
    lying = desk.look_into_drafts().lying
    return {
        one.facts.message_id: one.facts.to[0].name
        for one in lying
        if one.facts is not None and one.facts.message_id and one.facts.to
    }


def _address(settings: Settings, username: str) -> str:
    """Return the user's address in an account: its login name when that is one of theirs, else the usual one."""
    mine: Collection[str] = settings.me.addresses
    return username.lower() if username.lower() in mine else settings.me.addresses[0]
