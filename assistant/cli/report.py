"""``assistant report``: the map of one's correspondence as one self-contained page."""

from __future__ import annotations

from pathlib import Path

import click

from assistant.cli.edge import DONE, load_settings, say, state_directory


@click.command()
@click.option(
    "--html",
    "path",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the page; an earlier page there is replaced.",
)
@click.option("--force", is_flag=True, help="Replace the file even if it is no page of ours.")
@click.pass_context
def command(ctx: click.Context, path: Path, force: bool) -> int:
    """Write a page about your correspondence: rhythms, who is due, giving and asking, answers, drafts. No mailbox is
    asked, and the page loads nothing.
    """  # noqa: D205 - click shows it as one paragraph
    from assistant import clock
    from assistant.judged import everything_known
    from assistant.page import render, write
    from assistant.panorama import panorama_of

    settings, now = load_settings(ctx), clock.now()
    panorama = panorama_of(everything_known(settings, state_directory(ctx), now), settings.zone, now)
    write(render(panorama), path, force=force)
    say(f"Written: {path}, with {len(panorama.ties)} relationships. It holds names and subjects of your mail.")
    return DONE
