"""``assistant demo``: the whole path on a sample mailbox, nothing of the user's touched."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.cli.edge import DONE, TROUBLE, remark_troubles, say, say_letter, say_table, say_verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.demo.show import Stage
    from assistant.sweep import Outcome


@click.command()
@click.option("--serve", is_flag=True, help="Keep the sample mailbox running for a mail program, until Ctrl-C.")
def command(serve: bool) -> int:
    """Show the whole thing on a sample mailbox: a real sweep, and the drafts as they lie in Drafts."""
    from assistant import clock
    from assistant.demo.show import stage

    with tempfile.TemporaryDirectory(prefix="assistant-demo-") as folder, stage(Path(folder), clock.now()) as demo:
        before = demo.messages
        known = len(demo.drafts())
        say(f"The mailbox of {demo.settings.me.name}: {before} mails on a small IMAP server on this machine.")
        say("A real sweep reads it, thinks, and lays drafts. Nothing is sent, and nothing of yours is touched.")
        cap = demo.settings.restraint.daily_cap
        say(
            f"So that every kind that it finds by itself is seen, it may lay {cap} drafts here; in your mailbox it is "
            "three a day."
        )
        outcome = demo.sweep()
        _show_found(outcome)
        _show_drafts(demo.drafts()[known:])
        _show_left_alone(outcome)
        remark_troubles(outcome.errors)
        if serve:
            _serve(demo)
        else:
            say()
            say("'assistant demo --serve' lets your mail program look at them; 'assistant setup' begins with your own.")
    return TROUBLE if outcome.errors else DONE


def _show_found(outcome: Outcome) -> None:
    """Say who was found, and why."""
    from assistant.plainly import KIND_SAID
    from assistant.report import called

    rows = [
        (called(one.suggestion), KIND_SAID[one.suggestion.kind], one.suggestion.reason)
        for one in outcome.suggestions
        if one.letter is not None
    ]
    say()
    say_table(("Found", "What for", "Why"), rows, folded=2)


def _show_drafts(raw: Sequence[bytes]) -> None:
    """Show drafts as they are stored on the server."""
    say()
    say(f"These {len(raw)} drafts lie in Drafts now:")
    for one in raw:
        message = message_from_bytes(one, policy=policy.default)
        say()
        text = message.get_content().rstrip().splitlines()
        say_letter([f"To: {message['To']}", f"Subject: {message['Subject']}", "", *text])


def _show_left_alone(outcome: Outcome) -> None:
    """Say how many were left alone for which reason, with an example each."""
    from assistant.plainly import HELD_SAID
    from assistant.report import called

    held = [one.suggestion for one in outcome.suggestions if one.suggestion.held is not None]
    counts = Counter(one.held for one in held if one.held)
    first = {one.held: one for one in reversed(held)}
    rows = [(str(count), called(first[rule]), HELD_SAID[rule]) for rule, count in counts.most_common()]
    say()
    say(f"Left alone, as nearly all silence is fine: {len(held)} matters.")
    say_table(("Matters", "For example", "Left alone because"), rows, folded=2)


def _serve(demo: Stage) -> None:
    """Keep the server up until Ctrl-C or SIGTERM."""
    from assistant.demo.sample import PASSWORD, USER

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    say()
    say("The sample mailbox is up. In your mail program, or a second terminal:")
    say(f"  IMAP server {demo.server.host}, port {demo.server.port}, no encryption, user {USER}, password {PASSWORD}")
    say_verbatim(f"  mutt -f imap://{USER.replace('@', '%40')}:{PASSWORD}@{demo.server.host}:{demo.server.port}/Drafts")
    say_verbatim(f"  assistant --config {demo.config} --state {demo.state} due")
    say("Ctrl-C ends it.")
    stop.wait()
