"""Whether a subject line touches bad news: it tells so even of mail whose words nobody has read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from assistant.correspondence.cuefiles import pattern, smoothed

_LONGEST = 400


def tells_bad_news(subject: str, codes: Iterable[str]) -> bool:
    """Tell whether a subject touches bad news, in one of these languages (of ``cuefiles.LANGUAGES``)."""
    line = smoothed(subject[:_LONGEST]).lower()
    return any(_sensitive(code).search(line) for code in codes)


@cache
def _sensitive(code: str) -> re.Pattern[str]:
    # By itself: a sweep with nothing to read does without the rest of the tables.
    return pattern(code, "cues", "sensitive")
