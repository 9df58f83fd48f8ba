"""The newest rows in memory: all of them after the floor, or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.inputs import Event
from bot.store import tail
from bot.store.tail import Journaled, Tail
from bot.store.values import JournalRow, RowKind


def _row(seq: int) -> JournalRow:
    return JournalRow(seq, RowKind.EVENT, Event(event_id=f"evt_{seq}", source="s", type="t", at=5))


def _filled(*commits: int) -> Tail:
    """Return a tail that took over commits of so many rows."""
    filled, last = Tail(0), 0
    for count in commits:
        filled.grow(Journaled([_row(seq) for seq in range(last + 1, last + count + 1)], [0] * count))
        last += count
    return filled


@given(commits=st.lists(st.integers(0, 9), max_size=9), limit=st.integers(1, 12), most=st.integers(9, 50))
def test_reading_in_steps_gives_every_row_once_or_says_that_it_must_be_read_from_disk(
    commits: list[int], limit: int, most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "MOST_ROWS", most)
        filled = _filled(*commits)
    floor, count = filled.floor, sum(commits)
    assert max(0, count - most) <= floor <= max(0, count - most + max(commits, default=0))
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


def test_large_bodies_leave_the_tail_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "MOST_BYTES", 100)
    filled = Tail(0)
    filled.grow(Journaled([_row(1)], [90]))
    filled.grow(Journaled([_row(2)], [90]))
    assert filled.after(0, 9) is None
    rows = filled.after(1, 9)
    assert rows is not None
    assert [row.seq for row in rows] == [2]
