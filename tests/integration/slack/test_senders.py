from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.config.model import Config, SlackConfig
from bot.service.senders import open_sender
from bot.slack.card import card
from bot.slack.preview import PreviewSender
from bot.slack.webapi import WebApiSender
from bot.slack.webhook import WebhookSender
from tests.fakes.alerts import alert
from tests.fakes.relaying import ZONE
from tests.fakes.slack import FakeSlack
from tests.fakes.virtual import START_MS


def config(slack: SlackConfig | None, **parts: Any) -> Config:
    return Config(file="config.yaml", folder=Path(), sources={}, rules=(), slack=slack, **parts)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (config(None), PreviewSender),
        (config(SlackConfig()), PreviewSender),
        (config(SlackConfig(bot_token="xoxb-1"), dev=True), PreviewSender),
        (config(SlackConfig(bot_token="xoxb-1")), WebApiSender),
        (config(SlackConfig(webhooks={"a": "https://hooks.slack.com/services/T/B/s"})), WebhookSender),
    ],
)
async def test_the_config_says_how_messages_leave(given: Config, kind: type) -> None:
    sender = open_sender(given, SystemClock(), io.StringIO())
    assert type(sender) is kind
    await sender.close()


async def test_names_stand_for_ids_where_the_config_names_them() -> None:
    given = config(SlackConfig(bot_token="xoxb-1"), channels={"doc-alerts": "C0123456789"})
    sender = open_sender(given, SystemClock(), io.StringIO())
    assert sender.address("doc-alerts") == "C0123456789"
    assert sender.address("other") == "other"
    await sender.close()


async def test_not_even_a_log_at_debug_holds_a_payload_a_token_or_a_webhooks_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with FakeSlack() as fake:
        drawn = card(alert(title="Jane Doe's passport"), "dl_1", ZONE, START_MS)
        for sender in (
            WebApiSender(fake.token, clock=SystemClock(), api_url=fake.api_url),
            WebhookSender({"C0DOCALERT1": fake.add_webhook("C0DOCREVW1")}, clock=SystemClock()),
        ):
            await sender.post("C0DOCALERT1", drawn)
            await sender.close()
        assert len(fake.messages()) == 2
    assert not any(word in caplog.text for word in ("Jane", fake.token, "/services/"))
