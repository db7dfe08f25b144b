"""The people are listed best known first, and every fact about one of them names its source."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

from assistant.demo.sample import USER
from tests.cli.conftest import NOW, swept

VCARDS = Path(__file__).parents[1] / "vcards"


def facts(run, address):
    code, out, err = run("contacts", "show", address, "--json")
    assert (code, err) == (0, "")
    return [(one["what"], one["value"], one["source"]) for one in json.loads(out)["facts"]]


def test_people_are_listed_best_known_first(run):
    swept(run, "--dry-run")
    people = json.loads(run("contacts", "list", "--json")[1])["contacts"]
    mutual = [min(one["received"], one["sent"]) for one in people]
    assert mutual == sorted(mutual, reverse=True)
    assert all(one["in_contacts_toml"] or (one["received"] and one["sent"]) for one in people)
    everybody = json.loads(run("contacts", "list", "--all", "--json")[1])["contacts"]
    assert len(everybody) > len(people)


def test_a_word_finds_a_person(run):
    swept(run, "--dry-run")
    out = run("contacts", "list", "HADDAD")[1]
    assert out.splitlines()[0] == "Nadia Haddad <nadia@rooftoproots.example>"
    assert "1 goal" in out
    assert run("contacts", "list", "nobody-of-this-name")[1] == "Nobody fits.\n"


def test_before_any_mail_the_contacts_file_is_known(run):
    assert "Nadia Haddad" in run("contacts")[1]
    assert "no mail yet" in run("contacts")[1]


def test_every_fact_names_its_source(run):
    swept(run, "--dry-run")
    told = facts(run, "nadia@rooftoproots.example")
    assert ("Goals", "starting a community garden", "contacts.toml, line 6") in told
    assert all(source for _, _, source in told)
    told = {what: (value, source) for what, value, source in facts(run, "juergen.weiss@weiss-gartenbau.example")}
    assert told["Greeting"][0] == "Lieber Jürgen"
    assert told["Greeting"][1].startswith("your mail of ")
    assert told["Language"][1].startswith("their mail of ")
    assert "7 mails from it" in told["Address"][1]


def test_the_source_of_a_last_contact_by_another_channel_is_the_log(run):
    swept(run, "--dry-run")
    nadia = "nadia@rooftoproots.example"
    ((mailed, source),) = [one[1:] for one in facts(run, nadia) if one[0] == "Last contact"]
    assert source.endswith(f"mail of {mailed}")
    run("log", nadia, "Met at the market.", "--on", "yesterday")
    assert ("Last contact", "2026-03-10", "assistant log") in facts(run, nadia)


def test_the_rhythm_that_contacts_tell_is_that_of_the_brief(run):
    swept(run, "--dry-run")
    told = 0
    for one in json.loads(run("contacts", "list", "--json")[1])["contacts"]:
        usual = re.search(r"usually write every (\d+) days", run("brief", one["address"])[1])
        assert (usual is None) is (one["usual_interval_days"] is None)
        if usual:
            told += 1
            assert ("Rhythm", f"in touch about every {usual[1]} days") in [
                fact[:2] for fact in facts(run, one["address"])
            ]
            assert one["usual_interval_days"] == round(one["usual_interval_days"], 1)
    assert told > 2


def test_a_portrait_without_its_server_still_tells_what_is_known(run, sample):
    swept(run, "--dry-run")
    sample.server.close()
    code, out, err = run("contacts", "show", "nadia@rooftoproots.example")
    assert code == 0
    assert "starting a community garden" in out
    assert "cannot be reached" in err


def test_a_stranger_is_said_to_be_one(run):
    code, out, _ = run("contacts", "show", "nobody@example.com")
    assert code == 0
    assert "Nobody is known by nobody@example.com" in out


def test_an_imported_address_is_told_as_such_and_confirms_nobody(run, sample):
    swept(run, "--dry-run")
    code, out, _ = run("contacts", "import", str(VCARDS / "phone.vcf"))
    assert code == 0
    assert "4 added, 0 changed, 0 as they were" in out
    told = facts(run, "tom@example.net")
    told_by = {what: source for what, value, source in told if value in ("Tom Marten", "tom@example.net")}
    file = (sample.config.parent / "contacts.imported.toml").read_text(encoding="utf-8").splitlines()
    line = file.index('name = "Tom Marten"') + 1
    assert told_by["Name"] == f"contacts.imported.toml, line {line}"
    assert told_by["Address"].startswith("contacts.imported.toml")
    assert ("Drafts", "none", "you have never written to them, and they do not stand in contacts.toml") in told


def test_import_tells_what_it_left_out_and_refuses_what_is_no_address_book(run, tmp_path):
    _, _, err = run("contacts", "import", str(VCARDS / "nextcloud.vcf"))
    assert "Line 21: 'kasia (at) ogrodnicy.example' is not a mail address" in err
    file = tmp_path / "list.csv"
    file.write_text("name,mail", encoding="utf-8")
    code, _, err = run("contacts", "import", str(file))
    assert code == 1
    assert "holds no vCard" in err


def test_words_of_their_mail_are_proposed_with_lines_to_paste(run, sample):
    letter = (
        f"From: Ben Lind <ben@lind.example>\r\nTo: {USER}\r\nSubject: Bread\r\nMessage-ID: <new@lind.example>\r\n"
        "Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n\r\nHi Sue,\r\n\r\nWe're currently looking for a pastry chef.\r\n"
    )
    sample.store.add("INBOX", letter.encode(), internal_date=NOW - timedelta(days=9))
    swept(run, "--dry-run")
    out = run("contacts", "show", "ben@lind.example")[1]
    assert "Goal: a pastry chef" in out
    assert "<new@lind.example>" in out
    assert out.endswith('[[contacts]]\n  addresses = ["ben@lind.example"]\n  goals = ["a pastry chef"]\n')
