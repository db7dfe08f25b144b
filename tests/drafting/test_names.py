"""What people are called, and what they call each other."""

from __future__ import annotations

import pytest

from assistant.drafting.names import (
    answered_greeting,
    closing_used,
    first_name,
    full_name,
    greeted_by_first_name,
    greeting_used,
    nickname,
    signed_with,
)

OPENINGS = ("Dear", "Hi", "Hello")


@pytest.mark.parametrize(
    ("display", "first", "full"),
    [
        ("Ana Costa", "Ana", "Ana Costa"),
        ("Costa, Ana", "Ana", "Ana Costa"),
        ("Jean-Luc Émile Petit", "Jean-Luc", "Jean-Luc Émile Petit"),
        ("Seán O’Brien", "Seán", "Seán O’Brien"),
        ("Dr. Ana Costa", None, "Dr. Ana Costa"),
        ("J. R. Miller", None, "J. R. Miller"),
        ("COSTA Ana", None, "COSTA Ana"),
        ("Ana", None, "Ana"),
        ("ana costa", None, "ana costa"),
        ("Maria del Mar Ruiz Gil", None, "Maria del Mar Ruiz Gil"),
        ("Acme Support", None, None),
        ("ana@ana.example", None, None),
        ("Ana (Acme)", None, None),
        ("{{ 7 * 7 }}", None, None),
        ("Ana\r\nBcc: x", None, None),
        ("A" * 80 + " Costa", None, None),
        ("", None, None),
    ],
)
def test_a_first_name_is_taken_only_where_it_is_sure(display: str, first: str | None, full: str | None) -> None:
    assert (first_name(display), full_name(display)) == (first, full)


@pytest.mark.parametrize(
    ("lines", "greeting"),
    [
        (["Hi Ana,", "", "thanks"], "Hi Ana"),
        (["", "Dear Ana Costa", "thanks"], "Dear Ana Costa"),
        (["Hi Eva,", "thanks"], None),
        (["Hi both,"], None),
        (["Good morning Ana,"], None),
        (["I wrote to Ana.", "Hi Ana,"], None),
        (["Dear Ana, thank you for the plan."], "Dear Ana"),
        (["Dear Mrs Costa,", "thanks"], "Dear Mrs Costa"),
        (["Dear Ms. Costa,", "thanks"], "Dear Ms. Costa"),
        (["Dear Prof. Dr. Costa,", "thanks"], "Dear Prof. Dr. Costa"),
        (["Dear Mr Dunn,", "thanks"], None),
        (["Dear Sir,", "thanks"], None),
        ([], None),
    ],
)
def test_the_users_own_greeting_is_used_again_when_it_names_this_contact(
    lines: list[str], greeting: str | None
) -> None:
    assert greeting_used(lines, OPENINGS, ["Ana Costa"]) == greeting


@pytest.mark.parametrize(
    ("lines", "used"),
    [
        (["See you.", "", "All best,", "Sue"], ("All best", "Sue")),
        (["See you.", "all best", "Sue Marten", "Tel. 1"], ("All best", "Sue Marten")),
        (["See you.", "All best,"], ("All best", None)),
        (["See you.", "All best,", "Your friend"], ("All best", None)),
        (["All best wishes to your brother.", "Sue"], (None, "Sue")),
        (["See you.", "", "Sue"], (None, "Sue")),
        (["See you.", "", "Sue Marten"], (None, "Sue Marten")),
        (["Sue"], (None, None)),
        (["See you.", "Your Sue"], (None, None)),
    ],
)
def test_the_users_own_closing_is_used_again(lines: list[str], used: tuple[str | None, str | None]) -> None:
    assert closing_used(lines, ["All best"], "Sue Marten") == used


@pytest.mark.parametrize(
    ("lines", "signed"),
    [
        (["Yes.", "Ana"], "Ana"),
        (["Yes.", "- Ana."], "Ana"),
        (["Yes.", "Ana 🌱"], "Ana"),
        (["Yes.", "A"], None),
        (["Tom"], None),
    ],
)
def test_a_contact_is_called_what_they_sign_with(lines: list[str], signed: str | None) -> None:
    assert signed_with(lines, ["Costa, Ana"]) == signed


@pytest.mark.parametrize(
    ("ours", "theirs", "called"),
    [
        ([["Dear Kate,", "yes?"]], [["Yes.", "Kate"]], "Kate"),
        ([["Dear Ms Miller,", "yes?"], ["Hi Kate!", "yes?"]], [["No.", "K."], ["Yes.", "All best,", "Kate"]], "Kate"),
        ([["Dear Kate,", "yes?"]], [["Yes.", "Katherine"]], None),
        ([["Dear both,", "yes?"]], [["Yes.", "both"]], None),
        ([["Dear Kate,", "yes?"]], [], None),
        ([], [["Yes.", "Kate"]], None),
        ([["Dear Sue,", "a note to myself"]], [["Sue,", "yes.", "Kate"]], None),
    ],
)
def test_a_contact_goes_by_the_name_that_both_sides_use(
    ours: list[list[str]], theirs: list[list[str]], called: str | None
) -> None:
    assert nickname(ours, theirs, OPENINGS, "Sue Marten") == called


@pytest.mark.parametrize(
    ("line", "answered"),
    [
        ("Dear Sue,", "Dear"),
        ("Hi Sue!", "Hi"),
        ("Hello Sue, thanks for the plan.", "Hello"),
        ("Liebe Sue,", None),
        ("Dear Sue Marten,", None),
        ("Dear Mrs Marten,", None),
        ("Dear Sue and Tom,", None),
        ("Sue is here.", None),
    ],
)
def test_a_greeting_by_first_name_is_answered_in_kind(line: str, answered: str | None) -> None:
    assert answered_greeting([line, "", "Yes."], OPENINGS, "Sue Marten") == answered


@pytest.mark.parametrize(
    ("line", "by_first_name"),
    [
        ("Liebe Sue,", True),
        ("Chère Sue,", True),
        ("Sue,", True),
        ("Sue Marten,", False),
        ("Señora Sue:", False),
        ("", False),
    ],
)
def test_being_called_by_the_first_name_is_noticed_in_any_language(line: str, by_first_name: bool) -> None:
    assert greeted_by_first_name([line, "", "..."], "Sue Marten") is by_first_name
