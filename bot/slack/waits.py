"""How long to wait: what Slack asks for, in every form seen in the wild, and our own back-off."""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

WHERE_NONE_IS_NAMED: Final = 30.0
SHORTEST: Final = 1.0
LONGEST: Final = 3_600.0
_BACKOFF_AT_MOST: Final = 60.0
_JITTER: Final = 0.25

# The machine's randomness, for `backoff`.
machine_jitter: Final[Callable[[], float]] = secrets.SystemRandom().random


def retry_after(named: str | float | None, now_ms: int) -> float:
    """Return seconds to wait for a Retry-After that may be missing, 0, fractional, a date, negative or absurd.

    What cannot be read counts as missing (30 s); the result lies between a second and an hour.
    """
    seconds = _seconds(named)
    if seconds is None and isinstance(named, str):
        seconds = _until(named, now_ms)
    if seconds is None or math.isnan(seconds) or seconds < 0:
        return WHERE_NONE_IS_NAMED
    return min(max(seconds, SHORTEST), LONGEST)


def backoff(failures: int, random: Callable[[], float]) -> float:
    """Return 1, 2, 4 … 60 seconds after the 1st, 2nd, 3rd … failure in a row, up to a quarter more of it.

    The jitter keeps several channels from coming back at the same instant. `random` returns 0 <= x < 1.
    """
    base = min(2.0 ** min(max(failures, 1) - 1, 10), _BACKOFF_AT_MOST)
    return base * (1 + _JITTER * random())


async def pause(seconds: float, unless: asyncio.Event | None = None) -> None:
    """Wait this long, or until the event is set; without end when `seconds` is infinite."""
    limit = None if math.isinf(seconds) else max(0.0, seconds)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limit):
            await (unless or asyncio.Event()).wait()


def _seconds(named: str | float | None) -> float | None:
    if named is None or isinstance(named, bool):
        return None
    try:
        return float(named)
    except (ValueError, OverflowError):
        return None


def _until(date: str, now_ms: int) -> float | None:
    """Return the seconds until an HTTP date; a date that has passed is due at once."""
    try:
        at = parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, at - now_ms / 1_000)
