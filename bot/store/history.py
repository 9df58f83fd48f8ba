"""The stored events of a time, without their bodies: for those who ask what rules would have made of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from bot.core.inputs import Event
from bot.store import schema
from bot.store.reads import last_before, last_seq, no_raw, open_reading
from bot.store.rows import VALUES, input_of
from bot.store.statements import Cursor, Row, Statement, first
from bot.store.values import RowStatus

# What is looked at in some seconds; a store may hold a hundred times as many.
MOST_EVENTS: Final = 200_000
_PAGE: Final = 5_000

_J = schema.JOURNAL.c
_ACCEPTED: Final[sa.ColumnElement[str]] = sa.literal_column(f"'{RowStatus.ACCEPTED}'")
_AFTER: Final = Statement(
    first(
        sa.select(_J.seq, _J.at, *VALUES).where(_J.seq > sa.bindparam("seq_"), _J.status == _ACCEPTED).order_by(_J.seq),
        sa.bindparam("limit_"),
    ),
    "seq_",
    "limit_",
)


@dataclass(frozen=True, slots=True)
class History:
    """Events, oldest first and without `raw`. `is_cut`: there are more than were wanted, and these are the newest."""

    events: Iterator[Event]
    is_cut: bool


@contextlib.contextmanager
def open_history(path: Path, since: int, most: int = MOST_EVENTS) -> Iterator[History]:
    """Give the events journaled at a time (ms) or after it, at most so many, read-only and beside a running bot.

    Raises StoreUntrustedError and the driver's errors.
    """
    with open_reading(path) as reads:
        begin, newest = last_before(reads.cursor, since), last_seq(reads.cursor) - most
        yield History(_events_after(reads.cursor, max(begin, newest)), is_cut=newest > begin)


def _events_after(cursor: Cursor, seq: int) -> Iterator[Event]:
    rows: list[Row] = []
    while rows := _AFTER.all(cursor, rows[-1][0] if rows else seq, _PAGE):
        for _, at, *values in rows:
            given = input_of(tuple(values), at, None, no_raw)
            if isinstance(given, Event):
                yield given
