"""A real server on a free port of this machine, with a journal that the test chooses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.clock import SystemClock
from bot.config.model import SourceConfig
from bot.core.inputs import Event
from bot.errors import StoreFailedError
from bot.metrics import Metrics
from bot.sources import Reading, build
from bot.store.values import Appended
from bot.web import Health, Hooks, HttpServer, Limits, Readiness
from bot.web.hooks import Journal

SECRET = b"wss_a_secret_of_this_test_only_0001"
TOKEN = b"path-token-of-this-test"
EXTEND = SourceConfig(name="extend", kind="extend", secrets=(SECRET,))
ALFRED = SourceConfig(name="alfred", kind="alfred", token=TOKEN, drop=("content", "value"))


@dataclass
class MemoryJournal:
    """Keeps what it is given; `trouble` is raised instead when set."""

    kept: list[tuple[str, bytes]] = field(default_factory=list)
    trouble: Exception | None = None

    async def append(self, event: Event, body: bytes, reference: str | None) -> Appended:
        del reference
        return self._keep(event.event_id, body)

    async def quarantine(self, source: str, body: bytes, error: str, kept: bytes | None = None) -> Appended:
        del error
        return self._keep(f"q_{source}_{len(body)}", body if kept is None else kept)

    def _keep(self, event_id: str, body: bytes) -> Appended:
        if self.trouble is not None:
            raise self.trouble
        duplicate = any(event_id == kept for kept, _ in self.kept)
        if not duplicate:
            self.kept.append((event_id, body))
        return Appended(seq=len(self.kept), event_id=event_id, duplicate=duplicate, at=0)


@dataclass
class Heard:
    """Listens to what became of deliveries."""

    failures: list[StoreFailedError]
    stored_rows: list[int] = field(default_factory=list)

    def stored(self, seq: int, reading: Reading) -> None:
        del reading
        self.stored_rows.append(seq)

    def quarantined(self, source: str, event_id: str) -> None: ...

    def failed(self, error: StoreFailedError) -> None:
        self.failures.append(error)


@dataclass
class Front:
    """A listening server and what it was built of."""

    port: int
    metrics: Metrics
    hooks: Hooks
    server: HttpServer
    failures: list[StoreFailedError]
    state: list[Readiness]

    def refused(self, reason: str) -> float:
        """How many requests were refused for this reason."""
        return self.metrics.registry.get_sample_value("tocsin_requests_refused_total", {"reason": reason}) or 0.0


@asynccontextmanager
async def front(journal: Journal, limits: Limits | None = None) -> AsyncIterator[Front]:
    """Listen with both platforms' sources until the block ends."""
    metrics, failures, state = Metrics(), list[StoreFailedError](), [Readiness()]
    limits = limits or Limits()
    sources = {config.name: build(config) for config in (EXTEND, ALFRED)}
    hooks = Hooks(sources, journal, SystemClock(), limits, metrics, news=Heard(failures))

    async def look() -> Readiness:
        return state[-1]

    async def refresh() -> None:
        return None

    server = HttpServer(hooks, Health(look, refresh, metrics), limits, metrics)
    port = await server.start("127.0.0.1", 0)
    try:
        yield Front(port, metrics, hooks, server, failures, state)
    finally:
        await server.drain(1.0)


async def speak(port: int, *chunks: bytes, wait_s: float = 20.0) -> bytes:
    """Send raw bytes and return all that comes back until the server closes; AssertionError when it does not."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        async with asyncio.timeout(wait_s):
            return await reader.read()
    except (ConnectionResetError, BrokenPipeError):
        return b""
    except TimeoutError as error:
        raise AssertionError("the server kept the connection open") from error
    finally:
        writer.close()


def post(path: str, body: bytes, *headers: str, closes: bool = True) -> bytes:
    """Return the bytes of a POST request."""
    lines = [f"POST {path} HTTP/1.1", "Host: test", f"Content-Length: {len(body)}", *headers]
    if closes:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
