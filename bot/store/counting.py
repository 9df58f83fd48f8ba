"""Small things that the store remembers: tries of undecided rows, when it first served, single words."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.store import schema
from bot.store.statements import Cursor, Statement, new, upsert

_FIRST_START: Final = "first_start"
_PROBE: Final = "probe"
# As much as an ordinary delivery needs: a disk that takes less is still full.
_PROBE_SIZE: Final = 64 << 10

_T, _M = schema.TRIALS.c, schema.META.c
_COUNT = Statement(upsert(schema.TRIALS, {"count": _T["count"] + sa.literal_column("1")}), "seq", "count")
_TAKE_BACK = Statement(
    sa.update(schema.TRIALS).values(count=_T["count"] - sa.literal_column("1")).where(_T.seq == sa.bindparam("seq_")),
    "seq_",
)
_READ = Statement(sa.select(_T["count"]).where(_T.seq == sa.bindparam("seq_")), "seq_")
_NOTE = Statement(upsert(schema.META), "name", "value")
_SET = Statement(upsert(schema.META, {"value": new(_M.value)}), "name", "value")
_DROP = Statement(sa.delete(schema.META).where(_M.name == sa.bindparam("name_")), "name_")
_META = Statement(sa.select(_M.value).where(_M.name == sa.bindparam("name_")), "name_")


def count_trial(cursor: Cursor, seq: int) -> int:
    """Count one more try of a row; returns how many there were."""
    _COUNT.run(cursor, seq, 1)
    row = _READ.one(cursor, seq)
    return row[0] if row else 0


def take_back_trial(cursor: Cursor, seq: int) -> None:
    """Count one try less: what ended it was not the row."""
    _TAKE_BACK.run(cursor, seq)


def first_start(cursor: Cursor, now: int) -> int:
    """Return when this store first served (ms): now, when it never has."""
    _NOTE.run(cursor, _FIRST_START, str(now))
    row = _META.one(cursor, _FIRST_START)
    return int(row[0]) if row else now


def noted(cursor: Cursor, name: str) -> str | None:
    """Return what was noted last under a name."""
    row = _META.one(cursor, name)
    return row[0] if row else None


def note(cursor: Cursor, name: str, value: str) -> None:
    """Note a word under a name, in place of what was noted there."""
    _SET.run(cursor, name, value)


def probe(cursor: Cursor) -> None:
    """Write as much as a delivery would, and remove it again."""
    _SET.run(cursor, _PROBE, "x" * _PROBE_SIZE)
    _DROP.run(cursor, _PROBE)
