"""`tocsin send --to CHANNEL`: a test alert in a Slack channel."""

from __future__ import annotations

import asyncio
import sys

from bot import log
from bot.cli.output import Exit, complain, say
from bot.clock import SystemClock
from bot.config.model import Config
from bot.service.process import secrets_of
from bot.service.trial import try_channel


def send_trial(config: Config, channel: str, stay_s: int) -> int:
    """Post it, remove it, and say how that went."""
    log.hide(secrets_of(config))
    trial = asyncio.run(try_channel(config, channel, clock=SystemClock(), out=sys.stdout, stay_s=stay_s))
    if trial.not_posted is not None:
        complain(f"nothing was posted to {channel}: {trial.not_posted}; tocsin doctor says what to do")
        return Exit.NO
    if trial.not_removed is not None:
        complain(f"a test alert stands in {channel} and could not be removed: {trial.not_removed}")
        return Exit.NO
    say(f"a test alert was posted to {channel} and removed again")
    return Exit.FINE
