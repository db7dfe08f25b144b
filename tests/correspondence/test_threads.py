"""Subjects and threads: generous for "was it answered", strict for "what do I quote"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.correspondence.threads import base_subject, best_copies, group, is_reply_subject, strict
from assistant.model import Address, MailKind, Message, Reading, Role, Signal
from tests.correspondence.builders import mail, mine

READING = Reading("en", 5, 1)


@pytest.mark.parametrize(
    "subject",
    [
        "The lease",
        "Re: The lease",
        "RE:The lease",
        "re : the lease",
        "Re[2]: The lease",
        "Re(3): The lease",
        "Re^2: The lease",
        "AW: The lease",
        "Antwort: The lease",
        "SV: The lease",
        "VS: The lease",
        "Vá: The lease",
        "Antw: The lease",
        "RV: The lease",
        "Res: The lease",
        "RIF: The lease",
        "R: The lease",
        "Réf : The lease",
        "Odp: The lease",
        "Odg: The lease",
        "ATB: The lease",
        "YNT: The lease",
        "Απ: The lease",
        "На: The lease",
        "Отв: The lease",
        "Ответ: The lease",
        "Відп: The lease",
        "תגובה: The lease",
        "رد: The lease",
        "回复：The lease",
        "答复: The lease",
        "返信: The lease",
        "회신: The lease",
        "Trả lời: The lease",
        "BLS: The lease",
        "Fwd: The lease",
        "FW: Re: AW: The lease",
        "WG: The lease",
        "TR: The lease",
        "I: The lease",
        "Doorst: The lease",
        "PD: The lease",
        "[list] Re: The lease",
        "Re: [list] The lease",
        "Re: [list] Re: [EXTERNAL] The lease",
        "[#12345] The lease",
        "The lease (#12345)",
        "Re: The lease [ticket 77]",
        "  The   LEASE ",
    ],
)
def test_base_subject(subject: str) -> None:
    assert base_subject(subject) == "the lease"


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("", ""),
        ("Re:", ""),
        ("Regarding: the lease", "regarding: the lease"),
        ("Monday: the lease", "monday: the lease"),
        ("10:30 the lease", "10:30 the lease"),
        ("Straße", "strasse"),
    ],
)
def test_what_is_no_prefix_stays(subject: str, base: str) -> None:
    assert base_subject(subject) == base


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("Re: x", True),
        ("AW:x", True),
        ("[list] Re: x", True),
        ("FW: Re: x", True),
        ("FW: x", False),
        ("x", False),
        ("Request: x", False),
    ],
)
def test_is_reply_subject(subject: str, *, reply: bool) -> None:
    assert is_reply_subject(subject) is reply


@given(st.text(max_size=300))
def test_a_base_subject_has_no_prefix_left(subject: str) -> None:
    assert not is_reply_subject(base_subject(subject))


@given(st.text(alphabet="re:[]fwd aw(#1)", max_size=500))
def test_prefixes_come_to_an_end(subject: str) -> None:
    assert len(base_subject(subject)) <= 400


def shape(*messages: Message) -> list[list[int]]:
    """Return for each thread the places of its messages in the given order."""
    return [[messages.index(one) for one in thread.messages] for thread in group(messages)]


@pytest.mark.parametrize(
    ("second", "together"),
    [
        (mail(1, subject="Re: The lease"), True),
        (mail(1, subject="The lease"), True),  # in the other direction
        (mine(1, subject="The lease"), False),  # the same side begins anew
        (mine(1, subject="Re: The lease"), True),
        (mail(29, subject="AW: The lease"), True),
        (mail(31, subject="AW: The lease"), False),
        (mail(1, subject="Re: The house"), False),
        (mail(400, subject="The house", thread=7), True),  # headers outweigh subject and time
    ],
)
def test_grouping_by_subject(second: Message, *, together: bool) -> None:
    first = mine(0, subject="The lease", thread=7)
    assert shape(first, second) == ([[0, 1]] if together else [[0], [1]])


@pytest.mark.parametrize(
    ("subject", "answer", "day", "together"),
    [
        ("Hi", "Re: Hi", 1, True),
        ("Hi", "Re: Hi", 8, False),
        ("Hi", "Hi", 1, False),
        ("", "Re:", 1, True),
        ("", "", 1, False),
        ("(kein Betreff)", "(kein Betreff)", 1, False),
    ],
)
def test_generic_subjects_link_only_answers_at_once(subject: str, answer: str, day: float, *, together: bool) -> None:
    assert len(shape(mine(0, subject=subject), mail(day, subject=answer))) == (1 if together else 2)


@pytest.mark.parametrize(
    ("second", "together"),
    [
        (mail(90, subject="Hi", conversation=5), True),
        (mine(90, subject="Re: Hi", conversation=5), True),
        (mine(3, subject="Hi", conversation=5), False),  # the same side begins anew under a subject that says nothing
        (mail(90, subject="Re: Hi", conversation=6), False),
        (mail(90, subject="Re: Hi", conversation=5, account="work"), False),  # another account numbers for itself
        (mail(90, subject="Re: Hi"), False),
        (mail(90, subject="The house", conversation=6, thread=7), True),  # it never keeps apart what headers link
    ],
)
def test_a_conversation_of_gmail_joins_answers_and_keeps_nothing_apart(second: Message, *, together: bool) -> None:
    first = mine(0, subject="Hi", thread=7, conversation=5)
    assert shape(first, second) == ([[0, 1]] if together else [[0], [1]])
    assert strict([first, second], first) == ((first, second) if second.thread == 7 else (first,))


def test_a_chain_is_followed() -> None:
    """Headers link the first two, the subject the third: one thread, oldest first."""
    first = mine(0, subject="The lease", thread=1)
    second = mail(1, subject="Something else", thread=1)
    third = mine(2, subject="Re: Something else", thread=2)
    assert shape(third, first, second) == [[1, 2, 0]]


def test_only_real_mail_is_in_a_thread() -> None:
    real = mail(0, thread=1)
    others = [
        mail(1, thread=1, kind=MailKind.AUTO_REPLY),
        mail(1, thread=1, kind=MailKind.LIST),
        mail(1, thread=1, role=Role.DRAFTS),
        mail(1, thread=1, role=Role.TRASH),
        mail(1, thread=1, role=Role.JUNK),
    ]
    (thread,) = group([real, *others])
    assert thread.messages == (real,)


def test_threads_come_in_the_order_of_their_newest_message() -> None:
    old, new = mail(0, subject="One", thread=1), mail(5, subject="Two", thread=2)
    late = mail(9, subject="Re: One", thread=1)
    assert [thread.subject for thread in group([new, late, old])] == ["Two", "One"]


def test_strict_is_headers_only() -> None:
    first, second = mine(0, thread=1), mail(1, subject="Re: The lease", thread=2)
    (thread,) = group([first, second])
    assert thread.messages == (first, second)
    assert strict(thread.messages, second) == (second,)


@pytest.mark.parametrize("swap", [False, True])
def test_the_visible_copy_is_kept(*, swap: bool) -> None:
    seen = mail(0, message_id="same@example.com", role=Role.ARCHIVE)
    copies = [
        seen,
        mail(0, message_id="same@example.com", role=Role.TRASH),
        mail(0, message_id="same@example.com", role=Role.ALL),
    ]
    assert best_copies(reversed(copies) if swap else copies) == [seen]


def test_a_copy_that_lies_nowhere_any_more_gives_way_to_one_in_trash() -> None:
    left = mail(0, message_id="same@example.com", uid=None, reading=READING)
    thrown_away = mail(0, message_id="same@example.com", role=Role.TRASH)
    assert best_copies([left, thrown_away]) == [thrown_away._replace(reading=READING)]
    assert best_copies([left, thrown_away._replace(uid=None)]) == [left]


def test_a_copy_in_an_account_that_was_given_up_stands_back() -> None:
    old = mail(0, message_id="same@example.com", account="old")
    new = mail(0, message_id="same@example.com", role=Role.ARCHIVE, account="new")
    assert [best_copies([old, new], accounts) for accounts in ({"new"}, {"old", "new"}, None)] == [[new], [old], [old]]


def test_copies_share_what_is_known() -> None:
    inbox = mail(0, message_id="same@example.com")
    other = mail(0, message_id="same@example.com", role=Role.ALL, flagged=True, reading=READING)
    (kept,) = best_copies([inbox, other])
    assert (kept.id, kept.flagged, kept.reading) == (inbox.id, True, READING)


def test_what_the_words_of_a_copy_have_shown_holds_for_all() -> None:
    inbox = mail(0, message_id="same@example.com")
    read = inbox._replace(
        id=inbox.id + 1,
        role=Role.ARCHIVE,
        kind=MailKind.INVITATION,
        signals=Signal.CALENDAR,
        to=(Address("else@example.com"),),
        reading=READING,
    )
    (kept,) = best_copies([inbox, read])
    assert kept == read._replace(id=inbox.id, role=Role.INBOX)


def test_another_sender_cannot_take_over_a_message_id() -> None:
    """A forged copy does not hide the message it imitates."""
    real = mine(0, message_id="same@example.com")
    forged = mail(1, message_id="same@example.com")
    assert best_copies([real, forged]) == [real, forged]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 60),
            st.booleans(),
            st.sampled_from(["a lease", "re: a lease", "hi", "re: hi", ""]),
            st.integers(1, 4),
        )
    )
)
def test_every_real_message_is_in_exactly_one_thread(rows: list[tuple[int, bool, str, int]]) -> None:
    messages = [(mine if out else mail)(day, subject=subject, thread=thread) for day, out, subject, thread in rows]
    found = [one.id for thread in group(messages) for one in thread.messages]
    assert sorted(found) == sorted(one.id for one in messages)
    for thread in group(messages):
        assert [one.when for one in thread.messages] == sorted(one.when for one in thread.messages if one.when)
