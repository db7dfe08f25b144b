"""``assistant setup``: asks, tests, writes, previews; the mailbox is not touched, an interruption leaves nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.checkup.account import account_steps
from assistant.errors import ConfigError, LoginRefused
from assistant.mailbox.credentials import read_secret
from assistant.onboarding import Answers, checked, filled_in, first_config, guesses, settings_of, write_config
from assistant.providers import provider_called, provider_of, providers
from assistant.settings import AccountSettings, load
from assistant.store.database import open_ledger
from assistant.store.ledger import Ledger
from tests.canary import PASSWORD

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CHANGING = (b"APPEND", b"STORE", b"EXPUNGE", b"COPY", b"MOVE", b"CREATE", b"DELETE", b"RENAME")


def about_account(server, *, port: int | None = None, security: str = "none") -> tuple[str, ...]:
    """Return the answers from the server to the short name, in the order of the questions."""
    return (server.host, security, str(port or server.port), "ann", "home")


WHO = ("Ann Berg", "ann@example.org")
FROM_ENV = ("env",)
YES, NO = "y", "n"
NO_DIGEST = NO


def nothing_was_left(place) -> bool:
    return not place.config.parent.exists() and not place.state.exists()


def names(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir())


def changes(demo) -> list[bytes]:
    return [line for line in demo.commands_seen if any(word in line.split(b"(")[0].upper() for word in CHANGING)]


def confirmed(place) -> bool:
    database = open_ledger(place.state)
    try:
        return Ledger(database).confirmed("home")
    finally:
        database.close()


def test_from_nothing_to_a_preview(program, place, demo):
    ran = program("setup", typed=(*WHO, *about_account(demo), *FROM_ENV, NO_DIGEST, YES, YES, YES))
    assert ran.code == 0, ran.out + ran.err
    assert "ok      login          ann is logged in." in ran.out
    settings, remarks = load(place.config)
    assert (settings.me.name, settings.me.addresses) == ("Ann Berg", ("ann@example.org",))
    account = settings.accounts[0]
    assert (account.host, account.port, account.username, account.auth) == (demo.host, demo.port, "ann", "env")
    assert remarks == []
    assert confirmed(place)
    assert changes(demo) == []


def test_what_would_be_written_is_shown_before_it_is(program, place, demo):
    ran = program("setup", typed=(*WHO, *about_account(demo), *FROM_ENV, YES, NO))
    shown = ran.out.partition("These are your answers")[2].partition("Write this configuration")[0]
    lines = [line.strip() for line in shown.splitlines() if line.startswith("  ")]
    assert tomllib.loads("\n".join(lines)) == {
        "me": {"name": "Ann Berg", "addresses": ["ann@example.org"]},
        "accounts": [{"name": "home", "host": demo.host, "security": "none", "port": demo.port, "username": "ann",
                      "auth": "env"}],
        "digest": {"enabled": True},
    }  # fmt: skip
    assert nothing_was_left(place)


def test_a_provider_without_imap_ends_it_with_a_sentence(program, place):
    unasked = ("setup", "--non-interactive", "--name", "Ann", "--address")
    for ran in (
        program("setup", typed=("Ann", "ann@tuta.com")),
        program("setup", typed=(*WHO, "Tuta")),
        program(*unasked, "ann@tuta.com"),
        program(*unasked, "ann@example.org", "--host", "tuta"),
    ):
        assert ran.code == 78
        assert "Tuta offers no IMAP" in ran.err
        assert "the address of a mailbox elsewhere" in ran.err
    assert nothing_was_left(place)


def test_the_config_is_private_and_keeps_its_comments(program, place, demo):
    program("setup", typed=(*WHO, *about_account(demo), *FROM_ENV, NO_DIGEST, YES, NO))
    assert stat.S_IMODE(place.config.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.config.parent.stat().st_mode) == 0o700
    assert "# Drafts a day, at most" in place.config.read_text()
    assert names(place.config.parent) == ["config.toml"]


@pytest.mark.parametrize(("answer", "wanted"), [(YES, True), (NO, False), ("", False)])
def test_the_digest_is_for_those_who_say_yes(program, place, demo, answer, wanted):
    ran = program("setup", typed=(*WHO, *about_account(demo), *FROM_ENV, answer, YES, NO))
    assert "Do you want that message? [y/N]" in ran.out
    assert load(place.config)[0].digest.enabled is wanted
    assert changes(demo) == []


def test_the_daemon_may_write_only_after_a_yes(program, place, demo):
    ran = program("setup", typed=(*WHO, *about_account(demo), *FROM_ENV, NO_DIGEST, YES, YES, NO))
    assert ran.code == 0
    assert not confirmed(place)


QUESTIONS = 12


@pytest.mark.parametrize("answered", range(QUESTIONS))
def test_an_end_at_any_question_leaves_nothing_half_written(program, place, demo, answered):
    answers = (*WHO, *about_account(demo), *FROM_ENV, NO_DIGEST, YES, YES, YES)
    assert len(answers) == QUESTIONS
    ran = program("setup", typed=answers[:answered])
    assert ran.code == 1
    assert "Stopped." in ran.err
    written = place.config.exists()
    assert written == (answered > answers.index(YES))
    if written:
        load(place.config)
        assert not place.state.exists() or not confirmed(place)
    else:
        assert nothing_was_left(place)
    assert changes(demo) == []


def test_an_existing_config_stays_without_a_yes(program, place, demo):
    place.configure(demo)
    before = place.config.read_text()
    ran = program("setup", typed=(NO,))
    assert ran.code == 0
    assert "left as it is" in ran.out
    assert place.config.read_text() == before


def test_an_existing_config_is_kept_as_a_copy(program, place, demo):
    place.configure(demo)
    before = place.config.read_text()
    ran = program("setup", typed=(YES, *WHO, *about_account(demo), *FROM_ENV, NO_DIGEST, YES, NO))
    assert ran.code == 0
    [kept] = [file for file in place.config.parent.iterdir() if file != place.config]
    assert kept.read_text() == before
    assert str(kept) in ran.out
    assert load(place.config)[0].me.name == "Ann Berg"


def test_an_existing_config_stays_when_setup_is_interrupted(program, place, demo):
    place.configure(demo)
    before = place.config.read_text()
    assert program("setup", typed=(YES, *WHO, *about_account(demo), *FROM_ENV)).code == 1
    assert place.config.read_text() == before
    assert names(place.config.parent) == ["config.toml"]


def test_a_wrong_answer_is_asked_again(program, place, demo):
    name, address, rest = "Ann Berg", "ann@example.org", about_account(demo)
    typed = (name, "ann", address, "no host", rest[0], rest[1], "many", "70000", *rest[2:4], "a/b", rest[4], *FROM_ENV)
    ran = program("setup", typed=(*typed, NO_DIGEST, YES, NO))
    assert ran.code == 0, ran.out
    for said in (
        "'ann' is not a mail address like sue@example.org.",
        "'no host' is not the name of a server, like imap.example.org.",
        "must be a whole number.",
        "must be 65535 or less.",
        "use letters, digits, dots",
    ):
        assert said in ran.out + ran.err


def test_a_wrong_password_can_be_corrected(program, place, demo, ring):
    first = (*WHO, *about_account(demo), "keyring", "mist4ken", YES)
    again = ("", "", "", "", "", "keyring", PASSWORD, NO_DIGEST, YES, NO)
    ran = program("setup", typed=(*first, *again))
    assert ran.code == 0, ran.out + ran.err
    assert "FAILED  login" in ran.out
    assert sum(b" LOGIN " in line for line in demo.commands_seen) == 2
    assert ring.held == {("followup-assistant", f"ann@{demo.host}"): PASSWORD}
    assert "mist4ken" not in ran.out + ran.err


def test_a_password_is_stored_only_after_a_yes(program, place, demo, ring):
    ran = program("setup", typed=(*WHO, *about_account(demo), "keyring", PASSWORD, NO_DIGEST, NO))
    assert ran.code == 0
    assert "from the keyring" not in ran.out
    assert ring.held == {}
    assert nothing_was_left(place)


@pytest.fixture
def kept(tmp_path_factory) -> Path:
    """A file with the password, where the program does not write."""
    file = tmp_path_factory.mktemp("elsewhere") / "kept"
    file.write_text(f"{PASSWORD}\n")
    file.chmod(0o600)
    return file


def test_without_a_keyring_another_source_is_proposed(program, place, demo, kept):
    typed = (*WHO, *about_account(demo), "keyring", "command", "cat 'it", f"cat {kept}", NO_DIGEST, YES, NO)
    ran = program("setup", typed=typed)
    assert ran.code == 0, ran.out + ran.err
    assert "offers no keyring" in ran.out
    assert "No closing quotation" in ran.out + ran.err
    assert load(place.config)[0].accounts[0].command == ("cat", str(kept))


def test_a_locked_keyring_is_told_before_a_password_is_asked(program, place, demo, ring):
    ring.locked = True
    ran = program("setup", typed=(*WHO, *about_account(demo), "keyring"))
    assert "unlock the keyring" in ran.out
    assert "Password" not in ran.out


def test_a_credential_file(program, place, demo, kept):
    ran = program("setup", typed=(*WHO, *about_account(demo), "credential-file", str(kept), NO_DIGEST, YES, NO))
    assert ran.code == 0, ran.out + ran.err
    assert load(place.config)[0].accounts[0].credential == str(kept)


def test_an_access_token_from_a_command(program, place, dovecot):
    token = dovecot.token("ann")
    typed = (*WHO, "localhost", "tls", str(dovecot.tls_port), "ann", "home", "token-command", f"echo {token}")
    ran = program("setup", typed=(*typed, str(dovecot.ca), NO_DIGEST, YES, NO))
    assert ran.code == 0, ran.out + ran.err
    assert "FAILED  protection" in ran.out
    account = load(place.config)[0].accounts[0]
    assert (account.auth, str(account.tls_ca)) == ("token-command", str(dovecot.ca))


def test_a_wrong_authority_can_be_taken_back(program, place, dovecot, tmp_path):
    server = ("localhost", "tls", str(dovecot.tls_port), "ann", "home", "token-command", f"echo {dovecot.token('ann')}")
    wrong = tmp_path / "nowhere.pem"
    ran = program("setup", typed=(*WHO, *server, str(wrong), "", YES, *server, "", NO, NO))
    assert ran.out.count(f"{wrong} of account home cannot be used: No such file or directory.") == 1
    assert ran.out.count("is not trusted") == 2
    assert nothing_was_left(place)


def test_a_server_that_is_not_there_can_be_left_for_later(program, place, demo):
    demo.close()
    ran = program("setup", typed=(*WHO, *about_account(demo), *FROM_ENV, NO, YES))
    assert ran.code == 1
    assert "FAILED  server" in ran.out
    assert "assistant doctor" in ran.out
    assert load(place.config)[0].accounts[0].port == demo.port


def test_a_server_that_is_not_there_leaves_nothing_without_a_yes(program, place, demo):
    demo.close()
    ran = program("setup", typed=(*WHO, *about_account(demo), *FROM_ENV, NO, NO))
    assert ran.code == 1
    assert nothing_was_left(place)


def test_a_place_that_others_may_change_is_refused_before_any_question(program, place):
    place.config.parent.mkdir()
    place.config.parent.chmod(0o777)
    ran = program("setup")
    assert ran.code == 78
    assert "chmod go-w" in ran.err
    assert "Your name" not in ran.out


def test_a_place_below_a_file_is_refused_before_any_question(program, place):
    place.config.parent.write_text("a file")
    ran = program("setup")
    assert ran.code == 78
    assert "Your name" not in ran.out


def test_without_a_terminal_it_stops_and_writes_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "--config", str(tmp_path / "c" / "config.toml"), "setup"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert names(tmp_path) == []


# providers


@pytest.mark.parametrize(
    ("address", "host", "username", "auth", "said"),
    [
        ("sue@gmail.com", "imap.gmail.com", "sue@gmail.com", "keyring", "app password"),
        ("sue@outlook.com", "outlook.office365.com", "sue@outlook.com", "token-command", "access tokens"),
        ("sue@hotmail.com", "outlook.office365.com", "sue@hotmail.com", "token-command", "access tokens"),
        ("sue@yahoo.de", "imap.mail.yahoo.com", "sue@yahoo.de", "keyring", "app password"),
        ("sue@icloud.com", "imap.mail.me.com", "sue", "keyring", "app-specific password"),
        ("sue@example.org", "imap.example.org", "sue@example.org", "keyring", None),
        ("sue@notgmail.com", "imap.notgmail.com", "sue@notgmail.com", "keyring", None),
    ],
)
def test_an_address_tells_the_server_and_what_it_wants(address, host, username, auth, said):
    guess = guesses(address)
    assert (guess.host, guess.username, guess.auth) == (host, username, auth)
    provider = provider_of(address)
    assert (provider is None) == (said is None)
    if provider is not None and said is not None:
        assert said in provider.advice
        assert provider_of(guess.host) is provider


def test_the_advice_comes_with_the_address_or_else_with_the_server(program):
    by_address = program("setup", typed=("Sue", "sue@gmail.com")).out
    by_server = program("setup", typed=("Sue", "sue@example.org", "imap.gmail.com")).out
    assert by_address.count("apppasswords") == by_server.count("apppasswords") == 1


@pytest.mark.parametrize("typed", ["google", "proton", "web.de"])
def test_a_provider_may_be_named_in_place_of_its_server(program, typed):
    ran = program("setup", typed=("Sue", "sue@example.org", typed))
    assert provider_called(typed).advice in ran.out


def test_the_table_of_providers_is_whole():
    found = providers()
    assert len(found) >= 25
    domains = [domain for one in found for domain in one.domains]
    assert len(domains) == len(set(domains))
    for one in found:
        assert one.recipe.endswith(".")
        assert one.help.startswith("https://")
        assert one.secret in ("password", "app password", "token", "bridge password", "none")
        assert bool(one.host) == (one.secret != "none")
        if one.host:
            checked(AccountSettings, "host", one.host)
            assert one.auth in ("keyring", "token-command")


def test_doctor_tells_what_a_known_provider_wants_in_place_of_the_password(monkeypatch):
    account = settings_of(first_config(replace(guesses("sue@icloud.com"), me_name="Sue")), Path()).accounts[0]

    def refused():
        raise LoginRefused("imap.mail.me.com refused the login.", "Check user name and password.")

    steps = list(account_steps(account, refused, "sue@icloud.com", NOW, write=False))
    assert "app-specific password" in steps[-1].cure


# addresses found in Sent


def from_alias(demo, times: int) -> None:
    for number in range(times):
        raw = f"From: a.berg@example.net\r\nTo: bo@example.org\r\nMessage-ID: <{number}@x>\r\n\r\nHello\r\n".encode()
        demo.site.mail["ann"].add("Sent", raw, internal_date=datetime.now(UTC) - timedelta(days=30 + number))


@pytest.mark.parametrize(("answer", "known"), [(YES, True), (NO, False)])
def test_an_address_that_writes_in_sent_is_asked_about(program, place, demo, answer, known):
    from_alias(demo, 4)
    ran = program("setup", typed=(*WHO, *about_account(demo), *FROM_ENV, NO_DIGEST, YES, YES, answer, NO))
    assert ran.code == 0, ran.err
    assert "Mail in Sent also comes from a.berg@example.net." in ran.out
    assert ("a.berg@example.net" in load(place.config)[0].me.addresses) == known
    assert names(place.config.parent) == ["config.toml"]


# without questions


def options(demo, **more: str) -> list[str]:
    usual = {"name": "Ann Berg", "address": "ann@example.org", "host": demo.host, "port": str(demo.port)}
    usual |= {"security": "none", "username": "ann", "auth": "env"} | more
    return ["setup", "--non-interactive", *(f"--{key}={value}" for key, value in usual.items())]


def test_scripts_set_it_up_without_a_question(program, place, demo):
    ran = program(*options(demo), "--allow-drafts")
    assert ran.code == 0, ran.out + ran.err
    settings, _ = load(place.config)
    assert settings.me.name == "Ann Berg"
    assert settings.accounts[0].port == demo.port
    assert confirmed(place)
    assert changes(demo) == []


def test_without_a_yes_the_daemon_only_previews_after_a_scripted_setup(program, place, demo):
    assert program(*options(demo)).code == 0
    assert not place.state.exists() or not confirmed(place)


def test_a_scripted_setup_takes_the_password_from_standard_input(program, place, demo, ring):
    ran = program(*options(demo, auth="keyring"), "--password-stdin", typed=(PASSWORD,))
    assert ran.code == 0, ran.out + ran.err
    assert not ran.err
    assert read_secret(load(place.config)[0].accounts[0]).reveal() == PASSWORD


def test_a_scripted_setup_that_fails_its_test_writes_nothing(program, place, demo, monkeypatch):
    monkeypatch.setenv("ASSISTANT_SECRET_HOME", "mist4ken")
    ran = program(*options(demo))
    assert ran.code == 1
    assert "Nothing was written." in ran.out
    assert nothing_was_left(place)


def test_a_scripted_setup_replaces_a_configuration_only_when_told_so(program, place, demo):
    place.configure(demo)
    before = place.config.read_text()
    assert program(*options(demo)).code == 2
    assert place.config.read_text() == before
    ran = program(*options(demo), "--replace")
    assert ran.code == 0, ran.err
    [kept] = [file for file in place.config.parent.iterdir() if file != place.config]
    assert kept.read_text() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--address=ann@example.org"], "--name is needed"),
        (["--name=Ann"], "--address is needed"),
        (["--name=Ann", "--address=ann"], "--address: 'ann' is not a mail address"),
        (["--name=Ann", "--address=ann@example.org", "--port=many"], "--port: "),
        (["--name=Ann", "--address=ann@example.org", "--host=no host"], "--host: 'no host' is not the name"),
        (["--name=Ann", "--address=ann@example.org", "--auth=command"], "command"),
        (["--name=Ann", "--address=ann@example.org", "--auth=env", "--password-stdin"], "--auth keyring"),
    ],
)
def test_a_scripted_setup_says_which_option_is_wrong(program, place, arguments, said):
    ran = program("setup", "--non-interactive", *arguments)
    assert ran.code in (2, 78)
    assert said in ran.err
    assert nothing_was_left(place)


def test_options_without_their_switch_are_not_silently_dropped(program, place):
    ran = program("setup", "--name=Ann")
    assert ran.code == 2
    assert "--non-interactive" in ran.err


# writing the file


@pytest.mark.parametrize("name", ['Sue "Q" Marten', "back\\slash", "Jürgen 🌻", "tab\u00adhyphen", "it's", "#1"])
def test_any_name_survives_the_way_through_toml(name):
    text = first_config(Answers(me_name=name, address="sue@example.org", host="imap.example.org", username=name))
    content = tomllib.loads(text)
    assert (content["me"]["name"], content["accounts"][0]["username"]) == (name, name)


def test_only_the_named_tables_are_filled_in():
    example = '[a]\n# x = 1\ny = "old"\n[b]\nx = 3\n'
    assert filled_in(example, {"a": {"x": 2, "y": None}}) == '[a]\nx = 2\ny = "old"\n[b]\nx = 3\n'


def test_a_failing_write_changes_nothing(tmp_path, monkeypatch):
    config = tmp_path / "config.toml"
    config.write_text("before")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        write_config(config, "after", NOW)
    assert (config.read_text(), names(tmp_path)) == ("before", ["config.toml"])


def test_a_second_copy_within_a_second_does_not_replace_the_first(tmp_path):
    config: Path = tmp_path / "config.toml"
    for text in ("one", "two", "three"):
        write_config(config, text, NOW)
    assert config.read_text() == "three"
    assert sorted(file.read_text() for file in tmp_path.iterdir() if file != config) == ["one", "two"]
