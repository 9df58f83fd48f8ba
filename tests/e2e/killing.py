"""Ends a bot with kill -9 again and again while events are being posted, and then compares what everybody saw."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random  # noqa: TID251 - seeded
from typing import Final
from zlib import crc32

import aiohttp

from bot.store import open_reading
from bot.store.values import DeliveryState
from tests.e2e.bots import BotProcess, Sender, job, running, sending, settle_in
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.state import Channel
from tests.waiting import eventually_async

CHANNELS: Final = 50
SENDERS: Final = 4
# One event in so many fires: a channel takes one post a second, and the rest of the load is there to be killed under.
FIRES_ONE_IN: Final = 25

RULES: Final = """
rules:
  gives-up:
    title: "{company}: {job} gives up"
    when: exceeded_retries
    per: job
    if_unknown: skip
    notify: {channel: "ops-{company}", otherwise: ops-0}
"""


@dataclass
class Told:
    """What the senders know: the ids of events that were answered 200, and the jobs that must have been told of."""

    answered: set[str] = field(default_factory=set)
    fired: set[str] = field(default_factory=set)


def furnish(fake: FakeSlack, folder: Path) -> None:
    """Give the fake its channels and the bot its config."""
    for number in range(CHANNELS):
        own = f"C0KILL{number:04}"
        fake.workspace.channels[own] = Channel(own, f"ops-{number}")
    fake.workspace.switches.strict_bursts = False
    # Posts whose answer is late are what a kill leaves in doubt.
    fake.fault("slow", method="chat.postMessage", probability=0.3, times=None, seconds=0.05)
    channels = ", ".join(f"ops-{number}: C0KILL{number:04}" for number in range(CHANNELS))
    # The fake applies at once or never, and shows it in a moment: nobody has to wait long for what is in doubt.
    slack = f"slack: {{bot_token: env:SLACK_BOT_TOKEN, api_url: {fake.api_url}, timeout: 3s, settle: 2s}}\n"
    slack += f"channels: {{{channels}}}\n"
    settle_in(folder, rules=RULES, slack=slack)


async def lives(
    fake: FakeSlack, folder: Path, kills: int, told: Told, *, seed: int = 7, script: Path | None = None
) -> None:
    """Start, post, kill; `kills` times. `script` runs a bot with a planted fault instead of the bot."""
    random = Random(seed)  # noqa: S311 - decides when to kill
    for life in range(kills):
        async with running(folder, life=life, script=script) as bot, sending(bot.port) as sender:
            await _killed_under_load(fake, bot, sender, told, random)


async def _killed_under_load(fake: FakeSlack, bot: BotProcess, sender: Sender, told: Told, random: Random) -> None:
    """Post until so many more events are answered, or so many more posts have reached Slack; then kill."""
    answered, posts = len(told.answered), len(fake.calls("chat.postMessage"))
    enough, posted = random.randint(20, 600), random.randint(1, 8)

    async def due() -> bool:
        return len(told.answered) - answered >= enough or len(fake.calls("chat.postMessage")) - posts >= posted

    async with asyncio.TaskGroup() as tasks:
        for number in range(SENDERS):
            tasks.create_task(_post_until_it_dies(sender, told, f"{bot.life}-{number}", first=number * 6))
        await eventually_async(due, "enough load")
        await bot.kill()


async def _post_until_it_dies(sender: Sender, told: Told, name: str, first: int) -> None:
    """Post numbered events. Senders begin at different numbers, so that they do not all fire at once."""
    with contextlib.suppress(aiohttp.ClientError, ConnectionError):
        for number in range(first, 100_000):
            fires = number % FIRES_ONE_IN == FIRES_ONE_IN - 1
            own = f"{name}-{number}"
            kind = "exceeded_retries" if fires else "start"
            company = str(crc32(own.encode()) % CHANNELS)
            answer = await sender.alfred(job(kind, own, own, company_name=company))
            if answer.status == 200:
                told.answered.add(answer.event_id)
                told.fired |= {own} if fires else set()


async def settled(folder: Path, life: int, script: Path | None = None) -> None:
    """Start once more and wait until everything is decided and sent that can be; stop in order."""
    waiting = {DeliveryState.READY.value, DeliveryState.SENDING.value, DeliveryState.UNKNOWN.value}
    async with running(folder, life=life, script=script) as bot:

        async def done() -> bool:
            with open_reading(folder / "var" / "tocsin.db") as reads:
                counts = reads.counts()
            return counts.behind == 0 and not any(counts.deliveries.get(state) for state in waiting)

        await eventually_async(done, "everything to be told", seconds=120)
        assert await bot.stop() == 0


def verdict(fake: FakeSlack, folder: Path, told: Told) -> list[str]:
    """Return everything that is wrong; nothing when every promise held."""
    with open_reading(folder / "var" / "tocsin.db") as reads:
        missing = [own for own in told.answered if not reads.event(own)]
        alerts = {dict(alert.key).get("job", ""): alert.alert_id for alert in reads.alerts(limit=1_000_000)}
        sent = {row.alert_id for row in reads.deliveries(states=[DeliveryState.SENT], limit=1_000_000)}
    wrong = [f"{own} was answered 200 and is not in the store" for own in missing]
    wrong += [f"job {own} was answered 200 and has no alert" for own in told.fired - alerts.keys()]
    wrong += [f"{own} was posted {times} times" for own, times in fake.duplicates().items()]
    wrong += [f"{own} is told by nobody" for own, alert in alerts.items() if alert not in sent]
    return wrong
