"""What is known about mail providers: their servers, and what they want in place of a password (providers.toml)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass

from assistant.shipped import shipped


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of mailboxes.

    ``domains`` are the ends of its mail addresses and server names. ``secret`` is what it wants, in words;
    "none" when it offers no IMAP. ``short_username``: the login name is what stands before the @.
    ``recipe`` says what a person has to do, ``help`` is the page of the provider that says so too.
    """

    name: str
    domains: tuple[str, ...]
    host: str
    port: int
    security: str
    short_username: bool
    auth: str
    secret: str
    recipe: str
    help: str

    @property
    def advice(self) -> str:
        """The recipe and where it comes from."""
        return f"{self.name}: {self.recipe} More: {self.help}"

    @property
    def wants_something_special(self) -> bool:
        """Whether the usual password alone will not do."""
        return self.secret != "password"  # noqa: S105 - a kind of secret, not one


@functools.cache
def providers() -> tuple[Provider, ...]:
    """Return all that are shipped."""
    text = (shipped("config") / "providers.toml").read_text(encoding="utf-8")
    return tuple(
        Provider(
            name=one["name"],
            domains=tuple(one["domains"]),
            host=one["host"],
            port=one.get("port", 993),
            security=one.get("security", "tls"),
            short_username=one.get("username", "address") == "local",
            auth=one.get("auth", "keyring"),
            secret=one["secret"],
            recipe=one["recipe"].strip(),
            help=one["help"],
        )
        for one in tomllib.loads(text)["providers"]
    )


def provider_of(address_or_host: str) -> Provider | None:
    """Return the provider that a mail address or a server belongs to, None when it is none we know."""
    domain = address_or_host.rpartition("@")[2].lower().rstrip(".")
    for provider in providers():
        ends = (*provider.domains, *({provider.host} - {"", "127.0.0.1"}))
        if any(domain == end or domain.endswith(f".{end}") for end in ends):
            return provider
    return None


def provider_called(name: str) -> Provider | None:
    """Return the provider of a name as a person types it ("google", "web.de", "proton"), None when it is not clear."""
    wanted = name.strip().lower()
    exact = [one for one in providers() if one.name.lower() == wanted]
    begun = exact or [one for one in providers() if wanted and one.name.lower().startswith(wanted)]
    return begun[0] if len(begun) == 1 else None
