"""A backlog is told in few messages: nothing is lost, and nobody reads two hundred cards."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.core.decisions import Reason
from bot.core.rule import Severity
from bot.core.state import AlertState
from bot.slack.answer import Answer, Verdict
from bot.slack.folding import Fold
from bot.slack.manners import Manners
from bot.store.values import DeliveryState
from tests.fakes.alerts import alert
from tests.fakes.relaying import Call, Scene, ScriptedSender, relaying
from tests.fakes.virtual import START_MS, virtually
from tests.unit.slack.test_relay import over

SENT, SUPERSEDED = DeliveryState.SENT, DeliveryState.SUPERSEDED
DOWN = Answer(Verdict.NOT_DELIVERED, "ClientConnectorError")


def run(scenario: Any) -> Any:
    return virtually(scenario, grace=0)


def said(call: Call) -> str:
    return str(call.card.payload())


def summaries(sender: ScriptedSender, channel: str = "doc-alerts") -> list[Call]:
    return [call for call in _told(sender, channel) if "told together" in said(call)]


def cards(sender: ScriptedSender, channel: str = "doc-alerts") -> list[Call]:
    return [call for call in _told(sender, channel) if "told together" not in said(call)]


def _told(sender: ScriptedSender, channel: str) -> list[Call]:
    posted = [call for call in sender.calls if (call.kind, call.channel) == ("post", channel)]
    return [call for call in posted if call.verdict is Verdict.DELIVERED]


def counted(sender: ScriptedSender, channel: str = "doc-alerts") -> int:
    """Return how many alerts are told, in cards and in counts."""
    found = [re.search(r"(\d+) more alerts, told together", said(call)) for call in summaries(sender, channel)]
    return len(cards(sender, channel)) + sum(int(match[1]) for match in found if match)


async def outage(scene: Scene, alerts: int, hours: float = 1.0) -> None:
    """Let Slack be down, with so many alerts coming evenly."""
    sender = scene.sender
    assert isinstance(sender, ScriptedSender)
    sender.script = [DOWN] * 100_000
    for number in range(alerts):
        scene.outbox.decide(alert(number, severity=list(Severity)[number % 4]))
        await scene.sleep(hours * 3_600 / alerts)
    sender.script = []


@pytest.mark.parametrize("alerts", [1, 20, 21, 240, 2_000])
def test_after_an_hour_without_slack_nothing_is_lost_and_a_channel_gets_few_messages(alerts: int) -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            await outage(scene, alerts)
            await scene.sleep(300)
            assert counted(sender) == alerts
            assert len(cards(sender)) == min(alerts, 20)
            assert len(summaries(sender)) == (1 if alerts > 20 else 0)
            assert scene.outbox.states().count(SENT) == len(cards(sender)) + len(summaries(sender))
            assert scene.outbox.states().count(SUPERSEDED) == max(0, alerts - 20)

    run(scenario)


def test_what_ended_during_the_outage_is_told_once_in_its_final_state() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            sender.script = [DOWN] * 1_000
            scene.outbox.decide(alert())
            await scene.sleep(600)
            scene.outbox.decide(alert(count=2, revision=2), Reason.MORE)
            scene.outbox.decide(alert(), Reason.REMINDER, number=1)
            await scene.sleep(600)
            scene.outbox.decide(over(revision=3), Reason.RESOLVED)
            scene.outbox.decide(over(revision=3), Reason.REMINDER, number=2)
            await scene.sleep(600)
            sender.script = []
            await scene.sleep(120)
            assert [(call.kind, call.card.revision) for call in sender.calls if call.verdict is Verdict.DELIVERED] == [
                ("post", 3)
            ]
            assert scene.outbox.states() == [SENT, SENT, SUPERSEDED, SUPERSEDED]

    run(scenario)


def test_what_still_stands_and_is_grave_has_a_card_and_the_rest_is_counted() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            sender.script = [DOWN] * 1_000
            for number in range(60):
                scene.outbox.decide(alert(number, severity=Severity.WARNING, rule=f"rule-{number % 3}"))
            for number in range(60, 70):
                scene.outbox.decide(alert(number, severity=Severity.CRITICAL))
            for number in range(40):
                ended = {"state": AlertState.RESOLVED, "ended_at": START_MS, "severity": Severity.WARNING}
                scene.outbox.decide(over(number, rule=f"rule-{number % 3}", **ended), Reason.RESOLVED)
            await scene.sleep(30)
            sender.script = []
            await scene.sleep(300)
            told = {call.card.payload()["metadata"]["event_payload"]["alert_id"] for call in cards(sender)}
            assert {f"al_{number:04d}" for number in range(60, 70)} <= told
            assert len(told) == 20
            (summary,) = summaries(sender)
            text = summary.blocks[0]["text"]["text"]
            assert "50 more alerts, told together" in text
            assert "10 of them still stand, 40 are over." in text
            assert "• rule rule-0: " in text

    run(scenario)


def test_edits_of_what_was_counted_are_over_and_an_escalation_of_it_gets_a_card() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            for number in range(100):
                scene.outbox.decide(alert(number, severity=Severity.INFO))
            await scene.sleep(300)
            counted_in = [row for row in scene.outbox.rows.values() if row.state is SUPERSEDED]
            own = int(counted_in[0].alert_id[3:])
            scene.outbox.decide(alert(own, count=2, revision=2), Reason.MORE)
            await scene.sleep(30)
            scene.outbox.decide(alert(own, count=2, revision=2), Reason.ESCALATED_HERE, number=1)
            await scene.sleep(30)
            mine = [row for row in scene.outbox.rows.values() if row.alert_id == counted_in[0].alert_id]
            assert [(row.reason, row.state) for row in mine] == [
                (Reason.FIRST, SUPERSEDED),
                (Reason.MORE, SUPERSEDED),
                (Reason.ESCALATED_HERE, SENT),
            ]
            assert sender.calls[-1].thread is None
            assert (await scene.relay.health()).held == 0

    run(scenario)


def test_ten_thousand_failures_in_a_minute_are_at_most_thirty_messages_and_delay_no_other_channel() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(takes=0.1)
        async with relaying(sender) as scene:
            for batch in range(600):
                for number in range(17):
                    scene.outbox.decide(alert(batch * 17 + number))
                if batch == 300:
                    scene.outbox.decide(alert(99_999), channel="other")
                await scene.sleep(0.1)
            asked = 300 * 0.1
            await scene.sleep(600)
            assert len(cards(sender)) + len(summaries(sender)) <= 30
            assert counted(sender) == 600 * 17
            (other,) = sender.times(channel="other")
            assert other - asked < 3

    run(scenario)


def test_a_burst_as_large_as_the_limit_is_posted_card_by_card() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            for number in range(20):
                scene.outbox.decide(alert(number))
            await scene.sleep(60)
            assert (len(cards(sender)), len(summaries(sender))) == (20, 0)

    run(scenario)


def test_an_alert_after_the_backlog_has_a_card_of_its_own() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            for number in range(300):
                scene.outbox.decide(alert(number))
            await scene.sleep(60)
            late = scene.outbox.decide(alert(1_000))
            await scene.sleep(5)
            assert scene.outbox.rows[late.delivery_id].state is SENT

    run(scenario)


def test_a_steady_stream_that_the_channel_can_take_is_never_folded() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            for number in range(600):
                scene.outbox.decide(alert(number))
                await scene.sleep(1.2)
            await scene.sleep(30)
            assert (len(cards(sender)), len(summaries(sender))) == (600, 0)

    run(scenario)


def test_what_was_set_aside_and_not_told_yet_is_told_after_a_kill() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            for number in range(100):
                scene.outbox.decide(alert(number))
            await scene.sleep(1)
            outbox = scene.outbox
        async with relaying(sender, outbox) as scene:
            await scene.sleep(300)
            assert counted(sender) == 100

    run(scenario)


def test_the_limit_is_what_the_config_says() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender, manners=Manners(fold=Fold(messages=5, within=300))) as scene:
            for number in range(50):
                scene.outbox.decide(alert(number))
            await scene.sleep(120)
            assert len(cards(sender)) == 5
            assert counted(sender) == 50

    run(scenario)
