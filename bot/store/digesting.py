"""What digests read of the store and write to it. Every read is short, so that the write-ahead log can be emptied.

The journal has no index on time: its times never go back, so a time is a place in it, found by halving. Nothing of a
period is read row by row but what a digest names: the rest is counted by SQLite, which lets other threads run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from bot.core.catalogue import Outcome
from bot.core.decisions import Reason
from bot.core.inputs import Event, Value
from bot.core.roundup import Roundup
from bot.core.state import Alert, AlertState, Memory
from bot.store import schema
from bot.store.memories import Memories
from bot.store.reads import last_before
from bot.store.statements import Cursor, Row, Statement, select
from bot.store.values import DeliveryState, RowKind, RowStatus

# Rows that one statement looks at: 20 to 30 ms, and SQLite sorts them in memory.
PIECE: Final = 20_000
_FIELDS_AT: Final = 6  # among the columns of `found`
SLOT_MS: Final = 15 * 60_000
_LONGEST_ALERT_MS: Final = 60 * 86_400_000

_J, _A, _O, _R = schema.JOURNAL.c, schema.ALERTS.c, schema.OUTBOX.c, schema.ROUNDUPS.c
_AFTER: Final[sa.BindParameter[int]] = sa.bindparam("after_")
_UPTO: Final[sa.BindParameter[int]] = sa.bindparam("upto_")
_BEGIN: Final[sa.BindParameter[int]] = sa.bindparam("begin_")
_END: Final[sa.BindParameter[int]] = sa.bindparam("end_")


def _words(*words: str) -> list[sa.ColumnElement[str]]:
    return [sa.literal_column(f"'{word}'") for word in words]


_SLOT: Final = _J.at.op("/")(sa.literal_column(str(SLOT_MS)))
_COUNTED: Final = (_J.kind, _J.status, _J.source, _J.outcomes, _SLOT)
_TALLIED = Statement(
    sa.select(_J.kind, _J.status, _J.source, _J.outcomes, sa.func.count(), sa.func.min(_J.at), sa.func.max(_J.at))
    .where(_J.seq > _AFTER, _J.seq <= _UPTO, _J.kind.in_(_words(RowKind.EVENT, RowKind.QUARANTINED)))
    .group_by(*_COUNTED),
    "after_",
    "upto_",
)
_LATER: Final = Statement(
    sa.select(_J.outcomes, _J.fields)
    .where(_J.event_id == sa.bindparam("id_"), _J.kind.in_(_words(RowKind.ENVELOPE, RowKind.COMPLETION)))
    .order_by(_J.seq.desc()),
    "id_",
)
_FIELDS = Statement(sa.select(_J.fields).where(_J.seq == sa.bindparam("seq_")), "seq_")
_SETTLED: Final = (
    sa.select(schema.MARKS.c.seq).where(schema.MARKS.c.name == sa.literal_column("'keys'")).scalar_subquery()
)
_UNSETTLED = Statement(sa.select(_J.event_id, _J.fields).where(_J.seq > _SETTLED, _J.event_id.is_not(None)))
_PLACE = Statement(sa.select(schema.MARKS.c.seq).where(schema.MARKS.c.name == sa.literal_column("'pipeline'")))
_FIRED = Statement(sa.select(_A.body).where(_A.fired_at >= _BEGIN, _A.fired_at < _END), "begin_", "end_")
_OPEN = Statement(sa.select(_A.body).where(_A.state.in_(_words(*(one for one in AlertState if one.is_open)))))
_ENDED = Statement(
    sa.select(_A.body).where(
        _A.state.in_(_words(*(one for one in AlertState if not one.is_open))),
        _A.fired_at >= sa.bindparam("oldest_"),
        _A.fired_at < _BEGIN,
        _A.ended_at >= sa.bindparam("since_"),
    ),
    "oldest_",
    "begin_",
    "since_",
)
_ROUNDUPS = Statement(
    sa.select(_R.body).where(sa.or_(schema.IS_STANDING, sa.and_(_R.opened_at >= _BEGIN, _R.opened_at < _END))),
    "begin_",
    "end_",
)
_CREATED = (
    _O.state.in_(_words(*DeliveryState)),
    _O.created_at >= _BEGIN,
    _O.created_at < _END,
    _O.reason.in_(_words(*(one for one in Reason if one.makes_message))),
)
_BY_STATE = Statement(sa.select(_O.state, sa.func.count()).where(*_CREATED).group_by(_O.state), "begin_", "end_")
_BY_RULE = Statement(
    sa.select(_A.rule, sa.func.count())
    .select_from(schema.OUTBOX.join(schema.ALERTS, _A.alert_id == _O.alert_id))
    .where(*_CREATED)
    .group_by(_A.rule),
    "begin_",
    "end_",
)

_decode_fields = msgspec.json.Decoder(dict[str, Value]).decode
_decode_alert = msgspec.json.Decoder(Alert).decode
_decode_roundup = msgspec.json.Decoder(Roundup).decode


SET_ASIDE: Final = RowStatus.SET_ASIDE.value
QUARANTINED: Final = RowKind.QUARANTINED.value


class Tallied(NamedTuple):
    """So many rows of one kind, and when the first and the last of them came (ms), all within one slot of time."""

    kind: str
    status: str
    source: str
    outcomes: str  # joined with commas, as they are stored
    many: int
    first_at: int
    last_at: int


class Place(NamedTuple):
    """Rows of the journal: those after the first, up to and with the second."""

    after: int
    upto: int


class Found(NamedTuple):
    """An event as it is known by now: with what came later of a payload by reference."""

    seq: int
    event: Event


def place_between(cursor: Cursor, begin: int, end: int) -> Place:
    """Return where the rows journaled in `[begin, end)` stand."""
    return Place(last_before(cursor, begin), last_before(cursor, end))


def pieces(place: Place) -> Iterator[Place]:
    """Cut a place into pieces that one statement should look at."""
    for after in range(place.after, place.upto, PIECE):
        yield Place(after, min(after + PIECE, place.upto))


def tallied(cursor: Cursor, piece: Place) -> list[Tallied]:
    """Count the events, each once, and what could not be read."""
    return [
        Tallied(kind, status, source or "", outcomes or "", count, first_at, last_at)
        for kind, status, source, outcomes, count, first_at, last_at in _TALLIED.all(cursor, *piece)
    ]


def found(
    cursor: Cursor, piece: Place, outcomes: Collection[str], may_concern: Callable[[Mapping[str, Value]], bool]
) -> list[Found]:
    """Return the events whose stored outcomes (`Tallied.outcomes`) are among these, in order.

    Those whose own fields say that they do not concern the digest are left out before anything is made of them.
    """
    if not outcomes:
        return []
    asked = (
        sa.select(_J.seq, _J.at, _J.event_id, _J.source, _J.type, _J.outcomes, _J.fields, _J.reference)
        .where(_J.seq > piece.after, _J.seq <= piece.upto, _J.kind == sa.literal_column(f"'{RowKind.EVENT}'"))
        .where(_J.outcomes.in_(sorted(outcomes)))
        .order_by(_J.seq)
    )
    rows = ((row, _decode_fields(row[_FIELDS_AT])) for row in select(cursor, asked))
    return [Found(row[0], _event(cursor, row[1:], own)) for row, own in rows if row[-1] or may_concern(own)]


def fields_at(cursor: Cursor, seq: int) -> dict[str, Value]:
    """Return the fields of one event."""
    row = _FIELDS.one(cursor, seq)
    return _decode_fields(row[0]) if row and row[0] else {}


def memories(cursor: Cursor, keys: Iterable[str]) -> dict[str, Memory]:
    """Return what job memory holds under these keys. Reads the log of what is not settled first: ask for many."""
    return Memories(cursor).read(cursor, keys)


def events_by_id(cursor: Cursor, event_ids: Iterable[str]) -> dict[str, dict[str, Value]]:
    """Return the fields of events by their ids."""
    asked = sa.select(schema.KEYS.c.key, schema.KEYS.c.seq)
    wanted = sorted(set(event_ids))
    settled: list[Row] = []
    for start in range(0, len(wanted), 500):
        settled += select(cursor, asked.where(schema.KEYS.c.key.in_(wanted[start : start + 500])))
    known = {key: fields_at(cursor, int(seq)) for key, seq in settled}
    missing = set(wanted) - known.keys()
    recent = _UNSETTLED.all(cursor) if missing else []
    known.update((own, _decode_fields(fields)) for own, fields in recent if own in missing and fields)
    return known


def decided_to(cursor: Cursor) -> int:
    """Return the last row that is decided."""
    row = _PLACE.one(cursor)
    return row[0] if row else 0


def alerts_around(cursor: Cursor, begin: int, end: int) -> Iterator[Alert]:
    """Yield every alert that stands, that fired in the period, or that ended since its begin; each once."""
    seen = set[str]()
    asked = (
        _OPEN.run(cursor.connection.cursor()),
        _FIRED.run(cursor.connection.cursor(), begin, end),
        _ENDED.run(cursor.connection.cursor(), begin - _LONGEST_ALERT_MS, begin, begin),
    )
    for rows in asked:
        for (body,) in rows:
            alert = _decode_alert(body)
            if alert.alert_id not in seen:
                seen.add(alert.alert_id)
                yield alert


def roundups_around(cursor: Cursor, begin: int, end: int) -> list[Roundup]:
    """Return the messages about many alerts that began in the period or stand."""
    return [_decode_roundup(body) for (body,) in _ROUNDUPS.all(cursor, begin, end)]


def messages_by_state(cursor: Cursor, begin: int, end: int) -> dict[str, int]:
    """Return how many messages (posts and replies, no edits) decided in the period stand how."""
    return dict(_BY_STATE.all(cursor, begin, end))


def messages_by_rule(cursor: Cursor, begin: int, end: int) -> dict[str, int]:
    """Return how many messages decided in the period are about alerts of which rule."""
    return dict(_BY_RULE.all(cursor, begin, end))


def _event(cursor: Cursor, row: Row, fields: dict[str, Value]) -> Event:
    at, event_id, source, type_, outcomes, _, reference = row
    later: Any = _LATER.one(cursor.connection.cursor(), event_id) if reference else None
    if later is not None:  # what came later of a payload by reference says more
        outcomes, fields = later[0], _decode_fields(later[1])
    return Event(
        event_id=event_id,
        source=source,
        type=type_,
        at=at,
        outcomes=tuple(map(Outcome, outcomes.split(","))) if outcomes else (),
        fields=fields,
    )
