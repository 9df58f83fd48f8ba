"""Slack as a model: what is stored, what is answered, and what goes wrong, all by one seed; no sockets, no waiting.

It applies a post now, later or never, whatever it answers; it shows what it applied after a while; it lets reads fail
or end early. What it promises is what the protocol assumes: whatever it will ever apply, it has applied and shows
within the settle time after the end of the call, but for the seeds that break even that.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - seeded
from typing import Any

from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import UNLIMITED, Limits
from bot.slack.ladder import Drawn
from bot.slack.reading import marks_of
from bot.slack.sender import NotRead, Page, ReadAnswer, Thread
from bot.store.values import Message, Place

TIMEOUT_S = 10.0


@dataclass
class Stored:
    """A message as it stands; `seen_from` is when reads show it, `blocked` while deleted."""

    place: Place
    ts: str
    payload: dict[str, Any]
    seen_from: float
    is_deleted: bool = False
    revisions: list[int] = field(default_factory=list)


@dataclass
class Mischief:
    """How much goes wrong, per call: probabilities, and the longest delays in seconds."""

    doubt: float = 0.3
    refusal: float = 0.2
    read_fails: float = 0.3
    reads_cut: float = 0.3
    applied_within: float = 30.0
    shown_within: float = 30.0
    page: int = 3


class SlackWorld:
    """The one Slack of a run. Lives of the bot come and go; it stays."""

    def __init__(self, random: Random, mischief: Mischief) -> None:
        self.random, self.mischief = random, mischief
        self.messages: list[Stored] = []
        self.is_calm = False
        self.posts = 0
        self._numbers = 0

    def store(self, place: Place, payload: dict[str, Any], revision: int) -> str:
        """Apply a post now; it can be read a while later."""
        self._numbers += 1
        now = asyncio.get_running_loop().time()
        lag = 0.0 if self.is_calm else self.random.uniform(0, self.mischief.shown_within)
        ts = f"{self._numbers:06d}.000000"
        self.messages.append(Stored(place, ts, payload, now + lag, revisions=[revision]))
        return ts

    def visible(self, delivery_id: str) -> list[Stored]:
        """Return the messages that stand under a delivery id."""
        return [one for one in self.messages if not one.is_deleted and delivery_id in marks_of(one.payload)]

    def chance(self, probability: float) -> bool:
        return not self.is_calm and self.random.random() < probability


class WorldSender:
    """One life's connection to the world. `retries` plants a fault: a client that repeats a post by itself."""

    edits = True
    reads = True
    limits: Limits = UNLIMITED

    def __init__(self, world: SlackWorld, *, retries: bool = False) -> None:
        self.world, self._retries = world, retries

    def address(self, channel: str) -> str:
        return channel

    def known_id(self, address: str) -> str:
        return address

    async def post(self, channel: str, card: Drawn, thread: Thread | None = None) -> Answer:
        place = Place(channel, thread.ts if thread else None)
        answer = await self._post(place, card)
        if self._retries and answer.verdict is Verdict.UNKNOWN:
            answer = await self._post(place, card)
        return answer

    async def _post(self, place: Place, card: Drawn) -> Answer:
        world, payload, revision = self.world, card.payload(), card.revision
        world.posts += 1
        if world.chance(world.mischief.refusal):
            await _later(world.random.uniform(0.01, 1))
            return Answer(world.random.choice([Verdict.REFUSED_FOR_NOW, Verdict.NOT_DELIVERED]), "no", wait=None)
        if not world.chance(world.mischief.doubt):
            await _later(0.05)
            ts = world.store(place, payload, revision)
            await _later(0.05)
            return Answer(Verdict.DELIVERED, ts=ts, channel_id=place.address)
        return await self._in_doubt(place, payload, revision)

    async def _in_doubt(self, place: Place, payload: dict[str, Any], revision: int) -> Answer:
        """Apply it never, now, or after the caller has given up."""
        world, loop = self.world, asyncio.get_running_loop()
        fate = world.random.choice(["never", "now", "later"])
        if fate == "now":
            world.store(place, payload, revision)
        elif fate == "later":
            delay = world.random.uniform(0, world.mischief.applied_within)
            loop.call_later(delay, world.store, place, payload, revision)
        await _later(world.random.choice([0.1, TIMEOUT_S]))
        return Answer(Verdict.UNKNOWN, "TimeoutError")

    async def edit(self, message: Message, card: Drawn) -> Answer:
        await _later(0.05)
        if self.world.chance(self.world.mischief.doubt):
            return Answer(Verdict.UNKNOWN, "TimeoutError")
        for one in self.world.messages:
            if one.ts == message.ts:
                one.revisions.append(card.revision)
        return Answer(Verdict.DELIVERED, ts=message.ts, channel_id=message.channel_id)

    async def read(self, place: Place, oldest: float, cursor: str | None) -> ReadAnswer:
        """Return a page, newest first; now and then none, or one that does not say how to go on."""
        del oldest
        world, now, start = self.world, asyncio.get_running_loop().time(), int(cursor or 0)
        await _later(0.1)
        if world.chance(world.mischief.read_fails):
            return NotRead("TimeoutError", wait=world.random.choice([None, 2.0]))
        seen = [one for one in world.messages if one.place == place and one.seen_from <= now and not one.is_deleted]
        page = [{"ts": one.ts, **one.payload} for one in reversed(seen)][start : start + world.mischief.page]
        more = start + world.mischief.page < len(seen)
        if more and world.chance(world.mischief.reads_cut):
            return NotRead("invalid_cursor")
        return Page(page, str(start + world.mischief.page) if more else None)

    async def delete(self, place: Place, ts: str) -> Answer:
        for one in self.world.messages:
            if (one.place, one.ts) == (place, ts):
                one.is_deleted = True
        return Answer(Verdict.DELIVERED, ts=ts, channel_id=place.address)

    async def close(self) -> None: ...


async def _later(seconds: float) -> None:
    await asyncio.sleep(seconds)  # noqa: TID251 - skipped time
