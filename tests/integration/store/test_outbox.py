"""Deliveries on a real file, from the decision to the end of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.decisions import Decisions, Reason
from bot.core.identity import delivery_id
from bot.store import Store
from bot.store.values import Cursor, Delivery, DeliveryState, Message, Recorded
from tests.clocks import VirtualClock
from tests.integration.store.opened import fired, look, opened, resolved, told

FIRST = "dl_1_first_1"
EDIT = delivery_id("al_1", "doc-alerts", "edit")
POSTED = Recorded(state=DeliveryState.SENT, ts="17.1", channel_id="C1", revision=1)


async def _state(store: Store, own_id: str) -> Delivery:
    rows = await store.read(lambda reads: reads.deliveries(alert_id="al_1"))
    return next(row for row in rows if row.delivery_id == own_id)


async def _post(store: Store, revision: int = 1) -> None:
    claimed = await store.outbox.claim(FIRST, revision)
    assert claimed is not None
    await store.outbox.record(FIRST, claimed.attempt, POSTED)


async def _edit(store: Store, revision: int, reason: Reason = Reason.MORE) -> None:
    await store.save(Decisions(notifications=[told(1, reason, revision)]), Cursor(0, revision))


async def test_a_first_message_is_claimed_sent_and_remembered(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "t.db", clock) as store:
        await store.save(fired(1), Cursor(0, 1))
        claimed = await store.outbox.claim(FIRST, 1)
        assert claimed is not None
        assert (claimed.state, claimed.attempt, claimed.started_at) == (DeliveryState.SENDING, 1, clock.now_ms())
        assert look(tmp_path / "t.db", "SELECT state FROM outbox") == [("sending",)]
        await store.outbox.record(FIRST, 1, POSTED)
        assert (await _state(store, FIRST)).state is DeliveryState.SENT
        assert await store.outbox.message("al_1", "doc-alerts") == Message(
            alert_id="al_1", channel="doc-alerts", ts="17.1", channel_id="C1", revision=1, delivery_id=FIRST
        )
        assert await store.outbox.ready() == []


async def test_only_one_claim_of_a_row_succeeds(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        assert await store.outbox.claim(FIRST, 1) is not None
        assert await store.outbox.claim(FIRST, 1) is None
        assert await store.outbox.claim("dl_nobody", 1) is None


async def test_a_refused_attempt_waits_and_counts_on(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await store.outbox.claim(FIRST, 1)
        await store.outbox.record(FIRST, 1, Recorded(state=DeliveryState.READY, not_before=77, detail="ratelimited"))
        (row,) = await store.outbox.ready()
        assert (row.not_before, row.attempt, row.error) == (77, 1, "ratelimited")
        again = await store.outbox.claim(FIRST, 1)
        assert again is not None
        assert again.attempt == 2
    outcomes = look(tmp_path / "t.db", "SELECT attempt, outcome, detail FROM attempts")
    assert outcomes == [(1, "ready", "ratelimited"), (2, None, None)]


async def test_the_outcome_of_an_older_attempt_is_ignored(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await store.outbox.claim(FIRST, 1)
        await store.outbox.record(FIRST, 1, Recorded(state=DeliveryState.READY))
        await store.outbox.claim(FIRST, 1)
        await store.outbox.record(FIRST, 1, Recorded(state=DeliveryState.DEAD))
        assert (await _state(store, FIRST)).state is DeliveryState.SENDING


async def test_many_edits_are_one_row_whose_last_state_and_highest_revision_win(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await _post(store)
        await _edit(store, 5)
        await _edit(store, 3, Reason.RESOLVED)
        (row,) = await store.outbox.ready()
        assert (row.delivery_id, row.reason, row.revision) == (EDIT, Reason.RESOLVED, 5)


async def test_an_edit_decided_while_one_is_under_way_goes_round_once_more(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await _post(store)
        await _edit(store, 2)
        await store.outbox.claim(EDIT, 2)
        await _edit(store, 3)
        assert (await _state(store, EDIT)).state is DeliveryState.SENDING
        await store.outbox.record(EDIT, 1, Recorded(state=DeliveryState.SENT, revision=2))
        assert (await _state(store, EDIT)).state is DeliveryState.READY
        await store.outbox.claim(EDIT, 3)
        await store.outbox.record(EDIT, 2, Recorded(state=DeliveryState.SENT, revision=3))
        assert (await _state(store, EDIT)).state is DeliveryState.SENT
        message = await store.outbox.message("al_1", "doc-alerts")
        assert message is not None
        assert (message.revision, message.ts, message.delivery_id) == (3, "17.1", FIRST)


async def test_a_pause_after_a_refusal_holds_for_a_newer_state_of_the_message(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await _edit(store, 2)
        await store.outbox.claim(EDIT, 2)
        await store.outbox.record(EDIT, 1, Recorded(state=DeliveryState.READY, not_before=99))
        await _edit(store, 3)
        assert (await _state(store, EDIT)).not_before == 99


async def test_a_sent_edit_begins_anew_with_the_next_change(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await _edit(store, 2)
        await store.outbox.claim(EDIT, 2)
        await store.outbox.record(EDIT, 1, Recorded(state=DeliveryState.SENT, revision=2))
        await store.save(resolved(1, 3), Cursor(0, 3))
        row = await _state(store, EDIT)
        assert (row.state, row.revision, row.reason) == (DeliveryState.READY, 3, Reason.RESOLVED)


async def test_a_kill_while_sending_leaves_a_first_unknown_and_an_edit_ready(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await _edit(store, 2)
        await store.outbox.claim(FIRST, 1)
        await store.outbox.claim(EDIT, 2)
    async with opened(tmp_path / "t.db") as store:
        moved = {row.delivery_id: row.state for row in await store.outbox.resume({Reason.FIRST})}
        assert moved == {FIRST: DeliveryState.UNKNOWN, EDIT: DeliveryState.READY}
        assert await store.outbox.resume({Reason.FIRST}) == []
        assert await store.outbox.claim(FIRST, 1) is None
        counts = await store.outbox.counts()
        assert (counts["unknown"], counts["ready"], counts["sent"]) == (1, 1, 0)
        (doubtful,) = await store.read(lambda reads: reads.deliveries(states=[DeliveryState.UNKNOWN]))
        assert doubtful.error == "the process ended while it was being sent"


async def test_where_an_ending_is_a_post_a_kill_leaves_it_unknown_by_its_one_attempt(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await _post(store)
        await store.save(resolved(1, 2), Cursor(0, 2))
        await store.outbox.claim(EDIT, 2)
        (row,) = await store.outbox.resume({Reason.FIRST, Reason.RESOLVED})
        assert (row.state, row.attempt) == (DeliveryState.UNKNOWN, 1)


async def test_what_is_parked_is_ready_again_at_start(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await store.outbox.claim(FIRST, 1)
        await store.outbox.record(FIRST, 1, Recorded(state=DeliveryState.PARKED, not_before=77, detail="is_archived"))
        assert await store.outbox.ready() == []
    async with opened(tmp_path / "t.db") as store:
        assert await store.outbox.resume({Reason.FIRST}) == []
        (row,) = await store.outbox.ready()
        assert (row.delivery_id, row.attempt, row.not_before) == (FIRST, 1, 0)


@pytest.mark.parametrize("state", [DeliveryState.DEAD, DeliveryState.PARKED, DeliveryState.UNKNOWN])
async def test_an_edit_decided_while_one_is_under_way_is_sent_however_that_one_ends(
    tmp_path: Path, state: DeliveryState
) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await _post(store)
        await _edit(store, 2)
        await store.outbox.claim(EDIT, 2)
        await _edit(store, 3)
        await store.outbox.record(EDIT, 1, Recorded(state=state, detail="message_not_found"))
        assert (await _state(store, EDIT)).state is DeliveryState.READY
        await store.outbox.claim(EDIT, 3)
        await store.outbox.record(EDIT, 2, Recorded(state=state, detail="message_not_found"))
        assert (await _state(store, EDIT)).state is state


async def test_ready_rows_come_in_the_order_in_which_they_were_decided(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        for number, at in ((1, 30), (2, 10), (3, 20)):
            decisions = Decisions(notifications=[told(number, Reason.FIRST, 1, at)])
            await store.save(decisions, Cursor(0, 1))
        assert [row.alert_id for row in await store.outbox.ready()] == ["al_2", "al_3", "al_1"]
