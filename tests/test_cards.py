"""What the user wrote about a person goes before what an address book says, and only it confirms anybody."""

from __future__ import annotations

from assistant.cards import combined
from assistant.correspondence.people import correspondences
from assistant.model import Address, Card
from tests.correspondence.builders import mail, mine

ANA = Card(("ana@example.org",), goals=("open a bakery",))
BOOK = Card(("ana@example.org", "ana@home.example"), name="Ana Costa", language="pt", notes="Bakes.", written=False)


def test_the_address_book_fills_in_what_the_user_did_not_write():
    first = combined([ANA], [BOOK])[0]
    assert (first.name, first.language, first.notes, first.goals) == ("Ana Costa", "pt", "Bakes.", ("open a bakery",))
    assert first.written


def test_what_the_user_wrote_stands():
    own = Card(("ana@example.org",), name="Ana", language="en", notes="Mine.", tags=("bakers",))
    assert combined([own], [BOOK])[0] == own


def test_an_address_book_makes_no_one_person_of_two_that_the_user_keeps_apart():
    ben = Card(("ana@home.example",), name="Ben")
    assert combined([ANA, ben], [BOOK]) == (ANA, ben)


OWN = frozenset({"sue@example.org"})


def test_an_imported_address_is_known_and_never_written_to():
    mails = [mail(0, Address("ana@home.example"))]
    (person,) = correspondences(mails, own=OWN, cards=[BOOK])
    assert (person.contact.name, person.contact.confirmed, person.contact.introduced) == ("Ana Costa", False, False)
    (person,) = correspondences([mine(0, Address("ana@example.org"))], own=OWN, cards=combined([ANA], [BOOK]))
    assert person.contact.addresses == ("ana@example.org", "ana@home.example")
    (person,) = correspondences(mails, own=OWN, cards=combined([ANA], [BOOK]))
    assert person.contact.addresses == ("ana@example.org", "ana@home.example")
    assert (person.contact.confirmed, person.contact.address) == (True, "ana@example.org")


def test_what_people_call_themselves_goes_before_the_name_in_an_address_book():
    book = Card(("tom@example.net",), name="Tom plumber", written=False)
    mails = [mine(0, Address("tom@example.net")), mail(1, Address("tom@example.net", "Tom Reed"))]
    (person,) = correspondences(mails, own=OWN, cards=[book])
    assert person.contact.name == "Tom Reed"
