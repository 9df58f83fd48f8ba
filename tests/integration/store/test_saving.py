"""The second commit: all of it or nothing, and the same again after a start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.core.decisions import Decisions, Reason
from bot.core.inputs import Details, Reload
from bot.core.state import Learnt, Memory, Slice, Tally, Timer
from bot.errors import StoreUnavailableError
from bot.store import Store, memories, saving
from bot.store.statements import Cursor as SqlCursor
from bot.store.statements import Row
from bot.store.values import Cursor, DeliveryState, Fetch, FetchState, RowStatus
from tests.integration.store.opened import BODY, alert, append_all, event, fired, look, opened, resolved, told


async def test_what_is_saved_is_read_back_in_another_process_life(tmp_path: Path) -> None:
    decisions = fired(1)
    decisions.memories["extend/run/1"] = Memory({"company": Learnt("Acme", 5), "file_count": Learnt(3, 6)}, 6)
    fetch = Fetch(event_id="evt_1", seq=1, url="https://files.example.com/1", due=7)
    async with opened(tmp_path / "t.db") as store:
        await store.append(event(), BODY)
        await store.save(decisions, Cursor(1, 50), [fetch])
    async with opened(tmp_path / "t.db") as store:
        assert store.cursor() == Cursor(1, 50)
        assert store.read_slice("failed-runs/1") == Slice(rule="failed-runs", alert=alert(1))
        assert store.open_slices() == [("failed-runs", "failed-runs/1", "al_1")]
        assert store.slice_keys() == ["failed-runs/1"]
        assert store.load_timers() == [Timer(9_000, "failed-runs/1", "expiry")]
        assert store.read_memory("extend/run/1") == decisions.memories["extend/run/1"]
        assert store.read_alert("al_1") == alert(1)
        assert await store.read(lambda reads: reads.waiting_fetches()) == [fetch]
        assert [row.delivery_id for row in await store.outbox.ready()] == ["dl_1_first_1"]


async def test_a_share_is_stored_as_older_versions_read_it(tmp_path: Path) -> None:
    counted = Slice(rule="r", window=(Tally(1, 2, 1),), latest=Tally(5, 1, 0), sums=(3, 1))
    async with opened(tmp_path / "t.db") as store:
        await store.save(Decisions(slices={"k": counted}), Cursor(0, 1))
        assert store.read_slice("k") == Slice(rule="r", window=(Tally(1, 2, 1), Tally(5, 1, 0)), sums=(3, 1))


async def test_later_decisions_replace_earlier_ones_and_none_removes(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await store.save(resolved(1), Cursor(0, 2))
        assert store.read_slice("failed-runs/1") is None
        assert (store.open_slices(), store.load_timers()) == ([], [])
        assert store.read_alert("al_1") == resolved(1).alerts["al_1"]


@pytest.mark.parametrize("statement", ["_SLICES", "_TIMERS", "_ALERTS", "_FIRSTS", "_EDITS", "_FETCHES", "_CURSOR"])
async def test_a_save_that_breaks_anywhere_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    decisions = fired(1)
    decisions.notifications.append(told(1, Reason.MORE, 2))
    decisions.memories["k"] = Memory({}, 1)
    fetch = Fetch(event_id="evt_1", seq=1, url="https://files.example.com/1", due=7)
    path = tmp_path / "t.db"
    async with opened(path) as store:
        await store.append(event(), BODY)
        monkeypatch.setattr(saving, statement, _Breaks(getattr(saving, statement)))
        with pytest.raises(RuntimeError, match="in the middle"):
            await store.save(decisions, Cursor(1, 1), [fetch], [(1, "why")])
        tables = ("slices", "timers", "alerts", "outbox", "fetches", "memory_log")
        assert [look(path, f"SELECT count(*) FROM {table}") for table in tables] == [[(0,)]] * len(tables)  # noqa: S608
        assert look(path, "SELECT status FROM journal") == [("accepted",)]
        assert (store.cursor(), store.read_memory("k")) == (Cursor(0, 0), None)
        monkeypatch.undo()
        await store.save(decisions, Cursor(1, 1), [fetch], [(1, "why")])
        assert (store.cursor(), store.read_memory("k")) == (Cursor(1, 1), Memory({}, 1))


async def test_what_is_changed_after_save_was_called_is_not_in_it(tmp_path: Path) -> None:
    decisions = Decisions(slices={"k": Slice(rule="r", top={"a": 1})})
    async with opened(tmp_path / "t.db") as store:
        saved = store.save(decisions, Cursor(0, 1))
        found = decisions.slices["k"]
        assert found is not None
        found.top["a"] = 2
        await saved
        assert store.read_slice("k") == Slice(rule="r", top={"a": 1})


async def test_a_save_whose_caller_was_cancelled_comes_before_the_next(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        gone = store.save(Decisions(memories={"a": Memory({}, 1)}), Cursor(0, 1))
        gone.cancel()
        with pytest.raises(StoreUnavailableError, match="under way"):
            await store.save(Decisions(memories={"b": Memory({}, 2)}), Cursor(0, 2))
        await store.probe()
        await store.save(Decisions(memories={"b": Memory({}, 2)}), Cursor(0, 2))
        assert set(store.read_memories(["a", "b", "c"])) == {"a", "b"}
        assert store.cursor() == Cursor(0, 2)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    saves=st.lists(st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 99), max_size=6), max_size=14),
    starts=st.sets(st.integers(0, 13)),
    learns=st.sets(st.integers(1, 6)),
)
async def test_memory_is_what_was_saved_last_however_it_is_settled_and_learnt(
    tmp_path_factory: pytest.TempPathFactory, saves: list[dict[str, int]], starts: set[int], learns: set[int]
) -> None:
    path, expected = tmp_path_factory.mktemp("law") / "t.db", {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memories, "SETTLE_AT", 4)
        patch.setattr(memories, "STEP", 2)
        patch.setattr("bot.store.store._LEARNT_AT_ONCE", 2)
        for part in _split(saves, starts):
            async with opened(path) as store:
                for number, save in enumerate(part):
                    if number in learns:
                        await store.learn_memories()
                    now = {key: Memory({"file_count": Learnt(value, 1)}, value) for key, value in save.items()}
                    expected.update(now)
                    await store.save(Decisions(memories=dict(now)), Cursor(0, 1))
                    assert store.read_memories("abcdefghij") == expected
    log = look(path, "SELECT count(*) FROM memory_log") if saves else [(0,)]
    assert log[0][0] <= sum(map(len, saves))


async def test_what_no_memory_tells_is_not_looked_for_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "SETTLE_AT", 4)
    asked: list[str] = []
    whole = memories._LOOKUP.run

    def counted(cursor: Any, keys: list[str]) -> Any:
        asked.extend(keys)
        return whole(cursor, keys)

    monkeypatch.setattr(memories._LOOKUP, "run", counted)
    async with opened(tmp_path / "t.db") as store:
        for number in range(20):
            await store.save(Decisions(memories={str(number): Memory({}, number)}), Cursor(0, 1))
        assert store.read_memories(["absent"]) == {}
        assert asked == []
        assert set(store.read_memories(["absent", "0"])) == {"0"}
        assert asked == ["0"]
    async with opened(tmp_path / "t.db") as store:
        assert store.read_memories(["absent"]) == {}
        assert asked == ["0", "absent"]
        await store.learn_memories()
        assert store.read_memories(["absent"]) == {}
        assert asked == ["0", "absent"]


@pytest.mark.parametrize("settled_before", [False, True])
@pytest.mark.parametrize("saves_before_learning", [0, 1, 2, 8])
async def test_a_memory_that_was_in_the_log_at_a_start_is_found_once_it_is_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settled_before: bool, saves_before_learning: int
) -> None:
    monkeypatch.setattr(memories, "STEP", 1)
    first, later = [f"first {number}" for number in range(4)], [f"later {number}" for number in range(8)]

    async def save(store: Store, key: str) -> None:
        await store.save(Decisions(memories={key: Memory({}, 1)}), Cursor(0, 1))

    if settled_before:
        monkeypatch.setattr(memories, "SETTLE_AT", 1)
        async with opened(tmp_path / "t.db") as store:
            await save(store, "settled")
            await save(store, "settled")
    monkeypatch.setattr(memories, "SETTLE_AT", 100)
    async with opened(tmp_path / "t.db") as store:
        for key in first:
            await save(store, key)
    monkeypatch.setattr(memories, "SETTLE_AT", 5)
    async with opened(tmp_path / "t.db") as store:
        for key in later[:saves_before_learning]:
            await save(store, key)
        if saves_before_learning < len(later):
            await store.learn_memories()
        for key in later[saves_before_learning:]:
            await save(store, key)
        assert {*first, *later} == set(store.read_memories([*first, *later]))


async def test_settled_memories_leave_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "SETTLE_AT", 4)
    async with opened(tmp_path / "t.db") as store:
        for number in range(20):
            await store.save(Decisions(memories={str(number): Memory({}, number)}), Cursor(0, 1))
        assert len(store.read_memories(map(str, range(20)))) == 20
    path = tmp_path / "t.db"
    ((logged,),), ((settled,),) = (look(path, f"SELECT count(*) FROM {table}") for table in ("memory_log", "memories"))  # noqa: S608
    assert logged <= 8
    assert settled >= 12


async def test_a_row_that_was_set_aside_is_not_given_again_and_says_why(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await append_all(store, ["1", "2", "3"])
        await store.save(Decisions(), Cursor(2, 1), (), [(2, "it raised")])
    async with opened(tmp_path / "t.db") as store:
        assert [row.seq for row in await store.inputs_after(0, 9)] == [1, 3]
        (row,) = await store.read(lambda reads: reads.rows(status=RowStatus.SET_ASIDE))
        assert (row.seq, row.error) == (2, "it raised")
        assert (await store.read(lambda reads: reads.counts())).set_aside == 1


async def test_tries_are_counted_across_lives_until_the_row_is_decided(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    for life in (1, 2, 3):
        async with opened(path) as store:
            assert await store.count_attempt(1) == life
    async with opened(path) as store:
        await store.save(Decisions(), Cursor(0, 5))
        assert look(path, "SELECT count(*) FROM trials") == [(1,)]
        await store.save(Decisions(), Cursor(1, 5))
        assert look(path, "SELECT count(*) FROM trials") == [(0,)]
        assert await store.count_attempt(2) == 1


async def test_a_try_that_is_taken_back_is_not_counted_in_the_next_life(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    for _ in range(2):
        async with opened(path) as store:
            assert await store.count_attempt(1) == 1
            store.take_back_attempt(1)
    async with opened(path) as store:
        await store.save(Decisions(), Cursor(1, 5))
        store.take_back_attempt(1)  # decided meanwhile: there is nothing left of it
    async with opened(path) as store:
        store.take_back_attempt(2)
        assert await store.count_attempt(2) == 1
    store.take_back_attempt(2)  # closed: nobody is told, since nobody can do anything about it


async def test_the_rule_set_in_force_is_known_in_the_next_life(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    async with opened(path) as store:
        assert await store.rule_set_in_force() is None
        for version in ("v1", "v2"):
            await store.append_reload(version)
    async with opened(path) as store:
        assert await store.rule_set_in_force() == "v2"
        rows = await store.inputs_after(0, 9)
        assert [row.input for row in rows] == [Reload(at=rows[0].input.at, version=name) for name in ("v1", "v2")]


async def test_rows_in_quarantine_are_not_waited_for(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.quarantine("extend", b"[0]", "not an object")
        await append_all(store, ["1", "2"])
        await store.quarantine("extend", b"[1]", "not an object")
        assert (await store.read(lambda reads: reads.counts())).behind == 2
        await store.save(Decisions(), Cursor(2, 1))
        assert (await store.read(lambda reads: reads.counts())).behind == 1
        await store.save(Decisions(), Cursor(3, 1))
        assert (await store.read(lambda reads: reads.counts())).behind == 0


async def test_fetches_are_read_as_far_as_asked_and_those_told_of_are_known(tmp_path: Path) -> None:
    names = ["1", "2", "3", "4"]
    envelopes = [event(name, details=Details.ENVELOPE) for name in names]
    waiting = [
        Fetch(event_id=one.event_id, seq=number, url="https://files.example.com", due=10 - number)
        for number, one in enumerate(envelopes, 1)
    ]
    async with opened(tmp_path / "t.db") as store:
        for one in envelopes:
            await store.append(one, BODY, "https://files.example.com")
        await store.save(Decisions(), Cursor(4, 1), waiting)
        assert [each.seq for each in await store.read(lambda reads: reads.waiting_fetches(2))] == [4, 3]
        await store.append_completion(envelopes[3], None)
        await store.append_completion(replace(envelopes[1], details=Details.WHOLE), b"{}")
        assert await store.read(lambda reads: reads.untold_fetches(9)) == [("evt_3", 7), ("evt_1", 9)]
        assert await store.read(lambda reads: reads.untold_fetches(1)) == [("evt_3", 7)]


async def test_the_address_of_a_payload_is_forgotten_once_nobody_waits_for_it(tmp_path: Path) -> None:
    waiting = Fetch(event_id="evt_1", seq=1, url="https://files.example.com/1?signature=secret", due=7)
    done = Fetch(event_id="evt_1", seq=1, url=waiting.url, due=7, tries=1, state=FetchState.DONE)
    async with opened(tmp_path / "t.db") as store:
        await store.save(Decisions(), Cursor(0, 1), [waiting])
        await store.record_fetch(done)
        assert await store.read(lambda reads: reads.waiting_fetches()) == []
    assert look(tmp_path / "t.db", "SELECT url, tries, state FROM fetches") == [("", 1, "done")]


async def test_saving_the_same_twice_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        for _ in range(2):
            await store.save(fired(1), Cursor(0, 1))
        assert [(row.delivery_id, row.state) for row in await store.outbox.ready()] == [
            ("dl_1_first_1", DeliveryState.READY)
        ]


class _Breaks:
    """A statement that raises once what comes before it has been written."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def run(self, cursor: SqlCursor, *values: Any) -> None:
        self._inner.run(cursor, *values)
        raise RuntimeError("in the middle")

    def each(self, cursor: SqlCursor, rows: list[Row]) -> None:
        self._inner.each(cursor, rows)
        raise RuntimeError("in the middle")


def _split(saves: list[dict[str, int]], starts: set[int]) -> list[list[dict[str, int]]]:
    """Cut the saves into process lives."""
    lives: list[list[dict[str, int]]] = [[]]
    for number, save in enumerate(saves):
        if number in starts:
            lives.append([])
        lives[-1].append(save)
    return lives
