"""The one place that reads the machine's clocks; everything else is given a Clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the bot knows of time."""

    def now_ms(self) -> int:
        """Return the wall clock in ms since 1970 UTC. It may be set back; whoever needs order must see to it."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for durations and limits only."""
        ...


class SystemClock:
    """The clocks of this machine."""

    def now_ms(self) -> int:
        """Return the wall clock in ms since 1970 UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds since some fixed instant."""
        return time.monotonic()
