"""People: who took part, which addresses are one person, and how a contact is named."""

from __future__ import annotations

import pytest

from assistant.correspondence.people import canonical, correspondences, learned_aliases, mailing_lists, plain_name
from assistant.model import Address, Card, Correspondence, MailKind, Message, Role, Signal
from tests.correspondence.builders import ANA, ME, mail, mine

ANA_HOME = Address("ana@example.net", "Ana Lee")
BEN = Address("ben@example.net", "Ben Ode")
CARL = Address("carl@example.net", "Carl Dunn")
STRANGER = Address("stranger@example.net")
DAEMON = Address("mailer-daemon@example.com", "Mail Delivery System")


def people(*messages: Message, cards: tuple[Card, ...] = (), own: str = "sue@example.org") -> list[Correspondence]:
    return correspondences(messages, own=frozenset({own}), cards=cards)


def addresses(*messages: Message, cards: tuple[Card, ...] = ()) -> list[tuple[str, ...]]:
    return [one.contact.addresses for one in people(*messages, cards=cards)]


def test_senders_and_recipients_take_part() -> None:
    """Ana wrote, Ben got a copy of the user's mail; whoever only stands in Ana's mail is nobody we know."""
    found = people(mail(0, ANA, (ME, Address("stranger@example.com"))), mine(1, ANA, cc=(BEN,)))
    assert [one.contact.address for one in found] == [ANA.address, BEN.address]
    assert [len(one.messages) for one in found] == [2, 1]
    assert [one.contact.confirmed for one in found] == [True, True]


def test_the_user_is_no_contact() -> None:
    assert people(mine(0, ME)) == []
    assert people(mail(0, Address("sue+shop@example.org"), (ME,))) == []


def test_whom_the_user_never_wrote_to_is_not_confirmed() -> None:
    (found,) = people(mail(0))
    assert not found.contact.confirmed
    (found,) = people(mail(0), cards=(Card((ANA.address,)),))
    assert found.contact.confirmed


def test_a_person_is_written_to_as_the_user_did_whatever_spelling_machines_use() -> None:
    bulk = mail(5, Address("ana+lists@example.org", "Ana Lee"), kind=MailKind.BULK)
    (found,) = people(mine(1, Address("ana@example.org", "Ana Lee")), bulk)
    assert found.contact.address == "ana@example.org"


def test_writing_from_trash_or_as_a_draft_confirms_nothing() -> None:
    (found,) = people(mail(0), mine(1, role=Role.DRAFTS), mine(2, role=Role.TRASH))
    assert not found.contact.confirmed


def test_mail_that_only_says_it_is_the_users_confirms_nobody() -> None:
    """Anybody can write the user's address into From; what lies in Sent, or never travelled, is the user's."""
    came = mine(1, role=Role.INBOX, signals=Signal.RECEIVED)
    for own, confirmed in (((), False), ((mine(2),), True), ((mine(2, role=Role.ARCHIVE),), True)):
        (found,) = people(mail(0), came, *own)
        assert found.contact.confirmed is confirmed, own
    copies = (mine(1, role=Role.INBOX, signals=Signal.RECEIVED, message_id="one@example.org"),
              mine(1, message_id="one@example.org"))  # fmt: skip
    (found,) = people(*copies)
    assert found.contact.confirmed, "the copy that came of what lies in Sent, too"


@pytest.mark.parametrize(
    ("messages", "cards", "expected"),
    [
        # two addresses, nothing known: two people
        ((mine(0, ANA), mail(1, ANA_HOME)), (), [(ANA.address,), (ANA_HOME.address,)]),
        # a card says so
        (
            (mine(0, ANA), mail(1, ANA_HOME)),
            (Card((ANA.address, ANA_HOME.address)),),
            [(ANA.address, ANA_HOME.address)],
        ),
        # two cards that share an address
        (
            (mine(0, ANA), mail(1, BEN)),
            (Card((ANA.address, ANA_HOME.address)), Card((ANA_HOME.address, BEN.address))),
            [(ANA.address, ANA_HOME.address, BEN.address)],
        ),
        # plus-tags and googlemail
        ((mail(0, Address("ana+x@example.com")), mail(1, ANA)), (), [("ana+x@example.com", ANA.address)]),
        (
            (mail(0, Address("ana@googlemail.com")), mail(1, Address("ana@gmail.com"))),
            (),
            [("ana@gmail.com", "ana@googlemail.com")],
        ),
        # an answer from another address, under the same full name, in the thread the user began
        ((mine(0, ANA, thread=1), mail(1, ANA_HOME, thread=1)), (), [(ANA.address, ANA_HOME.address)]),
        # the same, the user wrote the bare address, her name is known from her own mail
        (
            (mail(-9, ANA), mine(0, Address(ANA.address), thread=1), mail(1, ANA_HOME, thread=1)),
            (),
            [(ANA.address, ANA_HOME.address)],
        ),
        # "Lee, Ana" is Ana Lee
        (
            (mine(0, ANA, thread=1), mail(1, Address(ANA_HOME.address, "Lee, Ana"), thread=1)),
            (),
            [(ANA.address, ANA_HOME.address)],
        ),
        # another thread is no evidence
        ((mine(0, ANA, thread=1), mail(1, ANA_HOME, thread=2)), (), [(ANA.address,), (ANA_HOME.address,)]),
        # nor is a first name alone
        (
            (mine(0, Address(ANA.address, "Ana"), thread=1), mail(1, Address(ANA_HOME.address, "Ana"), thread=1)),
            (),
            [(ANA.address,), (ANA_HOME.address,)],
        ),
        # nor another name
        ((mine(0, ANA, thread=1), mail(1, BEN, thread=1)), (), [(ANA.address,), (BEN.address,)]),
        # nor mail from before the user wrote
        ((mail(0, ANA_HOME, thread=1), mine(1, ANA, thread=1)), (), [(ANA.address,), (ANA_HOME.address,)]),
        # a service that borrows her name is not her
        (
            (mine(0, ANA, thread=1), mail(1, Address("docs-noreply@example.net", "Ana Lee"), thread=1)),
            (),
            [(ANA.address,), ("docs-noreply@example.net",)],
        ),
        # both addresses were written to: two mailboxes, perhaps two people
        ((mine(0, ANA, ANA_HOME, thread=1), mail(1, ANA_HOME, thread=1)), (), [(ANA.address,), (ANA_HOME.address,)]),
        # automatic mail proves nothing
        (
            (mine(0, ANA, thread=1), mail(1, ANA_HOME, thread=1, kind=MailKind.AUTOMATIC)),
            (),
            [(ANA.address,), (ANA_HOME.address,)],
        ),
    ],
)
def test_which_addresses_are_one_person(
    messages: tuple[Message, ...], cards: tuple[Card, ...], expected: list[tuple[str, ...]]
) -> None:
    assert addresses(*messages, cards=cards) == expected


def test_a_contact_is_addressed_where_the_user_wrote_to() -> None:
    """Ana answers from home; drafts go to the address the user has used, until the user writes to the other."""
    messages = [mine(0, ANA, thread=1), mail(1, ANA_HOME, thread=1)]
    assert people(*messages)[0].contact.address == ANA.address
    messages += [mine(2, ANA_HOME, thread=1), mail(3, ANA_HOME, thread=1)]
    assert people(*messages)[0].contact.address == ANA_HOME.address


def test_a_contact_is_named_by_card_then_by_themselves() -> None:
    messages = (mine(0, Address(ANA.address, "Ana from the office")), mail(1, Address(ANA.address, '"Lee, Ana"')))
    assert people(*messages)[0].contact.name == "Ana Lee"
    assert people(*messages, cards=(Card((ANA.address,), name="Ana L."),))[0].contact.name == "Ana L."
    assert people(mine(0, Address(ANA.address, "Ana from the office")))[0].contact.name == "Ana from the office"
    assert people(mine(0, Address(ANA.address, ANA.address)))[0].contact.name == ""


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Ana Lee", "Ana Lee"),
        ("Lee, Ana", "Ana Lee"),
        ("'Ana Lee'", "Ana Lee"),
        ("Ana Lee (Example Ltd)", "Ana Lee"),
        ("Example, Inc.", "Example, Inc."),
        ("Ana Lee, MD", "Ana Lee, MD"),
        ("ana@example.com", ""),
        ("", ""),
    ],
)
def test_plain_name(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_what_stops_a_draft_is_in_messages_only() -> None:
    real = mine(0, thread=1)
    note = mail(1, thread=1, kind=MailKind.AUTO_REPLY)
    deleted = mail(2, thread=1, role=Role.TRASH)
    listed = mail(3, kind=MailKind.LIST)
    (found,) = people(listed, deleted, note, real)
    assert found.messages == (real, note, deleted, listed)
    assert [thread.messages for thread in found.threads] == [(real,)]


def test_a_bounce_belongs_to_whom_the_user_wrote() -> None:
    bounce = mail(1, DAEMON, thread=1, kind=MailKind.BOUNCE)
    (found,) = people(mine(0, thread=1), bounce)
    assert found.contact.address == ANA.address
    assert bounce in found.messages


def test_a_bounce_belongs_to_those_it_names_whom_the_user_wrote_to() -> None:
    """In its own thread or not; of those the mail went to only they are meant."""
    asked, other = mine(0, ANA, BEN, thread=1), mine(0, CARL, thread=2)
    bounce = mail(1, DAEMON, (BEN, CARL, STRANGER), thread=1, kind=MailKind.BOUNCE)
    found = {one.contact.address: bounce in one.messages for one in people(asked, other, bounce)}
    assert found == {ANA.address: False, BEN.address: True, CARL.address: True}


def test_a_bounce_that_names_where_mail_was_passed_on_to_belongs_to_whom_the_user_wrote() -> None:
    """Nor must it be dated later than the mail: clocks differ."""
    bounce = mail(0, DAEMON, (STRANGER,), thread=1, kind=MailKind.BOUNCE)
    (found,) = people(mine(0.1, thread=1), bounce)
    assert bounce in found.messages


def test_a_bounce_of_nothing_known_is_left_out() -> None:
    assert people(mail(1, DAEMON, thread=1, kind=MailKind.BOUNCE)) == []


def test_an_ambiguous_sender_is_nobody() -> None:
    assert people(mail(0, signals=Signal.AMBIGUOUS)) == []
    assert people(mail(0, None)) == []


def test_mail_of_a_doubtful_sender_stays_beside_the_thread_it_answers() -> None:
    """It may be the answer, so it must be seen; it is nobody's word, so it is no part of the exchange."""
    asked = mine(0, thread=1)
    doubtful = mail(1, None, thread=1, signals=Signal.AMBIGUOUS)
    (found,) = people(asked, doubtful)
    assert found.messages == (asked, doubtful)
    assert [thread.messages for thread in found.threads] == [(asked,)]


def test_without_a_time_a_message_is_left_out() -> None:
    assert people(mail(0)._replace(when=None)) == []


def test_a_copy_is_counted_once_over_all_accounts() -> None:
    (found,) = people(mine(0, message_id="1@example.org"), mine(0, message_id="1@example.org", role=Role.ALL))
    assert len(found.messages) == 1


def test_the_users_mail_counts_as_outgoing_wherever_it_lies() -> None:
    """A message from a learned address that the store did not yet know as the user's."""
    alias = Address("sue@example.net", "Sue Marten")
    (found,) = correspondences([mail(0, alias, (ANA,))], own=frozenset({ME.address, alias.address}), cards=())
    assert found.contact.address == ANA.address
    assert found.messages[0].outgoing


def test_people_come_in_the_order_of_their_addresses() -> None:
    found = people(mail(0, BEN), mail(1, ANA))
    assert [one.contact.address for one in found] == sorted(one.contact.address for one in found)


def test_aliases_are_learned_from_sent() -> None:
    """Three times from Sent, and written there, not moved there."""
    alias = Address("sue@example.net")
    sent = [mail(day, alias, (ANA,), role=Role.SENT) for day in range(3)]
    filed = [mail(day, BEN, (ME,), role=Role.SENT, signals=Signal.RECEIVED) for day in range(3)]
    assert learned_aliases([*sent, *filed], frozenset({ME.address})) == {alias.address}
    assert learned_aliases(sent[:2], frozenset()) == frozenset()
    assert learned_aliases([mine(day) for day in range(3)], frozenset({ME.address})) == frozenset()


BOSS = Address("ida@example.org", "Ida Boss")
IN_HER_NAME = [mail(day, BOSS, (CARL,), role=Role.SENT) for day in range(3)]


def learned(*messages: Message, cards: tuple[Card, ...] = ()) -> frozenset[str]:
    return learned_aliases(messages, frozenset({ME.address}), cards)


def test_who_stands_on_a_card_is_not_the_user_whoever_writes_in_their_name() -> None:
    assert learned(*IN_HER_NAME) == {BOSS.address}
    assert learned(*IN_HER_NAME, cards=(Card((BOSS.address,)),)) == frozenset()
    assert learned(*IN_HER_NAME, cards=(Card((BOSS.address,), written=False),)) == {BOSS.address}


def test_whom_the_user_exchanges_mail_with_is_not_the_user() -> None:
    asked, answered = mine(4, BOSS), mail(5, BOSS, (ME,))
    assert learned(*IN_HER_NAME, asked, answered) == frozenset()
    assert learned(*IN_HER_NAME, asked) == {BOSS.address}
    assert learned(*IN_HER_NAME, answered) == {BOSS.address}


def test_who_writes_to_an_own_address_and_back_is_the_user_all_the_same() -> None:
    """Told by the name in Sent, or since all that came from there lies in Sent, too."""
    work, nameless = Address("sue@example.net", "Marten, Sue"), Address("sue@example.com")
    for alias in (work, nameless):
        sent = [mail(day, alias, (ME,), role=Role.SENT, message_id=f"note{day}@example.net") for day in range(3)]
        arrived = [one._replace(id=one.id + 1000, role=Role.INBOX) for one in sent]
        assert learned(*sent, *arrived, mine(4, alias)) == {alias.address}
    elsewhere = mail(5, work, (ME,))  # written on the computer at work, whose Sent is not read
    assert learned(*(mail(day, work, (CARL,), role=Role.SENT) for day in range(3)), mine(4, work), elsewhere) == {
        work.address
    }


CROWD = Address("gardeners@example.org")
POSTS = [mail(0, ANA, (CROWD,), kind=MailKind.LIST), mail(1, BEN, (CROWD, ANA), kind=MailKind.LIST)]


def lists_of(posts: list[Message]) -> frozenset[str]:
    pairs = [(one.sender.address, [to.address for to in (*one.to, *one.cc)]) for one in posts if one.sender]
    return mailing_lists(pairs, {sender for sender, _ in pairs})


def test_a_mailing_list_is_an_address_that_only_receives() -> None:
    assert lists_of(POSTS) == {CROWD.address}
    assert lists_of(POSTS[:1]) == frozenset()


def test_what_the_user_wrote_to_a_list_is_list_mail() -> None:
    """Nobody in particular was asked, so nobody owes an answer; a private mail to Ben is not concerned."""
    post, private = mine(2, CROWD, cc=(BEN,)), mine(3, BEN)
    found = {one.contact.address: one for one in people(*POSTS, post, private)}
    assert found[CROWD.address].threads == ()
    assert [one.kind for one in found[CROWD.address].messages] == [MailKind.LIST]
    assert [thread.messages for thread in found[BEN.address].threads] == [(private,)]


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("Ana@Example.com", "ana@example.com"),
        ("ana+tag@example.com", "ana@example.com"),
        ("ana@googlemail.com", "ana@gmail.com"),
        ("+tag@example.com", "+tag@example.com"),
        ("ana", "ana"),
    ],
)
def test_canonical(address: str, same: str) -> None:
    assert canonical(address) == same
