"""Statements written with SQLAlchemy Core, compiled once, run on the driver's cursor.

Why not through SQLAlchemy's connection: the writer's thread and the event loop share one interpreter lock. A point
read costs 4 µs on the cursor and 19 on the connection, and each row of an executemany hands the lock over once; one
statement with 64 rows hands it over once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

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

    `update` names the columns that a row already there takes over; empty: it stays; None: it is an error. An error
    undoes the whole transaction: to undo only its own rows, SQLite would copy each page before it changes it. `alike`
    names columns that mostly hold the same in all rows of a call: where all of them do, it is given once.
    """

    def __init__(self, table: sa.Table, update: Iterable[str] | None = None, alike: Iterable[str] = ()) -> None:
        names = table.columns.keys()
        self._alike = [names.index(name) for name in alike]
        one = Statement(_insert(table, update), *names).sql
        self._before, self._after = one.split("(" + ", ".join("?" * len(names)) + ")")
        self._texts: dict[tuple[int, int], str] = {}

    def run(self, cursor: Cursor, rows: Sequence[Row]) -> None:
        """Insert the rows; within one call no two may have the same key."""
        for start in range(0, len(rows), _MOST_ROWS):
            some = rows[start : start + _MOST_ROWS]
            columns = self._columns(some)
            values = [*chain.from_iterable(columns)]
            text = self._texts.get((len(some), len(values))) or self._text(len(some), columns)
            cursor.execute(text, values)

    def _columns(self, rows: Sequence[Row]) -> list[Row]:
        """Return what each column holds in the rows, or once in all of them."""
        columns = [*zip(*rows, strict=True)]
        if all(columns[n].count(columns[n][0]) == len(rows) for n in self._alike):
            for n in self._alike:
                columns[n] = columns[n][:1]
        return columns

    def _text(self, size: int, columns: list[Row]) -> str:
        """Return the statement for so many rows: one of its own for each number, as each step gives up the lock."""
        numbers = count(1)  # of the parameters, which come column by column
        marks = [[f"?{next(numbers)}" for _ in values] * (size // len(values)) for values in columns]
        rows = ", ".join(f"({', '.join(row)})" for row in zip(*marks, strict=True))
        text = self._before + rows + self._after
        self._texts[size, sum(map(len, columns))] = text
        return text


class Lookup:
    """A select by any number of keys: `columns` of the rows whose `key` is among them.

    The keys are joined as rows: of a list after IN, SQLite would make a sorted table first, 1,900 instructions a key.
    """

    def __init__(self, key: sa.Column[Any], *columns: sa.Column[Any]) -> None:
        wanted = sa.table("wanted", sa.column("key_"))
        joined = wanted.join(key.table, key == wanted.c.key_)
        self._after = ") " + sql_of(sa.select(*columns).select_from(joined))
        self._texts: dict[int, str] = {}

    def run(self, cursor: Cursor, keys: Sequence[Any]) -> list[Row]:
        """Return the rows found, in no order; one that is asked for twice is found twice."""
        found: list[Row] = []
        for start in range(0, len(keys), _MOST_ROWS):
            some = keys[start : start + _MOST_ROWS]
            found += cursor.execute(self._text(len(some)), some).fetchall()
        return found

    def _text(self, size: int) -> str:
        text = self._texts.get(size)
        if text is None:
            rows = ", ".join(["(?)"] * size)
            text = self._texts[size] = f"WITH wanted (key_) AS (VALUES {rows}{self._after}"
        return text


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
    statement = _plain_insert(table)
    if not changes:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changes)


def new(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return the value that an upsert would have inserted."""
    return sa.literal_column(f"excluded.{column.name}", column.type)


def _insert(table: sa.Table, update: Iterable[str] | None) -> Insert:
    if update is None:
        return _plain_insert(table).prefix_with("OR ROLLBACK")
    return upsert(table, {name: new(table.c[name]) for name in update}).prefix_with("OR ROLLBACK")


def _plain_insert(table: sa.Table) -> Insert:
    return sqlite_insert(table).values({column.name: sa.bindparam(column.name) for column in table.columns})
