"""An address book is brought in beside what the user wrote; nothing is lost, and bringing it again changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.importing import import_vcards
from assistant.settings import Settings, load
from tests.test_settings import written

SAMPLES = Path(__file__).parent / "vcards"


@pytest.fixture
def config(tmp_path):
    directory = tmp_path / "config"
    directory.mkdir(mode=0o700)
    return written(directory, contacts='# mine\n[[contacts]]\naddresses = ["nadia@rooftoproots.example"]\n')


def settings_of(config: Path) -> Settings:
    settings, remarks = load(config)
    assert remarks == []
    return settings


def vcf(tmp_path: Path, *people: str) -> Path:
    file = tmp_path / "book.vcf"
    file.write_text("".join(f"BEGIN:VCARD\nVERSION:3.0\n{one}\nEND:VCARD\n" for one in people), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "people"),
    [("thunderbird", 1), ("ios", 2), ("google", 1), ("nextcloud", 1), ("outlook", 1), ("phone", 4)],
)
def test_every_export_can_be_imported_and_read_again(config, name, people):
    brought = import_vcards(SAMPLES / f"{name}.vcf", settings_of(config))
    assert (brought.added, brought.changed, brought.same) == (people, 0, 0)
    assert len(settings_of(config).imported) == people
    assert (config.parent / "contacts.imported.toml").stat().st_mode & 0o777 == 0o600


def test_what_the_user_wrote_is_not_touched(config):
    mine = config.parent / "contacts.toml"
    before = mine.read_bytes()
    import_vcards(SAMPLES / "thunderbird.vcf", settings_of(config))
    assert mine.read_bytes() == before
    nadia = settings_of(config).cards[0]
    assert (nadia.name, nadia.written) == ("Nadia Haddad", True)
    assert "plum jam" in nadia.notes


def test_importing_again_changes_nothing(config):
    file = SAMPLES / "google.vcf"
    import_vcards(file, settings_of(config))
    path = config.parent / "contacts.imported.toml"
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    again = import_vcards(file, settings_of(config))
    assert (again.added, again.changed, again.same, again.kept) == (0, 0, 1, 0)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_another_file_adds_and_a_newer_card_replaces(config, tmp_path):
    import_vcards(SAMPLES / "google.vcf", settings_of(config))
    import_vcards(vcf(tmp_path, "FN:Ana\nEMAIL:ana@ana.example"), settings_of(config))
    third = import_vcards(vcf(tmp_path, "FN:Ana Costa\nEMAIL:ana@ana.example"), settings_of(config))
    assert (third.added, third.changed, third.same, third.kept) == (0, 1, 0, 1)
    assert [one.name for one in settings_of(config).imported] == ["Åsa Nordström", "Ana Costa"]


def test_cards_of_one_person_become_one(config, tmp_path):
    file = vcf(
        tmp_path,
        "FN:Ana Costa\nEMAIL:ana@ana.example\nNOTE:Bakes.",
        "FN:Ana\nEMAIL:ANA@ana.example\nEMAIL:ana@home.example\nCATEGORIES:Bakers",
    )
    import_vcards(file, settings_of(config))
    (ana,) = settings_of(config).imported
    assert (ana.name, ana.addresses) == ("Ana Costa", ("ana@ana.example", "ana@home.example"))
    assert (ana.notes, ana.tags) == ("Bakes.", ("Bakers",))


def test_a_couple_that_shares_an_address_stays_two_people(config, tmp_path):
    file = vcf(
        tmp_path,
        "FN:Ana Costa\nEMAIL:home@costa.example",
        "FN:Rui Costa\nEMAIL:rui@costa.example\nEMAIL:home@costa.example",
    )
    brought = import_vcards(file, settings_of(config))
    assert [one.addresses for one in settings_of(config).imported] == [("home@costa.example",), ("rui@costa.example",)]
    assert brought.remarks == (
        "Line 10: home@costa.example stands on the cards of Ana Costa (line 1) and Rui Costa; left with Ana Costa.",
    )


def test_what_is_not_taken_is_told_with_its_line(config):
    assert import_vcards(SAMPLES / "nextcloud.vcf", settings_of(config)).remarks == (
        "Line 13: this is your own card; left out.",
        "Line 21: 'kasia (at) ogrodnicy.example' is not a mail address like sue@example.org; left out.",
        "1 without a mail address; left out.",
    )


@pytest.mark.parametrize("content", [b"", b"name,mail\nAna,ana@ana.example\n", bytes(range(256)) * 100])
def test_a_file_of_something_else_is_refused_and_nothing_is_written(config, tmp_path, content):
    file = tmp_path / "book.vcf"
    file.write_bytes(content)
    with pytest.raises(AssistantError, match="holds no vCard"):
        import_vcards(file, settings_of(config))
    assert not (config.parent / "contacts.imported.toml").exists()


def test_a_file_that_is_missing_or_a_directory_is_told(config, tmp_path):
    for file in (tmp_path / "none.vcf", tmp_path):
        with pytest.raises(AssistantError, match="cannot be read"):
            import_vcards(file, settings_of(config))


def test_a_device_that_never_ends_is_refused(config):
    with pytest.raises(AssistantError, match="no regular file"):
        import_vcards(Path("/dev/zero"), settings_of(config))


def test_hostile_texts_stay_texts(config, tmp_path):
    name = 'A"]\\n[[contacts]]\\naddresses = ["evil@example.com"]'
    import_vcards(vcf(tmp_path, f"FN:{name}\nNOTE:x\\n'''\n\nEMAIL:ana@ana.example"), settings_of(config))
    (ana,) = settings_of(config).imported
    assert ana.addresses == ("ana@ana.example",)


def test_more_people_than_can_be_read_every_time_are_refused(config, tmp_path):
    with pytest.raises(AssistantError, match="10000 are the most"):
        import_vcards(vcf(tmp_path, *(f"EMAIL:a{number}@b.example" for number in range(10_001))), settings_of(config))
