from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import ConfigError
from assistant.idn import as_in_mail
from assistant.model import Choices
from assistant.store.choices import FILE, change_choices, load_choices, save_choices

NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)
CHOICES = Choices(
    paused={"": NOW, "ana@example.net": None},
    rests={'<odd "id"\n>@example.net': NOW, "ben@example.com": NOW},
    never=frozenset({"@example.com", "cy@example.net"}),
    opted_out=frozenset({"di@example.net"}),
    forgotten={"0a": NOW, "0b": None, "0c": None},
    forgotten_with={"0c": "0b"},
)
times = st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
in_mail = text.map(lambda one: as_in_mail(one) or one.lower()).filter(
    lambda one: one == (as_in_mail(one) or one.lower())
)


def test_nothing_was_chosen_where_there_is_no_file(tmp_path: Path) -> None:
    assert load_choices(tmp_path) == Choices()


def test_choices_make_the_round_trip(tmp_path: Path) -> None:
    save_choices(tmp_path, CHOICES)
    assert load_choices(tmp_path) == CHOICES
    assert [path.name for path in tmp_path.iterdir()] == [FILE], "no other file is left behind"
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@given(
    st.builds(
        Choices,
        st.dictionaries(in_mail, st.none() | times, max_size=3),
        st.dictionaries(text, times, max_size=3),
        st.frozensets(in_mail, max_size=3),
        st.frozensets(in_mail, max_size=3),
    )
)
def test_any_choices_make_the_round_trip(tmp_path_factory: pytest.TempPathFactory, choices: Choices) -> None:
    directory = tmp_path_factory.mktemp("choices")
    save_choices(directory, choices)
    assert load_choices(directory) == choices


def test_who_was_forgotten_under_an_earlier_version_is_forgotten_still(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[forgotten]\n0a = "until resumed"\n')
    assert load_choices(tmp_path) == Choices(forgotten={"0a": None})


def test_domains_are_compared_as_mail_has_them_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        'never = ["@bücher.example", "ana@straße.example"]\n[paused]\n"Ben@bücher.example" = "until resumed"\n'
    )
    choices = load_choices(tmp_path)
    assert choices.never == {"@xn--bcher-kva.example", "ana@straße.example"}
    assert choices.paused == {"ben@xn--bcher-kva.example": None}


def test_addresses_are_compared_in_lower_case_and_times_in_utc(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        'never = ["Ana@Example.NET"]\nopted_out = ["@Example.COM"]\n'
        '[paused]\n"Ben@Example.com" = 2026-05-20T12:00:00+02:00\n"" = "until resumed"\n'
    )
    choices = load_choices(tmp_path)
    assert choices.never == {"ana@example.net"}
    assert choices.opted_out == {"@example.com"}
    assert choices.paused == {"ben@example.com": NOW, "": None}
    assert choices.paused["ben@example.com"].utcoffset() == timedelta(0)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "content",
    [
        b"never = [",
        b"\xff\xfe",
        b'never = "ana@example.net"',  # letters, not addresses
        b"never = [1]",
        b'opted-out = ["ana@example.net"]',  # a mistyped key would forget an opt-out
        b"[paused]\n'ana@example.net' = 2026-05-20\n",
        b"[paused]\n'ana@example.net' = 2026-05-20T10:00:00\n",
        b"[paused]\n'ana@example.net' = true\n",
        b"paused = 3",
        b"[rests]\nx = 'until resumed'\n",
        b"[forgotten_with]\n0c = 1\n",
    ],
)
def test_choices_that_cannot_be_read_are_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ConfigError, match=FILE) as refused:
        load_choices(tmp_path)
    assert refused.value.cure
    assert (tmp_path / FILE).read_bytes() == content


def test_a_link_that_leads_nowhere_is_not_taken_for_no_choices(tmp_path: Path) -> None:
    """The disk on which they lie is not mounted."""
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere" / FILE)
    with pytest.raises(ConfigError, match="a link that leads nowhere") as refused:
        change_choices(tmp_path, lambda _: CHOICES)
    assert refused.value.cure
    assert (tmp_path / FILE).is_symlink()


def test_choices_behind_a_link_are_written_where_they_lie(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    save_choices(elsewhere, Choices())
    (tmp_path / FILE).symlink_to(Path("elsewhere") / FILE)
    change_choices(tmp_path, lambda _: CHOICES)
    assert load_choices(elsewhere) == load_choices(tmp_path) == CHOICES
    assert (tmp_path / FILE).is_symlink()
    assert [path.name for path in elsewhere.iterdir()] == [FILE], "no other file is left behind"


def test_choices_that_cannot_be_written_leave_the_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_choices(tmp_path, CHOICES)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        save_choices(tmp_path, Choices())
    monkeypatch.undo()
    assert load_choices(tmp_path) == CHOICES
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
