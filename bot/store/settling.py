"""Which keys are known: the recent ones in memory, all others in the table `keys`, filled in sorted steps.

The journal holds every key already, so nothing here needs to be durable at once: what is not settled is read from the
journal again at start (schema.py says what this saves).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from bot.store import schema
from bot.store.rows import key_of
from bot.store.statements import Cursor, Insertion, Lookup, Statement

# So many keys wait before they are settled: a start reads at most about twice as many, 30 ms.
SETTLE_AT: Final = 8_192
STEP: Final = 512
MARK: Final = "keys"

_INSERT = Insertion(schema.KEYS, update=())
_LOOKUP = Lookup(schema.KEYS.c.key, schema.KEYS.c.key, schema.KEYS.c.seq)
_J = schema.JOURNAL.c
_RECENT = Statement(
    sa.select(_J.kind, _J.event_id, _J.seq).where(_J.seq > sa.bindparam("seq"), _J.event_id.is_not(None)), "seq"
)
_MARK = Statement(
    sa.update(schema.MARKS)
    .values(seq=sa.bindparam("seq_"))
    .where(schema.MARKS.c.name == sa.literal_column(f"'{MARK}'")),
    "seq_",
)
_READ_MARK = Statement(sa.select(schema.MARKS.c.seq).where(schema.MARKS.c.name == sa.literal_column(f"'{MARK}'")))


class Keys:
    """The known keys. Writer's thread only; `noted` and `stepped` are told after the commit."""

    def __init__(self) -> None:
        self.settled_to = 0  # all keys of rows up to here are in the table
        self._recent: dict[str, int] = {}
        self._settling: dict[str, int] = {}
        self._sorted: list[str] = []
        self._target = 0
        self._done = 0
        self._step = 0

    def load(self, cursor: Cursor) -> None:
        """Read the keys that are not settled."""
        row = _READ_MARK.one(cursor)
        self.settled_to = row[0] if row else 0
        self._recent = {key_of(kind, own_id): seq for kind, own_id, seq in _RECENT.all(cursor, self.settled_to)}

    def find(self, cursor: Cursor, keys: Sequence[str]) -> dict[str, int]:
        """Return the journal rows of those keys that are known."""
        recent, settling, found = self._recent, self._settling, {}
        if not (recent.keys().isdisjoint(keys) and settling.keys().isdisjoint(keys)):
            found = {key: recent.get(key) or settling[key] for key in keys if key in recent or key in settling}
            keys = [key for key in keys if key not in found]
        if keys and (self.settled_to or self._done):
            found.update(_LOOKUP.run(cursor, keys))
        return found

    def note(self, new: Mapping[str, int]) -> None:
        """Take over keys whose rows are committed."""
        self._recent.update(new)

    def step(self, cursor: Cursor, last_seq: int) -> None:
        """Settle some, when there are enough; `last_seq` is the last committed row. Part of a batch's transaction."""
        if not self._sorted and len(self._recent) >= SETTLE_AT:
            self._settling, self._recent = self._recent, {}
            self._sorted, self._target, self._done = sorted(self._settling), last_seq, 0
        self._step = min(STEP, len(self._sorted) - self._done)
        if self._step:
            keys = self._sorted[self._done : self._done + self._step]
            _INSERT.run(cursor, [(key, self._settling[key]) for key in keys])
            if self._done + self._step == len(self._sorted):
                _MARK.run(cursor, self._target)

    def stepped(self) -> None:
        """Hear that the step is committed."""
        self._done += self._step
        self._step = 0
        if self._sorted and self._done == len(self._sorted):
            self._settling, self._sorted, self.settled_to = {}, [], self._target
            self._done = 0

    def undone(self) -> None:
        """Hear that the step is rolled back; it is taken again."""
        self._step = 0
