"""Judging within a sweep: the texts and flags that could decide are read first, then everybody is weighed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from assistant.accounts import Accounts
from assistant.errors import ConfigError
from assistant.model import HeldBecause, Kind, Message, Suggestion, Trouble
from assistant.reading import refresh_marks
from assistant.recovering import FOUND_AGAIN
from assistant.settings import Settings
from assistant.store.choices import change_choices, load_choices
from assistant.store.ledger import Ledger
from assistant.store.messages import MailFacts
from assistant.task import Task
from assistant.weighing import Weighing

BODIES_A_SWEEP = 500


class Judging:
    """Judges as often as a sweep needs it, with so many bodies read in all."""

    def __init__(self, task: Task, accounts: Accounts, weighing: Weighing) -> None:
        self._task = task
        self._accounts = accounts
        self._weighing = weighing
        self._bodies_left = BODIES_A_SWEEP

    def judge(self) -> list[Suggestion]:
        """Weigh everybody and choose; bodies that this needs are read first, 500 a sweep at most.

        What the user chose up to now counts. Raises ConfigError.
        """
        self._weighing.go_by(self._task.choices)
        if overdue := self._accounts.texts_overdue():
            self._read_bodies(self._task.facts.lookup(frozenset()).numbered(overdue))
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
        if not self._task.order.only_rehearsed:
            self._keep_opt_outs()
        return suggestions

    def _read_bodies(self, needed: Sequence[Message]) -> bool:
        if not (wanted := needed[: self._bodies_left]):
            return False
        from assistant.noting import read_bodies  # and with it the phrases of all languages

        settings = self._task.settings
        names = tuple(settings.me.name.split())
        self._bodies_left -= len(wanted)
        for desk in self._accounts.readable:
            mine = [message for message in wanted if message.account == desk.account.name]
            with self._accounts.reading(desk):
                read_bodies(
                    desk.door,
                    self._task.facts,
                    mine,
                    zone=settings.zone,
                    user_names=names,
                    progress=self._task.progress,
                )
        return True

    def _weighed(self) -> list[Suggestion]:
        order = self._task.order
        return self._weighing.suggestions(
            self._unread(), by_hand=order.by_hand, contact=order.contact, writable=self._writable()
        )

    def _writable(self) -> frozenset[str]:
        """Return the accounts whose drafts may take today's places: those that are asked for.

        The daemon asks for one after the other, and all that it may write in share the places; one that is only
        previewed takes none from them, nor does one in trouble, where nothing may be laid for long.
        """
        order, ledger = self._task.order, self._task.ledger
        names = frozenset(account.name for account in self._task.settings.accounts)
        asked = names.intersection(order.accounts) or names
        if order.by_hand:
            return asked
        return asked | {name for name in names if ledger.confirmed(name) and ledger.trouble(name) is None}

    def _unread(self) -> frozenset[str]:
        """Return the accounts that cannot be read now, were never read completely, or are being matched anew.

        Also those of which a message is not shown: it may be an answer, and the next sweep asks for it once more.
        """
        task, accounts = self._task, self._accounts
        unread = unread_accounts(task.settings, task.facts, task.ledger, accounts.looked_at)
        held = unread | accounts.unread | accounts.renumbered | task.facts.asides.unasked()
        return held.intersection(account.name for account in task.settings.accounts)

    def _marked_anew(self, suggestions: Sequence[Suggestion]) -> bool:
        r"""Look at the flags of those mails whose flags could decide: what would be drafted, and asks below the bar."""
        deciding = [
            one.about
            for one in suggestions
            if one.would_be_drafted or (one.held is HeldBecause.BELOW_BAR and one.kind is Kind.CHECK_IN)
        ] + self._weighing.decided_by_marks()
        changed = False
        for desk in self._accounts.readable:
            mine = [message for message in deciding if message.account == desk.account.name]
            with self._accounts.reading(desk):
                changed |= refresh_marks(desk.door, self._task.facts, mine)
        return changed

    def _keep_opt_outs(self) -> None:
        """Keep among the user's choices who asked to be left alone: it holds for good, and outlives the database."""
        directory = self._task.settings.directory
        try:
            if asked := self._weighing.opted_out() - load_choices(directory).opted_out:
                change_choices(directory, lambda known: replace(known, opted_out=known.opted_out | asked))
        except ConfigError as error:  # their mail holds them all the same, as long as it is read
            for desk in self._accounts.desks:
                self._accounts.troubles.note(desk.account.name, error)


def unread_accounts(
    settings: Settings, facts: MailFacts, ledger: Ledger, looked_at: Collection[str] = ()
) -> frozenset[str]:
    """Return the accounts that were never read completely, and those not looked at now that a trouble keeps unread."""
    names = {account.name for account in settings.accounts}
    never = {name for name in names if facts.read_at(name) is None}
    troubled = {name: ledger.trouble(name) for name in names.difference(looked_at)}
    unknown = {name for name, trouble in troubled.items() if trouble and not _read_all_the_same(trouble, facts, ledger)}
    return frozenset(never | unknown)


def _read_all_the_same(trouble: Trouble, facts: MailFacts, ledger: Ledger) -> bool:
    """Tell whether the sweep that last met an account's trouble had read it: then only writing there is hindered.

    Where drafts of ours strayed it is not known to whom we wrote until a sweep has noted them without trouble.
    """
    read, met = facts.read_at(trouble.account), ledger.troubled_while_open(trouble.account)
    return trouble.code != FOUND_AGAIN and read is not None and met is not None and read >= met
