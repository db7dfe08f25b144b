"""Makes docs/gallery.md, every kind of letter in every language, from real sweeps: python docs/gallery.py."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assistant.demo.mailstore import MailStore
from assistant.demo.people import HOME, ME, Person, person_of
from assistant.demo.sample import PASSWORD, USER, fill, letters
from assistant.demo.server import DemoServer
from assistant.drafting.offers import Share
from assistant.model import Kind, Letter, Suggestion
from assistant.settings import load
from assistant.sweep import Order, sweep

HERE = Path(__file__).parent
STORIES, PAGE = HERE / "gallery", HERE / "gallery.md"
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}
EVERY, LAST, ANSWERS = 24, 46, 20
HEAD = """# Letters

Every kind of draft in every language, formal and informal. Only the mail before is written by
hand: real sweeps read four small mailboxes of invented people and laid these drafts. `python docs/gallery.py` makes
this page.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A draft with what led to it: the mail that it is about, and whether the user wrote that."""

    suggestion: Suggestion
    letter: Letter
    formal: bool
    before: str
    by_me: bool


def shown(language: str) -> list[Shown]:
    """Run a sweep over the mailbox of a language, share something, and return the drafts, kind by kind."""
    stories = tomllib.loads((STORIES / f"{language}.toml").read_text("utf-8"))
    formal = {entry["address"]: entry.get("formal", False) for entry in stories["people"]}
    people = [_person(entry, language, stories) for entry in stories["people"]]
    mail = {one.message_id: one for one in letters(NOW, people)}
    store = MailStore()
    fill(store, NOW, people)
    with TemporaryDirectory() as folder, DemoServer({USER: PASSWORD}, store) as server:
        settings, _ = load(_write_settings(Path(folder), server.port, language, stories))
        orders = (Order(), Order(share=Share(stories["share"]["text"], stories["share"]["topic"], language)))
        outcomes = [sweep(settings, Path(folder) / "state", order, NOW) for order in orders]
    if errors := [one for outcome in outcomes for one in outcome.errors]:
        raise SystemExit("; ".join(f"{one.message} {one.cure}" for one in errors))
    found = [
        Shown(one.suggestion, one.letter, formal[one.suggestion.contact.address], before.text, before.mail.mine)
        for outcome in outcomes
        for one in outcome.suggestions
        if one.letter is not None and (before := mail[one.suggestion.about.message_id or ""])
    ]
    return sorted(found, key=lambda one: (list(Kind).index(one.suggestion.kind), one.formal))


def page() -> str:
    """Return the whole page (Markdown)."""
    parts = [HEAD]
    for language, called in LANGUAGES.items():
        parts += [f"## {called}\n", *map(_section, shown(language))]
    return "\n".join(parts)


def _section(one: Shown) -> str:
    register = "formal" if one.formal else "informal"
    who = f"{ME} wrote" if one.by_me else f"{one.suggestion.contact.name} wrote"
    draft = f"To: {one.letter.to.name} <{one.letter.to.address}>\nSubject: {one.letter.subject}\n\n{one.letter.text}"
    return (
        f"### {one.suggestion.kind}, {register}\n\n{who}:\n\n{_block(one.before)}\n"
        f"{one.suggestion.reason}\n\n{_block(draft)}"
    )


def _block(text: str) -> str:
    return f"```text\n{text.strip()}\n```\n"


def _person(entry: Mapping[str, Any], language: str, stories: Mapping[str, Any]) -> Person:
    """Return a person of the demo's kind: a story if there is one, and exchanges as they are usual in that register."""
    formal = entry.get("formal", False)
    register, first = "formal" if formal else "informal", entry["name"].split()[0]
    called = entry["name"] if formal else first
    exchanges = [[part.replace("{name}", called) for part in one] for one in stories["exchanges"][register]]
    exchanges *= entry.get("rounds", 1)
    return person_of(
        {
            "name": entry["name"],
            "address": entry["address"],
            "language": language,
            "sign": f"{stories['farewell'][register].splitlines()[0]}\n{called}",
            "farewell": stories["farewell"][register],
            "stories": [{"subject": entry["subject"], "mail": entry["mail"]}] if "mail" in entry else [],
            "rhythm": {"every": EVERY, "last": entry.get("last", LAST), "answers": ANSWERS, "exchanges": exchanges},
        }
    )


def _write_settings(directory: Path, port: int, language: str, stories: Mapping[str, Any]) -> Path:
    """Write config.toml, contacts.toml and offers.toml and return the first; a day may bring all drafts at once."""
    secret = directory / "secret"
    secret.write_text(PASSWORD, "utf-8")
    config = (
        f'[me]\nname = "{ME}"\naddresses = ["{HOME}"]\ntimezone = "Europe/Berlin"\nlanguage = "{language}"\n'
        "[restraint]\ndaily_cap = 20\nwarm_daily_cap = 20\nweekly_cap = 60\n"
        f'[[accounts]]\nname = "home"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nusername = "{USER}"\n'
        f'auth = "credential-file"\ncredential = {json.dumps(str(secret))}\n'
    )
    cards = (
        f"[[contacts]]\naddresses = {json.dumps([entry['address']])}\nname = {json.dumps(entry['name'])}\n"
        f"goals = {json.dumps(entry.get('goals', []))}\ninterests = {json.dumps(entry.get('interests', []))}\n"
        for entry in stories["people"]
        if entry.get("goals") or entry.get("interests")
    )
    offers = (
        f"[[offers]]\ntext = {json.dumps(one['text'])}\ntopics = {json.dumps(one['topics'])}\n"
        for one in stories["offers"]
    )
    for name, text in (("config.toml", config), ("contacts.toml", "".join(cards)), ("offers.toml", "".join(offers))):
        (directory / name).write_text(text, "utf-8")
        (directory / name).chmod(0o600)
    secret.chmod(0o600)
    return directory / "config.toml"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
