"""What becomes of a draft once it lies in Drafts: the user and her mail client do as they like, and we follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.demo.server import DEFAULT_CAPABILITIES, Command, DemoServer, MailStore
from assistant.judged import person_known
from assistant.known import status_of
from assistant.model import Choices, HeldBecause, Kind
from assistant.report import status_lines
from assistant.store.choices import save_choices
from assistant.withdrawing import withdraw_drafts
from tests.canary import PASSWORD
from tests.imap.conftest import SPECIAL
from tests.imap.test_accounts_together import at
from tests.imap.test_troubles import answering
from tests.imap.world import ANA, BEN, ME, NAMES, Found, World, laid


@pytest.fixture
def waiting(world: World) -> World:
    """A world in which a draft for Ana waits and was seen to wait, half an hour later."""
    assert laid(world.story(ben=False).sweep()) == [ANA]
    world.pass_time(minutes=15)
    world.sweep()
    world.pass_time(minutes=15)
    return world


def only(world: World) -> Found:
    [found] = world.lying()
    return found


def ana_answers(world: World) -> None:
    world.put(sender=ANA, answers="question@example.net", text="It is settled, thank you.")


def owed(world: World) -> list[str]:
    """Return what the user owes answers for, in the eyes of a sweep some days later."""
    world.pass_time(days=4)
    suggestions = [one.suggestion for one in world.sweep_unwatched(everybody=True).suggestions]
    return [one.reason for one in suggestions if one.kind is Kind.OWE_REPLY]


# withdrawn


def test_a_reply_withdraws_the_untouched_draft(waiting: World) -> None:
    ours = only(waiting).id
    ana_answers(waiting)
    [withdrawn] = waiting.sweep().withdrawn
    assert (withdrawn.draft.contact, withdrawn.because) == (ANA, "They wrote meanwhile.")
    assert waiting.lying() == []
    assert [one.id for one in waiting.lying("Trash")] == [ours]
    assert waiting.state_of(ANA) == "withdrawn"
    for _ in range(2):
        waiting.pass_time(minutes=15)
        assert waiting.sweep().withdrawn == ()
    assert waiting.state_of(ANA) == "withdrawn"


def test_by_night_the_daemon_lays_nothing_and_takes_back_what_is_over(world: World) -> None:
    assert laid(world.story().sweep(contact=ANA)) == [ANA]
    world.now = world.now.astimezone(world.settings.zone).replace(hour=23, minute=0).astimezone(UTC)
    ana_answers(world)
    outcome = world.sweep(by_hand=False)
    assert [one.draft.contact for one in outcome.withdrawn] == [ANA]
    assert laid(outcome) == []
    held = [one.suggestion for one in outcome.suggestions if one.suggestion.held is HeldBecause.OFF_HOURS]
    assert [one.contact.address for one in held] == [BEN]


def test_a_mail_of_theirs_about_something_else_withdraws_it_too(waiting: World) -> None:
    waiting.put(sender=ANA, subject="The autumn fair")
    assert len(waiting.sweep().withdrawn) == 1


def test_a_bare_ok_withdraws_it_and_settles_the_question(waiting: World) -> None:
    waiting.put(sender=ANA, answers="question@example.net", text="OK.")
    assert len(waiting.sweep().withdrawn) == 1
    for _ in range(2):
        waiting.pass_time(days=4)
        assert laid(waiting.sweep()) == []


def test_a_mail_of_the_users_to_them_withdraws_it(waiting: World) -> None:
    waiting.put("Sent", sender=ME, to=ANA, subject="The autumn fair")
    assert [one.because for one in waiting.sweep().withdrawn] == ["You wrote to them meanwhile."]
    assert waiting.lying() == []


def test_mail_with_others_does_not_touch_it(waiting: World) -> None:
    waiting.put(sender=BEN, subject="The lease")
    waiting.put("Sent", sender=ME, to=BEN, subject="The lease")
    assert waiting.sweep().withdrawn == ()
    assert waiting.state_of(ANA) == "waiting"


def test_a_draft_that_nobody_wants_is_withdrawn_after_two_weeks(waiting: World) -> None:
    waiting.pass_time(days=13)
    assert waiting.sweep().withdrawn == ()
    waiting.pass_time(days=1)
    assert [one.because for one in waiting.sweep().withdrawn] == ["It waited for 14 days."]


def test_while_everything_is_paused_a_draft_does_not_grow_old_but_a_reply_counts(waiting: World) -> None:
    save_choices(waiting.settings.directory, Choices(paused={"": waiting.now + timedelta(days=30)}))
    waiting.pass_time(days=20)
    assert waiting.sweep().withdrawn == ()
    ana_answers(waiting)
    assert len(waiting.sweep().withdrawn) == 1


def test_a_pause_that_is_over_counts_no_more(waiting: World) -> None:
    save_choices(waiting.settings.directory, Choices(paused={"": waiting.now + timedelta(days=1)}))
    waiting.pass_time(days=20)
    assert len(waiting.sweep().withdrawn) == 1


def test_an_answer_after_the_withdrawal_is_the_users_own_and_not_our_draft(waiting: World) -> None:
    ana_answers(waiting)
    waiting.sweep()
    waiting.pass_time(minutes=15)
    waiting.put("Sent", sender=ME, to=ANA, subject="Re: The lease", answers="question@example.net")
    waiting.sweep()
    assert waiting.state_of(ANA) == "withdrawn"


def test_a_draft_that_was_open_when_it_was_withdrawn_and_was_sent_counts_as_sent(waiting: World) -> None:
    draft = only(waiting)
    ana_answers(waiting)
    waiting.sweep()
    waiting.pass_time(minutes=15)
    waiting.send(draft)
    waiting.sweep()
    assert waiting.state_of(ANA) == "sent"


def test_the_user_may_ask_to_have_it_back(waiting: World) -> None:
    taken = withdraw_drafts(waiting.settings, waiting.state, None, waiting.now)
    assert [draft.contact for draft in taken.done] == [ANA]
    assert (taken.left, taken.errors, waiting.lying()) == ((), (), [])
    waiting.pass_time(minutes=15)
    assert laid(waiting.sweep()) == []


def test_what_was_touched_is_not_taken_back_even_when_asked_for(waiting: World) -> None:
    waiting.flag(only(waiting))
    taken = withdraw_drafts(waiting.settings, waiting.state, [only(waiting).id[:6].upper()], waiting.now)
    assert [draft.contact for draft in taken.left] == [ANA]
    assert (taken.done, len(waiting.lying())) == ((), 1)


@pytest.mark.parametrize(
    ("hidden", "left", "in_trash"), [({"MOVE"}, 0, 1), ({"UIDPLUS"}, 0, 1), ({"MOVE", "UIDPLUS"}, 1, 0)]
)
def test_withdrawing_touches_one_message_alone_or_none(
    tmp_path_factory: pytest.TempPathFactory, hidden: set[str], left: int, in_trash: int
) -> None:
    """Without MOVE and UIDPLUS there is only EXPUNGE, which would take what other clients have marked."""
    store = MailStore()
    for name, use in SPECIAL.items():
        store.create(name, use)
    capabilities = [one for one in DEFAULT_CAPABILITIES if one not in hidden]
    with DemoServer({"ann": PASSWORD}, store, capabilities=capabilities) as server:
        world = World(tmp_path_factory.mktemp("world"), server.host, server.port, "ann", PASSWORD)
        world.story(ben=False).sweep()
        world.put("Drafts", sender=ME, to=BEN, message_id="marked@example.org", flags=("\\Deleted",))
        world.pass_time(minutes=15)
        ana_answers(world)
        world.sweep()
        assert len([one for one in world.lying() if one.to == ANA]) == left
        assert len(world.lying("Trash")) == in_trash
        assert "marked@example.org" in {one.id for one in world.lying()}
        assert world.state_of(ANA) == ("waiting" if left else "withdrawn")
        status = "\n".join(status_lines(status_of(world.settings, world.state, world.now), world.now, ZoneInfo("UTC")))
        assert ("is of no more use: They wrote meanwhile." in status) is bool(left)
        assert ("delete it in your mail program" in status) is bool(left)
        for one in world.lying():
            if one.to == ANA:
                with world.client() as client:
                    client.append("Trash", one.message.as_bytes(), tuple(one.flags), world.now)
                    client.select_folder("Drafts")
                    client.delete_messages([one.uid])
                    client.expunge()
        world.pass_time(minutes=15)
        world.sweep_unwatched()
        assert world.state_of(ANA) == "withdrawn", "deleted by hand as told, which is no no"
        world.close()


# what happens right before it is taken out


def test_mail_of_the_users_in_drafts_made_anew_is_not_taken_for_ours(waiting: World) -> None:
    """Alpine deletes Drafts when the last postponed message is recalled; the next one gets the UID that ours had."""
    draft = only(waiting)

    def recall_and_postpone() -> None:
        with waiting.client() as client:
            client.delete_folder("Drafts")
            client.create_folder("Drafts")
        waiting.put("Drafts", sender=ME, to=BEN, subject="My own words", flags=("\\Draft",))

    ana_answers(waiting)
    assert waiting.sweep_unwatched(at("home", "withdraw", recall_and_postpone)).withdrawn == ()
    assert (only(waiting).uid, only(waiting).to, waiting.lying("Trash")) == (draft.uid, BEN, [])
    for _ in range(2):
        waiting.pass_time(minutes=15)
        waiting.sweep()
    assert waiting.state_of(ANA) == "gone", "it was not we who took it out"


@pytest.mark.parametrize("verb", ["raw", "withdraw"])
def test_a_draft_that_is_flagged_is_not_taken_out_any_more(waiting: World, verb: str) -> None:
    ana_answers(waiting)
    outcome = waiting.sweep_unwatched(at("home", verb, lambda: waiting.flag(only(waiting))))
    assert (outcome.withdrawn, outcome.errors, len(waiting.lying())) == ((), (), 1)
    waiting.pass_time(minutes=15)
    assert waiting.sweep().withdrawn == ()
    assert (waiting.state_of(ANA), waiting.rows()[ANA].because) == ("edited", None)


def test_a_draft_that_is_thrown_away_right_then_is_withdrawn(waiting: World) -> None:
    ana_answers(waiting)
    outcome = waiting.sweep_unwatched(at("home", "withdraw", lambda: waiting.move(only(waiting), "Trash")))
    assert (outcome.withdrawn, outcome.errors) == ((), ())
    waiting.pass_time(minutes=15)
    waiting.sweep()
    assert waiting.state_of(ANA) == "withdrawn", "it was of no more use, so that is no no"


# one cannot be taken back


@pytest.fixture
def refusing(on_demo: World, demo: DemoServer) -> World:
    """A world with drafts for Ana and Ben, both of no more use; the server refuses to move the first one."""
    world = on_demo.story(ben=False)
    world.sweep()
    world.pass_time(minutes=15)
    world.story(ana=False).sweep()
    assert [draft.contact for draft in world.drafts()] == [ANA, BEN]
    world.pass_time(minutes=15)
    [first] = [one.uid for one in world.lying() if one.to == ANA]
    refusal = answering("UID MOVE", b"NO Trash cannot be written")

    def script(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        return refusal(command, carry_out) if b" %d " % first in command.line else carry_out()

    demo.script = script
    return world


def test_a_draft_that_the_server_lets_nobody_move_keeps_no_other_from_being_followed(refusing: World) -> None:
    ana_answers(refusing)
    refusing.put(sender=BEN, answers="asked@example.org", subject="Re: The catalogue", text="Here is the list.")
    outcome = refusing.sweep()
    assert [one.draft.contact for one in outcome.withdrawn] == [BEN]
    [trouble] = outcome.errors
    assert "Trash cannot be written" in trouble.message
    assert [one.to for one in refusing.lying()] == [ANA]


def test_what_the_user_asks_to_have_back_comes_back_as_far_as_it_can(refusing: World) -> None:
    taken = withdraw_drafts(refusing.settings, refusing.state, None, refusing.now)
    assert ([draft.contact for draft in taken.done], taken.left) == ([BEN], ())
    assert "Trash cannot be written" in taken.errors[0].message


# sent


def test_a_sending_that_shows_after_a_sweep_with_several_looks_is_seen(on_demo: World) -> None:
    """A mail client deletes the draft before it stores the copy in Sent; other mail makes the sweep look again."""
    world = on_demo.story()
    world.sweep(contact=ANA)
    world.pass_time(minutes=15)
    draft = only(world)
    world.remove(draft)
    world.sweep_unwatched(at("home", "glance", lambda: world.put(sender="zoe@example.net")))
    world.send(draft)
    world.pass_time(minutes=15)
    world.sweep()
    assert world.state_of(ANA) == "sent"


# Drafts is another mailbox now


@pytest.fixture(params=["by the settings", "by the server's word"])
def other_drafts(request: pytest.FixtureRequest, on_demo: World, demo: DemoServer) -> World:
    """A world in which a draft for Ana waits in what was Drafts until now."""
    on_demo.story(ben=False).sweep()
    mail = demo.site.mail["ann"]
    if request.param == "by the settings":
        mail.create("Letters")
        account = on_demo.account.model_copy(update={"drafts": "Letters"})
        on_demo.settings = on_demo.settings.model_copy(update={"accounts": [account]})
    else:
        mail.mailboxes["Drafts"].attributes = ()
        mail.create("Letters", "\\Drafts")
    on_demo.pass_time(minutes=15)
    return on_demo


def test_a_draft_is_followed_where_it_was_laid(other_drafts: World) -> None:
    for _ in range(3):
        other_drafts.sweep()
        assert other_drafts.state_of(ANA) == "waiting"
        other_drafts.pass_time(minutes=15)
    ana_answers(other_drafts)
    assert len(other_drafts.sweep().withdrawn) == 1
    assert other_drafts.lying() == []


def test_a_draft_that_was_moved_to_the_new_drafts_is_the_users(other_drafts: World) -> None:
    other_drafts.move(only(other_drafts), "Letters")
    ana_answers(other_drafts)
    assert other_drafts.sweep().withdrawn == ()
    assert other_drafts.state_of(ANA) == "edited"
    assert len(other_drafts.lying("Letters")) == 1


# the user's


@pytest.mark.parametrize("how", ["expunged", "thrown away", "moved"])
def test_a_draft_that_goes_on_in_a_second_mailbox_of_drafts_is_the_users(waiting: World, how: str) -> None:
    """A phone saves there what the user has edited, and takes ours out of Drafts."""
    draft = only(waiting)
    with waiting.client() as client:
        client.create_folder("Entwürfe")
        if how == "thrown away":
            client.select_folder("Drafts")
            client.copy([draft.uid], "Trash")
    if how == "moved":
        waiting.move(draft, "Entwürfe")
    else:
        waiting.save(draft, text="Dear Ana, yes.\n", mailbox="Entwürfe")
    for _ in range(3):
        waiting.pass_time(minutes=15)
        waiting.sweep()
    assert waiting.state_of(ANA) == "edited"


@pytest.mark.parametrize("keep_id", [True, False], ids=["as Roundcube", "as Thunderbird"])
def test_an_edited_draft_is_the_users_and_stays(waiting: World, keep_id: bool) -> None:
    waiting.save(only(waiting), text="Dear Ana, yes.\n", keep_id=keep_id)
    waiting.sweep()
    assert waiting.state_of(ANA) == "edited"
    ana_answers(waiting)
    waiting.pass_time(days=20)
    outcome = waiting.sweep()
    assert (outcome.withdrawn, laid(outcome)) == ((), [])
    assert only(waiting).message.get_content().strip() == "Dear Ana, yes."
    assert waiting.state_of(ANA) == "edited"


def test_an_edit_right_before_the_reply_is_seen_in_time(waiting: World) -> None:
    waiting.save(only(waiting), text="Dear Ana, yes.\n")
    ana_answers(waiting)
    assert waiting.sweep().withdrawn == ()
    assert only(waiting).message.get_content().strip() == "Dear Ana, yes."


def test_a_draft_saved_unchanged_is_the_users(waiting: World) -> None:
    """Its UID is another one: somebody has opened it."""
    waiting.save(only(waiting))
    ana_answers(waiting)
    assert waiting.sweep().withdrawn == ()
    assert waiting.state_of(ANA) == "edited"


def test_a_flagged_draft_is_not_withdrawn_and_stays_the_users_when_unflagged(waiting: World) -> None:
    waiting.flag(only(waiting))
    ana_answers(waiting)
    assert waiting.sweep().withdrawn == ()
    assert waiting.state_of(ANA) == "edited"
    waiting.flag(only(waiting), "\\Flagged", on=False)
    assert waiting.sweep().withdrawn == ()


def test_other_flags_do_not_matter(waiting: World) -> None:
    waiting.flag(only(waiting), "\\Draft", on=False)
    waiting.flag(only(waiting), "\\Seen", on=False)
    waiting.sweep()
    assert waiting.state_of(ANA) == "waiting"


def test_two_copies_under_our_id_are_no_reason_to_remove_one(waiting: World) -> None:
    """aerc postpones so: the old copy stays beside the new one."""
    draft = only(waiting)
    with waiting.client() as client:
        client.append("Drafts", draft.message.as_bytes().replace(b"lease", b"LEASE"), (), waiting.now)
    waiting.sweep()
    assert len(waiting.lying()) == 2


def test_a_moved_draft_is_the_users(waiting: World) -> None:
    waiting.move(only(waiting), "Archive")
    ana_answers(waiting)
    for _ in range(3):
        assert waiting.sweep().withdrawn == ()
        assert waiting.state_of(ANA) == "moved"
        waiting.pass_time(minutes=15)
    assert [one.to for one in waiting.lying("Archive")] == [ANA]


def test_a_moved_draft_is_the_users_also_from_an_address_that_the_settings_lack(
    on_demo: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was learned from what lies in Sent."""
    world, other = on_demo, "sue@trade.example"
    monkeypatch.setitem(NAMES, other, NAMES[ME])
    for days in (200, 160, 120):
        asked = world.put("Sent", sender=other, to=ANA, subject=f"Plan {days}", days=days, flags=("\\Seen",))
        world.put(sender=ANA, to=other, subject=f"Re: Plan {days}", days=days - 1, answers=asked, flags=("\\Seen",))
    question = "Hello Sue,\n\ncould you please tell me whether you want to renew the lease?\n\nAna"
    world.put(sender=ANA, to=other, message_id="question@example.net", days=12, text=question)
    assert laid(world.sweep()) == [ANA]
    assert only(world).message["From"].addresses[0].addr_spec == other
    world.move(only(world), "Archive")
    world.pass_time(minutes=15)
    world.sweep()
    assert world.state_of(ANA) == "moved"


@pytest.mark.parametrize("dated", [True, False], ids=["as Roundcube", "as Mutt, without a Date"])
def test_a_draft_that_was_edited_and_then_moved_is_not_taken_for_sent(waiting: World, dated: bool) -> None:
    """Saving it writes Date anew, too, or takes it away."""
    draft = only(waiting)
    waiting.pass_time(minutes=15)
    del draft.message["Date"]
    if dated:
        draft.message["Date"] = format_datetime(waiting.now)
    waiting.save(draft, text="Dear Ana, yes.\n")
    waiting.sweep()
    waiting.move(only(waiting), "Archive")
    for _ in range(2):
        waiting.pass_time(minutes=15)
        waiting.sweep()
        assert waiting.state_of(ANA) == "moved"


def test_a_moved_draft_that_is_no_more_is_gone(waiting: World) -> None:
    waiting.move(only(waiting), "Archive")
    waiting.sweep()
    with waiting.client() as client:
        client.select_folder("Archive")
        client.delete_messages(client.search())
        client.expunge()
    states = []
    for _ in range(2):
        waiting.pass_time(minutes=15)
        waiting.sweep()
        states.append(waiting.state_of(ANA))
    assert states == ["moved", "gone"]


def test_a_draft_in_trash_is_declined_and_this_silence_gets_no_other(waiting: World) -> None:
    waiting.move(only(waiting), "Trash")
    waiting.sweep()
    assert waiting.state_of(ANA) == "declined"
    for days in (1, 7, 30):
        waiting.pass_time(days=days)
        outcome = waiting.sweep()
        assert (laid(outcome), outcome.errors) == ([], ())
    assert waiting.lying() == []


def test_where_the_settings_name_what_to_read_a_draft_in_trash_is_declined_all_the_same(world: World) -> None:
    """While the user owes Ana a promise besides, which would be the second draft of this silence."""
    some = world.account.model_copy(update={"mailboxes": ("INBOX", "Sent")})
    world.settings = world.settings.model_copy(update={"accounts": (some,)})
    promise = "Hello Ana,\n\nI will send you the map of the garden by Friday.\n\nSue"
    world.story(ben=False).put("Sent", sender=ME, to=ANA, subject="The garden map", days=9, text=promise)
    assert laid(world.sweep()) == [ANA]
    world.move(only(world), "Trash")
    for _ in range(3):
        world.pass_time(hours=13)
        assert laid(world.sweep(everybody=True)) == []
        assert world.state_of(ANA) == "declined"


def test_a_draft_thrown_away_because_the_answer_had_come_is_no_refusal(waiting: World) -> None:
    ana_answers(waiting)
    waiting.move(only(waiting), "Trash")
    waiting.sweep()
    assert (waiting.state_of(ANA), waiting.rows()[ANA].because) == ("withdrawn", "They wrote meanwhile.")


@pytest.mark.parametrize("over", ["by a reply", "by age"])
def test_a_draft_thrown_away_in_days_without_a_look_is_declined_though_it_is_over_by_now(
    waiting: World, over: str
) -> None:
    waiting.move(only(waiting), "Trash")
    waiting.pass_time(days=16 if over == "by age" else 2)
    if over == "by a reply":
        ana_answers(waiting)
    waiting.sweep()
    assert waiting.state_of(ANA) == "declined"


def test_an_edited_draft_in_trash_is_declined_even_when_the_answer_has_come(waiting: World) -> None:
    """No other computer takes back what was touched."""
    waiting.save(only(waiting), text="Dear Ana, yes.\n")
    waiting.sweep()
    ana_answers(waiting)
    waiting.move(only(waiting), "Trash")
    waiting.pass_time(minutes=15)
    waiting.sweep()
    assert waiting.state_of(ANA) == "declined"


def test_a_draft_that_vanished_is_gone_after_a_second_look_and_comes_not_again(waiting: World) -> None:
    waiting.remove(only(waiting))
    states = []
    for _ in range(4):
        assert laid(waiting.sweep()) == []
        states.append(waiting.state_of(ANA))
        waiting.pass_time(minutes=15)
    assert states == ["waiting", "gone", "gone", "gone"]
    assert waiting.lying() == []


def test_an_edited_draft_thrown_away_is_not_taken_for_sent(waiting: World) -> None:
    """Under a new Message-ID it lies in Trash, from the user, to the contact, in the thread."""
    waiting.save(only(waiting), text="Dear Ana, yes.\n", keep_id=False)
    waiting.sweep()
    waiting.move(only(waiting), "Trash")
    for _ in range(2):
        waiting.pass_time(minutes=15)
        waiting.sweep()
    assert waiting.state_of(ANA) == "gone"


# sent


@pytest.mark.parametrize("keep_id", [True, False], ids=["as Mutt", "as Thunderbird"])
def test_a_draft_that_was_sent_is_sent(waiting: World, keep_id: bool) -> None:
    waiting.send(only(waiting), keep_id=keep_id)
    waiting.sweep()
    assert waiting.state_of(ANA) == "sent"
    waiting.pass_time(days=1)
    assert laid(waiting.sweep()) == []


def test_a_draft_whose_sending_takes_its_time_is_sent(waiting: World) -> None:
    """It leaves Drafts before it shows in Sent."""
    draft = only(waiting)
    waiting.remove(draft)
    waiting.sweep()
    waiting.pass_time(minutes=15)
    waiting.send(draft)
    waiting.sweep()
    assert waiting.state_of(ANA) == "sent"


@pytest.mark.parametrize("mailbox", ["INBOX", "Archive"])
def test_a_draft_whose_copy_was_not_filed_in_sent_is_sent(waiting: World, mailbox: str) -> None:
    """But beside the mail it answers, or in a mailbox of which nobody knows that it is another Sent."""
    waiting.send(only(waiting), mailbox=mailbox)
    waiting.sweep()
    assert waiting.state_of(ANA) == "sent"
    assert owed(waiting) == []


@pytest.mark.parametrize("mailbox", ["Archive", "Trash"])
def test_the_answer_that_a_draft_became_stays_one_wherever_it_is_filed(waiting: World, mailbox: str) -> None:
    waiting.send(only(waiting))
    waiting.sweep()
    [sent] = [one for one in waiting.lying("Sent") if one.id == waiting.rows()[ANA].message_id]
    waiting.move(sent, mailbox, source="Sent")
    waiting.pass_time(days=1)
    waiting.put(sender=ANA, subject="Photos of the garden", text="Here are the photos of the garden, enjoy.")
    for _ in range(4):
        waiting.pass_time(days=4)
        assert laid(waiting.sweep_unwatched()) == [], "the question was answered, and she has written since"


def test_a_draft_in_whose_place_the_user_sent_a_letter_of_their_own_is_no_mail(waiting: World) -> None:
    draft = only(waiting)
    waiting.move(draft, "Archive")
    waiting.put("Sent", sender=ME, to=ANA, subject="Re: The lease", answers="question@example.net", text="Yes, we do.")
    waiting.sweep()
    assert waiting.state_of(ANA) == "sent"
    known = person_known(waiting.settings, waiting.state, ANA, waiting.now)
    assert known is not None
    assert draft.id not in {one.message_id for thread in known.correspondence.threads for one in thread.messages}


def test_a_draft_that_seemed_gone_and_turns_up_as_sent_answers_wherever_it_is_filed(waiting: World) -> None:
    draft = only(waiting)
    waiting.remove(draft)
    for _ in range(2):
        waiting.sweep()
        waiting.pass_time(minutes=15)
    assert waiting.state_of(ANA) == "gone"
    waiting.send(draft)
    waiting.sweep()
    [sent] = [one for one in waiting.lying("Sent") if one.id == draft.id]
    waiting.move(sent, "Archive", source="Sent")
    assert owed(waiting) == []


def test_sent_under_our_id_while_a_copy_stays_in_drafts(waiting: World) -> None:
    draft = only(waiting)
    with waiting.client() as client:
        client.append("Sent", draft.message.as_bytes(), ("\\Seen",), waiting.now)
    waiting.sweep()
    assert waiting.lying() == [], "the copy is ours, untouched, and of no use"
    waiting.pass_time(minutes=15)
    waiting.sweep()
    assert waiting.state_of(ANA) == "sent"


# a mailbox made anew


def test_a_renumbered_drafts_mailbox_makes_the_draft_the_users(waiting: World) -> None:
    """Without its UID nothing proves that it is untouched."""
    waiting.make_anew("Drafts")
    ana_answers(waiting)
    assert waiting.sweep().withdrawn == ()
    assert waiting.state_of(ANA) == "edited"
    assert len(waiting.lying()) == 1


def test_nothing_is_written_while_a_mailbox_is_being_matched_anew(world: World) -> None:
    world.story(ben=False).sweep()
    world.make_anew("Sent")
    world.story(ana=False)
    outcome = world.sweep()
    assert (laid(outcome), outcome.withdrawn) == ([], ())
    assert HeldBecause.ACCOUNT_UNREAD in {one.suggestion.held for one in outcome.suggestions}
    world.pass_time(minutes=15)
    assert laid(world.sweep()) == [BEN]


def test_nothing_is_withdrawn_while_a_mailbox_is_being_matched_anew(waiting: World) -> None:
    waiting.make_anew("Sent")
    ana_answers(waiting)
    assert waiting.sweep().withdrawn == ()
    waiting.pass_time(minutes=15)
    assert len(waiting.sweep().withdrawn) == 1


def test_a_drafts_mailbox_that_vanished_is_a_trouble_with_a_cure(waiting: World) -> None:
    """Alpine deletes the mailbox with the last draft in it."""
    with waiting.client() as client:
        client.rename_folder("Drafts", "Somewhere")
    outcome = waiting.sweep_unwatched()
    if outcome.errors:  # Dovecot makes it anew by itself
        assert [one.code for one in outcome.errors] == ["no_drafts"]
        assert outcome.errors[0].cure
    assert laid(outcome) == []
