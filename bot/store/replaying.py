"""What replay needs of stores: the journal as it was decided, and an empty store beside it to decide into."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.core.decisions import Decisions
from bot.core.inputs import Details
from bot.store import schema
from bot.store.driver import driver
from bot.store.operations import Given
from bot.store.points import PointReads
from bot.store.quick import QuickReads
from bot.store.reads import no_raw
from bot.store.rows import ERROR, REFERENCE, STATUS, VALUES, input_of
from bot.store.saving import PIPELINE, save_of
from bot.store.statements import Cursor, Statement, first, sql_of
from bot.store.sweeps import SLICES, SWEEPS
from bot.store.values import Cursor as Place
from bot.store.values import Keep, RowKind, RowStatus

_J, _F, _M = schema.JOURNAL.c, schema.FETCHES.c, schema.MARKS.c
_BY_REFERENCE: Final = sa.and_(
    _J.kind == sa.literal_column(f"'{RowKind.EVENT}'"), _J.details != sa.literal_column(f"'{Details.WHOLE}'")
)
_WAS_FETCHED: Final = sa.and_(_BY_REFERENCE, sa.exists().where(_F.event_id == _J.event_id))
_UNREADABLE: Final[sa.ColumnElement[str]] = sa.literal_column(f"'{RowStatus.QUARANTINED}'")
_ROWS = Statement(
    first(
        sa.select(_J.seq, _J.at, *VALUES, _WAS_FETCHED)
        .where(_J.seq > sa.bindparam("after_"), _J.seq <= sa.bindparam("upto_"), _J.status != _UNREADABLE)
        .order_by(_J.seq),
        sa.bindparam("limit_"),
    ),
    "after_",
    "upto_",
    "limit_",
)
_COUNT = Statement(
    sa.select(sa.func.count(), sa.func.min(_J.seq), sa.func.min(_J.at)).where(_J.seq <= sa.bindparam("upto_")), "upto_"
)
_BODY = Statement(sa.select(schema.BODIES.c.body).where(schema.BODIES.c.seq == sa.bindparam("seq_")), "seq_")
_PLACE = Statement(sa.select(_M.seq, _M.time).where(_M.name == sa.literal_column(f"'{PIPELINE}'")))
_SETTINGS: Final = (
    "page_size=16384",
    "journal_mode=off",
    "synchronous=off",
    "locking_mode=exclusive",
    "cache_size=-32768",  # KiB: what replay holds in memory does not grow with the journal
)
_DECIDING_SWEEPS: Final = tuple(sweep for sweep in SWEEPS if sweep.decides)


class ReplayRow(NamedTuple):
    """A journal row as it was decided. `error` is why it was set aside, `was_fetched`: its payload was waited for."""

    seq: int
    kind: RowKind
    input: Given
    reference: str | None
    error: str | None
    was_fetched: bool


class Extent(NamedTuple):
    """What there is to replay: how many rows, the first one and when it came (ms), and up to where all is decided."""

    rows: int
    first_seq: int
    first_at: int
    place: Place


def extent(cursor: Cursor) -> Extent:
    """Return what there is to replay."""
    place = Place(*(_PLACE.one(cursor) or (0, 0)))
    rows, seq, at = _COUNT.one(cursor, place.seq) or (0, 0, 0)
    return Extent(rows, seq or 0, at or 0, place)


def rows_between(cursor: Cursor, after: int, upto: int, limit: int) -> list[ReplayRow]:
    """Return the next rows that the pipeline decided or set aside, without bodies (`body_of`)."""
    found = []
    for seq, at, *values, was_fetched in _ROWS.all(cursor, after, upto, limit):
        given = input_of(tuple(values), at, None, no_raw)
        if given is not None:
            error = values[ERROR] if values[STATUS] == RowStatus.SET_ASIDE else None
            row = ReplayRow(seq, RowKind(values[0]), given, values[REFERENCE], error, bool(was_fetched))
            found.append(row)
    return found


def body_of(cursor: Cursor, seq: int) -> bytes | None:
    """Return a row's body; None once it has aged out."""
    row = _BODY.one(cursor, seq)
    return row[0] if row else None


class Scratch(QuickReads):
    """An empty store in a temporary file (TMPDIR) that goes with it: no durability, only state.

    A file of its own rather than SQLite's: some builds of it keep temporary databases in memory whatever their size.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tocsin-replay-")
        path = Path(self._folder.name) / "scratch.db"
        connection = driver.connect(str(path), isolation_level=None, cached_statements=256)
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}").fetchall()
        for statement in _schema():
            connection.execute(statement)
        self.connection = connection
        self.cursor = connection.cursor()
        self._points = PointReads(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ended: object) -> None:
        self.connection.close()
        self._folder.cleanup()

    def save(self, decisions: Decisions, place: Place) -> None:
        """Write decisions as the running bot does."""
        memory = self._points.memories.saving(decisions.memories)
        save = save_of(decisions, place, memory, (), (), forget_trials=False)
        self.cursor.execute("BEGIN")
        save.run(self.cursor)
        self.cursor.execute("COMMIT")
        self._points.memories.saved(memory)

    def sweep(self, at: int) -> list[str]:
        """Forget what is stale at a time (ms), as retention does; returns the slices that are gone."""
        gone: list[str] = []
        for sweep in _DECIDING_SWEEPS:
            place: str | None = ""
            while place is not None:
                piece = sweep.step(self.cursor, place, at - sweep.age(Keep()))
                place = piece.upto
                gone += piece.removed if sweep is SLICES else ()
        return gone


def _schema() -> Iterator[str]:
    for table in schema.METADATA.sorted_tables:
        yield sql_of(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield sql_of(CreateIndex(index))
