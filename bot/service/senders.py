"""Chooses how messages leave, by what the config has: a bot token, webhooks, or neither (preview)."""

from __future__ import annotations

from typing import TextIO

from bot.clock import Clock
from bot.config.model import Config
from bot.slack.preview import PreviewSender
from bot.slack.sender import Sender


def open_sender(config: Config, clock: Clock, out: TextIO) -> Sender:
    """Return the sender; call it inside the running loop, and close it there."""
    slack = config.slack
    if config.preview or slack is None:
        return PreviewSender(config.timezone, out)
    timeout_s = slack.timeout_ms / 1_000
    if slack.bot_token:
        from bot.slack.webapi import WebApiSender  # noqa: PLC0415  (slack_sdk: 30 ms of each start that previews)

        return WebApiSender(
            slack.bot_token, clock=clock, api_url=slack.api_url, channels=config.channels, timeout_s=timeout_s
        )
    from bot.slack.webhook import WebhookSender  # noqa: PLC0415  (the same)

    return WebhookSender(slack.webhooks, clock=clock, timeout_s=timeout_s)


def describe(config: Config) -> str:
    """Say in one line where messages go."""
    slack = config.slack
    if config.preview or slack is None:
        return "preview: cards are drawn here, nothing is posted to Slack"
    if slack.bot_token:
        return f"posting to Slack ({slack.api_url})"
    return f"posting to {len(slack.webhooks)} Slack webhooks: {', '.join(sorted(slack.webhooks))}"
