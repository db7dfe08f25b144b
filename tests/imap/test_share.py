"""Passing something on: to those who would care and are quiet, once each, within all the rules but those of asking."""

from __future__ import annotations

from assistant.drafting.offers import something_to_share
from assistant.model import HeldBecause, Kind
from assistant.outcome import Outcome
from assistant.settings import ContactSettings
from tests.imap.world import ANA, BEN, ME, World, laid

LINK = "https://walls.example/archive?from=a%20b&x=1"
THING = f"An archive of dry stone walls is open to everybody: {LINK}"


def caring(world: World, *people: str, **card: object) -> World:
    """Note in contacts.toml that these people care about walls, unless said otherwise."""
    said = {"interests": ["dry stone walls"]} | card
    cards = [ContactSettings.model_validate({"addresses": [one]} | said) for one in people]
    world.settings = world.settings.model_copy(update={"contacts": tuple(cards)})
    return world


def exchange(world: World, who: str, *, days: float, subject: str = "The fence") -> None:
    """Let the two have exchanged a mail each, the last of them so many days ago."""
    asked = world.put("Sent", sender=ME, to=who, subject=subject, days=days + 1, text="I liked your fence very much.")
    world.put(sender=who, subject=f"Re: {subject}", days=days, answers=asked, text="How kind of you to write.")


def share(
    world: World, thing: str = THING, topic: str = "stone walls", language: str = "en", **order: object
) -> Outcome:
    return world.sweep(share=something_to_share(thing, topic, language), **order)


def held(outcome: Outcome) -> dict[str, HeldBecause | None]:
    return {one.suggestion.contact.address: one.suggestion.held for one in outcome.suggestions}


def test_who_cares_gets_it_once_with_the_link_as_given(world: World) -> None:
    caring(world, ANA)
    exchange(world, ANA, days=90)
    exchange(world, BEN, days=90)
    outcome = share(world)
    assert laid(outcome) == [ANA]
    assert {one.suggestion.kind for one in outcome.suggestions} == {Kind.SHARE}
    [draft] = world.lying()
    assert THING in str(draft.message.get_content())
    assert draft.message["In-Reply-To"] is None, "the thread is too old to go on with"
    assert held(share(world)) == {ANA: HeldBecause.LIVE_DRAFT}
    world.send(draft)
    world.pass_time(days=30)
    exchange(world, ANA, days=10)
    assert held(share(world)) == {ANA: HeldBecause.HAD_DRAFT}, "never twice, in another silence neither"
    other = share(world, "https://walls.example/book")
    assert laid(other) == [ANA]


def test_a_young_thread_is_gone_on_with(on_demo: World) -> None:
    caring(on_demo, ANA)
    exchange(on_demo, ANA, days=20)
    share(on_demo)
    [draft] = on_demo.lying()
    assert draft.message["Subject"] == "Re: The fence"
    assert draft.message["In-Reply-To"] is not None


def test_it_needs_no_five_working_days_but_breaks_into_no_running_exchange(on_demo: World) -> None:
    caring(on_demo, ANA, BEN)
    exchange(on_demo, ANA, days=5.5)
    exchange(on_demo, BEN, days=0.1)
    assert held(share(on_demo)) == {ANA: None, BEN: HeldBecause.TOO_EARLY}


def test_what_is_owed_comes_first(on_demo: World) -> None:
    caring(on_demo.story(ben=False), ANA)
    assert held(share(on_demo)) == {ANA: HeldBecause.OWED_FIRST}


def test_asking_much_does_not_forbid_to_give(on_demo: World) -> None:
    caring(on_demo, BEN)
    for number in range(5):
        text = "Could you please send me your plan for the garden?"
        asked = on_demo.put("Sent", sender=ME, to=BEN, subject=f"Plan {number}", days=200 - 9 * number, text=text)
        on_demo.put(sender=BEN, subject=f"Re: Plan {number}", days=199 - 9 * number, answers=asked, text="Here it is.")
    assert laid(share(on_demo)) == [BEN]


def test_the_longest_quiet_come_first_and_the_caps_hold(on_demo: World) -> None:
    people = [f"p{number}@example.com" for number in range(5)]
    caring(on_demo, *people)
    for number, who in enumerate(people):
        exchange(on_demo, who, days=70 + 60 * number, subject=f"Fence {number}")
    outcome = share(on_demo)
    assert laid(outcome) == people[2:]
    assert held(outcome)[people[0]] is HeldBecause.DAILY_CAP
    on_demo.pass_time(days=1)
    assert laid(share(on_demo)) == people[:2], "the others' turn"


def test_a_rehearsal_lays_nothing_and_remembers_nothing(on_demo: World) -> None:
    caring(on_demo, ANA)
    exchange(on_demo, ANA, days=90)
    [one] = [one for one in share(on_demo, rehearse=True).suggestions if one.letter]
    assert THING in one.letter.text
    assert (on_demo.lying(), on_demo.drafts()) == ([], [])


def test_words_go_into_letters_of_their_language_only_and_a_link_into_all(on_demo: World) -> None:
    caring(on_demo, ANA, language="de")
    exchange(on_demo, ANA, days=90)
    assert held(share(on_demo)) == {ANA: HeldBecause.NO_TEMPLATE}
    assert held(share(on_demo, "Ein Archiv der Trockenmauern", language="de", rehearse=True)) == {ANA: None}
    [one] = share(on_demo, LINK).suggestions
    assert one.letter is not None
    assert LINK in one.letter.text
    assert "stone walls" not in one.letter.text + one.letter.subject, "the topic is worded in English"


def test_never_and_strangers_stay_out(on_demo: World) -> None:
    caring(on_demo, ANA, never=True)
    exchange(on_demo, ANA, days=90)
    assert held(share(on_demo)) == {ANA: HeldBecause.NEVER}
    caring(on_demo, "nobody@example.com")
    assert share(on_demo).suggestions == ()


def test_sharing_does_not_allow_the_daemon_to_write(on_demo: World) -> None:
    caring(on_demo.story(ana=False), ANA)
    exchange(on_demo, ANA, days=90)
    assert laid(share(on_demo)) == [ANA]
    on_demo.pass_time(days=1)
    [account] = on_demo.sweep(by_hand=False).accounts
    assert account.previewed
