"""A digest over a million events while the same process accepts more: `python -m bench.digesting --events 1000000`.

Prints one JSON object: seconds from asking until the digest is in the outbox, the process's memory at its highest (MB),
and how long an event waited for its commit meanwhile, at worst among a hundred (ms).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from bot.clock import SystemClock
from bot.config.digest import Digest
from bot.core.catalogue import Outcome
from bot.core.inputs import Event
from bot.digests.plan import Plan
from bot.digests.window import date_of
from bot.schedule.making import Making
from bot.store import Store
from bot.store.counting import note
from bot.store.migrate import open_ready

DAY_MS: Final = 86_400_000
COMPANIES: Final = 5_000
WORKFLOWS: Final = 40
# One accepted event each so many seconds, as a busy hour has it.
PACE_S: Final = 0.005
_STEP: Final = 5_000


class Shape(NamedTuple):
    """What every hundred events are."""

    type: str
    outcome: Outcome


_FAILED: Final = Shape("extend.workflow_run.failed", Outcome.FAILED)
_REVIEW: Final = Shape("extend.workflow_run.needs_review", Outcome.NEEDS_REVIEW)
_STEP_RUN: Final = Shape("extend.workflow_run.step_run.processed", Outcome.PROGRESS)
_FINISHED: Final = Shape("extend.workflow_run.completed", Outcome.FINISHED)


def main() -> None:
    """Fill a store, make a digest, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        end = SystemClock().now_ms() - 60_000
        fill(path, asked.events, end)
        print(json.dumps(asyncio.run(_measure(path, end))))


def fill(path: Path, count: int, end: int) -> None:
    """Make a store with so many events in the day before `end`, as the bot would have written them."""
    path.touch()
    connection = open_ready(path)
    cursor = connection.cursor()
    cursor.execute("BEGIN")
    note(cursor, "first_start", str(end - 30 * DAY_MS))
    insert = "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    for start in range(0, count, _STEP):
        cursor.executemany(insert, list(_rows(start, min(start + _STEP, count), count, end)))
    cursor.execute("UPDATE marks SET seq = ?, time = ?", (count, end))
    cursor.execute("COMMIT")
    connection.close()


def _rows(start: int, stop: int, count: int, end: int) -> Iterator[tuple[Any, ...]]:
    for number in range(start, stop):
        at, shape = end - DAY_MS + number * DAY_MS // count, _shape(number)
        fields = json.dumps(_fields(number, shape))
        yield (
            number + 1, at, "event", f"evt_{number:020x}", "extend", shape.type, at - 700, shape.outcome.value, fields,
            "whole", None, "accepted", None,
        )  # fmt: skip


def _shape(number: int) -> Shape:
    of_a_hundred = number % 100
    return {0: _FAILED, 60: _REVIEW}.get(of_a_hundred, _STEP_RUN if of_a_hundred < 60 else _FINISHED)


def _fields(number: int, shape: Shape) -> dict[str, Any]:
    cause = {"cause": f"Timeout after {number % 977} s reading invoice-{number}.pdf"} if shape is _FAILED else {}
    return {
        "run": f"workflow_run_{number:08d}",
        "company": f"company-{number // 100 % COMPANIES:04d}",
        "workflow": f"workflow {number // 100 % WORKFLOWS}",
        "source": "extend",
        "environment": "prod",
        "document": f"invoice-{number}.pdf",
        "url": f"https://dashboard.extend.ai/runs/workflow_run_{number:08d}",
        **cause,
    }


async def _measure(path: Path, end: int) -> dict[str, float]:
    clock = SystemClock()
    store = await Store.open(path, clock)
    zone = ZoneInfo("UTC")
    second = end // 1_000 % 86_400
    digest = Digest(at=second, days=frozenset(range(7)), notify=("bench",), cover="day")
    plan = Plan(name="bench", digest=digest, zone=zone, sources=("extend",))
    making = Making(store=store, path=path, clock=clock, decided=_at_once, keep_ms=400 * DAY_MS)
    waits: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        accepting = tasks.create_task(_accept(store, waits))
        began = time.perf_counter()
        made = await making.make(plan, date_of(plan, end + 1_000) + timedelta(0), plan.digest.notify)
        took = time.perf_counter() - began
        accepting.cancel()
    assert len(made) == 1
    await store.close()
    waits.sort()
    return {
        "seconds": took,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "accepted": len(waits),
        "append_p99_ms": 1_000 * waits[int(len(waits) * 0.99)] if waits else 0.0,
        "failures": json.loads(made[0].numbers or "{}").get("failures", 0),
    }


async def _accept(store: Store, waits: list[float]) -> None:
    """Append events at a pace until cancelled."""
    number = 0
    while True:
        number += 1
        began = time.perf_counter()
        await store.append(_event(number), b"{}" * 1_000)
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(PACE_S)


def _event(number: int) -> Event:
    fields = {"run": f"new_{number}", "company": "Acme", "source": "extend", "environment": "prod"}
    return Event(
        event_id=f"evt_new_{number}",
        source="extend",
        type=_FINISHED.type,
        at=0,
        outcomes=(_FINISHED.outcome,),
        fields=dict(fields),
    )


async def _at_once() -> None:
    return


if __name__ == "__main__":
    main()
