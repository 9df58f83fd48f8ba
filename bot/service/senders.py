"""Chooses how messages leave, by what the config has: a bot token, webhooks, or neither (preview)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from bot import log
from bot.clock import Clock
from bot.config.model import Config, OnUnknown, SlackConfig
from bot.config.secrets import read_again
from bot.core.rule import Severity
from bot.metrics import Metrics
from bot.service.acting import Acting
from bot.slack.delivering import Timing
from bot.slack.folding import Fold
from bot.slack.manners import Manners
from bot.slack.preview import PreviewSender
from bot.slack.sender import Sender
from bot.slack.setting import Setting, setting_of
from bot.store import Store
from bot.store.known import StoredPeople

if TYPE_CHECKING:
    from bot.service.clicking import Clicking


def open_sender(config: Config, clock: Clock, out: TextIO) -> Sender:
    """Return the sender; call it inside the running loop, and close it there."""
    slack = config.slack
    if config.preview or slack is None:
        return PreviewSender(config.timezone, out)
    timeout_s = slack.timeout_ms / 1_000
    if slack.bot_token:
        from bot.slack.webapi import WebApiSender  # noqa: PLC0415  (slack_sdk: 30 ms of each start that previews)

        return WebApiSender(
            slack.bot_token,
            clock=clock,
            api_url=slack.api_url,
            channels=config.channels,
            timeout_s=timeout_s,
            fresh_token=partial(_token_again, slack.bot_token_file),
        )
    from bot.slack.webhook import WebhookSender  # noqa: PLC0415  (the same)

    return WebhookSender(slack.webhooks, clock=clock, timeout_s=timeout_s)


def manners_of(config: Config, metrics: Metrics, setting: Callable[[], Setting] | None = None) -> Manners:
    """Return what the config says of delivering."""
    slack, storm = config.slack or SlackConfig(), config.storm

    def repeats(severity: Severity) -> bool:
        return slack.on_unknown_by.get(severity.value, slack.on_unknown) is OnUnknown.REPEAT_MARKED

    return Manners(
        timing=Timing(timeout=slack.timeout_ms / 1_000, settle=slack.settle_ms / 1_000),
        repeats=repeats,
        fallback=slack.admin_channel,
        fold=Fold(messages=storm.messages, within=storm.within_ms / 1_000),
        count=lambda outcome: metrics.settled.labels(outcome).inc(),
        setting=setting or partial(setting_of, config),
    )


def _token_again(path: Path | None) -> str | None:
    """Read a refused token once more from its file, and hide it in the log like the first."""
    token = None if path is None else read_again(path)
    if token is not None:
        log.hide([token])
    return token


def open_clicking(config: Config, store: Store, acting: Acting, clock: Clock, metrics: Metrics) -> Clicking | None:
    """Return what answers clicks; None where no card has buttons. Call it inside the running loop, close it there."""
    if config.preview or config.slack is None or not config.slack.bot_token:
        return None
    from bot.service.clicking import Clicking  # noqa: PLC0415  (slack_sdk, as above)

    return Clicking(config.slack, config.people, known=StoredPeople(store), acting=acting, clock=clock, metrics=metrics)


def describe(config: Config) -> str:
    """Say in one line where messages go."""
    slack = config.slack
    if config.preview or slack is None:
        return "preview: cards are drawn here, nothing is posted to Slack"
    if slack.bot_token:
        return f"posting to Slack ({slack.api_url})"
    return f"posting to {len(slack.webhooks)} Slack webhooks: {', '.join(sorted(slack.webhooks))}"
