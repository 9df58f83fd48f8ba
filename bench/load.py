"""The load, in a process of its own: `python -m bench.load` reads one Order as JSON and prints one Report as JSON.

Bare protocol objects on uvloop rather than an HTTP client, so that what is measured is the other side.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import cast

import msgspec
import uvloop

from bench.events import Batch, fires, requests, run_id

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_PATIENCE_S = 300.0
_CONNECT_S = 10.0


class Order(msgspec.Struct, kw_only=True):
    """What to send. `rate` is requests per second on a schedule; 0: every connection sends as soon as it may."""

    batch: Batch
    connections: int = 32
    rate: float = 0.0


class Report(msgspec.Struct, kw_only=True):
    """What was seen: answers by status, seconds from first byte to last answer, all latencies in microseconds, sorted.

    `fired` maps the run ids of failed runs to when they were sent and answered, in ns of the monotonic clock.
    """

    seconds: float
    statuses: dict[int, int]
    latencies_us: list[int]
    fired: dict[str, tuple[int, int]]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return sum(self.statuses.values()) / self.seconds

    def latency_ms(self, share: float) -> float:
        """Return the latency that this share of the requests stayed within."""
        return self.latencies_us[min(int(len(self.latencies_us) * share), len(self.latencies_us) - 1)] / 1_000


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way at a time."""

    def __init__(self, answered: Callable[[Connection, int, int, int], None]) -> None:
        self._answered = answered
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._sent_ns = 0
        self._number = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def send(self, number: int, request: bytes) -> None:
        """Write one request; `number` comes back with its answer."""
        assert self._transport is not None
        self._number = number
        self._sent_ns = time.monotonic_ns()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect an answer; tell when it is whole."""
        buffer = self._buffer + data if self._buffer else data
        end = buffer.find(_HEAD_END)
        if end < 0 or len(buffer) < end + len(_HEAD_END) + _content_length(buffer[:end]):
            self._buffer = buffer
            return
        self._buffer = b""
        self._answered(self, self._number, self._sent_ns, int(buffer[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing measured with a lost connection is worth anything."""
        if self._number >= 0:
            raise SystemExit(f"the other side closed a connection: {exc}")

    def close(self) -> None:
        """Close after the last answer."""
        self._number = -1
        if self._transport is not None:
            self._transport.close()


class Run:
    """Sends the requests of an order over its connections and collects what comes back."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._requests = requests(order.batch)
        self._waiting: Iterator[int] = iter(range(len(self._requests)))
        self._idle: deque[Connection] = deque()
        self._late: deque[int] = deque()
        self._left = len(self._requests)
        self._done = asyncio.Event()
        self.report = Report(seconds=0.0, statuses={}, latencies_us=[], fired={})

    async def measure(self) -> Report:
        """Send everything; the clock runs from the first request to the last answer."""
        connections = [await self._connect() for _ in range(self._order.connections)]
        gc.collect()
        gc.freeze()
        gc.disable()
        start = time.monotonic_ns()
        if self._order.rate:
            self._idle.extend(connections)
            self._keep_pace(asyncio.get_running_loop().time(), 0)
        else:
            for connection in connections:
                self._send_next(connection)
        async with asyncio.timeout(_PATIENCE_S):
            await self._done.wait()
        self.report.seconds = (time.monotonic_ns() - start) / 1e9
        self.report.latencies_us.sort()
        for connection in connections:
            connection.close()
        return self.report

    async def _connect(self) -> Connection:
        answered = self._on_answer_paced if self._order.rate else self._on_answer
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_CONNECT_S):
            _, connection = await loop.create_connection(
                lambda: Connection(answered), "127.0.0.1", self._order.batch.port
            )
        return connection

    def _on_answer(self, connection: Connection, number: int, sent_ns: int, status: int) -> None:
        self._note(number, sent_ns, status)
        self._send_next(connection)

    def _on_answer_paced(self, connection: Connection, number: int, sent_ns: int, status: int) -> None:
        self._note(number, sent_ns, status)
        if self._late:
            late = self._late.popleft()
            connection.send(late, self._requests[late])
        else:
            self._idle.append(connection)

    def _send_next(self, connection: Connection) -> None:
        number = next(self._waiting, None)
        if number is not None:
            connection.send(number, self._requests[number])

    def _keep_pace(self, began: float, sent: int) -> None:
        """Send what is due by the schedule; how long answers take does not slow it down."""
        loop = asyncio.get_running_loop()
        due = min(int((loop.time() - began) * self._order.rate) + 1, len(self._requests))
        for number in range(sent, due):
            if self._idle:
                self._idle.popleft().send(number, self._requests[number])
            else:
                self._late.append(number)
        if due < len(self._requests):
            loop.call_at(began + due / self._order.rate, self._keep_pace, began, due)

    def _note(self, number: int, sent_ns: int, status: int) -> None:
        now = time.monotonic_ns()
        self.report.statuses[status] = self.report.statuses.get(status, 0) + 1
        self.report.latencies_us.append((now - sent_ns) // 1_000)
        if fires(self._order.batch, self._order.batch.first + number):
            self.report.fired[run_id(self._order.batch, self._order.batch.first + number)] = (sent_ns, now)
        self._left -= 1
        if not self._left:
            self._done.set()


def _content_length(head: bytes) -> int:
    at = head.lower().index(_LENGTH) + len(_LENGTH)
    end = head.find(b"\r", at)
    return int(head[at : end if end >= 0 else None])


async def _measure(order: Order) -> Report:
    return await Run(order).measure()


def main() -> None:
    """Read an order, carry it out, print the report."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    report = uvloop.run(_measure(order))
    sys.stdout.buffer.write(msgspec.json.encode(report))


if __name__ == "__main__":
    main()
