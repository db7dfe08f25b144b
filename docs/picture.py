"""Makes docs/demo.svg from a real run of ``assistant demo`` in a pseudo-terminal: python docs/picture.py."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH, DRAFTS_SHOWN = 116, 2


def captured(*command: str) -> str:
    """Run a command in a pseudo-terminal and return what it wrote there."""
    os.environ.update(COLUMNS=str(WIDTH), LINES="200", TERM="xterm-256color")
    os.environ.pop("NO_COLOR", None)
    output = bytearray()

    def read(terminal: int) -> bytes:
        data = os.read(terminal, 4096)
        output.extend(data)
        return b"\0"  # an empty answer would mean the end; nothing is shown twice

    pty.spawn([*command], read)
    return output.decode().replace("\r\n", "\n")


def first_screen(text: str) -> list[str]:
    """Return the lines up to the end of the second draft."""
    lines = text.split("\n")
    begins = [number for number, line in enumerate(lines) if line.startswith("    To: ")]
    return lines[: begins[DRAFTS_SHOWN] - 1]


def main() -> None:
    """Write the first screen of the demo."""
    text = captured(sys.executable, "-m", "assistant", "demo")
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        console.print("[bold]$ assistant demo[/bold]")
        for line in first_screen(text):
            console.print(Text.from_ansi(line), no_wrap=True, overflow="ignore", crop=False)
        console.save_svg(str(Path(__file__).with_name("demo.svg")), title="assistant demo")


if __name__ == "__main__":
    main()
