"""One client connection, spoken to piece by piece, and a journal that keeps it waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from bot.clock import SystemClock
from bot.core.inputs import Event
from bot.sources.signature import signed_headers
from bot.store.values import Appended
from bot.web import Answer, Limits
from bot.web.connection import Connection
from bot.web.connections import Connections
from bot.web.request import Request
from tests.integration.web.fronts import SECRET, Front, MemoryJournal, post
from tests.waiting import eventually_async

EVENT: Final = b'{"eventId":"event_1","eventType":"workflow_run.failed","payload":{"id":"workflow_run_1"}}'
HEALTH: Final = b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"
READY: Final = b"GET /readyz HTTP/1.1\r\nHost: t\r\n\r\n"
LAST: Final = b"GET /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
# Far apart from what a test waits for, so that what closed a connection is never in doubt.
LONG: Final = Limits(header_s=30.0, body_s=30.0, idle_s=30.0, linger_s=30.0)


def signed(body: bytes = EVENT) -> bytes:
    headers = signed_headers(SECRET, body, SystemClock().now_ms() // 1000)
    return post("/hooks/extend", body, *(f"{name}: {value}" for name, value in headers.items()), closes=False)


class Talk:
    """One client connection, spoken to piece by piece."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, bytes, bytes]:
        """Return status, head and body of the next answer."""
        async with asyncio.timeout(20):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            return int(head[9:12]), head, await self._reader.readexactly(int(length or 0))

    async def end(self) -> bytes:
        """Return all that comes until the server closes."""
        async with asyncio.timeout(20):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""


@asynccontextmanager
async def talk(port: int) -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def serving(
    answer: Callable[[Request], Awaitable[Answer]], limits: Limits
) -> AsyncIterator[tuple[Connections, int]]:
    """Serve connections with this answer to everything; give what they share, and the port."""
    shared = Connections(answer, limits, count=lambda _reason: None, report=lambda _error: None)
    server = await asyncio.get_running_loop().create_server(partial(Connection, shared), "127.0.0.1", 0)
    try:
        yield shared, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await shared.drain(1.0)


async def until(look: Callable[[], bool], what: str) -> None:
    """Wait until something has happened."""

    async def happened() -> bool:
        return look()

    await eventually_async(happened, what)


class HeldJournal(MemoryJournal):
    """Keeps deliveries waiting until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()

    async def append(self, event: Event, body: bytes, reference: str | None) -> Appended:
        self.asked.set()
        await self.let_go.wait()
        return await super().append(event, body, reference)


async def held(web: Front, journal: HeldJournal, client: Talk) -> None:
    """Send a delivery, and return when it waits for the journal."""
    client.say(signed())
    async with asyncio.timeout(20):
        await journal.asked.wait()
    assert web.server.connections >= 1
