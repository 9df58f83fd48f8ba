from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.core.decisions import Reason
from bot.core.state import AlertState
from bot.slack.delivering import REPEATED
from bot.slack.webhook import WebhookSender
from bot.store.values import DeliveryState
from tests.fakes.alerts import alert
from tests.fakes.relaying import Scene, relaying
from tests.fakes.slack import FakeSlack
from tests.fakes.virtual import START_MS, LoopClock, virtually

SENT, PARKED = DeliveryState.SENT, DeliveryState.PARKED


@asynccontextmanager
async def hooked(**more: str) -> AsyncIterator[tuple[FakeSlack, Scene]]:
    clock = LoopClock()
    async with FakeSlack(clock.seconds) as fake:
        hooks = {"doc-alerts": fake.add_webhook("C0DOCALERT1"), "old": fake.add_webhook("C0ARCHIVED1")}
        sender = WebhookSender(hooks | {name: fake.url + path for name, path in more.items()}, clock=clock)
        try:
            async with relaying(sender) as scene:
                yield fake, scene
        finally:
            await sender.close()


def over(**parts: Any) -> Any:
    return alert(state=AlertState.RESOLVED, ended_at=START_MS + 60_000, ended_by="finished", revision=2, **parts)


def test_a_card_is_posted_and_its_end_is_a_new_short_message() -> None:
    async def scenario() -> None:
        async with hooked() as (fake, scene):
            scene.outbox.decide(alert())
            await scene.sleep(5)
            scene.outbox.decide(alert(count=2, revision=2), Reason.MORE)
            await scene.sleep(5)
            scene.outbox.decide(over(), Reason.RESOLVED)
            await scene.sleep(5)
            first, second = fake.messages("C0DOCALERT1")
            assert first.visible.startswith("🔴 Critical")
            assert second.visible.startswith("✅ Resolved")
            assert len(second.visible) < len(first.visible)
            assert scene.outbox.states() == [SENT, SENT]
            assert fake.notified() == []

    virtually(scenario)


@pytest.mark.parametrize(
    ("effect", "parts"),
    [
        ("reset_after_store", {}),
        ("timeout_after_store", {}),
        ("timeout_before_store", {}),
        ("status", {"status": 500, "body": "rollup_error", "content_type": "text/plain"}),
        ("status", {"status": 502}),
        ("redirect", {}),
        ("bad_json", {}),
    ],
)
def test_a_doubtful_post_is_repeated_once_and_says_so(effect: str, parts: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with hooked() as (fake, scene):
            fake.fault(effect, **parts)
            scene.outbox.decide(alert())
            await scene.sleep(900)
            assert scene.outbox.states() == [SENT]
            assert [REPEATED in message.visible for message in fake.messages()] in ([True], [False, True])
            assert len(fake.calls()) == 2

    virtually(scenario)


def test_a_burst_is_posted_politely() -> None:
    async def scenario() -> None:
        async with hooked() as (fake, scene):
            for number in range(10):
                scene.outbox.decide(alert(number))
            await scene.sleep(60)
            assert len(fake.messages()) == 10
            assert fake.violations() == []

    virtually(scenario)


def test_an_archived_channel_parks_its_alert() -> None:
    async def scenario() -> None:
        async with hooked() as (_, scene):
            scene.outbox.decide(alert(), channel="old")
            await scene.sleep(60)
            assert scene.outbox.states() == [PARKED]
            assert scene.troubles[0].detail == "channel_is_archived"

    virtually(scenario)


def test_no_service_is_believed_the_third_time_only() -> None:
    async def scenario() -> None:
        async with hooked(gone="/services/T0FAKE001/B0GONE0001/secret") as (fake, scene):
            scene.outbox.decide(alert(), channel="gone")
            await scene.sleep(60)
            assert [call.answer for call in fake.calls()] == ["no_service"] * 3
            assert scene.outbox.states() == [PARKED]

    virtually(scenario)


def test_a_channel_without_a_webhook_is_said_so() -> None:
    async def scenario() -> None:
        async with hooked() as (_, scene):
            scene.outbox.decide(alert(), channel="elsewhere")
            await scene.sleep(1)
            assert scene.troubles[0].detail == "no webhook is configured for this channel"

    virtually(scenario)


def test_no_webhooks_secret_is_in_what_is_reported() -> None:
    async def scenario() -> None:
        async with hooked() as (fake, scene):
            await fake.shut_port()
            row = scene.outbox.decide(alert())
            await scene.sleep(5)
            assert "secret" not in str(scene.outbox.rows[row.delivery_id])

    virtually(scenario)
