"""A channel that Slack refuses: its messages go to the admin channel, and it is tried again now and then."""

from __future__ import annotations

from typing import Any

from bot.core.decisions import Reason
from bot.slack.answer import Answer, Verdict
from bot.slack.manners import Manners
from bot.store.values import DeliveryState, Message
from tests.fakes.alerts import alert
from tests.fakes.relaying import ScriptedSender, relaying
from tests.fakes.virtual import virtually
from tests.unit.slack.test_relay import over

SENT, PARKED, READY = DeliveryState.SENT, DeliveryState.PARKED, DeliveryState.READY
ADMIN = Manners(fallback="admin")
REFUSED = Answer(Verdict.DESTINATION_REFUSED, "is_archived", code="is_archived")


def run(scenario: Any) -> Any:
    return virtually(scenario, grace=0)


def refusing(*channels: str) -> dict[str, list[Answer]]:
    return {channel: [REFUSED] * 1_000 for channel in channels}


def test_messages_for_a_refused_channel_go_to_the_admin_channel_and_say_for_whom_they_are() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(by_channel=refusing("old"))
        async with relaying(sender, manners=ADMIN) as scene:
            for number in range(3):
                scene.outbox.decide(alert(number), channel="old")
            await scene.sleep(60)
            assert len(sender.times(channel="old")) == 1
            told = [call for call in sender.calls if call.channel == "admin"]
            assert len(told) == 3
            assert all("Meant for old, which Slack refuses (is_archived)." in str(call.blocks[0]) for call in told)
            assert scene.outbox.states() == [SENT] * 3
            troubles = (await scene.relay.health()).troubles
            assert troubles == ("Slack refuses channel old (is_archived): its messages go to admin",)
            assert {(trouble.verdict, trouble.channel) for trouble in scene.troubles} == {
                (Verdict.DESTINATION_REFUSED, "old")
            }

    run(scenario)


def test_a_message_that_went_elsewhere_is_edited_where_it_stands() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(by_channel=refusing("old"))
        async with relaying(sender, manners=ADMIN) as scene:
            scene.outbox.decide(alert(), channel="old")
            await scene.sleep(5)
            del sender.by_channel["old"]
            edited: list[Message] = []

            async def edit(message: Message, card: Any) -> Answer:
                del card
                edited.append(message)
                return Answer(Verdict.DELIVERED, ts=message.ts, channel_id=message.channel_id)

            sender.edit = edit  # type: ignore[method-assign]
            scene.outbox.decide(over(), Reason.RESOLVED, channel="old")
            await scene.sleep(60)
            assert [message.channel_id for message in edited] == ["Cadmin"]

    run(scenario)


def test_every_ten_minutes_one_message_tries_the_channel_again() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(by_channel={"old": [REFUSED, REFUSED]})
        async with relaying(sender, manners=ADMIN) as scene:
            for number in range(30):
                scene.outbox.decide(alert(number), channel="old")
                await scene.sleep(100)
            assert sender.times(channel="old")[:3] == [0, 600, 1_200]
            assert len(sender.times(channel="old")) == 2 + 30 - 12
            assert scene.outbox.states() == [SENT] * 30
            assert (await scene.relay.health()).troubles == ()

    run(scenario)


def test_without_an_admin_channel_they_are_parked_with_one_call_and_probed_by_one_every_ten_minutes() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(by_channel={"old": [REFUSED] * 3})
        async with relaying(sender) as scene:
            for number in range(5):
                scene.outbox.decide(alert(number), channel="old")
            await scene.sleep(500)
            assert scene.outbox.states() == [PARKED] * 5
            assert sender.times(channel="old") == [0]
            await scene.sleep(1_400)
            assert sender.times(channel="old")[:4] == [0, 600, 1_200, 1_800]
            assert scene.outbox.states() == [SENT] * 5
            assert (await scene.relay.health()).troubles == ()

    run(scenario)


def test_where_the_admin_channel_is_refused_too_they_are_parked() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(by_channel=refusing("old", "admin"))
        async with relaying(sender, manners=ADMIN) as scene:
            scene.outbox.decide(alert(1), channel="old")
            scene.outbox.decide(alert(2), channel="admin")
            await scene.sleep(300)
            assert scene.outbox.states() == [PARKED, PARKED]
            sender.by_channel.clear()
            await scene.sleep(900)
            assert scene.outbox.states() == [SENT, SENT]

    run(scenario)


def test_a_thread_that_takes_nothing_does_not_cost_the_reply() -> None:
    async def scenario() -> None:
        locked = "restricted_action_thread_locked"
        sender = ScriptedSender(
            script=[Answer(Verdict.DELIVERED), Answer(Verdict.DESTINATION_REFUSED, locked, code=locked)]
        )
        async with relaying(sender, manners=ADMIN) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(5)
            scene.outbox.decide(alert(), Reason.ESCALATED_HERE, number=1)
            await scene.sleep(60)
            assert [(call.channel, call.thread) for call in sender.calls] == [
                ("doc-alerts", None),
                ("Cdoc-alerts", ("1.000000", True)),
                ("doc-alerts", None),
            ]
            assert scene.outbox.states() == [SENT, SENT]
            assert scene.outbox.messages["al_0001", "doc-alerts"].ts == "1.000000"

    run(scenario)


def test_an_escalation_of_what_has_no_card_becomes_its_card() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[Answer(Verdict.PAYLOAD_REFUSED, "invalid_blocks")] * 3)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(10)
            assert scene.outbox.states() == [DeliveryState.DEAD]
            scene.outbox.decide(alert(), Reason.ESCALATED_HERE, number=1)
            await scene.sleep(10)
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(30)
            assert [(call.kind, call.thread) for call in sender.calls][3:] == [("post", None), ("edit", None)]
            assert scene.outbox.states() == [DeliveryState.DEAD, SENT, SENT]

    run(scenario)


def test_an_edit_that_waits_for_a_dead_message_is_over_too() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[Answer(Verdict.PAYLOAD_REFUSED, "invalid_blocks")] * 3)
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(60)
            assert scene.outbox.states() == [DeliveryState.DEAD, DeliveryState.SUPERSEDED]
            assert (await scene.relay.health()).held == 0

    run(scenario)


def test_an_edit_of_a_message_that_stands_elsewhere_does_not_open_the_door() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(by_channel={"old": [REFUSED]})
        async with relaying(sender, manners=ADMIN) as scene:
            scene.outbox.decide(alert(), channel="old")
            await scene.sleep(5)
            scene.outbox.decide(over(), Reason.RESOLVED, channel="old")  # the twin answers edits of any message
            await scene.sleep(5)
            scene.outbox.decide(alert(2), channel="old")
            await scene.sleep(5)
            assert sender.calls[-1].channel == "admin"

    run(scenario)
