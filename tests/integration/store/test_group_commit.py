"""One commit for many, and what becomes of those who wait when it cannot be had."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreFailedError, StoreUnavailableError
from bot.store import writer
from bot.store.statements import Cursor
from bot.store.values import Appended
from tests.clocks import VirtualClock
from tests.integration.store.opened import BODY, append_all, event, look, opened, outcome
from tests.waiting import turns


async def test_events_that_arrive_together_share_a_commit(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        before = store.commits
        await append_all(store, [str(number) for number in range(200)])
        assert store.commits - before <= 2


async def test_events_that_arrive_during_a_commit_wait_for_the_next_together(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store, asyncio.TaskGroup() as group:
        gate = _Gate()
        held = group.create_task(store.work(gate.hold))
        await gate.reached()
        before = store.commits
        waiting = [group.create_task(_later(count, store.append(event(str(count)), BODY))) for count in range(20)]
        await turns(25)
        assert not any(one.done() for one in waiting)
        gate.open()
        await asyncio.wait([held, *waiting])
        assert store.commits - before == 2


async def test_events_that_keep_arriving_turn_after_turn_share_a_commit(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store, asyncio.TaskGroup() as group:
        before = store.commits
        waiting = [group.create_task(_later(count, store.append(event(str(count)), BODY))) for count in range(20)]
        await asyncio.wait(waiting)
        assert store.commits - before == 1


async def test_so_many_events_as_are_enough_do_not_wait_for_more(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store, asyncio.TaskGroup() as group:
        waiting = [group.create_task(store.append(event("first"), BODY))]
        while not waiting[0].done() and len(waiting) < writer.MOST_WAITING // 2:  # no turn is quiet
            waiting.append(group.create_task(store.append(event(str(len(waiting))), BODY)))
            await turns(1)
        assert waiting[0].done()
        assert len(waiting) > writer.ENOUGH


async def test_what_came_together_is_on_its_way_to_the_disk_once_it_is_gathered(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store, asyncio.TaskGroup() as group:
        gate = _Gate()
        held = group.create_task(store.work(gate.hold))
        await gate.reached()
        waiting = [group.create_task(_later(count, store.append(event(str(count)), BODY))) for count in range(20)]
        await turns(2)
        before = store.commits
        await store.gathered()
        late = group.create_task(store.append(event("late"), BODY))
        gate.open()
        await asyncio.wait([held, *waiting])
        assert store.commits - before == 2  # what held, and all that were gathered
        await late


async def test_senders_that_never_pause_are_gathered_as_soon_as_they_are_enough(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store, asyncio.TaskGroup() as group:
        gathered = group.create_task(store.gathered())
        waiting: list[asyncio.Task[Appended]] = []
        while not gathered.done() and len(waiting) < 3 * writer.ENOUGH:  # no turn is quiet
            waiting.append(group.create_task(store.append(event(str(len(waiting))), BODY)))
            await turns(1)
        assert gathered.done()
        assert len(waiting) >= writer.ENOUGH


async def test_one_piece_of_work_that_raises_hurts_no_other_in_its_batch(tmp_path: Path) -> None:
    def broken(cursor: Cursor) -> None:
        cursor.execute("INSERT INTO meta VALUES ('half', 'done')")
        raise KeyError("a bug")

    async with opened(tmp_path / "t.db") as store:
        results = await asyncio.gather(
            store.append(event("1"), BODY),
            store.work(broken),
            store.append(event("2"), BODY),
            return_exceptions=True,
        )
        assert isinstance(results[1], KeyError)
        assert [row.seq for row in await store.inputs_after(0, 9)] == [1, 2]
        assert look(tmp_path / "t.db", "SELECT * FROM meta WHERE name = 'half'") == []


async def test_a_row_that_the_engine_refuses_is_refused_alone(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        results: list[Any] = await asyncio.gather(
            *(outcome(store.append(event(str(one), occurred_at=at), BODY)) for one, at in enumerate((0, 1 << 70, 0)))
        )
        assert isinstance(results[1], StoreUnavailableError)
        assert [results[0].seq, results[2].seq] == [1, 2]
        assert store.trouble is None


async def test_too_many_waiting_are_asked_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 5)
    async with opened(tmp_path / "t.db") as store:
        results = await asyncio.gather(
            *(store.append(event(str(number)), BODY) for number in range(8)), return_exceptions=True
        )
        assert [isinstance(one, StoreUnavailableError) for one in results] == [False] * 5 + [True] * 3
        assert not (await store.append(event("8"), BODY)).duplicate


async def test_bodies_that_wait_are_bounded_in_bytes_but_a_large_one_alone_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_BYTES_WAITING", 100)
    async with opened(tmp_path / "t.db") as store:
        results = await asyncio.gather(
            *(store.append(event(str(number)), b"x" * 300) for number in range(2)), return_exceptions=True
        )
        assert [type(one).__name__ for one in results] == ["Appended", "StoreUnavailableError"]


async def test_a_sender_waits_no_longer_than_the_deadline_and_its_event_may_still_land(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "t.db", clock) as store, asyncio.TaskGroup() as group:
        gate = _Gate()
        held = group.create_task(store.work(gate.hold))
        await gate.reached()
        waiting = group.create_task(outcome(store.append(event("1"), BODY)))
        await turns(3)
        clock.advance(int(writer.COMMIT_DEADLINE * 1_000))
        store._writer._look()
        answer = await waiting
        assert isinstance(answer, StoreUnavailableError)
        assert store.trouble == str(answer) == "a commit takes longer than 8 s"
        gate.open()
        await held
        assert (await store.append(event("1"), BODY)).duplicate
        assert store.trouble is None


async def test_a_disk_that_does_not_answer_at_all_stops_the_store(tmp_path: Path) -> None:
    clock = VirtualClock()
    failures: list[StoreFailedError] = []
    async with opened(tmp_path / "t.db", clock, on_failed=failures.append) as store, asyncio.TaskGroup() as group:
        gate = _Gate()
        held = group.create_task(outcome(store.work(gate.hold)))
        await gate.reached()
        clock.advance(int(writer.STALLED * 1_000))
        store._writer._look()
        assert isinstance(await held, StoreFailedError)
        with pytest.raises(StoreFailedError, match="longer than 20 s"):
            await store.append(event("1"), BODY)
        assert len(failures) == 1
        gate.open()


async def test_what_waits_when_the_store_closes_is_written_and_nothing_more_is_taken(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        async with opened(tmp_path / "t.db") as store:
            waiting = group.create_task(store.append(event("1"), BODY))
            await turns()
        assert not (await waiting).duplicate
        with pytest.raises(StoreUnavailableError, match="closing"):
            await store.append(event("2"), BODY)
    assert look(tmp_path / "t.db", "SELECT event_id FROM journal") == [("evt_1",)]


async def test_a_waiter_that_is_cancelled_disturbs_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store, asyncio.TaskGroup() as group:
        gone = group.create_task(store.append(event("1"), BODY))
        stays = group.create_task(store.append(event("2"), BODY))
        await turns()
        gone.cancel()
        assert (await stays).seq == 2
        assert [row.seq for row in await store.inputs_after(0, 9)] == [1, 2]


class _Gate:
    """Holds the writer's thread inside a transaction until it is opened."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reached, self._open = asyncio.Event(), threading.Event()

    def hold(self, _cursor: Cursor) -> None:
        self._loop.call_soon_threadsafe(self._reached.set)
        assert self._open.wait(30)

    async def reached(self) -> None:
        async with asyncio.timeout(30):
            await self._reached.wait()

    def open(self) -> None:
        self._open.set()


async def _later(count: int, appending: Awaitable[Appended]) -> Appended:
    await turns(count)
    return await appending
