"""Run as a process of its own: appends until the system refuses to write more to a file, and says what happened."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sys
from pathlib import Path

from bot.errors import StoreFailedError
from bot.store import Store
from tests.clocks import VirtualClock
from tests.integration.store.opened import event

LIMIT = 1 << 20  # bytes that any file may have: beyond it a write fails with EFBIG, which SQLite takes for an I/O error

ENOUGH = 1_000


async def main(path: Path) -> None:
    """Append until the store fails, and once more."""
    answered: list[str] = []
    stopped = ""
    store = await Store.open(path, VirtualClock())
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))
    try:
        while len(answered) < ENOUGH:
            appended = await store.append(event(str(len(answered))), b"x" * 20_000)
            answered.append(appended.event_id)
    except StoreFailedError:
        try:
            await store.append(event("once more"), b"")
        except StoreFailedError as error:
            stopped = type(error).__name__
    sys.stdout.write(json.dumps({"answered": answered, "stopped": stopped}))


if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    asyncio.run(main(Path(sys.argv[1])))
