"""Reads that take seconds: in a thread of their own with a connection of their own, so that nobody waits for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from bot.errors import StoreFailedError, StoreUnavailableError
from bot.store.connect import is_fatal
from bot.store.driver import driver
from bot.store.reads import open_reading
from bot.store.statements import Cursor

T = TypeVar("T")

# SQLite looks up so often whether it should go on; about a millisecond.
_STEPS: Final = 100_000


async def read_apart(path: Path, question: Callable[[Cursor], T], seconds: float) -> T:
    """Return the answer. When it is cancelled or takes too long, the read ends by itself a moment later.

    Raises StoreUnavailableError when the store is busy or it takes too long, StoreFailedError when it is damaged.
    """
    given_up = threading.Event()
    thread = ThreadPoolExecutor(1, thread_name_prefix="store-apart")
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.get_running_loop().run_in_executor(thread, _ask, path, question, given_up)
    except (driver.Error, TimeoutError) as error:
        if is_fatal(error):
            raise StoreFailedError(f"the store cannot be read: {error}") from error
        raise StoreUnavailableError(f"the store cannot be read: {error or 'it takes too long'}") from error
    finally:
        given_up.set()
        thread.shutdown(wait=False)


def _ask(path: Path, question: Callable[[Cursor], T], given_up: threading.Event) -> T:
    with open_reading(path) as reads:
        reads.cursor.connection.set_progress_handler(given_up.is_set, _STEPS)
        return question(reads.cursor)
