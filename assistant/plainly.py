"""The codes of this program in plain words: kinds of draft, why something is held, what became of a draft."""

from __future__ import annotations

from assistant.model import Draft, DraftState, HeldBecause, Kind

KIND_SAID = {
    Kind.OWE_REPLY: "an answer you owe",
    Kind.DELIVER_PROMISE: "a promise to keep",
    Kind.CHECK_IN: "an answer you wait for",
    Kind.THANK: "thanks to say",
    Kind.RECONNECT: "a word after a long time",
    Kind.OFFER: "something to offer",
    Kind.SHARE: "something to pass on",
}

HELD_SHORTLY = {
    HeldBecause.DAILY_CAP: "next in turn",
    HeldBecause.WEEKLY_CAP: "next in turn",
    HeldBecause.ONE_PER_CONTACT: "another comes first",
    HeldBecause.BELOW_BAR: "not worth a draft",
    HeldBecause.TOO_EARLY: "too early",
    HeldBecause.RECENT_CONTACT: "lately in touch",
    HeldBecause.OWED_FIRST: "your debt comes first",
    HeldBecause.BALANCE: "you asked enough",
    HeldBecause.ABSENT_UNTIL: "away",
    HeldBecause.PAUSED: "paused",
    HeldBecause.REST: "let be",
    HeldBecause.NEVER: "never, you said",
    HeldBecause.OPT_OUT: "asked for peace",
    HeldBecause.SENSITIVE: "bad news",
    HeldBecause.EXPIRED: "over",
    HeldBecause.CLOSED: "closed",
    HeldBecause.ERRAND: "an errand",
    HeldBecause.AUTOMATED: "a machine",
    HeldBecause.LIST: "a mailing list",
    HeldBecause.ROLE: "an office",
    HeldBecause.BOUNCED: "mail came back",
    HeldBecause.MANY_RECIPIENTS: "went to many",
    HeldBecause.ENCRYPTED: "encrypted",
    HeldBecause.LIVE_DRAFT: "draft waits",
    HeldBecause.HAD_DRAFT: "had its draft",
    HeldBecause.AMBIGUOUS: "sender unclear",
    HeldBecause.UNKNOWN_SENDER: "a stranger",
    HeldBecause.NO_TEMPLATE: "no template",
    HeldBecause.OFF_HOURS: "outside your hours",
    HeldBecause.ACCOUNT_UNREAD: "mail not read yet",
}
"""Why something is held, in three words."""

HELD_SAID = {
    HeldBecause.DAILY_CAP: "It is next in turn; the drafts of this day are laid.",
    HeldBecause.WEEKLY_CAP: "It is next in turn; the drafts of this week are laid.",
    HeldBecause.ONE_PER_CONTACT: "Nobody gets two drafts at once; something else comes first with this person.",
    HeldBecause.BELOW_BAR: "Nothing in it waits for an answer, or not enough to be worth a draft.",
    HeldBecause.TOO_EARLY: "For this person it has not been long.",
    HeldBecause.RECENT_CONTACT: "You were in touch in the last five working days.",
    HeldBecause.OWED_FIRST: "You owe this person something; that comes first.",
    HeldBecause.BALANCE: "You have asked more of this person than you gave.",
    HeldBecause.ABSENT_UNTIL: "They are away.",
    HeldBecause.PAUSED: "You paused it.",
    HeldBecause.REST: "You let it be.",
    HeldBecause.NEVER: "You chose never to be reminded.",
    HeldBecause.OPT_OUT: "They asked not to be written to.",
    HeldBecause.SENSITIVE: "It touches bad news, which a draft should keep out of.",
    HeldBecause.EXPIRED: "Its time has passed.",
    HeldBecause.CLOSED: "The matter is settled, or was closed with thanks.",
    HeldBecause.ERRAND: "It asked for something to be done, not for an answer.",
    HeldBecause.AUTOMATED: "A machine wrote it, or nobody reads that address.",
    HeldBecause.LIST: "It came through a mailing list.",
    HeldBecause.ROLE: "The address belongs to an office, not to a person.",
    HeldBecause.BOUNCED: "Mail to them came back, or they have left.",
    HeldBecause.MANY_RECIPIENTS: "It was written to many, or not to you.",
    HeldBecause.ENCRYPTED: "It is encrypted, so nothing is known of it.",
    HeldBecause.LIVE_DRAFT: "A draft to them waits already.",
    HeldBecause.HAD_DRAFT: "This silence had its draft.",
    HeldBecause.AMBIGUOUS: "It cannot be said for certain who wrote, or to whom.",
    HeldBecause.UNKNOWN_SENDER: "You have never written to them.",
    HeldBecause.NO_TEMPLATE: "There is no template in their language, or nothing that fits.",
    HeldBecause.OFF_HOURS: "Drafts are laid in your hours only.",
    HeldBecause.ACCOUNT_UNREAD: "Mail may be missing from the picture; it is not read to the end.",
}
"""Why something is held, in a sentence."""

STANDING = {
    DraftState.PLANNED: "is to be tried again",
    DraftState.INTENDED: "is being written",
    DraftState.UNKNOWN: "is being looked for",
    DraftState.WAITING: "waits in Drafts",
    DraftState.EDITED: "was changed by you",
    DraftState.MOVED: "was moved by you",
    DraftState.SENT: "was sent",
    DraftState.DECLINED: "was deleted by you",
    DraftState.WITHDRAWN: "was taken back",
    DraftState.GONE: "is gone (sent or deleted)",
}
"""How a draft stands, after "the draft"."""


def out_of_reach(draft: Draft) -> tuple[str, str]:
    """Return that a draft lies in an account that is not in the settings, and the cure."""
    return (
        f"The draft for {draft.contact} lies in the account {draft.account!r}, which is configured no more.",
        "'assistant sweep' takes it over if that was only renamed; else delete it in your mail program.",
    )
