"""The commands that tell something, over the sample mailbox: their JSON is fixed, their words are honest."""

from __future__ import annotations

import json
import re

import pytest

from assistant.cli import main
from assistant.cli.edge import visible
from assistant.demo.sample import SHARE
from assistant.judged import worth_telling
from assistant.model import HeldBecause, Kind
from tests.cli.conftest import NOW, swept
from tests.judgement.builders import QUESTION, THANKS, old_friends, person, read, received, sent, weighed

T = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"

SWEEP = {"schema", "as_of", "dry_run", "accounts", "suggestions", "withdrawn", "errors"}
ACCOUNT = {"name", "messages_new", "messages_total", "seconds", "error"}
SUGGESTION = {
    "account", "kind", "score", "decision", "held_because", "reason", "needs_word", "contact", "thread", "silent_days",
    "usual_reply_days", "evidence", "draft",
}  # fmt: skip
CONTACT = {"name", "address", "addresses"}
THREAD = {"subject", "last_message_id", "last_direction", "last_date", "message_ids"}
DRAFT = {"id", "subject", "to", "from", "language", "template", "text", "message_id", "mailbox", "uid"}


def test_the_json_of_a_sweep_has_the_fixed_shape(run):
    found = swept(run, "--all")
    assert found.keys() == SWEEP
    assert found["schema"] == 1
    assert re.fullmatch(T, found["as_of"])
    assert [one.keys() for one in found["accounts"]] == [ACCOUNT]
    for one in found["suggestions"]:
        assert one.keys() == SUGGESTION
        assert one["kind"] in set(Kind)
        assert 0 <= one["score"] <= 1
        assert one["contact"].keys() == CONTACT
        assert one["contact"]["address"] in one["contact"]["addresses"]
        assert (one["decision"] == "held") == (one["held_because"] is not None)
        assert one["held_because"] in {None, *HeldBecause}
        assert isinstance(one["silent_days"], int)
        assert one["evidence"]
        assert all(fact.keys() == {"fact", "message_id"} for fact in one["evidence"])
        if one["thread"]:
            assert one["thread"].keys() == THREAD
            assert one["thread"]["last_message_id"] == one["thread"]["message_ids"][-1]
            assert one["thread"]["last_direction"] in {"sent", "received"}
            assert re.fullmatch(T, one["thread"]["last_date"])
        if one["decision"] == "draft":
            assert one["draft"].keys() == DRAFT
            assert one["draft"]["to"] == one["contact"]["address"]
        else:
            assert one["draft"] is None


def test_without_all_only_drafts_are_shown_best_first(run):
    found = swept(run, "--dry-run")["suggestions"]
    assert found
    assert all(one["decision"] == "draft" for one in found)


def test_the_sample_shows_every_kind_that_needs_no_command(run):
    assert {one["kind"] for one in swept(run)["suggestions"]} == set(Kind) - {Kind.SHARE}


def test_a_rehearsal_names_no_place_and_changes_nothing(run, sample):
    before = {name: dict(box.messages) for name, box in sample.store.mailboxes.items()}
    flags = [set(message.flags) for box in before.values() for message in box.values()]
    found = swept(run, "--dry-run")
    assert found["dry_run"] is True
    assert all(one["draft"][key] is None for one in found["suggestions"] for key in ("message_id", "mailbox", "uid"))
    after = {name: dict(box.messages) for name, box in sample.store.mailboxes.items()}
    assert after == before
    assert [set(message.flags) for box in after.values() for message in box.values()] == flags
    assert json.loads(run("drafts", "list", "--all", "--json")[1])["drafts"] == []


def test_the_same_mailbox_and_moment_give_the_same_suggestions_to_the_byte(run, sample, tmp_path, capsys):
    first = run("sweep", "--json", "--all", "--as-of", "2026-03-10T12:00:00Z")[1]
    main(["--config", str(sample.config), "--state", str(tmp_path / "anew"),
          "sweep", "--json", "--all", "--as-of", "2026-03-10T12:00:00Z"])  # fmt: skip
    second = capsys.readouterr().out
    assert json.loads(first)["suggestions"]
    assert json.dumps(json.loads(first)["suggestions"]) == json.dumps(json.loads(second)["suggestions"])


def test_mail_dated_after_as_of_is_not_looked_at(run):
    found = swept(run, "--all", "--as-of", "2025-12-01T12:00:00Z")
    assert found["as_of"] == "2025-12-01T12:00:00Z"
    assert all(one["thread"]["last_date"] <= found["as_of"] for one in found["suggestions"] if one["thread"])


def test_a_sweep_for_one_person_is_about_that_person(run):
    everybody = swept(run, "--dry-run")["suggestions"]
    wanted = everybody[-1]["contact"]["address"]
    found = swept(run, "--dry-run", "--contact", wanted.upper())["suggestions"]
    assert {one["contact"]["address"] for one in found} == {wanted}


def test_a_time_without_an_offset_is_one_of_the_user(run):
    found = swept(run, "--as-of", "2026-03-10T09:00")
    assert found["as_of"] == "2026-03-10T08:00:00Z", "Berlin, in winter"
    assert swept(run, "--as-of", "2026-03-10T09:00+05:00")["as_of"] == "2026-03-10T04:00:00Z"
    for typed in ("soon", "0001-01-01"):
        code, _, err = run("sweep", "--as-of", typed)
        assert (code, "is not a time like" in err) == (2, True)


@pytest.mark.parametrize("group", ["drafts", "contacts", "templates"])
def test_a_group_that_reports_takes_json_as_its_list_does(run, group):
    swept(run, "--dry-run")
    assert run(group, "--json") == run(group, "list", "--json")
    assert json.loads(run(group, "--json")[1])["schema"] == 1
    assert run(group) == run(group, "list")
    assert "Commands:" in run(group, "--help")[1]


def test_what_is_held_is_told_in_words(run):
    swept(run)
    out = run("sweep", "--all")[1]
    thing, topic = SHARE
    for text in (out, run("share", thing, "--topic", topic)[1]):
        assert not re.search("|".join(code for code in (*HeldBecause, *Kind) if "_" in code), text)
        assert "next in turn" in text


def test_an_unknown_account_is_a_usage_error_that_names_those_there_are(run):
    code, out, err = run("sweep", "--account", "nosuch")
    assert (code, out) == (2, "")
    assert "demo" in err


def test_due_tells_from_what_is_known_without_asking_the_server(run, sample):
    assert "Nothing has been read yet" in run("due")[1]
    swept(run, "--dry-run")
    asked = len(sample.server.commands_seen)
    code, out, _ = run("due", "--json")
    assert code == 0
    assert len(sample.server.commands_seen) == asked
    assert json.loads(out)["suggestions"]


def test_why_shows_reason_rule_and_evidence(run):
    person = swept(run)["suggestions"][0]
    code, out, _ = run("why", person["contact"]["address"])
    assert code == 0
    assert person["reason"] in out
    assert "waits in Drafts" in out
    assert person["evidence"][0]["fact"] in out


def test_a_debt_that_comes_first_is_told_though_it_is_not_worth_a_draft():
    """Who reads "You owe them an answer" is shown which."""
    found = weighed(person(*old_friends(), received(6, QUESTION, reading=read(QUESTION, words=9, language=None))))
    held = {one.kind: one.held for one in worth_telling(found)}
    assert held == {Kind.RECONNECT: HeldBecause.OWED_FIRST, Kind.OWE_REPLY: HeldBecause.BELOW_BAR}


def test_of_somebody_with_whom_all_is_over_one_matter_is_told():
    found = weighed(person(sent(20), received(19, THANKS)))
    assert worth_telling(found) == found[:1]


def test_what_a_draft_of_the_user_holds_is_not_said_to_be_due(run, sample):
    ana = "ana@kovac.example"
    own = f"From: sue@example.org\r\nTo: {ana}\r\nSubject: Pear\r\n\r\nDear Ana".encode()
    sample.store.add("Drafts", own, internal_date=NOW)
    swept(run)

    def verdicts():
        return {one["held_because"] for one in json.loads(run("why", ana, "--json")[1])["suggestions"]}

    for _ in range(2):
        assert None not in verdicts()
        assert "live_draft" in verdicts()
        out = run("why", ana)[1]
        assert "A draft may be laid now" not in out
        assert "A draft of your own to them lay in Drafts" in out
        assert re.search("Ana Kovač.*draft waits", run("due")[1])
        swept(run)
    drafts = sample.store.mailboxes["Drafts"].messages
    (mine,) = [number for number, one in drafts.items() if b"Subject: Pear\r" in one.raw]
    del drafts[mine]
    assert [one["contact"]["address"] for one in swept(run)["suggestions"]] == [ana]


def test_why_says_so_when_nothing_is_known(run):
    code, out, _ = run("why", "nobody@example.com")
    assert code == 0
    assert "no mail with nobody@example.com" in out


def test_status_counts_what_waits_and_goes_stale(run, monkeypatch):
    code, out, _ = run("status")
    assert (code, "Not looked at so far: run 'assistant sweep'" in out) == (1, True), "nothing was ever swept"
    drafts = swept(run)["suggestions"]
    code, out, _ = run("status", "--json")
    found = json.loads(out)
    assert (code, found["stale"]) == (0, False)
    assert {one["id"] for one in found["drafts"]} == {one["draft"]["id"] for one in drafts}
    assert {one["state"] for one in found["drafts"]} == {"waiting"}
    assert "Not looked at" not in run("status")[1]
    monkeypatch.setattr("assistant.clock.now", lambda: NOW.replace(day=14))
    code, out, _ = run("status")
    assert (code, "Not looked at for over a day: run 'assistant sweep'" in out) == (1, True)


def test_drafts_are_listed_and_taken_back(run, sample):
    drafts = swept(run)["suggestions"]
    known = len(sample.store.mailboxes["Drafts"].messages)
    code, out, _ = run("drafts", "list", "--json")
    assert code == 0
    assert len(json.loads(out)["drafts"]) == len(drafts)
    assert run("drafts", "withdraw", drafts[0]["draft"]["id"][:8])[0] == 0
    assert len(sample.store.mailboxes["Drafts"].messages) == known - 1
    code, out, _ = run("drafts", "withdraw", "--all")
    assert code == 0
    assert len(sample.store.mailboxes["Drafts"].messages) == known - len(drafts)
    assert "No draft of ours is waiting" in run("drafts")[1]
    again = swept(run)["suggestions"]
    assert not {one["draft"]["id"] for one in drafts} & {one["draft"]["id"] for one in again}


def test_withdrawing_needs_to_be_told_what(run, sample):
    draft = swept(run)["suggestions"][0]["draft"]["id"]
    lying = set(sample.store.mailboxes["Drafts"].messages)
    for said in ([], ["--all", draft]):
        code, _, err = run("drafts", "withdraw", *said)
        assert code == 2
        assert "not both" in err
    assert set(sample.store.mailboxes["Drafts"].messages) == lying


def test_an_empty_id_is_none_and_not_every_one(run, sample):
    """As of a shell's variable that is not set: every id begins with nothing."""
    draft = swept(run)["suggestions"][0]["draft"]["id"]
    lying = set(sample.store.mailboxes["Drafts"].messages)
    for said in ([""], [draft, ""]):
        code, _, err = run("drafts", "withdraw", *said)
        assert (code, "is empty" in err) == (2, True)
    assert set(sample.store.mailboxes["Drafts"].messages) == lying


def test_what_is_missing_is_said_of_untouched_drafts_only(run, sample):
    drafts = [one["draft"] for one in swept(run)["suggestions"] if one["needs_word"]]
    wanting = run("drafts")[1].partition("Before you send them")[2]
    assert all(one["id"][:8] in wanting for one in drafts)
    sample.store.mailboxes["Drafts"].messages[drafts[0]["uid"]].flags.add("\\Flagged")
    swept(run)
    wanting = run("drafts")[1].partition("Before you send them")[2]
    assert [one["id"][:8] in wanting for one in drafts] == [False] + [True] * (len(drafts) - 1)


def test_a_sweep_for_somebody_unknown_says_so(run):
    code, _, err = run("sweep", "--dry-run", "--contact", "typo@kovac.example")
    assert (code, "no mail with typo@kovac.example" in err) == (0, True)
    code, _, err = run("sweep", "--dry-run", "--contact", "notanaddress")
    assert code == 2
    assert "'notanaddress' is not an address" in err


@pytest.mark.parametrize("command", [["sweep", "--dry-run", "--all"], ["due", "--all"], ["drafts"], ["status"]])
def test_tables_fit_the_terminal_and_hold_nothing_that_steers_it(run, command):
    swept(run)
    out = run(*command)[1]
    assert out.strip()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", out)


def test_a_broken_template_is_named_with_its_line_and_the_other_drafts_are_laid(run, sample):
    kinds = {one["kind"] for one in swept(run, "--dry-run")["suggestions"]}
    assert len(kinds) > 1, "the sample brings several kinds"
    broken = sample.config.parent / "templates" / "en" / "owe_reply.txt.j2"
    broken.parent.mkdir(parents=True)
    broken.write_text("{{ greeting }}\n\nThank you for {{ tpoic }}.\n")
    code, out, _ = run("sweep", "--json", "--all")
    found = json.loads(out)
    assert code == 1
    assert {one["code"] for one in found["errors"]} == {"template"}
    assert "line 3" in found["errors"][0]["message"]
    assert "topic" in f"{found['errors'][0]['message']} {found['errors'][0]['cure']}"
    drafted = [one for one in found["suggestions"] if one["decision"] == "draft"]
    assert drafted
    assert all(one["draft"] is not None for one in drafted)
    assert not any(one["kind"] == "owe_reply" and one["draft"]["language"] == "en" for one in drafted)


def test_the_page_is_made_from_what_is_known_without_asking_the_server(run, sample, tmp_path):
    drafts = swept(run)["suggestions"]
    asked = len(sample.server.commands_seen)
    code, out, err = run("report", "--html", str(tmp_path / "page.html"))
    assert (code, err) == (0, "")
    assert "relationships" in out
    assert len(sample.server.commands_seen) == asked
    page = (tmp_path / "page.html").read_text()
    for one in drafts:
        assert one["contact"]["name"] in page
    assert f"{len(drafts)} waiting" in page


def test_the_page_says_so_when_nothing_was_read(run, tmp_path):
    assert run("report", "--html", str(tmp_path / "page.html"))[0] == 0
    assert "no correspondence in both directions yet" in (tmp_path / "page.html").read_text()


def test_the_spaces_of_french_marks_are_shown_as_they_are():
    assert visible("Pardon\N{NO-BREAK SPACE}!\x1b[2J") == "Pardon\N{NO-BREAK SPACE}!\N{REPLACEMENT CHARACTER}[2J"
