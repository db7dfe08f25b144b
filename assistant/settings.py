"""One table of settings: type, default, explanation and check of everything a person may configure."""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from assistant.errors import ConfigError
from assistant.model import Card

APPLICATION = "followup-assistant"
DEFAULT_PORTS = {"tls": 993, "starttls": 143, "none": 143}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _address(value: object) -> str:
    text = str(value).strip().lower()
    if not re.fullmatch(r"[^\s@<>,;\x00-\x1f]+@[^\s@<>,;\x00-\x1f]+", text):
        raise ValueError(f"{value!r} is not a mail address like sue@example.org")
    return text


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is not a time zone like Europe/Berlin") from error
    return value


def _one_line(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("it must be one line of visible text")
    return value.strip()


def _plain_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", value):
        raise ValueError("use letters, digits, dots, dashes and underscores only, 40 at most")
    return value


def _tupled(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


MailAddress = Annotated[str, AfterValidator(_address)]
Line = Annotated[str, AfterValidator(_one_line)]
Lines = Annotated[tuple[Line, ...], BeforeValidator(_tupled)]
Addresses = Annotated[tuple[MailAddress, ...], BeforeValidator(_tupled), Field(min_length=1)]


class Table(BaseModel):
    """A table of a settings file: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class MeSettings(Table):
    """Who the user is."""

    name: Line = Field(description="Your name, as drafts are signed with it.")
    addresses: Addresses = Field(description="All of your own addresses, the usual one first.")
    timezone: Annotated[str, AfterValidator(_zone)] | None = Field(
        default=None, description="Your time zone, like Europe/Berlin; the machine's when left out."
    )
    language: str = Field(
        default="en", pattern="^[a-z]{2}$", description="The language of drafts when a contact's is unknown."
    )


class AccountSettings(Table):
    """One IMAP login."""

    name: Annotated[str, AfterValidator(_plain_name)] = Field(description="A short name for the account.")
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:\[\]-]+$")] = Field(description="The IMAP server.")
    port: int = Field(default=0, ge=0, le=65535, description="993 for tls and 143 for starttls when left out.")
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls", description="tls, starttls, or none (allowed on this machine only)."
    )
    username: Line = Field(description="The login name.")
    auth: Literal["keyring", "command", "token-command", "credential-file", "env"] = Field(
        default="keyring", description="Where the password or token comes from."
    )
    command: Annotated[tuple[str, ...], BeforeValidator(_tupled)] | None = Field(
        default=None, description="For command and token-command: program and arguments, run without a shell."
    )
    credential: str | None = Field(
        default=None, description="For credential-file: a path, or a name in $CREDENTIALS_DIRECTORY."
    )
    tls_ca: Path | None = Field(
        default=None, strict=False, description="A file with the certificate of a private authority."
    )
    mailboxes: Annotated[tuple[Line, ...], BeforeValidator(_tupled)] | None = Field(
        default=None, description="The mailboxes to read; every selectable one when left out."
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


class RestraintSettings(Table):
    """How much is brought, and how soon."""

    daily_cap: int = Field(default=3, ge=0, le=20, description="Drafts a day, at most.")
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

    days: Annotated[tuple[Literal[DAYS], ...], BeforeValidator(_tupled)] = Field(  # type: ignore[valid-type]
        default=DAYS[:5], description="Your working days."
    )
    start: Annotated[time, BeforeValidator(_clock_time)] = Field(default=time(8), description="Not earlier than this.")
    end: Annotated[time, BeforeValidator(_clock_time)] = Field(default=time(18), description="Not later than this.")


class ReadingSettings(Table):
    """What is read."""

    look_back_years: float = Field(
        default=3, gt=0, le=50, strict=False, description="How far back header lines are read."
    )
    headers_only: bool = Field(
        default=False, description="Read no body at all; only the relationship clock works then."
    )


class DraftSettings(Table):
    """What drafts look like."""

    signature: str | None = Field(default=None, max_length=500, description="Put under every draft; none by default.")
    quote_original: bool = Field(default=False, description="Quote the mail that is answered below the draft.")


class DaemonSettings(Table):
    """How the daemon works."""

    poll_minutes: int = Field(default=15, ge=1, le=1440, description="Minutes between two looks at an account.")


class Offer(Table):
    """Something the user can give (offers.toml)."""

    text: Line = Field(description="The offer, as it would stand after 'I could'.")
    topics: Lines = Field(default=(), description="Words of goals and interests that it fits.")
    for_whom: Lines = Field(default=(), description="Addresses, @domains or tags it is for; everybody by default.")
    language: str | None = Field(default=None, pattern="^[a-z]{2}$", description="Its language; yours by default.")


class ContactSettings(Table):
    """What the user wrote about a person (contacts.toml)."""

    addresses: Addresses = Field(description="All of their addresses.")
    name: str = Field(default="", description="Their name.")
    greeting: Line | None = Field(default=None, description="The greeting line, like 'Dear Ana'.")
    language: str | None = Field(default=None, pattern="^[a-z]{2}$", description="The language you use together.")
    formality: Literal["formal", "informal"] | None = Field(default=None, description="The register you use.")
    goals: Lines = Field(default=(), description="What they are working towards.")
    interests: Lines = Field(default=(), description="What they care about.")
    notes: str = Field(default="", description="For yourself; never used in a draft.")
    cadence_days: int | None = Field(default=None, ge=1, le=3650, description="How often you want to be in touch.")
    tags: Lines = Field(default=(), description="Your own words for groups of people.")
    never: bool = Field(default=False, description="Never suggest anything for this person.")

    def card(self) -> Card:
        """Return it as the value that travels."""
        return Card(**self.model_dump())


class Settings(Table):
    """Everything in config.toml, contacts.toml and offers.toml."""

    me: MeSettings
    accounts: Annotated[tuple[AccountSettings, ...], BeforeValidator(_tupled), Field(min_length=1)]
    restraint: RestraintSettings = RestraintSettings()
    hours: HoursSettings = HoursSettings()
    reading: ReadingSettings = ReadingSettings()
    drafts: DraftSettings = DraftSettings()
    daemon: DaemonSettings = DaemonSettings()
    contacts: tuple[ContactSettings, ...] = Field(default=(), exclude=True)
    offers: tuple[Offer, ...] = Field(default=(), exclude=True)
    directory: Path = Field(default=Path(), exclude=True)

    @field_validator("accounts")
    @classmethod
    def _names_differ(cls, accounts: tuple[AccountSettings, ...]) -> tuple[AccountSettings, ...]:
        names = [account.name for account in accounts]
        if len(set(names)) < len(names):
            raise ValueError("two accounts have the same name")
        return accounts

    @property
    def zone(self) -> ZoneInfo:
        """The user's time zone."""
        return ZoneInfo(self.me.timezone or _machine_zone())

    @property
    def cards(self) -> tuple[Card, ...]:
        """The people of contacts.toml."""
        return tuple(contact.card() for contact in self.contacts)


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
    """Read config.toml and, beside it, contacts.toml and offers.toml.

    Returns the settings and a list of remarks (files that others may read). Raises ConfigError with
    every problem found in any of the three, each with file, line and key.
    """
    if not config.is_file():
        raise ConfigError(
            [f"There is no configuration at {config}."], "Run 'assistant setup', or 'assistant demo' to look around."
        )
    remarks: list[str] = []
    problems: list[str] = []
    tables: dict[Path, dict[str, Any]] = {}
    for name in ("config.toml", "contacts.toml", "offers.toml"):
        path = config if name == "config.toml" else config.parent / name
        if path.is_file():
            problems += list(_unsafe_mode(path))
            remarks += list(_readable_by_others(path))
            tables[path] = _parse(path, problems)
    main = tables[config]
    people = _listed(tables, config.parent / "contacts.toml", "contacts", ContactSettings, problems)
    offers = _listed(tables, config.parent / "offers.toml", "offers", Offer, problems)
    hidden = {"contacts", "offers", "directory"} & main.keys()
    problems += [f"{config}: {key} does not belong here; people and offers have files of their own." for key in hidden]
    settings = None
    if not problems or main:
        try:
            settings = Settings.model_validate(
                {**{k: v for k, v in main.items() if k not in hidden}, "directory": config.parent}
            )
        except ValidationError as error:
            problems += _sentences(error, config, Settings)
    if problems or settings is None:
        raise ConfigError(problems, "Mend the file and look again with 'assistant config check'.")
    return settings.model_copy(update={"contacts": tuple(people), "offers": tuple(offers)}), remarks


def _parse(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{path}: {error}.")
    except (UnicodeDecodeError, OSError) as error:
        problems.append(f"{path}: cannot be read: {error}.")
    return {}


def _listed(
    tables: Mapping[Path, dict[str, Any]], path: Path, key: str, table: type[Any], problems: list[str]
) -> list[Any]:
    """Return the entries of ``[[key]]`` in one of the side files; problems are added to the list."""
    content = tables.get(path, {})
    problems += [f"{path}: there is no {extra!r} here; write [[{key}]]." for extra in content.keys() - {key}]
    found = []
    for number, entry in enumerate(content.get(key, [])):
        try:
            found.append(table.model_validate(entry))
        except ValidationError as error:
            problems += _sentences(error, path, table, (key, number))
    return found


def _unsafe_mode(path: Path) -> Iterator[str]:
    about = path.stat()
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield f"{path}: others may write it, and it names commands to run; run: chmod go-w {path}"
    if about.st_uid not in (os.geteuid(), 0):
        yield f"{path}: it belongs to somebody else; make it your own file."


def _readable_by_others(path: Path) -> Iterator[str]:
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield f"{path}: others may read it; run: chmod 600 {path}"


def _sentences(
    error: ValidationError, path: Path, table: type[BaseModel], prefix: tuple[str | int, ...] = ()
) -> list[str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    found = []
    for problem in error.errors():
        place = (*prefix, *problem["loc"])
        line = line_of(text, place)
        where = f"{path}, line {line}" if line else str(path)
        found.append(f"{where}: {_dotted(place)}: {_meaning(problem, table)}")
    return found


def _meaning(problem: Any, table: type[BaseModel]) -> str:
    kind, place = problem["type"], problem["loc"]
    if kind == "extra_forbidden":
        known = _known_keys(table, place[:-1])
        close = difflib.get_close_matches(str(place[-1]), known, n=1)
        return "there is no such setting" + (f"; did you mean {close[0]}?" if close else ".")
    if kind == "missing":
        return "is missing."
    message = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{message[0].lower()}{message[1:]}."


def _known_keys(table: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Return the keys of the table that ``place`` leads to."""
    for part in place:
        if isinstance(part, str) and part in table.model_fields:
            table = _table_in(table.model_fields[part].annotation) or table
    return [key for key, field in table.model_fields.items() if not field.exclude]


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if found := _table_in(part):
            return found
    return None


def _dotted(place: Sequence[str | int]) -> str:
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).lstrip(".") or "the file"


def line_of(text: str, place: Sequence[str | int]) -> int | None:
    """Return the line (from 1) where the key at ``place`` stands in a TOML text, or its table's line, or None."""
    keys = [str(part) for part in place if isinstance(part, str)]
    numbers = [part for part in place if isinstance(part, int)]
    wanted, count, table_line, inside = keys[:1], -1, None, False
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]", line):
            count += header[1] == "[[" and [header[2]] == wanted
            inside = [header[2]] == wanted and (header[1] == "[" or not numbers or count == numbers[0])
            table_line = number if inside else table_line
        elif key := re.match(r"\s*([A-Za-z0-9_-]+)\s*=", line):
            if len(keys) == 1 and [key[1]] == wanted and table_line is None:
                return number
            if inside and len(keys) > 1 and key[1] == keys[1]:
                return number
    return table_line
