"""What the user says about people: a pause, a rest, never, forget, and to take it back; a contact elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from assistant.correspondence.threads import base_subject
from assistant.importing import forget_imported
from assistant.judged import Known, numbered
from assistant.judgement.wishes import is_at
from assistant.known import known_drafts
from assistant.model import Choices, Contact, Draft, OtherChannel, Suggestion, Thread
from assistant.outcome import Outcome
from assistant.settings import Settings
from assistant.store.choices import change_choices
from assistant.store.database import account_lock, open_ledger, open_mail, prepare
from assistant.store.forgotten import erase_from_ledger, erase_mail, mark_of
from assistant.store.ledger import Ledger


def pause(choices: Choices, address: str, until: datetime | None) -> Choices:
    """Return the choices with a person paused, or EVERYTHING; ``until`` None: until resumed."""
    return replace(choices, paused={**choices.paused, address: until})


def rest(choices: Choices, key: str, now: datetime) -> Choices:
    """Return the choices with the thread of a Message-ID let be, or the present silence with an address."""
    return replace(choices, rests={**choices.rests, key: now})


def never(choices: Choices, who: str) -> Choices:
    """Return the choices with an address, or a domain written as "@example.org", left alone for good."""
    return replace(choices, never=choices.never | {who})


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What ``resume`` took back: whether it was paused, at rest, never; how many addresses were forgotten."""

    paused: bool = False
    rested: bool = False
    never: bool = False
    forgotten: int = 0

    def __bool__(self) -> bool:
        return self.paused or self.rested or self.never or bool(self.forgotten)


def resumed(choices: Choices, keys: Collection[str], now: datetime) -> tuple[Choices, TakenBack]:
    """Return the choices without what was chosen for these addresses, domains and Message-IDs, and what that was.

    Of somebody forgotten new mail counts again from ``now`` on, from all addresses that were forgotten together; what
    is older stays unread, so that no silence of before has another draft.
    """
    marks = _forgotten_together(choices, keys)
    paused, rests = choices.paused.keys() & keys, choices.rests.keys() & keys
    taken = TakenBack(bool(paused), bool(rests), bool(choices.never & set(keys)), len(marks))
    return Choices(
        paused={key: until for key, until in choices.paused.items() if key not in paused},
        rests={key: day for key, day in choices.rests.items() if key not in rests},
        never=choices.never - set(keys),
        opted_out=choices.opted_out,
        forgotten={**choices.forgotten, **dict.fromkeys(marks, now)},
        forgotten_with={mark: first for mark, first in choices.forgotten_with.items() if mark not in marks},
    ), taken


def _forgotten_together(choices: Choices, keys: Collection[str]) -> set[str]:
    """Return what stands for those of these addresses whose mail does not count, and for what was forgotten with them.

    The user knows a person by one address, and no other can be read from what is kept of them.
    """
    together = {choices.forgotten_with.get(mark, mark) for mark in map(mark_of, keys)}
    return {
        mark
        for mark, again in choices.forgotten.items()
        if again is None and choices.forgotten_with.get(mark, mark) in together
    }


def threads_meant(outcome: Outcome, text: str) -> list[Suggestion]:
    """Return what is meant by a Message-ID, a number shown by ``due``, or (a part of) a subject; one of each thread."""
    wanted = text.strip().removeprefix("<").removesuffix(">")
    listed = numbered(outcome)
    if wanted.isdecimal():
        number = int(wanted)
        return listed[number - 1 : number] if 0 < number <= len(listed) else []
    by_id = [one for one in listed if one.thread and any(wanted == mail.message_id for mail in one.thread.messages)]
    if by_id:
        return _one_of_each_thread(by_id)
    subject = " ".join(wanted.casefold().split())
    titled = [one for one in listed if one.thread and subject in one.thread.subject.casefold()]
    if not titled and (subject := base_subject(wanted)):  # typed as a mail client shows it: "Re: The bell"
        titled = [one for one in listed if one.thread and subject in base_subject(one.thread.subject)]
    exact = [one for one in titled if one.thread and subject == one.thread.subject.casefold()]
    return _one_of_each_thread(exact or titled)


def _one_of_each_thread(suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    return list({key_of(one.thread): one for one in reversed(suggestions) if one.thread is not None}.values())[::-1]


def key_of(thread: Thread) -> str | None:
    """Return the Message-ID that a thread is let be by: its first mail's that has one."""
    return next((message.message_id for message in thread.messages if message.message_id), None)


def ids_with(known: Known | None) -> set[str]:
    """Return the Message-IDs of all mail with a person."""
    return {one.message_id for one in known.correspondence.messages if one.message_id} if known is not None else set()


def drafts_at(state: Path, domain: str) -> list[Draft]:
    """Return the drafts there were for people of a domain ("@example.org"), oldest first."""
    return [one for one in known_drafts(state) if any(is_at(address, domain) for address in one.addresses)]


def log(state: Path, address: str, contact: OtherChannel) -> None:
    """Note a contact with a person by another channel; a silence counts from there."""
    prepare(state)
    with closing(open_ledger(state)) as ledger:
        Ledger(ledger).log(address, contact)


def forget(settings: Settings, state: Path, contact: Contact, mail: Collection[str], now: datetime) -> int:
    """Erase what is stored about a person, but an opt-out of theirs; return how much mail that was.

    ``mail`` are the Message-IDs exchanged with them. Their mail is not written down again until they are resumed.
    The marks are set first: an interruption leaves something to erase, and nothing to read again. Raises Busy while a
    sweep is running.
    """
    prepare(state)
    addresses = {contact.address, *contact.addresses}
    marks, first = {mark_of(one) for one in addresses}, mark_of(contact.address)
    with ExitStack() as stack:
        for account in settings.accounts:
            stack.enter_context(account_lock(state, account.name))

        def forgotten(choices: Choices) -> Choices:
            left, _ = resumed(choices, {*addresses, *mail}, now)
            # What is forgotten already stays so: this may be said again, and of one of their addresses alone.
            whole = choices.forgotten_with.get(first, first)
            return replace(
                left,
                forgotten={**choices.forgotten, **dict.fromkeys(marks)},
                forgotten_with={**choices.forgotten_with, **dict.fromkeys(marks - {whole}, whole)},
            )

        change_choices(settings.directory, forgotten)
        forget_imported(settings, addresses)
        with closing(open_ledger(state)) as ledger:
            erase_from_ledger(ledger, addresses)
        with closing(open_mail(state)) as facts:
            return erase_mail(facts, addresses)
