"""The only place that asks for the time; everything else is told."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, aware, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def monotonic() -> float:
    """Return seconds of a clock that never jumps, for measuring how long something took."""
    return time.monotonic()
