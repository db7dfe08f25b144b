"""The accounts of a sweep: opened, read, looked into once more, given up when one cannot go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from assistant import clock
from assistant.errors import AccountError, AssistantError, Busy, MailboxError
from assistant.laying import Desk
from assistant.mailbox.door import Door
from assistant.mailbox.rehearsal import RehearsalDoor
from assistant.model import Trouble
from assistant.opening import Connect, note_trouble, open_account
from assistant.outcome import AccountOutcome
from assistant.reading import AccountReading, Own, look_back, read_account, read_again
from assistant.settings import AccountSettings
from assistant.store.asides import Overdue
from assistant.store.database import account_lock
from assistant.task import Task
from assistant.troubles import Troubles


class Accounts:
    """The accounts a sweep works on, their troubles, and how each of them went.

    The user's other accounts are only looked into, and only when something is to be laid: the answer may lie there.
    ``renumbered`` names those with a mailbox whose mail is being matched anew, ``unread`` those of which something
    is not known: it may be an answer. Doors and locks are held until ``stack`` is closed.
    """

    def __init__(self, task: Task, connect: Connect, stack: ExitStack) -> None:
        self.troubles = Troubles(task.now)
        self.renumbered: set[str] = set()
        self.unread: set[str] = set()
        self._task = task
        self._connect = connect
        self._stack = stack
        self._open: list[Desk] = []
        self._looked_at: set[str] = set()
        self._outcomes: list[AccountOutcome] = []
        self._texts_overdue: list[int] = []

    @property
    def desks(self) -> tuple[Desk, ...]:
        """Those that are open to be worked on."""
        worked_on = {one.name for one in self._outcomes}
        return tuple(desk for desk in self._open if desk.account.name in worked_on)

    @property
    def readable(self) -> tuple[Desk, ...]:
        """Those that are open, be it only to be looked into."""
        return tuple(self._open)

    @property
    def looked_at(self) -> frozenset[str]:
        """The names of all that were to be opened, whether that went well or not."""
        return frozenset(self._looked_at)

    @property
    def outcomes(self) -> tuple[AccountOutcome, ...]:
        """How each went that was to be worked on, open or not."""
        return tuple(self._outcomes)

    def texts_overdue(self) -> list[int]:
        """Return, only once, the numbers of the messages whose text is to be asked for again."""
        overdue, self._texts_overdue = self._texts_overdue, []
        return overdue

    # open and read

    def open_and_read(self, account: AccountSettings) -> None:
        """Open an account's door and read what is new; a trouble is noted and the account left out. Raises Busy."""
        began = clock.monotonic()
        task, name = self._task, account.name
        self._take(account)
        rehearse = task.order.only_rehearsed or not (task.order.by_hand or task.ledger.confirmed(name))
        new, trouble = 0, None
        alerts: tuple[str, ...] = ()
        try:
            reading = self._opened(account, rehearse=rehearse, asked=task.order.by_hand).reading
            new, alerts = reading.new, reading.alerts
            if not reading.troubles:
                task.facts.read_completely(name, task.now)
        except AccountError as error:
            trouble = self.note_unread(name, error)
        self._outcomes.append(
            AccountOutcome(
                name,
                new,
                task.facts.count(name),
                round(clock.monotonic() - began, 3),
                trouble,
                previewed=rehearse and not task.order.only_rehearsed,
                alerts=alerts,
            )
        )

    def _take(self, account: AccountSettings) -> None:
        """Hold an account for this sweep alone. Raises Busy."""
        self._looked_at.add(account.name)
        self._stack.enter_context(account_lock(self._task.state, account.name))
        self._look_where_it_leads(account)

    def _look_where_it_leads(self, account: AccountSettings) -> None:
        """See to it that another mailbox under the name of an old one is not taken for that.

        Its UIDs and UIDVALIDITY may be the same by chance (Gmail's INBOX always has the same): nothing read there
        counts as read here, and nobody has confirmed it.
        """
        ledger = self._task.ledger
        place, before = f"{account.username}@{account.host}".lower(), ledger.place(account.name)
        if before is None:
            self._go_on_with_former_name(account, place)
        moved = before not in (None, place)
        if moved:
            self._task.facts.forget_numbers(account.name)
        if moved or (before is None and not self._task.order.only_rehearsed):
            ledger.note_place(account.name, place, moved=moved)

    def _go_on_with_former_name(self, account: AccountSettings, place: str) -> None:
        """Take over what is known of a mailbox whose account was renamed: its drafts must be followed. Raises Busy.

        It was where just one name led there that is no longer in the settings.
        """
        task = self._task
        configured = {one.name for one in task.settings.accounts}
        former = [name for name in task.ledger.accounts_at(place) if name not in configured]
        if len(former) != 1:
            return
        self._stack.enter_context(account_lock(task.state, former[0]))  # a daemon may still go by the old settings
        task.facts.rename_account(former[0], account.name)
        if not task.order.only_rehearsed:
            task.ledger.rename_account(former[0], account.name)

    def _opened(self, account: AccountSettings, *, rehearse: bool, asked: bool) -> Desk:
        """Open an account's door and read what is new. Raises AccountError."""
        task = self._task
        door = open_account(account, task.ledger, task.now, self._connect, asked=asked)
        self._stack.callback(door.close)
        try:
            headers_only = task.settings.reading.headers_only
            overdue = task.facts.asides.overdue(account.name, task.now, headers_only=headers_only)
            reading = self._read(door, account)
            reading = replace(reading, new=reading.new + self._read_again(door, account, overdue))
        except AccountError as error:
            note_trouble(task.ledger, account, error, task.now)
            raise
        finally:
            if door.alerts and not task.order.only_rehearsed:
                task.ledger.note_alerts(account.name, door.alerts, task.now)
        if rehearse:
            pretending = RehearsalDoor(door)
            desk = Desk(account, pretending, task.rehearsal, reading, True, task.order.as_of, task.progress)
        else:
            desk = Desk(account, door, task.ledger, reading, rehearsed=False, progress=task.progress)
        self._open.append(desk)
        return desk

    def _read(self, door: Door, account: AccountSettings) -> AccountReading:
        task = self._task
        since = look_back(task.judged_at, task.settings.reading.look_back_years)
        reading = read_account(door, account, task.facts, since, task.progress, own=self._own())
        for trouble in reading.troubles:
            self.note_unread(account.name, trouble)
        if reading.renumbered:
            self.renumbered.add(account.name)
        return reading

    def _own(self) -> Own:
        ledger = self._task.judged_by
        digests = frozenset(one.message_id for one in ledger.digests())
        # The settings may lack an address that was learned to be the user's; of a draft that is moved, Date must count.
        learned = {one.identity for one in ledger.drafts()}
        return Own(learned.union(self._task.settings.me.addresses), digests)

    def _read_again(self, door: Door, account: AccountSettings, overdue: Sequence[Overdue]) -> int:
        """Ask again for what the server would not show before, for texts later; return how many messages that added."""
        if not overdue:
            return 0
        self._task.facts.asides.note_asked(overdue, self._task.now)
        self._texts_overdue += [one.message for one in overdue if one.message is not None]
        try:
            return read_again(door, account.name, self._task.facts, overdue, own=self._own())
        except MailboxError as error:
            self.note_unread(account.name, error)
            return 0

    def something_came(self) -> bool:
        """Look into all of the user's, since a contact writes to any; True when something is new, or may be."""
        before, known = self.troubles.met(), self.readable
        readings = []
        for desk in known:
            try:
                readings.append(self._read(desk.door, desk.account))
            except AccountError as error:
                self._give_up(desk, error)
        if any(not desk.rehearsed for desk in self.desks):
            self._look_into_others()
        readings += [desk.reading for desk in self._open if desk not in known]
        # What could not be looked into may hold an answer.
        return self.troubles.met() != before or any(one.new or one.renumbered for one in readings)

    def _look_into_others(self) -> None:
        """Open and read, once, the accounts that the sweep is not for; one that cannot be had now stays unread."""
        for account in self._task.settings.accounts:
            if account.name in self._looked_at:
                continue
            try:
                self._take(account)
                self._opened(account, rehearse=True, asked=False)
            except (AccountError, Busy) as error:
                self.note_unread(account.name, error)

    # troubles

    def note_unread(self, account: str, error: AssistantError) -> Trouble:
        """Note a trouble that keeps something from being known, and return it as it is told."""
        self.unread.add(account)
        return self.troubles.note(account, error)

    @contextmanager
    def reading(self, desk: Desk) -> Iterator[None]:
        """Note, as ``noting`` does, the trouble that ends the reading inside: what was not read is not known."""
        with self.noting(desk):
            try:
                yield
            except MailboxError as error:
                self.note_unread(desk.account.name, error)

    @contextmanager
    def noting(self, desk: Desk) -> Iterator[None]:
        """Note the trouble that ends the work inside; an account that cannot go on is given up."""
        try:
            yield
        except MailboxError as error:
            self.troubles.note(desk.account.name, error)
        except AccountError as error:
            self._give_up(desk, error)

    def _give_up(self, desk: Desk, error: AccountError) -> None:
        """Leave an account alone for the rest of the sweep; one that was given up already stays so."""
        if desk not in self._open:
            return
        note_trouble(self._task.ledger, desk.account, error, self._task.now)
        trouble = self.note_unread(desk.account.name, error)
        self._open.remove(desk)
        self._outcomes = [
            replace(one, error=trouble) if one.name == desk.account.name else one for one in self._outcomes
        ]

    def close_the_books(self) -> None:
        """Note in the ledger which accounts went well; a trouble that closed one is remembered where it was met."""
        if self._task.order.only_rehearsed:
            return
        for account in self._outcomes:
            if account.error is None:
                self.troubles.settle(account.name, self._task.ledger)
