"""A store that cannot write for a while holds the pipeline up, and ends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.core.decisions import Change
from bot.errors import StoreFailedError, StoreUnavailableError
from bot.pipeline import patience, pipeline
from tests.builders import MINUTE, event, rule, rules
from tests.unit.pipeline.test_pipeline import FAILED, Bench, start

REFUSALS = 3


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "AGAIN_S", 0)


def refuse(bench: Bench, name: str) -> list[str]:
    """Let a method of the store refuse a few times; return what is left of its refusals."""
    left, whole = [name] * REFUSALS, getattr(bench.store, name)

    async def refusing(*given: Any) -> Any:
        if left:
            left.pop()
            raise StoreUnavailableError("database or disk is full")
        return await whole(*given)

    setattr(bench.store, name, refusing)
    return left


@pytest.mark.parametrize("name", ["save", "inputs_after", "barrier", "count_attempt"])
async def test_what_the_store_refuses_for_a_while_is_decided_once_it_can(name: str) -> None:
    bench = Bench(rules(rule(expires_after_ms=MINUTE)))
    bench.store.add(event(FAILED, job="J"))
    left = refuse(bench, name)

    await start(bench)
    bench.clock.advance(2 * MINUTE)
    await bench.settle()

    assert left == []
    assert bench.told == [("r", Change.FIRES), ("r", Change.EXPIRES)]
    assert [cursor.seq for cursor in bench.store.saves] == [1, 1]
    assert len(bench.heard) == 2


async def test_a_save_that_takes_too_long_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "SAVE_TIMEOUT", 0.01)
    bench = Bench(rules(rule()))
    bench.store.add(event(FAILED, job="J"))
    whole: Callable[..., Any] = bench.store.save

    async def slow(*_given: Any) -> None:
        bench.store.save = whole  # type: ignore[method-assign]
        await asyncio.Event().wait()

    bench.store.save = slow  # type: ignore[method-assign,assignment]
    await start(bench)

    assert bench.told == [("r", Change.FIRES)]


@pytest.mark.parametrize("name", ["save", "inputs_after", "count_attempt"])
async def test_a_store_that_failed_ends_the_pipeline_at_once(name: str) -> None:
    bench = Bench(rules(rule()))
    bench.store.add(event(FAILED, job="J"))
    asked = []

    async def failing(*_given: Any) -> None:
        asked.append(name)
        raise StoreFailedError("disk I/O error")

    setattr(bench.store, name, failing)
    with pytest.raises(ExceptionGroup) as raised:
        await start(bench)

    assert raised.group_contains(StoreFailedError, match="disk I/O error")
    assert asked == [name]
