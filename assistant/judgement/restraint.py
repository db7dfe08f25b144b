"""Why a matter is let be: an ordered table of small rules, each with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice

from assistant.correspondence.kinds import is_no_reply, is_role_address
from assistant.judgement.balance import Balance
from assistant.judgement.matter import Case
from assistant.judgement.settled import DEBTS, closed, errand, expired
from assistant.judgement.silence import at, days_since
from assistant.judgement.turns import cues
from assistant.judgement.wishes import addresses_of, never, opt_out, paused, rest
from assistant.model import CueKind, Draft, DraftState, Evidence, HeldBecause, Kind, MailKind, Message, Signal

EVERY = frozenset(Kind)
UNASKED = frozenset({Kind.CHECK_IN, Kind.RECONNECT, Kind.OFFER})
"""The kinds that nobody waits for."""
NOT_AWAITED = UNASKED | {Kind.SHARE}
"""The same, and what the user asked for themselves."""

Test = Callable[[Case], Evidence | None]


@dataclass(frozen=True, slots=True)
class Restraint:
    """One rule: its code, the kinds it holds, and the test that returns the evidence when it applies."""

    code: HeldBecause
    kinds: frozenset[Kind]
    test: Test


@dataclass(frozen=True, slots=True)
class Hold:
    """A rule that applies, with what it was seen by."""

    code: HeldBecause
    evidence: Evidence


def holds(case: Case, *, first: bool = False) -> tuple[Hold, ...]:
    """Return the rules that hold the matter, the weightiest first (or that one alone); empty when it may be drafted."""
    tested = ((rule.code, rule.test(case)) for rule in RULES_OF[case.matter.kind])
    held = (Hold(code, evidence) for code, evidence in tested if evidence is not None)
    return tuple(islice(held, 1) if first else held)


def automated(case: Case) -> Evidence | None:
    """Hold mail that no person wrote, and addresses that nobody reads."""
    about = case.matter.about
    if is_no_reply(case.standing.contact.address):
        return Evidence(f"{case.standing.contact.address} is an address that nobody reads.", None)
    if about.kind not in (MailKind.PERSONAL, MailKind.LIST):
        return Evidence("It was written by a machine, not by a person.", about.message_id)
    return None


def mailing_list(case: Case) -> Evidence | None:
    """Hold what came through a mailing list."""
    if case.matter.about.kind is MailKind.LIST:
        return Evidence("It came through a mailing list.", case.matter.about.message_id)
    return None


def role(case: Case) -> Evidence | None:
    """Hold the address of an office; only the user's own contacts file can make a person of it."""
    contact = case.standing.contact
    if not contact.introduced and is_role_address(contact.address):
        return Evidence(f"{contact.address} belongs to an office, not to a person.", None)
    return None


def bounced(case: Case) -> Evidence | None:
    """Hold when a delivery failed since they last wrote, or the address is said to be no longer theirs."""
    standing = case.standing
    # In personal mail "no longer with us" is usually said of somebody else.
    if left := [one for one in standing.machine_mail if cues(one, CueKind.LEFT)]:
        return Evidence(f"{standing.name} is no longer at this address.", left[-1].message_id)
    failed = [one for one in standing.machine_mail if one.kind is MailKind.BOUNCE]
    if failed and not (standing.received and at(standing.received[-1]) > at(failed[-1])):
        return Evidence("Mail to this address came back.", failed[-1].message_id)
    return None


def ambiguous(case: Case) -> Evidence | None:
    """Hold when it cannot be said who wrote a mail of the thread: it may be the answer, or not be the user's at all."""
    if (about := case.matter.about).unproven:
        return Evidence("It bears your address, but came to you by mail and does not lie in Sent.", about.message_id)
    numbers = {one.thread for one in _matter_mail(case)}
    doubtful = next((one for one in case.standing.doubtful if one.thread in numbers), None)
    fact = "The sender's address can be read in more than one way."
    return Evidence(fact, doubtful.message_id) if doubtful else None


def unknown_sender(case: Case) -> Evidence | None:
    """Hold when the user has never written to them."""
    if case.standing.contact.confirmed:
        return None
    return Evidence(f"You have never written to {case.standing.contact.address}.", None)


def sensitive(case: Case) -> Evidence | None:
    """Hold when the matter is about bad news, and everything while what the contact lately wrote anywhere had some."""
    standing, about = case.standing, case.matter.about
    since = (one for one in _matter_mail(case) if at(one) >= at(about) and standing.is_bad_news(one))
    found = next(chain(since, standing.bad_news), None)
    return Evidence("It touches something that a draft should keep out of.", found.message_id) if found else None


def encrypted(case: Case) -> Evidence | None:
    """Hold when what was said cannot be read."""
    return _evidence(_matter_mail(case), Signal.ENCRYPTED, "The thread is encrypted.")


def many_recipients(case: Case) -> Evidence | None:
    """Hold what was said to a group, or not to this person in the first place."""
    about, rules = case.matter.about, case.standing.rules
    everybody = len(about.to) + len(about.cc)
    if everybody > rules.max_to_cc or (about.outgoing and len(about.to) > rules.max_to):
        return Evidence(f"It went to {everybody} addresses.", about.message_id)
    if about.outgoing and (not about.to or about.to[0].address not in addresses_of(case)):
        return Evidence(f"{case.standing.name} is not the one you wrote to first.", about.message_id)
    if case.matter.kind in {Kind.OWE_REPLY, Kind.THANK} and not _means_the_user(case, about):
        return Evidence("It does not name you, and others got it too.", about.message_id)
    return None


def absent(case: Case) -> Evidence | None:
    """Hold while they are away: until the day they named and one working day more, else for a while."""
    standing = case.standing
    for message in reversed(standing.noted.get(CueKind.ABSENCE, ())):
        dates = [cue.date for cue in cues(message, CueKind.ABSENCE) if cue.date is not None]
        if dates and standing.working_days_after(max(dates), 1) > standing.now:
            return Evidence(f"{standing.name} is away until {standing.day(max(dates))}.", message.message_id)
    notes = [one for one in standing.machine_mail if one.kind is MailKind.AUTO_REPLY]
    if not notes or any(cue.date for cue in cues(notes[-1], CueKind.ABSENCE)):
        return None
    lately = days_since(at(notes[-1]), standing.now) < standing.rules.absence_days
    if lately and not (standing.received and at(standing.received[-1]) > at(notes[-1])):
        return Evidence(f"{standing.name} is away and did not say until when.", notes[-1].message_id)
    return None


def owed_first(case: Case) -> Evidence | None:
    """Hold when the user owes them something: that comes first."""
    if not case.debts:
        return None
    debt = case.debts[-1]
    what = "a promise to keep" if debt.kind is Kind.DELIVER_PROMISE else "an answer"
    return Evidence(f"You owe {case.standing.name} {what}.", debt.about.message_id)


def balance(case: Case) -> Evidence | None:
    """Hold when the user has asked more of them than was given."""
    if case.standing.balance is Balance.YOU_OWE:
        return Evidence(f"You have asked more of {case.standing.name} lately than you gave.", None)
    return None


def live_draft(case: Case) -> Evidence | None:
    """Hold while a draft to them is waiting."""
    live = [draft for draft in case.standing.drafts if draft.state.live]
    return Evidence(f"A draft to {case.standing.name} is waiting already.", live[-1].message_id) if live else None


def had_draft(case: Case) -> Evidence | None:
    """Hold when this silence had its draft of this kind, its two, a declined one, or its yearly word.

    A matter whose draft was deleted stays let be, though they have written of something else since.
    """
    standing, kind = case.standing, case.matter.kind
    had = standing.drafts_of_this_silence
    if kind is Kind.SHARE and (got := [one for one in standing.drafts if one.gift == standing.circumstances.share_key]):
        return Evidence(f"A draft of {standing.day(got[-1].created)} passes on the same.", None)
    if declined := [draft for draft in had if draft.state is DraftState.DECLINED]:
        return Evidence(f"You declined a draft on {standing.day(declined[-1].changed)}.", None)
    if done := [draft for draft in standing.drafts if _was_done_with(draft) and _is_about(draft, case)]:
        how = "declined" if done[-1].state is DraftState.DECLINED else "sent or deleted"
        return Evidence(f"You {how} a draft about it on {standing.day(done[-1].changed)}.", None)
    if same := [draft for draft in had if draft.kind is kind]:
        return Evidence(f"A draft of this kind was written on {standing.day(same[-1].created)}.", None)
    if len(had) >= standing.rules.drafts_per_silence:
        return Evidence(f"This silence had {len(had)} drafts.", None)
    slow = standing.rules.slow_lane_days
    if kind in UNASKED and standing.silent_days > slow and standing.drafts:
        last = standing.drafts[-1].created
        if days_since(last, standing.now) < slow:
            return Evidence(f"There was a draft on {standing.day(last)}; one a year is enough.", None)
    return None


def recent_contact(case: Case) -> Evidence | None:
    """Hold when somebody wrote in the last five working days, either way, in any thread or account."""
    standing = case.standing
    last = standing.last_sign
    if last is None or standing.working_days_after(last, standing.rules.recent_contact_days) <= standing.now:
        return None
    message = next((one for one in reversed(standing.signs) if at(one) == last), None)
    return Evidence(f"You were in touch on {standing.day(last)}.", message.message_id if message else None)


def too_early(case: Case) -> Evidence | None:
    """Hold until the clock has come round."""
    clock = case.matter.clock
    return None if clock.due else Evidence(f"It is not due before {case.standing.day(clock.due_from)}.", None)


def account_unread(case: Case) -> Evidence | None:
    """Hold while mail may be missing from the picture."""
    circumstances = case.standing.circumstances
    accounts = case.standing.accounts
    if unread := sorted(accounts & circumstances.unread):
        return Evidence(f"The account {unread[0]} could not be read to the end.", None)
    if case.matter.kind in NOT_AWAITED and (waiting := case.standing.unread_debts):
        fact = f"Mail of {case.standing.name} is still to be read; it may ask for something."
        return Evidence(fact, waiting[-1].message_id)
    lacking = sorted(accounts & circumstances.incomplete_sent)
    if lacking and case.matter.kind in DEBTS | {Kind.THANK}:
        return Evidence(f"Sent mail is missing in {lacking[0]}: you may have answered.", None)
    return None


def below_bar(case: Case) -> Evidence | None:
    r"""Hold what is not worth a draft. A mail in Sent that the user flagged (``\Flagged``) needs no bar."""
    about, rules, thread = case.matter.about, case.standing.rules, case.matter.thread
    if about.outgoing and about.flagged and thread is not None:
        return None
    if thread is not None and about.reading is None:
        return Evidence("Its text was not read, so it is only listed.", about.message_id)
    if not case.matter.open:
        return Evidence("Nothing in it waits for an answer.", about.message_id)
    known = thread is None or (about.reading is not None and about.reading.language is not None)
    bar = rules.bar if known else rules.bar_unknown_language
    return Evidence(f"Its score is {case.score:.2f}, the bar is {bar:.2f}.", None) if case.score < bar else None


def _means_the_user(case: Case, message: Message) -> bool:
    """Tell whether a mail is for the user: alone in To, or named; one who only gets a copy must be greeted by it."""
    mine = [case.standing.own(one.address) is not None for one in message.to]
    named = cues(message, CueKind.GREETS_USER)
    return mine == [True] or any(any(mine) or not mine or cue.place == 0 for cue in named)


def _matter_mail(case: Case) -> tuple[Message, ...]:
    return case.matter.thread.messages if case.matter.thread else (case.matter.about,)


def _was_done_with(draft: Draft) -> bool:
    """Tell whether the user deleted a draft that lay there, or may have: one that is gone for good may be sent, too."""
    return draft.state is DraftState.DECLINED or (draft.state is DraftState.GONE and draft.uid is not None)


def _is_about(draft: Draft, case: Case) -> bool:
    """Tell whether a draft was written for this matter: in its thread, and after the mail it is about."""
    about, thread = case.matter.about, case.matter.thread
    if thread is None or draft.in_reply_to is None or draft.created < at(about):
        return False
    return any(one.message_id == draft.in_reply_to for one in thread.messages)


def _evidence(messages: Iterable[Message], signal: Signal, fact: str) -> Evidence | None:
    return next((Evidence(fact, one.message_id) for one in messages if one.signals & signal), None)


RESTRAINTS: tuple[Restraint, ...] = (
    Restraint(HeldBecause.AUTOMATED, EVERY, automated),
    Restraint(HeldBecause.LIST, EVERY, mailing_list),
    Restraint(HeldBecause.ROLE, EVERY, role),
    Restraint(HeldBecause.BOUNCED, EVERY, bounced),
    Restraint(HeldBecause.AMBIGUOUS, EVERY, ambiguous),
    Restraint(HeldBecause.UNKNOWN_SENDER, EVERY, unknown_sender),
    Restraint(HeldBecause.OPT_OUT, EVERY, opt_out),
    Restraint(HeldBecause.NEVER, EVERY, never),
    Restraint(HeldBecause.PAUSED, EVERY, paused),
    Restraint(HeldBecause.REST, EVERY, rest),
    Restraint(HeldBecause.ENCRYPTED, EVERY, encrypted),
    Restraint(HeldBecause.CLOSED, EVERY, closed),
    Restraint(HeldBecause.EXPIRED, EVERY, expired),
    Restraint(HeldBecause.SENSITIVE, EVERY, sensitive),
    Restraint(HeldBecause.ERRAND, EVERY, errand),
    Restraint(HeldBecause.MANY_RECIPIENTS, EVERY - {Kind.RECONNECT, Kind.OFFER, Kind.SHARE}, many_recipients),
    Restraint(HeldBecause.ABSENT_UNTIL, EVERY, absent),
    Restraint(HeldBecause.OWED_FIRST, NOT_AWAITED, owed_first),
    Restraint(HeldBecause.BALANCE, frozenset({Kind.CHECK_IN, Kind.RECONNECT}), balance),
    Restraint(HeldBecause.LIVE_DRAFT, EVERY, live_draft),
    Restraint(HeldBecause.HAD_DRAFT, EVERY, had_draft),
    Restraint(HeldBecause.RECENT_CONTACT, UNASKED, recent_contact),
    Restraint(HeldBecause.TOO_EARLY, EVERY, too_early),
    Restraint(HeldBecause.ACCOUNT_UNREAD, EVERY, account_unread),
    Restraint(HeldBecause.BELOW_BAR, EVERY, below_bar),
)

RULES_OF = {kind: tuple(rule for rule in RESTRAINTS if kind in rule.kinds) for kind in Kind}
"""The rules that each kind must pass, in the same order."""
