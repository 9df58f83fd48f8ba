"""The store as the other floors use it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from bot.clock import Clock
from bot.core.decisions import Decisions
from bot.core.inputs import Action, Details, Event
from bot.errors import StoreError, StoreFailedError, StoreUnavailableError
from bot.store.asking import Asking
from bot.store.connect import open_reading_connection
from bot.store.counting import count_trial, first_start, probe, take_back_trial
from bot.store.journal import Journal
from bot.store.memories import memory_keys_after
from bot.store.migrate import open_ready
from bot.store.operations import Append, Work
from bot.store.outbox import StoredOutbox
from bot.store.place import Hold, hold
from bot.store.points import PointReads
from bot.store.quick import QuickReads
from bot.store.reads import Reads, no_raw, rows_after
from bot.store.retention import Retention
from bot.store.rows import RawOf, event_row, other_row, unreadable_row
from bot.store.rulesets import RuleSetRows
from bot.store.saving import Save, record_fetch, save_of
from bot.store.statements import Cursor
from bot.store.tail import Journaled, Tail
from bot.store.values import Appended, Fetch, JournalRow, Keep, Pruned, RowKind, Signature
from bot.store.values import Cursor as Place
from bot.store.writer import Writer

T = TypeVar("T")

_LEARNT_AT_ONCE: Final = 1_000  # keys: a millisecond of the loop


def _ignore(_what: object) -> None:
    return


def _heed_nothing(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()  # looked at, so that asyncio does not complain


class Store(QuickReads, RuleSetRows):
    """One store file, held by this process. Made by `open`; all methods are for the event loop's thread.

    Whatever writes raises StoreUnavailableError when it was not stored and may be tried again, and StoreFailedError
    once nothing can be trusted any more. `outbox` is what the relay works on.
    """

    def __init__(self, place: Hold, clock: Clock, keep: Keep, raw_of: RawOf) -> None:
        self._place = place
        self._raw_of = raw_of
        self._journal = Journal(clock)
        self._retention = Retention(self, clock, keep)
        self.outbox = StoredOutbox(self, clock)
        self._loop = asyncio.get_running_loop()
        self._saving: asyncio.Future[None] | None = None
        self._writer: Writer
        self._asking: Asking
        self._tail: Tail
        self._cursor: Place
        self._tried_to = 0
        self.first_start = 0  # ms: when this store first served

    @classmethod
    async def open(
        cls,
        path: Path,
        clock: Clock,
        *,
        keep: Keep | None = None,
        raw_of: RawOf = no_raw,
        on_failed: Callable[[StoreFailedError], None] = _ignore,
    ) -> Self:
        """Take the store, bring its schema forward, read where everything stands.

        `raw_of` decodes an event's payload from its stored body when the pipeline reads from disk (None: cannot be
        had). `on_failed` is called once, in the loop, when the store fails for good; the process must then stop.
        Raises StoreUntrustedError when the store must not be used, with the reason in words.
        """
        place = hold(path)
        store = cls(place, clock, keep or Keep(), raw_of)
        try:
            await store._start(clock, on_failed)
        except BaseException:
            place.release()
            raise
        return store

    async def close(self) -> None:
        """Write what waits, close everything and let another process have the store."""
        await self._asking.close()
        self._points.close()  # before the writer: the last connection to close empties the write-ahead log
        await self._writer.stop()
        self._place.release()  # not when stopping failed: a thread that still writes must keep others out

    # The journal.

    async def append(self, event: Event, body: bytes, reference: str | None = None) -> Appended:
        """Journal an event; returns once it is on disk. Its `at` is stamped here, the one it carries is ignored."""
        future: asyncio.Future[Appended] = self._loop.create_future()
        self._writer.submit(event_row(event, _EVENT, body, reference, future))
        return await future

    async def quarantine(self, source: str, body: bytes, error: str, kept: bytes | None = None) -> Appended:
        """Journal a body that cannot be read, stored as `kept` where that is given. The same body is a duplicate."""
        return await self._append(unreadable_row(source, body, error, self._loop.create_future(), kept))

    async def append_action(self, action: Action, signature: Signature | None = None) -> Appended:
        """Journal what a person did. The same signed action again is a duplicate (a click that Slack sends twice)."""
        return await self._append(other_row(action, self._loop.create_future(), signature))

    async def append_own(self, event: Event) -> int:
        """Journal an event of the bot's own; returns its row, the first one's when it is there already."""
        return (await self._append(event_row(event, RowKind.OWN.value, None, None, self._loop.create_future()))).seq

    async def append_completion(self, event: Event, body: bytes | None) -> Appended:
        """Journal what became of a payload by reference: a second row of the same event id, each kind once.

        `event.details` says which: COMPLETION came late, WHOLE in time, ENVELOPE not at all (`body` None). The last
        two are of one kind: of an event that was decided on its envelope, WHOLE is a duplicate.
        """
        kind = RowKind.COMPLETION if event.details is Details.COMPLETION else RowKind.ENVELOPE
        return await self._append(event_row(event, kind.value, body, None, self._loop.create_future()))

    async def barrier(self) -> int:
        """Return a time (ms): all that was journaled before is readable, all that follows has at least this `at`."""
        at: int = await self.work(lambda _cursor: self._journal.drafted_at)
        return at

    async def gathered(self) -> None:
        """Return when the writer has what senders brought just now; soon, also when they never pause."""
        await self._writer.gathered()

    async def inputs_after(self, seq: int, limit: int) -> list[JournalRow]:
        """Return the next inputs in order, at most `limit`; rows in quarantine or set aside are left out."""
        rows = self._tail.after(seq, limit)
        if rows is None:
            rows = await self.ask(lambda cursor: rows_after(cursor, seq, limit, self._raw_of))
        return rows

    # The second commit.

    def cursor(self) -> Place:
        """Return how far everything is decided and saved."""
        return self._cursor

    def save(
        self,
        decisions: Decisions,
        cursor: Place,
        fetches: Sequence[Fetch] = (),
        set_aside: Sequence[tuple[int, str]] = (),
    ) -> asyncio.Future[None]:
        """Write decisions, outbox rows, fetches and the cursor in one transaction; the future ends with its commit.

        All of it is encoded here. `set_aside` pairs journal rows that cannot be decided with the reason. Raises
        StoreUnavailableError also while the save before is under way: one that took too long must still come first.
        """
        if self._saving is not None and not self._saving.done():
            raise StoreUnavailableError("the save before is still under way")
        memory = self._points.memories.saving(decisions.memories)
        forget = 0 < self._tried_to <= cursor.seq
        save = save_of(decisions, cursor, memory, fetches, set_aside, forget_trials=forget)
        saving: asyncio.Future[None] = self._loop.create_future()
        self._writer.submit(Work(save.run, saving, partial(self._saved, save)))
        self._saving = saving
        return asyncio.shield(saving)

    async def count_attempt(self, seq: int) -> int:
        """Record that a row is about to be tried; returns how often it was, this time included."""
        self._tried_to = max(self._tried_to, seq)
        count: int = await self.work(lambda cursor: count_trial(cursor, seq))
        return count

    def take_back_attempt(self, seq: int) -> None:
        """Count one try of a row less, written by the end of this process: what ended that try was not the row."""
        done = self._loop.create_future()
        done.add_done_callback(_heed_nothing)
        with contextlib.suppress(StoreError):
            self._writer.submit(Work(partial(take_back_trial, seq=seq), done))

    async def record_fetch(self, fetch: Fetch) -> None:
        """Record how a fetch stands; its address is forgotten when it waits no more."""
        await self.work(lambda cursor: record_fetch(cursor, fetch))

    # Everything else.

    async def read(self, question: Callable[[Reads], T]) -> T:
        """Ask one of the questions of Reads, in a thread of its own: `store.read(lambda reads: reads.alerts())`."""
        return await self._asking.ask(question)

    async def ask(self, question: Callable[[Cursor], T]) -> T:
        """Run a longer read in the reader's thread."""
        return await self._asking.ask(lambda reads: question(reads.cursor))

    async def work(self, run: Callable[[Cursor], Any]) -> Any:
        """Run something in the writer's thread, inside a transaction; returns its result after the commit."""
        future: asyncio.Future[Any] = self._loop.create_future()
        self._writer.submit(Work(run, future))
        return await future

    async def probe(self) -> None:
        """Find out whether the store can write again; `trouble` says so afterwards. Raises like all that writes."""
        await self.work(probe)

    async def learn_memories(self) -> None:
        """Find out which memories there are, in small steps; before, each question after one reads the disk."""
        memories, after = self._points.memories, ""
        memories.note_unsettled()
        while keys := await self.ask(partial(memory_keys_after, key=after, limit=_LEARNT_AT_ONCE)):
            memories.absence.note(keys)
            after = keys[-1]
        memories.absence.is_known = True

    async def prune(self, on_swept: Callable[[Sequence[str]], None] = _ignore) -> Pruned:
        """Remove what is too old and what is too much, in steps of at most 500 rows.

        `on_swept` hears of the slices that were removed, by their keys.
        """
        return await self._retention.prune(on_swept)

    @property
    def settled_to(self) -> int:
        """The last row whose key is in the table of keys (retention.py)."""
        return self._journal.keys.settled_to

    @property
    def trouble(self) -> str | None:
        """Why nothing can be stored right now, None when it can."""
        return self._writer.trouble

    @property
    def failure(self) -> StoreFailedError | None:
        """Why nothing will be stored any more in this process."""
        return self._writer.failure

    @property
    def commits(self) -> int:
        """How many batches were committed since the start."""
        return self._writer.commits

    async def _start(self, clock: Clock, on_failed: Callable[[StoreFailedError], None]) -> None:
        path = self._place.path
        self._writer = Writer(
            partial(open_ready, path), self._journal, clock, on_committed=self._committed, on_failed=on_failed
        )
        await self._writer.start()
        try:
            self._points = PointReads(open_reading_connection(path))
            self._asking = await Asking.open(path, self._raw_of)
            self._cursor, self._tried_to = self._points.place(), self._points.last_tried()
            self._tail = Tail(self._journal.seq)
            self.first_start = await self.work(lambda cursor: first_start(cursor, clock.now_ms()))
        except BaseException:
            await self._writer.stop()
            raise

    async def _append(self, append: Append) -> Appended:
        self._writer.submit(append)
        appended: Appended = await append.future
        return appended

    def _committed(self, news: list[Journaled]) -> None:
        for journaled in news:
            self._tail.grow(journaled)

    def _saved(self, save: Save, _result: None) -> None:
        self._points.memories.saved(save.memory)
        self._cursor = save.place
        if save.forget_trials:
            self._tried_to = 0


_EVENT = RowKind.EVENT.value
