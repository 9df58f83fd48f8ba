"""Run as a process of its own: appends without end and says each answered event, until it is killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.clock import SystemClock
from bot.store import Store
from tests.integration.store.opened import BODY, event


async def _append(store: Store, names: list[str]) -> None:
    for name in names:
        appended = await store.append(event(name), BODY)
        sys.stdout.write(appended.event_id + "\n")
        sys.stdout.flush()


async def main(path: Path, life: str) -> None:
    """Append from eight tasks at once."""
    store = await Store.open(path, SystemClock())
    async with asyncio.TaskGroup() as group:
        for task in range(8):
            group.create_task(_append(store, [f"{life}-{task}-{number}" for number in range(100_000)]))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
