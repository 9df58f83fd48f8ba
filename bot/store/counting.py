"""Small things that the store remembers: tries of undecided rows, when it first served, the rule set in force."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bot.store import schema
from bot.store.statements import Cursor, Statement, new, upsert

_FIRST_START: Final = "first_start"
_RULE_SET: Final = "rule_set"
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


def rule_set_in_force(cursor: Cursor) -> str | None:
    """Return the version of the rule set that was journaled last, None when none was."""
    row = _META.one(cursor, _RULE_SET)
    return row[0] if row else None


def note_rule_set(cursor: Cursor, version: str) -> None:
    """Remember the version of the rule set that is in force."""
    _SET.run(cursor, _RULE_SET, version)


def probe(cursor: Cursor) -> None:
    """Write as much as a delivery would, and remove it again."""
    _SET.run(cursor, _PROBE, "x" * _PROBE_SIZE)
    _DROP.run(cursor, _PROBE)
