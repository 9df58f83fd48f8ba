"""One server under one batch of load: the bot, or the bare handler that it is compared with."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.events import Batch
from bench.load import Order, Report
from bench.processes import LOAD_CORE, ROOT, TARGET_CORE, Server, bot, load, module_server

_PLAIN: Final = ("-m", "bot")


@dataclass(frozen=True, slots=True)
class Measured:
    """The load's report, and what the target took: seconds until everything was decided too, processor µs a request."""

    report: Report
    decided_s: float
    processor_us: float


def against_bare(batch: Batch) -> Measured:
    """Send a batch to the bare handler."""
    with folder_on_disk() as folder, module_server("bench.bare", folder, TARGET_CORE) as server:
        return _measured(batch, server, decided=lambda: None)


def against_bot(batch: Batch, through: Sequence[str] = _PLAIN) -> Measured:
    """Send a batch to the bot with the shipped rules. `through` is how Python is told to start it."""
    with (
        folder_on_disk() as folder,
        module_server("bench.slack", folder, LOAD_CORE) as slack,
        bot(folder, slack=slack.port, rules=ROOT / "rules", through=through) as server,
    ):
        return _measured(batch, server, decided=server.wait_decided)


def _measured(batch: Batch, server: Server, *, decided: Callable[[], None]) -> Measured:
    load(order(Batch(name="warm", count=500, fires=0), server))
    decided()
    server.wait_settled()
    before = server.processor_s()
    report = load(order(batch, server))
    ended = time.monotonic()
    decided()
    decided_s = report.seconds + time.monotonic() - ended
    return Measured(report, decided_s, 1e6 * (server.processor_s() - before) / batch.count)


def order(batch: Batch, server: Server, rate: float = 0.0) -> Order:
    """Return the order to send a batch to a server, `rate` a second or as fast as it answers."""
    aimed = Batch(name=batch.name, count=batch.count, size=batch.size, fires=batch.fires, port=server.port)
    return Order(batch=aimed, rate=rate)


@contextmanager
def folder_on_disk() -> Iterator[Path]:
    """Give a folder on the disk of the checkout: /tmp may be in memory, where a commit costs nothing."""
    base = ROOT / "var"
    base.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base, prefix="bench-") as folder:
        yield Path(folder)
        os.sync()
