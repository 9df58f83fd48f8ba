"""What becomes too old or too much goes, and nothing that is still needed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.core.decisions import Decisions, Reason
from bot.core.state import Memory, Slice
from bot.store import Store, retention, rulesets, settling, sweeps
from bot.store.values import Appended, Cursor, DeliveryState, Fetch, FetchState, Keep, Pruned, Recorded
from tests.clocks import VirtualClock
from tests.integration.store.opened import append_all, event, fired, look, opened, resolved, told

DAY = 86_400_000
KEEP = Keep(bodies_ms=7 * DAY, keys_ms=90 * DAY, audit_ms=400 * DAY, max_size=1 << 40)


async def _decide_all(store: Store) -> None:
    rows = await store.inputs_after(store.cursor().seq, 100_000)
    while rows:
        await store.save(Decisions(), Cursor(rows[-1].seq, rows[-1].input.at))
        rows = await store.inputs_after(store.cursor().seq, 100_000)


def _names(path: Path, table: str) -> list[int]:
    return [seq for (seq,) in look(path, f"SELECT seq FROM {table} ORDER BY seq")]  # noqa: S608


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make everything happen in several steps."""
    monkeypatch.setattr(settling, "SETTLE_AT", 4)
    monkeypatch.setattr(settling, "STEP", 4)


async def test_bodies_go_after_their_days_and_keys_stay(tmp_path: Path) -> None:
    path, clock = tmp_path / "t.db", VirtualClock()
    async with opened(path, clock, keep=KEEP) as store:
        await append_all(store, ["1", "2"])
        clock.advance(3 * DAY)
        await append_all(store, ["3"])
        clock.advance(4 * DAY + 1)
        await append_all(store, ["4"])
        await _decide_all(store)
        done = await store.prune()
        assert (done.bodies, done.rows, done.over_size) == (2, 0, False)
        assert (_names(path, "bodies"), _names(path, "journal")) == ([3, 4], [1, 2, 3, 4])
        assert (await append_all(store, ["1"]))[0].duplicate
        (row,) = await store.read(lambda reads: reads.event("evt_1"))
        assert row.body is None
        assert row.event is not None


async def test_what_is_exactly_as_old_as_its_days_stays(tmp_path: Path) -> None:
    path, clock = tmp_path / "t.db", VirtualClock()
    async with opened(path, clock, keep=KEEP) as store:
        await append_all(store, ["1"])
        await _decide_all(store)
        clock.advance(7 * DAY)
        await store.prune()
        assert _names(path, "bodies") == [1]
        clock.advance(1)
        await store.prune()
        assert _names(path, "bodies") == []


@pytest.mark.usefixtures("small_steps")
async def test_what_is_not_decided_yet_is_never_removed(tmp_path: Path) -> None:
    path, clock = tmp_path / "t.db", VirtualClock()
    async with opened(path, clock, keep=Keep(max_size=1)) as store:
        for number in range(20):
            await append_all(store, [str(number)])
        await store.save(Decisions(), Cursor(2, clock.now_ms()))
        clock.advance(100 * DAY)
        done = await store.prune()
        assert _names(path, "bodies") == _names(path, "journal") == list(range(3, 21))
        assert done.over_size


@pytest.mark.usefixtures("small_steps")
async def test_keys_go_after_their_days_with_their_rows(tmp_path: Path) -> None:
    path, clock = tmp_path / "t.db", VirtualClock()
    async with opened(path, clock, keep=KEEP) as store:
        for number in range(10):
            await append_all(store, [str(number)])
        clock.advance(91 * DAY)
        for number in range(10, 30):
            await append_all(store, [str(number)])
        await _decide_all(store)
        assert (await store.prune()).rows == 10
        assert _names(path, "journal") == list(range(11, 31))
        again = await append_all(store, ["0", "15"])
        assert [(one.seq, one.duplicate) for one in again] == [(31, False), (16, True)]


@pytest.mark.usefixtures("small_steps")
async def test_row_numbers_go_on_when_everything_was_removed(tmp_path: Path) -> None:
    path, clock = tmp_path / "t.db", VirtualClock()
    async with opened(path, clock, keep=KEEP) as store:
        for number in range(9):
            await append_all(store, [str(number)])
        await _decide_all(store)
        last, at = store.cursor(), clock.now_ms()
        clock.advance(91 * DAY)
        await store.prune()
        left = _names(path, "journal")
    clock.set(0)
    async with opened(path, clock, keep=KEEP) as store:
        (appended,) = await append_all(store, ["new"])
        assert appended.seq == last.seq + 1
        assert appended.at >= at
    assert left == [9], "the last row's key was not settled yet, so the row stays"


async def test_steps_are_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "t.db", clock, keep=KEEP) as store:
        await append_all(store, [str(number) for number in range(1_200)])
        await _decide_all(store)
        clock.advance(8 * DAY)
        seen: list[int] = []
        drop = retention.drop_bodies
        monkeypatch.setattr(retention, "drop_bodies", lambda cursor, upto: _noted(seen, drop(cursor, upto)))
        before = store.commits
        assert (await store.prune()).bodies == 1_200
        assert seen == [500, 500, 200, 0]
        assert store.commits - before >= len(seen)


async def test_a_step_of_large_bodies_holds_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP_BYTES", 250)
    async with opened(tmp_path / "t.db") as store:
        await append_all(store, ["1", "2", "3"], b"x" * 100)
        await append_all(store, ["4"], b"x" * 1_000)
        assert [await store.work(lambda cursor: retention.drop_bodies(cursor, 4)) for _ in range(4)] == [2, 1, 1, 0]


@pytest.mark.usefixtures("small_steps")
async def test_a_store_that_is_too_large_loses_its_oldest_bodies_and_gives_the_room_back(tmp_path: Path) -> None:
    path, limit = tmp_path / "t.db", 12 << 20
    async with opened(path, keep=Keep(max_size=limit)) as store:
        for number in range(40):
            await append_all(store, [f"{number}-{part}" for part in range(25)], b"x" * 20_000)
        await _decide_all(store)
        assert path.stat().st_size > limit
        done = await store.prune()
        left = _names(path, "bodies")
        assert (done.over_size, done.rows) == (False, 0)
        assert left == list(range(1_001 - len(left), 1_001))
        assert len(left) >= 250, "no more is removed than must be, in steps of 500"
        assert (await store.read(lambda reads: reads.counts())).size <= limit
    assert path.stat().st_size <= limit


@pytest.mark.usefixtures("small_steps")
async def test_rows_go_for_want_of_room_only_when_no_provider_delivers_them_again(tmp_path: Path) -> None:
    path, clock = tmp_path / "t.db", VirtualClock()
    async with opened(path, clock, keep=Keep(max_size=1)) as store:
        for number in range(10):
            await append_all(store, [str(number)])
        clock.advance(8 * DAY)
        for number in range(10, 20):
            await append_all(store, [str(number)])
        await _decide_all(store)
        done = await store.prune()
        assert (done.bodies, done.rows, done.over_size) == (20, 10, True)
        assert _names(path, "journal") == list(range(11, 21))


async def test_memories_and_stale_slices_are_forgotten_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.memories.SETTLE_AT", 1)
    clock = VirtualClock()
    now = clock.now_ms()
    decisions = fired(1)
    decisions.slices |= {
        "stale": Slice(rule="r", stale_at=now - 1),
        "fresh": Slice(rule="r", stale_at=now + 1),
        "never": Slice(rule="r"),
        "timed": Slice(rule="r", stale_at=now - 1),
    }
    decisions.timers[("timed", "drain")] = now + 5
    decisions.memories = {"old": Memory({}, now - 30 * DAY - 1), "young": Memory({}, now - 30 * DAY)}
    async with opened(tmp_path / "t.db", clock, keep=KEEP) as store:
        for _ in range(3):
            await store.save(decisions, Cursor(0, now))
        assert (await store.prune()).swept == 2
        assert sorted(store.slice_keys()) == ["failed-runs/1", "fresh", "never", "timed"]
    assert look(tmp_path / "t.db", "SELECT key FROM memories") == [("young",)]


async def test_a_clock_that_is_ahead_takes_nothing_that_the_next_event_is_decided_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.memories.SETTLE_AT", 1)
    clock = VirtualClock()
    now = clock.now_ms()
    decisions = Decisions(slices={"window": Slice(rule="r", stale_at=now + 5)}, memories={"run": Memory({}, now)})
    heard: list[str] = []
    async with opened(tmp_path / "t.db", clock, keep=KEEP) as store:
        for _ in range(3):
            await store.save(decisions, Cursor(0, now))
        clock.set(now + 400 * DAY)
        assert (await store.prune(heard.extend)).swept == 0
        await store.save(Decisions(), Cursor(0, now + 400 * DAY))
        assert (await store.prune(heard.extend)).swept == 2
        assert (heard, store.slice_keys(), store.read_memory("run")) == (["window"], [], None)


async def test_settled_deliveries_go_and_unsettled_ones_never(tmp_path: Path) -> None:
    clock = VirtualClock(1_000 * DAY)
    async with opened(tmp_path / "t.db", clock, keep=KEEP) as store:
        for number, state in enumerate(DeliveryState):
            decisions = resolved(number)
            decisions.notifications = [told(number, Reason.FIRST, 1, at=1)]
            await store.save(decisions, Cursor(0, 1))
            if state is not DeliveryState.READY:
                await store.outbox.claim(f"dl_{number}_first_1", 1)
                await store.outbox.record(f"dl_{number}_first_1", 1, Recorded(state=state))
        await store.save(fired(99), Cursor(0, 2))
        await store.outbox.claim("dl_99_first_1", 1)
        await store.outbox.record("dl_99_first_1", 1, Recorded(state=DeliveryState.SENT, ts="1", revision=1))
        await store.prune()
        left = await store.read(lambda reads: reads.deliveries())
        assert {row.state for row in left if row.alert_id != "al_99"} == {
            DeliveryState.READY,
            DeliveryState.SENDING,
            DeliveryState.UNKNOWN,
            DeliveryState.PARKED,
        }
        assert [row.state for row in left if row.alert_id == "al_99"] == [DeliveryState.SENT]
        kept = {row.delivery_id for row in left}
    attempts = {own_id for (own_id,) in look(tmp_path / "t.db", "SELECT delivery_id FROM attempts")}
    assert attempts <= kept


async def test_an_alert_goes_long_after_its_end_with_its_message_and_an_open_one_never(tmp_path: Path) -> None:
    clock = VirtualClock(1_000 * DAY)
    async with opened(tmp_path / "t.db", clock, keep=KEEP) as store:
        for number in (1, 2):
            await store.save(fired(number), Cursor(0, 1))
            await store.outbox.claim(f"dl_{number}_first_1", 1)
            posted = Recorded(state=DeliveryState.SENT, ts="1", channel_id="C", revision=1)
            await store.outbox.record(f"dl_{number}_first_1", 1, posted)
        await store.save(resolved(1), Cursor(0, 2))
        await store.prune()
        assert (store.read_alert("al_1"), store.read_message("al_1", "doc-alerts")) == (None, None)
        assert store.read_alert("al_2") is not None
        assert store.read_message("al_2", "doc-alerts") is not None


async def test_fetches_go_when_they_wait_no_more(tmp_path: Path) -> None:
    clock = VirtualClock()
    old = clock.now_ms() - 91 * DAY
    fetches = [
        Fetch(event_id=f"evt_{state}", seq=1, url="https://files.example.com", due=old, state=state)
        for state in FetchState
    ]
    async with opened(tmp_path / "t.db", clock, keep=KEEP) as store:
        await store.save(Decisions(), Cursor(0, 1), fetches)
        await store.prune()
    assert look(tmp_path / "t.db", "SELECT event_id FROM fetches") == [("evt_waiting",)]


async def test_a_sweep_goes_on_where_the_last_round_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEPS_PER_SWEEP", 1)
    clock = VirtualClock()
    stale = {f"{number:05}": Slice(rule="r", stale_at=5) for number in range(3 * sweeps.STEP - 10)}
    async with opened(tmp_path / "t.db", clock, keep=KEEP) as store:
        await store.save(Decisions(slices=dict(stale)), Cursor(0, 10))
        assert [(await store.prune()).swept for _ in range(4)] == [500, 500, 490, 0]


async def test_events_are_taken_while_a_round_runs(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "t.db", clock, keep=KEEP) as store:
        await append_all(store, [str(number) for number in range(2_000)])
        await _decide_all(store)
        clock.advance(8 * DAY)
        appended = [store.append(event(f"new-{number}"), b"") for number in range(50)]
        done, *answers = await asyncio.gather(store.prune(), *appended)
        assert isinstance(done, Pruned)
        assert done.bodies == 2_000
        assert not any(isinstance(one, Appended) and one.duplicate for one in answers)


def _noted(seen: list[int], count: int) -> int:
    seen.append(count)
    return count


async def _set_in_force(store: Store, seq: int) -> str | None:
    found = await store.rule_set_at(seq)
    return found.version if found else None


@pytest.mark.usefixtures("small_steps")
async def test_a_rule_set_that_was_replaced_long_ago_is_forgotten_and_the_one_in_force_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulesets, "STEP", 1)
    path, clock = tmp_path / "t.db", VirtualClock()
    async with opened(path, clock, keep=KEEP) as store:
        for version in ("v1", "v2", "v3"):
            await store.append_reload(version, b"text")
            await append_all(store, [f"{version} {number}" for number in range(8)])
        await _decide_all(store)
        clock.advance(400 * DAY)
        await append_all(store, [str(number) for number in range(8)])
        await _decide_all(store)
        await store.prune()
        assert len(_names(path, "reloads")) == 3
        clock.advance(1)
        await store.prune()
        assert len(_names(path, "reloads")) == 1
        assert await _set_in_force(store, store.cursor().seq) == "v3"
        assert await store.rule_set_in_force() == "v3"


async def test_a_rule_set_is_known_as_long_as_a_row_that_it_decided_is_there(tmp_path: Path) -> None:
    path, clock = tmp_path / "t.db", VirtualClock()
    async with opened(path, clock, keep=KEEP) as store:
        await store.append_reload("v1")
        await append_all(store, ["1"])  # too few to be settled: it stays however old it is
        await store.append_reload("v2")
        await _decide_all(store)
        clock.advance(500 * DAY)
        await store.prune()
        assert await _set_in_force(store, 2) == "v1"


@pytest.mark.usefixtures("small_steps")
async def test_a_rule_set_stays_while_what_it_decides_waits(tmp_path: Path) -> None:
    path, clock = tmp_path / "t.db", VirtualClock()
    async with opened(path, clock, keep=KEEP) as store:
        await store.append_reload("v1")
        await append_all(store, [str(number) for number in range(8)])
        await _decide_all(store)
        await append_all(store, ["waits"])
        await store.append_reload("v2")
        clock.advance(500 * DAY)
        await store.prune()
        assert await _set_in_force(store, store.cursor().seq + 1) == "v1"
