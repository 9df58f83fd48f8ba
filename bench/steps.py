"""Where one event's processor time goes: each step of its way alone, in one process, on the shipped rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import uvloop
from multidict import CIMultiDict

from bench.events import SECRET, Batch, requests
from bench.processes import CONFIG, ROOT
from bot.clock import SystemClock
from bot.core.fold import State, fold
from bot.pipeline import Pipeline
from bot.service.setup import Setup, load_setup
from bot.sources.reading import Reading
from bot.store import Store

T = TypeVar("T")
_SENDERS = 32
_Delivery = tuple[CIMultiDict[str], bytes]


def steps(folder: Path, batch: Batch) -> dict[str, float]:
    """Return processor microseconds an event for each step, all threads together."""
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(port=1, slack=1, rules=ROOT / "rules"))
    env = {"EXTEND_SIGNING_SECRET": SECRET, "SLACK_BOT_TOKEN": "xoxb-bench"}
    setup = load_setup(config, secrets_required=True, env=env)
    return uvloop.run(_steps(setup, folder, batch))


async def _steps(setup: Setup, folder: Path, batch: Batch) -> dict[str, float]:
    clock, source = SystemClock(), setup.sources["extend"]
    deliveries = [_delivery(request) for request in requests(batch)]
    taken: dict[str, float] = {}

    def verify(delivery: _Delivery) -> None:
        source.verify(delivery[0], delivery[1], None, clock.now_ms())

    _timed(taken, "verify", verify, deliveries)
    readings = _timed(taken, "read", lambda delivery: source.read(delivery[1]), deliveries)
    state, rule_set = State(), setup.rule_set
    _timed(taken, "decide", lambda reading: fold(reading.event, state, rule_set), readings)
    store = await Store.open(folder / "steps.db", clock)
    try:
        await _stored(taken, setup, store, readings)
    finally:
        await store.close()
    return taken


async def _stored(taken: dict[str, float], setup: Setup, store: Store, readings: list[Reading]) -> None:
    began = time.process_time()
    waiting = iter(readings)

    async def sender() -> None:
        for reading in waiting:
            await store.append(reading.event, reading.body, reading.reference)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(_SENDERS):
            tasks.create_task(sender())
    taken["journal"] = _us_since(began, len(readings))
    pipeline = Pipeline(
        store, setup.rule_set, SystemClock(), on_saved=lambda _decisions: None, may_fetch=lambda _source, _url: False
    )
    began = time.process_time()
    while await pipeline.step():
        pass
    await pipeline.saved()
    # Deciding is in there too and was measured alone above.
    taken["save"] = _us_since(began, len(readings)) - taken["decide"]


def _timed(taken: dict[str, float], step: str, call: Callable[[Any], T], values: Iterable[Any]) -> list[T]:
    given = list(values)
    began = time.process_time()
    results = [call(value) for value in given]
    taken[step] = _us_since(began, len(given))
    return results


def _us_since(began: float, events: int) -> float:
    return 1e6 * (time.process_time() - began) / events


def _delivery(request: bytes) -> _Delivery:
    head, body = request.split(b"\r\n\r\n", 1)
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return CIMultiDict((name, value) for name, value in lines), body
