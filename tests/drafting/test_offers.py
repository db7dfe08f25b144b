"""Which offer goes to whom."""

from __future__ import annotations

import pytest

from assistant.drafting.offers import Offer, Share, cares_about, fits, match, something_to_share
from assistant.model import Card

BAKERS = Offer("introduce you to two bakers", ("bakery", "baking"))
BEES = Offer("lend you a bee suit", ("beekeeping",))


def card(address: str = "ana@ana.example", **facts: object) -> Card:
    return Card(addresses=(address,), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("goals", "interests", "offer"),
    [
        (("opening a second bakery",), (), BAKERS),
        (("two bakeries",), (), BAKERS),
        ((), ("urban beekeeping",), BEES),
        (("a new garden",), ("the sea",), None),
        ((), (), None),
    ],
)
def test_an_offer_needs_a_goal_or_interest_that_it_fits(
    goals: tuple[str, ...], interests: tuple[str, ...], offer: Offer | None
) -> None:
    assert match([BAKERS, BEES], card(goals=goals, interests=interests), ()) == offer


def test_an_offer_never_comes_twice() -> None:
    both = card(goals=("a bakery",), interests=("beekeeping",))
    first = match([BAKERS, BEES], both, ())
    assert first is not None
    second = match([BAKERS, BEES], both, {first.key})
    assert {first, second} == {BAKERS, BEES}
    assert match([BAKERS, BEES], both, {BAKERS.key, BEES.key}) is None


def test_the_better_fit_goes_first_and_equal_ones_take_turns_among_people() -> None:
    both = card(goals=("baking for a bakery", "beekeeping"))
    assert match([BEES, BAKERS], both, ()) == BAKERS
    even = (Offer("a", ("bees",)), Offer("b", ("bees",)))
    chosen = {match(even, card(f"p{number}@ana.example", interests=("bees",)), ()) for number in range(20)}
    assert chosen == set(even)
    assert match(even, card(interests=("bees",)), ()) == match(even[::-1], card(interests=("bees",)), ())


@pytest.mark.parametrize(
    ("for_whom", "fits"),
    [((), True), (("ANA@ana.example",), True), (("@ana.example",), True), (("Friends",), True), (("@example",), False)],
)
def test_an_offer_meant_for_some_goes_to_no_other(for_whom: tuple[str, ...], fits: bool) -> None:
    offer = Offer("lend you a bee suit", ("bees",), for_whom)
    assert (match([offer], card(interests=("bees",), tags=("friends",)), ()) == offer) is fits


def test_an_offer_goes_into_letters_of_its_own_language_only() -> None:
    german = Offer("Ihnen einen Imkeranzug leihen", ("bees",), language="de")
    assert match([german], card(interests=("bees",)), (), "en") is None
    assert match([german], card(interests=("bees",)), (), "de") == german


@pytest.mark.parametrize(
    ("topics", "own", "touches"),
    [
        (("dry stone walls",), "stone walls", True),
        (("stone walls",), "dry stone walls", True),
        (("a museum of dry stone walls",), "dry stone walls", True),
        (("old trees",), "old ovens", False),
        (("school garden",), "starting a community garden", False),
        (("school garden", "community garden"), "starting a community garden", True),
        (("of the",), "the sea", False),
        ((), "the sea", False),
    ],
)
def test_a_topic_fits_when_all_that_one_of_the_two_names_is_in_the_other(
    topics: tuple[str, ...], own: str, touches: bool
) -> None:
    assert (fits(topics, card(interests=(own,))) is not None) is touches


def test_goals_are_named_before_interests_and_tags() -> None:
    assert cares_about("bees", card(goals=("keep bees",), interests=("bees",), tags=("bees",))) == "keep bees"
    assert cares_about("bees", card(tags=("Bees",))) == "Bees"
    assert cares_about("bees", card(notes="loves bees")) is None


def test_a_thing_to_share_is_passed_on_as_given() -> None:
    link = "HTTPS://Bees.example/a_(b)?q=%20&x=é#f"
    assert something_to_share(f"  A film:  {link} ", " bees ", "en") == Share(f"A film: {link}", "bees", "en")
    assert not something_to_share(link, "bees", "en").has_words
    assert something_to_share("www.bees.example", "bees", "en").has_words


def test_the_same_thing_has_the_same_key_and_another_has_another() -> None:
    assert Share("a", "x").key == Share("a", "y", "de").key != Share("b", "x").key
