from __future__ import annotations

import asyncio
from typing import NoReturn

import pytest

from bot.core.decisions import Change
from bot.core.enrich import enrich
from bot.core.inputs import Action, ActionKind, Details, Event, Input
from bot.core.kinds import AtLeast
from bot.core.ruleset import RuleSet
from bot.core.troubles import with_own_rules
from bot.core.view import View
from bot.errors import StoreFailedError
from bot.pipeline import Batch, Pipeline
from bot.pipeline.pipeline import BATCH, TRIES_BEFORE_SET_ASIDE
from bot.store.values import RowKind
from tests.builders import HOUR, MINUTE, changes, event, rule, rules, when
from tests.clocks import VirtualClock
from tests.twin_store import TwinStore

FAILED = "alfred.job.failed"


class Bench:
    """A pipeline over a twin store, stepped by hand."""

    def __init__(self, rule_set: RuleSet, store: TwinStore | None = None) -> None:
        self.store = store or TwinStore(VirtualClock(0))
        self.clock = self.store.clock
        self.heard: list[Batch] = []
        self.pipeline = Pipeline(
            self.store,
            with_own_rules(rule_set, "ops"),
            self.clock,
            on_saved=self.heard.append,
            may_fetch=lambda _source, url: url.startswith("https://allowed"),
        )

    async def settle(self) -> None:
        while await self.pipeline.step():
            pass
        await self.pipeline.saved()

    @property
    def told(self) -> list[tuple[str, Change]]:
        return [(t.alert.rule, t.change) for t in self.store.saved.transitions]


async def test_rows_are_decided_in_order_and_saved_with_the_cursor() -> None:
    bench = Bench(rules(rule(resolved_by=when("finished"))))
    bench.store.add(event(FAILED, job="J"))
    bench.store.add(event("alfred.job.finished", job="J"))

    await bench.settle()

    assert bench.told == [("r", Change.FIRES), ("r", Change.RESOLVES)]
    assert bench.store.cursor().seq == 2
    assert changes(bench.heard[0].decisions) == [Change.FIRES, Change.RESOLVES]


async def test_a_second_pipeline_goes_on_where_the_first_saved() -> None:
    written = rules(rule(kind=AtLeast(3, HOUR), per=()))
    first = Bench(written)
    for number in range(2):
        first.store.add(event(FAILED, job=str(number)))
    await first.settle()

    second = Bench(written, first.store)
    second.store.add(event(FAILED, job="3"))
    await second.settle()

    assert second.told == [("r", Change.FIRES)]


async def test_memory_reaches_over_a_restart() -> None:
    written = rules(rule(show=("stage",)))
    first = Bench(written)
    first.store.add(event("alfred.job.stage_update", job="J", stage="ocr"))
    await first.settle()

    second = Bench(written, first.store)
    second.store.add(event(FAILED, job="J"))
    await second.settle()

    assert [field.value for field in second.store.saved.transitions[0].alert.shown] == ["ocr"]


async def test_a_timer_that_came_due_while_the_bot_was_down_fires_at_its_own_time() -> None:
    written = rules(rule(expires_after_ms=MINUTE))
    first = Bench(written)
    first.store.add(event(FAILED, job="J"))
    await first.settle()
    first.clock.advance(HOUR)

    second = Bench(written, first.store)
    await second.settle()

    assert [(t.change, t.at) for t in second.store.saved.transitions] == [(Change.FIRES, 0), (Change.EXPIRES, MINUTE)]


async def test_timers_fire_before_a_later_event_however_late_both_are_looked_at() -> None:
    bench = Bench(rules(rule(expires_after_ms=MINUTE)))
    bench.store.add(event(FAILED, job="J"))
    bench.clock.advance(HOUR)
    bench.store.add(event(FAILED, job="J"))

    await bench.settle()

    assert bench.told == [("r", Change.FIRES), ("r", Change.EXPIRES), ("r", Change.FIRES)]


async def test_a_timer_waits_for_a_row_that_was_journaled_before_it_is_looked_at() -> None:
    bench = Bench(rules(rule(resolved_after_ms=MINUTE)))
    bench.store.add(event(FAILED, job="J"))
    await bench.settle()
    bench.clock.advance(MINUTE + 1)
    original = bench.store.barrier

    async def slow_barrier() -> int:
        bench.store.add(event("alfred.job.start", job="other"))
        bench.store.barrier = original  # type: ignore[method-assign]
        return await original()

    bench.store.barrier = slow_barrier  # type: ignore[method-assign]
    await bench.settle()

    assert [cursor.seq for cursor in bench.store.saves] == [1, 2]
    assert bench.told[-1] == ("r", Change.RESOLVES)


async def test_an_action_goes_the_same_way_as_events() -> None:
    bench = Bench(rules(rule()))
    bench.store.add(event(FAILED, job="J"))
    await bench.settle()
    alert = bench.store.saved.transitions[0].alert
    bench.store.add(Action(at=0, kind=ActionKind.RESOLVE, alert_id=alert.alert_id, actor="Ana"), kind=RowKind.ACTION)

    await bench.settle()

    assert bench.told[-1] == ("r", Change.RESOLVES)


async def test_a_payload_by_reference_is_left_to_be_fetched() -> None:
    bench = Bench(rules(rule()))
    bench.store.add(event(FAILED, job="J", details=Details.ENVELOPE), reference="https://allowed/x")

    await bench.settle()

    assert [fetch.url for fetch in bench.store.fetches] == ["https://allowed/x"]
    assert bench.told == []


async def test_a_host_that_is_not_allowed_is_decided_on_the_envelope_and_told_to_the_admins_only() -> None:
    bench = Bench(rules(rule()))
    bench.store.add(event(FAILED, job="J", details=Details.ENVELOPE), reference="https://elsewhere/x")

    await bench.settle()

    assert bench.store.fetches == []
    assert bench.told == [("r", Change.FIRES), ("tocsin-payload-unavailable", Change.FIRES)]
    assert bench.store.saved.transitions[0].alert.details_missing
    assert [n.channel for n in bench.store.saved.notifications] == ["alerts", "ops"]


async def test_a_reference_without_an_address_is_decided_on_the_envelope_and_told_to_the_admins() -> None:
    bench = Bench(rules(rule()))
    bench.store.add(event(FAILED, job="J", details=Details.ENVELOPE))
    bench.store.add(event(FAILED, job="K", details=Details.ENVELOPE), kind=RowKind.ENVELOPE)  # told of already

    await bench.settle()

    assert bench.store.fetches == []
    assert [name for name, _ in bench.told] == ["r", "tocsin-payload-unavailable", "r"]
    assert bench.store.saved.transitions[0].alert.details_missing


@pytest.mark.parametrize("read", ["read_slice", "read_memories"])
async def test_a_store_that_cannot_be_read_ends_the_pipeline_and_sets_nothing_aside(read: str) -> None:
    bench = Bench(rules(rule()))
    bench.store.add(event(FAILED, job="J"))
    await bench.settle()
    again = Bench(rules(rule()), bench.store)
    again.store.add(event(FAILED, job="J"))

    def broken(_keys: object) -> NoReturn:
        raise StoreFailedError("disk I/O error")

    setattr(again.store, read, broken)
    with pytest.raises(StoreFailedError):
        await again.settle()

    assert (again.store.set_aside, again.store.cursor().seq) == ([], 1)


def explode_on(monkeypatch: pytest.MonkeyPatch, job: str, error: BaseException) -> None:
    def exploding(given: Event, view: View) -> object:
        if given.fields.get("job") == job:
            raise error
        return enrich(given, view)

    monkeypatch.setattr("bot.core.decide.enrich", exploding)


async def test_an_event_that_cannot_be_decided_is_set_aside_and_holds_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    explode_on(monkeypatch, "poison", RuntimeError("boom"))
    bench = Bench(rules(rule()))
    for job in ("A", "poison", "B"):
        bench.store.add(event(FAILED, job=job))

    await bench.settle()

    assert [aside.seq for aside in bench.store.set_aside] == [2]
    assert [name for name, _ in bench.told] == ["r", "tocsin-event-set-aside", "r"]


async def test_what_timers_decided_before_a_poison_event_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    explode_on(monkeypatch, "poison", RuntimeError("boom"))
    bench = Bench(rules(rule(expires_after_ms=MINUTE)))
    bench.store.add(event(FAILED, job="A"))
    bench.clock.advance(HOUR)
    bench.store.add(event(FAILED, job="poison"))

    await bench.settle()

    assert ("r", Change.EXPIRES) in bench.told


class ProcessEnds(BaseException):
    """Stands for what no handler catches: the process is gone."""


async def start(bench: Bench) -> None:
    """Run as the service does, until there is nothing left to do."""
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(bench.pipeline.run())
        await bench.pipeline.caught_up()
        running.cancel()


async def test_an_event_that_ends_the_process_each_time_is_set_aside_after_a_few_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explode_on(monkeypatch, "poison", ProcessEnds())
    store = TwinStore(VirtualClock(0))
    for job in ("A", "poison", "B"):
        store.add(event(FAILED, job=job))
    ended = 0
    for _ in range(TRIES_BEFORE_SET_ASIDE):
        with pytest.raises(BaseExceptionGroup):
            await start(Bench(rules(rule()), store))
        ended += 1

    last = Bench(rules(rule()), store)
    await start(last)

    assert ended == TRIES_BEFORE_SET_ASIDE
    assert [aside.seq for aside in store.set_aside] == [2]
    assert last.told == [("r", Change.FIRES), ("tocsin-event-set-aside", Change.FIRES), ("r", Change.FIRES)]


async def test_a_long_backlog_is_decided_in_batches() -> None:
    bench = Bench(rules(rule(kind=AtLeast(BATCH * 3, HOUR), per=())))
    given: list[Input] = [event(FAILED, job=str(number)) for number in range(BATCH * 3)]
    for one in given:
        bench.store.add(one)

    await bench.settle()

    assert bench.told == [("r", Change.FIRES)]
    assert [cursor.seq for cursor in bench.store.saves] == [BATCH, BATCH * 2, BATCH * 3]


async def test_the_view_forgets_beyond_its_caps_and_reads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.pipeline.view.MEMORIES_KEPT", 1)
    monkeypatch.setattr("bot.pipeline.view.SLICES_KEPT", 1)
    bench = Bench(rules(rule(show=("stage",))))
    for job in "ABC":
        bench.store.add(event("alfred.job.stage_update", job=job, stage=f"stage {job}"))
        bench.store.add(event(FAILED, job=job))
        await bench.settle()
    bench.store.add(event(FAILED, job="A"))
    await bench.settle()

    [alert] = [a for a in bench.store.saved.alerts.values() if a.key == (("subject", "A"),)]
    assert alert.count == 2
    assert [field.value for field in alert.shown] == ["stage A"]


async def test_a_clock_that_was_set_strands_no_timer() -> None:
    bench = Bench(rules(rule(expires_after_ms=MINUTE)))
    bench.store.add(event(FAILED, job="J"))
    await bench.settle()
    bench.clock.set(-HOUR)
    await bench.settle()
    before = list(bench.told)
    bench.clock.set(2 * MINUTE)
    await bench.settle()

    assert before == [("r", Change.FIRES)]
    assert bench.told[-1] == ("r", Change.EXPIRES)
