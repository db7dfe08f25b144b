"""Which messages with one person belong together: generously for "was it answered", strictly for "what do I quote"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from operator import attrgetter

from assistant.model import MailKind, Message, Role, Thread

SPAN = timedelta(days=30)  # a subject taken up again later is a new matter
GENERIC_SPAN = timedelta(days=7)  # "Re: hi" answers the "hi" of this week, not the one of last month
LONGEST = 400


def _words(text: str, separator: str | None = None) -> frozenset[str]:
    return frozenset(text.split(separator))


REPLY_PREFIXES = _words(
    "re aw antw antwort sv vs vá va res rif r ref réf rép rep odp odg odgovor atb ats ynt yan cvp ad bls rsp resp "
    "svar vastaus réponse respuesta resposta risposta antwoord απ απαντ σχετ на отв ответ відп תגובה השב رد "
    "答复 回复 回覆 答覆 返信 답장 회신 hồiâm trảlời"
)
FORWARD_PREFIXES = _words(
    "fw fwd wg tr rv enc i vb vl vbs doorst pd továbbítás tov ilt ilet prosl přep fs trs weitergeleitet transf "
    "reenviado encaminhado inoltrato doorgestuurd πρθ пересл перенаправлено הועבר إعادةتوجيه 转发 轉寄 転送 전달"
)
ALL_PREFIXES = REPLY_PREFIXES | FORWARD_PREFIXES

_COUNTER = r"(?:\s?[\[(^]?\d{1,4}[\])]?)?"
_PREFIX = re.compile(rf"\s{{0,9}}([^\W\d_]{{1,16}}(?:\s[^\W\d_]{{2,8}})?){_COUNTER}\s{{0,3}}[:：]", re.IGNORECASE)
_TAG = re.compile(r"\s{0,9}\[[^\[\]]{1,60}\]")
_TICKET = re.compile(r"[\[(]?#\s?\d{2,12}[\])]?|\((?:ticket|case|ref)[^()]{0,30}\)|\[[^\[\]]{1,60}\]", re.IGNORECASE)

GENERIC = _words(
    "|hi|hello|hey|hallo|moin|hola|olá|oi|ciao|salut|bonjour|question|quick question|frage|kurze frage|question rapide"
    "|pregunta|pergunta|domanda|vraag|update|news|info|information|informationen|fyi|test|meeting|lunch|dinner|coffee"
    "|call|thanks|thank you|danke|merci|gracias|obrigado|grazie|bedankt|request|help|hilfe|aide|ayuda|ajuda|aiuto|hulp"
    "|today|tomorrow|heute|morgen|termin|treffen|rendez-vous|reunión|reunião|riunione|afspraak|no subject|(no subject)"
    "|kein betreff|(kein betreff)|sans objet|(sans objet)|sin asunto|(sin asunto)|sem assunto|(sem assunto)"
    "|nessun oggetto|(nessun oggetto)|geen onderwerp|(geen onderwerp)|follow up|follow-up|invoice|document|documents"
    "|attached|none|important|urgent|message|mail|email",
    "|",
)

_TOPIC_WORD = re.compile(r"\d+|[^\W\d_]{3,}")
_FUNCTION_WORDS = _words(
    "the and for with from your our about this that you are was has have will not new der die das den dem und für von "
    "mit ein eine zum zur les des une pour dans avec sur aux los las una con para por del uma com dos das per della "
    "delle dei gli het een van voor met"
)

_HIDDEN = frozenset({Role.TRASH, Role.JUNK})
_PREFERENCE = {
    Role.SENT: 0,
    Role.INBOX: 1,
    Role.ARCHIVE: 2,
    Role.OTHER: 2,
    Role.ALL: 3,
    Role.VIEW: 3,
    Role.TRASH: 4,
    Role.JUNK: 5,
}


def is_real(message: Message) -> bool:
    """Tell whether a person wrote this, it can be dated, and it lies neither in Drafts nor in Trash nor in Junk."""
    return (
        message.kind is MailKind.PERSONAL
        and message.when is not None
        and message.role is not Role.DRAFTS
        and message.role not in _HIDDEN
    )


@lru_cache(maxsize=65536)
def base_subject(subject: str) -> str:
    """Return the subject without reply and forward prefixes (20 languages), list tags and ticket numbers, case-folded.

    "" when nothing else is left. At most 400 characters are looked at.
    """
    return " ".join(_TICKET.sub(" ", _split(subject)[1]).casefold().split())


def is_forward_subject(subject: str) -> bool:
    """Tell whether the subject begins with a forward prefix ("Fwd:", "WG:"), also behind a list tag."""
    found = _PREFIX.match(_TAG.sub("", subject[:LONGEST], count=1))
    return found is not None and found[1].casefold().replace(" ", "") in FORWARD_PREFIXES


@lru_cache(maxsize=65536)
def topic_words(subject: str) -> frozenset[str]:
    """Return the words and numbers that tell what a subject is about; none of a generic one ("hi", "question")."""
    base = base_subject(subject)
    return frozenset() if base in GENERIC else frozenset(_TOPIC_WORD.findall(base)) - _FUNCTION_WORDS


@lru_cache(maxsize=65536)
def is_reply_subject(subject: str) -> bool:
    """Tell whether the subject carries a reply prefix ("Re:", "AW:", "Re[2]:" ...), also behind a list tag."""
    return _split(subject)[0]


def group(messages: Sequence[Message]) -> tuple[Thread, ...]:
    """Return the threads of one person's messages, in the order of their newest message.

    The generous reading: linked by headers (``Message.thread``), or by the same subject within 30 days,
    when the later one carries a reply prefix or runs in the other direction. Of a generic or empty
    subject ("hi") only a reply from the other side within 7 days. Gmail's conversation joins what
    answers, however late; it never keeps apart (Gmail splits where a subject changes, and after 100
    mails). What is not real is left out. ``messages`` holds each message once, as ``best_copies`` returns them;
    those of one second stay in its order.
    """
    real = sorted(filter(is_real, messages), key=attrgetter("when"))
    parent: dict[int, int] = {}
    latest: dict[str, Message] = {}
    spoken: dict[tuple[str, int], Message] = {}
    for message in real:
        parent.setdefault(message.thread, message.thread)
        subject = base_subject(message.subject)
        earlier = latest.get(subject)
        if earlier is not None and _continues(message, earlier, subject):
            parent[_root(parent, message.thread)] = _root(parent, earlier.thread)
        latest[subject] = message
        if message.conversation is not None:
            before = spoken.get(key := (message.account, message.conversation))
            if before is not None and _answers(message, before):
                parent[_root(parent, message.thread)] = _root(parent, before.thread)
            spoken[key] = message
    threads: dict[int, list[Message]] = {}
    for message in real:
        threads.setdefault(_root(parent, message.thread), []).append(message)
    made = (Thread(_subject(members), tuple(members)) for members in threads.values())
    return tuple(sorted(made, key=attrgetter("last.when")))


def strict(thread_messages: Iterable[Message], about: Message) -> tuple[Message, ...]:
    """Return the messages that the headers link to ``about`` (itself included), in the given order."""
    return tuple(message for message in thread_messages if message.thread == about.thread)


def best_copies(messages: Iterable[Message], accounts: Collection[str] | None = None) -> list[Message]:
    """Return each message once, by Message-ID and sender, in the order met; drafts are left out.

    Of several copies the one in a visible mailbox is kept, of those that lie somewhere now if there are any: what was
    copied to Trash before it was deleted is thrown away. One in these ``accounts`` (None: any) comes before one in an
    account that the user has given up, where nothing changes any more and nothing can be laid. A reading or a flag on
    any copy counts. A stranger who reuses the Message-ID of another's mail does not make that mail vanish.
    """
    kept: dict[object, Message] = {}
    for message in messages:
        if message.role is Role.DRAFTS:
            continue
        sender = message.sender.address if message.sender else ""
        key = (message.message_id, sender) if message.message_id else message.id
        other = kept.get(key)
        kept[key] = message if other is None else _better(other, message, accounts)
    return list(kept.values())


def _better(one: Message, two: Message, accounts: Collection[str] | None) -> Message:
    def rank(copy: Message) -> tuple[bool, bool, int]:
        given_up = accounts is not None and copy.account not in accounts
        return given_up, copy.uid is None, _PREFERENCE[copy.role]

    best, second = sorted((one, two), key=rank)
    read = second if best.reading is None and second.reading is not None else best
    return best._replace(
        answered=best.answered or second.answered,
        flagged=best.flagged or second.flagged,
        reading=read.reading,
        kind=read.kind,  # which its words may have corrected, as what follows
        signals=read.signals,
        to=read.to,
        cc=read.cc,
    )


def _continues(message: Message, earlier: Message, subject: str) -> bool:
    """Tell whether ``message`` takes up the subject of ``earlier``, the last one of the same subject."""
    assert message.when is not None
    assert earlier.when is not None
    gap = message.when - earlier.when
    if subject in GENERIC or len(subject) < 3:
        turned = message.outgoing != earlier.outgoing
        return turned and is_reply_subject(message.subject) and gap <= GENERIC_SPAN
    return gap <= SPAN and _answers(message, earlier)


def _answers(message: Message, earlier: Message) -> bool:
    """Tell whether ``message`` runs in the other direction than ``earlier``, or says of itself that it answers."""
    return message.outgoing != earlier.outgoing or is_reply_subject(message.subject)


def _split(subject: str) -> tuple[bool, str]:
    """Return whether a reply prefix was met, and what stands behind all prefixes and list tags."""
    rest, reply = subject[:LONGEST], False
    while True:
        if found := _TAG.match(rest):
            after = rest[found.end() :]
        elif (found := _PREFIX.match(rest)) and (word := found[1].casefold().replace(" ", "")) in ALL_PREFIXES:
            reply = reply or word in REPLY_PREFIXES
            after = rest[found.end() :]
        else:
            return reply, rest
        rest = after


def _root(parent: dict[int, int], thread: int) -> int:
    while parent[thread] != thread:
        parent[thread] = parent[parent[thread]]
        thread = parent[thread]
    return thread


def _subject(members: Sequence[Message]) -> str:
    return next((message.subject for message in members if message.subject.strip()), "")
