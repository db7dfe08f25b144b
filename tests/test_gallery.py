"""docs/gallery.md shows the letters as they are written now."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from assistant.model import Kind

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def gallery() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("gallery", DOCS / "gallery.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["gallery"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["gallery"]


def test_the_gallery_is_current_and_shows_every_kind_in_every_language_and_register(gallery: ModuleType) -> None:
    text = (DOCS / "gallery.md").read_text("utf-8")
    assert gallery.page() == text, "python docs/gallery.py makes it anew"
    for part in text.split("\n## ")[1:]:
        for kind in Kind:
            for register in ("formal", "informal"):
                assert f"### {kind}, {register}\n" in part
