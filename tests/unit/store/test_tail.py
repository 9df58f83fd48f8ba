"""The newest rows in memory: all of them after the floor, or none."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.inputs import Event
from bot.store import tail
from bot.store.operations import Append, Operation, Work
from bot.store.rows import event_row, unreadable_row
from bot.store.tail import Tail
from bot.store.values import Appended

_LOOP = asyncio.new_event_loop()


def _append(name: int, body: bytes = b"") -> Append:
    event = Event(event_id=f"evt_{name}", source="s", type="t", at=0)
    return event_row(event, "event", body, None, _LOOP.create_future())


def _filled(count: int) -> Tail:
    filled = Tail(0)
    operations: list[Operation] = [_append(number) for number in range(1, count + 1)]
    filled.grow(
        operations, [Appended(number, f"evt_{number}", duplicate=False, at=5) for number in range(1, count + 1)]
    )
    return filled


@given(count=st.integers(0, 40), limit=st.integers(1, 12), most=st.integers(1, 50))
def test_reading_in_steps_gives_every_row_once_or_says_that_it_must_be_read_from_disk(
    count: int, limit: int, most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "MOST_ROWS", most)
        filled = _filled(count)
    floor = filled.floor
    assert floor == max(0, count - most)
    if floor:
        assert filled.after(floor - 1, limit) is None
    seen, place = [], floor
    while rows := filled.after(place, limit):
        seen += [row.seq for row in rows]
        place = seen[-1]
    assert seen == list(range(floor + 1, count + 1))


def test_rows_that_were_read_are_forgotten() -> None:
    filled = _filled(5)
    assert filled.after(3, 9) is not None
    assert filled.after(2, 9) is None


def test_a_row_carries_the_time_at_which_it_was_journaled() -> None:
    rows = _filled(1).after(0, 1)
    assert rows is not None
    assert rows[0].input.at == 5


def test_duplicates_failures_unreadable_bodies_and_other_work_are_left_out() -> None:
    filled = Tail(0)
    operations: list[Operation] = [
        _append(1),
        _append(2),
        unreadable_row("s", b"", "why", _LOOP.create_future()),
        Work(lambda _cursor: None, _LOOP.create_future()),
    ]
    results = [
        Appended(9, "evt_1", duplicate=True, at=5),
        ValueError(),
        Appended(10, "evt_q", duplicate=False, at=5),
        None,
    ]
    filled.grow(operations, results)
    assert filled.after(0, 9) == []


def test_large_bodies_leave_the_tail_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "MOST_BYTES", 100)
    filled = Tail(0)
    filled.grow([_append(1, b"x" * 90)], [Appended(1, "evt_1", duplicate=False, at=5)])
    filled.grow([_append(2, b"x" * 90)], [Appended(2, "evt_2", duplicate=False, at=5)])
    assert filled.after(0, 9) is None
    rows = filled.after(1, 9)
    assert rows is not None
    assert [row.seq for row in rows] == [2]
