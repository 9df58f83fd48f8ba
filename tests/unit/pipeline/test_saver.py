"""A batch is saved while the next one is decided: in their order, and nothing is taken from a store that is behind."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.decisions import Change
from bot.core.inputs import Event
from bot.core.kinds import AtLeast
from bot.core.ruleset import RuleSet
from bot.errors import StoreUnavailableError
from bot.pipeline import pipeline
from bot.pipeline.pipeline import TRIES_BEFORE_SET_ASIDE
from tests.builders import HOUR, MINUTE, event, rule, rules, when
from tests.clocks import VirtualClock
from tests.twin_store import TwinStore
from tests.unit.pipeline.test_pipeline import FAILED, Bench, ProcessEnds, explode_on, start
from tests.waiting import turns


class SlowStore(TwinStore):
    """A twin store whose saves are committed when `commit` says so, or after so many turns of the loop each."""

    def __init__(self, pauses: Iterable[int] = ()) -> None:
        super().__init__(VirtualClock(0))
        self._pauses = iter(pauses)
        self._waiting: deque[Callable[[], None]] = deque()

    @property
    def under_way(self) -> int:
        return len(self._waiting)

    def commit(self) -> None:
        self._waiting.popleft()()

    def save(self, *given: Any) -> asyncio.Future[None]:
        if self._waiting:
            raise StoreUnavailableError("the save before is still under way")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def commit() -> None:
            done.set_result(super(SlowStore, self).save(*given).result())

        self._waiting.append(commit)
        pause = next(self._pauses, None)
        if pause is not None:
            self._commit_after(pause)
        return done

    def _commit_after(self, turns_left: int) -> None:
        soon = asyncio.get_running_loop().call_soon
        if turns_left:
            soon(self._commit_after, turns_left - 1)
        else:
            soon(self.commit)


MANY = 20  # turns of the loop: more than anything here needs


async def test_the_next_rows_are_decided_and_wait_in_their_order_while_a_save_is_under_way() -> None:
    store = SlowStore()
    bench = Bench(rules(rule()), store)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(bench.pipeline.run())
        await turns(MANY)
        for number in range(3):
            store.add(event(FAILED, job=str(number)))
            bench.pipeline.wake()
            await turns(MANY)
        assert (bench.pipeline.view.open_alerts, store.under_way, bench.told, bench.heard) == (2, 1, [], [])

        store.commit()
        await turns(MANY)
        assert (store.cursor().seq, store.under_way, len(bench.told), len(bench.heard)) == (1, 1, 1, 1)

        store.commit()
        await turns(MANY)
        assert (store.cursor().seq, store.under_way, len(bench.told)) == (2, 1, 2)
        store.commit()
        await bench.pipeline.caught_up()
        running.cancel()

    assert [cursor.seq for cursor in store.saves] == [1, 2, 3]
    assert len(bench.heard) == 3


async def test_nobody_is_told_that_all_is_decided_before_it_is_saved_and_then_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "LONGEST_WAIT", 3_600.0)
    store = SlowStore()
    bench = Bench(rules(rule()), store)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(bench.pipeline.run())
        await turns(MANY)
        store.add(event(FAILED, job="J"))
        waiting = group.create_task(bench.pipeline.caught_up())
        await turns(MANY)
        assert not waiting.done()
        store.commit()
        await waiting
        running.cancel()

    assert bench.told == [("r", Change.FIRES)]


async def test_what_senders_wait_for_is_handed_over_before_anything_is_decided() -> None:
    bench, handed_over = Bench(rules(rule())), asyncio.Event()
    bench.store.gathered = handed_over.wait  # type: ignore[method-assign,assignment]
    bench.store.add(event(FAILED, job="J"))
    async with asyncio.TaskGroup() as group:
        settled = group.create_task(bench.settle())
        await turns(MANY)
        assert bench.pipeline.view.open_alerts == 0
        handed_over.set()
        await settled

    assert bench.told == [("r", Change.FIRES)]


STAGES = "alfred.job.stage_update"


def some_rules() -> RuleSet:
    return rules(
        rule("one", resolved_by=when("finished"), show=("stage",)),
        rule("many", kind=AtLeast(3, 10 * MINUTE), per=("stage",), expires_after_ms=MINUTE),
        rule("short", expires_after_ms=1_000, per=("job",)),
    )


def some_events() -> st.SearchStrategy[list[tuple[int, Event]]]:
    """Return what comes at one time each: ms after the one before, and an event."""
    kinds = st.sampled_from([FAILED, STAGES, "alfred.job.finished"])
    made = st.builds(
        lambda kind, job, stage: event(kind, job=job, stage=stage), kinds, st.sampled_from("ABC"), st.sampled_from("xy")
    )
    return st.lists(st.tuples(st.sampled_from([0, 1, 700, 30_000]), made), min_size=1, max_size=25)


async def _lived(store: TwinStore, came: list[tuple[int, Event]]) -> list[object]:
    bench = Bench(some_rules(), store)
    for after, one in came:
        store.clock.advance(after)
        store.add(one)
        await bench.pipeline.step()
        await turns(after % 3)
    store.clock.advance(HOUR)
    await bench.settle()
    timers = store.state.timers.standing()
    return [bench.told, store.state.slices, store.state.memories, timers, [batch.decisions for batch in bench.heard]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(came=some_events(), pauses=st.lists(st.integers(0, 5), min_size=1))
async def test_what_follows_is_the_same_however_late_saves_are_committed_and_however_little_is_kept(
    came: list[tuple[int, Event]], pauses: list[int]
) -> None:
    expected = await _lived(TwinStore(VirtualClock(0)), came)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.pipeline.view.MEMORIES_KEPT", 0)
        patch.setattr("bot.pipeline.view.SLICES_KEPT", 0)
        assert await _lived(SlowStore(cycle(pauses)), came) == expected


async def test_an_event_that_ends_the_process_is_found_wherever_it_stands_in_what_was_not_saved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "BATCH", 3)
    monkeypatch.setattr(pipeline, "MOST_UNSAVED", 6)
    explode_on(monkeypatch, "poison", ProcessEnds())
    store = SlowStore()
    for number in range(5):
        store.add(event(FAILED, job=str(number)))
    store.add(event(FAILED, job="poison"))
    first = Bench(rules(rule()), store)
    await first.pipeline.step()
    with pytest.raises(ProcessEnds):
        await first.pipeline.step()
    assert (store.cursor().seq, store.attempts) == (0, {})

    store = _restarted(store)
    ended = 0
    for _ in range(TRIES_BEFORE_SET_ASIDE):
        with pytest.raises(BaseExceptionGroup):
            await start(Bench(rules(rule()), store))
        ended += 1
    await start(Bench(rules(rule()), store))

    assert ended == TRIES_BEFORE_SET_ASIDE
    assert [aside.seq for aside in store.set_aside] == [6]


def _restarted(before: SlowStore) -> SlowStore:
    after = SlowStore(cycle([0]))
    after.journal = before.journal
    return after
