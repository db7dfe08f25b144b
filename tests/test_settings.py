"""Settings: every kind of bad input is one clear sentence with its place, and all of them come at once."""

from __future__ import annotations

import re
import tomllib
from datetime import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import ConfigError
from assistant.problems import line_of
from assistant.settings import ContactSettings, Offer, Settings, load
from assistant.settings_table import json_schema, settings_table
from assistant.shipped import shipped
from assistant.values import is_loopback

GOOD = """\
[me]
name = "Sue Marten"
addresses = ["sue@example.org"]

[[accounts]]
name = "home"
host = "imap.example.org"
username = "sue@example.org"
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    directory.mkdir(mode=0o700)
    return directory


def written(place: Path, config: str = GOOD, **others: str) -> Path:
    """Write config.toml and other settings files, for the user alone; return the path of the first."""
    for name, text in {"config": config, **others}.items():
        file = place / f"{name}.toml"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
    return place / "config.toml"


def problems(config: Path) -> list[str]:
    """Return what is wrong, without the directory of the files."""
    with pytest.raises(ConfigError) as caught:
        load(config)
    return [problem.replace(f"{config.parent}/", "") for problem in caught.value.problems]


def test_a_small_config_is_enough(place):
    settings, remarks = load(written(place))
    account = settings.accounts[0]
    assert (account.port, account.security, account.auth) == (993, "tls", "keyring")
    assert (settings.contacts, settings.offers, remarks) == ((), (), [])
    assert settings.directory == place


@pytest.mark.parametrize(("security", "port"), [("tls", 993), ("starttls", 143)])
def test_the_port_follows_the_protection(place, security, port):
    settings, _ = load(written(place, GOOD + f'security = "{security}"\n'))
    assert settings.accounts[0].port == port


def test_no_file_is_told_with_what_to_do(place):
    with pytest.raises(ConfigError) as caught:
        load(place / "config.toml")
    assert caught.value.problems == [f"There is no configuration at {place}/config.toml."]
    assert "assistant setup" in caught.value.cure


BAD = [  # what is added to or changed in the good file, and what is said of it
    ("name = ", "nam = ", "config.toml, line 2: me.nam: there is no such setting; did you mean name?"),
    ("name = ", "nam = ", "config.toml, line 1: me.name: is missing."),
    ("[me]", "[mee]", "config.toml, line 1: mee: there is no such setting; did you mean me?"),
    ("[me]", "[mee]", "config.toml: me: is missing."),
    ("[[accounts]]", "[accounts]", "config.toml, line 5: accounts: write [[accounts]], with two brackets."),
    ("username", "user", "config.toml, line 8: accounts[1].user: there is no such setting; did you mean username?"),
    (
        "username",
        "password = 'hunter2'\nusername",
        (
            "config.toml, line 8: accounts[1].password: secrets do not belong into this file; "
            "auth says where yours comes from."
        ),
    ),
    ('"Sue Marten"', "5", "config.toml, line 2: me.name: must be text in quotes."),
    ('"Sue Marten"', '""', "config.toml, line 2: me.name: it must be one line of visible text."),
    ('"Sue Marten"', r'"Sue\nBcc: x"', "config.toml, line 2: me.name: it must be one line of visible text."),
    (
        '["sue@example.org"]',
        '"sue@example.org"',
        'config.toml, line 3: me.addresses: must be a list in brackets, like ["..."].',
    ),
    ('["sue@example.org"]', "[]", "config.toml, line 3: me.addresses: must not be empty."),
    (
        '["sue@example.org"]',
        '["sue"]',
        "config.toml, line 3: me.addresses[1]: 'sue' is not a mail address like sue@example.org.",
    ),
    (
        "[[acc",
        'timezone = "Mars/Base"\n[[acc',
        "config.toml, line 5: me.timezone: 'Mars/Base' is not a time zone like Europe/Berlin.",
    ),
    (
        "[[acc",
        'language = "English"\n[[acc',
        "config.toml, line 5: me.language: 'English' is not a language code of two small letters, like en.",
    ),
    (
        '"imap.example.org"',
        '"imap example"',
        "config.toml, line 7: accounts[1].host: 'imap example' is not the name of a server, like imap.example.org.",
    ),
    ("username", "port = 99999\nusername", "config.toml, line 8: accounts[1].port: must be 65535 or less."),
    ("username", 'port = "993"\nusername', "config.toml, line 8: accounts[1].port: must be a whole number."),
    (
        "username",
        'security = "ssl"\nusername',
        "config.toml, line 8: accounts[1].security: must be 'tls', 'starttls' or 'none'.",
    ),
    (
        "username",
        'security = "none"\nusername',
        (
            'config.toml, line 5: accounts[1]: security = "none" is for a server on this machine only; '
            'write "tls" or "starttls".'
        ),
    ),
    (
        "username",
        'auth = "command"\nusername',
        (
            'config.toml, line 5: accounts[1]: auth = "command" needs a command, '
            'like command = ["pass", "show", "mail/home"].'
        ),
    ),
    (
        "username",
        'auth = "credential-file"\nusername',
        'config.toml, line 5: accounts[1]: auth = "credential-file" needs credential = "PATH".',
    ),
    ("[me]", "[restraint]\ndaily_cap = 21\n[me]", "config.toml, line 2: restraint.daily_cap: must be 20 or less."),
    ("[me]", "[restraint]\nquiet_days = 3\n[me]", "config.toml, line 2: restraint.quiet_days: must be 14 or more."),
    (
        "[me]",
        "[reading]\nlook_back_years = 0\n[me]",
        "config.toml, line 2: reading.look_back_years: must be more than 0.",
    ),
    (
        "[me]",
        '[reading]\nheaders_only = "yes"\n[me]',
        "config.toml, line 2: reading.headers_only: must be true or false.",
    ),
    (
        "[me]",
        '[hours]\nstart = "soon"\n[me]',
        "config.toml, line 2: hours.start: 'soon' is not a time like 08:30.",
    ),
    ("[me]", "[hours]\nstart = 19:00:00\n[me]", "config.toml, line 1: hours: start must be earlier than end."),
    (
        "[me]",
        '[hours]\ndays = ["monday"]\n[me]',
        "config.toml, line 2: hours.days[1]: must be 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'.",
    ),
    ("[me]\n", "[me\n", "config.toml, line 1: this is not TOML: expected ']' at the end of a table declaration."),
    ("name = ", "name ", "config.toml, line 2: this is not TOML: expected '=' after a key in a key/value pair."),
    (
        "[me]",
        "contacts = []\n[me]",
        "config.toml: contacts does not belong here; people have a file of their own, contacts.toml.",
    ),
    ("[me]", 'directory = "/"\n[me]', "config.toml: directory does not belong here; it is where this file lies."),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD, ids=[said.split(": ", 1)[1][:60] for *_, said in BAD])
def test_each_mistake_is_told_with_its_place(place, old, new, said):
    assert old in GOOD
    assert said in problems(written(place, GOOD.replace(old, new, 1)))


def test_no_mistake_repeats_a_secret(place):
    config = GOOD.replace("username", 'password = "hunter2"\nusername')
    assert "hunter2" not in "\n".join(problems(written(place, config)))


def test_all_problems_of_all_files_come_at_once(place):
    config = GOOD.replace("Sue Marten", "").replace("username", "usrname")
    people = '[[contacts]]\nadresses = ["ana@example.com"]\n'
    offers = "[[offers]]\ntext = 5\n"
    assert problems(written(place, config, contacts=people, offers=offers)) == [
        "contacts.toml, line 1: contacts[1].addresses: is missing.",
        "contacts.toml, line 2: contacts[1].adresses: there is no such setting; did you mean addresses?",
        "offers.toml, line 2: offers[1].text: must be text in quotes.",
        "config.toml, line 2: me.name: it must be one line of visible text.",
        "config.toml, line 5: accounts[1].username: is missing.",
        "config.toml, line 8: accounts[1].usrname: there is no such setting; did you mean username?",
    ]


def test_problems_come_in_the_order_of_the_file(place):
    config = GOOD.replace("name = ", "nam = ", 1).replace("sue@example.org", "sue", 1)
    lines = [int(problem.partition("line ")[2].partition(":")[0]) for problem in problems(written(place, config))]
    assert lines == [1, 2, 3]


def test_a_broken_side_file_does_not_hide_problems_of_the_others(place):
    config = written(place, GOOD.replace("username", "usrname"), contacts="[[contacts", offers="offer = 1\n")
    found = problems(config)
    assert any(problem.startswith("contacts.toml, end of document: this is not TOML") for problem in found)
    assert "offers.toml: there is no 'offer' here; write [[offers]]." in found
    assert any("did you mean username?" in problem for problem in found)


SIDE = [
    ("contacts", "[contacts]\n", "contacts.toml: write [[contacts]], with two brackets."),
    ("contacts", "contacts = [5]\n", "contacts.toml, line 1: contacts[1]: must be a table."),
    (
        "contacts",
        '[[contacts]]\naddresses = ["a@example.com"]\n[[contacts]]\naddresses = ["b@example.com"]\ncadence_days = 0\n',
        "contacts.toml, line 5: contacts[2].cadence_days: must be 1 or more.",
    ),
    (
        "contacts",
        '[[contacts]]\naddresses = ["a@example.com"]\nformality = "polite"\n',
        "contacts.toml, line 3: contacts[1].formality: must be 'formal' or 'informal'.",
    ),
    (
        "contacts",
        '[[contacts]]\naddresses = ["a@example.com"]\n[[contacts]]\naddresses = ["A@example.com"]\n',
        "contacts.toml: a@example.com stands in two entries; put all addresses of a person into one.",
    ),
    ("offers", '[[offers]]\ntopics = ["x"]\n', "offers.toml, line 1: offers[1].text: is missing."),
    ("offers", "[[ofers]]\n", "offers.toml: there is no 'ofers' here; write [[offers]]."),
]


@pytest.mark.parametrize(("file", "text", "said"), SIDE, ids=[said[:50] for *_, said in SIDE])
def test_people_and_offers_are_checked_as_well(place, file, text, said):
    assert problems(written(place, **{file: text})) == [said]


def test_two_accounts_need_two_names(place):
    second = GOOD[GOOD.index("[[accounts]]") :].replace('"home"', '"Home"')
    assert problems(written(place, GOOD + second)) == [
        "config.toml, line 9: accounts: two accounts have the same name."
    ]


@pytest.mark.parametrize("name", ["config", "contacts", "offers"])
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_change_is_refused(place, name, mode):
    config = written(place, contacts="", offers="")
    (place / f"{name}.toml").chmod(mode)
    assert problems(config) == [f"{name}.toml: others may change it; run: chmod go-w {name}.toml"]


def test_a_directory_that_others_may_change_is_refused(place):
    config = written(place)
    place.chmod(0o770)
    assert problems(config) == [f"{place}: others may change it; run: chmod go-w {place}"]


def test_a_file_that_others_may_read_is_only_remarked(place):
    config = written(place)
    config.chmod(0o644)
    _, remarks = load(config)
    assert remarks == [f"{config}: others may read it; run: chmod 600 {config}"]


@pytest.mark.parametrize("name", ["contacts.toml", "contacts.imported.toml", "offers.toml"])
def test_a_link_that_leads_nowhere_is_not_taken_for_no_file(place, name):
    """Whom never to suggest anything for stands in one of them."""
    config = written(place)
    (place / name).symlink_to(place / "elsewhere" / name)
    assert problems(config) == [f"{name}: this link leads to no file; mend or remove it."]


def test_bytes_that_are_no_text_are_told(place):
    config = written(place)
    config.write_bytes(b'[me]\nname = "M\xfcller"\n')
    assert problems(config) == ["config.toml: this is not text in UTF-8; save it as UTF-8."]


def test_a_byte_order_mark_is_no_mistake(place):
    settings, _ = load(written(place, "\ufeff" + GOOD))
    assert settings.me.name == "Sue Marten"


def test_paths_are_meant_from_where_the_configuration_lies(place, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/sue")
    extra = 'tls_ca = "ca.pem"\nauth = "credential-file"\ncredential = "~/secret"\n'
    account = load(written(place, GOOD + extra))[0].accounts[0]
    assert (account.tls_ca, account.credential) == (place / "ca.pem", "/home/sue/secret")


@pytest.mark.parametrize(
    ("host", "this_machine"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("imap.example.org", False),
        ("localhost.example.org", False),
        ("192.0.2.1", False),
    ],
)
def test_only_loopback_counts_as_this_machine(host, this_machine):
    assert is_loopback(host) is this_machine


LINES = [
    ("[a]\nx = 1", ("a", "x"), 2),
    ("[a]\nx = 1", ("a", "y"), 1),
    ("a.x = 1", ("a", "x"), 1),
    ("\na = {x = 1}", ("a", "x"), 2),
    ("[[a]]\nx = 1\n[[a]]\nx = 2", ("a", 1, "x"), 4),
    ("[[a]]\nx = 1\n[[a]]\ny = 2", ("a", 1, "x"), 3),
    ("[b]\nx = 1\n[a]\nx = 1", ("a", "x"), 4),
    ("x = 1", ("a", "x"), None),
    ("[a]\nx = [\n 1,\n 2]", ("a", "x", 1), 2),
]


@pytest.mark.parametrize(("text", "where", "line"), LINES)
def test_the_line_of_a_key_is_found(text, where, line):
    assert line_of(text, where) == line


@given(st.text(alphabet='[]ame="\n.# x1', max_size=80))
def test_no_text_confuses_the_search_for_a_line(text):
    line = line_of(text, ("accounts", 0, "name"))
    assert line is None or 1 <= line <= text.count("\n") + 1


# the shipped examples


EXAMPLES = {"config.toml": Settings, "contacts.toml": ContactSettings, "offers.toml": Offer}


def uncommented(file: str) -> str:
    """Return a shipped example with every setting in use."""
    text = (shipped("config") / file).read_text(encoding="utf-8")
    text = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    return re.sub(r'"""\n# (.*)\n# (.*)"""', r'"""\n\1\n\2"""', text)


def test_the_shipped_examples_load_as_they_are(place):
    texts = {file.removesuffix(".toml"): (shipped("config") / file).read_text() for file in EXAMPLES}
    settings, remarks = load(written(place, **texts))
    assert (len(settings.accounts), len(settings.contacts), len(settings.offers), remarks) == (1, 2, 2, [])


def test_the_shipped_examples_load_with_every_setting_in_use(place):
    settings, _ = load(written(place, **{file.removesuffix(".toml"): uncommented(file) for file in EXAMPLES}))
    assert settings.accounts[0].trash == "Trash"
    assert settings.drafts.signature == "Sue Marten\nMarten Gardens"


@pytest.mark.parametrize("file", EXAMPLES)
def test_the_shipped_examples_show_every_setting_and_no_other(file):
    content = tomllib.loads(uncommented(file))
    shown = {
        (table, key)
        for table, values in content.items()
        for entry in (values if isinstance(values, list) else [values])
        for key in entry
    }
    known = {(one.table.strip("[]"), one.key) for one in settings_table() if one.file == file}
    assert shown == known


def test_the_shipped_config_shows_the_true_defaults():
    content = tomllib.loads(uncommented("config.toml"))
    example = {"[me]": content["me"], "[[accounts]]": content["accounts"][0]}
    for one in settings_table():
        if one.file == "config.toml" and one.default is not None:
            shown = example.get(one.table, content.get(one.table.strip("[]")))[one.key]
            assert tomllib.loads(f"x = {one.default}")["x"] == shown, one


def test_every_setting_of_a_shipped_example_has_a_comment_above_it():
    for file in EXAMPLES:
        lines = (shipped("config") / file).read_text().splitlines()
        entries = [number for number, line in enumerate(lines) if line.startswith("[[")]
        first = lines[: entries[1]] if len(entries) > 1 else lines
        for above, line in pairwise(first):
            if re.match(r"(# )?\w+ = ", line):
                assert above.startswith("# "), f"{file}: {line}"


# the table of settings


def test_every_setting_is_explained():
    for one in settings_table():
        assert one.description.endswith("."), one
        assert one.kind, one


def test_the_table_names_types_and_defaults():
    table = {(one.file, one.table, one.key): one for one in settings_table()}
    name = table["config.toml", "[me]", "name"]
    cap = table["config.toml", "[restraint]", "daily_cap"]
    assert (name.kind, name.required, name.default) == ("text", True, None)
    assert (cap.kind, cap.default, cap.constraint) == ("whole number", "3", "0 or more, 20 at most")
    assert table["config.toml", "[[accounts]]", "port"].default is None
    assert table["config.toml", "[hours]", "start"].default == str(time(8))
    assert table["contacts.toml", "[[contacts]]", "never"].default == "false"


def test_the_json_schema_names_exactly_the_settings_of_each_file():
    found = json_schema()
    assert found["schema"] == 1
    assert set(found["config.toml"]["properties"]) == {
        *("me", "accounts", "restraint", "hours", "reading", "drafts", "digest", "daemon")
    }
    assert set(found["contacts.toml"]["properties"]["contacts"]["items"]["properties"]) == set(
        ContactSettings.model_fields
    )
    text = str(found["config.toml"])
    assert "ContactSettings" not in text
    assert "Offer" not in text


def test_spaces_that_do_not_break_are_visible_text(place):
    """French has them before some marks, and people paste them."""
    name = "Zoé\N{NO-BREAK SPACE}Petit"
    assert load(written(place, GOOD.replace("Sue Marten", name)))[0].me.name == name
