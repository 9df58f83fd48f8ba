"""Statements written with SQLAlchemy Core, compiled once, run on the driver's cursor.

Why not through SQLAlchemy's connection: the writer's thread and the event loop share one interpreter lock. A point
read costs 4 µs on the cursor and 19 on the connection, and each row of an executemany hands the lock over once; one
statement with 64 rows hands it over once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.dml import Insert

from bot.store.driver import driver

Cursor: TypeAlias = driver.Cursor
Row: TypeAlias = tuple[Any, ...]

# The only place that names the engine: PostgreSQL's dialect and its `insert` take the same statements.
_DIALECT: Final = sqlite_dialect(paramstyle="qmark")
_MOST_ROWS: Final = 64


class Statement:
    """One statement with its parameters in the order in which `names` gives them."""

    def __init__(self, statement: sa.Executable, *names: str) -> None:
        compiled = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]  # every executable compiles
        self.sql = str(compiled)
        wanted = tuple(compiled.positiontup or ())
        if wanted != names:
            raise AssertionError(f"{self.sql} takes {wanted}, not {names}")

    def run(self, cursor: Cursor, *values: Any) -> Cursor:
        """Run it once."""
        return cursor.execute(self.sql, values)

    def one(self, cursor: Cursor, *values: Any) -> Row | None:
        """Return the first row."""
        row: Row | None = cursor.execute(self.sql, values).fetchone()
        return row

    def all(self, cursor: Cursor, *values: Any) -> list[Row]:
        """Return all rows."""
        return cursor.execute(self.sql, values).fetchall()

    def each(self, cursor: Cursor, rows: Sequence[Row]) -> None:
        """Run it for each row of values."""
        if rows:
            cursor.executemany(self.sql, rows)


class Insertion:
    """An insert of any number of rows into all columns of a table, one statement for every 64 of them.

    `update` names the columns that a row already there takes over; empty: it stays; None: it is an error.
    """

    def __init__(self, table: sa.Table, update: Iterable[str] | None = None) -> None:
        self.columns = [column.name for column in table.columns]
        one = Statement(_insert(table, update), *self.columns).sql
        self._row = "(" + ", ".join("?" * len(self.columns)) + ")"
        self._before, self._after = one.split(self._row)
        self._sizes: dict[int, str] = {}

    def run(self, cursor: Cursor, rows: Sequence[Row]) -> None:
        """Insert the rows; within one call no two may have the same key."""
        for start in range(0, len(rows), _MOST_ROWS):
            some = rows[start : start + _MOST_ROWS]
            cursor.execute(self._sql(len(some)), [*chain.from_iterable(some)])

    def _sql(self, size: int) -> str:
        """Return the statement for so many rows: one of its own for each number, as each step gives up the lock."""
        sql = self._sizes.get(size)
        if sql is None:
            sql = self._sizes[size] = self._before + ", ".join([self._row] * size) + self._after
        return sql


class Lookup:
    """A select by any number of keys: `columns` of the rows whose `key` is among them."""

    def __init__(self, key: sa.Column[Any], *columns: sa.Column[Any]) -> None:
        self._sizes = {
            size: str(
                sa.select(*columns)
                .where(key.in_([sa.bindparam(f"k{i}") for i in range(size)]))
                .compile(dialect=_DIALECT)
            )
            for size in _halves(_MOST_ROWS)
        }

    def run(self, cursor: Cursor, keys: Sequence[Any]) -> list[Row]:
        """Return the rows found, in no order."""
        found: list[Row] = []
        for start in range(0, len(keys), _MOST_ROWS):
            some = keys[start : start + _MOST_ROWS]
            size = next(size for size in reversed(_halves(_MOST_ROWS)) if size >= len(some))
            padded = [*some, *[some[-1]] * (size - len(some))]
            found += cursor.execute(self._sizes[size], padded).fetchall()
        return found


def sql_of(element: sa.Executable) -> str:
    """Return the text of a statement that takes no parameters, such as CREATE TABLE."""
    return str(element.compile(dialect=_DIALECT))  # type: ignore[attr-defined]  # every executable compiles


def select(cursor: Cursor, statement: sa.Select[Any]) -> list[Row]:
    """Run a select that was put together for one question, compiled for it alone."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    return cursor.execute(str(compiled), values).fetchall()


def first(statement: sa.Select[Any], most: int | sa.BindParameter[int]) -> sa.Select[Any]:
    """Return the select of at most so many rows; SQLite's dialect would add a parameter for the offset."""
    limit = sa.literal_column(str(most)) if isinstance(most, int) else most
    return statement.limit(limit).offset(sa.literal_column("0"))


def upsert(table: sa.Table, changes: dict[str, Any] | None = None) -> Insert:
    """Return an insert that changes the row already there; `changes` map columns to expressions over `new`."""
    statement = sqlite_insert(table).values({column.name: sa.bindparam(column.name) for column in table.columns})
    if not changes:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changes)


def new(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return the value that an upsert would have inserted."""
    return sa.literal_column(f"excluded.{column.name}", column.type)


def _insert(table: sa.Table, update: Iterable[str] | None) -> Insert:
    if update is None:
        return sqlite_insert(table).values({column.name: sa.bindparam(column.name) for column in table.columns})
    return upsert(table, {name: new(table.c[name]) for name in update})


def _halves(most: int) -> list[int]:
    """Return 64, 32 … 1: few enough statements to stay prepared."""
    return [most >> shift for shift in range(most.bit_length())]
