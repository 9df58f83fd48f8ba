"""Wakes the digests: APScheduler as a timer and nothing more.

What is due is never its business (due.py): a cron line in local time skips or doubles a day when clocks change, and a
late job is dropped. It rings at least twice a minute, because a clock that is set, or a machine that slept, moves the
time at which something is due.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

AT_LEAST_EVERY_S: Final = 30.0
_SOONEST_S: Final = 0.001
_JOB: Final = "digests"


class Alarm:
    """One timer. Made inside the loop; `close` it there."""

    def __init__(self) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415  (60 ms of a start without digests)

        # Its log speaks of jobs that are added and run, twice a minute.
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        self._rung = asyncio.Event()
        self._scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None})
        self._scheduler.start()

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until `ring`; never longer than AT_LEAST_EVERY_S."""
        self._rung.clear()
        after = min(max(seconds, _SOONEST_S), AT_LEAST_EVERY_S)
        self._scheduler.add_job(self._ring, "interval", seconds=after, id=_JOB, replace_existing=True, max_instances=1)
        await self._rung.wait()

    def ring(self) -> None:
        """End the wait now."""
        self._rung.set()

    def close(self) -> None:
        """Stop the timer."""
        self._scheduler.shutdown(wait=False)

    async def _ring(self) -> None:
        self._rung.set()
