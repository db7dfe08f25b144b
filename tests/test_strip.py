from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assistant.strip import strip

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")


def mails(*days_ago: tuple[int, bool]) -> list[tuple[datetime, bool]]:
    return sorted((NOW - timedelta(days=days), mine) for days, mine in days_ago)


def test_a_strip_shows_who_wrote_when_and_the_silence_that_runs():
    found = strip(mails((90, False), (90, True), (60, True), (30, False)), NOW, ZONE, 38, letters_only=False)
    assert found == [
        "they  ▂                   ▂···········",
        "you   ▂          ▂         ···········",
        "              Sep         Oct",
    ] or [len(line) for line in found[:2]] == [38, 38]
    they, you, _ = found
    assert they.startswith("they  ▂")
    assert you.startswith("you   ▂")
    assert they.endswith("····")
    assert you.endswith("····")
    assert they.count("▂") == 2
    assert you.count("▂") == 2


def test_more_mail_stands_higher_and_no_higher_than_the_line():
    they = strip(mails((5, False), *[(40, False)] * 3, *[(80, False)] * 50), NOW, ZONE, 60, letters_only=False)[0]
    assert "".join(they[6:].split()).rstrip("·") == "█▆▂"


def test_a_terminal_of_letters_gets_letters():
    found = strip(mails((80, False), (30, True)), NOW, ZONE, 60, letters_only=True)
    assert "".join(found).isascii()
    assert found[0].endswith("---")


@pytest.mark.parametrize("width", [0, 5, 7, 10, 40, 80, 200, 10**6])
def test_a_strip_fits_any_width(width):
    found = strip(mails((500, False), (400, True), (3, False), (0, True), (-2, False)), NOW, ZONE, width,
                  letters_only=False)  # fmt: skip
    assert all(len(line) <= width for line in found)
    assert all(len(line) <= 78 for line in found)


def test_without_mail_there_is_no_strip():
    assert strip([], NOW, ZONE, 80, letters_only=False) == []
