"""Where the shipped templates and example settings lie: in the installed package or in a checkout."""

from __future__ import annotations

from pathlib import Path


def shipped(folder: str) -> Path:
    """Return the directory of ``folder`` ("templates" or "config") that came with this program.

    An installed wheel holds it inside the package; a bare or editable checkout beside it, which
    counts only when ``pyproject.toml`` lies there too. Raises FileNotFoundError when neither exists.
    """
    package = Path(__file__).resolve().parent
    if (package / folder).is_dir():
        return package / folder
    checkout = package.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / folder).is_dir():
        return checkout / folder
    raise FileNotFoundError(f"{folder}/ is missing from this installation; install followup-assistant again")
