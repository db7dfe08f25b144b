"""Taking drafts back because the user asked for it; what the user touched stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant.errors import AccountError, MailboxError
from assistant.following import look_into_drafts, take_back
from assistant.model import Draft, DraftState, Role, Trouble
from assistant.opening import Connect, connect_to_server, open_account
from assistant.plainly import out_of_reach
from assistant.settings import AccountSettings, Settings
from assistant.store.database import account_lock, open_ledger, prepare
from assistant.store.ledger import Ledger

ASKED = "You asked for it."


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came of it: drafts taken back, drafts that stay since they are not as we wrote them, troubles."""

    done: tuple[Draft, ...]
    left: tuple[Draft, ...]
    errors: tuple[Trouble, ...]


def withdraw_drafts(
    settings: Settings,
    state: Path,
    ids: Collection[str] | None,
    now: datetime,
    *,
    connect: Connect = connect_to_server,
) -> TakenBack:
    """Take back the waiting drafts whose ids begin with one of ``ids``; None means all. Raises Busy."""
    prepare(state)
    done: list[Draft] = []
    left: list[Draft] = []
    errors: list[Trouble] = []
    with ExitStack() as stack:
        ledger = Ledger(stack.enter_context(closing(open_ledger(state))))
        for account in settings.accounts:
            wanted = [
                one for one in ledger.drafts(account.name) if one.state is DraftState.WAITING and _meant(one, ids)
            ]
            if not wanted:
                continue
            stack.enter_context(account_lock(state, account.name))
            try:
                for draft, came in _withdraw(account, ledger, wanted, now, connect):
                    if isinstance(came, MailboxError):
                        errors.append(_trouble(account, came))
                    else:
                        (done if came else left).append(draft)
            except (AccountError, MailboxError) as error:
                errors.append(_trouble(account, error))
        errors += _out_of_reach(settings, [one for one in ledger.drafts() if _meant(one, ids)])
    return TakenBack(tuple(done), tuple(left), tuple(dict.fromkeys(errors)))


def _trouble(account: AccountSettings, error: AccountError | MailboxError) -> Trouble:
    return Trouble(account.name, error.code, error.message, error.cure)


def _out_of_reach(settings: Settings, drafts: Iterable[Draft]) -> Iterator[Trouble]:
    """Yield a trouble for each waiting draft in an account that was removed from the settings."""
    names = {account.name for account in settings.accounts}
    for one in drafts:
        if one.state is DraftState.WAITING and one.account not in names:
            yield Trouble(one.account, "unconfigured", *out_of_reach(one))


def _meant(draft: Draft, ids: Collection[str] | None) -> bool:
    return ids is None or any(draft.id.startswith(one.lower()) for one in ids)


def _withdraw(
    account: AccountSettings, ledger: Ledger, wanted: Collection[Draft], now: datetime, connect: Connect
) -> Iterator[tuple[Draft, bool | MailboxError]]:
    """Yield each draft and whether it was taken back, or what kept us from it."""
    with closing(open_account(account, ledger, now, connect, asked=True)) as door:
        roles = {folder.role: folder.name for folder in door.folders()}
        for draft in wanted:
            assert draft.mailbox is not None
            try:
                drafts = look_into_drafts(door, draft.mailbox)
                taken = take_back(door, ledger, drafts, draft, ASKED, now, roles.get(Role.TRASH))
            except MailboxError as error:
                yield draft, error
            else:
                yield draft, taken is not None
