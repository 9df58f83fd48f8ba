"""The journal on a real file: what is answered is stored, once, in order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.inputs import Action, ActionKind, Details, Event, Reload
from bot.errors import StoreUnavailableError
from bot.store import settling, tail
from bot.store.values import RowKind, RowStatus
from tests.clocks import VirtualClock
from tests.integration.store.opened import BODY, append_all, event, look, opened
from tests.waiting import turns


async def test_an_appended_event_is_there_after_reopening(tmp_path: Path) -> None:
    path, clock = tmp_path / "t.db", VirtualClock()
    sent = event("1", raw={"a": [1]}, occurred_at=5)
    async with opened(path, clock) as store:
        appended = await store.append(sent, BODY, "https://files.example.com/1?sig=x")
    async with opened(path, clock, raw_of=lambda _event, body: {"a": [1]} if body == BODY else None) as store:
        (row,) = await store.inputs_after(0, 10)

    assert (row.seq, row.kind, row.reference) == (1, RowKind.EVENT, "https://files.example.com/1?sig=x")
    assert row.input == msgspec.structs.replace(sent, at=clock.now_ms())
    assert (appended.seq, appended.event_id, appended.duplicate, appended.at) == (1, "evt_1", False, clock.now_ms())


async def test_a_committed_event_is_there_although_the_process_never_closed_its_store(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    async with opened(path) as store:
        await store.append(event(), BODY)
        assert look(path, "SELECT event_id FROM journal") == [("evt_1",)]


async def test_what_is_read_from_memory_is_what_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    sent = [event(str(number), fields={"run": "x", "errors": ("a", "b"), "score": 0.5}) for number in range(3)]
    async with opened(path) as store:
        for one in sent:
            await store.append(one, BODY)
        await store.append_action(Action(at=0, kind=ActionKind.RESOLVE, alert_id="al_1", actor="Ana"))
        await store.append_reload("v2")
        fresh = await store.inputs_after(0, 10)
    async with opened(path) as store:
        assert await store.inputs_after(0, 10) == fresh
        assert [row.seq for row in await store.inputs_after(2, 2)] == [3, 4]


@pytest.mark.parametrize("details", [Details.WHOLE, Details.ENVELOPE])
async def test_the_payload_of_an_event_is_the_same_from_memory_and_from_disk(tmp_path: Path, details: Details) -> None:
    path, raw = tmp_path / "t.db", {"id": "1", "metadata": {}}
    sent = event("1", details=details, raw=raw)
    async with opened(path) as store:
        await store.append(sent, BODY, "https://files.example.com/1")
        (fresh,) = await store.inputs_after(0, 10)
    async with opened(path, raw_of=lambda _event, _body: raw) as store:
        assert await store.inputs_after(0, 10) == [fresh]
    assert isinstance(fresh.input, Event)
    assert fresh.input.raw == (raw if details is Details.WHOLE else None)


async def test_a_duplicate_is_answered_with_the_first_ones_place(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "t.db", clock) as store:
        first = await store.append(event(), BODY)
        clock.advance(60_000)
        again = await store.append(event(), b"another body")
        assert (again.seq, again.event_id, again.duplicate, again.at) == (first.seq, "evt_1", True, first.at)
        assert len(await store.inputs_after(0, 10)) == 1


async def test_duplicates_failures_unreadable_bodies_and_other_work_are_not_given_to_the_pipeline(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path / "t.db") as store:
        answers = await asyncio.gather(
            store.append(event("1"), BODY),
            store.append(event("1"), BODY),
            store.append(event("too far ahead", occurred_at=1 << 70), BODY),
            store.quarantine("extend", b"{", "not JSON"),
            store.work(lambda _cursor: None),
            store.append(event("2"), BODY),
            return_exceptions=True,
        )
        assert isinstance(answers[2], StoreUnavailableError)
        rows = await store.inputs_after(0, 9)
        assert [row.input.event_id for row in rows if isinstance(row.input, Event)] == ["evt_1", "evt_2"]


async def test_the_same_event_many_times_in_one_batch_is_stored_once(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        answers = await append_all(store, ["1", "2", "1", "1"])
        assert [(one.seq, one.duplicate) for one in answers] == [(1, False), (2, False), (1, True), (1, True)]
        assert [row.seq for row in await store.inputs_after(0, 10)] == [1, 2]


async def test_a_duplicate_is_known_in_another_process_life(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.append(event(), BODY)
    async with opened(tmp_path / "t.db") as store:
        assert (await store.append(event(), BODY)).duplicate
        assert (await store.append(event("2"), BODY)).seq == 2


@pytest.mark.parametrize("lives", [1, 3])
async def test_every_key_is_known_while_keys_are_settled_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lives: int
) -> None:
    monkeypatch.setattr(settling, "SETTLE_AT", 20)
    monkeypatch.setattr(settling, "STEP", 7)
    names: list[str] = []
    for life in range(lives):
        async with opened(tmp_path / "t.db") as store:
            for batch in range(12):
                new = [f"{life}-{batch}-{number}" for number in range(5)]
                assert not any(one.duplicate for one in await append_all(store, new))
                names += new
                assert all(one.duplicate for one in await append_all(store, names))
            assert store.settled_to > 0
    assert look(tmp_path / "t.db", "SELECT count(*) FROM journal") == [(len(names),)]


async def test_times_never_go_back_although_the_clock_does(tmp_path: Path) -> None:
    clock = VirtualClock(1_000_000)
    async with opened(tmp_path / "t.db", clock) as store:
        first = await store.append(event("1"), BODY)
        clock.set(10)
        second = await store.append(event("2"), BODY)
    async with opened(tmp_path / "t.db", clock) as store:
        third = await store.append(event("3"), BODY)
    assert [first.at, second.at, third.at] == [1_000_000] * 3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(-5_000, 5_000), st.integers(1, 4), st.booleans()), max_size=12))
async def test_rows_are_in_order_of_number_and_time_whatever_the_clock_does(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, bool]]
) -> None:
    clock, floor, number = VirtualClock(100_000), 0, 0
    async with opened(tmp_path_factory.mktemp("law") / "t.db", clock) as store:
        for move, count, with_barrier in steps:
            clock.set(clock.now_ms() + move)
            if with_barrier:
                floor = await store.barrier()
            appended = await append_all(store, [str(number + one) for one in range(count)])
            number += count
            assert all(one.at >= floor for one in appended)
        rows = await store.inputs_after(0, 1_000)
    assert [row.seq for row in rows] == list(range(1, number + 1))
    times = [row.input.at for row in rows]
    assert times == sorted(times)


async def test_everything_before_a_barrier_is_readable_and_nothing_later_is_before_it(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "t.db", clock) as store, asyncio.TaskGroup() as group:
        early = group.create_task(store.append(event("1"), BODY))
        await turns()
        at = await store.barrier()
        assert [row.seq for row in await store.inputs_after(0, 10)] == [1]
        assert (await early).at <= at
        clock.set(5)
        assert (await store.append(event("2"), BODY)).at >= at


async def test_an_unreadable_body_is_kept_and_never_given_to_the_pipeline(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        kept = await store.quarantine("extend", b"\xff", "not UTF-8")
        again = await store.quarantine("extend", b"\xff", "not UTF-8")
        other = await store.quarantine("alfred", b"\xff", "not UTF-8")
        after = await store.append(event(), BODY)
        assert (again.event_id, again.duplicate) == (kept.event_id, True)
        assert not other.duplicate
        assert [row.seq for row in await store.inputs_after(0, 10)] == [after.seq]
        (row, _other) = reversed(await store.read(lambda reads: reads.rows(status=RowStatus.QUARANTINED)))
        assert (row.body, row.error, row.event, row.kind) == (b"\xff", "not UTF-8", None, RowKind.QUARANTINED)


async def test_what_may_be_kept_of_an_unreadable_body_stands_for_it_under_the_id_of_the_body(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        first = await store.quarantine("alfred", b"secret 1", "no JSON", b"stub")
        again = await store.quarantine("alfred", b"secret 1", "no JSON", b"stub")
        other = await store.quarantine("alfred", b"secret 2", "no JSON", b"stub")
        rows = await store.read(lambda reads: reads.rows(status=RowStatus.QUARANTINED))
    assert (again.event_id, again.duplicate, other.duplicate) == (first.event_id, True, False)
    assert [row.body for row in rows] == [b"stub", b"stub"]


async def test_a_payload_that_came_later_is_a_second_row_of_the_same_event_once(tmp_path: Path) -> None:
    envelope = event("1", details=Details.ENVELOPE)
    late = event("1", details=Details.COMPLETION, fields={"run": "1", "company": "Acme"})
    async with opened(tmp_path / "t.db") as store:
        await store.append(event("1"), BODY, "https://files.example.com/1")
        assert [(await store.append_completion(envelope, None)).seq for _ in range(2)] == [2, 2]
        assert [(await store.append_completion(late, b"{}")).seq for _ in range(2)] == [3, 3]
    async with opened(tmp_path / "t.db") as store:
        assert (await store.append_completion(late, b"{}")).seq == 3
        rows = await store.inputs_after(0, 10)
        assert [row.kind for row in rows] == [RowKind.EVENT, RowKind.ENVELOPE, RowKind.COMPLETION]
        assert rows[2].input == msgspec.structs.replace(late, at=rows[2].input.at)
        found = await store.read(lambda reads: reads.event("evt_1"))
        assert [(row.seq, row.body) for row in found] == [(1, BODY), (2, None), (3, b"{}")]


async def test_an_own_event_is_stored_once_and_a_reload_each_time(tmp_path: Path) -> None:
    own = Event(event_id="evt_own", source="tocsin", type="tocsin.rule.quarantined", at=0)
    async with opened(tmp_path / "t.db") as store:
        assert [await store.append_own(own), await store.append_own(own)] == [1, 1]
        assert [await store.append_reload("v1"), await store.append_reload("v1")] == [2, 3]
        assert [row.input for row in await store.inputs_after(1, 9)] == [
            Reload(at=VirtualClock().now_ms(), version="v1")
        ] * 2


async def test_a_backlog_larger_than_memory_is_read_from_disk_without_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "MOST_ROWS", 10)
    async with opened(tmp_path / "t.db") as store:
        await append_all(store, [str(number) for number in range(100)])
        seen: list[int] = []
        while rows := await store.inputs_after(seen[-1] if seen else 0, 7):
            seen += [row.seq for row in rows]
        assert seen == list(range(1, 101))


async def test_an_event_that_cannot_be_encoded_fails_its_own_caller_only(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        with pytest.raises(UnicodeEncodeError):
            await store.append(event("1", fields={"run": "\ud800"}), BODY)
        assert (await store.append(event("2"), BODY)).seq == 1
