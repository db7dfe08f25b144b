"""Where things stand with one person at one moment: the facts that every rule looks at."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from assistant.correspondence.bad_news import tells_bad_news
from assistant.correspondence.cuefiles import LANGUAGES
from assistant.correspondence.people import canonical, is_doubtful
from assistant.correspondence.rhythm import Population, Rhythm, quiet_spells, rhythm_of
from assistant.judgement.balance import Balance, balance_of
from assistant.judgement.focus import unread_debts
from assistant.judgement.rules import Circumstances, Rules, Surroundings
from assistant.judgement.silence import at, days_since, last_contact, real_messages, signs_of_life, silence_of
from assistant.judgement.turns import cues
from assistant.model import (
    Contact,
    Correspondence,
    CueKind,
    Draft,
    DraftState,
    MailKind,
    Message,
    Role,
    Silence,
    Thread,
)
from assistant.workdays import WEEKDAYS, add_working_days

LONGEST_PATIENCE = 8.0


@dataclass(frozen=True)
class Standing:
    """One person's correspondence with what was worked out from it.

    ``real`` are the real messages, ``signs`` everything written by people (it can stop a draft), both
    oldest first. ``drafts`` are the ledger's drafts to this person, oldest first.
    """

    correspondence: Correspondence
    rhythm: Rhythm
    circumstances: Circumstances
    rules: Rules
    now: datetime
    silence: Silence
    real: tuple[Message, ...]
    signs: tuple[Message, ...]
    drafts: tuple[Draft, ...]
    surroundings: Surroundings

    @property
    def contact(self) -> Contact:
        """The person."""
        return self.correspondence.contact

    @property
    def name(self) -> str:
        """What the person is called in a sentence."""
        return self.contact.name or self.contact.address

    @cached_property
    def last_contact(self) -> datetime | None:
        """The last real message either way, or logged contact."""
        return last_contact(self.real, self.correspondence.other_channels)

    @cached_property
    def last_sign(self) -> datetime | None:
        """The last sign of life either way, list posts and what lies in Trash or Junk included, or logged contact."""
        return last_contact(self.signs, self.correspondence.other_channels)

    @cached_property
    def received(self) -> tuple[Message, ...]:
        """The contact's real messages."""
        return tuple(message for message in self.real if not message.outgoing)

    @cached_property
    def spells(self) -> tuple[float, ...]:
        """The quiet days between two bursts of mail, oldest first."""
        return tuple(quiet_spells([at(message) for message in self.real], self.rules.zone))

    @cached_property
    def noted(self) -> Mapping[CueKind, tuple[Message, ...]]:
        """What came from the contact, real or not, by what its words do; each oldest first."""
        found: dict[CueKind, list[Message]] = {}
        for message in self.correspondence.messages:
            if not message.outgoing and message.reading is not None:
                for kind in {cue.kind for cue in message.reading.cues}:
                    found.setdefault(kind, []).append(message)
        return {kind: tuple(messages) for kind, messages in found.items()}

    @cached_property
    def bad_news(self) -> tuple[Message, ...]:
        """What the contact wrote in the last ``sensitive_days``, in any thread, that touches bad news."""
        theirs = (one for one in self.correspondence.messages if not one.outgoing)
        lately = (one for one in theirs if days_since(at(one), self.now) <= self.rules.sensitive_days)
        return tuple(filter(self.is_bad_news, lately))

    def is_bad_news(self, message: Message) -> bool:
        """Tell whether a message touches bad news: its own words, as far as they were read, or its subject.

        The subject of a mail that nobody reads tells it too; not that of a list, where others speak of theirs.
        """
        if cues(message, CueKind.SENSITIVE):
            return True
        return message.kind is MailKind.PERSONAL and tells_bad_news(message.subject, self._languages)

    @cached_property
    def _languages(self) -> frozenset[str]:
        """The languages the two write in; where nothing was read, all that are known."""
        read = {one.reading.language for one in self.correspondence.messages if one.reading is not None}
        return frozenset(LANGUAGES) & read or frozenset(LANGUAGES)

    @cached_property
    def machine_mail(self) -> tuple[Message, ...]:
        """Bounces and absence notes, oldest first."""
        kinds = (MailKind.BOUNCE, MailKind.AUTO_REPLY)
        return tuple(one for one in self.correspondence.messages if one.kind in kinds and not one.outgoing)

    @cached_property
    def unread_debts(self) -> tuple[Message, ...]:
        """The contact's last words to the user that are still to be read and may ask for something."""
        return unread_debts(self.correspondence, self.rules, self.now)

    @cached_property
    def balance(self) -> Balance:
        """Who has asked more of whom."""
        return balance_of(self.correspondence)

    @property
    def silent_days(self) -> int:
        """Whole days since the last real message in either direction."""
        last = self.real[-1] if self.real else self.correspondence.messages[-1]
        return days_since(at(last), self.now)

    @cached_property
    def patience(self) -> float:
        """How much longer than usual to wait: doubled by each declined draft, half as much again by each unused one.

        Counted back to the last draft that was sent.
        """
        factor = 1.0
        for draft in reversed(self.drafts):
            if draft.state is DraftState.SENT:
                break
            if draft.state is DraftState.DECLINED:
                factor *= 2
            elif draft.state is DraftState.WITHDRAWN and self._went_unused(draft):
                factor *= 1.5
        return min(factor, LONGEST_PATIENCE)

    def _went_unused(self, draft: Draft) -> bool:
        """Tell whether nobody wrote while the draft lay there: it was taken back for its age alone."""
        return not any(draft.created <= at(one) <= draft.changed for one in self.signs)

    @cached_property
    def drafts_of_this_silence(self) -> tuple[Draft, ...]:
        """The drafts of ours that fall into the running silence, in any state."""
        silence = self.silence
        return tuple(one for one in self.drafts if one.silence == silence.opened_by or one.created >= silence.since)

    def own(self, address: str) -> str | None:
        """Return the user's own address that this one reaches (plus-tags apart), None for anybody else's."""
        return self._own.get(canonical(address))

    @cached_property
    def _own(self) -> Mapping[str, str]:
        return {canonical(one): one for one in reversed(self.circumstances.addresses)}

    @cached_property
    def identity(self) -> str:
        """The user's address in the newest real message either way, else the usual one."""
        for message in reversed(self.real):
            written = [message.sender] if message.outgoing else [*message.to, *message.cc]
            for one in written:
                if one is not None and (own := self.own(one.address)) is not None:
                    return own
        return self.circumstances.addresses[0]

    @cached_property
    def doubtful(self) -> tuple[Message, ...]:
        """Mail of which it cannot be said who sent it, in threads with this person."""
        return tuple(filter(is_doubtful, self.correspondence.messages))

    @cached_property
    def accounts(self) -> frozenset[str]:
        """The accounts in which this person was ever seen; of several copies of a mail only one is judged."""
        judged = {message.account for message in self.correspondence.messages}
        elsewhere = (self.circumstances.seen_in.get(one, ()) for one in self.contact.addresses)
        return frozenset(judged.union(*elsewhere))

    def day(self, moment: datetime) -> str:
        """Return the local day of a moment, as 2026-05-03."""
        return moment.astimezone(self.rules.zone).date().isoformat()

    def working_days_after(self, moment: datetime, days: int) -> datetime:
        """Return the moment so many working days later, in the user's time zone."""
        return add_working_days(moment, days, self.rules.zone, WEEKDAYS)

    def wait_over(self, moment: datetime, days: float) -> datetime:
        """Return when a wait of so many working days is over, with the patience that earlier drafts call for."""
        return self.working_days_after(moment, math.ceil(days * self.patience))

    def since(self, message: Message) -> tuple[Message, ...]:
        """Return what was written either way, in any thread, after a message."""
        return self.signs[bisect_right(self.signs, at(message), key=at) :]

    def discarded_in(self, thread: Thread) -> tuple[Message, ...]:
        """Return what belongs to a thread but lies in Trash or Junk."""
        numbers = {message.thread for message in thread.messages}
        return tuple(message for message in self._discarded if message.thread in numbers)

    @cached_property
    def _discarded(self) -> tuple[Message, ...]:
        return tuple(message for message in self.signs if message.role in (Role.TRASH, Role.JUNK))


def standing_of(
    correspondence: Correspondence,
    population: Population,
    circumstances: Circumstances,
    rules: Rules,
    now: datetime,
    surroundings: Surroundings,
) -> Standing:
    """Work out where things stand with one person. Raises ValueError for a correspondence without any message."""
    theirs = set(correspondence.contact.addresses)
    drafts = (draft for draft in circumstances.drafts if theirs & {draft.contact, *draft.addresses})
    return Standing(
        correspondence,
        rhythm_of(correspondence, population, rules.zone, now),
        circumstances,
        rules,
        now,
        silence_of(correspondence),
        real_messages(correspondence),
        signs_of_life(correspondence),
        tuple(sorted(drafts, key=lambda draft: (draft.created, draft.id))),
        surroundings,
    )
