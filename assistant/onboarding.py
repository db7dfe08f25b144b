"""What the wizard does: guesses from an address, checked answers, the first config.toml, addresses found in Sent."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from assistant.errors import AccountError, ConfigError
from assistant.mailbox.credentials import environment_name, read_secret
from assistant.problems import meaning
from assistant.providers import Provider, provider_of
from assistant.settings import DEFAULT_PORTS, AccountSettings, MeSettings, Settings
from assistant.settings_file import is_file, unsafe
from assistant.shipped import shipped
from assistant.store.database import open_ledger
from assistant.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered; as the settings of the same names.

    ``me_name`` and ``address`` are the user's own, ``more_addresses`` those found in Sent and confirmed;
    ``digest`` is whether they want one, None while not asked.
    """

    me_name: str = ""
    address: str = ""
    more_addresses: tuple[str, ...] = ()
    name: str = "home"
    host: str = ""
    port: int = DEFAULT_PORTS["tls"]
    security: str = "tls"
    username: str = ""
    auth: str = "keyring"
    command: tuple[str, ...] | None = None
    credential: str | None = None
    tls_ca: str | None = None
    digest: bool | None = None

    def tables(self) -> dict[str, dict[str, Any]]:
        """Return them as they stand in config.toml."""
        account = {
            "name": self.name,
            "host": self.host,
            "port": self.port,
            "security": self.security,
            "username": self.username,
            "auth": self.auth,
            "command": None if self.command is None else list(self.command),
            "credential": self.credential,
            "tls_ca": self.tls_ca,
        }
        me = {"name": self.me_name, "addresses": [self.address, *self.more_addresses]}
        return {"me": me, "accounts": account, "digest": {"enabled": self.digest or None}}


def guesses(address: str) -> Answers:
    """Return what an address lets us guess about its account. Raises ConfigError when its provider offers no IMAP."""
    provider = provider_of(address)
    if provider is None:
        return Answers(address=address, host=f"imap.{address.rpartition('@')[2]}", username=address)
    return at_provider(Answers(address=address), provider)


def at_provider(answers: Answers, provider: Provider) -> Answers:
    """Return the answers with what is known about a provider in them. Raises ConfigError when it offers no IMAP."""
    if not provider.host:
        raise ConfigError([provider.advice], "Run 'assistant setup' with the address of a mailbox elsewhere.")
    local = answers.address.rpartition("@")[0]
    return replace(
        answers,
        host=provider.host,
        port=provider.port,
        security=provider.security,
        username=local if provider.short_username else answers.address,
        auth=provider.auth,
    )


def checked(table: type[MeSettings | AccountSettings], key: str, value: Any) -> Any:
    """Return one answer as the settings take it. Raises ValueError with the reason when they do not."""
    field = table.model_fields[key]
    rule: Any = Annotated[field.annotation, *field.metadata]
    try:
        return TypeAdapter(rule).validate_python(value)
    except ValidationError as error:
        raise ValueError(meaning(error.errors()[0], table)) from error


def keyring_trouble(answers: Answers) -> AccountError | None:
    """Return what keeps the keyring from holding the password of this account, None when it can."""
    try:
        read_secret(_account(answers))
    except AccountError as error:
        return None if error.code == "secret_missing" else error
    return None


def variable_of(answers: Answers) -> str:
    """Return the name of the variable that is to hold the secret of this account."""
    return environment_name(_account(answers))


def _account(answers: Answers) -> AccountSettings:
    return settings_of(first_config(answers), Path()).accounts[0]


def first_config(answers: Answers) -> str:
    """Return the text of config.toml: the shipped example, its comments kept, with these answers in it."""
    example = (shipped("config") / "config.toml").read_text(encoding="utf-8")
    return filled_in(example, answers.tables())


def without_comments(text: str) -> list[str]:
    """Return the lines of a config.toml that set something, with the headings of their tables."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    following = [*lines[1:], "["]
    return [
        one for one, then in zip(lines, following, strict=True) if not (one.startswith("[") and then.startswith("["))
    ]


def filled_in(example: str, tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Put values into a commented TOML text: over the lines that set them, commented out or not.

    A value of None leaves a commented line as it is. Keys of other tables are not touched.
    """
    lines, table = [], ""
    for line in example.splitlines():
        if header := re.match(r"\[\[?(\w+)\]", line):
            table = header[1]
        key = re.match(r"(?:# )?(\w+) = ", line)
        value = tables.get(table, {}).get(key[1]) if key else None
        lines.append(line if key is None or value is None else f"{key[1]} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """Return a text, a number, true or a list of texts in TOML, whose basic strings are those of JSON but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def settings_of(text: str, directory: Path) -> Settings:
    """Return the settings of a config.toml that is not written yet. Raises ConfigError with every problem."""
    try:
        values = {**tomllib.loads(text), "directory": directory}
        return Settings.model_validate(values, context={"directory": directory.absolute()})
    except ValidationError as error:
        raise ConfigError([meaning(one, Settings) for one in error.errors()], "Answer again.") from error


def ensure_place(config: Path) -> None:
    """Look, before anything is asked, whether a configuration can be written there. Raises ConfigError if not."""
    directory = config.parent
    try:
        if problems := list(unsafe(directory)) if directory.exists() else []:
            raise ConfigError(problems, "Mend this first.")
        is_file(config)
        nearest = next(one for one in (directory, *directory.parents) if one.exists())
    except OSError as error:
        raise ConfigError([f"{directory} cannot be used: {error.strerror}."], "Name another with --config.") from error
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise ConfigError([f"{nearest} cannot be written."], "Name another place with --config.")


def write_config(config: Path, text: str, now: datetime, *, instead_of: str | None = None) -> Path | None:
    """Write config.toml, whole or not at all, for the user alone; return where the former one was kept.

    One that holds just the text ``instead_of``, which this program wrote a moment ago, is not kept.
    Raises ConfigError when it cannot be written; then nothing has changed.
    """
    fresh = config.with_name(f".{config.name}.{os.getpid()}")
    former = config.read_text(encoding="utf-8", errors="replace") if config.exists() else None
    keep = former is not None and former != instead_of
    kept = _free_name(config.with_name(f"{config.name}.{now:%Y%m%d-%H%M%S}")) if keep else None
    try:
        config.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if kept is not None:
            os.link(config, kept)
        fresh.replace(config)
    except OSError as error:
        raise ConfigError([f"{config} cannot be written: {error.strerror}."], "Name another with --config.") from error
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return kept


def _free_name(wanted: Path) -> Path:
    numbered = (wanted.with_name(f"{wanted.name}.{number}") for number in count(2))
    return next(path for path in chain([wanted], numbered) if not path.exists())


def allow_writing(settings: Settings, state: Path, now: datetime) -> None:
    """Note that the daemon may write to all accounts from now on. Raises StoreError."""
    with closing(open_ledger(state)) as database:
        for account in settings.accounts:
            Ledger(database).confirm(account.name, now)
