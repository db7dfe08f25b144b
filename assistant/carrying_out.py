"""Carrying out the plan: its letters are laid, one after the other, as long as what was judged holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from assistant.accounts import Accounts
from assistant.errors import Busy, ConfigError, MessageError
from assistant.laying import Desk, Fuse, Laid, Page, lay_drafts
from assistant.model import Choices, Draft, DraftState, HeldBecause, OtherChannel, Suggestion
from assistant.outcome import Proposed
from assistant.planning import Plan
from assistant.store.database import account_lock
from assistant.task import Task
from assistant.weighing import Weighing

LAYING = ".laying"  # no account can have this name


class Outlook:
    """Tells whether what is judged from now on still holds; ``judged_up_to`` is the newest message there is."""

    def __init__(self, task: Task, accounts: Accounts) -> None:
        self._task = task
        self._accounts = accounts
        self._looked = False  # since it was judged, or anything was laid
        self._news = False  # of which the judgement knows nothing
        self._known_drafts = self._drafts_made()
        self._known_words = self._users_words()
        self.judged_up_to = task.facts.weighed.mark().newest

    def something_came(self) -> bool:
        """Look into all accounts; True when something came, now or at an earlier look, that was not judged.

        Also when the user said something meanwhile. Raises ConfigError.
        """
        self._news |= self._accounts.something_came() or self._user_spoke()
        self._looked = True
        return self._news

    @contextmanager
    def laying(self, desk: Desk) -> Iterator[bool]:
        """Let nobody else lay meanwhile; False when what was judged holds no more, and the next sweep judges anew.

        Laying takes its time: somebody may have written, and the user may have said that they want no such draft.
        And another process may have laid drafts in another account: the caps and "one draft for one person" hold
        over all accounts. Raises ConfigError.
        """
        if desk.rehearsed:
            yield True
            return
        with ExitStack() as stack:
            try:
                stack.enter_context(account_lock(self._task.state, LAYING))
            except Busy:
                yield False
                return
            if not self._looked:
                self.something_came()
            self._news |= self._user_spoke() or not self._drafts_made() <= self._known_drafts
            try:
                yield not self._news
            finally:
                self._looked = False
                self._known_drafts |= self._drafts_made()

    def _drafts_made(self) -> set[str]:
        return {one.id for one in self._task.ledger.drafts() if one.state is not DraftState.PLANNED}

    def _user_spoke(self) -> bool:
        return self._users_words() != self._known_words

    def _users_words(self) -> tuple[Choices, Mapping[str, Sequence[OtherChannel]]]:
        """Return what the user chose and logged; opt-outs are read from mail, and noted by the judgement itself."""
        return replace(self._task.choices, opted_out=frozenset()), self._task.ledger.other_channels()


def carry_out(plan: Plan, outlook: Outlook, task: Task, accounts: Accounts, weighing: Weighing) -> list[Proposed]:
    """Lay the letters into Drafts, and return what came of each suggestion; what fails is left out and noted."""
    laid: dict[str, Laid] = {}
    for desk in accounts.desks:
        strays = plan.strays.get(desk.account.name, ())
        pages = _those_not_astray(plan.pages_for(desk.account.name), strays)
        laid_here = _lay(desk, pages, outlook, task, accounts, weighing)
        for stray in strays:
            if desk.ledger.draft(stray.id) is None:
                desk.ledger.write(stray)
        if desk.rehearsed:
            laid_here = [replace(one, draft=None) for one in laid_here]
        elif not strays:
            _confirm(desk, laid_here, task)
        laid.update((one.page.letter.id, one) for one in laid_here)
    return [_proposed(one, page, laid) for one, page in plan.written]


def _those_not_astray(pages: Sequence[Page], strays: Sequence[Draft]) -> list[Page]:
    """Return what may be laid: where drafts strayed, only they, which are then found again.

    Who wrote how much to whom is known again in the next sweep.
    """
    found = {one.id for one in strays}
    return [page for page in pages if not strays or page.letter.id in found]


def _lay(
    desk: Desk, pages: Sequence[Page], outlook: Outlook, task: Task, accounts: Accounts, weighing: Weighing
) -> list[Laid]:
    """Lay these letters as far as that goes."""
    fuse = Fuse(desk.account.name, task.settings.restraint.daily_cap)
    laid: list[Laid] = []
    with accounts.noting(desk):
        try:
            for page in pages:
                with outlook.laying(desk) as allowed:
                    if not allowed:
                        break
                    mail = weighing.mail_about([page.letter.message_id])
                    laid += lay_drafts(desk, [page], mail, task.now, fuse)
        except (MessageError, ConfigError) as error:
            accounts.troubles.note(desk.account.name, error)
    if laid:
        begun = [one.page.letter.id for one in laid if one.held is HeldBecause.LIVE_DRAFT and one.draft is None]
        desk.ledger.note_begun_by_user(desk.account.name, begun)
    return laid


def _confirm(desk: Desk, laid: Sequence[Laid], task: Task) -> None:
    """Let the daemon write in an account from now on, once a sweep that a person typed has written there."""
    if not task.order.by_hand or task.order.share is not None:
        return
    name = desk.account.name
    written = bool(desk.ledger.drafts(name)) or any(one.draft for one in laid)
    if written and not task.ledger.confirmed(name):
        task.ledger.confirm(name, task.now)


def _proposed(suggestion: Suggestion, page: Page | HeldBecause | None, laid: Mapping[str, Laid]) -> Proposed:
    """Return what came of a suggestion; what was to be drafted and could not be is held, and says why."""
    if page is None:
        return Proposed(suggestion)
    if isinstance(page, HeldBecause):
        return Proposed(replace(suggestion, held=page))
    one = laid.get(page.letter.id)
    if one is None:
        return Proposed(replace(suggestion, held=HeldBecause.ACCOUNT_UNREAD))
    if one.held is not None:
        return Proposed(replace(suggestion, held=one.held))
    return Proposed(page.suggestion, page.letter, one.draft)
