"""Deliveries on a real file, from the decision to the end of each."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.core.decisions import Decisions, Reason
from bot.core.identity import delivery_id
from bot.core.rule import Severity
from bot.store import Store
from bot.store.values import Cursor, Delivery, DeliveryState, Doubt, Message, Place, Recorded
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
        moved = {row.delivery_id: row.state for row in await store.outbox.resume({Reason.FIRST}, 100_000)}
        assert moved == {FIRST: DeliveryState.UNKNOWN, EDIT: DeliveryState.READY}
        assert await store.outbox.resume({Reason.FIRST}, 100_000) == []
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
        (row,) = await store.outbox.resume({Reason.FIRST, Reason.RESOLVED}, 100_000)
        assert (row.state, row.attempt) == (DeliveryState.UNKNOWN, 1)


async def test_what_is_parked_is_ready_again_at_start(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await store.outbox.claim(FIRST, 1)
        await store.outbox.record(FIRST, 1, Recorded(state=DeliveryState.PARKED, not_before=77, detail="is_archived"))
        assert await store.outbox.ready() == []
    async with opened(tmp_path / "t.db") as store:
        assert await store.outbox.resume({Reason.FIRST}, 100_000) == []
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


async def test_an_attempt_remembers_where_it_went_and_a_doubt_when_it_began(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "t.db", clock) as store:
        await store.save(fired(1), Cursor(0, 1))
        claimed = await store.outbox.claim(FIRST, 1, Place("C1", "17.5"))
        assert claimed is not None
        began = claimed.started_at
        clock.advance(10_000)
        unknown = Recorded(state=DeliveryState.UNKNOWN, not_before=clock.now_ms() + 90_000, detail="TimeoutError")
        assert await store.outbox.record(FIRST, 1, unknown)
        (row,) = await store.outbox.unknown()
        assert (row.sent_to, row.thread_ts) == ("C1", "17.5")
        assert (row.doubted_at, row.not_before) == (began, clock.now_ms() + 90_000)
        assert await store.outbox.record(FIRST, 1, Recorded(state=DeliveryState.READY, doubt=Doubt.REPEATED))
        clock.advance(10_000)
        await store.outbox.claim(FIRST, 1, Place("C1"))
        await store.outbox.record(FIRST, 2, unknown)
        (row,) = await store.outbox.unknown()
        assert (row.doubted_at, row.doubt, row.thread_ts) == (began, Doubt.REPEATED, None)
        await store.outbox.record(FIRST, 2, POSTED)
        assert [row.delivery_id for row in await store.outbox.doubted(began or 0)] == [FIRST]
        assert await store.outbox.doubted((began or 0) + 1) == []


async def test_a_kill_leaves_a_doubt_that_lasts_from_the_recorded_start(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with opened(tmp_path / "t.db", clock) as store:
        await store.save(fired(1), Cursor(0, 1))
        await store.outbox.claim(FIRST, 1, Place("C1"))
        began = clock.now_ms()
    clock.advance(5_000)
    async with opened(tmp_path / "t.db", clock) as store:
        await store.outbox.resume({Reason.FIRST}, 100_000)
        (row,) = await store.outbox.unknown()
        assert (row.doubted_at, row.not_before, row.sent_to) == (began, began + 100_000, "C1")


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.READY, DeliveryState.DEAD, DeliveryState.PARKED])
async def test_what_ended_is_not_changed_by_who_comes_late(tmp_path: Path, state: DeliveryState) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await store.outbox.claim(FIRST, 1)
        ended = POSTED if state is DeliveryState.SENT else Recorded(state=state)
        assert await store.outbox.record(FIRST, 1, ended)
        assert not await store.outbox.record(FIRST, 1, Recorded(state=DeliveryState.READY))
        assert (await _state(store, FIRST)).state is state


async def test_what_only_a_person_frees_is_freed_by_no_start_and_no_open_door(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await store.outbox.claim(FIRST, 1)
        await store.outbox.record(FIRST, 1, Recorded(state=DeliveryState.PARKED, doubt=Doubt.KEPT))
        assert await store.outbox.unpark("doc-alerts", 10) == []
    async with opened(tmp_path / "t.db") as store:
        await store.outbox.resume({Reason.FIRST}, 100_000)
        assert (await _state(store, FIRST)).state is DeliveryState.PARKED


async def test_parked_rows_of_a_channel_are_freed_oldest_first(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        for number, at in ((1, 30), (2, 10), (3, 20)):
            await store.save(Decisions(notifications=[told(number, Reason.FIRST, 1, at)]), Cursor(0, 1))
        for row in await store.outbox.ready():
            await store.outbox.claim(row.delivery_id, 1)
            await store.outbox.record(row.delivery_id, 1, Recorded(state=DeliveryState.PARKED, detail="is_archived"))
        assert await store.outbox.unpark("elsewhere", 10) == []
        assert [row.alert_id for row in await store.outbox.unpark("doc-alerts", 1)] == ["al_2"]
        assert [row.alert_id for row in await store.outbox.unpark("doc-alerts", 10)] == ["al_3", "al_1"]
        assert len(await store.outbox.ready()) == 3


async def test_replies_have_rows_of_their_own_and_leave_the_message_alone(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(fired(1), Cursor(0, 1))
        await _post(store)
        reminders = [told(1, Reason.REMINDER, 1, 5), told(1, Reason.REMINDER, 1, 6)]
        first, second = replace(reminders[0], number=1), replace(reminders[1], delivery_id="dl_other", number=2)
        await store.save(Decisions(notifications=[first, second]), Cursor(0, 2))
        rows = await store.outbox.ready()
        assert [(row.reason, row.number) for row in rows] == [(Reason.REMINDER, 1), (Reason.REMINDER, 2)]
        await store.outbox.claim(rows[0].delivery_id, 1, Place("C1", "17.1"))
        sent = Recorded(state=DeliveryState.SENT, ts="18.1", channel_id="C1", revision=9)
        await store.outbox.record(rows[0].delivery_id, 1, sent)
        message = await store.outbox.message("al_1", "doc-alerts")
        assert message is not None
        assert (message.ts, message.revision, message.delivery_id) == ("17.1", 1, FIRST)


async def test_a_reply_that_found_no_card_becomes_it(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        await store.save(Decisions(notifications=[told(1, Reason.REMINDER, 1)]), Cursor(0, 1))
        (row,) = await store.outbox.ready()
        assert not await store.outbox.will_have_card("al_1", "doc-alerts")
        await store.outbox.claim(row.delivery_id, 1)
        sent = Recorded(state=DeliveryState.SENT, ts="18.1", channel_id="C1", revision=1, is_card=True)
        await store.outbox.record(row.delivery_id, 1, sent)
        message = await store.outbox.message("al_1", "doc-alerts")
        assert message is not None
        assert message.ts == "18.1"


async def test_a_card_is_to_come_until_its_post_is_over(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        assert not await store.outbox.will_have_card("al_1", "doc-alerts")
        await store.save(fired(1), Cursor(0, 1))
        assert await store.outbox.will_have_card("al_1", "doc-alerts")
        assert not await store.outbox.will_have_card("al_1", "elsewhere")
        await store.outbox.claim(FIRST, 1)
        assert await store.outbox.will_have_card("al_1", "doc-alerts")
        await store.outbox.record(FIRST, 1, Recorded(state=DeliveryState.DEAD))
        assert not await store.outbox.will_have_card("al_1", "doc-alerts")


async def test_a_summary_takes_the_place_of_what_it_tells_in_one_commit(tmp_path: Path) -> None:
    async with opened(tmp_path / "t.db") as store:
        for number in (1, 2, 3):
            await store.save(Decisions(notifications=[told(number, Reason.FIRST, 1)]), Cursor(0, 1))
        ids = [row.delivery_id for row in await store.outbox.ready()]
        await store.outbox.claim(ids[2], 1)
        summary = Delivery(
            delivery_id="dl_sum",
            alert_id="dl_sum",
            channel="doc-alerts",
            reason=Reason.FIRST,
            severity=Severity.ERROR,
            revision=1,
            body='{"text": "2 more", "blocks": []}',
        )
        assert await store.outbox.fold(ids, summary) == ids[:2]
        assert await store.outbox.ready() == [summary]
        counts = await store.outbox.counts()
        assert (counts["superseded"], counts["sending"], counts["ready"]) == (2, 1, 1)
