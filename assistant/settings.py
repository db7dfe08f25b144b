"""One table of settings: type, default, explanation and check of everything a person may configure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from assistant.cards import combined
from assistant.errors import ConfigError
from assistant.model import Card
from assistant.problems import sentences
from assistant.settings_file import SettingsFile, is_file, unsafe
from assistant.values import (
    Addresses,
    Argv,
    BesideConfig,
    FileOrName,
    HostName,
    Language,
    Line,
    Lines,
    PlainName,
    ZoneName,
    is_loopback,
    tupled,
)

APPLICATION = "followup-assistant"
CONTACTS = "contacts.toml"
IMPORTED = "contacts.imported.toml"
DEFAULT_PORTS = {"tls": 993, "starttls": 143, "none": 143}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Entry = TypeVar("Entry", bound="Table")


class Table(BaseModel):
    """A table of a settings file: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class MeSettings(Table):
    """Who the user is."""

    name: Line = Field(description="Your name, as drafts are signed with it.")
    addresses: Addresses = Field(description="All of your own addresses, the usual one first.")
    timezone: ZoneName | None = Field(
        default=None, description="Your time zone, like Europe/Berlin; the machine's when left out."
    )
    language: Language = Field(default="en", description="The language of drafts when a contact's is unknown.")


class AccountSettings(Table):
    """One IMAP login."""

    name: PlainName = Field(description="A short name for the account.")
    host: HostName = Field(description="The IMAP server.")
    port: int = Field(default=0, ge=0, le=65535, description="993 for tls and 143 for starttls when left out.")
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls", description="tls, starttls, or none (allowed on this machine only)."
    )
    username: Line = Field(description="The login name.")
    auth: Literal["keyring", "command", "token-command", "credential-file", "env"] = Field(
        default="keyring", description="Where the password or token comes from."
    )
    command: Annotated[tuple[str, ...], BeforeValidator(tupled)] | None = Field(
        default=None, description="For command and token-command: program and arguments, run without a shell."
    )
    credential: FileOrName = Field(
        default=None, description="For credential-file: a path, or a name in $CREDENTIALS_DIRECTORY."
    )
    tls_ca: BesideConfig = Field(
        default=None, strict=False, description="A file with the certificate of a private authority."
    )
    mailboxes: Annotated[tuple[Line, ...], BeforeValidator(tupled)] | None = Field(
        default=None, description="The mailboxes to read, beside Trash; every one of your own when left out."
    )
    drafts: Line | None = Field(default=None, description="The Drafts mailbox, where the server does not say.")
    sent: Line | None = Field(default=None, description="The Sent mailbox, where the server does not say.")
    trash: Line | None = Field(default=None, description="The Trash mailbox, where the server does not say.")

    @model_validator(mode="before")
    @classmethod
    def _port_by_security(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("port"):
            return {**values, "port": DEFAULT_PORTS.get(str(values.get("security", "tls")), 993)}
        return values

    @model_validator(mode="after")
    def _secret_is_reachable(self) -> AccountSettings:
        if self.auth in ("command", "token-command") and not self.command:
            raise ValueError(f'auth = "{self.auth}" needs a command, like command = ["pass", "show", "mail/home"]')
        if self.auth == "credential-file" and not self.credential:
            raise ValueError('auth = "credential-file" needs credential = "PATH"')
        return self

    @model_validator(mode="after")
    def _password_is_protected(self) -> AccountSettings:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('security = "none" is for a server on this machine only; write "tls" or "starttls"')
        return self


class RestraintSettings(Table):
    """How much is brought, and how soon."""

    daily_cap: int = Field(default=3, ge=0, le=20, description="Drafts a day, at most.")
    warm_daily_cap: int = Field(
        default=1, ge=0, le=20, description="Of the drafts of a day, those that thank, reconnect or offer, at most."
    )
    weekly_cap: int = Field(default=8, ge=0, le=60, description="Drafts in seven days, at most.")
    withdraw_after_days: int = Field(
        default=14, ge=2, le=90, description="An untouched draft is taken back after this many days."
    )
    quiet_days: int = Field(
        default=30, ge=14, le=365, description="The shortest silence after which a relationship counts as quiet."
    )


def _clock_time(value: object) -> time:
    if isinstance(value, time):
        return value
    try:
        return time.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"{value!r} is not a time like 08:30") from error


class HoursSettings(Table):
    """When the daemon may lay drafts."""

    days: Annotated[tuple[Literal[DAYS], ...], BeforeValidator(tupled)] = Field(  # type: ignore[valid-type]
        default=DAYS[:5], description="Your working days."
    )
    start: Annotated[time, BeforeValidator(_clock_time)] = Field(default=time(8), description="Not earlier than this.")
    end: Annotated[time, BeforeValidator(_clock_time)] = Field(default=time(18), description="Not later than this.")

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> HoursSettings:
        if self.start >= self.end:
            raise ValueError("start must be earlier than end")
        return self


class ReadingSettings(Table):
    """What is read."""

    look_back_years: float = Field(
        default=3,
        gt=0,
        le=50,
        strict=False,
        description="How far back header lines are read; raise it later, and older mail is read, too.",
    )
    headers_only: bool = Field(
        default=False, description="Read no body at all; only the relationship clock works then."
    )


class DraftSettings(Table):
    """What drafts look like."""

    signature: str | None = Field(default=None, max_length=500, description="Put under every draft; none by default.")
    quote_original: bool = Field(default=False, description="Quote the mail that is answered below the draft.")


class DigestSettings(Table):
    """What tells you why drafts are waiting."""

    enabled: bool = Field(
        default=False,
        description="After a sweep that wrote drafts, one message to you says why; replaced while unread.",
    )
    mailbox: Line = Field(
        default="Follow-ups", description="Where it lies, made when it is missing; in INBOX telephones announce it."
    )


class DaemonSettings(Table):
    """How the daemon works."""

    poll_minutes: int = Field(default=15, ge=1, le=1440, description="Minutes between two looks at an account.")
    on_drafts_command: Argv | None = Field(
        default=None,
        description="Run when drafts were laid: program and arguments, without a shell; JSON on its standard input.",
    )
    on_trouble_command: Argv | None = Field(
        default=None, description="Run once when a trouble begins and once when it is over, in the same way."
    )


class Offer(Table):
    """Something the user can give (offers.toml)."""

    text: Line = Field(description="The offer, as it would stand after 'I could'.")
    topics: Lines = Field(default=(), description="Words of goals and interests that it fits.")
    for_whom: Lines = Field(default=(), description="Addresses, @domains or tags it is for; everybody by default.")
    language: Language | None = Field(default=None, description="Its language; yours by default.")


class ContactSettings(Table):
    """What the user wrote about a person (contacts.toml)."""

    addresses: Addresses = Field(description="All of their addresses.")
    name: str = Field(default="", description="Their name.")
    greeting: Line | None = Field(default=None, description="The greeting line, like 'Dear Ana'.")
    language: Language | None = Field(default=None, description="The language you use together.")
    formality: Literal["formal", "informal"] | None = Field(default=None, description="The register you use.")
    goals: Lines = Field(default=(), description="What they are working towards.")
    interests: Lines = Field(default=(), description="What they care about.")
    notes: str = Field(default="", description="For yourself; never used in a draft.")
    cadence_days: int | None = Field(default=None, ge=1, le=3650, description="How often you want to be in touch.")
    tags: Lines = Field(default=(), description="Your own words for groups of people.")
    never: bool = Field(default=False, description="Never suggest anything for this person.")

    def card(self, *, written: bool = True) -> Card:
        """Return it as the value that travels; ``written`` by the user, or imported."""
        return Card(**self.model_dump(), written=written)


class Settings(Table):
    """Everything in config.toml, contacts.toml and offers.toml."""

    me: MeSettings
    accounts: Annotated[tuple[AccountSettings, ...], BeforeValidator(tupled), Field(min_length=1)]
    restraint: RestraintSettings = RestraintSettings()
    hours: HoursSettings = HoursSettings()
    reading: ReadingSettings = ReadingSettings()
    drafts: DraftSettings = DraftSettings()
    digest: DigestSettings = DigestSettings()
    daemon: DaemonSettings = DaemonSettings()
    contacts: tuple[ContactSettings, ...] = Field(default=(), exclude=True)
    imported: tuple[ContactSettings, ...] = Field(default=(), exclude=True)
    offers: tuple[Offer, ...] = Field(default=(), exclude=True)
    directory: Path = Field(default=Path(), exclude=True)

    @field_validator("accounts")
    @classmethod
    def _names_differ(cls, accounts: tuple[AccountSettings, ...]) -> tuple[AccountSettings, ...]:
        names = [account.name.lower() for account in accounts]
        if len(set(names)) < len(names):
            raise ValueError("two accounts have the same name")
        return accounts

    @property
    def zone(self) -> ZoneInfo:
        """The user's time zone."""
        return ZoneInfo(self.me.timezone or _machine_zone())

    @property
    def cards(self) -> tuple[Card, ...]:
        """The people of contacts.toml, and behind them those of contacts.imported.toml."""
        imported = [contact.card(written=False) for contact in self.imported]
        return combined([contact.card() for contact in self.contacts], imported)


def _machine_zone() -> str:
    import tzlocal

    try:
        return tzlocal.get_localzone_name() or "UTC"
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return "UTC"


def default_config_file() -> Path:
    """Return where config.toml lies when nothing else is said."""
    return Path(platformdirs.user_config_dir(APPLICATION)) / "config.toml"


def default_state_directory() -> Path:
    """Return where the database lies when nothing else is said."""
    return Path(platformdirs.user_state_dir(APPLICATION))


def load(config: Path) -> tuple[Settings, list[str]]:
    """Read config.toml and, beside it, contacts.toml, contacts.imported.toml and offers.toml.

    Returns the settings and a list of remarks (files that others may read). Raises ConfigError with
    every problem found in any of them, each with file, line and key.
    """
    if not is_file(config):
        raise ConfigError(
            [f"There is no configuration at {config}."], "Run 'assistant setup', or 'assistant demo' to look around."
        )
    directory = config.parent
    main = SettingsFile(config)
    people = SettingsFile(directory / CONTACTS)
    imported = SettingsFile(directory / IMPORTED)
    offers = SettingsFile(directory / "offers.toml")
    problems = [*unsafe(directory), *main.problems, *people.problems, *imported.problems, *offers.problems]
    cards = _listed(people, "contacts", ContactSettings, problems)
    others = _listed(imported, "contacts", ContactSettings, problems)
    gifts = _listed(offers, "offers", Offer, problems)
    problems += _in_two_entries(people.path, cards)
    settings = None
    if main.content is not None:
        values = {key: value for key, value in main.content.items() if key not in ELSEWHERE}
        for key in main.content.keys() & ELSEWHERE.keys():
            problems.append(f"{config}: {key} does not belong here; {ELSEWHERE[key]}.")
        try:
            context = {"directory": directory.absolute()}
            settings = Settings.model_validate({**values, "directory": directory}, context=context)
        except ValidationError as error:
            problems += sentences(error, config, main.text, Settings)
    if problems or settings is None:
        raise ConfigError(problems, "Mend this and look again with 'assistant config check'.")
    remarks = [*main.remarks, *people.remarks, *imported.remarks, *offers.remarks]
    return settings.model_copy(update={"contacts": cards, "imported": others, "offers": gifts}), remarks


ELSEWHERE = {
    "contacts": "people have a file of their own, contacts.toml",
    "imported": "'assistant contacts import' brings in the people of an address book",
    "offers": "offers have a file of their own, offers.toml",
    "directory": "it is where this file lies",
}
"""Fields of Settings that config.toml does not hold, and where they come from."""


def _listed(file: SettingsFile, key: str, table: type[Entry], problems: list[str]) -> tuple[Entry, ...]:
    """Return the entries of ``[[key]]`` in one of the side files; problems are added to the list."""
    content = file.content or {}
    problems += [f"{file.path}: there is no {extra!r} here; write [[{key}]]." for extra in content.keys() - {key}]
    entries = content.get(key, [])
    if not isinstance(entries, list):
        problems.append(f"{file.path}: write [[{key}]], with two brackets.")
        return ()
    found = []
    for number, entry in enumerate(entries):
        try:
            found.append(table.model_validate(entry))
        except ValidationError as error:
            problems += sentences(error, file.path, file.text, table, (key, number))
    return tuple(found)


def _in_two_entries(path: Path, contacts: Sequence[ContactSettings]) -> Iterator[str]:
    count = Counter(address for contact in contacts for address in set(contact.addresses))
    for address in sorted(address for address, times in count.items() if times > 1):
        yield f"{path}: {address} stands in two entries; put all addresses of a person into one."
