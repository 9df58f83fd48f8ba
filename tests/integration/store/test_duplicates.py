"""A law: deliveries that come again, in any order and in any life of the store, change nothing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.core.fold import State, fold
from bot.core.inputs import Event
from tests.builders import rule, rules, when
from tests.integration.store.opened import append_all, opened

RULES = rules(rule("every", when=when("any")), rule("again", when=when("any"), per=("source",)))


@given(st.lists(st.lists(st.integers(0, 6), max_size=6), max_size=3))
def test_duplicates_change_nothing(lives: list[list[int]]) -> None:
    """Each inner list is one life of the process; a number is an event, and what was there before comes again."""
    first = list(dict.fromkeys(number for life in lives for number in life))
    with tempfile.TemporaryDirectory() as folder:
        stored = asyncio.run(_live(Path(folder) / "again.db", lives))
        once = asyncio.run(_live(Path(folder) / "once.db", [first]))

    assert stored == once
    assert _alerts(stored) == _alerts(once)


async def _live(path: Path, lives: list[list[int]]) -> list[Event]:
    seen = set[int]()
    stored: list[Event] = []
    for life in lives or [[]]:
        async with opened(path) as store:
            for number in life:
                [appended] = await append_all(store, [str(number)])
                assert appended.duplicate == (number in seen)
                seen.add(number)
            stored = [row.input for row in await store.inputs_after(0, 100) if isinstance(row.input, Event)]
    return stored


def _alerts(events: list[Event]) -> set[str]:
    state = State()
    return {mark for one in events for mark in fold(one, state, RULES).alerts}
