from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.core.decisions import Reason
from bot.core.state import AlertState
from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import Limits
from bot.slack.ladder import Form
from bot.store.values import DeliveryState
from tests.fakes.alerts import alert
from tests.fakes.outbox import TwinOutbox
from tests.fakes.relaying import Call, ScriptedSender, relaying
from tests.fakes.virtual import START_MS, LoopClock, virtually

READY, SENDING, SENT = DeliveryState.READY, DeliveryState.SENDING, DeliveryState.SENT
UNKNOWN, PARKED, DEAD = DeliveryState.UNKNOWN, DeliveryState.PARKED, DeliveryState.DEAD


def answer(verdict: Verdict, **parts: Any) -> Answer:
    return Answer(verdict, **parts)


def over(number: int = 1, **parts: Any) -> Any:
    ended = {"state": AlertState.RESOLVED, "ended_at": START_MS + 60_000, "ended_by": "finished", "revision": 2}
    return alert(number, **ended | parts)


def alert_of(call: Call) -> Any:
    return call.card.payload()["metadata"]["event_payload"]["alert_id"]


def run(scenario: Any) -> Any:
    return virtually(scenario, grace=0)


def test_a_channel_that_is_refused_for_now_delays_no_other() -> None:
    async def scenario() -> None:
        blocked = [answer(Verdict.REFUSED_FOR_NOW, wait=20.0)]
        sender = ScriptedSender(by_channel={"blocked": blocked})
        async with relaying(sender) as scene:
            for number in range(3):
                scene.outbox.decide(alert(number), channel="blocked")
                scene.outbox.decide(alert(number), channel="free")
            await scene.sleep(30)
        assert sender.times(channel="free") == [0, 0, 0]
        assert sender.times(channel="blocked")[:2] == [0, 20]
        assert len(sender.times(channel="blocked")) == 4

    run(scenario)


def test_an_edit_whose_fate_is_unknown_is_repeated_until_it_is_known() -> None:
    async def scenario() -> None:
        doubtful = [answer(Verdict.DELIVERED), *[answer(Verdict.UNKNOWN)] * 3]
        sender = ScriptedSender(script=list(doubtful))
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(1)
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(60)
            assert sender.times("edit") == [1, 2, 4, 8]
            assert scene.outbox.states() == [SENT, SENT]
            assert scene.troubles == []

    run(scenario)


def test_what_was_surely_not_delivered_is_tried_again_ever_more_slowly() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[answer(Verdict.NOT_DELIVERED)] * 8)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(300)
            assert sender.times() == [0, 1, 3, 7, 15, 31, 63, 123, 183]
            assert scene.outbox.states() == [SENT]

    run(scenario)


def test_a_refused_token_stops_everything_keeps_everything_and_is_probed_once_a_minute() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[answer(Verdict.CREDENTIALS_REFUSED, detail="token_revoked")] * 2)
        async with relaying(sender) as scene:
            for number in range(5):
                scene.outbox.decide(alert(number), channel=f"c{number % 2}")
            await scene.sleep(59)
            health = await scene.relay.health()
            assert health.credentials_refused
            assert "token_revoked" in health.troubles[0]
            assert scene.outbox.states() == [READY] * 5
            await scene.sleep(90)
            calls = [round(call.at) for call in sender.calls]
            assert len([at for at in calls if at < 60]) <= 2  # both channels may have had a call under way
            assert scene.outbox.states() == [SENT] * 5
            assert not (await scene.relay.health()).credentials_refused
            assert [trouble.verdict for trouble in scene.troubles] == [Verdict.CREDENTIALS_REFUSED]

    run(scenario)


def test_a_refused_channel_parks_its_deliveries_and_is_reported() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(by_channel={"old": [answer(Verdict.DESTINATION_REFUSED, detail="is_archived")]})
        async with relaying(sender) as scene:
            scene.outbox.decide(alert(1), channel="old")
            scene.outbox.decide(alert(2), channel="new")
            await scene.sleep(599)
            assert scene.outbox.states() == [PARKED, SENT]
            assert [(t.channel, t.detail) for t in scene.troubles] == [("old", "is_archived")]
            assert (await scene.relay.health()).troubles == (
                "Slack refuses channel old (is_archived)",
                "1 delivery parked: the channel was refused, or nobody can say whether it was posted",
            )

    run(scenario)


def test_what_is_parked_is_sent_once_the_channel_works_and_the_bot_is_started_again() -> None:
    async def scenario() -> None:
        outbox = TwinOutbox(LoopClock())
        refused = answer(Verdict.DESTINATION_REFUSED, detail="not_in_channel")
        outbox.decide(alert())
        for _ in range(2):
            async with relaying(ScriptedSender(script=[refused]), outbox) as scene:
                await scene.sleep(500)
                assert outbox.states() == [PARKED]
                assert [trouble.detail for trouble in scene.troubles] == ["not_in_channel"]
        sender = ScriptedSender()
        async with relaying(sender, outbox) as scene:
            await scene.sleep(1)
            assert outbox.states() == [SENT]
            assert sender.times() == [1_000]

    run(scenario)


@pytest.mark.parametrize(("verdict", "after"), [(Verdict.MESSAGE_GONE, 20), (Verdict.DESTINATION_REFUSED, 700)])
def test_a_change_that_comes_while_an_edit_is_refused_is_tried_all_the_same(verdict: Verdict, after: int) -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[answer(Verdict.DELIVERED), answer(verdict)], takes=2.0)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(3)
            scene.outbox.decide(alert(state=AlertState.ACKNOWLEDGED, revision=2), Reason.ACKNOWLEDGED)
            await scene.sleep(1)
            scene.outbox.decide(over(revision=3), Reason.RESOLVED)
            await scene.sleep(after)  # it is told at the beginning, while the edit is still under way
            assert [(call.kind, call.card.revision) for call in sender.calls] == [("post", 1), ("edit", 2), ("edit", 3)]
            assert scene.outbox.states() == [SENT, SENT]

    run(scenario)


def test_stopping_does_not_wait_for_the_turn_of_a_plainer_form() -> None:
    async def scenario() -> None:
        slow = Limits(channel=(0.01, 1))
        sender = ScriptedSender(script=[answer(Verdict.PAYLOAD_REFUSED, detail="invalid_blocks")], limits=slow)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(5)
            assert scene.outbox.states() == [SENDING]
        assert asyncio.get_running_loop().time() == pytest.approx(5.0)
        assert len(sender.calls) == 1
        assert scene.outbox.states() == [READY]

    run(scenario)


def test_a_refused_payload_goes_down_the_ladder_and_that_is_remembered_for_its_message_alone() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[answer(Verdict.PAYLOAD_REFUSED, detail="invalid_blocks")] * 2)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert(1))
            await scene.sleep(5)
            scene.outbox.decide(over(1), Reason.RESOLVED)
            scene.outbox.decide(alert(2))
            await scene.sleep(5)
        forms = [(call.kind, alert_of(call), [block["type"] for block in call.blocks]) for call in sender.calls]
        card = ["rich_text", "context", "actions"]
        assert forms == [
            ("post", "al_0001", card),
            ("post", "al_0001", ["section"]),
            ("post", "al_0001", []),
            ("post", "al_0002", card),
            ("edit", "al_0001", []),
        ]

    run(scenario)


def test_an_alert_of_which_every_form_is_refused_is_dead_and_reported() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[answer(Verdict.PAYLOAD_REFUSED, detail="invalid_blocks")] * len(Form))
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(60)
            assert scene.outbox.states() == [DEAD]
            assert [trouble.verdict for trouble in scene.troubles] == [Verdict.PAYLOAD_REFUSED]

    run(scenario)


def test_a_fault_in_drawing_costs_the_form_and_not_the_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any) -> Any:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("bot.slack.drawing.draw", broken)

    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            first = scene.outbox.decide(alert())
            await scene.sleep(1)
            assert scene.outbox.states() == [SENT]
        payload = sender.calls[0].card.payload()
        assert payload["text"] == alert().title
        assert payload["metadata"]["event_payload"]["delivery_id"] == first.delivery_id

    run(scenario)


def test_a_deleted_message_is_not_posted_again() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(
            script=[answer(Verdict.DELIVERED), answer(Verdict.MESSAGE_GONE, detail="message_not_found")]
        )
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(1)
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(600)
            assert [call.kind for call in sender.calls] == ["post", "edit"]
            assert scene.outbox.states() == [SENT, DEAD]
            assert scene.troubles[0].detail == "message_not_found"

    run(scenario)


def test_where_nothing_can_be_edited_an_ending_decided_while_a_counter_was_settled_is_told_after_a_kill() -> None:
    async def scenario() -> None:
        outbox = TwinOutbox(LoopClock())
        outbox.decide(alert())
        async with relaying(ScriptedSender(edits=False), outbox) as scene:
            await scene.sleep(1)
        counter = outbox.decide(alert(count=2, revision=2), Reason.MORE)
        await outbox.claim(counter.delivery_id, 2)
        outbox.decide(over(revision=3), Reason.RESOLVED)
        sender = ScriptedSender(edits=False)
        async with relaying(sender, outbox) as scene:
            await scene.sleep(5)
        assert [(call.kind, call.card.revision) for call in sender.calls] == [("post", 3)]

    run(scenario)


def test_a_busy_store_delays_and_loses_nothing() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            scene.outbox.busy = 3  # two reads or claims, and the record of what was sent
            await scene.sleep(1)
            for _ in range(10):
                await scene.sleep(1)
            assert len(sender.calls) == 1
            assert scene.outbox.states() == [SENT]

    run(scenario)


def test_what_was_sent_is_recorded_however_long_the_store_is_busy() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:

            def make_busy() -> Answer:
                scene.outbox.busy = 5
                return answer(Verdict.DELIVERED)

            sender.script.append(make_busy)
            scene.outbox.decide(alert())
            await scene.sleep(10)
            assert len(sender.calls) == 1
            assert scene.outbox.states() == [SENT]

    run(scenario)


def test_an_alert_that_is_not_stored_any_more_is_not_sent() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            scene.outbox.alerts.clear()
            await scene.sleep(5)
            assert sender.calls == []
            assert scene.outbox.states() == [DeliveryState.SUPERSEDED]

    run(scenario)
