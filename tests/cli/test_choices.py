"""Pause, resume, rest, never and forget, over the sample mailbox: each says what it did and how to take it back."""

from __future__ import annotations

import json

import pytest

from assistant.store.choices import load_choices
from tests.cli.conftest import NOW, swept

ANA = "ana@kovac.example"
ANA_AT_WORK = "a.kovac@studio.example"


def held(run, address):
    """Return why each matter with a person is held, as ``why`` has it."""
    return [one["held_because"] for one in json.loads(run("why", address, "--json")[1])["suggestions"]]


def drafted(run):
    return {one["contact"]["address"] for one in swept(run, "--dry-run")["suggestions"]}


def test_everything_is_paused_until_the_day_that_was_named(run, sample):
    code, out, _ = run("pause", "--until", "in 2 weeks")
    assert code == 0
    assert "until Wednesday, 25 March" in out
    assert "assistant resume" in out
    assert len(out.splitlines()) == 1
    assert drafted(run) == set()
    assert "pause is over" in run("resume")[1]
    assert ANA in drafted(run)
    assert run("resume")[1].startswith("Nothing was paused.")


def test_a_person_is_paused_and_others_are_not(run):
    assert (
        "Ana Kovač <ana@kovac.example> is paused until you resume" in (swept(run, "--dry-run"), run("pause", ANA))[1][1]
    )
    left = drafted(run)
    assert left
    assert ANA not in left
    assert f"Ana Kovač <{ANA}> is no longer paused." in run("resume", ANA.upper())[1]
    assert ANA in drafted(run)


def test_no_draft_is_taken_back_for_its_age_while_everything_is_paused(run, sample, monkeypatch):
    swept(run)
    laid = len(sample.store.mailboxes["Drafts"].messages)
    run("pause")
    monkeypatch.setattr("assistant.clock.now", lambda: NOW.replace(month=4))
    swept(run)
    assert len(sample.store.mailboxes["Drafts"].messages) == laid
    run("resume")
    assert swept(run)["withdrawn"]


@pytest.mark.parametrize("day", ["yesterday", "2026-03-11", "2020-01-01", "never"])
def test_a_day_that_is_none_or_has_passed_is_refused(run, sample, day):
    code, _, err = run("pause", "--until", day)
    assert code == 2
    assert day in err
    assert "" not in load_choices(sample.config.parent).paused


@pytest.mark.parametrize(
    "command",
    [
        *(["pause", "ana"], ["never", "kovac.example"], ["forget", "a b@c"], ["rest", "@"]),
        *(["why", "ana"], ["brief", "ana"], ["never", "@straße.example"]),
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(run, command):
    code, _, err = run(*command)
    assert code == 2
    assert command[1] in err


def test_a_silence_is_let_be_until_they_write(run, sample):
    swept(run, "--dry-run")
    code, out, _ = run("rest", ANA)
    assert code == 0
    assert "let be" in out
    assert f"assistant resume {ANA}" in out
    assert set(held(run, ANA)) >= {"rest"}
    assert ANA not in drafted(run)
    assert "counts again" in run("resume", ANA)[1]
    assert ANA in drafted(run)


def test_a_thread_is_let_be_by_its_number_its_subject_or_a_message_id(run, sample):
    swept(run, "--dry-run")
    listed = json.loads(run("due", "--json")[1])["suggestions"]
    one = next(one for one in listed if one["contact"]["address"] == ANA and one["thread"])
    title = one["thread"]["subject"]
    number = next(line.split()[0] for line in run("due")[1].splitlines() if "Ana Kovač" in line)
    for name in (
        number,
        title[:8].upper(),
        f"Re: {title}",
        f"AW: Re: {title.upper()}",
        f"<{one['thread']['last_message_id']}>",
    ):
        code, out, err = run("rest", name)
        assert (code, err) == (0, "")
        assert title in out
        assert held(run, ANA).count("rest") == 1, "other threads are as they were"
        run("resume", ANA)
        assert "rest" not in held(run, ANA)


def test_a_thread_that_cannot_be_told_is_not_guessed(run, sample):
    swept(run, "--dry-run")
    before = load_choices(sample.config.parent)
    for name in ("no such subject", "9999", "0", "Re:"):
        code, _, err = run("rest", name)
        assert code == 2
        assert name in err
    code, _, err = run("rest", "the")
    assert code == 2
    assert "Several threads" in err
    assert load_choices(sample.config.parent) == before


def test_never_holds_a_person_or_a_domain(run, sample):
    swept(run, "--dry-run")
    for who in (ANA, "@kovac.example"):
        code, out, _ = run("never", who)
        assert code == 0
        assert f"assistant resume {who}" in out
        assert set(held(run, ANA)) == {"never"}
        run("resume", who)
        assert "never" not in held(run, ANA)


def test_a_domain_with_umlauts_is_the_one_mail_has(run, sample):
    swept(run, "--dry-run")
    for who in ("ana@bücher.example", "@Bücher.example"):
        assert "xn--bcher-kva.example" in run("never", who)[1]
    assert load_choices(sample.config.parent).never >= {"ana@xn--bcher-kva.example", "@xn--bcher-kva.example"}
    for command in ("why", "brief"):
        assert "ana@xn--bcher-kva.example" in run(command, "ana@bücher.example")[1]


def test_a_mistyped_address_is_said_to_be_unknown(run):
    swept(run, "--dry-run")
    assert "There is no mail with anna@kovac.example" in run("never", "anna@kovac.example")[1]


def test_a_draft_that_lies_there_is_named_with_the_way_to_take_it_back(run):
    swept(run)
    told = f"A draft for {ANA} lies in Drafts; 'assistant drafts withdraw "
    for command in (["pause", ANA], ["never", ANA], ["never", "@kovac.example"], ["never", "@example"],
                    ["log", ANA, "Phoned."], ["rest", ANA]):  # fmt: skip
        assert told in run(*command)[1], command
    assert "A draft" not in run("never", "@ovac.example")[1]


def test_a_draft_that_the_user_changed_is_said_to_be_theirs(run, sample):
    one = next(one for one in swept(run)["suggestions"] if one["contact"]["address"] == ANA)
    sample.store.mailboxes["Drafts"].messages[one["draft"]["uid"]].flags.add("\\Flagged")
    swept(run)
    out = run("log", ANA, "Phoned.")[1]
    assert "that you changed" in out
    assert "withdraw" not in out


def test_what_is_logged_for_somebody_unknown_is_said_to_be(run):
    swept(run, "--dry-run")
    assert "There is no mail with anna@kovac.example" in run("log", "anna@kovac.example", "Phoned.")[1]


def test_a_contact_is_either_given_or_asked(run):
    code, _, err = run("log", ANA, "Phoned.", "--gave", "--asked")
    assert code == 2
    assert "not both" in err


def test_a_draft_of_somebody_forgotten_is_not_said_to_be_gone(run, sample):
    lying = len(sample.store.mailboxes["Drafts"].messages)
    swept(run)
    run("forget", ANA, "--yes")
    assert len(sample.store.mailboxes["Drafts"].messages) > lying, "the drafts stay"
    out = run("drafts", "list", "--all")[1]
    assert "(forgotten)" in out
    assert "is no longer followed" in out
    assert "is gone" not in out


def stored(sample):
    return b"".join(path.read_bytes() for path in sample.state.iterdir() if path.name != "README")


def test_forgetting_erases_a_person_to_the_last_byte_and_asks_before(run, sample, monkeypatch):
    swept(run)
    run("log", ANA, "We met at the fig tree.")
    assert b"kovac" in stored(sample)
    monkeypatch.setattr("click.confirm", lambda *_, **__: (_ for _ in ()).throw(SystemExit("asked")))
    with pytest.raises(SystemExit, match="asked"):
        run("forget", ANA)
    monkeypatch.undo()
    monkeypatch.setattr("assistant.clock.now", lambda: NOW)
    assert b"kovac" in stored(sample)
    code, out, err = run("forget", ANA, "--yes")
    assert (code, err) == (0, "")
    assert "stays there and is yours" in out
    left = stored(sample).lower()
    for trace in (b"kovac", b"one pear", b"fig tree", "kovač".encode()):
        assert trace not in left
    assert ANA not in (sample.config.parent / "choices.toml").read_text()


def test_who_is_forgotten_stays_forgotten_until_resumed(run, sample, monkeypatch):
    drafts = {one["draft"]["id"] for one in swept(run)["suggestions"]}
    run("forget", ANA, "--yes")
    (sample.state / "mail.sqlite3").unlink()  # everything is read again
    assert drafts.isdisjoint(one["draft"]["id"] for one in swept(run, "--all")["suggestions"] if one["draft"])
    assert held(run, ANA) == []
    assert b"kovac" not in stored(sample)

    monkeypatch.setattr("assistant.clock.now", lambda: NOW.replace(hour=11))
    assert "New mail with" in run("resume", ANA)[1]
    swept(run)
    assert held(run, ANA) == [], "what is older stays forgotten"
    sample.store.add("INBOX", mail_from(ANA, NOW.replace(hour=12)), flags=set(), internal_date=NOW.replace(hour=12))
    monkeypatch.setattr("assistant.clock.now", lambda: NOW.replace(hour=13))
    swept(run)
    assert len(held(run, ANA)) == 1


@pytest.fixture
def two_addresses(run, sample):
    """Ana answers from work, too: she is known under both addresses."""
    swept(run, "--dry-run")
    threads = [one["thread"] for one in json.loads(run("why", ANA, "--json")[1])["suggestions"] if one["thread"]]
    asked = next(one["last_message_id"] for one in threads if one["last_direction"] == "sent")
    when = NOW.replace(hour=9)
    sample.store.add("INBOX", mail_from(ANA_AT_WORK, when, answers=asked), flags=set(), internal_date=when)
    swept(run, "--dry-run")
    assert held(run, ANA_AT_WORK) == held(run, ANA)


@pytest.mark.parametrize("typed", [ANA, ANA_AT_WORK])
def test_who_has_several_addresses_is_resumed_with_any_one_of_them(run, sample, monkeypatch, two_addresses, typed):
    assert f"That is {ANA_AT_WORK} as well" in run("forget", ANA, "--yes")[1]
    monkeypatch.setattr("assistant.clock.now", lambda: NOW.replace(hour=11))
    assert "with 1 other address of theirs" in run("resume", typed)[1]
    when = NOW.replace(hour=12)
    for address in (ANA, ANA_AT_WORK):
        sample.store.add("INBOX", mail_from(address, when), flags=set(), internal_date=when)
    monkeypatch.setattr("assistant.clock.now", lambda: NOW.replace(hour=13))
    swept(run)
    assert [len(held(run, address)) for address in (ANA, ANA_AT_WORK)] == [1, 1]
    assert "Nothing was paused" in run("resume", typed)[1]


def test_to_forget_one_address_of_theirs_again_resumes_no_other(run, sample, two_addresses):
    run("forget", ANA, "--yes")
    before = load_choices(sample.config.parent)
    run("forget", ANA_AT_WORK, "--yes")
    assert load_choices(sample.config.parent) == before
    assert "with 1 other address of theirs" in run("resume", ANA_AT_WORK)[1]


def test_who_was_imported_is_forgotten_there_too(run, sample, tmp_path):
    swept(run)
    cards = tmp_path / "people.vcf"
    cards.write_text("".join(
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nEMAIL:{address}\r\nEND:VCARD\r\n"
        for name, address in (("Tom Okafor", "head@lindenschool.example"), ("Uli Ahrens", "uli@ahrens.example"))
    ))  # fmt: skip
    assert run("contacts", "import", str(cards))[0] == 0
    assert run("forget", "head@lindenschool.example", "--yes")[0] == 0
    kept = "".join(path.read_text() for path in sample.config.parent.glob("*.toml"))
    assert "lindenschool" not in kept
    assert "uli@ahrens.example" in kept


def test_an_opt_out_outlives_the_forgetting(run, sample):
    swept(run, "--all")
    known = load_choices(sample.config.parent).opted_out
    gone = min(known)
    run("forget", gone, "--yes")
    assert load_choices(sample.config.parent).opted_out == known


def mail_from(address, when, answers=None):
    return (
        f"From: Ana Kovač <{address}>\r\nTo: sue@example.org\r\nSubject: The second pear\r\n"
        f"Message-ID: <second{when:%H}@{address.partition('@')[2]}>\r\n"
        + (f"In-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n" if answers else "")
        + f"Date: {when:%a, %d %b %Y %H:%M:%S} +0000\r\nReceived: from a by b; {when:%a, %d %b %Y %H:%M:%S} +0000\r\n"
        "\r\nDear Sue,\r\n\r\ncould you tell me what became of the second pear?\r\n\r\nAna\r\n"
    ).encode()
