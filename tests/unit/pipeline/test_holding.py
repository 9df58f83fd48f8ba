"""What only has to be remembered waits a moment for more of its kind; what anybody waits for is saved at once."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.decisions import Change, Decisions
from bot.core.kinds import AtLeast
from bot.core.ruleset import RuleSet
from bot.pipeline import Batch, pipeline
from tests.builders import HOUR, MINUTE, event, rule, rules, when
from tests.unit.pipeline.test_pipeline import FAILED, Bench
from tests.unit.pipeline.test_saver import MANY, SlowStore
from tests.waiting import turns

REMEMBERED = {"memories", "slices", "timers", "looks", "paces", "follow_ups"}
LONG = 3_600.0


@pytest.fixture
def held_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "HELD_AT_MOST", LONG)


def third_fires() -> RuleSet:
    return rules(rule(kind=AtLeast(3, HOUR), per=()))


async def decide_one_by_one(bench: Bench, count: int) -> None:
    for number in range(count):
        bench.store.add(event(FAILED, job=str(number)))
        assert await bench.pipeline.step()


@pytest.mark.usefixtures("held_long")
async def test_what_only_has_to_be_remembered_shares_a_save_until_it_waited_long_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(third_fires())
    await decide_one_by_one(bench, 2)
    assert not await bench.pipeline.step()
    assert bench.store.saves == []

    monkeypatch.setattr(pipeline, "HELD_AT_MOST", 0.0)
    assert await bench.pipeline.step()
    assert [cursor.seq for cursor in bench.store.saves] == [2]


@pytest.mark.usefixtures("held_long")
async def test_an_alert_is_saved_at_once_with_all_that_was_held_before_it() -> None:
    bench = Bench(third_fires())
    await decide_one_by_one(bench, 3)

    assert [cursor.seq for cursor in bench.store.saves] == [3]
    assert len(bench.store.state.memories) == 3


@pytest.mark.usefixtures("held_long")
async def test_a_timer_that_comes_due_takes_with_it_what_is_held() -> None:
    bench = Bench(rules(rule(expires_after_ms=MINUTE), rule("many", kind=AtLeast(9, HOUR), per=())))
    bench.store.add(event(FAILED, job="J"))
    await bench.settle()
    bench.store.add(event("alfred.job.stage_update", job="K", stage="ocr"))
    assert await bench.pipeline.step()
    bench.clock.advance(HOUR)
    assert await bench.pipeline.step()

    assert [cursor.seq for cursor in bench.store.saves] == [1, 2]
    assert bench.store.state.memories["job\x1falfred\x1fK"].facts["stage"].value == "ocr"


@pytest.mark.usefixtures("held_long")
async def test_no_save_holds_more_than_one_batch_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 4)
    bench = Bench(rules(rule(kind=AtLeast(99, HOUR), per=())))
    await decide_one_by_one(bench, 3)
    for number in range(6):
        bench.store.add(event(FAILED, job=f"more {number}"))
    await bench.settle()

    assert [cursor.seq for cursor in bench.store.saves] == [4, 8, 9]


@pytest.mark.usefixtures("held_long")
async def test_no_more_than_two_batches_are_decided_ahead_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 4)
    monkeypatch.setattr(pipeline, "MOST_UNSAVED", 8)
    store = SlowStore()
    bench = Bench(rules(rule(kind=AtLeast(99, HOUR), per=())), store)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(bench.pipeline.run())
        await turns(MANY)
        for number in range(30):
            store.add(event(FAILED, job=str(number)))
            bench.pipeline.wake()
            await turns(MANY)
        assert (bench.pipeline.position.seq, store.cursor().seq) == (pipeline.MOST_UNSAVED, 0)
        running.cancel()


@pytest.mark.usefixtures("held_long")
async def test_what_was_held_when_the_process_died_is_decided_again() -> None:
    before = Bench(third_fires())
    await decide_one_by_one(before, 2)

    after = Bench(third_fires(), before.store)
    after.store.add(event(FAILED, job="third"))
    await after.settle()

    assert after.told == [("r", Change.FIRES)]


@pytest.mark.usefixtures("held_long")
async def test_the_wait_of_what_is_held_begins_with_the_first_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    bench = Bench(rules(rule(kind=AtLeast(99, HOUR), per=())))
    await decide_one_by_one(bench, 1)
    now = LONG / 2
    await decide_one_by_one(bench, 1)
    assert not await bench.pipeline.step()

    now = LONG
    assert await bench.pipeline.step()
    assert [cursor.seq for cursor in bench.store.saves] == [2]


@pytest.mark.usefixtures("held_long")
async def test_nobody_is_told_that_all_is_decided_while_anything_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(third_fires())
    bench.store.add(event(FAILED, job="J"))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(bench.pipeline.run())
        await turns(MANY)
        bench.store.add(event(FAILED, job="K"))
        waiting = group.create_task(bench.pipeline.caught_up())
        await turns(MANY)
        assert (bench.pipeline.position.seq, waiting.done()) == (2, False)
        monkeypatch.setattr(pipeline, "HELD_AT_MOST", 0.0)
        bench.pipeline.wake()
        await waiting
        running.cancel()

    assert bench.store.cursor().seq == 2


async def test_a_running_pipeline_saves_what_it_holds_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "LONGEST_WAIT", LONG)
    bench = Bench(third_fires())
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(bench.pipeline.run())
        await turns(MANY)
        bench.store.add(event(FAILED, job="J"))
        await bench.pipeline.caught_up()
        running.cancel()

    assert [cursor.seq for cursor in bench.store.saves] == [1]


@pytest.mark.usefixtures("held_long")
async def test_what_is_held_is_not_forgotten_when_the_save_before_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.pipeline.view.MEMORIES_KEPT", 0)
    monkeypatch.setattr("bot.pipeline.view.SLICES_KEPT", 0)
    store = SlowStore()
    every, many = rule("every", when=when("finished")), rule("many", kind=AtLeast(3, HOUR), per=())
    bench = Bench(rules(every, many), store)
    store.add(event("alfred.job.finished", job="J"))
    assert await bench.pipeline.step()
    await decide_one_by_one(bench, 1)
    store.commit()
    await decide_one_by_one(bench, 2)
    store.commit()
    await bench.pipeline.saved()

    assert bench.told == [("every", Change.FIRES), ("many", Change.FIRES)]


@pytest.mark.parametrize("name", Decisions.__struct_fields__)
def test_only_what_is_remembered_can_wait(name: str) -> None:
    one = Decisions()
    setattr(one, name, {"x": None} if isinstance(getattr(one, name), dict) else [None])

    assert Batch(decisions=one).can_wait == (name in REMEMBERED)


@pytest.mark.parametrize("others", [{"fetches": [None]}, {"set_aside": [None]}, {"timers": 1}, {"taken_up": (None, 1)}])
def test_fetches_rows_set_aside_timers_and_new_rules_cannot_wait(others: dict[str, object]) -> None:
    assert not Batch(**others).can_wait  # type: ignore[arg-type]
