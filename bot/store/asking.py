"""The reader's thread: longer reads wait there, and hold up neither the event loop nor the writer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self, TypeVar

from bot.errors import StoreError, StoreFailedError, StoreUnavailableError
from bot.store.connect import is_fatal
from bot.store.driver import driver
from bot.store.reads import Reads, open_reading
from bot.store.rows import RawOf

T = TypeVar("T")

_LIMIT: Final = 30.0


class Asking:
    """Questions to a store, one after another."""

    def __init__(self, thread: ThreadPoolExecutor, reads: Reads) -> None:
        self._thread, self._reads = thread, reads

    @classmethod
    async def open(cls, path: Path, raw_of: RawOf) -> Self:
        """Start the thread and its connection."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        async with asyncio.timeout(_LIMIT):
            reads = await asyncio.get_running_loop().run_in_executor(thread, open_reading, path, raw_of)
        return cls(thread, reads)

    async def ask(self, question: Callable[[Reads], T]) -> T:
        """Return the answer.

        Raises StoreUnavailableError when the store is busy or takes too long, StoreFailedError when it is damaged.
        """
        try:
            async with asyncio.timeout(_LIMIT):
                return await asyncio.get_running_loop().run_in_executor(self._thread, question, self._reads)
        except (driver.Error, TimeoutError) as error:
            if is_fatal(error):
                raise StoreFailedError(f"the store cannot be read: {error}") from error
            raise StoreUnavailableError(f"the store cannot be read: {error or 'it takes too long'}") from error

    async def close(self) -> None:
        """Close the connection and end the thread; a read that never ends does not hold up the end of the bot."""
        with contextlib.suppress(StoreError):
            await self.ask(Reads.close)
        self._thread.shutdown(wait=False)
