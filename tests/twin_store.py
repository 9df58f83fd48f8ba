"""A store in memory for the pipeline's unit tests: the same promises, no disk.

The real store is held to the same behaviour by tests/integration/store and tests/integration/pipeline.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from bot.core.decisions import Decisions
from bot.core.fold import State
from bot.core.inputs import Input
from bot.core.roundup import Pace, Roundup
from bot.core.state import Memory, Slice, Timer
from bot.store.values import Cursor, Fetch, JournalRow, RowKind, SetAside
from tests.clocks import VirtualClock


class TwinStore:
    """Journal, state and outbox in lists and dicts; everything saved survives, as on disk."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.journal: list[JournalRow] = []
        self.state = State()
        self.saved = Decisions()
        self.saves: list[Cursor] = []
        self.fetches: list[Fetch] = []
        self.set_aside: list[SetAside] = []
        self.attempts: dict[int, int] = {}
        self._cursor = Cursor()

    def add(self, given: Input, reference: str | None = None, kind: RowKind = RowKind.EVENT) -> None:
        stamped = msgspec.structs.replace(given, at=self.clock.now_ms())
        self.journal.append(JournalRow(len(self.journal) + 1, kind, stamped, reference))

    def cursor(self) -> Cursor:
        return self._cursor

    async def inputs_after(self, seq: int, limit: int) -> Sequence[JournalRow]:
        return self.journal[seq : seq + limit]

    async def barrier(self) -> int:
        return self.clock.now_ms()

    async def count_attempt(self, seq: int) -> int:
        self.attempts[seq] = self.attempts.get(seq, 0) + 1
        return self.attempts[seq]

    def take_back_attempt(self, seq: int) -> None:
        if seq in self.attempts:
            self.attempts[seq] -= 1

    async def gathered(self) -> None:
        pass

    def save(
        self, decisions: Decisions, cursor: Cursor, fetches: Sequence[Fetch], set_aside: Sequence[SetAside]
    ) -> asyncio.Future[None]:
        self.state.apply(decisions)
        self.saved.add(decisions)
        self.fetches.extend(fetches)
        self.set_aside.extend(set_aside)
        self._cursor = cursor
        self.saves.append(cursor)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def read_memories(self, keys: Iterable[str]) -> dict[str, Memory]:
        return {key: self.state.memories[key] for key in keys if key in self.state.memories}

    def read_slice(self, key: str) -> Slice | None:
        return self.state.slice(key)

    def slice_keys(self) -> Iterable[str]:
        return list(self.state.slices)

    def open_slices(self) -> Iterable[tuple[str, str, str]]:
        slices = self.state.slices.items()
        return [(s.rule, key, s.alert.alert_id) for key, s in slices if s.alert is not None]

    def standing_roundups(self) -> Iterable[Roundup]:
        return self.state.standing_roundups()

    def paces(self) -> dict[str, Pace]:
        return self.state.paces()

    def load_timers(self) -> Iterable[Timer]:
        return [Timer(due, *key) for key, due in self.state.timers.standing().items()]
