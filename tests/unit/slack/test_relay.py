from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from bot.core.decisions import Reason
from bot.core.state import AlertState
from bot.slack.answer import Answer, Verdict
from bot.store.values import DeliveryState
from tests.fakes.alerts import alert
from tests.fakes.outbox import TwinOutbox
from tests.fakes.relaying import ScriptedSender, relaying
from tests.fakes.slack.mentions import visible
from tests.fakes.virtual import START_MS, LoopClock, virtually

READY, SENDING, SENT = DeliveryState.READY, DeliveryState.SENDING, DeliveryState.SENT
UNKNOWN, PARKED, DEAD = DeliveryState.UNKNOWN, DeliveryState.PARKED, DeliveryState.DEAD


def answer(verdict: Verdict, **parts: Any) -> Answer:
    return Answer(verdict, **parts)


def over(number: int = 1, **parts: Any) -> Any:
    ended = {"state": AlertState.RESOLVED, "ended_at": START_MS + 60_000, "ended_by": "finished", "revision": 2}
    return alert(number, **ended | parts)


def run(scenario: Any) -> Any:
    return virtually(scenario, grace=0)


def test_a_first_message_is_claimed_sent_and_recorded_in_this_order() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            first = scene.outbox.decide(alert())
            await scene.sleep(1)
            assert scene.outbox.story == [(first.delivery_id, SENDING), (first.delivery_id, SENT)]
            message = scene.outbox.messages[("al_0001", "doc-alerts")]
            assert (message.ts, message.delivery_id) == ("1.000000", first.delivery_id)
            assert sender.calls[0].card.delivery_id == first.delivery_id

    run(scenario)


def test_the_attempt_is_recorded_before_a_byte_leaves() -> None:
    async def scenario() -> None:
        seen: list[DeliveryState] = []
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            first = scene.outbox.decide(alert())

            def look() -> Answer:
                seen.append(scene.outbox.rows[first.delivery_id].state)
                return answer(Verdict.DELIVERED)

            sender.script.append(look)
            await scene.sleep(1)
        assert seen == [SENDING]

    run(scenario)


def test_the_same_message_is_edited_to_resolved() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(1)
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(1)
            assert [call.kind for call in sender.calls] == ["post", "edit"]
            assert sender.calls[1].card.delivery_id == sender.calls[0].card.delivery_id
            assert visible(sender.calls[1].card.payload()).startswith("✅ Resolved")
            assert scene.outbox.states() == [SENT, SENT]

    run(scenario)


def test_one_channel_gets_three_at_once_and_then_one_a_second() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            for number in range(8):
                scene.outbox.decide(alert(number))
            await scene.sleep(10)
        assert sender.times() == [0, 0, 0, 1, 2, 3, 4, 5]

    run(scenario)


def test_several_changes_become_one_edit_with_the_latest_state() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(1)
            for revision in range(2, 30):
                scene.outbox.decide(alert(count=revision, revision=revision), Reason.MORE)
            scene.outbox.decide(over(revision=30), Reason.RESOLVED)
            await scene.sleep(60)
        (edit,) = [call for call in sender.calls if call.kind == "edit"]
        assert edit.card.revision == 30

    run(scenario)


def test_a_counter_is_edited_at_most_every_ten_seconds_and_ends_up_right() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            for revision in range(2, 32):
                await scene.sleep(1)
                scene.outbox.decide(alert(count=revision, revision=revision), Reason.MORE)
            await scene.sleep(60)
        assert sender.times("edit") == [10, 20, 30]
        assert sender.calls[-1].card.revision == 31

    run(scenario)


def test_a_change_that_comes_while_an_edit_is_under_way_is_shown_after_it() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(takes=2.0)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(3)
            scene.outbox.decide(alert(state=AlertState.ACKNOWLEDGED, revision=2), Reason.ACKNOWLEDGED)
            await scene.sleep(1)
            scene.outbox.decide(over(revision=3), Reason.RESOLVED)
            await scene.sleep(20)  # it is told at the beginning, while the edit is still under way
            assert [call.card.revision for call in sender.calls] == [1, 2, 3]
            assert scene.outbox.states() == [SENT, SENT]

    run(scenario)


def test_a_message_that_shows_everything_already_is_not_edited() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(5)
            assert [(call.kind, call.card.revision) for call in sender.calls] == [("post", 2)]
            assert scene.outbox.states() == [SENT, SENT]

    run(scenario)


def test_an_edit_held_for_its_message_has_its_turn_once_that_is_posted() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[answer(Verdict.REFUSED_FOR_NOW, wait=20.0)])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(1)
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(1)
            assert (await scene.relay.health()).held == 1
            await scene.sleep(60)
            assert scene.outbox.states() == [SENT, SENT]
            assert (await scene.relay.health()).held == 0

    run(scenario)


def test_changes_of_state_pass_a_storm_of_counters() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            for number in range(30):
                scene.outbox.decide(alert(number), channel=f"c{number}")
            await scene.sleep(30)
            for number in range(30):
                scene.outbox.decide(alert(number, count=2, revision=2), Reason.MORE, channel=f"c{number}")
            await scene.sleep(0.5)
            scene.outbox.decide(over(7, revision=3), Reason.RESOLVED, channel="c7")
            await scene.sleep(0.5)
            shown = [call.channel for call in sender.calls if call.kind == "edit" and call.card.revision == 3]
            assert shown == ["c7"]

    run(scenario)


def test_where_nothing_can_be_edited_an_ending_is_a_short_message_of_its_own() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(edits=False)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(5)
            scene.outbox.decide(alert(count=2, revision=2), Reason.MORE)
            await scene.sleep(5)
            assert scene.outbox.states() == [SENT, DeliveryState.SUPERSEDED]
            last = scene.outbox.decide(over(revision=3), Reason.RESOLVED)
            await scene.sleep(5)
            assert [call.kind for call in sender.calls] == ["post", "post"]
            assert sender.calls[1].card.delivery_id == last.delivery_id
            assert "Stage" not in visible(sender.calls[1].card.payload())
            assert scene.outbox.states() == [SENT, SENT]

    run(scenario)


@pytest.mark.parametrize("edits", [True, False])
def test_an_alert_that_ended_before_its_first_message_is_told_once(edits: bool) -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[answer(Verdict.REFUSED_FOR_NOW, wait=20.0)], edits=edits)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(1)
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(60)
            told = [(call.kind, call.card.revision) for call in sender.calls if call.verdict is Verdict.DELIVERED]
            assert told == [("post", 2)]
            assert scene.outbox.states() == [SENT, SENT]

    run(scenario)


def test_stopping_finishes_what_is_under_way_and_begins_nothing_more() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(takes=5.0)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert(1))
            scene.outbox.decide(alert(2))
            await scene.sleep(1)
        assert scene.outbox.states() == [SENT, READY]
        assert asyncio.get_running_loop().time() == pytest.approx(5.0)

    run(scenario)


def test_no_task_is_left_when_nothing_waits() -> None:
    async def scenario() -> None:
        async with relaying(ScriptedSender()) as scene:
            for number in range(20):
                scene.outbox.decide(alert(number), channel=f"c{number}")
            await scene.sleep(60)
            lanes = [task for task in asyncio.all_tasks() if task.get_name().startswith("lane")]
            assert lanes == []

    run(scenario)


def test_a_row_that_waits_for_its_time_is_sent_then_also_after_a_restart() -> None:
    async def scenario() -> None:
        outbox = TwinOutbox(LoopClock())
        row = outbox.decide(alert())
        outbox.rows[row.delivery_id] = replace(row, not_before=START_MS + 42_000)
        outbox.take_news()  # an earlier process heard of it
        sender = ScriptedSender()
        async with relaying(sender, outbox) as scene:
            await scene.sleep(60)
        assert sender.times() == [42]

    run(scenario)
