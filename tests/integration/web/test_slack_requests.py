"""`POST /slack/interactivity` over real HTTP: what is taken, what is refused, and that the store is not waited for."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.metrics import Metrics
from bot.slack.signing import signature
from bot.web import Health, Hooks, HttpServer, Limits, Readiness, SlackRequests
from tests.fakes.clicked import payload
from tests.integration.web.fronts import Heard, MemoryJournal

SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
PATH = "/slack/interactivity"


@dataclass
class Desk:
    """A server that takes clicks, and what it was handed."""

    port: int
    metrics: Metrics
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    has_room: bool = True

    async def post(
        self, body: bytes, headers: dict[str, str], path: str = PATH, method: str = "POST"
    ) -> tuple[int, bytes]:
        address = f"http://127.0.0.1:{self.port}{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, address, data=io.BytesIO(body), headers=headers) as answer,
        ):
            return answer.status, await answer.read()


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    metrics, limits, clock = Metrics(), Limits(), SystemClock()
    found = Desk(0, metrics)

    def offer(given: Mapping[str, Any]) -> bool:
        if found.has_room:
            found.taken.append(given)
        return found.has_room

    async def look() -> Readiness:
        return Readiness()

    async def refresh() -> None:
        return None

    hooks = Hooks({}, MemoryJournal(), clock, limits, metrics, news=Heard([]))
    front = SlackRequests(SECRET, offer, clock, limits, metrics)
    server = HttpServer(hooks, Health(look, refresh, metrics), limits, metrics, [front])
    found.port = await server.start("127.0.0.1", 0)
    try:
        yield found
    finally:
        await server.drain(1.0)


def form(given: Any) -> bytes:
    return urlencode({"payload": json.dumps(given)}).encode()


def signed(body: bytes, *, secret: bytes = SECRET, skew: int = 0, stamp: str | None = None) -> dict[str, str]:
    at = stamp or str(SystemClock().now_ms() // 1_000 + skew)
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature(secret, at, body),
    }


async def test_a_signed_click_is_taken_and_answered_with_an_empty_200() -> None:
    async with desk() as found:
        body = form(payload())
        assert await found.post(body, signed(body)) == (200, b"")
        assert found.taken == [payload()]


@pytest.mark.parametrize(
    "forged",
    [
        dict,
        lambda: signed(form({}), secret=b"another"),
        lambda: signed(form({}), skew=-302),
        lambda: signed(form({}), skew=310),
        lambda: signed(form({}), stamp="1531420618.5"),
        lambda: {**signed(form({})), "X-Slack-Signature": "v0="},
        lambda: signed(form({"another": "body"})),
    ],
    ids=["nothing", "secret", "old", "ahead", "fraction", "empty", "body"],
)
async def test_everything_that_is_not_slacks_gets_the_same_401(forged: Callable[[], dict[str, str]]) -> None:
    async with desk() as found:
        status, body = await found.post(form({}), forged())
        assert (status, json.loads(body)) == (401, {"status": "refused", "error": "not authentic"})
        assert found.taken == []


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload={", b"other=1", b"payload=[]", b"\xff\xfe", b"payload=1"])
async def test_an_authentic_body_that_cannot_be_read_is_malformed(body: bytes) -> None:
    async with desk() as found:
        status, _ = await found.post(body, signed(body))
        assert status == 400
        assert found.taken == []


async def test_refusals_that_need_no_look_at_the_signature() -> None:
    async with desk() as found:
        body = form(payload())
        assert (await found.post(body, signed(body), method="PUT"))[0] == 405
        assert (await found.post(body, {**signed(body), "Content-Encoding": "gzip"}))[0] == 415
        assert (await found.post(b"x" * 1_100_000, signed(b"")))[0] == 413
        assert (await found.post(body, signed(body), path="/slack/commands"))[0] == 404


async def test_what_cannot_be_taken_is_503_so_that_slack_tells_the_person() -> None:
    async with desk() as found:
        found.has_room = False
        body = form(payload())
        assert (await found.post(body, signed(body)))[0] == 503


async def test_a_hundred_clicks_at_once_are_all_answered() -> None:
    async with desk() as found:
        body = form(payload())
        answered = await asyncio.gather(*[found.post(body, signed(body)) for _ in range(100)])
        assert {status for status, _ in answered} == {200}
        assert len(found.taken) == 100
