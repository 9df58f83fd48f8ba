"""An event loop whose time jumps: nothing ever waits, and every delay is exact.

Whenever nothing is left to do but wait for a timer, the loop's clock skips to it. Sockets on loopback work: both ends
live in this loop, so whatever is under way is seen before time is skipped.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

START_MS = 1_767_603_600_000  # 2026-01-05 09:00 UTC
_GRACE_S = 0.001
_STUCK_S = 10.0


class _SkippingSelector(selectors.SelectSelector):
    """Reports what is ready; where there is nothing, lets the time pass that was to be waited."""

    def __init__(self, grace: float) -> None:
        super().__init__()
        self.skipped, self._grace = 0.0, grace

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            ready = super().select(_STUCK_S)
            if not ready:
                raise AssertionError("nothing will ever happen: every task waits for another")
            return ready
        ready = super().select(self._grace) if self._grace else []
        if not ready:
            self.skipped += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on skipped time, from 0 s on."""

    def __init__(self, grace: float = _GRACE_S) -> None:
        self._skipping = _SkippingSelector(grace)
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.skipped


class LoopClock:
    """Wall and monotonic clock of the running loop, as bot/clock.py has them."""

    def __init__(self, start_ms: int = START_MS) -> None:
        self._start = start_ms

    def now_ms(self) -> int:
        return self._start + round(1_000 * self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def seconds(self) -> float:
        """Return the wall clock in seconds, for the fake Slack."""
        return self.now_ms() / 1_000


def virtually(scenario: Callable[[], Coroutine[Any, Any, T]], grace: float = _GRACE_S) -> T:
    """Run a scenario to its end on skipped time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(grace)) as runner:
        return runner.run(scenario())
