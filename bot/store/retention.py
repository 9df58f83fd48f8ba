"""What becomes too old, or too much, goes: in small steps, so that no event waits long behind one.

Never touched: rows that are not decided yet, deliveries that are not settled, open alerts with their slices and
messages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Protocol

import sqlalchemy as sa

from bot.clock import Clock
from bot.core.rule import MS_PER_DAY
from bot.store import schema
from bot.store.reads import last_before, size_in_use
from bot.store.rows import key_of
from bot.store.rulesets import drop_replaced
from bot.store.standing import drop_looks
from bot.store.statements import Cursor, Row, Statement, first
from bot.store.sweeps import SLICES, SWEEPS, Piece, Sweep
from bot.store.values import Cursor as Place
from bot.store.values import Keep, Pruned

STEP: Final = 500
STEP_BYTES: Final = 32 << 20
# A round goes on over a table where the last one ended, so that a large one does not hold it up.
STEPS_PER_SWEEP: Final = 40
# Not even for want of room: providers deliver again for days, and a forgotten key would make a second event of it.
KEYS_AT_LEAST_MS: Final = 7 * MS_PER_DAY
_PAGES_BACK: Final = 256
_MOST_FREE: Final = 4  # one page in so many may lie free before pages are given back

_B, _J = schema.BODIES.c, schema.JOURNAL.c
_BODIES = Statement(
    first(sa.select(_B.seq, sa.func.length(_B.body)).where(_B.seq <= sa.bindparam("upto_")).order_by(_B.seq), STEP),
    "upto_",
)
_ROWS = Statement(
    first(
        sa.select(_J.seq, _J.kind, _J.event_id)
        .where(_J.seq <= sa.bindparam("upto_"), sa.not_(schema.IS_ACTION))
        .order_by(_J.seq),
        STEP,
    ),
    "upto_",
)
_ACTIONS = Statement(
    first(
        sa.select(_J.seq, _J.kind, _J.event_id)
        .where(schema.IS_ACTION, _J.at < sa.bindparam("before_"), _J.seq <= sa.bindparam("upto_"))
        .order_by(_J.at),
        STEP,
    ),
    "before_",
    "upto_",
)
_DROP_BODIES = Statement(sa.delete(schema.BODIES).where(_B.seq <= sa.bindparam("upto_")), "upto_")
_DROP_ROWS = Statement(
    sa.delete(schema.JOURNAL).where(_J.seq <= sa.bindparam("upto_"), sa.not_(schema.IS_ACTION)), "upto_"
)
_DROP_ROW = Statement(sa.delete(schema.JOURNAL).where(_J.seq == sa.bindparam("seq_")), "seq_")
_DROP_KEY = Statement(sa.delete(schema.KEYS).where(schema.KEYS.c.key == sa.bindparam("key_")), "key_")


class Prunable(Protocol):
    """What retention needs of the store."""

    async def work(self, run: Callable[[Cursor], Any]) -> Any:
        """Run it in a transaction."""
        ...

    async def ask(self, question: Callable[[Cursor], Any]) -> Any:
        """Run a longer read."""
        ...

    def cursor(self) -> Place:
        """Return how far is decided."""
        ...

    @property
    def settled_to(self) -> int:
        """The last row whose key is in the table of keys."""
        ...


class Retention:
    """One round after another; `prune` is called every minute or so."""

    def __init__(self, store: Prunable, clock: Clock, keep: Keep) -> None:
        self._store, self._clock, self._keep = store, clock, keep
        self._places = [""] * len(SWEEPS)

    async def prune(self, on_swept: Callable[[Sequence[str]], None]) -> Pruned:
        """Remove what is too old, then what is too much. Each step is a commit of its own.

        `on_swept` hears of each step that removed slices, by their keys.
        """
        now = self._clock.now_ms()
        bodies = await self._repeat(drop_bodies, await self._decided_before(now - self._keep.bodies_ms))
        rows = await self._drop_rows_before(now - self._keep.keys_ms)
        rows += await self._drop_actions_before(now - self._keep.audit_ms)
        swept = await self._repeat(drop_looks, now - self._keep.keys_ms)
        swept += await self._drop_replaced_before(now - self._keep.audit_ms)
        for number, sweep in enumerate(SWEEPS):
            swept += await self._sweep(number, sweep, now, on_swept)
        more_bodies, more_rows = await self._fit(now)
        await self._give_back()
        over = await self._is_over()
        return Pruned(bodies=bodies + more_bodies, rows=rows + more_rows, swept=swept, over_size=over)

    async def _fit(self, now: int) -> tuple[int, int]:
        """Make room: bodies first, then rows that nobody will ask for as duplicates any more."""
        bodies = rows = 0
        while await self._is_over():
            step = await self._step(drop_bodies, self._store.cursor().seq)
            if not step:
                break
            bodies += step
        oldest = now - KEYS_AT_LEAST_MS
        while await self._is_over():
            step = await self._step(drop_rows, await self._settled_before(oldest))
            if not step:
                break
            rows += step
        return bodies, rows

    async def _drop_rows_before(self, at: int) -> int:
        return await self._repeat(drop_rows, await self._settled_before(at))

    async def _drop_actions_before(self, at: int) -> int:
        upto = await self._settled_before(at)
        return await self._repeat(lambda cursor, most: drop_actions(cursor, at, most), upto)

    async def _drop_replaced_before(self, at: int) -> int:
        return await self._repeat(lambda cursor, upto: drop_replaced(cursor, at, upto), self._store.cursor().seq)

    async def _decided_before(self, at: int) -> int:
        found: int = await self._store.ask(lambda cursor: last_before(cursor, at))
        return min(found, self._store.cursor().seq)

    async def _settled_before(self, at: int) -> int:
        # A row must not go before its key is in the table: the key would be forgotten at the next start.
        return min(await self._decided_before(at), self._store.settled_to)

    async def _sweep(self, number: int, sweep: Sweep, now: int, on_swept: Callable[[Sequence[str]], None]) -> int:
        reckoned = min(now, self._store.cursor().time) if sweep.decides else now
        removed, before = 0, reckoned - sweep.age(self._keep)
        for _ in range(STEPS_PER_SWEEP):
            step = partial(sweep.step, after=self._places[number], before=before)
            piece: Piece = await self._store.work(step)
            removed += len(piece.removed)
            if sweep is SLICES and piece.removed:
                on_swept(piece.removed)
            self._places[number] = piece.upto or ""
            if piece.upto is None:
                break
        return removed

    async def _repeat(self, drop: Callable[[Cursor, int], int], upto: int) -> int:
        removed = 0
        while step := await self._step(drop, upto):
            removed += step
        return removed

    async def _step(self, drop: Callable[[Cursor, int], int], upto: int) -> int:
        removed: int = await self._store.work(lambda cursor: drop(cursor, upto))
        return removed

    async def _is_over(self) -> bool:
        size: int = await self._store.ask(size_in_use)
        return size > self._keep.max_size

    async def _give_back(self) -> None:
        """Shrink the file while it is too large or holds much that is free; free pages are used again otherwise."""
        while await self._store.ask(self._should_shrink):
            await self._store.work(_shrink)

    def _should_shrink(self, cursor: Cursor) -> bool:
        pages, free, size = (
            cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        is_over = free > 0 and pages * size > self._keep.max_size
        return bool(is_over or (free > _PAGES_BACK and free * _MOST_FREE > pages))


def drop_bodies(cursor: Cursor, upto: int) -> int:
    """Remove the oldest bodies up to a row: at most 500, at most about 32 MiB. Returns how many."""
    count = last = size = 0
    for seq, length in _BODIES.all(cursor, upto):
        if count and size + length > STEP_BYTES:
            break
        count, last, size = count + 1, seq, size + length
    if count:
        _DROP_BODIES.run(cursor, last)
    return count


def drop_rows(cursor: Cursor, upto: int) -> int:
    """Remove the oldest journal rows up to one, with their keys and bodies: at most 500. Returns how many.

    What people did stays: it goes by an age of its own.
    """
    rows = _ROWS.all(cursor, upto)
    if rows:
        last = rows[-1][0]
        _drop_keys(cursor, rows)
        _DROP_BODIES.run(cursor, last)
        _DROP_ROWS.run(cursor, last)
    return len(rows)


def drop_actions(cursor: Cursor, before: int, upto: int) -> int:
    """Remove actions from before a time (ms), in rows up to one, with their keys: at most 500. Returns how many."""
    rows = _ACTIONS.all(cursor, before, upto)
    _drop_keys(cursor, rows)
    _DROP_ROW.each(cursor, [(seq,) for seq, _kind, _own_id in rows])
    return len(rows)


def _drop_keys(cursor: Cursor, rows: Sequence[Row]) -> None:
    _DROP_KEY.each(cursor, [(key_of(kind, own_id),) for _seq, kind, own_id in rows if own_id is not None])


def _shrink(cursor: Cursor) -> None:
    cursor.execute(f"PRAGMA incremental_vacuum({_PAGES_BACK})").fetchall()  # each row fetched frees one page
