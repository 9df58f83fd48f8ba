"""What goes wrong between the relay and the strict fake, and what becomes of the delivery."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.decisions import Reason
from tests.fakes.alerts import alert
from tests.fakes.outbox import TwinOutbox
from tests.fakes.virtual import LoopClock, virtually
from tests.integration.slack.staging import READY, SENDING, SENT, UNKNOWN, over, staged

# Each doubtful fault, and whether Slack stored the message.
DOUBTFUL = [
    ("reset_before_read", {}, False),
    ("reset_after_store", {}, True),
    ("timeout_before_store", {}, False),
    ("timeout_after_store", {}, True),
    ("late_store", {}, False),
    ("status", {"status": 500}, False),
    ("status", {"status": 502}, False),
    ("status", {"status": 504, "body": "", "content_type": "application/json"}, False),
    ("status_after_store", {"status": 503}, True),
    ("ok_false", {"error": "internal_error"}, False),
    ("ok_false_after_store", {"error": "fatal_error"}, True),
    ("ok_false", {"error": "an_error_that_nobody_lists"}, False),
    ("truncate_body", {}, True),
    ("bad_json", {}, True),
    ("empty_body", {}, True),
    ("wrong_content_type", {}, True),
    ("redirect", {}, True),
]


def test_one_channel_under_429_delays_no_other() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            blocked = stage.fake.workspace.channels["C0DOCALERT1"].id
            stage.fake.fault("ratelimited", channel=blocked, retry_after="45", seconds=45.0)
            stage.outbox.decide(alert(1), channel="doc-alerts")
            stage.outbox.decide(alert(2), channel="doc-review")
            await stage.scene.sleep(40)
            assert len(stage.fake.messages("C0DOCREVW1")) == 1
            assert stage.fake.messages(blocked) == []
            await stage.scene.sleep(10)
            assert len(stage.fake.messages(blocked)) == 1
            assert stage.fake.violations() == []

    virtually(scenario)


@pytest.mark.parametrize(
    ("form", "seconds"),
    [
        ({"retry_after": None}, 1.0),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after": "-3"}, 1.0),
        ({"retry_after": "3600"}, 3_600.0),
        ({"retry_after": "99999999999"}, 3_600.0),
        ({"retry_after": "Mon, 05 Jan 2026 09:02:00 GMT", "times": 1}, 120.0),
        ({"retry_after": None, "as_error": True}, 1.0),
    ],
)
def test_every_form_of_429_is_waited_for_and_nothing_lost(form: dict[str, Any], seconds: float) -> None:
    async def scenario() -> None:
        async with staged() as stage:
            stage.fake.fault("ratelimited", **{"times": 2, "seconds": seconds} | form)
            stage.outbox.decide(alert())
            await stage.scene.sleep(3 * 3_600)
            assert len(stage.fake.messages()) == 1
            assert stage.outbox.states() == [SENT]
            assert stage.fake.violations() == []

    virtually(scenario)


@pytest.mark.parametrize(("effect", "parts", "stored"), DOUBTFUL)
def test_a_doubtful_post_is_looked_for_and_sent_again_only_if_it_is_not_there(
    effect: str, parts: dict[str, Any], stored: bool
) -> None:
    async def scenario() -> None:
        async with staged() as stage:
            stage.fake.fault(effect, method="chat.postMessage", **parts)
            stage.outbox.decide(alert())
            await stage.scene.sleep(1)
            assert stage.outbox.states() in ([SENDING], [UNKNOWN])
            await stage.scene.sleep(900)
            assert stage.outbox.states() == [SENT]
            assert len(stage.fake.calls("chat.postMessage")) == (1 if stored else 2)
            assert len(stage.fake.messages()) == 1
            assert stage.fake.duplicates() == {}
            assert stage.fake.violations() == []
            assert stage.scene.troubles == []

    virtually(scenario)


@pytest.mark.parametrize(("effect", "parts", "stored"), DOUBTFUL)
def test_a_doubtful_edit_is_repeated_and_ends_up_right(effect: str, parts: dict[str, Any], stored: bool) -> None:
    del stored

    async def scenario() -> None:
        async with staged() as stage:
            stage.outbox.decide(alert())
            await stage.scene.sleep(5)
            stage.fake.fault(effect, method="chat.update", **parts)
            stage.outbox.decide(over(), Reason.RESOLVED)
            await stage.scene.sleep(120)
            (message,) = stage.fake.messages()
            assert "✅ Resolved" in message.visible
            assert stage.outbox.states() == [SENT, SENT]
            assert stage.fake.violations() == []

    virtually(scenario)


def test_a_closed_port_is_surely_not_delivered_and_tried_until_it_opens() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            await stage.fake.shut_port()
            stage.outbox.decide(alert())
            await stage.scene.sleep(100)
            assert stage.outbox.states() == [READY]
            await stage.fake.open_port()
            await stage.scene.sleep(70)
            assert stage.outbox.states() == [SENT]
            assert len(stage.fake.messages()) == 1

    virtually(scenario)


def test_service_unavailable_is_a_refusal_that_is_tried_again() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            stage.fake.fault("ok_false", error="service_unavailable", times=3)
            stage.outbox.decide(alert())
            await stage.scene.sleep(60)
            assert len(stage.fake.messages()) == 1

    virtually(scenario)


def test_a_slow_answer_is_waited_for() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            stage.fake.fault("slow", seconds=8.0)
            stage.outbox.decide(alert())
            await stage.scene.sleep(60)
            assert len(stage.fake.calls()) == len(stage.fake.messages()) == 1
            assert stage.outbox.states() == [SENT]

    virtually(scenario)


def test_a_restart_sends_again_what_a_kill_cut_short_once_it_surely_did_not_arrive() -> None:
    async def scenario() -> None:
        clock = LoopClock()
        outbox = TwinOutbox(clock)
        row = outbox.decide(alert())
        await outbox.claim(row.delivery_id, 1)  # the process was killed after this
        async with staged(outbox) as stage:
            stage.outbox.decide(alert(2))
            await stage.scene.sleep(99)
            assert stage.outbox.states() == [UNKNOWN, SENT]
            assert len(stage.fake.messages()) == 1
            await stage.scene.sleep(500)
            assert stage.outbox.states() == [SENT, SENT]
            assert len(stage.fake.calls("chat.postMessage")) == 2

    virtually(scenario)
