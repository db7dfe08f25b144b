"""A reply that comes between the plan and the APPEND: no draft, unless it came after the last look (R20)."""

from __future__ import annotations

from tests.faults.conftest import Staged
from tests.faults.points import Points, telling
from tests.faults.stage import Stage
from tests.imap.world import ANA

LAST_LOOK = "status INBOX"


def one_is_due(stage: Stage) -> None:
    stage.world.story(ben=False)


def test_a_reply_at_any_point_of_a_sweep_stops_the_draft_or_takes_it_back(staged: Staged) -> None:
    stage = staged(one_is_due)
    stage.again()
    undisturbed = Points()
    undisturbed.sweep(stage.world)
    appended = undisturbed.passed.index("append Drafts") + 1
    looked = max(number for number, name in enumerate(undisturbed.passed, 1) if name.startswith(LAST_LOOK))
    window = []

    def reply(_: str) -> None:
        stage.world.put(answers="question@example.net", text="It is settled, thank you.")

    for number in [one for one in telling(undisturbed.passed) if one <= appended]:
        stage.again()
        Points(number, reply).sweep(stage.world)
        if stage.people():
            window.append(number)
        stage.world.pass_time(minutes=5)
        stage.world.sweep_unwatched()
        assert (stage.people(), stage.people("Trash")) in (([], []), ([], [ANA])), undisturbed.passed[number - 1]
    assert window[0] > looked, undisturbed.passed
    print(f"{appended} points; at the last {len(window)} a reply is noticed only by the next look")
