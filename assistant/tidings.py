"""What the mail tells of our drafts: that one was sent, thrown away or moved, or is of no more use."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta

from assistant.correspondence.people import canonical, plain_name
from assistant.correspondence.threads import base_subject
from assistant.lifecycle import USER_WROTE
from assistant.model import Draft, DraftState, MailKind, Message, Role

CONTACT_WROTE = "They wrote meanwhile."
TOO_OLD = "It waited for {days} days."
UNSENT = frozenset({Role.DRAFTS, Role.TRASH, Role.JUNK})
_USERS = frozenset({DraftState.EDITED, DraftState.MOVED})


class KnownMail:
    """What the store knows, arranged for finding what became of drafts."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages = list(messages)
        self._by_id: dict[str, list[Message]] = {}
        for message in self.messages:
            if message.message_id:
                self._by_id.setdefault(message.message_id, []).append(message)
        dated = sorted(((one.when, number) for number, one in enumerate(self.messages) if one.when is not None))
        self._times = [when for when, _ in dated]
        self._dated = [self.messages[number] for _, number in dated]

    def with_id(self, message_id: str | None) -> list[Message]:
        """Return every copy of a message."""
        return self._by_id.get(message_id, []) if message_id else []

    def sent_as_it_was(self, draft: Draft) -> bool:
        """Tell whether a draft was sent under its own id."""
        return any(_went_out(copy, draft) for copy in self.with_id(draft.message_id))

    def sent(self, draft: Draft) -> bool:
        """Tell whether a draft was sent: by its id, else as an answer in its thread, else (fresh) by its subject.

        Thunderbird and Alpine give a new Message-ID on sending; In-Reply-To survives everywhere (measured).
        """
        if self.sent_as_it_was(draft):
            return True
        threads = self._threads(draft)
        subject = base_subject(draft.subject)
        return any(
            message.thread in threads if draft.in_reply_to else base_subject(message.subject) == subject
            for message in self.news(draft)
            if message.outgoing
        )

    def in_trash(self, draft: Draft) -> bool:
        """Tell whether our draft, by its id, lies in Trash."""
        return any(copy.role is Role.TRASH for copy in self.with_id(draft.message_id))

    def elsewhere(self, draft: Draft) -> list[Message]:
        """Return the copies of our draft, by its id, that were not sent and lie in other mailboxes than Trash."""
        copies = self.with_id(draft.message_id)
        return [copy for copy in copies if copy.role is not Role.TRASH and not _went_out(copy, draft)]

    def over(self, draft: Draft, now: datetime, after_days: int | None) -> str | None:
        """Say why an untouched draft is of no more use, None when it still is.

        ``after_days``: it has waited long enough then; None while that does not count.
        """
        wrote = {message.outgoing for message in self.news(draft)}
        if wrote:
            return USER_WROTE if wrote == {True} else CONTACT_WROTE
        aged = after_days is not None and now - draft.created >= timedelta(days=after_days)
        return TOO_OLD.format(days=after_days) if aged else None

    def news(self, draft: Draft) -> Iterator[Message]:
        """Yield what the contact and the user wrote to each other, and the judgement that led to a draft did not know.

        This machine's clock and the servers' may differ, and mail may come to light long after its date; so what was
        known then is told from what was not by its name, and no moment of ours is compared with one of a server's.
        """
        known = {draft.message_id, draft.silence, *draft.known}
        people = set(map(canonical, draft.addresses))
        for message in self._dated[bisect_left(self._times, draft.since or draft.created) :]:
            if name_of(message) in known:
                continue
            if self._to(people, message) if message.outgoing else self._from(people, message, draft):
                yield message

    @staticmethod
    def _to(people: Set[str], message: Message) -> bool:
        """Tell whether the user wrote this to one of these people; what lies in Trash was not sent."""
        return message.role not in UNSENT and any(
            canonical(one.address) in people for one in (*message.to, *message.cc)
        )

    def _from(self, people: Set[str], message: Message, draft: Draft) -> bool:
        """Tell whether one of them, and no machine, wrote this; in the thread of the draft from whatever address."""
        sender = message.sender
        if sender is None or message.kind is not MailKind.PERSONAL:
            return False
        if canonical(sender.address) in people:
            return True
        name = plain_name(sender.name).casefold()
        return " " in name and message.thread in self._threads(draft) and name in self._names(people)

    def _threads(self, draft: Draft) -> set[int]:
        """Return the thread that a draft answers in."""
        return {parent.thread for parent in self.with_id(draft.in_reply_to)}

    def _names(self, people: Set[str]) -> set[str]:
        """Return what these people are called, by themselves and by the user."""
        named = (one for message in self.messages for one in (message.sender, *message.to, *message.cc))
        return {
            plain_name(one.name).casefold() for one in named if one is not None and canonical(one.address) in people
        }

    def names(self, since: datetime, up_to: int) -> tuple[str, ...]:
        """Return what all mail from ``since`` on is known again by, in whatever mailbox; up to a message's number."""
        later = self._dated[bisect_left(self._times, since) :]
        return tuple(sorted({name_of(message) for message in later if message.id <= up_to}))


def name_of(message: Message) -> str:
    """Return what a message is known again by, in any mailbox and after everything was read anew."""
    return message.message_id or f"nameless:{message.when.isoformat() if message.when else ''}"


def without_our_drafts(messages: Iterable[Message], drafts: Sequence[Draft]) -> list[Message]:
    """Return the messages without those that are drafts of ours lying somewhere: unsent, they are no mail.

    One that is known to be sent stays mail wherever it is filed later, be it Trash; but not what we laid, which may
    still lie somewhere when the user sent another letter in its place.
    """
    ours = {draft.message_id: draft for draft in drafts}
    return [
        message
        for message in messages
        if (draft := ours.get(message.message_id or "")) is None or _went_out(message, draft)
    ]


def _went_out(copy: Message, draft: Draft) -> bool:
    """Tell whether a copy of a draft of ours is what was sent: it lies in Sent, or is dated after we laid it.

    Not all clients file what they send in Sent, and people file it elsewhere; but all write Date anew on sending
    (measured), and a draft that was only moved keeps ours. One that the user has saved does not, and one in Trash may
    have been saved there: these are not known to be sent.
    """
    later = copy.when is not None and copy.when > draft.created and draft.state not in _USERS
    return copy.role is Role.SENT or (later and (copy.role not in UNSENT or draft.state is DraftState.SENT))
