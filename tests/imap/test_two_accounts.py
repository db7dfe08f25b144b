"""Several accounts of one person are one person: silences and aliases are shared, drafts and digests are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.demo.server import DemoServer
from assistant.errors import AccountError, AccountLater, FuseBlown
from assistant.judged import judged
from assistant.known import status_of
from assistant.model import HeldBecause
from assistant.opening import note_trouble
from assistant.outcome import Outcome
from assistant.report import status_lines
from assistant.settings import DigestSettings, Settings
from assistant.store.database import account_lock, open_ledger
from assistant.store.ledger import Ledger
from assistant.withdrawing import withdraw_drafts
from tests.canary import PASSWORD
from tests.commands import ALLOWED_WITH_DIGEST, ours
from tests.imap.conftest import fresh_store
from tests.imap.test_digest import FOLLOW_UPS, digests, text
from tests.imap.test_lost_ledger import lose_the_ledger_alone
from tests.imap.test_troubles import answering, refuses_the_last
from tests.imap.world import ANA, BEN, ME, NAMES, World, laid

AT_WORK = "sue.marten@office.example"
ALIAS = "garden@example.org"


class TwoAccounts:
    """Sue's mailboxes at home and at work, each on a server of its own; one program looks after both."""

    def __init__(self, folder: Path, servers: dict[str, DemoServer], open_worlds: ExitStack) -> None:
        self.servers = servers
        self.worlds: dict[str, World] = {}
        for name, server in servers.items():
            (folder / name).mkdir()
            world = World(folder / name, server.host, server.port, "ann", PASSWORD)
            self.worlds[name] = open_worlds.enter_context(closing(world))
        self.home, self.work = self.worlds["home"], self.worlds["work"]
        self.home.settings = Settings.model_validate(
            {
                "me": {"name": NAMES[ME], "addresses": [ME, AT_WORK], "timezone": "Europe/Berlin"},
                "accounts": [one.account.model_copy(update={"name": name}) for name, one in self.worlds.items()],
                "directory": self.home.settings.directory,
            }
        )
        self.home.always_at_work()

    def colleague(self, address: str) -> None:
        """Let somebody who knows the user at work owe an answer, after years of answering soon."""
        for number, days in enumerate((200, 160, 120, 90)):
            topic = f"Garden plan {number}"
            asked = self.work.put(
                "Sent", sender=AT_WORK, to=address, subject=topic, days=days, text="Could you send me your notes?"
            )
            self.work.put(
                sender=address, to=AT_WORK, subject=f"Re: {topic}", days=days - 1, answers=asked,
                text="Here are my notes for the plan. I hope they help.",
            )  # fmt: skip
            self.work.put(
                "Sent", sender=AT_WORK, to=address, subject=f"Re: {topic}", days=days - 1.5, answers=asked,
                text="Thank you very much, that was a great help.",
            )  # fmt: skip
        self.work.put(
            "Sent", sender=AT_WORK, to=address, subject="The figures", days=21,
            text="Hello,\n\ncould you please send me the figures for the second quarter? I need them for the report.",
        )  # fmt: skip

    def sweep(self, **order: bool) -> Outcome:
        before = self.work.snapshot()
        outcome = self.home.sweep(**order)
        theirs = {one.message_id for one in self.home.drafts()} | {one.message_id for one in self.home.digests()}
        assert {one for one in self.work.snapshot(theirs) if one[0] != FOLLOW_UPS} == {
            one for one in before if one[2] not in theirs
        }, "mail of the user's was changed"
        return outcome

    def held(self, outcome: Outcome) -> dict[str, set[HeldBecause | None]]:
        """Return why nothing is laid for each contact."""
        found: dict[str, set[HeldBecause | None]] = {}
        for one in outcome.suggestions:
            found.setdefault(one.suggestion.contact.address, set()).add(one.suggestion.held)
        return found


@pytest.fixture
def allowed() -> re.Pattern[bytes]:
    return ALLOWED_WITH_DIGEST


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoAccounts]:
    monkeypatch.setenv("ASSISTANT_SECRET_WORK", PASSWORD)
    with ExitStack() as stack:
        servers = {name: stack.enter_context(DemoServer({"ann": PASSWORD}, fresh_store())) for name in ("home", "work")}
        yield TwoAccounts(tmp_path, servers, stack)


def test_an_answer_in_one_account_ends_the_silence_in_the_other(both: TwoAccounts) -> None:
    both.home.story(ana=False)
    both.work.put(sender=BEN, to=AT_WORK, subject="Plants", days=2, text="Here is the final list of plants, Sue.")
    outcome = both.sweep()
    assert laid(outcome) == []
    assert not any(one.letter for one in outcome.suggestions)


def test_a_draft_is_withdrawn_when_they_write_to_another_account(both: TwoAccounts) -> None:
    assert laid(both.home.story(ana=False) and both.sweep()) == [BEN]
    both.home.pass_time(hours=1)
    both.work.now = both.home.now
    both.work.put(sender=BEN, to=AT_WORK, subject="Plants", text="Here is the final list of plants, Sue.")
    assert [one.draft.contact for one in both.sweep().withdrawn] == [BEN]
    assert both.home.lying() == []


def test_what_the_user_answers_from_one_account_is_answered_in_the_other(both: TwoAccounts) -> None:
    both.home.story(ben=False)
    assert ANA in {one.suggestion.contact.address for one in both.sweep(rehearse=True).suggestions if one.letter}
    both.work.put(
        "Sent", sender=AT_WORK, to=ANA, subject="Re: The lease", answers="question@example.net", days=1,
        text="Hello Ana, yes, please renew the lease for the small garden.",
    )  # fmt: skip
    assert laid(both.sweep()) == []


@pytest.mark.parametrize(
    ("verb", "words"), [("LOGIN", b"NO [UNAVAILABLE] Try again"), ("EXAMINE", b"NO Internal error")]
)
def test_while_an_account_cannot_be_read_whoever_was_ever_seen_in_it_is_held(
    both: TwoAccounts, verb: str, words: bytes
) -> None:
    both.home.story()
    both.work.put(sender=BEN, to=AT_WORK, subject="Plants", days=300, text="A list of plants, Sue.")
    assert {one.suggestion.contact.address for one in both.sweep(rehearse=True).suggestions if one.letter} == {ANA, BEN}
    both.work.put(sender=BEN, to=AT_WORK, subject="Plants", days=1, text="Here is the final list of plants.")
    both.servers["work"].script = answering(verb, words)
    outcome = both.home.sweep_unwatched()
    assert {one.account for one in outcome.errors} == {"work"}
    assert laid(outcome) == [ANA]
    assert HeldBecause.ACCOUNT_UNREAD in both.held(outcome)[BEN]
    both.servers["work"].script = lambda _, carry_out: carry_out()
    both.home.pass_time(minutes=15)
    assert laid(both.sweep()) == []  # now his answer is known


FULL = answering("APPEND", b"NO [OVERQUOTA] Mailbox is full")


def ben_owes_at_work(both: TwoAccounts) -> None:
    """Let Ben, who wrote to the user at home once, owe an answer at work; Ana waits for one at home."""
    both.home.story(ben=False).put(sender=BEN, days=300, subject="Hello", text="Hello Sue.")
    both.colleague(BEN)


def test_an_account_whose_mailbox_is_full_is_read_all_the_same(both: TwoAccounts) -> None:
    ben_owes_at_work(both)
    both.servers["home"].script = FULL
    assert {one.code for one in both.home.sweep_unwatched(accounts=("home",)).errors} == {"over_quota"}
    rehearsed = both.home.sweep_unwatched(accounts=("work",), rehearse=True)
    due = judged(both.home.settings, both.home.state, both.home.now)
    assert None in both.held(rehearsed)[BEN] & both.held(due)[BEN]
    assert laid(both.home.sweep_unwatched(accounts=("work",))) == [BEN]


def test_an_account_whose_drafts_are_gone_is_read_all_the_same(both: TwoAccounts) -> None:
    """They are looked for before anything is judged, since a draft of ours lay there."""
    ben_owes_at_work(both)
    assert laid(both.home.sweep_unwatched(accounts=("home",))) == [ANA]
    with both.home.client() as client:
        client.delete_folder("Drafts")
    outcome = both.home.sweep_unwatched()
    assert [(one.account, one.code) for one in outcome.errors] == [("home", "no_drafts")]
    assert laid(outcome) == [BEN]


@pytest.mark.parametrize("trouble", [FuseBlown("It was stopped."), AccountLater("The line broke.")])
def test_an_account_that_was_closed_counts_as_unread_though_it_was_read_before(
    both: TwoAccounts, trouble: AccountError
) -> None:
    """It is left alone from then on, and what was read grows old."""
    ben_owes_at_work(both)
    both.home.sweep_unwatched(rehearse=True)
    with closing(open_ledger(both.home.state)) as ledger:
        note_trouble(Ledger(ledger), both.home.settings.accounts[0], trouble, both.home.now)
    due = judged(both.home.settings, both.home.state, both.home.now)
    assert HeldBecause.ACCOUNT_UNREAD in both.held(due)[BEN]


def test_an_account_in_which_drafts_strayed_counts_as_unread_until_they_are_noted(
    both: TwoAccounts, tmp_path: Path
) -> None:
    """The database was lost, so it is not known to whom a draft lies there; a preview notes nothing."""
    both.home.story(ana=False)
    assert laid(both.home.sweep_unwatched()) == [BEN]
    both.colleague(BEN)
    lose_the_ledger_alone(both.home, tmp_path)
    previewed = both.home.sweep_unwatched(by_hand=False, accounts=("home",))
    assert [one.code for one in previewed.errors] == ["found_again"]
    assert laid(both.home.sweep_unwatched(accounts=("work",))) == []


def test_of_mail_that_reached_both_accounts_the_one_that_cannot_be_read_counts_too(both: TwoAccounts) -> None:
    """Its copy at home is the one that is judged; the answer may lie in Sent at work."""
    both.home.story(ben=False)
    both.work.put(sender=ANA, to=AT_WORK, message_id="question@example.net", days=12, text="Will you renew the lease?")
    assert ANA in {one.suggestion.contact.address for one in both.sweep(rehearse=True).suggestions if one.letter}
    both.servers["work"].script = answering("LOGIN", b"NO [UNAVAILABLE] Try again")
    outcome = both.home.sweep_unwatched()
    assert laid(outcome) == []
    assert HeldBecause.ACCOUNT_UNREAD in both.held(outcome)[ANA]


def test_each_draft_lies_in_the_account_and_comes_from_the_address_that_its_reader_knows(both: TwoAccounts) -> None:
    cleo = "cleo@office.example"
    both.home.story(ana=False)
    both.colleague(cleo)
    assert laid(both.sweep()) == [BEN, cleo]
    [at_home], [at_work] = both.home.lying(), both.work.lying()
    assert [(one.to, one.message["From"].addresses[0].addr_spec) for one in (at_home, at_work)] == [
        (BEN, ME),
        (cleo, AT_WORK),
    ]


def test_a_contact_known_in_both_accounts_gets_one_draft_in_all(both: TwoAccounts) -> None:
    both.home.story(ana=False)
    both.colleague(BEN)
    assert laid(both.sweep()) == [BEN]
    for _ in range(3):
        both.home.pass_time(minutes=15)
        assert laid(both.sweep()) == []
    assert len(both.home.lying() + both.work.lying()) == 1


def test_an_alias_learned_from_sent_of_one_account_is_the_user_in_the_other(both: TwoAccounts) -> None:
    both.home.story(ben=False)
    both.home.put(
        "Archive", sender=ALIAS, to=ANA, subject="Re: The lease", answers="question@example.net", days=3,
        text="Hello Ana, yes, please renew the lease for the small garden.",
    )  # fmt: skip
    assert ANA in {one.suggestion.contact.address for one in both.sweep(rehearse=True).suggestions if one.letter}
    for days in (50, 60, 70):
        both.work.put("Sent", sender=ALIAS, to="dan@example.net", subject="Seeds", days=days)
    assert laid(both.sweep()) == []


def test_each_account_gets_a_digest_of_its_own_drafts(both: TwoAccounts) -> None:
    cleo = "cleo@office.example"
    digest = DigestSettings(enabled=True, mailbox=FOLLOW_UPS)
    both.home.settings = both.home.settings.model_copy(update={"digest": digest})
    both.home.story(ana=False)
    both.colleague(cleo)
    assert laid(both.sweep()) == [BEN, cleo]
    for world, named, other in ((both.home, "Ben Ode", cleo), (both.work, cleo, "Ben Ode")):
        [found] = digests(world)
        assert named in text(found)
        assert other not in text(found)


def test_mail_that_reached_both_accounts_is_one_mail(both: TwoAccounts) -> None:
    both.home.story(ben=False)
    both.work.put(
        sender=ANA, to=AT_WORK, message_id="question@example.net", days=12,
        text="Hello Sue,\n\ncould you please tell me whether you want to renew the lease for the small garden next "
        "year? I need your answer for the owner.\n\nAna",
    )  # fmt: skip
    outcome = both.sweep()
    assert laid(outcome) == [ANA]
    debts = [one for one in outcome.suggestions if one.suggestion.kind.value == "owe_reply"]
    assert len(debts) == 1


class Alone:
    """Sweeps of "home" alone, as the daemon does them or as they are typed; "work" was read two weeks ago."""

    def __init__(self, both: TwoAccounts, order: dict[str, bool]) -> None:
        self.both = both
        self._order = order
        both.home.story()
        both.work.put(sender=ANA, to=AT_WORK, subject="Lunch", days=300, text="Shall we have lunch?")
        self.at_home, home = both.home.now, both.home
        home.now -= timedelta(days=14)
        home.sweep_unwatched(rehearse=True)
        with closing(open_ledger(home.state)) as ledger:
            Ledger(ledger).confirm("home", home.now)
        home.now = self.at_home

    def sweep(self) -> Outcome:
        return self.both.home.sweep_unwatched(accounts=("home",), **self._order)


@pytest.fixture(params=[{"by_hand": False, "everybody": False}, {}], ids=["daemon", "by hand"])
def alone(request: pytest.FixtureRequest, both: TwoAccounts) -> Alone:
    return Alone(both, request.param)


def answer_from_work(both: TwoAccounts) -> None:
    """Let the user answer Ana from her telephone, which knows the account at work alone."""
    both.work.put(
        "Sent", sender=AT_WORK, to=ANA, subject="Re: The lease", answers="question@example.net", days=8,
        text="Hello Ana, yes, please renew the lease for the small garden.",
    )  # fmt: skip


def logins(server: DemoServer) -> int:
    return sum(one.startswith(b"LOGIN") for one in ours(server))


def test_before_a_draft_is_laid_in_one_account_the_others_are_looked_into(alone: Alone) -> None:
    answer_from_work(alone.both)
    assert laid(alone.sweep()) == [BEN]
    assert [one.to for one in alone.both.home.lying()] == [BEN]


def test_the_other_account_is_read_and_nothing_is_written_there(alone: Alone) -> None:
    """Nor is it counted among those that were swept; when all is well it holds nobody."""
    before = alone.both.work.snapshot()
    outcome = alone.sweep()
    assert laid(outcome) == [ANA, BEN]
    assert [one.name for one in outcome.accounts] == ["home"]
    assert alone.both.work.snapshot() == before
    with closing(open_ledger(alone.both.home.state)) as ledger:
        assert Ledger(ledger).last_sweep("work") is None


def test_who_was_seen_in_an_account_that_cannot_be_looked_into_is_held(alone: Alone) -> None:
    answer_from_work(alone.both)
    alone.both.servers["work"].script = answering("LOGIN", b"NO [UNAVAILABLE] Try again")
    outcome = alone.sweep()
    assert laid(outcome) == [BEN]
    assert [one.account for one in outcome.errors] == ["work"]
    before = logins(alone.both.servers["work"])
    alone.both.servers["work"].script = lambda _, carry_out: carry_out()
    assert laid(alone.sweep()) == []
    assert logins(alone.both.servers["work"]) == before, "its own back-off holds here, too"


def test_who_was_seen_in_an_account_that_another_process_has_is_held(alone: Alone) -> None:
    answer_from_work(alone.both)
    with account_lock(alone.both.home.state, "work"):
        assert laid(alone.sweep()) == [BEN]
    assert laid(alone.sweep()) == []


def test_while_nothing_is_to_be_laid_for_real_only_one_account_is_asked(alone: Alone) -> None:
    before = logins(alone.both.servers["work"])
    alone.both.home.sweep_unwatched(accounts=("home",), rehearse=True)
    assert logins(alone.both.servers["work"]) == before
    assert laid(alone.sweep()) == [ANA, BEN]
    before = logins(alone.both.servers["work"])
    alone.both.home.pass_time(minutes=15)
    assert laid(alone.sweep()) == []
    assert logins(alone.both.servers["work"]) == before


def crowd_at_work(both: TwoAccounts) -> World:
    """Let more people than a day has places come before Ben, who waits at home, and let all be read."""
    both.home.story(ana=False)
    for number in range(4):
        both.colleague(f"colleague{number}@office.example")
    both.home.sweep_unwatched(by_hand=False)
    return both.home


def test_an_account_that_was_removed_takes_no_places(both: TwoAccounts) -> None:
    home = crowd_at_work(both)
    only(home, "home")
    outcome = home.sweep_unwatched()
    assert laid(outcome) == [BEN]
    assert HeldBecause.ACCOUNT_UNREAD in both.held(outcome)["colleague0@office.example"]


def test_an_account_that_was_removed_while_one_of_its_mails_was_not_shown_holds_nobody(both: TwoAccounts) -> None:
    both.home.story(ben=False)
    both.work.put(sender=ANA, to=AT_WORK, days=100)
    both.work.put(sender=BEN, to=AT_WORK, days=100)
    both.servers["work"].script = refuses_the_last(both.servers["work"])
    assert laid(both.home.sweep_unwatched()) == []
    only(both.home, "home")
    assert laid(both.home.sweep_unwatched()) == [ANA]


def only(world: World, name: str) -> None:
    """Leave one account in the settings."""
    accounts = tuple(one for one in world.settings.accounts if one.name == name)
    world.settings = world.settings.model_copy(update={"accounts": accounts})


def test_of_mail_that_was_brought_along_from_an_account_that_was_removed_the_copy_at_hand_counts(
    both: TwoAccounts,
) -> None:
    """Though the other was known first, and lay in INBOX."""
    both.home.story(ana=False)
    with both.home.client() as old, both.work.client() as new:
        for mailbox, into in (("INBOX", "Archive"), ("Sent", "Sent")):
            old.select_folder(mailbox, readonly=True)
            for found in old.fetch(old.search(), ["BODY.PEEK[]", "INTERNALDATE"]).values():
                new.append(into, found[b"BODY[]"], (), found[b"INTERNALDATE"])
    both.home.sweep_unwatched(rehearse=True)
    only(both.home, "work")
    assert laid(both.home.sweep_unwatched()) == [BEN]
    assert [one.to for one in both.work.lying()] == [BEN]


def test_a_draft_in_an_account_that_was_removed_keeps_nobody_waiting_for_ever(both: TwoAccounts) -> None:
    cleo = "cleo@office.example"
    both.home.story(ana=False, ben=False)
    both.colleague(cleo)
    assert laid(both.home.sweep_unwatched()) == [cleo]
    only(both.home, "home")
    both.home.put("Sent", sender=ME, to=cleo, subject="Seeds", text="Here are your seeds.")
    both.home.pass_time(days=1)
    both.home.put(sender=cleo, subject="The roof", text="Hello Sue, could you please tell me when the roof is ready?")
    both.home.pass_time(days=7)
    assert both.held(both.home.sweep_unwatched())[cleo] >= {HeldBecause.LIVE_DRAFT}
    both.home.pass_time(days=7)
    assert laid(both.home.sweep_unwatched()) == [cleo]


def test_a_draft_in_an_account_that_was_removed_is_told_to_be_out_of_reach(both: TwoAccounts) -> None:
    cleo = "cleo@office.example"
    both.home.story(ana=False, ben=False)
    both.colleague(cleo)
    both.home.sweep_unwatched()
    only(both.home, "home")
    sentence = f"The draft for {cleo} lies in the account 'work', which is configured no more"
    status = status_of(both.home.settings, both.home.state, both.home.now)
    assert [one for one in status_lines(status, both.home.now, both.home.settings.zone) if one.startswith(sentence)]
    taken = withdraw_drafts(both.home.settings, both.home.state, None, both.home.now)
    assert [one.message.startswith(sentence) for one in taken.errors] == [True]


def test_an_account_that_the_daemon_only_previews_takes_no_places_from_another(both: TwoAccounts) -> None:
    """Its own preview shows whom it would write to all the same."""
    home = crowd_at_work(both)
    with closing(open_ledger(home.state)) as ledger:
        Ledger(ledger).confirm("home", home.now)
    [preview, _] = [home.sweep_unwatched(by_hand=False, accounts=(name,), everybody=False) for name in ("work", "home")]
    assert len([one for one in preview.suggestions if one.letter]) == 3
    assert [one.to for one in home.lying()] == [BEN]


def test_accounts_that_the_daemon_writes_in_share_the_places(both: TwoAccounts) -> None:
    """Whichever has its turn first."""
    home = crowd_at_work(both)
    with closing(open_ledger(home.state)) as ledger:
        for name in both.worlds:
            Ledger(ledger).confirm(name, home.now)
    for name in ("home", "work"):
        home.sweep_unwatched(by_hand=False, accounts=(name,), everybody=False)
    assert (len(home.lying()), len(both.work.lying())) == (0, 3)


def test_an_account_in_which_nothing_can_be_laid_takes_no_places_from_another(both: TwoAccounts) -> None:
    home = crowd_at_work(both)
    both.servers["work"].script = FULL
    with closing(open_ledger(home.state)) as ledger:
        for name in both.worlds:
            Ledger(ledger).confirm(name, home.now)
    for name in ("work", "home"):
        home.sweep_unwatched(by_hand=False, accounts=(name,), everybody=False)
    assert [one.to for one in home.lying()] == [BEN]


def test_an_account_that_was_not_asked_for_takes_no_places(both: TwoAccounts) -> None:
    assert laid(crowd_at_work(both).sweep_unwatched(accounts=("home",))) == [BEN]
