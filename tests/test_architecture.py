"""The house keeps its order: data flows one way, and nothing in it can send."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant

PACKAGE = Path(assistant.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# Each room may know those before it. Rooms in one line do not know each other.
ORDER = [
    {"errors", "model", "clock", "shipped", "workdays", "idn"},
    {"days", "garbage", "plainly", "strip"},
    {"values", "problems", "settings_file", "cards", "vcards", "providers", "service"},
    {"settings"},
    {"mailbox", "settings_table", "importing"},
    {"store"},
    {"correspondence"},
    {"judgement"},
    {"drafting"},
    {"lifecycle"},
    {"tidings"},
    {"reading", "opening", "following", "troubles"},
    {"recovering", "noting"},
    {"laying"},
    {"recalling"},
    {"writing", "telling", "trial", "sparing"},
    {"weighing", "outcome"},
    {"on_record", "task"},
    {"accounts"},
    {"judging", "planning"},
    {"carrying_out"},
    {"sweep", "withdrawing", "briefing", "checkup"},
    {"contacts", "previewing"},
    {"known", "judged"},
    {"deciding", "panorama"},
    {"page"},
    {"report"},
    {"diary", "hooks"},
    {"daemon", "onboarding", "notify", "demo"},
    {"cli"},
    {"__main__"},
]
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
OPENS_SOCKETS = {"mailbox", "demo", "notify"}
NEVER = {"smtplib", "http", "urllib.request", "requests", "httpx", "aiohttp", "ftplib", "poplib", "xmlrpc", "asyncio"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every module a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the direction"
            yield node.module or "", node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def calls(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_knows_only_those_before_it(path):
    here = room_of(path)
    if here == "__init__":
        return
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] != "assistant" or len(parts) == 1 or parts[1] not in RANK or parts[1] == here:
            continue
        assert RANK[parts[1]] < RANK[here], f"{path}:{line}: {here} may not know {parts[1]}"


def test_every_room_has_its_place():
    assert {room_of(path) for path in FILES} - {"__init__"} <= RANK.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_can_send_or_call_home(path):
    for module, line in imports(path):
        assert not any(module == never or module.startswith(f"{never}.") for never in NEVER), f"{path}:{line}: {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_sockets_are_opened_in_three_rooms_only(path):
    if room_of(path) in OPENS_SOCKETS:
        return
    for module, line in imports(path):
        assert module.split(".")[0] not in {"socket", "socketserver", "ssl", "imaplib"}, f"{path}:{line}: {module}"


def test_only_the_door_knows_imapclient():
    users = {room_of(path) for path in FILES for module, _ in imports(path) if module.split(".")[0] == "imapclient"}
    assert users == {"mailbox"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_clock_asks_for_the_time(path):
    if room_of(path) == "clock":
        return
    asking = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "datetime.datetime.now"}
    for name, line in calls(path):
        assert name not in asking, f"{path}:{line}: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_edge_writes_to_the_terminal(path):
    if path.name == "edge.py":
        return
    for name, line in calls(path):
        assert name not in {"print", "click.echo", "click.secho", "sys.stdout.write"}, f"{path}:{line}: {name}"
