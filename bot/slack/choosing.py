"""Which way messages leave, from the config."""

from __future__ import annotations

from bot.clock import Clock
from bot.config.model import Config
from bot.slack.preview import PreviewSender
from bot.slack.sender import Sender
from bot.slack.webapi import WebApiSender
from bot.slack.webhook import WebhookSender


def sender_of(config: Config, clock: Clock) -> Sender:
    """Return the Web API with a bot token, else webhooks; the terminal where the config says preview.

    To be called inside the running loop, as it may open connections; whoever calls it closes the sender.
    """
    slack = config.slack
    if slack is None or config.preview:
        return PreviewSender(config.timezone)
    timeout_s = slack.timeout_ms / 1_000
    if slack.bot_token:
        channels = config.channels
        return WebApiSender(slack.bot_token, clock=clock, api_url=slack.api_url, channels=channels, timeout_s=timeout_s)
    return WebhookSender(slack.webhooks, clock=clock, timeout_s=timeout_s)
