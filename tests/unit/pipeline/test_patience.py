"""A store that cannot write for a while holds the pipeline up, and ends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, NoReturn

import pytest

from bot.core.decisions import Change
from bot.errors import StoreFailedError, StoreUnavailableError
from bot.pipeline import patience, saver
from tests.builders import MINUTE, event, rule, rules
from tests.unit.pipeline.test_pipeline import FAILED, Bench, start

REFUSALS = 3


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "AGAIN_S", 0)


def failed(error: Exception) -> asyncio.Future[Any]:
    ended = asyncio.get_running_loop().create_future()
    ended.set_exception(error)
    return ended


def at_once(error: Exception) -> NoReturn:
    raise error


async def in_time(error: Exception) -> NoReturn:
    raise error


# How each question to the store may fail: a save as it is handed over, or when it is committed.
WAYS: Final = {
    "save as it is handed over": ("save", at_once),
    "save as it is committed": ("save", failed),
    "inputs_after": ("inputs_after", in_time),
    "barrier": ("barrier", in_time),
    "count_attempt": ("count_attempt", in_time),
}


def refuse(bench: Bench, way: str) -> list[str]:
    """Let a question to the store be refused a few times; return what is left of the refusals."""
    name, fail = WAYS[way]
    left, whole = [name] * REFUSALS, getattr(bench.store, name)

    def refusing(*given: Any) -> Any:
        if left:
            left.pop()
            return fail(StoreUnavailableError("database or disk is full"))
        return whole(*given)

    setattr(bench.store, name, refusing)
    return left


@pytest.mark.parametrize("way", WAYS)
async def test_what_the_store_refuses_for_a_while_is_decided_once_it_can(way: str) -> None:
    bench = Bench(rules(rule(expires_after_ms=MINUTE)))
    bench.store.add(event(FAILED, job="J"))
    left = refuse(bench, way)

    await start(bench)
    bench.clock.advance(2 * MINUTE)
    await bench.settle()

    assert left == []
    assert bench.told == [("r", Change.FIRES), ("r", Change.EXPIRES)]
    assert [cursor.seq for cursor in bench.store.saves] == [1, 1]
    assert len(bench.heard) == 2


@pytest.mark.parametrize("way", ["save as it is handed over", "save as it is committed"])
async def test_a_running_pipeline_saves_what_was_refused_also_when_nothing_more_comes(way: str) -> None:
    bench = Bench(rules(rule()))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(bench.pipeline.run())
        await bench.pipeline.caught_up()  # past what it does at its start
        left = refuse(bench, way)
        bench.store.add(event(FAILED, job="J"))
        await bench.pipeline.caught_up()
        running.cancel()

    assert left == []
    assert bench.told == [("r", Change.FIRES)]
    assert len(bench.heard) == 1


async def test_a_save_that_takes_too_long_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saver, "SAVE_TIMEOUT", 0.01)
    bench = Bench(rules(rule()))
    bench.store.add(event(FAILED, job="J"))
    whole: Callable[..., Any] = bench.store.save

    def slow(*_given: Any) -> asyncio.Future[None]:
        bench.store.save = whole  # type: ignore[method-assign]
        return asyncio.get_running_loop().create_future()

    bench.store.save = slow  # type: ignore[method-assign,assignment]
    await start(bench)

    assert bench.told == [("r", Change.FIRES)]


@pytest.mark.parametrize("way", [way for way in WAYS if way != "barrier"])
async def test_a_store_that_failed_ends_the_pipeline_at_once(way: str) -> None:
    bench = Bench(rules(rule()))
    bench.store.add(event(FAILED, job="J"))
    asked, (name, fail) = [], WAYS[way]

    def failing(*_given: Any) -> Any:
        asked.append(name)
        return fail(StoreFailedError("disk I/O error"))

    setattr(bench.store, name, failing)
    with pytest.raises(ExceptionGroup) as raised:
        await start(bench)

    assert raised.group_contains(StoreFailedError, match="disk I/O error")
    assert asked == [name]
