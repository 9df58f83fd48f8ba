"""Only a row that took the process with it is blamed for that."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import pytest

from bot.core.decisions import Change
from bot.errors import StoreFailedError
from bot.pipeline.pipeline import TRIES_BEFORE_SET_ASIDE
from tests.builders import event, rule, rules
from tests.clocks import VirtualClock
from tests.twin_store import TwinStore
from tests.unit.pipeline.test_pipeline import FAILED, Bench, ProcessEnds, explode_on, start


def waiting() -> TwinStore:
    """Return a store with one row that is not decided."""
    store = TwinStore(VirtualClock(0))
    store.add(event(FAILED, job="J"))
    return store


async def test_ends_in_order_while_a_row_is_tried_are_not_its_fault() -> None:
    store = waiting()
    for _ in range(TRIES_BEFORE_SET_ASIDE + 2):
        bench, tried = Bench(rules(rule()), store), asyncio.Event()

        def held(*_given: Any, tried: asyncio.Event = tried) -> asyncio.Future[None]:
            tried.set()
            return asyncio.get_running_loop().create_future()

        whole, store.save = store.save, held  # type: ignore[method-assign,assignment]
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            running = group.create_task(bench.pipeline.run())
            await tried.wait()
            running.cancel()
        store.save = whole  # type: ignore[method-assign]

    last = Bench(rules(rule()), store)
    await start(last)

    assert store.set_aside == []
    assert last.told == [("r", Change.FIRES)]


async def test_a_store_that_fails_while_a_row_is_tried_is_not_its_fault() -> None:
    store = waiting()

    def failing(*_given: Any) -> NoReturn:
        raise StoreFailedError("disk I/O error")

    store.save = failing  # type: ignore[method-assign,assignment]
    with pytest.raises(ExceptionGroup):
        await start(Bench(rules(rule()), store))

    assert store.attempts == {1: 0}


async def test_a_death_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    explode_on(monkeypatch, "J", ProcessEnds())
    store = waiting()
    with pytest.raises(BaseExceptionGroup):
        await start(Bench(rules(rule()), store))

    assert store.attempts == {1: 1}
