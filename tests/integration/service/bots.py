"""The whole bot in the test's own process: real HTTP, real store, a terminal that the test can read."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.clock import SystemClock
from bot.service.running import Bot, Surroundings
from bot.service.setup import load_setup, raw_of
from bot.sources.fetch import INTERNET, Reach
from bot.store import Store
from bot.web import Limits
from tests.e2e.bots import ENV, Sender

HOST: Final = "payloads.example.com"
QUERY: Final = "X-Amz-Signature=CANARY"


class Loopback(AbstractResolver):
    """Leads every name to this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


@dataclass
class PayloadServer:
    """Hands payloads out; what it answers is up to the test. `asked` counts requests."""

    answer: Callable[[], web.Response]
    gate: asyncio.Event
    port: int = 0
    asked: int = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/run/1?{QUERY}"

    @property
    def reach(self) -> Reach:
        return Reach("http", self.port, {"127.0.0.1"}.__contains__, Loopback())

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.query_string == QUERY
        self.asked += 1
        await self.gate.wait()
        return self.answer()


@asynccontextmanager
async def payloads(answer: Callable[[], web.Response], *, open_gate: bool = True) -> AsyncIterator[PayloadServer]:
    """Serve payloads on loopback; with `open_gate` False answers wait until the test sets `gate`."""
    own = PayloadServer(answer, asyncio.Event())
    if open_gate:
        own.gate.set()
    listener = await asyncio.get_running_loop().create_server(web.Server(own.serve), "127.0.0.1", 0)
    own.port = listener.sockets[0].getsockname()[1]
    try:
        yield own
    finally:
        own.gate.set()
        listener.close()


@dataclass
class Live:
    """A bot that listens."""

    bot: Bot
    store: Store
    sender: Sender
    out: io.StringIO
    port: int

    def stop(self) -> None:
        self.bot.stop()


@asynccontextmanager
async def live(
    folder: Path, *, dev: bool = True, reach: Reach = INTERNET, limits: Limits | None = None
) -> AsyncIterator[Live]:
    """Run a bot on the config in a folder (`settle_in`) until the block ends, and drain it."""
    setup = load_setup(folder / "config.yaml", dev=dev, env=ENV)
    clock, out = SystemClock(), io.StringIO()
    store = await Store.open(setup.config.store_path, clock, raw_of=raw_of(setup.sources))
    ports: asyncio.Queue[int] = asyncio.Queue()
    try:
        bot = Bot(setup, store, Surroundings(clock=clock, out=out, limits=limits or Limits(), reach=reach))
        async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as session:
            tasks.create_task(bot.run(ports.put_nowait))
            async with asyncio.timeout(20):
                port = await ports.get()
            try:
                yield Live(bot, store, Sender(session, port), out, port)
            finally:
                bot.stop()
    finally:
        await store.close()
