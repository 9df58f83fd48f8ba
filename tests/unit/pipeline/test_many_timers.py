"""Very many timers due at once are saved in parts, in their order, before what came after them."""

from __future__ import annotations

import pytest

from bot.core.decisions import Change
from bot.pipeline import pipeline
from tests.builders import HOUR, MINUTE, event, rule, rules
from tests.unit.pipeline.test_pipeline import FAILED, Bench, start

MANY = 50
AT_ONCE = 8


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "TIMERS_AT_ONCE", AT_ONCE)


async def with_open_alerts() -> Bench:
    bench = Bench(rules(rule(expires_after_ms=MINUTE)))
    for number in range(MANY):
        bench.store.add(event(FAILED, job=str(number)))
        bench.clock.advance(1)
    await bench.settle()
    return bench


def saved_in_parts(bench: Bench) -> bool:
    return all(len(batch.decisions.transitions) <= AT_ONCE + 1 for batch in bench.heard[1:])


async def test_timers_that_come_due_together_are_saved_in_parts_and_in_their_order() -> None:
    bench = await with_open_alerts()
    bench.clock.advance(HOUR)

    await bench.settle()

    over = [t.at for t in bench.store.saved.transitions if t.change is Change.EXPIRES]
    assert over == [number + MINUTE for number in range(MANY)]
    assert saved_in_parts(bench)
    times = [cursor.time for cursor in bench.store.saves]
    assert times == sorted(times)
    assert bench.store.cursor().time == bench.clock.now_ms()


async def test_a_row_waits_for_all_timers_that_were_due_before_it() -> None:
    bench = await with_open_alerts()
    bench.clock.advance(HOUR)
    bench.store.add(event(FAILED, job="0"))

    await bench.settle()

    assert [change for _, change in bench.told[MANY:]] == [Change.EXPIRES] * MANY + [Change.FIRES]
    assert saved_in_parts(bench)
    assert bench.store.cursor().seq == MANY + 1


async def test_a_start_that_is_cut_between_two_parts_goes_on_there() -> None:
    bench = await with_open_alerts()
    bench.clock.advance(HOUR)
    bench.store.add(event(FAILED, job="0"))
    await bench.pipeline.step()
    assert bench.store.cursor().seq == MANY

    again = Bench(rules(rule(expires_after_ms=MINUTE)), bench.store)
    await start(again)

    assert [change for _, change in again.told[MANY:]] == [Change.EXPIRES] * MANY + [Change.FIRES]
    assert again.store.attempts == {MANY + 1: 1}
