"""Planning within a sweep: the letters that were chosen are written, and drafts of ours that strayed are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.accounts import Accounts
from assistant.errors import MailboxError, MessageError, TemplateError
from assistant.following import DraftsMailbox
from assistant.laying import Desk, Page
from assistant.model import Draft, HeldBecause, Role, Suggestion
from assistant.recovering import FOUND_AGAIN, NAMED, Recognition
from assistant.task import Task
from assistant.weighing import Weighing


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be laid.

    Beside each suggestion stands its letter, or why it is held after all; None where none was chosen.
    ``strays`` are the drafts of ours that the ledger does not know, by account.
    """

    written: tuple[tuple[Suggestion, Page | HeldBecause | None], ...]
    strays: Mapping[str, Sequence[Draft]] = field(default_factory=dict)

    @property
    def has_letters(self) -> bool:
        """Tell whether there is anything to lay."""
        return any(isinstance(page, Page) for _, page in self.written)

    def pages_for(self, account: str) -> list[Page]:
        """Return the letters that go into an account's Drafts, best first."""
        pages = (page for _, page in self.written if isinstance(page, Page))
        return [page for page in pages if page.suggestion.account == account]


class Planning:
    """Makes the plan, before the last look: between that and APPEND nothing should take time.

    To be made before anything is read: it notes what was known.
    """

    def __init__(self, task: Task, accounts: Accounts, weighing: Weighing) -> None:
        self._task = task
        self._accounts = accounts
        self._weighing = weighing
        self._strays: dict[str, list[Draft]] = {}
        self._known_before = task.facts.weighed.mark().newest
        self._behind = {one.name for one in task.settings.accounts if _is_behind(task, one.name)}

    def plan(self, suggestions: Sequence[Suggestion], judged_up_to: int) -> Plan:
        """Write the letters, and look for strays; ``judged_up_to`` is the newest message that was judged."""
        if any(one.held is None for one in suggestions):
            self._weighing.writer.begin()
        plan = Plan(tuple((one, self._page(one, judged_up_to) if one.held is None else None) for one in suggestions))
        for desk in self._accounts.desks:
            name = desk.account.name
            with self._accounts.noting(desk):
                self._strays[name] = self._found_astray(desk, look=bool(plan.pages_for(name)))
        return replace(plan, strays=dict(self._strays))

    # letters

    def _page(self, suggestion: Suggestion, judged_up_to: int) -> Page | HeldBecause:
        """Return the letter for a suggestion, or why it is held after all."""
        desk = next((desk for desk in self._accounts.desks if desk.account.name == suggestion.account), None)
        if desk is None:
            return HeldBecause.ACCOUNT_UNREAD
        task = self._task
        page: Page | HeldBecause = HeldBecause.ACCOUNT_UNREAD
        with self._accounts.noting(desk):
            try:
                written = self._weighing.writer.write(suggestion, desk.door, task.judged_by.drafts(), task.judged_at)
                page = replace(written, known=self._judged_with(written, judged_up_to))
            except (TemplateError, MessageError) as error:
                self._accounts.troubles.note(suggestion.account, error)
                page = HeldBecause.NO_TEMPLATE
        return page

    def _judged_with(self, page: Page, judged_up_to: int) -> tuple[str, ...]:
        """Return the names of the mail of this silence that was there to be judged; what else turns up is news.

        Another process, which looks after another account, may have read some since.
        """
        answered, suggestion = page.letter.in_reply_to, page.suggestion
        mail = self._weighing.mail_between([answered] if answered else [], suggestion.contact.addresses)
        return mail.names(suggestion.silence.since, judged_up_to)

    # strays

    def _found_astray(self, desk: Desk, *, look: bool) -> list[Draft]:
        """Return the drafts of ours that the ledger does not know, having said so.

        All mail is gone through when the ledger is behind, else what is new. Among the drafts a look is worth its
        time then too, and whenever something is to be laid there.
        """
        if self._task.order.as_of is not None:
            return []
        name = desk.account.name
        behind = name in self._behind
        lookup = self._weighing.lookup()
        known = {one.id for one in desk.ledger.drafts()}
        recognition = Recognition(name, known, lookup, self._task.settings, self._task.now)
        mailboxes: Sequence[DraftsMailbox] = ()
        if look or (behind and desk.reading.folder(Role.DRAFTS) is not None):
            mailboxes = desk.look_into_all_drafts()
        found = recognition.strays(mailboxes, lookup.named(NAMED, 0 if behind else self._known_before))
        if found:
            self._accounts.note_unread(name, _found_again(name, len(found)))
        return found


def _is_behind(task: Task, account: str) -> bool:
    """Tell whether the ledger has never swept an account, or knows less of it than the cache: it was put back."""
    swept, read = task.ledger.last_sweep(account), task.facts.read_at(account)
    return swept is None or (read is not None and read > swept)


def _found_again(account: str, count: int) -> MailboxError:
    drafts = "1 draft" if count == 1 else f"{count} drafts"
    return MailboxError(
        f"{drafts} of ours that the ledger did not know {'was' if count == 1 else 'were'} found in the account "
        f"{account!r}: the database was lost or put back from a backup, or another computer writes here, too. "
        "Nothing new was written.",
        "Run 'assistant sweep': the first time it only notes them, the next time it goes on.",
        code=FOUND_AGAIN,
    )
