"""The journal: every input in the order in which it was committed, each event id once."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from bot.clock import Clock
from bot.store import schema
from bot.store.operations import Append, Operation
from bot.store.rows import REFERENCE, stamped
from bot.store.settling import Keys
from bot.store.statements import Cursor, Insertion, Row, Statement, first
from bot.store.tail import Journaled
from bot.store.values import Appended, JournalRow, RowKind

_J = schema.JOURNAL.c
_ROWS = Insertion(schema.JOURNAL, alike=("at", "kind", "details", "reference", "status", "error"))
_BODIES = Insertion(schema.BODIES)
_LAST = Statement(first(sa.select(_J.seq, _J.at).order_by(_J.seq.desc()), 1))
_AT = Statement(sa.select(_J.at).where(_J.seq == sa.bindparam("seq")), "seq")
_MARKS = Statement(sa.select(sa.func.max(schema.MARKS.c.seq), sa.func.max(schema.MARKS.c.time)))

_KINDS: Final = {kind.value: kind for kind in RowKind}


class _Draft:
    """What one batch adds to the journal; forgotten when it is rolled back."""

    __slots__ = ("at", "bodies", "inputs", "keys", "rows", "seq")

    def __init__(self, seq: int, at: int) -> None:
        self.seq, self.at = seq, at
        self.rows: list[Row] = []
        self.bodies: list[Row] = []
        self.keys: dict[str, int] = {}
        self.inputs = Journaled([], [])

    def add(self, append: Append) -> Appended:
        self.seq = seq = self.seq + 1
        at, values = self.at, append.values
        self.rows.append((seq, at, *values))
        if append.body is not None:
            # The driver binds a bytearray as it is, and bytes only after it has looked for an adapter.
            self.bodies.append((seq, bytearray(append.body)))
        if append.key is not None:
            self.keys[append.key] = seq
        if append.given is not None:
            given = stamped(append.given, at)
            self.inputs.rows.append(JournalRow(seq, _KINDS[values[0]], given, values[REFERENCE]))
            self.inputs.sizes.append(append.size)
        return Appended(seq, append.event_id, duplicate=False, at=at)


class Journal:
    """The end of the journal as the writer's thread knows it: the last row, the last time, the known ids."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.keys = Keys()
        self.seq = 0
        self.at = 0
        self._draft = _Draft(0, 0)
        self._news: list[Journaled] = []

    def load(self, cursor: Cursor) -> None:
        """Read where the journal ends. Row numbers go on after the cursor even when retention removed the rows."""
        self.keys.load(cursor)
        seq, at = _LAST.one(cursor) or (0, 0)
        marked_seq, marked_at = _MARKS.one(cursor) or (0, 0)
        self.seq, self.at = max(seq, marked_seq or 0), max(at, marked_at or 0)

    @property
    def drafted_at(self) -> int:
        """The time of the batch that is being written: nothing later in the journal will be before it."""
        return self._draft.at

    def run(self, cursor: Cursor, operations: list[Operation]) -> list[Any]:
        """Write one batch: all journal rows in a few statements, then the other work in its order."""
        self._draft = _Draft(self.seq, max(self._clock.now_ms(), self.at))
        appends = [operation for operation in operations if isinstance(operation, Append)]
        if len(appends) == len(operations):
            return self._append(cursor, appends)
        appended = iter(self._append(cursor, appends) if appends else ())
        return [next(appended) if isinstance(one, Append) else one.run(cursor) for one in operations]

    def settle(self, *, committed: bool) -> None:
        """Take over what was drafted, or forget it."""
        if not committed:
            self.keys.undone()
            return
        self.seq, self.at = self._draft.seq, self._draft.at
        self.keys.note(self._draft.keys)
        self.keys.stepped()
        self._news.append(self._draft.inputs)

    def news(self) -> list[Journaled]:
        """Return the inputs that were committed since this was last asked."""
        news, self._news = self._news, []
        return news

    def _append(self, cursor: Cursor, appends: list[Append]) -> list[Appended]:
        self.keys.step(cursor, self.seq)
        draft, results = self._draft, []
        known = self.keys.find(cursor, [append.key for append in appends if append.key is not None])
        for append in appends:
            key = append.key
            first = None if key is None else known.get(key) or draft.keys.get(key)
            results.append(draft.add(append) if first is None else self._duplicate(cursor, append, first))
        _ROWS.run(cursor, draft.rows)
        _BODIES.run(cursor, draft.bodies)
        return results

    def _duplicate(self, cursor: Cursor, append: Append, first: int) -> Appended:
        row = _AT.one(cursor, first)  # none when it is a row of this very batch
        return Appended(first, append.event_id, duplicate=True, at=row[0] if row else self._draft.at)
