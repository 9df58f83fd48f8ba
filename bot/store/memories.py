"""Job memory: what was saved lately lies in a log in its order, and is settled into the table in sorted steps.

Every event has a memory of its own to change, at a random place of the table; saved there at once, each would write
a page of 16 KB. The log is read again at start. All methods are for the event loop's thread, but for what `Saving.run`
does in the writer's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from bot.core.state import Memory
from bot.store import schema
from bot.store.absence import Absence
from bot.store.statements import Cursor, Insertion, Lookup, Row, Statement, first

SETTLE_AT: Final = 4_096
STEP: Final = 512

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Memory).decode

_L = schema.MEMORY_LOG.c
_LOG = Insertion(schema.MEMORY_LOG)
_UPSERT = Insertion(schema.MEMORIES, update=("body", "at"))
_LOOKUP = Lookup(schema.MEMORIES.c.key, schema.MEMORIES.c.key, schema.MEMORIES.c.body)
_READ_LOG = Statement(sa.select(_L.n, _L.key, _L.body, _L.at).order_by(_L.n))
_K = schema.MEMORIES.c.key
_KEYS_AFTER = Statement(
    first(sa.select(_K).where(sa.bindparam("after_") < _K).order_by(_K), sa.bindparam("limit_")), "after_", "limit_"
)
_ANY = Statement(first(sa.select(_K), 1))
_EMPTY_LOG = Statement(sa.delete(schema.MEMORY_LOG).where(_L.n <= sa.bindparam("n_")), "n_")


class Saving(NamedTuple):
    """What one save writes of memory.

    `logged` are rows of the log by their keys; `emptied_to` is the end of the log that is settled with it, else 0.
    """

    logged: dict[str, Row]
    settled: list[Row]
    emptied_to: int

    def run(self, cursor: Cursor) -> None:
        """Write it; in the writer's thread, part of the save's transaction."""
        _LOG.run(cursor, [*self.logged.values()])
        _UPSERT.run(cursor, self.settled)
        if self.emptied_to:
            _EMPTY_LOG.run(cursor, self.emptied_to)


def memory_keys_after(cursor: Cursor, key: str, limit: int) -> list[str]:
    """Return the next keys of settled memories, in their order."""
    return [found for (found,) in _KEYS_AFTER.all(cursor, key, limit)]


class Memories:
    """Reads of memory, and what a save must write of it. `absence` saves questions once it `is_known` what is there."""

    def __init__(self, cursor: Cursor, absence: Absence | None = None) -> None:
        rows = _READ_LOG.all(cursor)
        self._last = rows[-1][0] if rows else 0
        self._recent: dict[str, Row] = {row[1]: row for row in rows}  # rows of the log
        self._settling: dict[str, Row] = {}
        self._left: list[Row] = []
        self._target = 0
        self.absence = absence or Absence()
        if absence is not None and _ANY.one(cursor) is None:
            self.note_unsettled()
            self.absence.is_known = True

    def note_unsettled(self) -> None:
        """Note what is not in the table yet; what is saved from now on is noted by itself."""
        self.absence.note(chain(self._recent, self._settling))

    def read(self, cursor: Cursor, keys: Iterable[str]) -> dict[str, Memory]:
        """Return the memories there are among these keys."""
        found, asked = {}, []
        for key in keys:
            row = self._recent.get(key) or self._settling.get(key)
            if row is None:
                asked.append(key)
            else:
                found[key] = _decode(row[2])
        if asked and self.absence.is_known:
            asked = self.absence.possible(asked)
        if asked:
            found.update((key, _decode(body)) for key, body in _LOOKUP.run(cursor, asked))
        return found

    def saving(self, memories: Mapping[str, Memory]) -> Saving:
        """Return what saving these writes. `saved` must be called with it once it is committed."""
        numbered = enumerate(memories.items(), self._last + 1)
        logged = {key: (n, key, _encode(memory).decode(), memory.at) for n, (key, memory) in numbered}
        settled = [row[1:] for row in self._left[:STEP]]
        emptied_to = self._target if settled and len(settled) == len(self._left) else 0
        return Saving(logged, settled, emptied_to)

    def saved(self, saving: Saving) -> None:
        """Take over what is committed."""
        self._recent.update(saving.logged)
        self.absence.note(saving.logged)
        self._last += len(saving.logged)
        self._left = self._left[len(saving.settled) :]
        if saving.emptied_to:
            self._settling = {}
        if not self._left and len(self._recent) >= SETTLE_AT:
            self._settling, self._recent = self._recent, {}
            self._left = [self._settling[key] for key in sorted(self._settling)]
            self._target = self._last
