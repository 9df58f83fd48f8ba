"""A relay at work on skipped time, with a sender that answers as a test scripts it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import SLACK, Limits
from bot.slack.ladder import Drawn
from bot.slack.lane import Trouble
from bot.slack.manners import Manners
from bot.slack.outbox import Outbox
from bot.slack.relay import Relay
from bot.slack.sender import NotRead, Page, ReadAnswer, Sender, Thread
from bot.store.values import Message, Place
from tests.fakes.outbox import TwinOutbox
from tests.fakes.virtual import LoopClock

ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: at how many seconds, `post` or `edit`, to which channel, with which card, and how it was answered."""

    at: float
    kind: str
    channel: str
    card: Drawn
    verdict: Verdict
    thread: Thread | None = None

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """Return the blocks that were sent."""
        return list(self.card.payload().get("blocks", ()))


@dataclass
class ScriptedSender:
    """Answers calls from `script` (by order), then delivers. `takes` is how long each call is under way, seconds.

    Reads answer from `pages` (by order), then with what was delivered, and with what a doubtful answer `stores`.
    """

    script: list[Answer | Callable[[], Answer]] = field(default_factory=list)
    by_channel: dict[str, list[Answer]] = field(default_factory=dict)
    pages: list[ReadAnswer] = field(default_factory=list)
    edits: bool = True
    reads: bool = True
    limits: Limits = SLACK
    takes: float = 0.0
    stores: bool = False
    calls: list[Call] = field(default_factory=list)
    looks: list[tuple[float, Place]] = field(default_factory=list)
    stored: list[tuple[Place, dict[str, Any]]] = field(default_factory=list)

    def address(self, channel: str) -> str:
        return channel

    def known_id(self, address: str) -> str:
        return address

    async def post(self, channel: str, card: Drawn, thread: Thread | None = None) -> Answer:
        answer = await self._call("post", channel, card, thread)
        if answer.verdict is Verdict.DELIVERED or (self.stores and answer.verdict is Verdict.UNKNOWN):
            ts = answer.ts or f"{len(self.calls)}.000000"
            place = Place(channel, thread.ts if thread else None)
            self.stored.append((place, {"ts": ts, **card.payload()}))
        return answer

    async def edit(self, message: Message, card: Drawn) -> Answer:
        return await self._call("edit", message.channel, card, None)

    async def read(self, place: Place, oldest: float, cursor: str | None) -> ReadAnswer:
        del oldest, cursor
        self.looks.append((round(asyncio.get_running_loop().time(), 3), place))
        if self.pages:
            return self.pages.pop(0)
        return Page([message for where, message in self.stored if where == place])

    async def delete(self, place: Place, ts: str) -> Answer:
        self.stored = [(where, kept) for where, kept in self.stored if (where, kept["ts"]) != (place, ts)]
        return Answer(Verdict.DELIVERED, ts=ts, channel_id=place.address)

    async def close(self) -> None: ...

    def times(self, kind: str = "post", channel: str = "doc-alerts") -> list[float]:
        """Return when calls of a kind were made to a channel, in seconds rounded to ms."""
        return [round(call.at, 3) for call in self.calls if (call.kind, call.channel) == (kind, channel)]

    async def _call(self, kind: str, channel: str, card: Drawn, thread: Thread | None) -> Answer:
        at = asyncio.get_running_loop().time()
        await asyncio.sleep(self.takes)  # noqa: TID251 - skipped time
        answer = self._answer(channel)
        if answer.verdict is Verdict.DELIVERED and answer.ts is None:
            answer = msgspec.structs.replace(answer, ts=f"{len(self.calls) + 1}.000000", channel_id=f"C{channel}")
        self.calls.append(Call(at, kind, channel, card, answer.verdict, thread))
        return answer

    def _answer(self, channel: str) -> Answer:
        script = self.by_channel.get(channel) or self.script
        answer = script.pop(0) if script else Answer(Verdict.DELIVERED)
        return answer() if callable(answer) else answer


UNREADABLE = NotRead("missing_scope", is_forbidden=True)


@dataclass
class Scene:
    """A relay, what it works on, and what it reported. Time passes only in `sleep`."""

    outbox: TwinOutbox
    sender: Sender
    clock: LoopClock
    relay: Relay
    troubles: list[Trouble]
    counted: list[str]

    async def sleep(self, seconds: float) -> None:
        """Tell the relay what was decided, as the service does after a save, and let this much time pass."""
        if news := self.outbox.take_news():
            self.relay.wake(news)
        await asyncio.sleep(seconds)  # noqa: TID251 - skipped time


@asynccontextmanager
async def relaying(
    sender: Sender, outbox: TwinOutbox | None = None, manners: Manners | None = None
) -> AsyncIterator[Scene]:
    """Run a relay (jitter always 0) while the block runs; it is stopped at the end and must stop in time."""
    clock, troubles, counted = LoopClock(), list[Trouble](), list[str]()
    twin = outbox or TwinOutbox(clock)
    relay = relay_of(twin, sender, clock, troubles, msgspec.structs.replace(manners or Manners(), count=counted.append))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay.run())
        yield Scene(twin, sender, clock, relay, troubles, counted)
        relay.stop()


def relay_of(
    outbox: Outbox, sender: Sender, clock: LoopClock, troubles: list[Trouble], manners: Manners | None = None
) -> Relay:
    """Return a relay that reports only what is in trouble into the list."""

    def report(trouble: Trouble) -> None:
        troubles.append(trouble)

    return Relay(outbox, sender, clock, ZONE, manners=manners, random=lambda: 0.0, on_trouble=report)
