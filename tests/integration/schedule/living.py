"""Digests over a real store, with time under the test's control; and a count of its own over the stored events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.config.digest import Digest
from bot.core.catalogue import Outcome
from bot.core.decisions import Decisions
from bot.core.inputs import Event
from bot.digests.numbers import Numbers, from_json
from bot.digests.plan import Plan
from bot.schedule.digesting import Digesting
from bot.schedule.making import Making
from bot.store import Store
from bot.store.connect import open_reading_connection
from bot.store.values import Cursor
from tests.clocks import VirtualClock
from tests.integration.store.opened import opened

HOUR, DAY = 3_600_000, 86_400_000
EVERY_DAY: Final = frozenset(range(7))


def at(text: str) -> int:
    """Return an instant, in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


def plan(name: str = "daily", *, where: Any = None, sources: tuple[str, ...] = ("extend",), **parts: Any) -> Plan:
    digest = Digest(**{"at": 30_600, "days": EVERY_DAY, "notify": ("doc-alerts",), **parts})
    more = {} if where is None else {"where": where}
    return Plan(name=name, digest=digest, zone=parts.get("timezone") or ZoneInfo("UTC"), sources=sources, **more)


@dataclass
class Living:
    """One process life: a store, its digests, and their clock."""

    store: Store
    path: Path
    clock: VirtualClock
    digests: Digesting
    made: list[int]

    async def look_at(self, text: str) -> None:
        """Let it be this time, and the digests wake."""
        self.clock.set(at(text))
        await self.digests.look()

    async def arrive(self, name: str, outcome: Outcome = Outcome.FAILED, **fields: Any) -> None:
        """Journal an event of a run, and have it decided."""
        kinds = {Outcome.FAILED: "failed", Outcome.FINISHED: "completed", Outcome.NEEDS_REVIEW: "needs_review"}
        own = {"run": name, "source": "extend", "environment": "prod", **fields}
        event = Event(
            event_id=f"evt_{name}_{outcome.value}",
            source="extend",
            type=f"extend.workflow_run.{kinds[outcome]}",
            at=0,
            outcomes=(outcome,),
            fields=own,
        )
        appended = await self.store.append(event, b"{}")
        await self.decided(appended.seq)

    async def decided(self, seq: int, decisions: Decisions | None = None) -> None:
        """Save what was decided up to a row."""
        await self.store.save(decisions or Decisions(), Cursor(seq, self.clock.now_ms()))

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return (name, channel, date, state) of all digests."""
        return self.ask("select name, channel, local_date, state from digests order by local_date, name, channel")

    def numbers(self, date: str, name: str = "daily") -> Numbers:
        stored = self.ask("select numbers from digests where local_date = ? and name = ?", date, name)
        found = from_json(stored[0][0])
        assert found is not None
        return found

    def messages(self) -> list[tuple[str, str]]:
        """Return (channel, body) of all posts, in the order in which they were made."""
        return self.ask("select channel, body from outbox where reason = 'digest' order by created_at")

    def ask(self, question: str, *values: Any) -> list[Any]:
        with closing(open_reading_connection(self.path)) as connection:
            return connection.execute(question, values).fetchall()


class _NoAlarm:
    async def wait(self, seconds: float) -> None:
        del seconds
        await asyncio.Event().wait()

    def ring(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is held."""


@asynccontextmanager
async def living(path: Path, start: str, *plans: Plan, clock: VirtualClock | None = None) -> AsyncIterator[Living]:
    clock = clock or VirtualClock(at(start))
    clock.set(at(start))
    async with opened(path, clock) as store:
        made: list[int] = []
        making = Making(store=store, path=path, clock=clock, decided=_at_once, keep_ms=400 * DAY)
        digests = Digesting(
            {one.name: one for one in plans or (plan(),)},
            lambda: making,
            clock,
            alarm=_NoAlarm,
            on_made=lambda: made.append(clock.now_ms()),
        )
        yield Living(store, path, clock, digests, made)


async def _at_once() -> None:
    return
