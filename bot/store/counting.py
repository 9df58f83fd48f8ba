"""Two small things that the store keeps count of: tries of undecided rows, and when it first served."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.store import schema
from bot.store.statements import Cursor, Statement, upsert

_FIRST_START: Final = "first_start"

_T, _M = schema.TRIALS.c, schema.META.c
_COUNT = Statement(upsert(schema.TRIALS, {"count": _T["count"] + sa.literal_column("1")}), "seq", "count")
_READ = Statement(sa.select(_T["count"]).where(_T.seq == sa.bindparam("seq_")), "seq_")
_NOTE = Statement(upsert(schema.META), "name", "value")
_META = Statement(sa.select(_M.value).where(_M.name == sa.bindparam("name_")), "name_")


def count_trial(cursor: Cursor, seq: int) -> int:
    """Count one more try of a row; returns how many there were."""
    _COUNT.run(cursor, seq, 1)
    row = _READ.one(cursor, seq)
    return row[0] if row else 0


def first_start(cursor: Cursor, now: int) -> int:
    """Return when this store first served (ms): now, when it never has."""
    _NOTE.run(cursor, _FIRST_START, str(now))
    row = _META.one(cursor, _FIRST_START)
    return int(row[0]) if row else now
