"""``assistant run``: the daemon, in the foreground."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from datetime import UTC, datetime, tzinfo

import click

from assistant.cli.edge import DONE, config_file, load_settings, state_directory

JOURNAL_LEVELS = {logging.WARNING: "<4>", logging.ERROR: "<3>", logging.CRITICAL: "<2>"}  # sd-daemon(3)


@click.command()
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or one JSON object a line.",
)
@click.pass_context
def command(ctx: click.Context, log_format: str) -> int:
    """Keep looking at all accounts, in the foreground, until stopped; SIGHUP reads the configuration again."""
    from assistant.daemon import BEAT_SECONDS, Daemon, Wish
    from assistant.notify import notify, watchdog_seconds
    from assistant.settings import load

    settings = load_settings(ctx)
    write_log(Json() if log_format == "json" else Text(settings.zone, journal=goes_to_journal()))
    wanted = watchdog_seconds()
    daemon = Daemon(
        settings,
        state_directory(ctx),
        lambda: load(config_file(ctx)),
        tell=notify,
        beat_seconds=min(BEAT_SECONDS, wanted / 2) if wanted else BEAT_SECONDS,
    )
    on_terminal = sys.stderr.isatty()

    def hang_up(*_: object) -> None:
        # A terminal that was closed says so with the same signal, and can be written to no more.
        daemon.ask(Wish.STOP if on_terminal and not sys.stderr.isatty() else Wish.RELOAD)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: daemon.ask(Wish.STOP))
    signal.signal(signal.SIGHUP, hang_up)
    if not daemon.run():
        # A thread that waits for a server would keep the process; the ledger has all it needs to go on later.
        logging.shutdown()
        os._exit(DONE)
    return DONE


def write_log(formatter: logging.Formatter) -> None:
    """Send the program's log to standard error, and of the libraries only their complaints, all without secrets."""
    from assistant.mailbox.secrecy import RedactingFilter, guard_tracebacks

    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    handler.addFilter(RedactingFilter())
    logging.getLogger().addHandler(handler)
    logging.getLogger("assistant").setLevel(logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # that a sweep takes longer than its pace is no trouble
    logging.raiseExceptions = False  # a log that cannot be written must not be written about
    guard_tracebacks()


def goes_to_journal() -> bool:
    """Tell whether standard error is the journal's (systemd.exec(5), $JOURNAL_STREAM): it has its own time stamps."""
    try:
        about = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{about.st_dev}:{about.st_ino}"


class Text(logging.Formatter):
    """Lines like ``09:15 home: 3 new mails``; the journal gets a level instead of the time."""

    def __init__(self, zone: tzinfo, *, journal: bool) -> None:
        super().__init__()
        self._zone = zone
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        start = (
            JOURNAL_LEVELS.get(record.levelno, "")
            if self._journal
            else f"{datetime.fromtimestamp(record.created, self._zone):%H:%M} "
        )
        account = getattr(record, "account", "")
        return start + (f"{account}: " if account else "") + _message(record)


class Json(logging.Formatter):
    """One JSON object a line: time (RFC 3339, UTC), level, account (null for the whole), message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        return json.dumps(
            {
                "time": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "level": record.levelname.lower(),
                "account": getattr(record, "account", "") or None,
                "message": _message(record),
            }
        )


def _message(record: logging.LogRecord) -> str:
    from assistant.mailbox.words import visible

    return visible(" ".join(part for part in (record.getMessage(), record.exc_text) if part))
