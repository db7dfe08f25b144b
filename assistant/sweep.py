"""One pass over the accounts: read, follow our drafts, judge, plan; then carry out the plan."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

from assistant.accounts import Accounts
from assistant.carrying_out import Outlook, carry_out
from assistant.errors import MailboxError, MessageError, TemplateError
from assistant.following import Withdrawal, follow_drafts, watched
from assistant.garbage import nearly_all_kept
from assistant.judging import Judging, unread_accounts
from assistant.mailbox.door import Progress, silent
from assistant.model import Choices, Draft, Role
from assistant.opening import Connect, connect_to_server
from assistant.outcome import AccountOutcome, Order, Outcome, Proposed
from assistant.planning import Planning
from assistant.settings import Settings
from assistant.task import Task, begun
from assistant.tidings import KnownMail
from assistant.weighing import Weighing

__all__ = ["AccountOutcome", "Order", "Outcome", "Proposed", "sweep", "unread_accounts"]

LOOKS = 3
"""How often a sweep judges anew because mail arrived while it was judging."""


def sweep(
    settings: Settings,
    state: Path,
    order: Order,
    now: datetime,
    *,
    connect: Connect = connect_to_server,
    progress: Progress = silent,
) -> Outcome:
    """Do one sweep and return what it brought. ``now`` is the present moment in UTC.

    A trouble in one account is noted in the outcome and does not touch the others. Raises Busy when
    another process works on one of the accounts, StoreError when the database cannot be used, ConfigError
    when the user's choices cannot be read.
    """
    with nearly_all_kept(), begun(settings, state, order, now, progress) as task, ExitStack() as stack:
        return _swept(task, Accounts(task, connect, stack))


def _swept(task: Task, accounts: Accounts) -> Outcome:
    """Do it, with the records open; the accounts that are opened stay so until it is done."""
    weighing = _weighing(task)
    judging, planning = Judging(task, accounts, weighing), Planning(task, accounts, weighing)
    for account in task.settings.accounts:
        if not task.order.accounts or account.name in task.order.accounts:
            accounts.open_and_read(account)
    withdrawn: list[Withdrawal] = []
    for looks_left in range(LOOKS, -1, -1):  # after the last time it is only looked right before a letter is laid
        withdrawn += _follow(task, accounts, weighing)
        outlook = Outlook(task, accounts)
        plan = planning.plan(judging.judge(), outlook.judged_up_to)
        if not (looks_left and plan.has_letters and outlook.something_came()):
            break
    proposed = carry_out(plan, outlook, task, accounts, weighing)
    _tell(task, accounts, weighing)
    accounts.close_the_books()
    return Outcome(
        task.judged_at,
        task.order.only_rehearsed,
        accounts.outcomes,
        tuple(proposed),
        tuple(withdrawn),
        accounts.troubles.met(),
    )


def _weighing(task: Task) -> Weighing:
    order = task.order
    return Weighing(
        task.settings,
        task.facts,
        task.judged_by,
        task.choices,
        task.judged_at,
        order.as_of,
        everybody=order.everybody or order.as_of is not None or order.contact is not None,
        keep=not order.only_rehearsed,
        share=order.share,
    )


def _follow(task: Task, accounts: Accounts, weighing: Weighing) -> list[Withdrawal]:
    """Bring the ledger up to date with the mailboxes, take back what is of no more use, and return that.

    Not as of another moment: what the mailboxes show now tells nothing of how drafts stood then.
    """
    if task.order.as_of is not None:
        return []
    paused = _all_paused(task.choices, task.judged_at)
    withdrawn: list[Withdrawal] = []
    for desk in accounts.desks:
        drafts = watched(desk.ledger, desk.account.name, task.judged_at)
        if not drafts:
            continue
        with accounts.noting(desk):
            withdrawn += follow_drafts(
                desk.door,
                desk.ledger,
                desk.look_where_drafts_lie(drafts),
                _mail_about(drafts, weighing),
                task.judged_at,
                trash=desk.reading.folder(Role.TRASH),
                withdraw_after_days=None if paused else task.settings.restraint.withdraw_after_days,
                refused=partial(accounts.troubles.note, desk.account.name),
                withdraw=desk.account.name not in accounts.renumbered,
            )
    return withdrawn


def _all_paused(choices: Choices, now: datetime) -> bool:
    """Tell whether the user has paused everything."""
    until = choices.paused.get("", now)
    return until is None or until > now


def _mail_about(drafts: Sequence[Draft], weighing: Weighing) -> KnownMail:
    ids = {one for draft in drafts for one in (draft.message_id, draft.in_reply_to) if one}
    return weighing.mail_between(ids, {address for draft in drafts for address in draft.addresses})


def _tell(task: Task, accounts: Accounts, weighing: Weighing) -> None:
    """Tell the user of the drafts that wait, where they said yes to that; a trouble with it spoils no draft."""
    if not task.settings.digest.enabled:
        return
    from assistant.telling import tell_of_drafts

    for desk in accounts.desks:
        with accounts.noting(desk):
            try:
                tell_of_drafts(desk, task.settings, weighing.mail_about, task.now)
            except (TemplateError, MessageError, MailboxError) as error:
                accounts.troubles.note(desk.account.name, error, hinders=False)
