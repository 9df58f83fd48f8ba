"""The server: one socket, a few kinds of paths, started and drained by the service.

aiohttp's low-level server instead of its application: routing and middlewares would cost more than our whole way of
one delivery through this floor (measured in bench/).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Protocol

import structlog
from aiohttp import web

from bot import log
from bot.errors import UsageError
from bot.metrics import Metrics
from bot.web import answers
from bot.web.health import Health
from bot.web.hooks import Hooks
from bot.web.limits import LimitedServer, Limits

_LOG = structlog.get_logger()
_HOOKS = "/hooks/"
_BACKLOG = 1_024


class Front(Protocol):
    """Answers the paths that it knows."""

    async def answer(self, request: web.BaseRequest, path: str) -> web.StreamResponse | None:
        """Return the answer, or None when the path is another's."""
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
        self._server: LimitedServer | None = None
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port (useful with port 0). UsageError when the address cannot be had."""
        server = self._server = LimitedServer(self._answer, self._limits, count=self._count, report=_report)
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(server, host, port, backlog=_BACKLOG, reuse_address=True)
        except OSError as error:
            raise UsageError(f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}") from error
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return 0 if self._server is None else len(self._server.connections)

    async def drain(self, seconds: float) -> None:
        """Stop listening, let requests that are being answered finish within `seconds`, close the rest."""
        self._hooks.accepting = False
        if self._listener is None or self._server is None:
            return
        self._listener.close()
        # A request that is already here gets its turn before idle connections are closed.
        await asyncio.sleep(0)  # noqa: TID251  (gives way once, waits for nothing)
        self._server.pre_shutdown()
        await self._server.shutdown(seconds)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith(_HOOKS):
            return await self._hooks.answer(request, path)
        for front in self._fronts:
            found = await front.answer(request, path)
            if found is not None:
                return found
        self._count("not_found")
        return answers.NOT_FOUND.last()

    def _count(self, reason: str) -> None:
        self._metrics.refused.labels(reason).inc()


def _report(error: BaseException | None) -> None:
    if error is not None:
        log.bug(_LOG, "a request failed through a fault of ours", error)
