"""The alarm only wakes: soon enough, when it is rung, and never later than half a minute."""

from __future__ import annotations

import asyncio

from bot.schedule.alarm import Alarm


async def test_it_ends_a_wait_in_time_and_when_it_is_rung() -> None:
    alarm = Alarm()
    try:
        async with asyncio.timeout(10):
            await alarm.wait(0.01)
            await alarm.wait(-5)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(alarm.wait(3_600))
                await asyncio.sleep(0)  # noqa: TID251 - the wait has begun
                alarm.ring()
    finally:
        alarm.close()
