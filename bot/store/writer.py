"""The one thread that writes. What waits is committed together: one fsync for a batch, then its waiters are told.

Operations are handed over when the event loop brings no more of them, so that requests that arrived together share a
commit, and results come back in one call. A commit whose outcome is not known stops everything: retrying could store
twice what a crash then brings back.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from itertools import chain
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

from bot.clock import Clock
from bot.errors import StoreFailedError, StoreUnavailableError
from bot.store.batches import Batches
from bot.store.driver import driver
from bot.store.operations import Append, Ledger, Operation, give

BATCH: Final = 256
# So many are handed over at once. Fewer wait until two turns of the loop bring nothing more (what was read in a turn is
# submitted in the next): what 32 connections send is then one or two commits instead of three. Measured: 0.04 to 0.05
# flushes an event instead of 0.09, 7 % less processor time.
ENOUGH: Final = 64
QUIET_TURNS: Final = 2
# What may wait: beyond it senders are asked to come again, before memory is.
MOST_WAITING: Final = 4_096
MOST_BYTES_WAITING: Final = 64 << 20
# A sender waits this long for its commit (it gives up after 10 to 30 s); a disk that needs longer than STALLED is
# taken for broken. Seconds.
COMMIT_DEADLINE: Final = 8.0
STALLED: Final = 20.0
_LOOK_EVERY: Final = 1.0
_STOP_LIMIT: Final = 30.0


class _Handed(NamedTuple):
    """Operations that were handed over together: how many bytes they hold, and since when (monotonic seconds)."""

    operations: list[Operation]
    size: int
    since: float


class Writer:
    """Owns the write connection. All methods but those beginning with `_in_thread` are for the event loop's thread."""

    def __init__(
        self,
        connect: Callable[[], driver.Connection],
        ledger: Ledger,
        clock: Clock,
        *,
        on_committed: Callable[[Any], None],
        on_failed: Callable[[StoreFailedError], None],
    ) -> None:
        self._connect, self._ledger, self._clock = connect, ledger, clock
        self._on_committed, self._on_failed = on_committed, on_failed
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[list[Operation] | None] = SimpleQueue()
        self._pending: list[Operation] = []
        self._in_flight: deque[_Handed] = deque()
        self._waiting = self._bytes_waiting = self._bytes_pending = 0
        self._flushed = asyncio.Event()  # set while nothing is pending
        self._flushed.set()
        self._watch: asyncio.TimerHandle | None = None
        self._closing = False
        self._failure: StoreFailedError | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self.commits = 0
        self.trouble: str | None = None  # why the last batch could not be stored; None once one could

    @property
    def failure(self) -> StoreFailedError | None:
        """Why nothing is written any more, when that is so."""
        return self._failure

    async def start(self) -> None:
        """Start the thread and wait until its connection is open. Raises what opening raised."""
        opened: asyncio.Future[None] = self._loop.create_future()
        threading.Thread(target=self._in_thread, args=(opened,), name="store-writer", daemon=True).start()
        async with asyncio.timeout(_STOP_LIMIT):
            await opened

    async def stop(self) -> None:
        """Write what waits, close the connection and wait for the thread's end."""
        self._closing = True
        self._flush()
        self._queue.put(None)
        try:
            async with asyncio.timeout(_STOP_LIMIT):
                await self._ended
        except TimeoutError as error:
            raise StoreFailedError(f"the store did not end within {_STOP_LIMIT:.0f} s") from error
        if self._watch is not None:
            self._watch.cancel()

    def submit(self, operation: Operation) -> None:
        """Queue an operation; its future gets the result after the commit.

        Raises StoreUnavailableError when too much waits or the store is closing, StoreFailedError after a failure.
        """
        size = self._bytes_waiting + operation.size
        if self._waiting >= MOST_WAITING or size > MOST_BYTES_WAITING or self._closing or self._failure is not None:
            self._require_open()
        self._waiting += 1
        self._bytes_waiting = size
        self._bytes_pending += operation.size
        if not self._pending:
            self._flushed.clear()
            self._loop.call_soon(self._flush_when_quiet, 1, 0)
        self._pending.append(operation)

    async def gathered(self) -> None:
        """Return when what is submitted in these turns of the loop is handed over, at the latest after one flush."""
        for _ in range(QUIET_TURNS):  # those who were answered just now come again
            await asyncio.sleep(0)  # noqa: TID251  (waits for nothing but the loop's own turns)
        await self._flushed.wait()

    def _flush_when_quiet(self, seen: int, quiet: int) -> None:
        """Hand over what waits, or look again after the next turn; `seen` waited for the last `quiet` turns."""
        waiting = len(self._pending)
        quiet = quiet + 1 if waiting == seen else 0
        if waiting >= ENOUGH or quiet >= QUIET_TURNS:
            self._flush()
        else:
            self._loop.call_soon(self._flush_when_quiet, waiting, quiet)

    def _require_open(self) -> None:
        if self._failure is not None:
            raise StoreFailedError(str(self._failure))
        if self._closing:
            raise StoreUnavailableError("the store is closing")
        if self._waiting:  # a large one alone is taken
            raise StoreUnavailableError(f"{self._waiting} writes wait already")

    def _flush(self) -> None:
        if not self._pending:
            return
        self._in_flight.append(_Handed(self._pending, self._bytes_pending, self._clock.monotonic()))
        self._queue.put(self._pending)
        self._pending, self._bytes_pending = [], 0
        self._flushed.set()
        if self._watch is None:
            self._watch = self._loop.call_later(_LOOK_EVERY, self._look)

    def _look(self) -> None:
        """Release those who have waited too long; runs once a second while anything is in flight."""
        self._watch = self._loop.call_later(_LOOK_EVERY, self._look) if self._in_flight else None
        now = self._clock.monotonic()
        for handed in self._in_flight:
            if now - handed.since < COMMIT_DEADLINE:
                break
            self._release(handed.operations)
        if self._in_flight and now - self._in_flight[0].since >= STALLED:
            self._fail(StoreFailedError(f"a commit takes longer than {STALLED:.0f} s"))

    def _release(self, operations: list[Operation]) -> None:
        """Let senders go before their commit: it may still land; they come again and are answered as duplicates."""
        for operation in operations:
            if type(operation) is Append and not operation.future.done():
                self.trouble = f"a commit takes longer than {COMMIT_DEADLINE:.0f} s"
                operation.future.set_exception(StoreUnavailableError(self.trouble))

    def _fail(self, failure: StoreFailedError) -> None:
        """Refuse everything from now on, also what waits: nobody knows what of it is stored."""
        if self._failure is not None:
            return
        self._failure = failure
        self.trouble = str(failure)
        for operation in chain(*(handed.operations for handed in self._in_flight), self._pending):
            give(operation, StoreFailedError(str(failure)))
        self._on_failed(failure)

    def _resolve(self, operations: list[Operation], results: list[Any], news: Any) -> None:
        """Tell the waiters of what was handed over longest ago; runs in the loop."""
        left = len(operations)
        self._waiting -= left
        while left:
            handed = self._in_flight.popleft()
            left -= len(handed.operations)
            self._bytes_waiting -= handed.size
        self._note(results[-1])  # a failure in the middle is every later one's result too
        for operation, result in zip(operations, results, strict=True):
            give(operation, result)
        self._on_committed(news)

    def _note(self, result: Any) -> None:
        if isinstance(result, StoreFailedError):
            self._fail(result)
        elif isinstance(result, StoreUnavailableError):
            self.trouble = str(result)
        else:
            self.commits += 1
            self.trouble = str(self._failure) if self._failure else None

    # From here on: the writer's thread.

    def _in_thread(self, opened: asyncio.Future[None]) -> None:
        try:
            connection = self._connect()
            self._ledger.load(connection.cursor())
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the one who waits in `start`
            self._tell(_fail_future, opened, error)
            return
        self._tell(_end_future, opened)
        batches = Batches(connection, self._ledger)
        for operations in iter(self._in_thread_next, []):
            self._tell(self._resolve, operations, batches.write(operations), self._ledger.news())
        with contextlib.suppress(driver.Error):
            connection.close()
        self._tell(_end_future, self._ended)

    def _in_thread_next(self) -> list[Operation]:
        """Return what waits, at most about a batch; empty at the end."""
        operations: list[Operation] = []
        while len(operations) < BATCH:
            try:
                more = self._queue.get(block=not operations)
            except Empty:
                break
            if more is None:
                self._queue.put(None)
                break
            operations += more
        return operations

    def _tell(self, what: Callable[..., None], *values: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *values)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more


def _end_future(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _fail_future(future: asyncio.Future[None], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
