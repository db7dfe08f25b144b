"""From the outcome of a sweep to what people and programs read: tables' rows, sentences, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from assistant.days import ago, day_of
from assistant.drafting.offers import Share, cares_about
from assistant.model import Card, Draft, DraftState, Letter, Suggestion, Thread, Trouble
from assistant.plainly import HELD_SHORTLY, KIND_SAID, STANDING, out_of_reach

if TYPE_CHECKING:
    from assistant.briefing import Brief
    from assistant.contacts import Portrait
    from assistant.drafting.profile import Profile
    from assistant.following import Withdrawal
    from assistant.known import Status
    from assistant.sweep import AccountOutcome, Outcome, Proposed

SCHEMA = 1


def rfc3339(moment: datetime | None) -> str | None:
    """Return a time as the JSON has it: UTC, to the second."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sweep_json(outcome: Outcome, *, everything: bool) -> dict[str, Any]:
    """Return the JSON of a sweep (schema 1, fixed in the manual).

    ``everything``: every thread and contact that was weighed; otherwise what is or would be drafted.
    """
    shown = [one for one in outcome.suggestions if everything or one.suggestion.held is None]
    return {
        "schema": SCHEMA,
        "as_of": rfc3339(outcome.as_of),
        "dry_run": outcome.rehearsed,
        "accounts": [_account_json(one) for one in outcome.accounts],
        "suggestions": [_suggestion_json(one) for one in shown],
        "withdrawn": [_withdrawal_json(one) for one in outcome.withdrawn],
        "errors": [{"account": one.account, **_trouble_json(one)} for one in outcome.errors],
    }


def _account_json(account: AccountOutcome) -> dict[str, Any]:
    return {
        "name": account.name,
        "messages_new": account.new,
        "messages_total": account.total,
        "seconds": account.seconds,
        "error": _trouble_json(account.error) if account.error else None,
    }


def _trouble_json(trouble: Trouble) -> dict[str, str]:
    return {"code": trouble.code, "message": trouble.message, "cure": trouble.cure}


def _withdrawal_json(withdrawal: Withdrawal) -> dict[str, str]:
    return {"id": withdrawal.draft.id, "contact": withdrawal.draft.contact, "because": withdrawal.because}


def _suggestion_json(proposed: Proposed) -> dict[str, Any]:
    one = proposed.suggestion
    return {
        "account": one.account,
        "kind": one.kind.value,
        "score": one.score,
        "decision": "draft" if one.held is None else "held",
        "held_because": one.held.value if one.held else None,
        "reason": one.reason,
        "needs_word": one.needs_word,
        "contact": {
            "name": one.contact.name,
            "address": one.contact.address,
            "addresses": list(one.contact.addresses),
        },
        "thread": _thread_json(one.thread) if one.thread else None,
        "silent_days": one.silent_days,
        "usual_reply_days": one.usual_reply_days,
        "evidence": [{"fact": fact.fact, "message_id": fact.message_id} for fact in one.evidence],
        "draft": _draft_json(proposed.letter, proposed.draft) if proposed.letter else None,
    }


def _thread_json(thread: Thread) -> dict[str, Any]:
    return {
        "subject": thread.subject,
        "last_message_id": thread.last.message_id,
        "last_direction": "sent" if thread.last.outgoing else "received",
        "last_date": rfc3339(thread.last.when),
        "message_ids": [message.message_id for message in thread.messages],
    }


def _draft_json(letter: Letter, draft: Draft | None) -> dict[str, Any]:
    return {
        "id": letter.id,
        "subject": letter.subject,
        "to": letter.to.address,
        "from": letter.sender.address,
        "language": letter.language,
        "template": letter.template,
        "text": letter.text,
        "message_id": draft.message_id if draft else None,
        "mailbox": draft.mailbox if draft else None,
        "uid": draft.uid if draft else None,
    }


def share_json(outcome: Outcome, share: Share, cards: Sequence[Card]) -> dict[str, Any]:
    """Return the JSON of ``assistant share`` (schema 1): that of a sweep, with everybody who would care.

    ``no_mail`` names those of contacts.toml who would care too, but with whom there is no mail.
    """
    shared = {"text": share.text, "topic": share.topic, "no_mail": without_mail(outcome, share, cards)}
    return {**sweep_json(outcome, everything=True), "share": shared}


def share_rows(proposed: Sequence[Proposed]) -> list[tuple[str, str, str, str]]:
    """Return (who, what they care about, what comes of it, why) of everybody for whom a thing to share was weighed."""
    return [
        (
            called(one),
            _cares(one.contact.card),
            HELD_SHORTLY[one.held] if one.held else "draft",
            next((told.fact for told in one.evidence[1:]), "") if one.held else one.reason,
        )
        for one in (one.suggestion for one in proposed)
    ]


def _cares(card: Card | None) -> str:
    return ", ".join((*card.goals, *card.interests, *card.tags)) if card else ""


def without_mail(outcome: Outcome, share: Share, cards: Sequence[Card]) -> list[str]:
    """Return the names of those in contacts.toml who would care, but for whom nothing could be weighed."""
    met = {address for one in outcome.suggestions for address in one.suggestion.contact.addresses}
    caring = (card for card in cards if not card.never and cares_about(share.topic, card))
    return [card.name or card.addresses[0] for card in caring if met.isdisjoint(card.addresses)]


def cared_about(cards: Sequence[Card]) -> list[tuple[str, str]]:
    """Return (who, what they care about) of those of whom contacts.toml says anything like that."""
    return [(card.name or card.addresses[0], cares) for card in cards if (cares := _cares(card))]


def drafts_json(drafts: Sequence[Draft]) -> dict[str, Any]:
    """Return the JSON of ``assistant drafts`` (schema 1)."""
    return {"schema": SCHEMA, "drafts": [_row_json(one) for one in drafts]}


def _row_json(draft: Draft) -> dict[str, Any]:
    return {
        "id": draft.id,
        "account": draft.account,
        "kind": draft.kind.value,
        "contact": draft.contact,
        "subject": draft.subject,
        "state": draft.state.value,
        "because": draft.because,
        "created": rfc3339(draft.created),
        "changed": rfc3339(draft.changed),
        "reason": draft.reason,
        "needs_word": draft.needs_word,
        "message_id": draft.message_id,
        "mailbox": draft.mailbox,
        "uid": draft.uid,
    }


def brief_json(found: Brief) -> dict[str, Any]:
    """Return the JSON of ``assistant brief`` (schema 1)."""
    return {
        "schema": SCHEMA,
        "contact": {
            "name": found.contact.name,
            "address": found.contact.address,
            "addresses": list(found.contact.addresses),
        },
        "lines": [
            {
                "section": line.section.value,
                "fact": line.fact,
                "quote": line.quote,
                "message_id": line.message.message_id if line.message else None,
            }
            for line in found.lines
        ],
    }


def contacts_json(people: Sequence[Profile]) -> dict[str, Any]:
    """Return the JSON of ``assistant contacts list`` (schema 1)."""
    return {"schema": SCHEMA, "contacts": [_profile_json(one) for one in people]}


def portrait_json(found: Portrait) -> dict[str, Any]:
    """Return the JSON of ``assistant contacts show`` (schema 1)."""
    return {
        "schema": SCHEMA,
        "contact": _profile_json(found.profile),
        "facts": [{"what": one.what, "value": one.value, "source": one.source} for one in found.facts],
        "proposals": [
            {
                "kind": "goal" if one.goal else "interest",
                "words": one.words,
                "sentence": one.sentence,
                "message_id": one.message.message_id,
            }
            for one in found.proposals
        ],
        "lines": list(found.lines),
    }


def _profile_json(one: Profile) -> dict[str, Any]:
    card = one.contact.card
    return {
        "name": one.contact.name,
        "address": one.contact.address,
        "addresses": list(one.contact.addresses),
        "confirmed": one.contact.confirmed,
        "in_contacts_toml": one.contact.introduced,
        "language": one.language,
        "register": one.register,
        "received": one.received,
        "sent": one.sent,
        "usual_reply_days": _tenths(one.usual_reply_days),
        "usual_interval_days": _tenths(one.usual_interval_days),
        "last_contact": rfc3339(one.last),
        "goals": list(card.goals) if card else [],
        "interests": list(card.interests) if card else [],
    }


def _tenths(days: float | None) -> float | None:
    return None if days is None else round(days, 1)


def profile_lines(one: Profile, now: datetime) -> tuple[str, str]:
    """Return a person in two lines: who it is, and language, register, rhythm, last contact and number of goals."""
    contact = one.contact
    more = f" (+{len(contact.addresses) - 1})" if len(contact.addresses) > 1 else ""
    who = f"{contact.name} <{contact.address}>{more}" if contact.name else f"{contact.address}{more}"
    known = [
        ", ".join(filter(None, [one.language, one.register])),
        f"answers within {_days(one.usual_reply_days)}" if one.usual_reply_days is not None else "",
        f"in touch every {_days(one.usual_interval_days)}" if one.usual_interval_days is not None else "",
        f"last contact {ago(one.last, now)}" if one.last is not None else "no mail yet",
        _count(len(contact.card.goals), "goal") if contact.card and contact.card.goals else "",
    ]
    return who, "; ".join(filter(None, known))


def _days(days: float) -> str:
    return _count(max(1, round(days)), "day")


def status_json(status: Status) -> dict[str, Any]:
    """Return the JSON of ``assistant status`` (schema 1)."""
    return {
        "schema": SCHEMA,
        "stale": status.stale,
        "paused": status.paused,
        "paused_until": rfc3339(status.paused_until),
        "accounts": [
            {
                "name": one.name,
                "messages_total": one.messages,
                "last_sweep": rfc3339(one.last_sweep),
                "next_sweep": rfc3339(one.next_sweep),
                "confirmed": one.confirmed,
                "error": _trouble_json(one.trouble) if one.trouble else None,
                "alerts": [{"message": alert.words, "said": rfc3339(alert.said)} for alert in one.alerts],
            }
            for one in status.accounts
        ],
        "drafts": [_row_json(one) for one in status.drafts],
        "set_aside": [
            {
                "account": one.account,
                "mailbox": one.mailbox,
                "uid": one.uid,
                "reason": one.reason,
                "asked_again": one.asked_again,
            }
            for one in status.asides
        ],
    }


def status_lines(status: Status, now: datetime, zone: ZoneInfo) -> list[str]:
    """Return how things stand, in sentences; clock times are told in ``zone``. The drafts are for a table."""
    lines = []
    for one in status.accounts:
        coming = ""
        if one.next_sweep and one.next_sweep > now:
            coming = f", the next at {one.next_sweep.astimezone(zone):%H:%M}"
        last = f"last good sweep {ago(one.last_sweep, now)}" if one.last_sweep else "no good sweep so far"
        lines.append(f"{one.name}: {one.messages} messages known, {last}{coming}.")
        if not one.confirmed:
            lines.append("  The daemon only previews here until 'assistant sweep' has laid a draft by hand.")
        if one.trouble:
            lines.append(f"  {TROUBLE} {ago(one.trouble.since, now)}: {one.trouble.message} {one.trouble.cure}")
        elif one.overdue:
            since = "for over a day" if one.last_sweep else "so far"
            lines.append(f"  Not looked at {since}: run 'assistant sweep', or 'assistant service install' for good.")
        lines += [f"  The server said {ago(alert.said, now)}: {alert.words}" for alert in one.alerts]
    if status.paused:
        until = f"until {day_of(status.paused_until, now, zone)}" if status.paused_until else "until you resume"
        lines.append(f"Everything is paused {until}; 'assistant resume' ends it.")
    lines += [
        f"The draft for {draft.contact} is of no more use: {draft.because} "
        "The server offers no way to take it back alone; delete it in your mail program."
        for draft in status.drafts
        if draft.state is DraftState.WAITING and draft.because
    ]
    names = {one.name for one in status.accounts}
    lines += [" ".join(out_of_reach(draft)) for draft in status.drafts if draft.account not in names]
    if not status.drafts:
        lines.append("No draft of ours is waiting.")
    if status.asides:
        lines.append(f"Put aside, since they could not be read: {_count(len(status.asides), 'message')}.")
        lines += [
            f"  {one.account}, {one.mailbox}, UID {one.uid}: {one.reason}"
            + (" It will be asked for again." if one.asked_again else "")
            for one in status.asides[:ASIDES_SHOWN]
        ]
    return lines


TROUBLE = "Trouble since"
DRAFT_HEADINGS = ("Id", "For", "What", "It")


def draft_row(draft: Draft, now: datetime) -> tuple[str, str, str, str]:
    """Return a draft as a row of a table: id, for whom, what, how it stands."""
    forgotten = not draft.contact  # what became of it since is the user's affair
    standing = "is no longer followed" if forgotten and draft.state is DraftState.GONE else STANDING[draft.state]
    state = f"{standing}, laid {ago(draft.created, now)}"
    return draft.id[:8], "(forgotten)" if forgotten else draft.contact, KIND_SAID[draft.kind], state


ASIDES_SHOWN = 10


def called(suggestion: Suggestion) -> str:
    """Return the name by which a contact is shown."""
    return suggestion.contact.name or suggestion.contact.address


def summary(outcome: Outcome, *, everybody: bool = True) -> list[str]:
    """Return what a sweep brought, in sentences; how much was left alone only when ``everybody`` was weighed."""
    laid = [one for one in outcome.suggestions if one.letter is not None]
    held = [one for one in outcome.suggestions if one.suggestion.held is not None]
    would = "would be laid" if outcome.rehearsed or any(one.previewed for one in outcome.accounts) else "laid"
    left = f"; {len(held)} {_thing(len(held), 'matter')} left alone" if everybody else ""
    lines = [f"{_count(len(laid), 'draft')} {would} into Drafts{left}."]
    lines += [f"Taken back: the draft for {one.draft.contact}. {one.because}" for one in outcome.withdrawn]
    return lines


def _count(number: int, thing: str) -> str:
    return f"{number or 'No'} {_thing(number, thing)}"


def _thing(number: int, thing: str) -> str:
    return thing if number == 1 else f"{thing}s"


def letter_lines(letter: Letter) -> list[str]:
    """Return a letter as it lies in Drafts: whom it is for, its subject, its text."""
    to = f"{letter.to.name} <{letter.to.address}>" if letter.to.name else letter.to.address
    return [f"To: {to}", f"Subject: {letter.subject}", "", *letter.text.rstrip("\n").split("\n")]


def held_rows(proposed: Sequence[Proposed]) -> list[tuple[str, str, str, str]]:
    """Return (who, kind, why held, reason) of the suggestions that were held."""
    return [
        (called(one), KIND_SAID[one.kind], HELD_SHORTLY[one.held], one.reason)
        for one in (one.suggestion for one in proposed)
        if one.held is not None
    ]
