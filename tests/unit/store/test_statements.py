"""Statements for many rows give what one row after another would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.store.driver import driver
from bot.store.statements import Cursor, Insertion, Lookup, Statement, first, select

_TABLE = sa.Table("t", sa.MetaData(), sa.Column("k", sa.Integer, primary_key=True), sa.Column("v", sa.Text))
_PLAIN = Insertion(_TABLE)
_KEEP = Insertion(_TABLE, update=())
_REPLACE = Insertion(_TABLE, update=("v",))
_FIND = Lookup(_TABLE.c.k, _TABLE.c.k, _TABLE.c.v)
_PAIRS = st.dictionaries(st.integers(0, 400), st.text("ab", max_size=2), max_size=300)


@pytest.fixture
def cursor() -> Iterator[Cursor]:
    with closing(_cursor()) as made:
        yield made


def _cursor() -> Cursor:
    connection = driver.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT)")
    return connection.cursor()


@given(first_rows=_PAIRS, then=_PAIRS)
def test_inserts_of_any_number_of_rows_keep_or_replace(first_rows: dict[int, str], then: dict[int, str]) -> None:
    for insertion, expected in ((_KEEP, then | first_rows), (_REPLACE, first_rows | then)):
        with closing(_cursor()) as cursor:
            _PLAIN.run(cursor, list(first_rows.items()))
            insertion.run(cursor, list(then.items()))
            assert dict(cursor.execute("SELECT k, v FROM t")) == expected


@given(rows=_PAIRS, keys=st.lists(st.integers(0, 400), max_size=200))
def test_a_look_up_finds_what_is_there(rows: dict[int, str], keys: list[int]) -> None:
    with closing(_cursor()) as cursor:
        _PLAIN.run(cursor, list(rows.items()))
        assert dict(_FIND.run(cursor, keys)) == {key: rows[key] for key in keys if key in rows}


def test_a_key_that_is_looked_up_twice_is_found_twice(cursor: Cursor) -> None:
    _PLAIN.run(cursor, [(1, "a"), (2, "b")])
    assert sorted(_FIND.run(cursor, [1, 3, 1])) == [(1, "a"), (1, "a")]


def test_a_look_up_goes_by_the_index_key_by_key(cursor: Cursor) -> None:
    seen: list[str] = []
    cursor.connection.set_trace_callback(seen.append)
    _FIND.run(cursor, list(range(40)))
    cursor.connection.set_trace_callback(None)
    plan = [row[3] for row in cursor.execute("EXPLAIN QUERY PLAN " + seen[0])]
    assert [step for step in plan if " t " in step] == ["SEARCH t USING INTEGER PRIMARY KEY (rowid=?)"]


@given(
    rows=st.dictionaries(
        st.integers(0, 400), st.tuples(st.sampled_from(["a", None]), st.sampled_from([b"", b"b", None])), max_size=150
    )
)
def test_columns_that_are_mostly_alike_hold_what_was_given(rows: dict[int, tuple[str | None, bytes | None]]) -> None:
    columns = (sa.Column("k", sa.Integer, primary_key=True), sa.Column("v", sa.Text), sa.Column("w", sa.LargeBinary))
    insertion = Insertion(sa.Table("t", sa.MetaData(), *columns), alike=("v", "w"))
    with closing(_cursor()) as cursor:
        cursor.execute("ALTER TABLE t ADD COLUMN w BLOB")
        insertion.run(cursor, [(k, *values) for k, values in rows.items()])
        assert {k: (v, w) for k, v, w in cursor.execute("SELECT k, v, w FROM t")} == rows


def test_a_row_that_must_be_new_and_is_not_is_an_error_that_undoes_its_transaction(cursor: Cursor) -> None:
    cursor.execute("BEGIN")
    _PLAIN.run(cursor, [(1, "a")])
    with pytest.raises(driver.IntegrityError):
        _PLAIN.run(cursor, [(2, "b"), (1, "b")])
    assert not cursor.connection.in_transaction
    assert cursor.execute("SELECT * FROM t").fetchall() == []


def test_parameters_in_another_order_than_named_are_found_when_the_program_starts() -> None:
    update = sa.update(_TABLE).values(v=sa.bindparam("v_")).where(_TABLE.c.k == sa.bindparam("k_"))
    Statement(update, "v_", "k_")
    with pytest.raises(AssertionError, match="takes"):
        Statement(update, "k_", "v_")


def test_a_select_for_one_question_may_hold_lists(cursor: Cursor) -> None:
    _PLAIN.run(cursor, [(1, "a"), (2, "b"), (3, "c")])
    asked = first(sa.select(_TABLE.c.k).where(_TABLE.c.v.in_(["a", "c"])).order_by(_TABLE.c.k.desc()), 1)
    assert select(cursor, asked) == [(3,)]
