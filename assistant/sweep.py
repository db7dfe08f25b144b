"""One pass over the accounts: read, follow our drafts, judge, plan; then carry out the plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from assistant import clock
from assistant.errors import AccountError, AssistantError, Busy, ConfigError, MailboxError, MessageError, TemplateError
from assistant.following import Withdrawal, follow_drafts, watched
from assistant.garbage import nearly_all_kept
from assistant.laying import Desk, Fuse, Laid, Page, lay_drafts
from assistant.mailbox.door import Door, Progress, silent
from assistant.mailbox.rehearsal import RehearsalDoor
from assistant.model import Choices, Draft, DraftState, HeldBecause, Kind, Message, Role, Suggestion, Trouble
from assistant.opening import Connect, connect_to_server, note_trouble, open_account
from assistant.outcome import AccountOutcome, Order, Outcome, Proposed
from assistant.reading import (
    AccountReading,
    look_back,
    read_account,
    read_again,
    refresh_marks,
)
from assistant.recovering import NAMED, Recognition
from assistant.settings import AccountSettings, Settings
from assistant.store.asides import Overdue
from assistant.store.choices import change_choices, load_choices
from assistant.store.database import account_lock, open_ledger, open_mail, prepare, rehearsal_of
from assistant.store.forgotten import Forgotten
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.tidings import KnownMail
from assistant.weighing import Weighing

__all__ = ["AccountOutcome", "Order", "Outcome", "Proposed", "sweep", "unread_accounts"]

READ_WELL = frozenset({TemplateError.code, MessageError.code, ConfigError.code})
"""Codes of troubles that leave an account's mail well read."""
BODIES_A_SWEEP = 500
LOOKS = 3
"""How often a sweep judges anew because mail arrived while it was judging."""
LAYING = ".laying"  # no account can have this name


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
    another process works on one of the accounts, StoreError when the database cannot be used.
    """
    with nearly_all_kept(), ExitStack() as stack:
        run = _Sweep(settings, state, order, now, connect, progress, stack)
        for account in settings.accounts:
            if not order.accounts or account.name in order.accounts:
                run.open_and_read(account)
        run.follow()
        written = run.write(run.judge())
        for _ in range(LOOKS):
            if not run.news_before(written):
                break
            run.follow()
            written = run.write(run.judge())
        proposed = run.lay(written)
        run.tell()
        return run.outcome(proposed)


class _Sweep:
    """One sweep while it lasts: the open accounts and what was found so far."""

    def __init__(
        self,
        settings: Settings,
        state: Path,
        order: Order,
        now: datetime,
        connect: Connect,
        progress: Progress,
        stack: ExitStack,
    ) -> None:
        self._settings = settings
        self._state = state
        self._order = order
        self._now = now
        self._judged_at = order.as_of or now
        self._connect = connect
        self._progress = progress
        self._stack = stack
        prepare(state)
        self._choices = load_choices(settings.directory)
        self._facts = MailFacts(stack.enter_context(closing(open_mail(state))), Forgotten(self._choices.forgotten))
        durable = stack.enter_context(closing(open_ledger(state)))
        self._ledger = Ledger(durable)
        self._rehearsal = Ledger(stack.enter_context(closing(rehearsal_of(durable))))
        if order.as_of is not None:
            self._rehearsal.as_it_was(order.as_of)
        # A rehearsal judges by what it rehearsed, or it would not see what following the drafts has brought.
        self._judged_by = self._rehearsal if order.only_rehearsed else self._ledger
        self._weighing = Weighing(
            settings,
            self._facts,
            self._judged_by,
            self._choices,
            self._judged_at,
            order.as_of,
            everybody=order.everybody or order.as_of is not None or order.contact is not None,
            keep=not order.only_rehearsed,
            share=order.share,
        )
        self._desks: list[Desk] = []
        self._accounts: list[AccountOutcome] = []
        self._withdrawn: list[Withdrawal] = []
        self._errors: list[Trouble] = []
        self._hindered: dict[str, Trouble] = {}
        self._spoilt: dict[str, Trouble] = {}
        self._strays: dict[str, list[Draft]] = {}
        self._renumbered: set[str] = set()
        self._bodies_left = BODIES_A_SWEEP
        self._texts_overdue: list[int] = []
        self._looked = False  # since it was judged, or anything was laid
        self._news = False  # of which the judgement knows nothing
        self._judged_up_to = 0  # the newest message that was there when it was judged
        self._known_drafts: set[str] = set()
        self._known_before = self._facts.weighed.mark().newest
        self._behind = {one.name for one in settings.accounts if self._is_behind(one.name)}

    def _is_behind(self, account: str) -> bool:
        """Tell whether the ledger has never swept an account, or knows less of it than the cache: it was put back."""
        swept, read = self._ledger.last_sweep(account), self._facts.read_at(account)
        return swept is None or (read is not None and read > swept)

    # read

    def open_and_read(self, account: AccountSettings) -> None:
        """Open an account's door and read what is new; a trouble is noted and the account left out."""
        began = clock.monotonic()
        self._stack.enter_context(account_lock(self._state, account.name))
        self._look_where_it_leads(account)
        rehearse = self._order.only_rehearsed or not (self._order.by_hand or self._ledger.confirmed(account.name))
        new, trouble = 0, None
        alerts: tuple[str, ...] = ()
        try:
            desk = self._open(account, rehearse)
            new, alerts = desk.reading.new, desk.reading.alerts
            self._desks.append(desk)
        except AccountError as error:
            trouble = self._note(account.name, error)
        self._accounts.append(
            AccountOutcome(
                account.name,
                new,
                self._facts.count(account.name),
                round(clock.monotonic() - began, 3),
                trouble,
                previewed=rehearse and not self._order.only_rehearsed,
                alerts=alerts,
            )
        )

    def _look_where_it_leads(self, account: AccountSettings) -> None:
        """See to it that another mailbox under the name of an old one is not taken for that.

        Its UIDs and UIDVALIDITY may be the same by chance (Gmail's INBOX always has the same): nothing read there
        counts as read here, and nobody has confirmed it.
        """
        place, before = f"{account.username}@{account.host}".lower(), self._ledger.place(account.name)
        moved = before not in (None, place)
        if moved:
            self._facts.forget_numbers(account.name)
        if moved or (before is None and not self._order.only_rehearsed):
            self._ledger.note_place(account.name, place, moved=moved)

    def _open(self, account: AccountSettings, rehearse: bool) -> Desk:
        door = open_account(account, self._ledger, self._now, self._connect, asked=self._order.by_hand)
        self._stack.callback(door.close)
        try:
            overdue = self._facts.asides.overdue(account.name, self._now)
            reading = self._read(door, account)
            reading = replace(reading, new=reading.new + self._read_again(door, account, overdue))
        except AccountError as error:
            note_trouble(self._ledger, account, error, self._now)
            raise
        finally:
            if door.alerts and not self._order.only_rehearsed:
                self._ledger.note_alerts(account.name, door.alerts, self._now)
        if rehearse:
            pretending = RehearsalDoor(door)
            return Desk(account, pretending, self._rehearsal, reading, True, self._order.as_of, self._progress)
        return Desk(account, door, self._ledger, reading, rehearsed=False, progress=self._progress)

    def _read(self, door: Door, account: AccountSettings) -> AccountReading:
        since = look_back(self._judged_at, self._settings.reading.look_back_years)
        reading = read_account(door, account, self._facts, since, self._progress, no_mail=self._no_mail())
        for trouble in reading.troubles:
            self._note(account.name, trouble)
        if reading.renumbered:
            self._renumbered.add(account.name)
        if not reading.troubles:
            self._facts.read_completely(account.name, self._now)
        return reading

    def _no_mail(self) -> frozenset[str]:
        return frozenset(one.message_id for one in self._judged_by.digests())

    def _read_again(self, door: Door, account: AccountSettings, overdue: Sequence[Overdue]) -> int:
        """Ask again for what the server would not show before, for texts later; return how many messages that added."""
        if not overdue:
            return 0
        self._texts_overdue += [one.message for one in overdue if one.message is not None]
        try:
            return read_again(door, account.name, self._facts, overdue, no_mail=self._no_mail())
        except MailboxError as error:
            self._note(account.name, error)
            return 0

    def _note(self, account: str, error: AssistantError, *, hinders: bool = True) -> Trouble:
        """Note a trouble; one that ``hinders`` is remembered until a sweep goes well.

        That of a mailbox spoils the sweep; that of a letter does not, and all else went well.
        """
        trouble = Trouble(account, error.code, error.message, error.cure, self._now)
        if trouble not in self._errors:
            self._errors.append(trouble)
        if hinders and isinstance(error, MailboxError):
            self._hindered.setdefault(account, trouble)
        elif hinders and isinstance(error, TemplateError | MessageError | ConfigError):
            self._spoilt.setdefault(account, trouble)
        return trouble

    # follow

    def follow(self) -> None:
        """Bring the ledger up to date with the mailboxes and take back what is of no more use.

        Not as of another moment: what the mailboxes show now tells nothing of how drafts stood then.
        """
        if self._order.as_of is not None:
            return
        days = None if _all_paused(self._choices, self._judged_at) else self._settings.restraint.withdraw_after_days
        for desk in list(self._desks):
            drafts = watched(desk.ledger, desk.account.name, self._judged_at)
            if not drafts:
                continue
            try:
                self._withdrawn += follow_drafts(
                    desk.door,
                    desk.ledger,
                    desk.look_into_drafts(),
                    self._mail_about(drafts),
                    self._judged_at,
                    trash=desk.reading.folder(Role.TRASH),
                    withdraw_after_days=days,
                    withdraw=desk.account.name not in self._renumbered,
                )
            except MailboxError as error:
                self._note(desk.account.name, error)
            except AccountError as error:
                self._give_up(desk, error)

    def _mail_about(self, drafts: Sequence[Draft]) -> KnownMail:
        ids = {one for draft in drafts for one in (draft.message_id, draft.in_reply_to) if one}
        return self._weighing.mail_between(ids, {address for draft in drafts for address in draft.addresses})

    def _give_up(self, desk: Desk, error: AccountError) -> None:
        """Leave an account alone for the rest of the sweep."""
        note_trouble(self._ledger, desk.account, error, self._now)
        trouble = self._note(desk.account.name, error)
        self._desks.remove(desk)
        self._accounts = [
            replace(one, error=trouble) if one.name == desk.account.name else one for one in self._accounts
        ]

    # judge

    def judge(self) -> list[Suggestion]:
        """Weigh everybody and choose; bodies that this needs are read first, 500 a sweep at most."""
        self._looked, self._news, self._known_drafts = False, False, self._drafts_made()
        self._judged_up_to = self._facts.weighed.mark().newest
        if overdue := self._texts_overdue:
            self._texts_overdue = []
            self._read_bodies(self._facts.lookup(frozenset()).numbered(overdue))
        self._weighing.load()
        # A second time for those that turned out to have been moved, and now are asked for where they lie.
        for _ in range(2):
            if not self._read_bodies(self._weighing.bodies_needed()):
                break
            self._weighing.load()
        suggestions = self._weighed()
        if self._marked_anew(suggestions):
            self._weighing.load()
            suggestions = self._weighed()
        if not self._order.only_rehearsed:
            self._keep_opt_outs()
        return suggestions

    def _keep_opt_outs(self) -> None:
        """Keep among the user's choices who asked to be left alone: it holds for good, and outlives the database."""
        try:
            if asked := self._weighing.opted_out() - load_choices(self._settings.directory).opted_out:
                change_choices(
                    self._settings.directory, lambda known: replace(known, opted_out=known.opted_out | asked)
                )
        except ConfigError as error:  # their mail holds them all the same, as long as it is read
            for desk in self._desks:
                self._note(desk.account.name, error)

    def _weighed(self) -> list[Suggestion]:
        return self._weighing.suggestions(self._unread(), by_hand=self._order.by_hand, contact=self._order.contact)

    def _marked_anew(self, suggestions: Sequence[Suggestion]) -> bool:
        r"""Look at the flags of those mails whose flags could decide: what would be drafted, and asks below the bar."""
        deciding = [
            one.about
            for one in suggestions
            if one.would_be_drafted or (one.held is HeldBecause.BELOW_BAR and one.kind is Kind.CHECK_IN)
        ] + self._weighing.decided_by_marks()
        changed = False
        for desk in list(self._desks):
            mine = [message for message in deciding if message.account == desk.account.name]
            try:
                changed |= refresh_marks(desk.door, self._facts, mine)
            except MailboxError as error:
                self._note(desk.account.name, error)
            except AccountError as error:
                self._give_up(desk, error)
        return changed

    def _read_bodies(self, needed: Sequence[Message]) -> bool:
        if not (wanted := needed[: self._bodies_left]):
            return False
        from assistant.noting import read_bodies  # and with it the phrases of all languages

        names = tuple(self._settings.me.name.split())
        self._bodies_left -= len(wanted)
        for desk in list(self._desks):
            mine = [message for message in wanted if message.account == desk.account.name]
            try:
                read_bodies(
                    desk.door,
                    self._facts,
                    mine,
                    zone=self._settings.zone,
                    user_names=names,
                    progress=self._progress,
                )
            except MailboxError as error:
                self._note(desk.account.name, error)
            except AccountError as error:
                self._give_up(desk, error)
        return True

    def _unread(self) -> frozenset[str]:
        """Return the accounts that cannot be read now, were never read completely, or are being matched anew."""
        looked_at = {one.name for one in self._accounts}
        failed = {trouble.account for trouble in self._errors}
        unread = unread_accounts(self._settings, self._facts, self._ledger, looked_at)
        return unread | failed | self._renumbered

    # write and lay

    def write(self, suggestions: Sequence[Suggestion]) -> list[tuple[Suggestion, Page | HeldBecause | None]]:
        """Write the letters that were chosen, before the last look: between that and APPEND nothing should take time.

        Beside each suggestion stands its letter, or why it is held after all; None where none was chosen.
        """
        if any(one.held is None for one in suggestions):
            self._weighing.writer.begin()
        written = [(one, self._page(one) if one.held is None else None) for one in suggestions]
        for desk in list(self._desks):
            try:
                self._strays[desk.account.name] = self._found_astray(desk, look=bool(_pages_for(desk, written)))
            except MailboxError as error:
                self._note(desk.account.name, error)
            except AccountError as error:
                self._give_up(desk, error)
        return written

    def news_before(self, written: Sequence[tuple[Suggestion, Page | HeldBecause | None]]) -> bool:
        """Look once more at what is new, right before anything is laid; True when something came."""
        return any(isinstance(page, Page) for _, page in written) and self._something_came()

    def _something_came(self) -> bool:
        """Look into all accounts, since a contact writes to any; True when something came that was not judged."""
        for desk in list(self._desks):
            try:
                known = len(self._errors)
                reading = self._read(desk.door, desk.account)
                # What could not be looked into may hold an answer.
                self._news |= reading.new > 0 or bool(reading.renumbered) or len(self._errors) > known
            except AccountError as error:
                self._give_up(desk, error)
                self._news = True
        self._looked = True
        return self._news

    def lay(self, written: Sequence[tuple[Suggestion, Page | HeldBecause | None]]) -> list[Proposed]:
        """Lay the letters into Drafts; one that fails is left out and noted."""
        laid: dict[str, Laid] = {}
        for desk in list(self._desks):
            laid.update((one.page.letter.id, one) for one in self._lay_at(desk, _pages_for(desk, written)))
        return [_proposed(one, page, laid) for one, page in written]

    def tell(self) -> None:
        """Tell the user of the drafts that wait, where they said yes to that; a trouble with it spoils no draft."""
        if not self._settings.digest.enabled:
            return
        from assistant.telling import tell_of_drafts

        for desk in list(self._desks):
            try:
                tell_of_drafts(desk, self._settings, self._weighing.mail_about, self._now)
            except (TemplateError, MessageError, MailboxError) as error:
                self._note(desk.account.name, error, hinders=False)
            except AccountError as error:
                self._give_up(desk, error)

    def _page(self, suggestion: Suggestion) -> Page | HeldBecause:
        """Return the letter for a suggestion, or why it is held after all."""
        desk = next((desk for desk in self._desks if desk.account.name == suggestion.account), None)
        if desk is None:
            return HeldBecause.ACCOUNT_UNREAD
        try:
            page = self._weighing.writer.write(suggestion, desk.door, self._judged_by.drafts(), self._judged_at)
            return replace(page, known=self._judged_with(page))
        except (TemplateError, MessageError) as error:
            self._note(suggestion.account, error)
            return HeldBecause.NO_TEMPLATE
        except MailboxError as error:
            self._note(suggestion.account, error)
        except AccountError as error:
            self._give_up(desk, error)
        return HeldBecause.ACCOUNT_UNREAD

    def _judged_with(self, page: Page) -> tuple[str, ...]:
        """Return the names of the mail of this silence that was there to be judged; what else turns up is news.

        Another process, which looks after another account, may have read some since.
        """
        answered, suggestion = page.letter.in_reply_to, page.suggestion
        mail = self._weighing.mail_between([answered] if answered else [], suggestion.contact.addresses)
        return mail.names(suggestion.silence.since, self._judged_up_to)

    def _lay_at(self, desk: Desk, pages: Sequence[Page]) -> list[Laid]:
        fuse = Fuse(desk.account.name, self._settings.restraint.daily_cap)
        laid: list[Laid] = []
        strays = self._strays.get(desk.account.name, [])
        found = {one.id for one in strays}
        try:
            for page in pages:
                if strays and page.letter.id not in found:
                    continue  # who wrote how much to whom is known again in the next sweep
                with self._laying(desk) as allowed:
                    if not allowed:
                        break
                    mail = self._weighing.mail_about([page.letter.message_id])
                    laid += lay_drafts(desk, [page], mail, self._now, fuse)
        except (MailboxError, MessageError) as error:
            self._note(desk.account.name, error)
        except AccountError as error:
            self._give_up(desk, error)
        for stray in strays:
            if desk.ledger.draft(stray.id) is None:
                desk.ledger.write(stray)
        if desk.rehearsed:
            return [replace(one, draft=None) for one in laid]
        in_order = not strays and (bool(desk.ledger.drafts(desk.account.name)) or any(one.draft for one in laid))
        by_hand = self._order.by_hand and self._order.share is None
        if by_hand and in_order and not self._ledger.confirmed(desk.account.name):
            self._ledger.confirm(desk.account.name, self._now)
        return laid

    @contextmanager
    def _laying(self, desk: Desk) -> Iterator[bool]:
        """Let nobody else lay meanwhile; False when what was judged holds no more, and the next sweep judges anew.

        Laying takes its time: somebody may have written. And another process may have laid drafts in another
        account: the caps and "one draft for one person" hold over all accounts.
        """
        if desk.rehearsed:
            yield True
            return
        with ExitStack() as stack:
            try:
                stack.enter_context(account_lock(self._state, LAYING))
            except Busy:
                yield False
                return
            if not self._looked:
                self._something_came()
            self._news |= not self._drafts_made() <= self._known_drafts
            try:
                yield not self._news
            finally:
                self._looked = False
                self._known_drafts |= self._drafts_made()

    def _drafts_made(self) -> set[str]:
        return {one.id for one in self._ledger.drafts() if one.state is not DraftState.PLANNED}

    def _found_astray(self, desk: Desk, *, look: bool) -> list[Draft]:
        """Return the drafts of ours that the ledger does not know, having said so.

        All mail is gone through when the ledger is behind, else what is new. Into Drafts a look is worth its time
        then too, and whenever something is to be laid there.
        """
        if self._order.as_of is not None:
            return []
        name = desk.account.name
        behind = name in self._behind
        lookup = self._weighing.lookup()
        recognition = Recognition(name, {one.id for one in desk.ledger.drafts()}, lookup, self._settings, self._now)
        drafts = None
        if look or (behind and desk.reading.folder(Role.DRAFTS) is not None):
            drafts = desk.look_into_drafts()
        found = recognition.strays(drafts, lookup.named(NAMED, 0 if behind else self._known_before))
        if found:
            self._note(name, _found_again(name, len(found)))
        return found

    # report

    def outcome(self, proposed: Sequence[Proposed]) -> Outcome:
        """Close the books: note which accounts went well, and return what the sweep brought."""
        for account in self._accounts:
            if account.error is not None or self._order.only_rehearsed:
                continue  # a trouble with the account is remembered where it was met
            if (trouble := self._hindered.get(account.name)) is not None:
                self._ledger.note_trouble(trouble, self._now)
            else:
                self._ledger.swept(account.name, self._now)
                if (trouble := self._spoilt.get(account.name)) is not None:
                    self._ledger.note_trouble(trouble, self._now)
        return Outcome(
            self._judged_at,
            self._order.only_rehearsed,
            tuple(self._accounts),
            tuple(proposed),
            tuple(self._withdrawn),
            tuple(self._errors),
        )


def _pages_for(desk: Desk, written: Sequence[tuple[Suggestion, Page | HeldBecause | None]]) -> list[Page]:
    """Return the letters that go into an account's Drafts."""
    pages = (page for _, page in written if isinstance(page, Page))
    return [page for page in pages if page.suggestion.account == desk.account.name]


def _found_again(account: str, count: int) -> MailboxError:
    drafts = "1 draft" if count == 1 else f"{count} drafts"
    return MailboxError(
        f"{drafts} of ours that the ledger did not know {'was' if count == 1 else 'were'} found in the account "
        f"{account!r}: the database was lost or put back from a backup, or another computer writes here, too. "
        "Nothing new was written.",
        "Run 'assistant sweep': the first time it only notes them, the next time it goes on.",
        code="found_again",
    )


def _all_paused(choices: Choices, now: datetime) -> bool:
    """Tell whether the user has paused everything."""
    until = choices.paused.get("", now)
    return until is None or until > now


def _proposed(suggestion: Suggestion, page: Page | HeldBecause | None, laid: dict[str, Laid]) -> Proposed:
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


def unread_accounts(
    settings: Settings, facts: MailFacts, ledger: Ledger, looked_at: Collection[str] = ()
) -> frozenset[str]:
    """Return the accounts that were never read completely, and those not looked at now that were in trouble last."""
    names = [account.name for account in settings.accounts]
    never = {name for name in names if facts.read_at(name) is None}
    troubles = {name: ledger.trouble(name) for name in names if name not in looked_at}
    troubled = {name for name, trouble in troubles.items() if trouble is not None and trouble.code not in READ_WELL}
    return frozenset(never | troubled)
