"""Makes what follows from the program itself: docs/configuration.md and providers.md, the manual page, completions.

python docs/manual.py
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from assistant.cli import assistant
from assistant.providers import providers
from assistant.settings_table import settings_table

DOCS = Path(__file__).resolve().parent
FILES_IN_WORDS = {
    "config.toml": "Accounts and behaviour. `assistant setup` writes it.",
    "contacts.toml": "What you know about people. Everything in it goes before what is learned from mail.",
    "offers.toml": "What you can give, and to whom.",
}
SHELLS: dict[str, type[ShellComplete]] = {
    "completions/assistant.bash": BashComplete,
    "completions/_assistant": ZshComplete,
    "completions/assistant.fish": FishComplete,
}
EXIT_CODES = {
    0: "Done, also when there was nothing to do.",
    1: "Trouble in an account, or the last sweep is too long ago.",
    2: "Wrong usage.",
    69: "An optional part is not installed.",
    75: "Held by another process that works on the same account.",
    78: "The configuration is wrong or missing.",
}


def configuration() -> str:
    """Return docs/configuration.md: every setting of every file."""
    lines = [
        "# Configuration",
        "",
        "Three files in the configuration directory (`assistant config path` prints it), all written by you; the",
        "program never rewrites them. `assistant config check` reads them and names every problem with file, line and",
        "key; `assistant config schema` prints this page in the terminal, `--json` as JSON Schemas for your editor.",
        "A relative path is meant from the file it stands in. Commented examples: [config/](../config/).",
        "",
        "This page is made from the program by `python docs/manual.py`.",
    ]
    for file, of_file in itertools.groupby(settings_table(), key=lambda one: one.file):
        lines += ["", f"## {file}", "", FILES_IN_WORDS[file]]
        for table, settings in itertools.groupby(of_file, key=lambda one: one.table):
            lines += ["", f"### `{table}`", "", "| key | type | default | meaning |", "|---|---|---|---|"]
            for one in settings:
                kind = f"{one.kind}; {one.constraint}" if one.constraint else one.kind
                default = "**required**" if one.required else f"`{one.default}`" if one.default else "not set"
                lines.append(f"| `{one.key}` | {_cell(kind)} | {_cell(default)} | {_cell(one.description)} |")
    return "\n".join(lines) + "\n"


def provider_pages() -> str:
    """Return docs/providers.md: what each provider wants."""
    lines = [
        "# Providers",
        "",
        "What `assistant setup` knows. A provider that is not listed needs nothing special, or we do not know it yet:",
        "`setup` then asks for the server. This page is made by `python docs/manual.py` from",
        "[config/providers.toml](../config/providers.toml), which names for each entry against what it was checked.",
        "",
        "| provider | server | wants | what to do |",
        "|---|---|---|---|",
    ]
    for one in providers():
        usual = (one.port, one.security) in ((993, "tls"), (143, "starttls"))
        server = f"`{one.host}`" + ("" if usual else f", port {one.port}, {one.security}") if one.host else "none"
        lines.append(f"| {one.name} | {server} | {one.secret} | {_cell(one.recipe)} ([help]({one.help})) |")
    lines += [
        "",
        "## Tokens",
        "",
        "Microsoft, and Google where app passwords are forbidden, want an access token that a helper fetches and",
        "renews; this program only reads it. With [pizauth](https://github.com/ltratt/pizauth):",
        "",
        "```toml",
        'auth = "token-command"',
        'command = ["pizauth", "show", "work"]',
        "```",
        "",
        'with [oama](https://github.com/pdobsan/oama): `command = ["oama", "access", "sue@example.org"]`. Both ask',
        "for a client id once; their pages say how to get one.",
        "",
        "## A server of your own",
        "",
        "Any IMAP server will do. If its certificate comes from a private authority, name that in `tls_ca`.",
        'Unencrypted connections (`security = "none"`) are made to this machine only.',
    ]
    return "\n".join(lines) + "\n"


def manual_page() -> str:
    """Return assistant(1), in man(7)."""
    root = click.Context(assistant, info_name="assistant")
    lines = [
        '.TH ASSISTANT 1 "" "Follow-up Assistant" "User Commands"',
        ".SH NAME",
        "assistant \\- notices mail that has gone quiet and lays courteous drafts into your Drafts folder",
        ".SH SYNOPSIS",
        ".B assistant",
        "[\\fB\\-\\-config\\fR \\fIFILE\\fR] [\\fB\\-\\-state\\fR \\fIDIR\\fR] \\fICOMMAND\\fR ...",
        ".SH DESCRIPTION",
        *_paragraphs(assistant.help),
        ".SH OPTIONS",
        *_options(root),
        ".SH COMMANDS",
    ]
    for context in _commands(root):
        usage = " ".join(context.command.collect_usage_pieces(context)).replace("[OPTIONS]", "").strip()
        lines.append(f".SS \\fB{_roff(context.command_path)}\\fR {_roff(usage)}".rstrip())
        lines += [*_paragraphs(context.command.help), *_options(context)]
    lines += [".SH EXIT STATUS"]
    for code, meaning in EXIT_CODES.items():
        lines += [".TP", f".B {code}", _roff(meaning)]
    lines += [
        ".SH FILES",
        ".TP",
        ".I ~/.config/followup-assistant/",
        "config.toml, contacts.toml, offers.toml and templates/, written by you; choices.toml, written by the program.",
        ".TP",
        ".I ~/.local/state/followup-assistant/",
        "The databases.",
        ".SH ENVIRONMENT",
        ".TP",
        ".B ASSISTANT_CONFIG, ASSISTANT_STATE",
        "As \\-\\-config and \\-\\-state.",
        ".TP",
        ".B NO_COLOR",
        "No colours.",
    ]
    return "\n".join(lines) + "\n"


def completion(shell: type[ShellComplete]) -> str:
    """Return the completion script of one shell; it asks the program when TAB is pressed."""
    return shell(assistant, {}, "assistant", "_ASSISTANT_COMPLETE").source().strip() + "\n"


def made() -> dict[Path, str]:
    """Return every file that is made here, with its content."""
    pages = {DOCS / "configuration.md": configuration(), DOCS / "assistant.1": manual_page()}
    pages[DOCS / "providers.md"] = provider_pages()
    return pages | {DOCS / name: completion(shell) for name, shell in SHELLS.items()}


def _commands(parent: click.Context) -> Iterator[click.Context]:
    """Yield a context for every command that does something, groups left out."""
    group = parent.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=parent)
        if isinstance(command, click.Group):
            yield from _commands(context)
        else:
            yield context


def _options(context: click.Context) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None and "--help" not in parameter.opts:
            yield from (".TP", f".B {_roff(record[0])}", _roff(record[1]))


def _paragraphs(text: str | None) -> Iterator[str]:
    for number, paragraph in enumerate((text or "").split("\n\n")):
        if number:
            yield ".PP"
        yield _roff(" ".join(paragraph.split()))


def _roff(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def main() -> None:
    """Write all of them."""
    for path, content in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
