"""The edge: where errors find their words and exit codes, and where every text on its way to a terminal is cleaned."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

import click

from assistant import clock
from assistant.errors import AssistantError, Busy, ConfigError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from assistant.model import Trouble
    from assistant.settings import Settings

DONE, TROUBLE, USAGE, MISSING_EXTRA, BUSY, CONFIGURATION = 0, 1, 2, 69, 75, 78
_DRAWN_EVERY, _TOLD_EVERY = 0.1, 10.0  # seconds, on a terminal and in a log
GUTTER, INDENT, NARROWEST = 3, 3, 30  # between columns; below a paragraph's first line; what folds needs so much
UNBOUND = 10**6
_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF})
_BAR, _LINE_AGAIN = 24, "\r\x1b[K"
_KEPT = frozenset("\n\t\u00a0\u202f")  # the last two: spaces that do not break, as French has before marks
_REORDERING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class ListsByItself(click.Group):
    """A group whose command 'list' need not be said: 'assistant drafts --json'."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put 'list' before options that stand alone, and where nothing stands."""
        said = bool(args) and (not args[0].startswith("-") or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if said else ["list", *args])


def guarded(group: click.Command, arguments: Sequence[str] | None) -> int:
    """Run the command line and return its exit code."""
    _open_what_is_closed()
    try:
        result = group.main(args=arguments, prog_name="assistant", standalone_mode=False)
    except click.exceptions.Abort:
        remark("Stopped.")
        return TROUBLE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except AssistantError as error:
        remark(f"assistant: {error}")
        return exit_code(error)
    except sqlite3.DatabaseError as error:
        # Damage that shows only while reading; what stands in the ledger is never guessed at.
        remark(
            f"assistant: A database cannot be read: {error}. Look with 'assistant doctor' which one, and for its cure."
        )
        return TROUBLE
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python would complain again while closing.
        _write_no_more()
        return DONE
    except Exception as error:  # noqa: BLE001 - a traceback would show what is nobody's business
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            _write_no_more()
            remark(f"assistant: It could not be written: {error.strerror}. Make room, or name another place for it.")
            return TROUBLE
        from assistant.diary import bug
        from assistant.mailbox.secrecy import redact

        remark(f"assistant: This is a bug, please report it: {redact(bug(error))}")
        return TROUBLE
    return result if isinstance(result, int) else DONE


def _open_what_is_closed() -> None:
    """Give an output that the caller closed somewhere to go; what is asked for is done all the same."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end


def _write_no_more() -> None:
    """Let what is still to be written to standard output go nowhere: Python would complain while closing it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exit_code(error: AssistantError) -> int:
    """Return the exit code of an expected trouble (PRODUCT: exit codes)."""
    if isinstance(error, ConfigError):
        return CONFIGURATION
    return BUSY if isinstance(error, Busy) else TROUBLE


def visible(text: str) -> str:
    """Return ``text`` without anything that steers a terminal or reorders what is read."""
    return "".join(
        character
        if character in _KEPT or (character.isprintable() and character not in _REORDERING)
        else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def say(text: str = "") -> None:
    """Write a finding to standard output; on a terminal its long lines break between words."""
    click.echo(_fitted(writable(visible(text)), sys.stdout))


def say_verbatim(text: str) -> None:
    """Write what is to be copied, a command or a file, to standard output; its lines stay whole."""
    click.echo(writable(visible(text)))


def remark(text: str) -> None:
    """Write a remark to standard error; on a terminal its long lines break between words."""
    click.echo(_fitted(visible(text), sys.stderr), err=True)


def remark_troubles(troubles: Iterable[Trouble]) -> None:
    """Write troubles and their cures to standard error, a line each."""
    for one in troubles:
        remark(f"{one.account}: {one.message} {one.cure}")


def _fitted(text: str, stream: TextIO) -> str:
    """Break lines that are wider than the terminal, keeping their indentation; words stay whole, pipes get lines."""
    if not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns
    lines: list[str] = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        folded = textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        lines += folded if len(line) > width else [line]
    return "\n".join(lines)


def say_item(text: str, source: str = "") -> None:
    """Write an item of a list and, behind it, where it is from; on a terminal it is wrapped to fit."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    indent, deeper = "  ", "      "
    for line in f"{text}  {source}".rstrip().splitlines():
        for part in textwrap.wrap(line, width, initial_indent=indent, subsequent_indent=deeper) if width else [line]:
            say(part if width else indent + part)
        indent = deeper


def say_letter(lines: Sequence[str]) -> None:
    """Write a letter, indented; on a terminal its paragraphs, one line each, are wrapped to fit."""
    width = shutil.get_terminal_size().columns - 4 if sys.stdout.isatty() else None
    for line in lines:
        for part in textwrap.wrap(line, width) or [""] if width else [line]:
            say(f"    {part}".rstrip())


def say_json(value: Any) -> None:
    """Write one JSON object to standard output."""
    click.echo(json.dumps(value, ensure_ascii=True, indent=1))


Cell = str | tuple[str, str]
"""A cell of a table: its text, or its text and a style that rich knows ("bold", "yellow", "dim")."""


def say_table(headings: Sequence[str], rows: Sequence[Sequence[Cell]], *, folded: int) -> None:
    """Write a table that fits the terminal; the column number ``folded`` takes what room is left.

    Where that would be too little, the cells of a row stand below each other.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    lines = [[_styled(cell) for cell in row] for row in rows]
    widths = [max(cell.cell_len for cell in column) for number, column in enumerate(zip(*lines, strict=True))
              if number != folded] if lines else []  # fmt: skip
    if console.width - sum(width + GUTTER for width in widths) < NARROWEST:
        _say_stacked(console, lines, folded, counted=headings[0] == "#")
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, safe_box=console.encoding != "utf-8")
    for number, heading in enumerate(headings):
        if number == folded:
            table.add_column(heading, overflow="fold", ratio=1)
        else:
            table.add_column(heading, overflow="ellipsis", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    console.print(table)


def _say_stacked(console: Console, lines: Sequence[Sequence[Text]], folded: int, *, counted: bool) -> None:
    """Write each row as a paragraph: its short cells in a line, the long one below them."""
    from rich.padding import Padding
    from rich.text import Text

    for number, line in enumerate(lines):
        if number:
            console.print()
        short = [cell for place, cell in enumerate(line) if cell.plain and place != folded]
        begin = [Text.assemble(short[0], " ", *short[1:2])] if counted else short[:1]
        console.print(Text(", ").join([*begin, *short[2 if counted else 1 :]]))
        console.print(Padding(line[folded], (0, 0, 0, INDENT), expand=False))


def _styled(cell: Cell) -> Text:
    from rich.text import Text

    text, style = (cell, "") if isinstance(cell, str) else cell
    return Text(writable(visible(text)), style=style)


def say_styled(text: str, style: str) -> None:
    """Write a finding in a style that rich knows; plain where there is no terminal, or none that has it."""
    if not style:
        say(text)
        return
    from rich.console import Console

    Console(highlight=False, soft_wrap=True).print(_styled((text, style)))


def say_wrapped(text: str, indent: int = 0, style: str = "", hanging: int = 0) -> None:
    """Write a finding that is wrapped to fit a terminal, indented; its further lines by ``hanging`` more."""
    width = max(terminal_width() - indent, NARROWEST)
    for line in textwrap.wrap(visible(text), width, subsequent_indent=" " * hanging, break_on_hyphens=False) or [""]:
        say_styled(" " * indent + line, style)


def terminal_width() -> int:
    """Return how many characters a line may have; where nobody looks, as many as it takes."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() or "COLUMNS" in os.environ else UNBOUND


def letters_only() -> bool:
    """Tell whether standard output cannot show block characters."""
    return not (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")


def writable(text: str) -> str:
    """Return the text as standard output can show it: what its encoding lacks becomes a question mark."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


class Progress:
    """How far a long reading is, on standard error.

    On a terminal one line that is drawn over: a bar, messages per second, the time left. Elsewhere a plain
    line every ten seconds, so that a log shows life; what ends sooner leaves none. ``monotonic`` gives seconds.
    """

    def __init__(self, stream: TextIO | None = None, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._drawn_over = self._stream.isatty()
        self._monotonic = monotonic
        self._mailbox, self._done = "", 0
        self._began = self._told = self._heard = monotonic()
        self._shown = False

    def __call__(self, mailbox: str, done: int, of: int) -> None:
        """Show that ``done`` of ``of`` messages of a mailbox were read."""
        now = self._monotonic()
        if mailbox != self._mailbox or done < self._done:
            self._mailbox, self._began = mailbox, self._heard
        self._done, self._heard = done, now
        if 0 < done < of and now - self._told >= (_DRAWN_EVERY if self._drawn_over else _TOLD_EVERY):
            self._told = now
            self._tell(visible(mailbox), done, of, done / max(now - self._began, 0.001))

    def _tell(self, mailbox: str, done: int, of: int, speed: float) -> None:
        text = f"{done} of {of}, {speed:.0f} a second, {_time_left((of - done) / speed)} left"
        if self._drawn_over:
            filled = _BAR * done // of
            line = f"{mailbox} [{'#' * filled}{'.' * (_BAR - filled)}] {text}"
            # A line that wraps could not be drawn over.
            self._write(f"{_LINE_AGAIN}{line[: shutil.get_terminal_size().columns - 1]}")
            self._shown = True
        else:
            self._write(f"{mailbox}: {text}\n")

    def __enter__(self) -> Self:
        """Begin; the line that is drawn over is removed at the end, whatever happens."""
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Remove the line that is drawn over."""
        if self._shown:
            self._write(_LINE_AGAIN)
            self._shown = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _time_left(seconds: float) -> str:
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def config_file(ctx: click.Context) -> Path:
    """Return the configuration file that was asked for, else the usual one."""
    from assistant.settings import default_config_file

    return ctx.obj["config"] or default_config_file()


def state_directory(ctx: click.Context) -> Path:
    """Return the state directory that was asked for, else the usual one."""
    from assistant.settings import default_state_directory

    return ctx.obj["state"] or default_state_directory()


def load_settings(ctx: click.Context) -> Settings:
    """Read the settings; remarks about them go to standard error."""
    from assistant.settings import load

    settings, remarks = load(config_file(ctx))
    for one in remarks:
        remark(f"assistant: {one}")
    return settings


def checked_account(settings: Settings, name: str | None) -> tuple[str, ...]:
    """Return the accounts to work on. Raises a usage error for a name that is not configured."""
    if name is None:
        return ()
    names = [account.name for account in settings.accounts]
    if name not in names:
        raise click.BadParameter(f"there is no account {name!r}; there is {', '.join(names)}", param_hint="--account")
    return (name,)
