"""A test alert in a real channel: posted as every card is, marked as a test, and removed again."""

from __future__ import annotations

from typing import Final, TextIO

import msgspec

from bot.clock import Clock
from bot.config.checks import channel_problem
from bot.config.model import Config
from bot.core.identity import digest_of
from bot.core.rule import Severity
from bot.core.state import Alert
from bot.errors import UsageError
from bot.service.senders import open_sender
from bot.slack.answer import Answer, Verdict
from bot.slack.card import card
from bot.slack.waits import pause
from bot.store.values import Place

_TITLE: Final = "TEST: this channel hears of Tocsin's alerts"
_DESCRIPTION: Final = "Nothing is wrong. Somebody typed tocsin send --to, and this message removes itself."


class Trial(msgspec.Struct, frozen=True):
    """How it went: Slack's words where a step was refused, None where it worked. Not posted, nothing was removed."""

    not_posted: str | None = None
    not_removed: str | None = None


async def try_channel(config: Config, channel: str, *, clock: Clock, out: TextIO, stay_s: float) -> Trial:
    """Post a test alert, leave it for so many seconds, and remove it, also when interrupted meanwhile."""
    _require_slack(config, channel)
    sender = open_sender(config, clock, out)
    try:
        now = clock.now_ms()
        own_id = "dl_" + digest_of(("trial", channel, str(now)))
        posted = await sender.post(channel, card(_alert(channel, now), own_id, config.timezone, now))
        if posted.verdict is not Verdict.DELIVERED or posted.ts is None:
            return Trial(not_posted=_words(posted))
        try:
            await pause(stay_s)
        finally:
            removed = await sender.delete(Place(posted.channel_id or sender.address(channel)), posted.ts)
        return Trial(not_removed=None if removed.verdict is Verdict.DELIVERED else _words(removed))
    finally:
        await sender.close()


def _require_slack(config: Config, channel: str) -> None:
    message, hint = channel_problem(channel, config)
    if message:
        raise UsageError(message + (f" (did you mean {hint}?)" if hint else ""))
    if config.preview or config.slack is None:
        raise UsageError("this config posts nothing: `slack:` has no bot_token, or its secret is not set")
    if not config.slack.bot_token:
        raise UsageError("what a webhook posted cannot be removed; a test alert needs a bot_token")


def _alert(channel: str, now: int) -> Alert:
    return Alert(
        alert_id="al_" + digest_of(("trial", channel, str(now))),
        rule="test",
        fingerprint="test",
        slice_key="test",
        key=(),
        title=_TITLE,
        severity=Severity.INFO,
        fired_at=now,
        last_at=now,
        description=_DESCRIPTION,
        channels=(channel,),
        event_type="tocsin.test",
    )


def _words(answer: Answer) -> str:
    return f"{answer.verdict.value} ({answer.detail})" if answer.detail else answer.verdict.value
