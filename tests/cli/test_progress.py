"""A long reading shows how far it is: a bar on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import io

import pytest

from assistant.cli.edge import Progress


class Screen(io.StringIO):
    """A stream that says whether it is a terminal; ``seconds`` is its clock."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal
        self.seconds = 0.0

    def isatty(self) -> bool:
        return self.terminal

    def progress(self) -> Progress:
        return Progress(self, lambda: self.seconds)

    @property
    def drawn(self) -> list[str]:
        """What stood on the line, one after the other."""
        return self.getvalue().split("\r\x1b[K")[1:]


def read(screen: Screen, progress: Progress, mailbox: str, chunks: int, of: int, *, seconds: float) -> None:
    """Read chunks of 1,000 messages, each in so many seconds."""
    for chunk in range(1, chunks + 1):
        screen.seconds += seconds
        progress(mailbox, chunk * 1000, of)


def test_a_terminal_shows_a_bar_the_speed_and_the_time_left() -> None:
    screen = Screen(terminal=True)
    read(screen, screen.progress(), "INBOX", 3, 12_000, seconds=0.5)
    assert screen.drawn == [
        "INBOX [##......................] 1000 of 12000, 2000 a second, 6 s left",
        "INBOX [####....................] 2000 of 12000, 2000 a second, 5 s left",
        "INBOX [######..................] 3000 of 12000, 2000 a second, 4 s left",
    ]


def test_the_line_is_gone_in_the_end() -> None:
    screen = Screen(terminal=True)
    progress = screen.progress()
    read(screen, progress, "INBOX", 1, 2_000, seconds=1)
    progress.end()
    progress.end()
    assert screen.drawn[-1] == ""
    assert len(screen.drawn) == 2


def test_the_line_is_not_drawn_more_often_than_an_eye_can_follow() -> None:
    screen = Screen(terminal=True)
    read(screen, screen.progress(), "bodies", 100, 100_000, seconds=0.01)
    assert len(screen.drawn) <= 10


def test_the_line_never_wraps_and_no_mailbox_steers_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    screen = Screen(terminal=True)
    read(screen, screen.progress(), "In\x1b[2Jbox" + "x" * 50, 1, 2_000, seconds=1)
    [line] = screen.drawn
    assert len(line) == 39
    assert "\x1b" not in line


def test_each_mailbox_has_its_own_speed() -> None:
    screen = Screen(terminal=True)
    progress = screen.progress()
    read(screen, progress, "INBOX", 2, 2_000, seconds=10)
    read(screen, progress, "Sent", 1, 2_000, seconds=1)
    assert screen.drawn[-1].endswith("1000 of 2000, 1000 a second, 1 s left")


def test_a_log_gets_no_line_for_what_is_soon_done() -> None:
    screen = Screen(terminal=False)
    progress = screen.progress()
    read(screen, progress, "INBOX", 9, 9_000, seconds=1)
    progress.end()
    assert screen.getvalue() == ""


def test_a_log_gets_a_plain_line_now_and_then() -> None:
    screen = Screen(terminal=False)
    progress = screen.progress()
    read(screen, progress, "INBOX", 25, 400_000, seconds=1)
    progress.end()
    assert screen.getvalue() == (
        "INBOX: 10000 of 400000, 1000 a second, 6 min left\nINBOX: 20000 of 400000, 1000 a second, 6 min left\n"
    )


def test_a_single_message_is_not_worth_a_line() -> None:
    screen = Screen(terminal=True)
    progress = screen.progress()
    screen.seconds = 5
    progress("INBOX", 1, 1)
    assert screen.drawn == []
