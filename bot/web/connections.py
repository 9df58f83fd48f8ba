"""What all connections of one listening socket share, and how they end together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from bot.clock import SystemClock
from bot.web.answers import Answer, date_of
from bot.web.limits import Limits
from bot.web.request import Request

_CLOCK: Final = SystemClock()


class Open(Protocol):
    """An open connection."""

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What answers its requests."""
        ...

    def end(self) -> None:
        """Take no more requests; those that are here are answered."""
        ...


class Connections:
    """`answer` may raise RefusedError; `count` is told why a request or connection is refused, `report` of bugs."""

    def __init__(
        self,
        answer: Callable[[Request], Awaitable[Answer]],
        limits: Limits,
        *,
        count: Callable[[str], None],
        report: Callable[[BaseException], None],
    ) -> None:
        self.answer, self.limits = answer, limits
        self.count, self.report = count, report
        self.open: set[Open] = set()
        self.draining = False  # a connection that was on its way in takes no request
        self.date, self.date_until = b"", 0.0  # the header line, and when it is over by the loop's clock

    @property
    def are_too_many(self) -> bool:
        """Say whether one more would be too many."""
        return len(self.open) >= self.limits.connections

    def renew_date(self, now: float) -> None:
        """Make the Date line of the second that began."""
        at_ms = _CLOCK.now_ms()
        self.date, self.date_until = date_of(at_ms), now + 1 - at_ms % 1_000 / 1_000

    async def drain(self, seconds: float) -> None:
        """Let requests that are here be answered within `seconds`, and close all connections."""
        self.draining = True
        for connection in self.open:
            connection.end()
        tasks = [connection.task for connection in self.open if connection.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
