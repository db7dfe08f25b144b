"""Which bodies are asked for, and that nothing else that was read changes the judgement."""

from __future__ import annotations

from assistant.judgement.focus import bodies_needed, focused, unread_debts
from assistant.judgement.rules import Rules
from assistant.model import Address, CueKind, MailKind, Message
from tests.judgement.builders import NOW, QUESTION, person, read, received, sent, unread, weighed

RULES = Rules()


def wanted(*messages: Message, rules: Rules = RULES, address: str = "ana@example.net") -> list[int]:
    """Return how many days ago the messages asked for were written."""
    found = bodies_needed([unread(person(*messages, address=address))], rules, NOW)
    return [(NOW - one.when).days for one in found if one.when]


def test_the_last_turns_of_live_threads_newest_first() -> None:
    """Of a long thread the last turn, then the one before it, and the newest six with the person."""
    long = [(sent if days % 4 < 2 else received)(days, thread=1, subject="Long") for days in range(40, 80)]
    new = [received(days, thread=days, subject=f"New {days}") for days in (5, 6, 7, 8, 9, 10)]
    assert wanted(*long, *new) == [5, 6, 7, 8, 9, 10, 40, 41, 42, 43]


def test_what_a_draft_may_hang_on_comes_first() -> None:
    """The last word of an older thread is read before the background of newer ones: a sweep reads only so many."""
    crowd = tuple(Address(f"p{n}@example.net") for n in range(9))
    noise = [sent(days, thread=days, subject=f"All {days}", to=crowd) for days in (3, 4, 5)]
    old = [sent(41, subject="Old"), received(40, subject="Re: Old")]
    assert wanted(*noise, *old) == [40, 41, 3, 4, 5]


def test_strangers_are_read_last() -> None:
    """Nothing is drafted to somebody the user has never written to."""
    stranger = unread(person(received(3), address="ben@example.net", confirmed=False))
    found = bodies_needed([stranger, unread(person(received(40)))], RULES, NOW)
    assert [(NOW - one.when).days for one in found if one.when] == [40, 3]


def test_a_mail_that_may_ask_is_missed_until_it_is_read() -> None:
    who = person(received(28, thread=9, subject="News"), sent(20))
    assert [one.subject for one in unread_debts(unread(who), RULES, NOW)] == ["News"]
    assert unread_debts(who, RULES, NOW) == ()
    assert unread_debts(unread(who), Rules(headers_only=True), NOW) == ()


def test_old_threads_are_left_alone_but_for_the_newest_six() -> None:
    threads = [received(days, thread=days, subject=f"Old {days}") for days in range(100, 140, 4)]
    assert wanted(*threads) == [100, 104, 108, 112, 116, 120]


def test_nothing_beyond_a_year() -> None:
    assert wanted(received(400), sent(390)) == []


def test_nothing_with_headers_only() -> None:
    assert wanted(received(6), rules=Rules(headers_only=True)) == []


def test_nothing_of_machines_but_their_absence_notes() -> None:
    """The day of return stands in the text."""
    found = wanted(
        received(3, kind=MailKind.BULK), received(5, kind=MailKind.AUTO_REPLY), received(9, kind=MailKind.BOUNCE)
    )
    assert found == [5]


def test_nothing_from_an_address_that_nobody_reads() -> None:
    assert wanted(received(3), address="no-reply@example.net") == []


def test_group_mail_is_not_worth_reading() -> None:
    """Nothing in it would be followed up; only the newest six are read for their tone."""
    crowd = tuple(Address(f"p{n}@example.net") for n in range(9))
    threads = [sent(days, thread=days, subject=f"All {days}", to=crowd) for days in range(10, 20)]
    assert len(wanted(*threads)) == 6


def test_what_was_read_is_not_asked_for_again() -> None:
    assert bodies_needed([person(received(6))], RULES, NOW) == []


def test_readings_of_an_earlier_sweep_do_not_change_the_judgement() -> None:
    """A database that knows more says the same as a new one."""
    threads = [received(days, thread=days, subject=f"Old {days}") for days in range(100, 140, 4)]
    fresh = focused(person(*threads), RULES, NOW)
    known = person(*(one._replace(reading=read(QUESTION, CueKind.OPT_OUT)) for one in threads[-2:]), *threads[:-2])
    assert [one.held for one in weighed(fresh)] == [one.held for one in weighed(known)]
