"""The values that a person may write into a settings file, and how each is checked."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from assistant.idn import as_in_mail

UNBROKEN = str.maketrans("\u00a0\u202f", "  ")  # spaces that do not break, as French has before marks


def mail_address(value: object) -> str:
    """Return a mail address in lower case, its domain as mail has it. Raises ValueError when it is none."""
    text = str(value).strip()
    address = as_in_mail(text) if re.fullmatch(r"[^\s@<>,;\x00-\x1f]+@[^\s@<>,;\x00-\x1f]+", text) else None
    if address is None:
        raise ValueError(f"{value!r} is not a mail address like sue@example.org")
    return address


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is not a time zone like Europe/Berlin") from error
    return value


def _one_line(value: str) -> str:
    if not value.strip() or not value.translate(UNBROKEN).isprintable():
        raise ValueError("it must be one line of visible text")
    return value.strip()


def _plain_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", value):
        raise ValueError("use letters, digits, dots, dashes and underscores only, 40 at most")
    return value


def tupled(value: object) -> object:
    """Return a list as a tuple, anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


def _language(value: str) -> str:
    if not re.fullmatch("[a-z]{2}", value):
        raise ValueError(f"{value!r} is not a language code of two small letters, like en")
    return value


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", value):
        raise ValueError(f"{value!r} is not the name of a server, like imap.example.org")
    return value


def _beside_config(value: Path | None, info: ValidationInfo) -> Path | None:
    """Read a path as meant from where the configuration lies, wherever the program was started."""
    directory = (info.context or {}).get("directory", Path())
    return None if value is None else directory / value.expanduser()


def _file_or_name(value: str | None) -> str | None:
    return value if value is None or not value.startswith("~") else str(Path(value).expanduser())


def is_loopback(host: str) -> bool:
    """Tell whether a host name certainly means this machine."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


ZoneName = Annotated[str, AfterValidator(_zone)]
PlainName = Annotated[str, AfterValidator(_plain_name)]
HostName = Annotated[str, AfterValidator(_host)]
BesideConfig = Annotated[Path | None, AfterValidator(_beside_config)]
FileOrName = Annotated[str | None, AfterValidator(_file_or_name)]
Language = Annotated[str, AfterValidator(_language)]
MailAddress = Annotated[str, AfterValidator(mail_address)]
Line = Annotated[str, AfterValidator(_one_line)]
Lines = Annotated[tuple[Line, ...], BeforeValidator(tupled)]
Argv = Annotated[tuple[str, ...], BeforeValidator(tupled), Field(min_length=1)]
Addresses = Annotated[tuple[MailAddress, ...], BeforeValidator(tupled), Field(min_length=1)]
