"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class VirtualClock:
    """Wall and monotonic time under a test's control; `sleep_until` wakes when the test has moved past it."""

    def __init__(self, now_ms: int = 1_767_603_600_000) -> None:
        self._now = now_ms
        self._elapsed = 0.0
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now_ms(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, ms: int) -> None:
        """Let time pass: both clocks go on, and sleepers that are due wake in the order of their times."""
        self._elapsed += ms / 1_000
        self.set(self._now + ms)

    def set(self, now_ms: int) -> None:
        """Set the wall clock, also backwards, as an operator or NTP would; the monotonic clock does not move."""
        self._now = now_ms
        while self._sleepers and self._sleepers[0][0] <= now_ms:
            _due, _order, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)

    async def sleep_until(self, due_ms: int) -> None:
        """Wait until the wall clock has reached `due_ms`."""
        if due_ms <= self._now:
            return
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (due_ms, next(self._order), sleeper))
        await sleeper

    @property
    def sleeping(self) -> int:
        """How many wait: a test moves time only once those it expects are there."""
        return sum(not sleeper.done() for _due, _order, sleeper in self._sleepers)
