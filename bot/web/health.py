"""/healthz, /readyz and /metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import msgspec

from bot.metrics import CONTENT_TYPE, Metrics
from bot.web import answers
from bot.web.request import Request

ALIVE: Final = answers.answer(HTTPStatus.OK, {"status": "alive"})


class Readiness(msgspec.Struct, frozen=True):
    """How the bot is. `obstacle` says why no event can be accepted durably (None: it can); `degraded` is the rest."""

    obstacle: str | None = None
    degraded: tuple[str, ...] = ()


class Health:
    """Answers about the bot itself. `look` asks the other floors; `refresh` sets the gauges before they are read."""

    def __init__(
        self, look: Callable[[], Awaitable[Readiness]], refresh: Callable[[], Awaitable[None]], metrics: Metrics
    ) -> None:
        self._look = look
        self._refresh = refresh
        self._metrics = metrics

    async def answer(self, request: Request, path: str) -> answers.Answer | None:
        """Answer one of the three paths, or None when it is none of them."""
        answer = {"/healthz": self._alive, "/readyz": self._ready, "/metrics": self._measure}.get(path)
        if answer is None:
            return None
        if request.method not in {"GET", "HEAD"}:
            return answers.GET_ONLY.last()
        return await answer()

    async def _alive(self) -> answers.Answer:
        return ALIVE

    async def _ready(self) -> answers.Answer:
        seen = await self._look()
        degraded = list(seen.degraded)
        if seen.obstacle is None:
            return answers.answer(HTTPStatus.OK, {"status": "ready", "degraded": degraded})
        values = {"status": "not ready", "error": seen.obstacle, "degraded": degraded}
        return answers.answer(HTTPStatus.SERVICE_UNAVAILABLE, values, more="Retry-After: 5\r\n")

    async def _measure(self) -> answers.Answer:
        await self._refresh()
        body = self._metrics.text()
        return answers.Answer(answers.head_of(HTTPStatus.OK, len(body), content_type=CONTENT_TYPE), body)
