"""The loop over the journal: read after the cursor, fold, save with the cursor, say what was saved.

What senders wait for is handed to the writer first, and decided is while that is being committed: else the processor
would wait for the disk, and then the disk for the processor. What only has to be remembered waits a moment for more of
its kind: the journal has it already, and each save writes some pages that the next one would write again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import structlog

from bot.clock import Clock
from bot.core.fold import drain, fold, take
from bot.core.inputs import Details, Event, Reload
from bot.core.ruleset import RuleSet
from bot.core.troubles import EVENT_SET_ASIDE, PAYLOAD_UNAVAILABLE, trouble
from bot.errors import StoreError
from bot.pipeline.patience import patiently
from bot.pipeline.saver import Batch, Saver, SavingStore
from bot.pipeline.view import StateReader, StoredView
from bot.store.values import Cursor, Fetch, JournalRow, RowKind, SetAside

log = structlog.get_logger(__name__)

# Rows folded between two looks at other tasks: about 3 ms of deciding, so that accepting never waits longer. And rows
# of one save.
BATCH: Final = 64
# What nobody waits for is saved so much later at most (seconds): two turns of 32 busy senders take about that long.
HELD_AT_MOST: Final = 0.01
# A timer is looked for at least this often, so that a clock that was set does not strand one (seconds).
LONGEST_WAIT: Final = 1.0
# An event that was tried this often and took the process with it each time is set aside.
TRIES_BEFORE_SET_ASIDE: Final = 3
# Timers that have their turn in one save, about 7 ms: very many due at once neither hold the loop for long nor make
# one huge save.
TIMERS_AT_ONCE: Final = 128
# What may not be saved when the process dies: the batch that is being saved and the one that is being decided.
MOST_UNSAVED: Final = 2 * BATCH
_EVENT: Final = RowKind.EVENT  # looked up once: a member of an enum costs 900 instructions at each look
_WHOLE: Final = Details.WHOLE


class PipelineStore(SavingStore, StateReader, Protocol):
    """What the pipeline needs of the store."""

    def cursor(self) -> Cursor:
        """Return where the last save ended."""
        ...

    async def gathered(self) -> None:
        """Return when what senders wait for is on its way to the disk; soon, also when they never pause."""
        ...

    async def inputs_after(self, seq: int, limit: int) -> Sequence[JournalRow]:
        """Return the next journal rows in order."""
        ...

    async def barrier(self) -> int:
        """Return a time (ms) before which nothing will be journaled any more."""
        ...

    async def count_attempt(self, seq: int) -> int:
        """Record that a row is about to be tried; return how often it has been, this time included."""
        ...

    def take_back_attempt(self, seq: int) -> None:
        """Count one try of a row less: what ended it was not the row."""
        ...


class Pipeline:
    """Decides what the journal holds, in order, once.

    `on_saved` hears of every batch after its commit. `may_fetch` says whether a source allows the host of a
    payload's address. `rule_set` is in force at the cursor; `rule_set_of` gives the one of a version that the journal
    names further on, and is asked before its row is decided. Nothing is shared with other tasks but the store. While
    the store cannot write, the pipeline waits for it with what it has decided.
    """

    def __init__(
        self,
        store: PipelineStore,
        rule_set: RuleSet,
        clock: Clock,
        *,
        on_saved: Callable[[Batch], None],
        may_fetch: Callable[[str, str], bool],
        rule_set_of: Callable[[str], Awaitable[RuleSet]] | None = None,
    ) -> None:
        self._store, self._clock = store, clock
        self._rule_set, self._rule_set_of = rule_set, rule_set_of
        self._on_saved, self._may_fetch = on_saved, may_fetch
        self._view = StoredView(store)
        self._saver = Saver(store, self.wake)
        self._open = Batch()  # decided, and not handed over to be saved
        self._opened_at = 0.0
        self._cursor = store.cursor()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()

    @property
    def view(self) -> StoredView:
        """State as decided so far, for health and metrics."""
        return self._view

    @property
    def position(self) -> Cursor:
        """The last journal row that is decided."""
        return self._cursor

    @property
    def rule_set(self) -> RuleSet:
        """The rule set by which the next row is decided."""
        return self._rule_set

    def begin_with(self, rule_set: RuleSet) -> None:
        """Decide by this one from the cursor on. Before `run` only: afterwards the journal says what is in force."""
        self._rule_set = rule_set

    def wake(self) -> None:
        """Say that the journal grew."""
        self._wake.set()

    async def run(self) -> None:
        """Decide until cancelled. Ends only with an error of the store, which must stop the process."""
        await self._recover()
        while True:
            self._wake.clear()
            if not await self.step():
                if not self._saver.is_under_way and not self._open.rows:
                    self._idle.set()
                await self._wait()
                self._idle.clear()

    async def caught_up(self) -> None:
        """Wait until everything journaled before now is decided (for an orderly end). Bound it with a timeout."""
        self.wake()
        self._idle.clear()
        await self._idle.wait()

    async def step(self) -> bool:
        """Decide the next rows or the timers that came due; say whether there was anything. `saved` ends its save."""
        if self._saver.is_over:
            await self._finish_save()
        await self._store.gathered()
        rows = await self._next_rows(BATCH - self._open.rows)
        if rows:
            await self._decide(rows)
            return True
        if self._open.rows and self._held_left_s() <= 0:
            await self._save()
            return True
        due = self._view.first_due()
        if due is None or due >= self._clock.now_ms():
            return False
        return await self._fire_timers()

    async def saved(self) -> None:
        """Wait until all that was decided is saved, and say so."""
        if self._open.rows:
            await self._save()
        await self._finish_save()

    async def _next_rows(self, limit: int) -> Sequence[JournalRow]:
        return await patiently(lambda: self._store.inputs_after(self._cursor.seq, limit))

    async def _recover(self) -> None:
        """Take the rows that were in flight when the last process ended one by one, each try counted before it.

        One of them may be what ended it; tried in a batch it would hold the others for ever.
        """
        for row in await self._next_rows(MOST_UNSAVED):
            try:
                await self._try(row)
            except (asyncio.CancelledError, StoreError):
                self._store.take_back_attempt(row.seq)  # a stop and a broken disk say nothing of the row
                raise

    async def _try(self, row: JournalRow) -> None:
        tries = await patiently(lambda: self._store.count_attempt(row.seq))
        killer = f"the process ended {tries - 1} times while deciding it" if tries > TRIES_BEFORE_SET_ASIDE else None
        while self._cursor.seq < row.seq:  # timers that come before it may take saves of their own
            await self._decide([row], killer)
        await self.saved()

    async def _decide(self, rows: Sequence[JournalRow], killer: str | None = None) -> None:
        """Decide rows, up to one before which too many timers are due for one save. `killer`: set them aside."""
        if not self._open.rows:
            self._opened_at = asyncio.get_running_loop().time()
        batch, (done, time) = self._open, self._cursor
        named = await self._named_in(rows)
        self._view.read_ahead(row.input for row in rows)
        for row in rows:
            undone = self._drain(row.input.at, batch)
            if undone is not None:
                time = max(time, undone)
                break
            if row.seq in named:  # exactly here, and not for the timers before: so a replay decides the same
                self._rule_set = named[row.seq]
                batch.taken_up = self._rule_set, row.input.at
            if killer is None:
                self._decide_one(row, batch)
            else:
                self._set_aside(row, killer, batch)
            done, time = row.seq, row.input.at
            batch.rows += 1
        self._cursor = Cursor(done, time)
        if batch.rows >= BATCH or not batch.can_wait:
            await self._save()

    async def _named_in(self, rows: Sequence[JournalRow]) -> dict[int, RuleSet]:
        """Return the rule sets that come into force with some of these rows."""
        named = {row.seq: row.input.version for row in rows if isinstance(row.input, Reload)}
        if self._rule_set_of is None:
            return {}
        return {seq: await self._rule_set_of(version) for seq, version in named.items()}

    def _drain(self, before: int, batch: Batch) -> int | None:
        """Give timers due before a time their turn, as many as one save takes; return when the next one is due."""
        while (timer := self._view.next_timer(before)) is not None:
            if batch.timers == TIMERS_AT_ONCE:
                return timer.due
            drain(before, self._view, self._rule_set, batch.decisions, limit=1)
            batch.timers += 1
        return None

    def _decide_one(self, row: JournalRow, batch: Batch) -> None:
        given = row.input
        try:
            if isinstance(given, Event) and row.kind is _EVENT and given.details is not _WHOLE:
                self._by_reference(row, given, batch)
            else:
                take(given, self._view, self._rule_set, batch.decisions)
        except StoreError:
            raise  # says nothing of the event
        except Exception as error:
            # One event that cannot be decided must not hold the others. That it raised is a bug: with its trace.
            log.exception("event set aside", seq=row.seq)
            self._set_aside(row, type(error).__name__, batch)

    def _by_reference(self, row: JournalRow, event: Event, batch: Batch) -> None:
        """Leave the payload to be fetched; where it cannot be, decide on the envelope at once."""
        url = row.reference
        if url is not None and self._may_fetch(event.source, url):
            batch.fetches.append(Fetch(event_id=event.event_id, seq=row.seq, url=url, due=event.at))
            return
        why = "it came without its address" if url is None else "its host is not in fetch_from"
        missing = trouble(PAYLOAD_UNAVAILABLE, event.source, event.event_id, at=event.at, cause=why)
        for given in (event, missing):
            fold(given, self._view, self._rule_set, batch.decisions)

    def _set_aside(self, row: JournalRow, why: str, batch: Batch) -> None:
        batch.set_aside.append(SetAside(row.seq, why))
        source = getattr(row.input, "source", "the bot itself")
        told = trouble(EVENT_SET_ASIDE, source, f"seq:{row.seq}", at=row.input.at, cause=why)
        fold(told, self._view, self._rule_set, batch.decisions)

    async def _fire_timers(self) -> bool:
        """Give due timers their turn, once nothing earlier can be journaled any more."""
        now = await patiently(self._store.barrier)
        if await self._next_rows(1):
            return True  # these come first
        undone = self._drain(now, self._open)
        until = now if undone is None else max(self._cursor.time, undone)
        self._cursor = Cursor(self._cursor.seq, until)
        await self._save()
        return True

    async def _save(self) -> None:
        """Have what is open saved once the save before is over: what is saved is always all up to some place."""
        await self._finish_save()
        batch, self._open = self._open, Batch()
        self._saver.begin(batch, self._cursor)

    async def _finish_save(self) -> None:
        saved = await self._saver.finish()
        if saved is not None:
            self._view.trim(self._open.decisions)
            self._on_saved(saved)

    def _held_left_s(self) -> float:
        return self._opened_at + HELD_AT_MOST - asyncio.get_running_loop().time()

    async def _wait(self) -> None:
        due = self._view.first_due()
        longest = LONGEST_WAIT if due is None else min(LONGEST_WAIT, max(0.0, (due - self._clock.now_ms() + 1) / 1000))
        if self._open.rows:
            longest = min(longest, max(0.0, self._held_left_s()))
        try:
            async with asyncio.timeout(longest):
                await self._wake.wait()
        except TimeoutError:
            return
