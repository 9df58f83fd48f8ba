"""For a day after a doubt a message that stands twice is looked for, and one copy deleted."""

from __future__ import annotations

from typing import Any

from bot.core.decisions import Reason
from bot.slack.answer import Answer, Verdict
from bot.slack.sender import Page
from bot.store.values import DeliveryState, Place
from tests.fakes.alerts import alert
from tests.fakes.outbox import TwinOutbox
from tests.fakes.relaying import ScriptedSender, relaying
from tests.fakes.virtual import LoopClock, virtually
from tests.unit.slack.test_relay import over

DOUBT = Answer(Verdict.UNKNOWN, "TimeoutError")
HERE = Place("doc-alerts")
HOUR = 3_600


def run(scenario: Any) -> Any:
    return virtually(scenario, grace=0)


def late(sender: ScriptedSender, place: Place = HERE) -> None:
    """Let Slack apply the first attempt after all."""
    payload = sender.calls[0 if place == HERE else 1].card.payload()
    sender.stored.append((place, {"ts": "9.000000", **payload}))


def times(sender: ScriptedSender, place: Place = HERE) -> list[str]:
    return [message["ts"] for where, message in sender.stored if where == place]


def test_a_message_that_arrived_after_its_absence_was_believed_is_deleted_and_counted() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(200)
            assert times(sender) == ["2.000000"]
            late(sender)
            await scene.sleep(200)
            assert times(sender) == ["2.000000"]
            assert scene.counted == ["repeated", "doubled"]

    run(scenario)


def test_the_message_on_which_edits_and_replies_hang_stays() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(200)
            sender.stored.insert(0, (HERE, {"ts": "0.500000", **sender.calls[0].card.payload()}))
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(200)
            assert times(sender) == ["2.000000"]

    run(scenario)


def test_it_is_looked_for_during_a_day_and_no_longer() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(23 * HOUR)
            late(sender)
            await scene.sleep(2 * HOUR)
            assert times(sender) == ["2.000000"]
            looks = len(sender.looks)
            late(sender)
            await scene.sleep(72 * HOUR)
            assert (len(sender.looks), len(times(sender))) == (looks, 2)
            assert looks <= 4 + 5

    run(scenario)


def test_a_process_that_starts_later_goes_on_looking() -> None:
    async def scenario() -> None:
        outbox, sender = TwinOutbox(LoopClock()), ScriptedSender(script=[DOUBT])
        async with relaying(sender, outbox) as scene:
            outbox.decide(alert())
            await scene.sleep(200)
        late(sender)
        async with relaying(sender, outbox) as scene:
            await scene.sleep(HOUR)
            assert (times(sender), scene.counted) == (["2.000000"], ["doubled"])

    run(scenario)


def test_a_doubled_reply_is_found_in_its_thread() -> None:
    async def scenario() -> None:
        thread = Place("Cdoc-alerts", "1.000000")
        sender = ScriptedSender(script=[Answer(Verdict.DELIVERED), DOUBT])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(5)
            scene.outbox.decide(alert(), Reason.ESCALATED_HERE, number=1)
            await scene.sleep(200)
            late(sender, thread)
            assert len(times(sender, thread)) == 2
            await scene.sleep(HOUR)
            assert (len(times(sender, thread)), len(times(sender))) == (1, 1)

    run(scenario)


def test_a_place_that_cannot_be_read_just_now_is_looked_at_again() -> None:
    async def scenario() -> None:
        sender = ScriptedSender(script=[DOUBT])
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(200)
            late(sender)
            sender.pages = [Page([], "2"), *[Page([])]]  # the copy is on neither: a later look sees it
            await scene.sleep(HOUR)
            assert times(sender) == ["2.000000"]

    run(scenario)


def test_without_a_doubt_nothing_is_read() -> None:
    async def scenario() -> None:
        sender = ScriptedSender()
        async with relaying(sender) as scene:
            scene.outbox.decide(alert())
            await scene.sleep(48 * HOUR)
            assert sender.looks == []
            assert scene.outbox.states() == [DeliveryState.SENT]

    run(scenario)
