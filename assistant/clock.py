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


def asleep() -> float:
    """Return for how many seconds this machine has been suspended since it was started; 0 where it cannot be told.

    Linux counts suspension in CLOCK_BOOTTIME but not in CLOCK_MONOTONIC (clock_gettime(2)).
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
