"""People are greeted as the user greets them, whatever their display name says."""

from __future__ import annotations

import pytest

from tests.imap.world import ANA, ME, NAMES, World


@pytest.mark.parametrize(
    ("name", "greets", "signs", "greeted"),
    [
        ("Katherine Miller", "Dear Kate,", "Dear Sue,/Kate", "Dear Kate,"),
        ("John Smith", "Dear Mr Smith,", "Dear Ms Marten,/John Smith", "Dear Mr Smith,"),
        ("Prof. Cora Xu", "Dear Professor Xu,", "Dear Ms Marten,/Cora Xu", "Dear Professor Xu,"),
    ],
)
def test_a_greeting_that_the_user_used_is_used_again(
    on_demo: World, monkeypatch: pytest.MonkeyPatch, name: str, greets: str, signs: str, greeted: str
) -> None:
    world, (hello, signed) = on_demo, signs.split("/")
    monkeypatch.setitem(NAMES, ANA, name)
    for days in (90, 60, 30):
        world.put("Sent", sender=ME, to=ANA, days=days, subject="Seeds", text=f"{greets}\n\nhere is the list.\n\nSue")
        world.put(sender=ANA, days=days - 1, subject="Re: Seeds", text=f"{hello}\n\nthank you for it.\n\n{signed}")
    question = "could you please tell me whether you want to renew the lease for the small garden next year?"
    world.put(sender=ANA, days=12, text=f"{hello}\n\n{question}\n\n{signed}")
    world.sweep()
    (draft,) = world.lying("Drafts")
    assert draft.message.get_content().splitlines()[0] == greeted
