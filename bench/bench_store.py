"""How fast the store takes events, alone: many tasks appending at once, with and without the second commit.

    python bench/bench_store.py [--appenders 32] [--seconds 3] [--rounds 3] [--body 2048] [--commit-sleep 0] [--no-save]

Prints medians over the rounds: events per second, latency of an append, events in a commit, CPU per event.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bot.clock import SystemClock
from bot.core.catalogue import Outcome
from bot.core.decisions import Decisions
from bot.core.inputs import Event
from bot.core.state import Learnt, Memory
from bot.store import Store
from bot.store.values import Cursor


class Round(NamedTuple):
    """One round's numbers: per second, ms, ms, events, µs."""

    rate: float
    median: float
    p99: float
    batch: float
    cpu: float


def main() -> None:
    """Run the rounds and print their medians."""
    args = _arguments()
    rounds = [_run(args) for _ in range(args.rounds)]
    medians = Round(*(statistics.median(values) for values in zip(*rounds, strict=True)))
    spread = f"{min(one.rate for one in rounds):,.0f} to {max(one.rate for one in rounds):,.0f}"
    print(f"{medians.rate:,.0f} events/s ({spread}), append median {medians.median:.2f} ms, p99 {medians.p99:.2f} ms")
    print(f"{medians.batch:.1f} events in a commit, {medians.cpu:.1f} µs of CPU per event")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--appenders", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--body", type=int, default=2_048)
    parser.add_argument("--preload", type=int, default=0, help="events in the store before the clock starts")
    parser.add_argument("--no-save", action="store_true", help="leave out the second commit")
    parser.add_argument("--asyncio", action="store_true", help="not uvloop")
    return parser.parse_args()


def _run(args: argparse.Namespace) -> Round:
    if args.asyncio:
        return asyncio.run(_round(args))
    import uvloop  # noqa: PLC0415 - not everywhere

    return uvloop.run(_round(args))


async def _round(args: argparse.Namespace) -> Round:
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(Path(folder) / "bench.db", SystemClock())
        body = os.urandom(args.body)
        await _preload(store, body, args.preload)
        waits: list[float] = []
        commits, began, used = store.commits, time.perf_counter(), _cpu()
        until = began + args.seconds
        async with asyncio.TaskGroup() as group:
            saver = None if args.no_save else group.create_task(_saver(store, until))
            for number in range(args.appenders):
                group.create_task(_appender(store, body, number, until, waits))
        del saver
        took, used, commits = time.perf_counter() - began, _cpu() - used, store.commits - commits
        await store.close()
    waits.sort()
    ms = [1_000 * waits[int(len(waits) * share)] for share in (0.5, 0.99)]
    return Round(len(waits) / took, ms[0], ms[1], len(waits) / max(1, commits), 1e6 * used / len(waits))


async def _appender(store: Store, body: bytes, number: int, until: float, waits: list[float]) -> None:
    count = 0
    while (began := time.perf_counter()) < until:
        count += 1
        await store.append(_event(f"{number}-{count}"), body)
        waits.append(time.perf_counter() - began)


async def _saver(store: Store, until: float) -> None:
    """Stand in for the pipeline: read what is new, save one memory for each event."""
    while time.perf_counter() < until:
        rows = await store.inputs_after(store.cursor().seq, 64)
        if not rows:
            await asyncio.sleep(0.001)
            continue
        learnt = {"company": Learnt("Acme Imports", rows[0].input.at), "workflow": Learnt("invoices", 0)}
        memories = {f"{row.seq * 7_919 % 1_000_003:x}/run": Memory(learnt, row.input.at) for row in rows}
        await store.save(Decisions(memories=memories), Cursor(rows[-1].seq, rows[-1].input.at))


async def _preload(store: Store, body: bytes, count: int) -> None:
    for start in range(0, count, 256):
        async with asyncio.TaskGroup() as group:
            for number in range(start, min(count, start + 256)):
                group.create_task(store.append(_event(f"old-{number}"), body))
    await store.save(Decisions(), Cursor(count, await store.barrier()))  # decided: only the new ones are measured


def _event(name: str) -> Event:
    random = os.urandom(10).hex()
    fields = {"run": f"workflow_run_{name}", "company": "Acme Imports", "workflow": "invoices", "source": "extend"}
    return Event(
        event_id=f"evt_{random}",
        source="extend",
        type="extend.workflow_run.completed",
        at=0,
        outcomes=(Outcome.FINISHED,),
        fields={**fields, "environment": "prod", "url": f"https://dashboard.example.com/runs/{name}"},
        occurred_at=1_767_603_600_000,
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
