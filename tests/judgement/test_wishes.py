"""Who asked to be left alone, for the user's choices to keep."""

from __future__ import annotations

from assistant.judgement.wishes import opted_out
from assistant.model import CueKind, MailKind, Signal
from tests.judgement.builders import ANA, person, received, sent

OPT_OUT = CueKind.OPT_OUT


def test_whoever_asked_is_named_with_the_mail_that_says_so() -> None:
    """However long ago, as long as the mail was read."""
    asked = received(300, OPT_OUT, message_id="stop@mail.example")
    assert opted_out([person(asked, received(3))]) == {ANA: "stop@mail.example"}


def test_nobody_is_taken_at_a_machines_or_a_doubtful_word() -> None:
    """Nor at the user's own, who may be the one that was written to too often."""
    for mail in (
        received(9, OPT_OUT, kind=MailKind.BULK),
        received(9, OPT_OUT, kind=MailKind.AUTO_REPLY),
        received(9, OPT_OUT, sender=None, signals=Signal.AMBIGUOUS),
        received(9, reading=None),
        sent(9, OPT_OUT),
    ):
        assert opted_out([person(mail)]) == {}
