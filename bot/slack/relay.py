"""The relay: drains the outbox, one queue and one task per channel, so that no channel ever waits for another.

Tasks exist only while their queue has rows. Wake it after every save with what was decided; rows of an earlier process
are read from the outbox. Each queue sends when the pace, its own back-off and the circuit allow. What is in doubt goes
to settling.py, what Slack refuses a channel for to destinations.py, what is too much to folding.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import structlog

from bot.clock import Clock
from bot.core.decisions import Notification
from bot.errors import StoreUnavailableError
from bot.slack.answer import Verdict
from bot.slack.buckets import Pace
from bot.slack.circuit import Circuit
from bot.slack.delivering import Delivering
from bot.slack.destinations import Destinations
from bot.slack.doors import Doors
from bot.slack.folding import Folding
from bot.slack.gate import Gate
from bot.slack.health import Health, troubles
from bot.slack.lane import Lane, Shared, Trouble
from bot.slack.manners import Manners
from bot.slack.outbox import Outbox
from bot.slack.planning import Planning
from bot.slack.queue import posted
from bot.slack.sender import Sender
from bot.slack.setting import Setting
from bot.slack.settling import News, Rules, Settling
from bot.slack.sweeping import Sweeping
from bot.slack.waits import machine_jitter, pause
from bot.store.values import Delivery

T = TypeVar("T")

_STORE_AGAIN_S: Final = 1.0
_READ_SHARE: Final = 4  # reading very many waiting rows takes at most a fifth of the time
_CHEAP_READ_S: Final = 0.005

_log = structlog.get_logger()


class Relay:
    """Sends what the outbox holds. `on_trouble` hears of every delivery that needs a person, and of a refused token.

    `random` returns 0 <= x < 1 and only spreads back-offs.
    """

    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        clock: Clock,
        zone: ZoneInfo,
        *,
        manners: Manners | None = None,
        random: Callable[[], float] = machine_jitter,
        on_trouble: Callable[[Trouble], None] | None = None,
    ) -> None:
        self._outbox, self._sender, self._clock = outbox, sender, clock
        self._manners = manners or Manners()
        self._on_trouble = on_trouble
        self._wakeup = asyncio.Event()
        self._news: list[Notification] = []
        self._routed: list[Delivery] = []
        self._landed_rows: list[Delivery] = []
        self._doubtful: list[Delivery] = []
        self._look_at_all = True
        self._lanes: dict[str, Lane] = {}
        self._token_told = False
        self._gate = Gate(Pace(sender.limits), Circuit(), clock)
        self._destinations = Destinations(outbox, self._gate, Doors(self._manners.fallback), self._route)
        self._sweeping = Sweeping(outbox, sender, self._gate, lambda _row: self._manners.count("doubled"))
        self._settling = self._wire_settling(random)
        self._shared = self._wire_lanes(zone, random)

    async def run(self) -> None:
        """Send until `stop`; returns once every call in flight is recorded. Raises StoreFailedError."""
        await self._resume()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._destinations.run(), name="destinations")
            tasks.create_task(self._sweeping.run(), name="sweeping")
            self._wakeup.set()
            while not self._gate.stopped.is_set():
                await self._wakeup.wait()
                self._wakeup.clear()
                self._pass_on(tasks)
                await self._take_in(tasks)
            self.stop()

    def wake(self, news: Iterable[Notification] = ()) -> None:
        """Say what was decided and saved; without any, that all rows that are ready must be read again."""
        before = len(self._news)
        self._news.extend(news)
        self._look_at_all |= len(self._news) == before
        self._wakeup.set()

    def stop(self) -> None:
        """Begin nothing more; `run` ends when what is in flight has been recorded."""
        self._gate.stopped.set()
        for lane in self._lanes.values():
            lane.stop()
        for part in (self._settling, self._sweeping, self._destinations):
            part.stop()
        self._wakeup.set()

    async def health(self) -> Health:
        """Return how sending stands; one cheap read of the store."""
        counts = await self._outbox.counts()
        return Health(
            deliveries=counts,
            waiting=sum(len(lane.queue) for lane in self._lanes.values()),
            held=sum(lane.queue.held for lane in self._lanes.values()),
            credentials_refused=self._gate.circuit.is_open,
            troubles=tuple(troubles(counts, self._gate.circuit, self._destinations)),
        )

    def _wire_settling(self, random: Callable[[], float]) -> Settling:
        rules = Rules(self._manners.timing.settle, self._manners.repeats, random)
        news = News(self._landed, self._route, self._parked, self._manners.count)
        return Settling(self._outbox, self._sender, self._gate, rules, news)

    def _wire_lanes(self, zone: ZoneInfo, random: Callable[[], float]) -> Shared:
        setting = self._manners.setting or partial(Setting, zone=zone)
        planning = Planning(self._outbox, self._sender, self._clock, setting)
        return Shared(
            delivering=Delivering(self._outbox, self._sender, self._clock, planning, self._manners.timing),
            destinations=self._destinations,
            gate=self._gate,
            clock=self._clock,
            random=random,
            edits=self._sender.edits,
            fold=self._manners.fold,
            folding=Folding(self._outbox, self._gate, zone, self._landed),
            channel_at=self._channel_at,
            landed=self._landed,
            doubtful=self._in_doubt,
            route=self._route,
            report=self._report,
        )

    async def _resume(self) -> None:
        """What was being posted when an earlier process ended is doubtful: it is looked for, not repeated."""
        posts, doubtful_ms = posted(edits=self._sender.edits), self._manners.timing.doubtful_ms
        for row in await self._stored(lambda: self._outbox.resume(posts, doubtful_ms)):
            _log.warning("delivery_interrupted", delivery=row.delivery_id, channel=row.channel, reason=row.reason.value)
        for row in await self._stored(self._outbox.unknown):
            self._in_doubt(row)

    async def _stored(self, ask: Callable[[], Awaitable[list[T]]]) -> list[T]:
        """Ask the outbox until it answers; nothing once stopping."""
        while not self._gate.stopped.is_set():
            try:
                return await ask()
            except StoreUnavailableError:
                await pause(_STORE_AGAIN_S, self._gate.stopped)
        return []

    def _pass_on(self, tasks: asyncio.TaskGroup) -> None:
        """Do what the parts asked for meanwhile, here, where tasks can be made."""
        doubtful, self._doubtful = self._doubtful, []
        for row in doubtful:
            self._settling.take(row, tasks)
        landed, self._landed_rows = self._landed_rows, []
        for row in landed:
            self._lane(self._sender.address(row.channel)).release(row.alert_id, tasks)
        routed, self._routed = self._routed, []
        for row in routed:
            self._offer(row, tasks)

    async def _take_in(self, tasks: asyncio.TaskGroup) -> None:
        """Give every row to its lane: those just decided as they are, all that are ready when that is not enough."""
        if self._look_at_all:
            await self._take_in_all(tasks)
        if self._look_at_all:
            return  # the store is busy: older rows keep their place before what was just decided
        news, self._news = self._news, []
        for one in news:
            self._offer(_row_of(one), tasks)
        self._gate.pace.forget_idle(self._clock.monotonic())

    async def _take_in_all(self, tasks: asyncio.TaskGroup) -> None:
        started = self._clock.monotonic()
        try:
            rows = await self._outbox.ready()
        except StoreUnavailableError:
            self._wakeup.set()
            await pause(_STORE_AGAIN_S, self._gate.stopped)
            return
        self._look_at_all = False
        for row in rows:
            self._offer(row, tasks)
        took = self._clock.monotonic() - started
        if took > _CHEAP_READ_S:
            await pause(_READ_SHARE * took, self._gate.stopped)

    def _offer(self, row: Delivery, tasks: asyncio.TaskGroup) -> None:
        self._lane(self._sender.address(self._destinations.way(row))).offer(row, tasks)

    def _lane(self, address: str) -> Lane:
        lane = self._lanes.get(address)
        if lane is None:
            lane = self._lanes[address] = Lane(address, self._shared)
        return lane

    def _channel_at(self, row: Delivery, address: str) -> str:
        """Return the name of the channel that a row goes to by way of this address."""
        if self._sender.address(row.channel) == address:
            return row.channel
        return self._manners.fallback or row.channel

    def _landed(self, row: Delivery) -> None:
        """A message is there, or never will be: what waited for it has its turn."""
        self._landed_rows.append(row)
        self._sweeping.watch(row)
        self._wakeup.set()

    def _in_doubt(self, row: Delivery) -> None:
        self._doubtful.append(row)
        self._wakeup.set()

    def _route(self, row: Delivery) -> None:
        self._routed.append(row)
        self._wakeup.set()

    def _parked(self, row: Delivery, why: str) -> None:
        self._report(Trouble(Verdict.UNKNOWN, row.channel, row.delivery_id, why))

    def _report(self, trouble: Trouble) -> None:
        if trouble.verdict is Verdict.DELIVERED:
            self._token_told = False
            return
        if trouble.verdict is Verdict.CREDENTIALS_REFUSED and self._token_told:
            return  # it is probed every minute, and told once
        self._token_told |= trouble.verdict is Verdict.CREDENTIALS_REFUSED
        _log.warning(
            "delivery_in_trouble",
            what=trouble.verdict.value,
            channel=trouble.channel,
            delivery=trouble.delivery_id,
            why=trouble.detail,
        )
        if self._on_trouble is not None:
            self._on_trouble(trouble)


def _row_of(news: Notification) -> Delivery:
    """Return the row that the save of a notification made or brought up to date; claiming it reads the true one."""
    return Delivery(
        delivery_id=news.delivery_id,
        alert_id=news.alert_id,
        channel=news.channel,
        reason=news.reason,
        severity=news.severity,
        revision=news.revision,
        created_at=news.at,
        number=news.number,
        mention=news.mention,
        thread=news.thread or None,
    )
