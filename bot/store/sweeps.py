"""What is forgotten by age in the tables that hashes order: looked at piece by piece, since no index knows the age.

An index on the age would be written with every event; a piece of 500 rows costs a millisecond once in a while.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from bot.core.rule import MS_PER_DAY
from bot.core.state import AlertState
from bot.store import schema
from bot.store.statements import Cursor, Statement, first
from bot.store.values import TERMINAL_STATES, FetchState, Keep

STEP: Final = 500
MEMORY_MS: Final = 30 * MS_PER_DAY

_S, _T, _O, _A = schema.SLICES.c, schema.TIMERS.c, schema.OUTBOX.c, schema.ALERTS.c
_R, _RULE_SET_AT = schema.RELOADS.c, schema.RULE_SETS.c.at
_BEFORE: Final[sa.BindParameter[int]] = sa.bindparam("before_")
_OPEN_ALERTS: Final = sa.select(_A.alert_id).where(
    _A.state.in_([sa.literal_column(f"'{state}'") for state in AlertState if state.is_open])
)


class Piece(NamedTuple):
    """What one step removed, by its keys, and where the next begins (None: the table is done)."""

    removed: Sequence[str]
    upto: str | None


class Sweep:
    """One table: which rows may go once they are older than `age`, and what goes with them.

    The age of what `decides` is reckoned by the time up to which all is decided: a clock that was set ahead must not
    take away what the next event is still decided by.
    """

    def __init__(
        self,
        key: sa.Column[Any],
        is_old: sa.ColumnElement[bool],
        age: Callable[[Keep], int],
        *dependants: sa.Column[Any],
        decides: bool = False,
    ) -> None:
        self.age, self.decides = age, decides
        page = first(sa.select(key).where(key > sa.bindparam("after_")).order_by(key), STEP)
        self._page = Statement(page, "after_")
        self._old = Statement(
            sa.select(key).where(key > sa.bindparam("after_"), key <= sa.bindparam("upto_"), is_old),
            "after_",
            "upto_",
            "before_",
        )
        self._removals = [
            Statement(sa.delete(column.table).where(column == sa.bindparam("key_")), "key_")
            for column in (*dependants, key)
        ]

    def step(self, cursor: Cursor, after: str, before: int) -> Piece:
        """Look at the next piece; in the writer's thread."""
        page = self._page.all(cursor, after)
        if not page:
            return Piece((), None)
        upto = page[-1][0]
        old = self._old.all(cursor, after, upto, before)
        for removal in self._removals:
            removal.each(cursor, old)
        return Piece([own for (own,) in old], upto if len(page) == STEP else None)


SLICES: Final = Sweep(
    _S.key,
    sa.and_(
        # In this order, since parameters are given by place. 0 means that it never goes stale.
        _S.stale_at < _BEFORE,
        _S.stale_at > sa.literal_column("0"),
        _S.alert_id.is_(None),
        _S.key.not_in(sa.select(_T.slice_key)),
    ),
    lambda _keep: 0,
    decides=True,
)
SWEEPS: Final = (
    Sweep(schema.MEMORIES.c.key, schema.MEMORIES.c.at < _BEFORE, lambda _keep: MEMORY_MS, decides=True),
    SLICES,
    Sweep(
        _O.delivery_id,
        sa.and_(
            _O.created_at < _BEFORE,
            _O.state.in_([sa.literal_column(f"'{state}'") for state in sorted(TERMINAL_STATES)]),
            _O.alert_id.not_in(_OPEN_ALERTS),
        ),
        lambda keep: keep.keys_ms,
        schema.ATTEMPTS.c.delivery_id,
    ),
    Sweep(
        _A.alert_id,
        sa.and_(_A.ended_at < _BEFORE, _A.alert_id.not_in(_OPEN_ALERTS)),
        lambda keep: keep.audit_ms,
        schema.MESSAGES.c.alert_id,
    ),
    Sweep(
        schema.ROUNDUPS.c.roundup_id,
        sa.and_(schema.ROUNDUPS.c.ended_at < _BEFORE, sa.not_(schema.IS_STANDING)),
        lambda keep: keep.audit_ms,
        schema.MESSAGES.c.alert_id,
    ),
    Sweep(schema.PACES.c.channel, schema.PACES.c.stale_at < _BEFORE, lambda _keep: MS_PER_DAY),
    Sweep(
        schema.FETCHES.c.event_id,
        sa.and_(schema.FETCHES.c.due < _BEFORE, schema.FETCHES.c.state != sa.literal_column(f"'{FetchState.WAITING}'")),
        lambda keep: keep.keys_ms,
    ),
    Sweep(
        schema.RULE_SETS.c.version,
        # Never the one in force, however long it has been.
        sa.and_(_RULE_SET_AT < _BEFORE, sa.select(sa.func.max(_R.at)).scalar_subquery() > _RULE_SET_AT),
        lambda keep: keep.audit_ms,
    ),
)
