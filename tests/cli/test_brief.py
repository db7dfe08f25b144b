"""The brief invents nothing, and a contact by another channel counts."""

from __future__ import annotations

import email
import email.policy
import json
import re

import pytest

from tests.cli.conftest import swept


@pytest.fixture
def mails(sample):
    """Message-ID -> the text of that mail, as its readers see it."""
    found = {}
    for box in sample.store.mailboxes.values():
        for stored in box.messages.values():
            message = email.message_from_bytes(stored.raw, policy=email.policy.default)
            body = message.get_body(("plain", "html"))
            found[str(message["Message-ID"]).strip("<>")] = body.get_content() if body else ""
    return found


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>|[>|]", " ", text).split())


def test_every_line_opens_a_real_mail_and_every_quote_stands_in_it(run, mails):
    people = {one["contact"]["address"] for one in swept(run, "--all")["suggestions"] if one["thread"]}
    quotes = 0
    for address in sorted(people):
        code, out, err = run("brief", address, "--json")
        assert (code, err) == (0, "")
        for line in json.loads(out)["lines"]:
            if line["message_id"]:
                assert line["message_id"] in mails
            if line["quote"]:
                quotes += 1
                said = words(line["quote"].removesuffix(" …"))
                assert said in words(mails[line["message_id"]])
    assert quotes > 20, "hardly anything was quoted"


def test_the_brief_tells_promises_and_open_questions(run):
    found = swept(run)["suggestions"]
    promised = next(one for one in found if one["kind"] == "deliver_promise")
    asked = next(one for one in found if one["kind"] == "owe_reply")
    assert "You promised" in run("brief", promised["contact"]["address"])[1]
    assert "They asked, no answer yet" in run("brief", asked["contact"]["address"])[1]


def test_a_brief_without_its_server_still_tells_what_is_known(run, sample):
    asked = next(one for one in swept(run)["suggestions"] if one["kind"] == "owe_reply")
    sample.server.close()
    code, out, err = run("brief", asked["contact"]["address"])
    assert code == 0
    assert "They asked, no answer yet" in out
    assert "cannot be reached" in err


def test_there_is_no_brief_on_a_stranger(run):
    assert "no mail with nobody@example.com" in run("brief", "nobody@example.com")[1]


def test_a_call_ends_a_silence(run):
    quiet = next(one for one in swept(run, "--dry-run")["suggestions"] if one["kind"] == "check_in")
    address = quiet["contact"]["address"]
    code, out, _ = run("log", address, "Met at the market", "--gave")
    assert code == 0
    assert address in out
    again = swept(run, "--dry-run", "--all", "--contact", address)["suggestions"]
    assert all(one["held_because"] for one in again if one["kind"] == "check_in")
    assert "Met at the market" in run("brief", address)[1]


def test_a_day_to_come_cannot_be_noted(run):
    assert run("log", "ana@example.org", "x", "--on", "2031-01-01")[0] == 2
