"""The relay: drains the outbox, one queue and one task per channel, so that no channel ever waits for another.

Tasks exist only while their queue has rows. Wake it after every save with what was decided; rows of an earlier process
are read from the outbox. Each queue sends when the pace, its own back-off and the circuit allow.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.clock import Clock
from bot.core.decisions import Notification
from bot.errors import StoreUnavailableError
from bot.slack.answer import Verdict
from bot.slack.buckets import Pace
from bot.slack.circuit import Circuit
from bot.slack.delivering import Delivering
from bot.slack.lane import Lane, Shared, Trouble
from bot.slack.outbox import Outbox
from bot.slack.queue import posted
from bot.slack.sender import Sender
from bot.slack.waits import machine_jitter, pause
from bot.store.values import Delivery, DeliveryState

_STORE_AGAIN_S: Final = 1.0
_READ_SHARE: Final = 4  # reading very many waiting rows takes at most a fifth of the time
_CHEAP_READ_S: Final = 0.005

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How sending stands: durable rows by state, what waits here, and troubles in words for /readyz."""

    deliveries: dict[str, int]
    waiting: int
    held: int
    credentials_refused: bool
    troubles: tuple[str, ...]


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
        random: Callable[[], float] = machine_jitter,
        on_trouble: Callable[[Trouble], None] | None = None,
    ) -> None:
        self._outbox, self._sender, self._clock = outbox, sender, clock
        self._on_trouble = on_trouble
        self._wakeup, self._stop = asyncio.Event(), asyncio.Event()
        self._news: list[Notification] = []
        self._look_at_all = True
        self._lanes: dict[str, Lane] = {}
        self._refused: dict[str, str] = {}
        self._token_told = False
        self._shared = Shared(
            delivering=Delivering(outbox, sender, clock, zone),
            pace=Pace(sender.limits),
            circuit=Circuit(),
            clock=clock,
            random=random,
            edits=sender.edits,
            report=self._report,
        )

    async def run(self) -> None:
        """Send until `stop`; returns once every call in flight is recorded. Raises StoreFailedError."""
        await self._settle_interrupted()
        async with asyncio.TaskGroup() as tasks:
            self._wakeup.set()
            while not self._stop.is_set():
                await self._wakeup.wait()
                self._wakeup.clear()
                await self._take_in(tasks)
            for lane in self._lanes.values():
                lane.stop()

    def wake(self, news: Iterable[Notification] = ()) -> None:
        """Say what was decided and saved; without any, that all rows that are ready must be read again."""
        before = len(self._news)
        self._news.extend(news)
        self._look_at_all |= len(self._news) == before
        self._wakeup.set()

    def stop(self) -> None:
        """Begin nothing more; `run` ends when what is in flight has been recorded."""
        self._stop.set()
        for lane in self._lanes.values():
            lane.stop()
        self._wakeup.set()

    async def health(self) -> Health:
        """Return how sending stands; one cheap read of the store."""
        counts = await self._outbox.counts()
        circuit = self._shared.circuit
        return Health(
            deliveries=counts,
            waiting=sum(len(lane.queue) for lane in self._lanes.values()),
            held=sum(lane.queue.held for lane in self._lanes.values()),
            credentials_refused=circuit.is_open,
            troubles=tuple(self._troubles(counts)),
        )

    async def _settle_interrupted(self) -> None:
        """What was being posted when the process ended is doubtful, told as such and not repeated."""
        for row in await self._resumed():
            _log.warning("delivery_interrupted", delivery=row.delivery_id, channel=row.channel, reason=row.reason.value)
            if row.state is DeliveryState.UNKNOWN:
                self._report(Trouble(Verdict.UNKNOWN, row.channel, row.delivery_id, row.error or ""))

    async def _resumed(self) -> list[Delivery]:
        while not self._stop.is_set():
            with contextlib.suppress(StoreUnavailableError):
                return await self._outbox.resume(posted(edits=self._sender.edits))
            await pause(_STORE_AGAIN_S, self._stop)
        return []

    async def _take_in(self, tasks: asyncio.TaskGroup) -> None:
        """Give every row to its lane: those just decided as they are, all that are ready when that is not enough."""
        if self._look_at_all:
            await self._take_in_all(tasks)
        if self._look_at_all:
            return  # the store is busy: older rows keep their place before what was just decided
        news, self._news = self._news, []
        for one in news:
            self._lane(self._sender.address(one.channel)).offer(_row_of(one), tasks)
        self._shared.pace.forget_idle(self._clock.monotonic())

    async def _take_in_all(self, tasks: asyncio.TaskGroup) -> None:
        started = self._clock.monotonic()
        try:
            rows = await self._outbox.ready()
        except StoreUnavailableError:
            self._wakeup.set()
            await pause(_STORE_AGAIN_S, self._stop)
            return
        self._look_at_all = False
        for row in rows:
            self._lane(self._sender.address(row.channel)).offer(row, tasks)
        took = self._clock.monotonic() - started
        if took > _CHEAP_READ_S:
            await pause(_READ_SHARE * took, self._stop)

    def _lane(self, address: str) -> Lane:
        lane = self._lanes.get(address)
        if lane is None:
            lane = self._lanes[address] = Lane(address, self._shared)
        return lane

    def _report(self, trouble: Trouble) -> None:
        if trouble.verdict is Verdict.DELIVERED:
            self._refused.pop(trouble.channel, None)
            self._token_told = False
            return
        if trouble.verdict is Verdict.CREDENTIALS_REFUSED and self._token_told:
            return  # it is probed every minute, and told once
        self._token_told |= trouble.verdict is Verdict.CREDENTIALS_REFUSED
        if trouble.verdict is Verdict.DESTINATION_REFUSED:
            self._refused[trouble.channel] = trouble.detail
        _log.warning(
            "delivery_in_trouble",
            what=trouble.verdict.value,
            channel=trouble.channel,
            delivery=trouble.delivery_id,
            why=trouble.detail,
        )
        if self._on_trouble is not None:
            self._on_trouble(trouble)

    def _troubles(self, counts: dict[str, int]) -> Iterable[str]:
        if self._shared.circuit.is_open:
            yield f"Slack refuses the credentials ({self._shared.circuit.reason}): everything is kept and sent later"
        for channel, why in sorted(self._refused.items()):
            yield f"Slack refuses channel {channel} ({why})"
        for state, meaning in _IN_TROUBLE.items():
            if counts.get(state):
                yield f"{counts[state]} {'delivery' if counts[state] == 1 else 'deliveries'} {meaning}"


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
    )


_IN_TROUBLE: Final = {
    DeliveryState.UNKNOWN.value: "unknown: nobody can say whether it was posted, and it is not repeated",
    DeliveryState.PARKED.value: "parked: the channel was refused",
    DeliveryState.DEAD.value: "dead: refused for good",
}
