"""A relay with the Web API client over HTTP to the strict fake, on skipped time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.core.state import AlertState
from bot.slack.manners import Manners
from bot.slack.webapi import WebApiSender
from bot.store.values import DeliveryState
from tests.fakes.alerts import alert
from tests.fakes.outbox import TwinOutbox
from tests.fakes.relaying import Scene, relaying
from tests.fakes.slack import FakeSlack
from tests.fakes.virtual import START_MS, LoopClock

CHANNELS = {"doc-alerts": "C0DOCALERT1", "doc-review": "C0DOCREVW1", "old": "C0ARCHIVED1"}
READY, SENDING, SENT, UNKNOWN = (DeliveryState(name) for name in ("ready", "sending", "sent", "unknown"))


@dataclass
class Stage:
    fake: FakeSlack
    scene: Scene
    sender: WebApiSender

    @property
    def outbox(self) -> TwinOutbox:
        return self.scene.outbox


@asynccontextmanager
async def staged(
    outbox: TwinOutbox | None = None, fake: FakeSlack | None = None, manners: Manners | None = None
) -> AsyncIterator[Stage]:
    clock = LoopClock()
    async with fake or FakeSlack(clock.seconds) as slack:
        sender = WebApiSender(slack.token, clock=clock, api_url=slack.api_url, channels=CHANNELS, timeout_s=10)
        try:
            async with relaying(sender, outbox, manners) as scene:
                yield Stage(slack, scene, sender)
        finally:
            await sender.close()


def over(number: int = 1) -> Any:
    return alert(
        number, state=AlertState.RESOLVED, ended_at=START_MS + 60_000, ended_by="finished", revision=2, shown=()
    )
