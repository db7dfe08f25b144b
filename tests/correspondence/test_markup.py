"""HTML: what a reader sees, without what is quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.correspondence.markup import visible_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain", "plain"),
        ("<p>One</p><p>Two</p>", "One Two"),
        ("a<br>b", "a b"),
        ("5 &lt; 6 &amp;&nbsp;7", "5 < 6 & 7"),
        ("a < b and c > d", "a < b and c > d"),
        ("<style>p {}</style>seen<script>if (a < b) x()</script>", "seen"),
        ("<!-- no -->seen<!-- never closed", "seen"),
        ("<!DOCTYPE html><html><body>seen</body></html>", "seen"),
        ("own<blockquote>theirs <blockquote>deeper</blockquote> still</blockquote>own", "ownown"),
        ("own<div class='x gmail_quote y'><div>theirs</div></div> own", "own own"),
        ('own<span id="x_divRplyFwdMsg">theirs</span> theirs too', "own"),
        ("own<blockquote>theirs, never closed <p>still theirs</p>", "own"),
        ("own</blockquote> own", "own own"),
        ("<img src=x><input>own", "own"),
        ("<tagged@example.org> own", "own"),
        ("&unknown; &#x1F600; &#99999999999;", "&unknown; \N{GRINNING FACE} \N{REPLACEMENT CHARACTER}"),
    ],
)
def test_visible_text(source: str, text: str) -> None:
    assert " ".join(visible_text(source).split()) == text


@given(st.text(alphabet="<>/!-= \"'abpdivqr&;#1", max_size=300))
def test_any_markup_is_read(source: str) -> None:
    assert len(visible_text(source)) <= 3 * len(source) + 2
