"""With headers_only no body is read: for no judgement, no letter and no brief, and what was refused not once more."""

from __future__ import annotations

from assistant.briefing import brief_on
from assistant.demo.server import Command, DemoServer, obey
from assistant.settings import ReadingSettings
from tests.commands import ours
from tests.imap.test_append import CarryOut
from tests.imap.test_share import caring, exchange, share
from tests.imap.world import ANA, World, laid


def switch(world: World, *, on: bool) -> None:
    world.settings = world.settings.model_copy(update={"reading": ReadingSettings(headers_only=on)})


def bodies(server: DemoServer) -> list[bytes]:
    """Return what was asked of mail beside its header lines, but for a draft of ours that is read back."""
    return [line for line in ours(server) if b"BODYSTRUCTURE" in line or b"BODY.PEEK[1" in line]


def test_a_letter_is_written_without_looking_into_any_mail(demo: DemoServer, on_demo: World) -> None:
    caring(on_demo, ANA)
    exchange(on_demo, ANA, days=90)
    switch(on_demo, on=True)
    assert laid(share(on_demo)) == [ANA]
    assert bodies(demo) == []


def test_a_brief_tells_what_was_noted_before_and_quotes_nothing(demo: DemoServer, on_demo: World) -> None:
    on_demo.story().sweep(rehearse=True)
    quoting = brief_on(on_demo.settings, on_demo.state, ANA, on_demo.now)
    assert quoting is not None
    assert any(line.quote for line in quoting.lines)
    switch(on_demo, on=True)
    before = len(bodies(demo))
    brief = brief_on(on_demo.settings, on_demo.state, ANA, on_demo.now)
    assert brief is not None
    assert (len(brief.lines), [line.quote for line in brief.lines if line.quote]) == (len(quoting.lines), [])
    assert len(bodies(demo)) == before


def test_a_text_that_was_refused_is_asked_for_when_texts_are_read_again(demo: DemoServer, on_demo: World) -> None:
    def refuses(command: Command, carry_out: CarryOut) -> bytes:
        return command.tag + b" NO Corrupted index\r\n" if b"BODY.PEEK[1]" in command.line else carry_out()

    on_demo.story(ben=False)
    demo.script = refuses
    assert laid(on_demo.sweep()) == []
    demo.script = obey
    switch(on_demo, on=True)
    before = len(bodies(demo))
    for _ in range(5):
        on_demo.pass_time(days=1)
        on_demo.sweep()
    assert len(bodies(demo)) == before
    switch(on_demo, on=False)
    on_demo.sweep()
    assert len(bodies(demo)) > before
