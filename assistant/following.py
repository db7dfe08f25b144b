"""Following our drafts: what the mailbox shows of each, and taking back those that are of no more use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from assistant.correspondence.threads import base_subject
from assistant.drafting.identity import fingerprint
from assistant.errors import MailboxError, MessageError
from assistant.lifecycle import LATELY, LOOKED_AFTER, SECOND_COPY, Action, InDrafts, Sight, Step, next_step
from assistant.mailbox.door import Door, Glance, Progress, silent
from assistant.mailbox.headers import read_headers
from assistant.model import LIVE_STATES, Digest, Draft, DraftState, HeaderFacts, Message, Ours
from assistant.store.ledger import Ledger
from assistant.tidings import KnownMail

FLAGS = ("\\Draft", "\\Seen")  # \Draft: Outlook and Fastmail show it as sent without; \Seen: no "not read" notices
CHUNK = 1000  # header blocks between two signs of life


@dataclass(frozen=True, slots=True)
class LyingDraft:
    """A message in the Drafts mailbox, ours or anybody's. ``facts`` None: its header lines cannot be read."""

    uid: int
    flags: frozenset[str]
    facts: HeaderFacts | None


class DraftsMailbox:
    """The Drafts mailbox (or that of digests) as it is now; SEARCH HEADER cannot be trusted anywhere.

    Header lines are fetched when they are first asked for.
    """

    def __init__(
        self,
        door: Door,
        name: str,
        glance: Glance,
        until: datetime | None = None,
        progress: Progress = silent,
    ) -> None:
        """``until``: what came later is not looked at."""
        self.name = name
        self.glance = glance
        self._until = until
        self._door = door
        self._progress = progress

    @property
    def uidvalidity(self) -> int:
        """The UIDVALIDITY, 0 when the server gives none worth trusting."""
        return self.glance.uidvalidity

    @cached_property
    def lying(self) -> tuple[LyingDraft, ...]:
        """Everything that lies there, lowest UID first."""
        found = []
        uids = sorted(self.glance.flags)
        for number, raw in enumerate(self._door.headers(self.name, uids), 1):
            if number % CHUNK == 0:
                self._progress(self.name, number, len(uids))
            if self._until is not None and raw.internal_date is not None and raw.internal_date > self._until:
                continue
            try:
                facts = read_headers(raw.block)
            except MessageError:
                facts = None
            found.append(LyingDraft(raw.uid, raw.flags, facts))
        return tuple(sorted(found, key=lambda one: one.uid))

    def with_id(self, message_id: str) -> list[LyingDraft]:
        """Return the messages with this Message-ID, lowest UID first."""
        return [one for one in self.lying if one.facts is not None and one.facts.message_id == message_id]

    def looks(self) -> dict[str, Any]:
        """Return all that can change in it, as JSON values: what lies under a UID never does (RFC 3501, 2.3.1.1)."""
        flags = {str(uid): sorted(flags) for uid, flags in sorted(self.glance.flags.items())}
        return {"name": self.name, "uidvalidity": self.uidvalidity, "flags": flags}


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A draft that was taken back."""

    draft: Draft
    because: str


def look_into_drafts(
    door: Door, name: str, until: datetime | None = None, progress: Progress = silent
) -> DraftsMailbox:
    """Look at all of Drafts, but for what came after ``until``. Raises MailboxError when it cannot be read.

    ``progress`` is told of long reading, and may end it by raising.
    """
    return DraftsMailbox(door, name, door.glance(name), until, progress)


def look_into(
    door: Door, name: str, *, uid: int | None = None, first: int = 1, until: datetime | None = None
) -> DraftsMailbox | None:
    """Look at one message of a mailbox, or at all from a UID on and up to ``until``; None when it is not there."""
    status = door.status([name]).get(name)
    if status is None:
        return None
    uids = door.uids(name, first) if uid is None else [uid]
    return DraftsMailbox(door, name, Glance(status.uidvalidity, dict.fromkeys(uids, frozenset[str]())), until)


def follow_drafts(
    door: Door,
    ledger: Ledger,
    mailboxes: Sequence[DraftsMailbox],
    mail: KnownMail,
    now: datetime,
    *,
    trash: str | None,
    withdraw_after_days: int | None,
    refused: Callable[[MailboxError], object],
    withdraw: bool = True,
) -> list[Withdrawal]:
    """Bring the ledger up to date with the mailbox; take back what is untouched and of no more use.

    ``mailboxes``: Drafts first, then the other ones of drafts and those in which ours were laid.
    ``withdraw_after_days`` is None while everything is paused. ``refused`` is told what keeps a draft from being
    followed; the others are. With ``withdraw`` false (a mailbox was renumbered) nothing is taken back.
    """
    withdrawn = []
    before, looks = ledger.drafts_seen(door.account), [one.looks() for one in mailboxes]
    unchanged = all(one.uidvalidity for one in mailboxes) and before.get("looks") == looks
    places = before["places"] if unchanged else {}
    settled: dict[str, list[str | int | None]] = {}
    for draft in watched(ledger, door.account, now):
        row, home = _digest(draft), next((one for one in mailboxes if one.name == draft.mailbox), mailboxes[0])
        try:
            hit, place = _known_place(home, *places[row]) if row in places else _place(door, mailboxes, home, draft)
            if withdraw and hit is not None and draft.attempts > 1:
                _clear_away(door, home, draft, _late_copies(door, home, draft, hit), trash)
            sight = _sight(door, ledger, mail, draft, place, now, withdraw_after_days)
            step = next_step(draft, sight, now)
            if step.action is Action.WITHDRAW:
                copied = mail.in_trash(draft)
                because = step.because or ""
                taken = take_back(door, ledger, home, draft, because, now, trash, copied=copied) if withdraw else None
                withdrawn += [taken] if taken else []
            elif step.action is Action.YIELD:
                if withdraw:
                    give_way(door, ledger, home, draft, now, trash, copied=mail.in_trash(draft))
            elif _changed(draft, step, hit):
                _note(ledger, draft, step, hit, home, now)
            else:
                settled[row] = [place, hit.uid if hit else None]
        except MailboxError as error:
            refused(error)
    ledger.note_drafts_seen(door.account, {**before, "looks": looks, "places": settled})
    return withdrawn


def watched(ledger: Ledger, account: str, now: datetime) -> list[Draft]:
    """Return an account's drafts of which the mailbox may have something to tell: live ones, and lately withdrawn."""
    return [
        draft
        for draft in ledger.drafts(account)
        if draft.state in LIVE_STATES or (draft.state is DraftState.WITHDRAWN and now - draft.changed < LOOKED_AFTER)
    ]


def _changed(draft: Draft, step: Step, hit: LyingDraft | None) -> bool:
    told, known = (step.state, step.missed, step.because), (draft.state, draft.missed, draft.because)
    return told != known or (hit is not None and hit.uid != draft.uid)


def _note(ledger: Ledger, draft: Draft, step: Step, hit: LyingDraft | None, home: DraftsMailbox, now: datetime) -> None:
    stepped = (step.state, step.missed) != (draft.state, draft.missed)
    ledger.change(
        draft,
        now if stepped else draft.changed,
        state=step.state,
        because=step.because,
        missed=step.missed,
        uid=hit.uid if hit else draft.uid,
        mailbox=home.name if hit else draft.mailbox,
        uidvalidity=home.uidvalidity if hit else draft.uidvalidity,
    )


def _digest(draft: Draft) -> str:
    """Return what tells whether a row of the ledger is still the same."""
    return hashlib.sha256(repr(draft).encode()).hexdigest()[:16]


def _known_place(drafts: DraftsMailbox, place: str, uid: int | None) -> tuple[LyingDraft | None, InDrafts]:
    """Return what an earlier look at the same Drafts showed."""
    return LyingDraft(uid, drafts.glance.flags[uid], None) if uid is not None else None, InDrafts(place)


def _place(
    door: Door, mailboxes: Sequence[DraftsMailbox], home: DraftsMailbox, draft: Draft
) -> tuple[LyingDraft | None, InDrafts]:
    """Return our untouched copy, if there is one, and what Drafts shows of a draft.

    Untouched it can only lie at ``home``, where we laid it; moved to what is Drafts now it is the user's.
    """
    hit = untouched_copy(door, home, draft)
    if hit is not None:
        return hit, _among_copies(door, home, draft, hit)
    for mailbox in mailboxes:
        if mailbox.with_id(draft.message_id) or any(answers_same(one, draft) for one in mailbox.lying):
            return None, InDrafts.CHANGED
    return None, InDrafts.NOTHING


def _sight(
    door: Door, ledger: Ledger, mail: KnownMail, draft: Draft, place: InDrafts, now: datetime, after_days: int | None
) -> Sight:
    looked = ledger.last_sweep(draft.account)
    return Sight(
        in_drafts=place,
        # Once withdrawn, an answer in the thread is the user's own; only our id tells that it was open and was sent.
        in_sent=mail.sent(draft) if draft.state.live else mail.sent_as_it_was(draft),
        in_trash=mail.in_trash(draft),
        elsewhere=any(_still_there(door, copy) for copy in mail.elsewhere(draft)),
        over=mail.over(draft, now, after_days),
        lately=looked is not None and now - looked < LATELY,
    )


def _still_there(door: Door, copy: Message) -> bool:
    """Ask whether a message still lies where it was seen; the store does not notice what leaves a mailbox."""
    try:
        return copy.uid is not None and copy.uid in door.flags(copy.mailbox, [copy.uid])
    except MailboxError:
        return True


def untouched_copy(door: Door, drafts: DraftsMailbox, draft: Draft | Digest) -> LyingDraft | None:
    """Return our draft in Drafts when it is provably as we wrote it, else None."""
    if drafts.uidvalidity != draft.uidvalidity:
        return None
    return next((one for one in _expected(drafts, draft) if _as_written(door, drafts, one, draft)), None)


def _expected(drafts: DraftsMailbox, draft: Draft | Digest) -> list[LyingDraft]:
    """Return the copies that can be the one we wrote, the likeliest first.

    One that was not confirmed can only lie from the UIDNEXT before its APPEND on. Of several it is the last
    that still has both our flags: saving a draft costs it one of them in every mail client (measured).
    """
    copies = drafts.with_id(draft.message_id)
    if draft.uid is None:
        since = [one for one in copies if one.uid >= (draft.uidnext or 0)]
        return [one for one in reversed(since) if one.flags.issuperset(FLAGS)] or since
    ours = [one for one in copies if one.uid == draft.uid]
    # Ours has given way to the older copy, and noting that was interrupted.
    return copies if not ours and draft.because == SECOND_COPY else ours


def _as_written(door: Door, drafts: DraftsMailbox, one: LyingDraft, draft: Draft | Digest) -> bool:
    try:
        raw = door.raw(drafts.name, one.uid)
    except MessageError:  # larger than any draft of ours, or unreadable
        return False
    return raw is not None and _untouched(draft, one.flags, raw)


def _untouched(row: Draft | Digest, flags: frozenset[str], raw: bytes) -> bool:
    """Tell that nobody has marked or edited what we wrote; a digest that was read is the user's, too."""
    users = {"\\Flagged", "\\Seen"} if isinstance(row, Digest) else {"\\Flagged"}
    return users.isdisjoint(flags) and fingerprint(raw) == row.fingerprint


def _among_copies(door: Door, drafts: DraftsMailbox, draft: Draft, hit: LyingDraft) -> InDrafts:
    """Say what our untouched copy is beside others under its id.

    An older one is no work of the user's on ours, whose UID would be higher: another computer has written it.
    A newer one is that computer's, too, while it reads the same; else the user has postponed ours (aerc leaves
    the old copy beside the new one).
    """
    others = [one for one in drafts.with_id(draft.message_id) if one.uid != hit.uid]
    if any(one.uid < hit.uid for one in others):
        return InDrafts.SECOND
    same = all(_as_written(door, drafts, one, draft) for one in others)
    return InDrafts.UNTOUCHED if same else InDrafts.CHANGED


def _late_copies(door: Door, drafts: DraftsMailbox, draft: Draft, hit: LyingDraft) -> list[LyingDraft]:
    """Return what an APPEND before the last one left behind after all, and nobody has touched."""
    newer = [one for one in drafts.with_id(draft.message_id) if one.uid > hit.uid]
    return [one for one in newer if as_laid(door, drafts, one, draft)]


def as_laid(door: Door, drafts: DraftsMailbox, one: LyingDraft, draft: Draft) -> bool:
    """Tell whether a copy whose UID we never noted is as we laid it: as we wrote it, still with both our flags.

    Saving a draft costs it one of them in every mail client (measured), also when not a word was changed.
    """
    return one.flags.issuperset(FLAGS) and _as_written(door, drafts, one, draft)


def _clear_away(
    door: Door, drafts: DraftsMailbox, draft: Draft, copies: Iterable[LyingDraft], trash: str | None
) -> None:
    """Take copies out, past the Trash where the server allows it: there a copy would mean the user's no."""
    for one in copies:
        with suppress(MessageError):  # touched since
            any(_out(door, drafts, draft, one.uid, where) for where in (None, trash))


def _out(door: Door, drafts: DraftsMailbox, row: Draft | Digest, uid: int, trash: str | None) -> bool:
    """Take a copy out that nobody has touched up to that very moment. Raises MessageError when somebody has."""
    return door.withdraw(drafts.name, uid, trash, drafts.uidvalidity, partial(_untouched, row))


def answers_same(one: LyingDraft, draft: Draft) -> bool:
    """Tell whether a message in Drafts is for the same person and thread as a draft of ours."""
    if one.facts is None or not {person.address for person in one.facts.to} & set(draft.addresses):
        return False
    if draft.in_reply_to:
        return draft.in_reply_to in (one.facts.in_reply_to, *one.facts.references[-1:])
    return base_subject(one.facts.subject) == base_subject(draft.subject)


def take_back(
    door: Door,
    ledger: Ledger,
    drafts: DraftsMailbox,
    draft: Draft,
    because: str,
    now: datetime,
    trash: str | None,
    *,
    copied: bool = False,
) -> Withdrawal | None:
    """Withdraw a draft that is provably untouched; None when it is not, or the server offers no safe way.

    ``copied``: a copy lies in Trash already, since an earlier attempt came no further; there is to be no second one.
    """
    taken = take_out(door, ledger, drafts, draft, because, now, trash, copied=copied)
    return Withdrawal(taken, because) if taken is not None else None


def take_out(
    door: Door,
    ledger: Ledger,
    drafts: DraftsMailbox,
    row: Ours,
    because: str,
    now: datetime,
    trash: str | None,
    *,
    copied: bool = False,
) -> Ours | None:
    """Take a message of ours that is provably untouched out of its mailbox; None when that cannot be done.

    The reason is noted first, so that an interruption is not taken for the user's no. It stays noted where the
    server offers no way: ``status`` tells the user, who deletes the draft by hand.
    """
    noted = _taken_out(door, ledger, drafts, row, because, trash, copied)
    return ledger.change(noted, now, state=DraftState.WITHDRAWN) if noted is not None else None


def laid_by_another(dated: datetime | None, now: datetime) -> datetime:
    """Return when another computer laid a draft: by its Date, which its moves are told by; no clock is a day ahead."""
    return dated if dated is not None and dated - now < timedelta(days=1) else now


def give_way(
    door: Door,
    ledger: Ledger,
    drafts: DraftsMailbox,
    draft: Draft,
    now: datetime,
    trash: str | None,
    *,
    copied: bool = False,
) -> Draft | None:
    """Take our copy back where an older one lies, and follow that one from now on; None when nothing was done.

    Two programs can never remove both: each takes back the one it wrote, and only where an older one is.
    """
    noted = _taken_out(door, ledger, drafts, draft, SECOND_COPY, trash, copied)
    if noted is None:
        return None
    oldest = drafts.with_id(draft.message_id)[0]
    same = as_laid(door, drafts, oldest, draft)
    state = DraftState.WAITING if same else DraftState.EDITED
    dated = oldest.facts.date if oldest.facts is not None else None
    created = laid_by_another(dated, now)
    return ledger.change(noted, now, state=state, uid=oldest.uid, because=None, created=created)


def _taken_out(
    door: Door, ledger: Ledger, drafts: DraftsMailbox, row: Ours, because: str, trash: str | None, copied: bool
) -> Ours | None:
    """Note why, and take the untouched copy out; None when there is none, or no safe way."""
    hit = untouched_copy(door, drafts, row)
    if hit is None:
        return None
    noted = replace(row, because=because, state=DraftState.WAITING, uid=hit.uid)
    if noted != row:
        ledger.write(noted)
    try:
        gone = (copied and _out(door, drafts, row, hit.uid, None)) or _out(door, drafts, row, hit.uid, trash)
    except MessageError:  # touched since: the user's, and nothing was begun
        ledger.write(row)
        return None
    return noted if gone else None
