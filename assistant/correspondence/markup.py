"""The visible text of an HTML mail, without what it quotes.

Not html.parser: on 64 kB of "<a " it takes half a minute (Python 3.11), and a mail may be hostile.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cache

from assistant.correspondence.cuefiles import texts

# Neither part can run past the next "<", so that every character is looked at a fixed number of times.
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})([^<>]*)>|<[!?][^<>]*>")
_MARK = re.compile(r"""(?:class|id|name)\s{0,3}=\s{0,3}["']?([^"'>]{1,200})""", re.IGNORECASE)
_SPACE = re.compile(r"\s+")

PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "hr"})
LINES = frozenset({"div", "br", "tr", "li", "section", "article", "header", "footer", "dt", "dd"})
UNSEEN = frozenset({"head", "style", "script", "title", "template", "noscript", "object", "svg"})
VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "wbr"})


def visible_text(source: str) -> str:
    """Return the text a reader sees, one line per block, entities decoded; quote blocks are left out.

    Quote blocks are blockquote elements and those which mail programs mark by class or id. An unclosed one
    takes the rest along: losing own words is safer than taking somebody else's. Linear in the length.
    """
    parts: list[str] = []
    dropped, depth = "", 0  # the element that is being left out, and how deep we are in its kind
    for text, closing, name, attributes in _tokens(source):
        if not depth:
            parts.append(_SPACE.sub(" ", html.unescape(text)))
        if not name:
            continue
        if depth:
            depth += (-1 if closing else 1) if name == dropped else 0
            continue
        marks = _marks(attributes) if not closing else ""
        if any(start in marks for start in _starts()):
            break
        if not closing and name not in VOID and (name in UNSEEN or name == "blockquote" or _quotes(marks)):
            dropped, depth = name, 1
        parts.append("\n\n" if name in PARAGRAPHS else "\n" if name in LINES else "")
    return "".join(parts)


def _tokens(source: str) -> Iterator[tuple[str, bool, str, str]]:
    """Yield (text before a tag, is it a closing tag, its name, its attributes); name is "" at the end."""
    source = _without_comments(source)
    at = 0
    for found in _TAG.finditer(source):
        yield source[at : found.start()], found[1] == "/", (found[2] or "").lower(), found[3] or ""
        at = found.end()
    yield source[at:], False, "", ""


def _without_comments(source: str) -> str:
    parts, at = [], 0
    while (start := source.find("<!--", at)) >= 0:
        parts.append(source[at:start])
        end = source.find("-->", start)
        if end < 0:
            return "".join(parts)
        at = end + 3
    parts.append(source[at:])
    return "".join(parts)


def _marks(attributes: str) -> str:
    return " ".join(_MARK.findall(attributes)).lower() if attributes else ""


def _quotes(marks: str) -> bool:
    return bool(marks) and any(mark in marks for mark in _quote_marks())


@cache
def _quote_marks() -> tuple[str, ...]:
    return texts("zones", "quote_marks")


@cache
def _starts() -> tuple[str, ...]:
    return texts("zones", "quote_starts")
