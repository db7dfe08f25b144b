"""The page of ``assistant report``: valid, self-contained, escaped, and readable in both colour schemes."""

from __future__ import annotations

import re
import stat
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.judgement.balance import Balance
from assistant.model import DraftState, HeldBecause, Kind
from assistant.page import PageError, render, write
from assistant.panorama import DraftWeek, Fate, Panorama, Tie, Week, fate_of
from assistant.plainly import HELD_SAID, HELD_SHORTLY, KIND_SAID, STANDING

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
VOID = {"meta", "link", "br", "hr", "img", "input"}
LOADING = {"src", "href", "srcset", "action", "formaction", "data", "poster", "background", "xlink:href"}
HOSTILE = '</title></svg><script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}'


class Page(HTMLParser):
    """Reads a page strictly: what is opened is closed, in order; ids are unique; gathers what matters."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.tags if "id" in attrs]


def tie(name: str = "Ana Alder", **values) -> Tie:
    usual = {
        "name": name, "address": "ana@example.net", "received": 12, "sent": 11, "first": NOW - timedelta(weeks=40),
        "last": NOW - timedelta(weeks=5), "silent_days": 35, "weeks": (Week(30, 1, 0), Week(5, 2, 9)),
        "usual_days": 12.0, "their_answer_days": 1.5, "your_answer_days": 0.01, "balance": Balance.EVEN, "matter": None,
    }  # fmt: skip
    return Tie(**{**usual, **values})


def panorama(*ties: Tie, **values) -> Panorama:
    usual = {
        "made": NOW, "zone": ZoneInfo("Europe/Berlin"), "weeks": 52, "mails": 400, "people": 30, "ties": ties,
        "due": (), "their_waits": (0.01, 3.0, 40.0), "your_waits": (1.0, 5000.0), "drafts": (),
        "draft_weeks": (DraftWeek(date(2026, 11, 23), ((Fate.SENT, 2), (Fate.DELETED, 1))),),
        "left_alone": tuple((code, number) for number, code in enumerate(HeldBecause, 1)),
    }  # fmt: skip
    return Panorama(**{**usual, **values})


def test_a_page_is_well_formed_and_loads_nothing():
    html = render(panorama(tie(), tie("Ben Birch"), drafts=(None,)))
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>")
    assert len(page.ids()) == len(set(page.ids()))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form"})
    assert all(LOADING.isdisjoint(attrs) for _, attrs in page.tags)
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert not re.search(r"https?:|//[a-z]|url\(|@import", html)
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_every_drawing_says_in_words_what_it_shows():
    page = Page(render(panorama(tie(), drafts=(None,))))
    ids = set(page.ids())
    drawings = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(drawings) > 3
    for attrs in drawings:
        named = set((attrs.get("aria-labelledby") or "").split())
        assert attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and named and named <= ids)
    assert "Ana Alder: 12 mails from them and 11 mails from you since February 2026; quiet for 5 weeks" in page.text


def test_headings_and_sections_are_in_order():
    page = Page(render(panorama(tie())))
    assert [tag for tag, _ in page.tags if tag in {"h1", "h2"}] == ["h1", *["h2"] * 6]
    assert [attrs["lang"] for tag, attrs in page.tags if tag == "html"] == ["en"]
    assert [tag for tag, _ in page.tags if tag in {"header", "main", "footer"}] == ["header", "main", "footer"]


def test_hostile_names_are_text():
    page = Page(render(panorama(tie(HOSTILE, address='"><b>@example.net', balance=Balance.YOU_OWE))))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "b onerror"})
    assert page.text.count(HOSTILE) >= 3


@pytest.mark.parametrize("name", ["\ud800", "\x00", "a" * 5000, "‮txt.exe", "日本 太郎"])
def test_odd_names_bring_no_page_down(name, tmp_path):
    write(render(panorama(tie(name))), tmp_path / "page.html", force=False)
    Page((tmp_path / "page.html").read_text(encoding="utf-8"))


def test_nothing_known_is_said_honestly():
    page = Page(render(panorama(their_waits=(), your_waits=(), left_alone=(), draft_weeks=(), mails=0, people=0)))
    for sentence in ("no correspondence in both directions yet", "Nobody is waiting", "No answer either way",
                     "No draft was laid yet", "Nothing was weighed"):  # fmt: skip
        assert sentence in page.text


def test_five_hundred_relationships_are_folded_and_the_page_stays_small():
    weeks = tuple(Week(back, 1, 1) for back in range(100, 0, -2))
    html = render(panorama(*(tie(f"Person {n}", weeks=weeks) for n in range(500)), weeks=156))
    page = Page(html)
    assert len(html) < 1_500_000
    assert [tag for tag, _ in page.tags].count("details") == 5
    assert "441 to 500 of 500" in re.sub(r"\s+", " ", page.text)
    assert len(page.ids()) == len(set(page.ids()))


def test_every_code_has_its_words():
    assert HELD_SAID.keys() == HELD_SHORTLY.keys() == set(HeldBecause)
    assert KIND_SAID.keys() == set(Kind)
    assert STANDING.keys() == set(DraftState)
    text = Page(render(panorama())).text
    assert all(HELD_SAID[code] in text for code in HeldBecause)
    assert all(sentence.endswith(".") for sentence in HELD_SAID.values())


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_told_apart_from_the_paper(scheme):
    """WCAG 2.2, 1.4.3 and 1.4.11: 4.5 to 1 for text, 3 to 1 for what is drawn."""
    found = re.findall(r":root \{(.*?)\}", render(panorama()), re.DOTALL)[scheme]
    colours = dict(re.findall(r"--(\w+): (#\w{6})", found))
    for name, least in {"ink": 7.0, "soft": 4.5, "due": 4.5, "theirs": 3.0, "yours": 3.0, "long": 3.0}.items():
        assert contrast(colours[name], colours["paper"]) >= least, name


def contrast(one: str, two: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_file_is_private_and_an_earlier_page_is_replaced(tmp_path: Path):
    path = tmp_path / "page.html"
    write(render(panorama(tie())), path, force=False)
    write(render(panorama(tie("Ben Birch"))), path, force=False)
    assert "Ben Birch" in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_no_other_file_is_replaced_without_force(tmp_path: Path):
    path, link = tmp_path / "letter.html", tmp_path / "link.html"
    path.write_text("<p>a letter</p>")
    link.symlink_to(path)
    for taken in (path, link):
        with pytest.raises(PageError, match="is no report"):
            write(render(panorama()), taken, force=False)
    assert path.read_text() == "<p>a letter</p>"
    write(render(panorama()), link, force=True)
    assert path.read_text() == "<p>a letter</p>", "a link is replaced, not followed"
    assert not link.is_symlink()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    with pytest.raises(PageError, match=r"nosuch/page\.html cannot be written"):
        write(render(panorama()), tmp_path / "nosuch" / "page.html", force=False)


def test_every_state_of_a_draft_has_a_fate():
    from types import SimpleNamespace

    fates = {state: fate_of(SimpleNamespace(state=state)) for state in DraftState}  # type: ignore[arg-type]
    assert fates[DraftState.SENT] is Fate.SENT
    assert {state for state, fate in fates.items() if fate is Fate.WAITING} == {one for one in DraftState if one.live}
