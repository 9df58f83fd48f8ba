"""The clocks: the machine's, and the one that tests move."""

from __future__ import annotations

import asyncio
import time

from bot.clock import Clock, SystemClock
from tests.clocks import VirtualClock


def test_the_system_clock_tells_milliseconds_since_1970() -> None:
    clock: Clock = SystemClock()
    before = int(time.time() * 1_000)  # noqa: TID251 - what the clock must agree with
    assert before - 1 <= clock.now_ms() <= before + 60_000


def test_the_monotonic_clock_does_not_go_back() -> None:
    clock = SystemClock()
    seen = [clock.monotonic() for _ in range(100)]
    assert seen == sorted(seen)


async def test_sleepers_wake_in_order_when_a_test_moves_time() -> None:
    clock = VirtualClock(0)
    woken: list[int] = []

    async def sleep(due: int) -> None:
        await clock.sleep_until(due)
        woken.append(due)

    async with asyncio.TaskGroup() as group:
        for due in (30, 10, 20, 0):
            group.create_task(sleep(due))
        await asyncio.sleep(0)  # noqa: TID251 - no time passes
        assert (woken, clock.sleeping) == ([0], 3)
        clock.advance(20)
        await asyncio.sleep(0)  # noqa: TID251 - no time passes
        assert (woken, clock.monotonic()) == ([0, 10, 20], 0.02)
        clock.set(5)
        assert clock.sleeping == 1
        clock.set(30)
    assert woken == [0, 10, 20, 30]
