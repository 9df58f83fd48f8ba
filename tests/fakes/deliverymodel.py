"""The delivery protocol against a Slack full of mischief: one seed is one story of lives, kills and faults.

At the end everything is calm for a while, and then every message must stand exactly once (also counting those that
were deleted again: nothing may even have stood twice), and every card must show its latest state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - seeded
from unittest.mock import patch

from bot.core.decisions import Reason
from bot.slack.delivering import Timing
from bot.slack.gate import Gate
from bot.slack.manners import Manners
from bot.slack.reading import Sightings, read_whole
from bot.slack.relay import Relay
from bot.slack.sender import NotRead, Sender
from bot.store.values import Delivery, DeliveryState, Place, Recorded
from tests.fakes.alerts import alert
from tests.fakes.outbox import TwinOutbox
from tests.fakes.relaying import ZONE
from tests.fakes.slackworld import Mischief, SlackWorld, WorldSender
from tests.fakes.virtual import LoopClock, virtually

RETRIES, NO_SETTLING, NO_TOKEN_CHECK, HALF_READS = "sdk retries", "settle 0", "no token check", "half reads believed"
PLANTED = (RETRIES, NO_SETTLING, NO_TOKEN_CHECK, HALF_READS)
SETTLE_S = 90.0
_CHANNELS = ("doc-alerts", "doc-review")
_EVENTS = 12
_CALM_S = 500.0
_OVER = {DeliveryState.SENT, DeliveryState.SUPERSEDED}


@dataclass
class Told:
    """How a story ended: what was wrong, and how much happened in it."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    deliveries: int = 0
    doubts: int = 0
    kills: int = 0
    posts: int = 0


def story(seed: int, planted: str | None = None) -> Told:
    """Play one seed through, with the protocol as it is or with a fault planted in it."""
    with _half_reads(believed=planted == HALF_READS):
        return virtually(lambda: _Story(seed, planted).play(), grace=0)


class _UncheckedOutbox(TwinOutbox):
    """Plants a fault: whoever comes, however late, may say how an attempt ended."""

    def is_open(self, row: Delivery, attempt: int) -> bool:
        del row, attempt
        return True


class _LifesOutbox:
    """One life's view of the outbox. A life that froze writes down what it knows when it thaws."""

    def __init__(self, outbox: TwinOutbox, random: Random) -> None:
        self._outbox, self._random = outbox, random
        self.is_frozen = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._outbox, name)

    async def record(self, delivery_id: str, attempt: int, outcome: Recorded) -> bool:
        if self.is_frozen:
            await asyncio.sleep(self._random.uniform(0, 300))  # noqa: TID251 - skipped time
        return await self._outbox.record(delivery_id, attempt, outcome)

    async def claim(self, delivery_id: str, revision: int, place: Place | None = None) -> Delivery | None:
        return None if self.is_frozen else await self._outbox.claim(delivery_id, revision, place)


class _Story:
    def __init__(self, seed: int, planted: str | None) -> None:
        self.told, self.planted = Told(seed), planted
        self.random, self.clock = Random(seed), LoopClock()  # noqa: S311
        self.world = SlackWorld(self.random, self._mischief())
        outbox = _UncheckedOutbox if planted == NO_TOKEN_CHECK else TwinOutbox
        self.outbox = outbox(self.clock)
        self._revisions: dict[int, int] = {}
        self._numbers = 0

    def _mischief(self) -> Mischief:
        level = self.random.choice([0.1, 0.3, 0.6])
        return Mischief(doubt=level, refusal=level / 2, read_fails=level, reads_cut=level)

    async def play(self) -> Told:
        async with asyncio.TaskGroup() as frozen:
            for _ in range(self.random.randint(1, 4)):
                await self._life(frozen, self.random.uniform(5, 200), ends_well=False)
            self.world.is_calm = True
            self.outbox.busy = 0
            await self._life(frozen, _CALM_S, ends_well=True)
        await self._life(None, _CALM_S, ends_well=True)  # what thawed meanwhile must not have begun anything anew
        self.told.wrong = list(self._wrong())
        self.told.deliveries, self.told.posts = len(self.outbox.rows), self.world.posts
        self.told.doubts = sum(row.doubted_at is not None for row in self.outbox.rows.values())
        return self.told

    async def _life(self, frozen: asyncio.TaskGroup | None, seconds: float, *, ends_well: bool) -> None:
        """Live for a while; then stop in order, or die, or freeze and thaw later."""
        outbox = _LifesOutbox(self.outbox, self.random)
        relay = self._relay(outbox)
        running = asyncio.create_task(relay.run())  # noqa: TID251 - it is to die alone
        await self._happen(relay, seconds, quiet=ends_well)
        if ends_well:
            relay.stop()
            await running
            return
        self.told.kills += 1
        if frozen is not None and self.random.random() < 0.5:
            outbox.is_frozen = True
            relay.stop()
            frozen.create_task(_await(running))
        else:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def _relay(self, outbox: object) -> Relay:
        sender: Sender = WorldSender(self.world, retries=self.planted == RETRIES)
        settle = 0.0 if self.planted == NO_SETTLING else SETTLE_S
        timing = Timing(timeout=10.0, settle=settle)
        manners = Manners(timing=timing)
        return Relay(outbox, sender, self.clock, ZONE, manners=manners, random=self.random.random)  # type: ignore[arg-type]

    async def _happen(self, relay: Relay, seconds: float, *, quiet: bool) -> None:
        """Let things be decided meanwhile."""
        for _ in range(0 if quiet else self.random.randint(1, _EVENTS)):
            await asyncio.sleep(self.random.uniform(0, 2 * seconds / _EVENTS))  # noqa: TID251 - skipped time
            self._decide()
            self.outbox.busy = self.random.choice([0, 0, 0, 1, 3])
            relay.wake(self.outbox.take_news())
        self.outbox.take_news()
        await asyncio.sleep(seconds / 2)  # noqa: TID251 - skipped time

    def _decide(self) -> None:
        """Decide a new alert, a change of one, or a reply to one."""
        number = self.random.randint(1, 5)
        channel = _CHANNELS[number % 2]
        known = self._revisions.get(number)
        if known is None:
            self._revisions[number] = 1
            self.outbox.decide(alert(number), Reason.FIRST, channel)
            return
        if self.random.random() < 0.4:
            self._numbers += 1
            one = alert(number, revision=known, count=known)
            reason = self.random.choice([Reason.REMINDER, Reason.ESCALATED_HERE])
            self.outbox.decide(one, reason, channel, self._numbers)
            return
        self._revisions[number] = known + 1
        self.outbox.decide(alert(number, revision=known + 1, count=known + 1), Reason.ACKNOWLEDGED, channel)

    def _wrong(self) -> Iterator[str]:
        for own, row in self.outbox.rows.items():
            if row.state not in _OVER:
                yield f"{row.reason} is {row.state}"
            elif row.state is DeliveryState.SENT and (row.reason.is_post or row.reason.is_reply):
                stored = [one for one in self.world.messages if _carries(one.payload, own)]
                if len(stored) != 1:
                    yield f"{row.reason} was stored {len(stored)} times"
        yield from self._stale()

    def _stale(self) -> Iterator[str]:
        for number, revision in self._revisions.items():
            message = self.outbox.messages.get((f"al_{number:04d}", _CHANNELS[number % 2]))
            shown = next((one for one in self.world.messages if message is not None and one.ts == message.ts), None)
            if shown is None:
                yield f"alert {number} has no card"
            elif shown.revisions[-1] < revision:
                yield f"alert {number} shows revision {shown.revisions[-1]} of {revision}"


def _carries(payload: dict[str, object], delivery_id: str) -> bool:
    return f"'delivery_id': '{delivery_id}'" in str(payload.get("metadata"))


async def _await(running: asyncio.Future[None]) -> None:
    await running


@contextmanager
def _half_reads(*, believed: bool) -> Iterator[None]:
    """Plant a fault: a read that broke off counts as if it had seen everything."""

    async def read_half(sender: Sender, place: Place, oldest: float, gate: Gate) -> Sightings | NotRead:
        seen = await read_whole(sender, place, oldest, gate)
        return {} if isinstance(seen, NotRead) and not seen.is_forbidden else seen

    if not believed:
        yield
        return
    with patch("bot.slack.settling.read_whole", read_half):
        yield
