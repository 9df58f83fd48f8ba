"""The loop over the journal: read after the cursor, fold, save with the cursor, say what was saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
import structlog

from bot.clock import Clock
from bot.core.decisions import Decisions
from bot.core.fold import drain, fold
from bot.core.inputs import Details, Event
from bot.core.rule import RuleSet
from bot.core.troubles import EVENT_SET_ASIDE, PAYLOAD_UNAVAILABLE, trouble
from bot.pipeline.view import StateReader, StoredView
from bot.store.values import Cursor, Fetch, JournalRow, SetAside

log = structlog.get_logger(__name__)

# Rows folded between two looks at other tasks: about 3 ms of deciding, so that accepting never waits longer.
BATCH: Final = 64
# A timer is looked for at least this often, so that a clock that was set does not strand one (seconds).
LONGEST_WAIT: Final = 1.0
# An event that was tried this often and took the process with it each time is set aside.
TRIES_BEFORE_SET_ASIDE: Final = 3
SAVE_TIMEOUT: Final = 30.0


class PipelineStore(StateReader, Protocol):
    """What the pipeline needs of the store."""

    def cursor(self) -> Cursor:
        """Return where the last save ended."""
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

    async def save(
        self, decisions: Decisions, cursor: Cursor, fetches: Sequence[Fetch], set_aside: Sequence[SetAside]
    ) -> None:
        """Write all of it in one transaction."""
        ...


@dataclass(slots=True)
class Batch:
    """What one save will hold."""

    decisions: Decisions
    fetches: list[Fetch]
    set_aside: list[SetAside]


class Pipeline:
    """Decides what the journal holds, in order, once.

    `on_saved` hears of every batch after its commit. `may_fetch` says whether a source allows the host of a
    payload's address. Nothing is shared with other tasks but the store.
    """

    def __init__(
        self,
        store: PipelineStore,
        rule_set: RuleSet,
        clock: Clock,
        *,
        on_saved: Callable[[Decisions], None],
        may_fetch: Callable[[str, str], bool],
    ) -> None:
        self._store, self._clock = store, clock
        self._rule_set = rule_set
        self._on_saved, self._may_fetch = on_saved, may_fetch
        self._view = StoredView(store)
        self._cursor = store.cursor()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()

    @property
    def view(self) -> StoredView:
        """State as decided so far, for health and metrics."""
        return self._view

    @property
    def position(self) -> Cursor:
        """The last journal row that is decided and saved."""
        return self._cursor

    def wake(self) -> None:
        """Say that the journal grew."""
        self._wake.set()

    async def run(self) -> None:
        """Decide until cancelled. Ends only with an error of the store, which must stop the process."""
        await self._recover()
        while True:
            self._wake.clear()
            if not await self.step():
                self._idle.set()
                await self._wait()
                self._idle.clear()

    async def caught_up(self) -> None:
        """Wait until everything journaled before now is decided (for an orderly end). Bound it with a timeout."""
        self.wake()
        self._idle.clear()
        await self._idle.wait()

    async def step(self) -> bool:
        """Decide the next rows or the timers that came due; say whether there was anything."""
        rows = await self._store.inputs_after(self._cursor.seq, BATCH)
        if rows:
            await self._decide(rows)
            return True
        due = self._view.first_due()
        if due is None or due >= self._clock.now_ms():
            return False
        return await self._fire_timers()

    async def _recover(self) -> None:
        """Take the rows that were in flight when the last process ended one by one, each try counted before it.

        One of them may be what ended it; tried in a batch it would hold the others for ever.
        """
        for row in await self._store.inputs_after(self._cursor.seq, BATCH):
            tries = await self._store.count_attempt(row.seq)
            if tries > TRIES_BEFORE_SET_ASIDE:
                batch = Batch(Decisions(), [], [])
                self._set_aside(row, f"the process ended {tries - 1} times while deciding it", batch)
                await self._save(batch, Cursor(row.seq, row.input.at))
            else:
                await self._decide([row])

    async def _decide(self, rows: Sequence[JournalRow]) -> None:
        batch = Batch(Decisions(), [], [])
        self._view.read_ahead(row.input for row in rows)
        for row in rows:
            self._decide_one(row, batch)
        await self._save(batch, Cursor(rows[-1].seq, rows[-1].input.at))

    def _decide_one(self, row: JournalRow, batch: Batch) -> None:
        given = row.input
        try:
            if isinstance(given, Event) and row.reference is not None:
                self._by_reference(row, given, row.reference, batch)
            else:
                fold(given, self._view, self._rule_set, batch.decisions)
        except Exception as error:
            # One event that cannot be decided must not hold the others. That it raised is a bug: with its trace.
            log.exception("event set aside", seq=row.seq)
            self._set_aside(row, type(error).__name__, batch)

    def _by_reference(self, row: JournalRow, event: Event, url: str, batch: Batch) -> None:
        """Leave the payload to be fetched; where its host is not allowed, decide on the envelope at once."""
        drain(event.at, self._view, self._rule_set, batch.decisions)
        if self._may_fetch(event.source, url):
            batch.fetches.append(Fetch(event_id=event.event_id, seq=row.seq, url=url, due=event.at))
            return
        envelope = msgspec.structs.replace(event, details=Details.ENVELOPE)
        fold(envelope, self._view, self._rule_set, batch.decisions)
        missing = trouble(
            PAYLOAD_UNAVAILABLE, event.source, event.event_id, at=event.at, cause="its host is not in fetch_from"
        )
        fold(missing, self._view, self._rule_set, batch.decisions)

    def _set_aside(self, row: JournalRow, why: str, batch: Batch) -> None:
        batch.set_aside.append(SetAside(row.seq, why))
        source = getattr(row.input, "source", "the bot itself")
        told = trouble(EVENT_SET_ASIDE, source, f"seq:{row.seq}", at=row.input.at, cause=why)
        fold(told, self._view, self._rule_set, batch.decisions)

    async def _fire_timers(self) -> bool:
        """Give due timers their turn, once nothing earlier can be journaled any more."""
        now = await self._store.barrier()
        if await self._store.inputs_after(self._cursor.seq, 1):
            return True  # these come first
        batch = Batch(drain(now, self._view, self._rule_set), [], [])
        await self._save(batch, Cursor(self._cursor.seq, now))
        return True

    async def _save(self, batch: Batch, cursor: Cursor) -> None:
        async with asyncio.timeout(SAVE_TIMEOUT):
            await self._store.save(batch.decisions, cursor, batch.fetches, batch.set_aside)
        self._cursor = cursor
        self._view.trim()
        self._on_saved(batch.decisions)

    async def _wait(self) -> None:
        due = self._view.first_due()
        longest = LONGEST_WAIT if due is None else min(LONGEST_WAIT, max(0.0, (due - self._clock.now_ms() + 1) / 1000))
        try:
            async with asyncio.timeout(longest):
                await self._wake.wait()
        except TimeoutError:
            return
