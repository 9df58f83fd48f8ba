"""Longer reads: the journal after a place, and the questions of people (command line, API)."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec
import sqlalchemy as sa

from bot.core.inputs import Event
from bot.core.state import Alert, AlertState
from bot.store import schema
from bot.store.connect import open_reading_connection
from bot.store.driver import driver
from bot.store.migrate import require_our_revision
from bot.store.outbox import count_by_state
from bot.store.outbox_statements import delivery_of
from bot.store.rows import ERROR, REFERENCE, STATUS, VALUES, RawOf, input_of
from bot.store.saving import PIPELINE
from bot.store.settling import MARK
from bot.store.statements import Cursor, Row, Statement, first, select
from bot.store.values import (
    Counts,
    Delivery,
    DeliveryState,
    Fetch,
    FetchState,
    JournalRow,
    RowKind,
    RowStatus,
    StoredRow,
)

# One read of the journal ends after so many bytes of bodies, so that a backlog of large ones fits into memory.
MOST_BODIES: Final = 16 << 20
OPEN_STATES: Final = tuple(state for state in AlertState if state.is_open)

_decode_alert = msgspec.json.Decoder(Alert).decode

_J, _B, _A, _O = schema.JOURNAL.c, schema.BODIES.c, schema.ALERTS.c, schema.OUTBOX.c
_F: Final = schema.FETCHES.c
_ROW: Final = sa.select(_J.seq, _J.at, *VALUES, _B.body).select_from(
    schema.JOURNAL.outerjoin(schema.BODIES, _B.seq == _J.seq)
)
_ACCEPTED: Final[sa.ColumnElement[str]] = sa.literal_column(f"'{RowStatus.ACCEPTED}'")
_AFTER = Statement(
    first(_ROW.where(_J.seq > sa.bindparam("seq_"), _J.status == _ACCEPTED).order_by(_J.seq), sa.bindparam("limit_")),
    "seq_",
    "limit_",
)
_PLACE = Statement(sa.select(schema.MARKS.c.seq).where(schema.MARKS.c.name == sa.bindparam("name_")), "name_")
_LAST = Statement(sa.select(sa.func.max(_J.seq)))
_REFUSED = Statement(sa.select(_J.status, sa.func.count()).where(_J.status != _ACCEPTED).group_by(_J.status))
_REFUSED_AFTER = Statement(
    sa.select(sa.func.count()).where(
        _J.status.in_([sa.literal_column(f"'{state}'") for state in RowStatus if state is not RowStatus.ACCEPTED]),
        _J.status != _ACCEPTED,  # the partial index's own condition
        _J.seq > sa.bindparam("seq_"),
    ),
    "seq_",
)
_WAITS: Final = _F.state == sa.literal_column(f"'{FetchState.WAITING}'")
_WAITING = Statement(
    first(sa.select(*_F).where(_WAITS).order_by(_F.due, _F.event_id), sa.bindparam("limit_")), "limit_"
)
_SECOND: Final = sa.and_(
    _J.event_id == _F.event_id, _J.kind.in_([sa.literal_column(f"'{kind}'") for kind in ("envelope", "completion")])
)
_UNTOLD = Statement(
    first(
        sa.select(_F.event_id, _F.due).where(_WAITS, ~sa.exists().where(_SECOND)).order_by(_F.due, _F.event_id),
        sa.bindparam("limit_"),
    ),
    "limit_",
)
_FROM = Statement(first(sa.select(_J.seq, _J.at).where(_J.seq >= sa.bindparam("seq_")).order_by(_J.seq), 1), "seq_")


def no_raw(_event: Event, _body: bytes) -> Any:
    """Leave the payload out: for readers that do not decide."""
    return None


def rows_after(cursor: Cursor, seq: int, limit: int, raw_of: RawOf) -> list[JournalRow]:
    """Return the next accepted inputs after a row, fewer than `limit` when their bodies are large."""
    rows: list[JournalRow] = []
    size = 0
    # Its own cursor, closed: one left in the middle would keep its snapshot, and the log could not be emptied.
    with contextlib.closing(cursor.connection.cursor()) as own:
        for own_seq, at, *values, body in _AFTER.run(own, seq, limit):
            given = input_of(tuple(values), at, body, raw_of)
            if given is not None:
                rows.append(JournalRow(own_seq, RowKind(values[0]), given, values[REFERENCE]))
            size += len(body or b"")
            if size >= MOST_BODIES:
                break
    return rows


def last_before(cursor: Cursor, at: int) -> int:
    """Return the last row journaled before a time, 0 when there is none.

    By halving, since times never go back from one row to the next: an index on them would cost every event.
    """
    low, high = 0, last_seq(cursor)  # `low` is before the time, everything after `high` is not
    while low < high:
        middle = (low + high + 1) // 2
        row = _FROM.one(cursor, middle)
        if row is not None and row[1] < at:
            low = row[0]
        else:
            high = middle - 1
    return low


def last_seq(cursor: Cursor) -> int:
    """Return the number of the last row, 0 in an empty journal."""
    row = _LAST.one(cursor)
    return (row[0] or 0) if row else 0


def size_in_use(cursor: Cursor) -> int:
    """Return how many bytes of the file hold something."""
    pages, free, size = (
        cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


class Reads:
    """Answers to people's questions about a store; the connection stays in the thread that made it."""

    def __init__(self, connection: driver.Connection, raw_of: RawOf = no_raw) -> None:
        self._connection = connection
        self._raw_of = raw_of
        self.cursor = connection.cursor()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def alerts(
        self, states: Collection[AlertState] | None = None, *, rule: str | None = None, limit: int = 100
    ) -> list[Alert]:
        """Return alerts, those that fired last first; `states` None means all."""
        asked = sa.select(_A.body).order_by(_A.fired_at.desc(), _A.alert_id).limit(limit)
        if states is not None:
            asked = asked.where(_A.state.in_([state.value for state in states]))
        if rule is not None:
            asked = asked.where(_A.rule == rule)
        return [_decode_alert(body) for (body,) in select(self.cursor, asked)]

    def alert(self, alert_id: str) -> Alert | None:
        """Return one alert."""
        found = select(self.cursor, sa.select(_A.body).where(_A.alert_id == alert_id))
        return _decode_alert(found[0][0]) if found else None

    def deliveries(
        self, *, alert_id: str | None = None, states: Collection[DeliveryState] | None = None, limit: int = 1_000
    ) -> list[Delivery]:
        """Return deliveries of an alert, or those in some states, oldest first."""
        asked = sa.select(*_O).order_by(_O.created_at, _O.delivery_id).limit(limit)
        if alert_id is not None:
            asked = asked.where(_O.alert_id == alert_id)
        if states is not None:
            asked = asked.where(_O.state.in_([state.value for state in states]))
        return [delivery_of(row) for row in select(self.cursor, asked)]

    def event(self, event_id: str) -> list[StoredRow]:
        """Return the rows of one event in their order: itself, and what became known of it later. Empty: unknown."""
        settled = select(self.cursor, sa.select(schema.KEYS.c.seq).where(schema.KEYS.c.key == event_id))
        marked = (_PLACE.one(self.cursor, MARK) or (0,))[0]
        second = sa.and_(_J.event_id == event_id, _J.kind.in_(_literals(RowKind.ENVELOPE, RowKind.COMPLETION)))
        found = [
            *select(self.cursor, _ROW.where(_J.seq.in_([seq for (seq,) in settled]))),
            *select(self.cursor, _ROW.where(_J.seq > marked, _J.event_id == event_id)),
            *select(self.cursor, _ROW.where(second)),
        ]
        return [self._stored(row) for row in sorted({row[0]: row for row in found}.values(), key=lambda row: row[0])]

    def rows(self, *, status: RowStatus | None = None, limit: int = 100) -> list[StoredRow]:
        """Return journal rows, the last first."""
        asked = _ROW.order_by(_J.seq.desc()).limit(limit)
        if status is not None:
            asked = asked.where(_J.status == sa.literal_column(f"'{status}'"))
            # Named like this the condition is the partial index's own, and quarantine is found without a scan.
            asked = asked if status is RowStatus.ACCEPTED else asked.where(_J.status != _ACCEPTED)
        return [self._stored(row) for row in select(self.cursor, asked)]

    def counts(self) -> Counts:
        """Return the store in numbers; nothing here reads the whole journal."""
        refused: dict[str, int] = dict(_REFUSED.all(self.cursor))
        last = last_seq(self.cursor)
        open_alerts = sa.select(sa.func.count()).where(_A.state.in_([state.value for state in OPEN_STATES]))
        return Counts(
            last_seq=last,
            behind=self._behind(last),
            quarantined=refused.get(RowStatus.QUARANTINED, 0),
            set_aside=refused.get(RowStatus.SET_ASIDE, 0),
            open_alerts=select(self.cursor, open_alerts)[0][0],
            size=size_in_use(self.cursor),
            deliveries=count_by_state(self.cursor),
        )

    def waiting_fetches(self, limit: int = 1_000) -> list[Fetch]:
        """Return what is still to be fetched, the next due first."""
        return [
            Fetch(event_id=own_id, seq=seq, url=url, due=due, tries=tries, state=FetchState(state))
            for own_id, seq, url, due, tries, state in _WAITING.all(self.cursor, limit)
        ]

    def untold_fetches(self, limit: int) -> list[tuple[str, int]]:
        """Return (event id, due) of what waits to be fetched and is not decided at all, the earliest due first."""
        return [(own_id, due) for own_id, due in _UNTOLD.all(self.cursor, limit)]

    def _behind(self, last: int) -> int:
        """Count the rows after the cursor that will be decided: not those in quarantine, which it never reaches."""
        place: int = (_PLACE.one(self.cursor, PIPELINE) or (0,))[0]
        refused: int = (_REFUSED_AFTER.one(self.cursor, place) or (0,))[0]
        return max(0, last - place - refused)

    def _stored(self, row: Row) -> StoredRow:
        seq, at, *values, body = row
        given = input_of(tuple(values), at, body, self._raw_of)
        return StoredRow(
            seq=seq,
            at=at,
            kind=RowKind(values[0]),
            status=RowStatus(values[STATUS]),
            error=values[ERROR],
            event=given if isinstance(given, Event) else None,
            body=body,
        )


def open_reading(path: Path, raw_of: RawOf = no_raw) -> Reads:
    """Open a store for reading only, also beside the running bot. Use it as a context, in one thread.

    Raises StoreUntrustedError when there is none, or when its schema is not ours.
    """
    connection = open_reading_connection(path)
    try:
        require_our_revision(connection, path)
    except BaseException:
        connection.close()
        raise
    return Reads(connection, raw_of)


def _literals(*words: str) -> list[sa.ColumnElement[str]]:
    return [sa.literal_column(f"'{word}'") for word in words]
