"""The server: one socket, a few kinds of paths, started and drained by the service.

No application of aiohttp's: routing and middlewares would cost more than our whole way of one delivery through this
floor (measured in bench/).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Protocol

import structlog

from bot import log
from bot.errors import UsageError
from bot.metrics import Metrics
from bot.web import answers
from bot.web.connection import Connection
from bot.web.connections import Connections
from bot.web.health import Health
from bot.web.hooks import HOOKS, Hooks
from bot.web.limits import Limits
from bot.web.refusals import RefusedError
from bot.web.request import Request

_LOG = structlog.get_logger()
_BACKLOG = 1_024


class Front(Protocol):
    """Answers the paths that it knows."""

    async def answer(self, request: Request, path: str) -> answers.Answer | None:
        """Return the answer, or None when the path is another's. RefusedError for what is not done."""
        ...


class HttpServer:
    """Listens, hands requests to hooks, health and then each of `fronts`, and stops in order."""

    def __init__(
        self, hooks: Hooks, health: Health, limits: Limits, metrics: Metrics, fronts: Sequence[Front] = ()
    ) -> None:
        self._hooks = hooks
        self._fronts = (health, *fronts)
        self._limits = limits
        self._metrics = metrics
        self._connections: Connections | None = None
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port (useful with port 0). UsageError when the address cannot be had."""
        connections = Connections(self._answer, self._limits, count=self._count, report=_report)
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(
                partial(Connection, connections), host, port, backlog=_BACKLOG, reuse_address=True
            )
        except OSError as error:
            raise UsageError(f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}") from error
        self._connections = connections
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return 0 if self._connections is None else len(self._connections.open)

    async def drain(self, seconds: float) -> None:
        """Stop listening, let requests that are being answered finish within `seconds`, close the rest."""
        self._hooks.accepting = False
        if self._listener is None or self._connections is None:
            return
        self._listener.close()
        # A request that is already here gets its turn before idle connections are closed.
        await asyncio.sleep(0)  # noqa: TID251  (gives way once, waits for nothing)
        await self._connections.drain(seconds)

    def _answer(self, request: Request) -> Awaitable[answers.Answer]:
        # No coroutine of its own: each costs a delivery a little more, when it is made and whenever it goes on.
        return self._hooks.answer(request) if request.path.startswith(HOOKS) else self._ask_fronts(request)

    async def _ask_fronts(self, request: Request) -> answers.Answer:
        for front in self._fronts:
            found = await front.answer(request, request.path)
            if found is not None:
                return found
        raise RefusedError("not_found", answers.NOT_FOUND)

    def _count(self, reason: str) -> None:
        self._metrics.refused.labels(reason).inc()


def _report(error: BaseException) -> None:
    log.bug(_LOG, "a request failed through a fault of ours", error)
