"""``assistant doctor``: every step is told, each trouble with its cure, and nothing is left behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant import clock
from assistant.checkup.installation import service_step, state_steps
from assistant.demo.server import DEFAULT_CAPABILITIES, Command, DemoServer, HangUp, MailStore
from assistant.mailbox.imap import open_door
from assistant.mailbox.secrecy import Secret
from assistant.model import Trouble
from assistant.service import Condition
from assistant.settings import load
from assistant.store.database import open_ledger, prepare
from assistant.store.ledger import Ledger
from assistant.trial import SUBJECT
from tests.canary import PASSWORD
from tests.cli.conftest import SPECIAL
from tests.servers import start_dovecot

INSTALLATION = ["configuration", "state", "ledger", "mail cache", "templates", "keyring", "service"]
ACCOUNT = ["secret", "server", "protection", "login", "abilities", "mailboxes", "writing"]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def server_with(*mailboxes: str, capabilities: Any = DEFAULT_CAPABILITIES, **options: Any) -> DemoServer:
    store = MailStore()
    for name in mailboxes:
        store.create(name, f"\\{name}")
    return DemoServer({"ann": PASSWORD}, store, capabilities=capabilities, **options)


def steps(program, *arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Return the exit code and the steps by name; a failed one counts before others of its name."""
    ran = program("doctor", "--json", *arguments)
    found: dict[str, dict[str, str]] = {}
    for step in json.loads(ran.out)["steps"]:
        if step["name"] not in found or step["standing"] == "failed":
            found[step["name"]] = step
    return ran.code, found


def held(place, server, mailbox: str) -> list[bytes]:
    """Return all messages of a mailbox, as a second client sees them."""
    account = load(place.config)[0].accounts[0]
    door = open_door(account, Secret(PASSWORD, username="ann"))
    try:
        return [door.raw(mailbox, uid) or b"" for uid in door.uids(mailbox)]
    finally:
        door.close()


def appended(server: DemoServer) -> list[bytes]:
    return [line for line in server.commands_seen if b" APPEND " in line]


# when all is well


def test_every_step_is_told_in_order(program, place, demo):
    place.configure(demo)
    ran = program("doctor", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["schema"], found["ok"]) == (0, 1, True)
    assert [step["name"] for step in found["steps"]] == INSTALLATION + ACCOUNT
    assert {step["standing"] for step in found["steps"]} == {"ok"}
    assert [step["account"] for step in found["steps"]] == [None] * len(INSTALLATION) + ["home"] * len(ACCOUNT)
    assert set(found["steps"][0]) == {"account", "name", "standing", "sentence", "cure"}


def test_people_read_lines(program, place, demo):
    place.configure(demo)
    ran = program("doctor")
    assert ran.code == 0
    assert "\naccount home\n" in ran.out
    assert "ok      login          ann is logged in.\n" in ran.out
    assert "Drafts is 'Drafts', Sent is 'Sent'" in ran.out


def test_a_real_server_over_tls(program, place, dovecot):
    place.configure(dovecot)
    code, found = steps(program)
    assert code == 0
    assert re.search(r"valid for (29|30) more days", found["protection"]["sentence"])
    assert found["abilities"]["sentence"] == "UIDPLUS, MOVE, SPECIAL-USE, CONDSTORE."


def test_a_real_server_over_starttls(program, place, dovecot):
    place.configure(dovecot, port=dovecot.port, security="starttls")
    code, found = steps(program)
    assert code == 0
    assert re.search(r"valid for (29|30) more days", found["protection"]["sentence"])


def test_the_secret_is_never_shown(program, place, demo, monkeypatch):
    place.configure(demo)
    for secret in ("secret-that-is-wrong", PASSWORD):
        monkeypatch.setenv("ASSISTANT_SECRET_HOME", secret)
        ran = program("doctor")
        assert secret not in ran.out + ran.err


# writing


def test_without_write_nothing_is_appended(program, place, demo):
    place.configure(demo)
    _, found = steps(program)
    assert "Rehearsed only" in found["writing"]["sentence"]
    assert appended(demo) == []


@pytest.mark.parametrize("kind", ["demo", "dovecot"])
def test_with_write_the_test_draft_comes_and_goes_without_a_trace(program, place, kind, request):
    server = request.getfixturevalue(kind)
    place.configure(server)
    code, found = steps(program, "--write")
    assert (code, found["writing"]["standing"]) == (0, "ok")
    assert found["writing"]["sentence"].endswith("read back unchanged, and removed without a trace.")
    assert held(place, server, "Drafts") == held(place, server, "Trash") == []


def test_the_test_draft_says_what_it_is(program, place):
    sent: list[bytes] = []

    def watching(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        if command.name == "APPEND":
            sent.append(command.line)
        return carry_out()

    with server_with(*SPECIAL, script=watching) as server:
        place.configure(server)
        program("doctor", "--write")
    assert len(sent) == 1
    assert SUBJECT.encode() in sent[0]
    assert b"\r\nTo: ann@example.org\r\n" in sent[0]
    assert b"From: ann@example.org\r\n" in sent[0]
    assert b"(\\Draft \\Seen)" in sent[0]


def test_other_drafts_stay(program, place, demo):
    mine = b"Subject: mine\r\n\r\nmine\r\n"
    demo.site.mail["ann"].add("Drafts", mine, flags=["\\Draft", "\\Deleted"], internal_date=NOW)
    place.configure(demo)
    assert program("doctor", "--write").code == 0
    assert held(place, demo, "Drafts") == [mine]


def test_a_server_that_can_only_move_leaves_a_copy_in_trash_and_says_so(program, place):
    words = [word for word in DEFAULT_CAPABILITIES if word != "UIDPLUS"]
    with server_with(*SPECIAL, capabilities=words) as server:
        place.configure(server)
        code, found = steps(program, "--write")
        assert (code, found["writing"]["standing"]) == (0, "warning")
        assert "moved to 'Trash'" in found["writing"]["sentence"]
        assert held(place, server, "Drafts") == []
        assert len(held(place, server, "Trash")) == 1


def test_a_server_that_can_remove_nothing_leaves_the_draft_and_names_it(program, place):
    words = [word for word in DEFAULT_CAPABILITIES if word not in ("UIDPLUS", "MOVE")]
    with server_with(*SPECIAL, capabilities=words) as server:
        place.configure(server)
        code, found = steps(program, "--write")
        assert (code, found["writing"]["standing"], found["abilities"]["standing"]) == (0, "warning", "warning")
        assert SUBJECT in found["writing"]["cure"]
        assert len(held(place, server, "Drafts")) == 1


def test_a_refused_draft_is_told_in_the_servers_words(program, place):
    def full(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        return command.tag + b" NO [OVERQUOTA] mailbox is full\r\n" if command.name == "APPEND" else carry_out()

    with server_with(*SPECIAL, script=full) as server:
        place.configure(server)
        code, found = steps(program, "--write")
    assert (code, found["writing"]["standing"]) == (1, "failed")
    assert "mailbox is full" in found["writing"]["sentence"]
    assert found["writing"]["cure"] == "Make room in the account."


def test_a_cut_connection_is_not_tried_again(program, place):
    def cut(command: Command, carry_out: Callable[[], bytes]) -> bytes:
        if command.name == "APPEND":
            carry_out()
            raise HangUp
        return carry_out()

    with server_with(*SPECIAL, script=cut) as server:
        place.configure(server)
        code, found = steps(program, "--write")
        assert (code, found["writing"]["standing"]) == (1, "failed")
        assert SUBJECT in found["writing"]["cure"]
        assert len(appended(server)) == 1


# what can be wrong


def test_a_wrong_password_is_tried_once(program, place, demo, monkeypatch):
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", "wrong")
    place.configure(demo)
    code, found = steps(program)
    assert (code, found["login"]["standing"], found["server"]["standing"]) == (1, "failed", "ok")
    assert "app password" in found["login"]["cure"]
    assert sum(b" LOGIN " in line for line in demo.commands_seen) == 1


def test_doctor_tries_all_the_same_and_forgets_the_trouble_when_it_is_over(program, place, demo, monkeypatch):
    place.configure(demo)
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", "wrong")
    program("doctor")
    assert _trouble(place) == "login_refused"
    program("doctor")
    assert sum(b" LOGIN " in line for line in demo.commands_seen) == 2
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", PASSWORD)
    assert program("doctor").code == 0
    assert _trouble(place) is None


def _trouble(place) -> str | None:
    database = open_ledger(place.state)
    trouble: Trouble | None = Ledger(database).trouble("home")
    database.close()
    return trouble and trouble.code


def test_an_unreachable_server(program, place, demo):
    place.configure(demo)
    demo.close()
    code, found = steps(program)
    assert (code, found["server"]["standing"]) == (1, "failed")
    assert "cannot be reached" in found["server"]["sentence"]
    assert found["server"]["cure"]
    assert "login" not in found


def test_a_certificate_that_is_not_trusted(program, place, dovecot):
    place.configure(dovecot, tls_ca=None)
    code, found = steps(program)
    assert (code, found["protection"]["standing"]) == (1, "failed")
    assert "tls_ca" in found["protection"]["cure"]


def test_no_drafts_mailbox(program, place):
    with server_with("Sent", "Trash") as server:
        place.configure(server)
        code, found = steps(program, "--write")
        assert (code, found["drafts"]["standing"]) == (1, "failed")
        assert 'drafts = "..."' in found["drafts"]["cure"]
        assert appended(server) == []


def test_a_drafts_mailbox_that_was_named_wrongly(program, place, demo):
    place.configure(demo, drafts="Draft")
    code, found = steps(program)
    assert (code, found["mailboxes"]["standing"]) == (1, "failed")
    assert "Drafts" in found["mailboxes"]["cure"]


def test_mailboxes_to_read_that_are_not_there(program, place, demo):
    place.configure(demo, mailboxes=["INBOX", "Sent", "Letters"])
    code, found = steps(program)
    assert (code, found["mailboxes"]["standing"]) == (1, "failed")
    assert "'Letters'" in found["mailboxes"]["sentence"]


def test_no_sent_mailbox_is_a_warning(program, place):
    with server_with("Drafts") as server:
        place.configure(server)
        code, found = steps(program)
    assert (code, found["sent"]["standing"]) == (0, "warning")


def test_addresses_that_count_as_the_users_by_what_lies_in_sent_are_named(program, place, demo):
    place.configure(demo)
    now = clock.now()
    for days in (1, 2, 3):
        raw = f"From: ida@example.org\r\nTo: carl@example.com\r\nMessage-ID: <{days}@example.org>\r\n\r\nHello.\r\n"
        demo.site.mail["ann"].add("Sent", raw.encode(), internal_date=now - timedelta(days=days))
    program("sweep", "--dry-run")
    _, found = steps(program)
    assert "ida@example.org" in found["addresses"]["sentence"]
    assert "counts as yours" in program("why", "ida@example.org").out
    assert "counts as yours" not in program("why", "nobody@example.org").out


def test_a_missing_keyring(program, place, demo):
    place.configure(demo, auth="keyring")
    code, found = steps(program)
    assert (code, found["keyring"]["standing"], found["secret"]["standing"]) == (1, "failed", "failed")
    assert "credential-file" in found["secret"]["cure"]
    assert demo.commands_seen == []


def test_a_locked_keyring(program, place, demo, ring):
    ring.locked = True
    place.configure(demo, auth="keyring")
    code, found = steps(program)
    assert (code, found["keyring"]["standing"], found["secret"]["standing"]) == (1, "ok", "failed")
    assert "unlock the keyring" in found["secret"]["cure"]


def test_a_keyring_without_the_password(program, place, demo, ring):
    place.configure(demo, auth="keyring")
    code, found = steps(program)
    assert (code, found["secret"]["standing"]) == (1, "failed")
    assert "keyring set followup-assistant" in found["secret"]["cure"]


def test_a_broken_template_is_named_with_its_line(program, place, demo):
    place.configure(demo)
    own = place.config.parent / "templates" / "en"
    own.mkdir(parents=True)
    (own / "check_in.txt.j2").write_text("Hello\n{{ nme }}\n")
    (own / "chek_in.txt.j2").write_text("Hello\n")
    code, found = steps(program)
    assert (code, found["templates"]["standing"]) == (1, "failed")
    assert "check_in.txt.j2, line 2" in found["templates"]["sentence"]
    assert "chek_in.txt.j2 is not used" in program("doctor").out


@pytest.mark.parametrize("name", ["ledger", "mail"])
def test_a_damaged_database_is_told_and_the_account_is_still_looked_at(program, place, demo, name):
    place.configure(demo)
    prepare(place.state)
    (place.state / f"{name}.sqlite3").write_bytes(b"this is no database, whatever its name says" * 100)
    code, found = steps(program)
    assert (code, found["state"]["standing"], found["login"]["standing"]) == (1, "failed", "ok")
    assert found["state"]["cure"]


def test_a_state_directory_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    [step] = state_steps(tmp_path / "file" / "state")
    assert (step.name, step.standing) == ("state", "failed")
    assert "--state" in step.cure


def test_modes_that_let_others_look(program, place, demo):
    place.configure(demo)
    place.config.chmod(0o644)
    place.config.parent.chmod(0o755)
    ran = program("doctor")
    assert ran.code == 0
    assert f"-> Run: chmod 600 {place.config}" in ran.out
    assert f"-> Run: chmod 700 {place.config.parent}" in ran.out


def test_a_mistyped_setting_ends_with_78_and_all_problems(program, place, demo):
    place.configure(demo)
    place.config.write_text(place.config.read_text().replace("username", "usrname"))
    ran = program("doctor")
    assert ran.code == 78
    assert "did you mean username?" in ran.out
    assert demo.commands_seen == []


def test_only_the_account_that_was_asked_for(program, place, demo):
    place.configure(demo)
    with place.config.open("a") as file:
        file.write(
            '\n[[accounts]]\nname = "work"\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\nusername = "ann"\n'
            'auth = "env"\n'
        )
    assert program("doctor", "--account", "home").code == 0
    assert program("doctor").code == 1


def test_an_account_that_is_not_configured_is_a_usage_error(program, place, demo):
    place.configure(demo)
    ran = program("doctor", "--account", "hom")
    assert ran.code == 2
    assert "there is home" in ran.err


# room, clock, service


def test_how_much_room_is_left_is_told_by_a_real_server(program, place, tmp_path):
    server = start_dovecot(tmp_path / "dovecot", "--quota", "10M")
    try:
        place.configure(server)
        _, found = steps(program)
    finally:
        server.stop()
    assert (found["room"]["standing"], found["room"]["sentence"]) == ("ok", "0 of 10 MB are used.")


def test_a_server_without_a_limit_is_not_asked(program, place, dovecot):
    place.configure(dovecot)
    assert "room" not in steps(program)[1]


def test_the_clocks_are_compared_when_a_test_draft_was_laid(program, place, dovecot):
    place.configure(dovecot)
    assert steps(program, "--write")[1]["clock"]["standing"] == "ok"


@pytest.mark.parametrize(("hours", "said"), [(-2, "120 minutes behind"), (2, "120 minutes ahead of")])
def test_a_server_that_lives_in_another_time_is_noticed(program, place, hours, said):
    with server_with(*SPECIAL, clock=lambda: clock.now() + timedelta(hours=hours)) as server:
        place.configure(server)
        told = steps(program, "--write")[1]["clock"]
    assert told["standing"] == "warning"
    assert said in told["sentence"]


@pytest.mark.parametrize(
    ("found", "standing"),
    [
        (Condition(installed=False, running=False, sentence="Not installed."), "ok"),
        (Condition(installed=True, running=True, sentence="It runs."), "ok"),
        (Condition(installed=True, running=False, sentence="It has failed.", cure="See the journal."), "warning"),
    ],
)
def test_a_service_that_should_run_and_does_not_is_a_warning(found, standing):
    assert service_step(found).standing == standing
