"""Posts digests: wakes when one may be due, finds out what is owed by local dates, makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import structlog

from bot.clock import Clock
from bot.digests.plan import Plan
from bot.digests.window import date_of
from bot.errors import UsageError
from bot.pipeline import patiently
from bot.schedule.due import REACH_DAYS
from bot.schedule.owed import Owed, owed, schedule_of
from bot.store import digest_rows as rows
from bot.store.digest_rows import DigestRow

if TYPE_CHECKING:
    from bot.schedule.making import Making

# While nothing is due, it is noted so often up to when was reckoned.
_NOTED_EVERY_MS: Final = 3_600_000
_IDLE_S: Final = 3_600.0

_LOG = structlog.get_logger()


class Wake(Protocol):
    """What ends a wait (alarm.py)."""

    async def wait(self, seconds: float) -> None:
        """Wait about so long; earlier is allowed."""
        ...

    def ring(self) -> None:
        """End the wait."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class _Asked(NamedTuple):
    """A digest that somebody wants now, and who waits for it."""

    plan: Plan
    day: date
    made: asyncio.Future[list[DigestRow]]


class Digesting:
    """All digests of the config. `making` is asked for what makes them when the first is looked at.

    `on_made` is called when there are new messages to be sent.
    """

    def __init__(
        self,
        plans: Mapping[str, Plan],
        making: Callable[[], Making],
        clock: Clock,
        *,
        alarm: Callable[[], Wake],
        on_made: Callable[[], None],
    ) -> None:
        self._plans, self._find_making, self._clock = plans, making, clock
        self._alarm, self._on_made = alarm, on_made
        self._asked: list[_Asked] = []
        self._wake: Wake | None = None

    async def run(self) -> None:
        """Post what is due until cancelled. Ends only with an error of the store."""
        if not self._plans:
            return
        self._wake = self._alarm()
        try:
            while True:
                await patiently(self.look)
                if not self._asked:
                    await self._wake.wait(self._until_next_s())
        finally:
            self._wake.close()

    async def look(self) -> None:
        """Make what is owed now, and what was asked for."""
        for plan in self._plans.values():
            await self._look_at(plan)
        while self._asked:
            await self._make(self._asked[0])
            del self._asked[0]

    async def post(self, name: str, day: date | None) -> list[DigestRow]:
        """Make a digest now, of today or of an earlier local date; returns the new rows, none when it is there already.

        Asked for before it is due, it ends now, and nothing more is posted for that date. Bound it with a timeout; it
        is made also when nobody waits any more. Raises UsageError.
        """
        plan = self._plans.get(name)
        if plan is None:
            raise UsageError(f"the config has no digest {name}; it has {', '.join(sorted(self._plans)) or 'none'}")
        today = date_of(plan, self._clock.now_ms())
        wanted = today if day is None else day
        if not today - timedelta(days=REACH_DAYS) < wanted <= today:
            raise UsageError(f"{wanted} has no digest yet, or is too long ago")
        asked = _Asked(plan, wanted, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._wake is not None:
            self._wake.ring()
        return await asyncio.shield(asked.made)

    @cached_property
    def _making(self) -> Making:
        return self._find_making()

    async def _make(self, asked: _Asked) -> None:
        done = await self._done(asked.plan, asked.day)
        channels = [channel for channel in asked.plan.digest.notify if (channel, asked.day) not in done]
        made = self._made(await self._making.make(asked.plan, asked.day, channels)) if channels else []
        if not asked.made.done():
            asked.made.set_result(made)

    async def _look_at(self, plan: Plan) -> None:
        store, now = self._making.store, self._clock.now_ms()
        reckoned = await store.ask(lambda cursor: rows.reckoned_to(cursor, plan.name))
        done = await self._done(plan, date_of(plan, now) - timedelta(days=REACH_DAYS + 2))
        by_debt: dict[Owed, list[str]] = {}
        for channel in plan.digest.notify:
            days = {day for where, day in done if where == channel}
            debt = owed(schedule_of(plan), days, first_start=store.first_start, reckoned_to=reckoned, now=now)
            by_debt.setdefault(debt, []).append(channel)
        for debt, channels in by_debt.items():
            await self._settle(plan, debt, channels)
        if reckoned is None or abs(now - reckoned) >= _NOTED_EVERY_MS:
            await self._making.reckoned(plan, now)

    async def _settle(self, plan: Plan, debt: Owed, channels: list[str]) -> None:
        if debt.post is not None:
            self._made(await self._making.make(plan, debt.post, channels, debt.missed))
        elif debt.missed:
            self._made(await self._making.miss(plan, debt.missed, channels))

    async def _done(self, plan: Plan, since: date) -> set[tuple[str, date]]:
        found = await self._making.store.ask(lambda cursor: rows.dates_done(cursor, plan.name, since.isoformat()))
        return {(channel, date.fromisoformat(day)) for channel, day in found}

    def _made(self, made: list[DigestRow]) -> list[DigestRow]:
        for row in made:
            _LOG.info("digest", digest=row.name, date=row.local_date, channel=row.channel, state=row.state)
        if made:
            self._on_made()
        return made

    def _until_next_s(self) -> float:
        now = self._clock.now_ms()
        instants = _known(schedule_of(plan).next_due(now) for plan in self._plans.values())
        return min((instant - now for instant in instants), default=_IDLE_S * 1_000) / 1_000


def _known(instants: Iterable[int | None]) -> list[int]:
    return [instant for instant in instants if instant is not None]
