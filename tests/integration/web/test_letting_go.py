"""A connection that is over leaves nothing behind: no object, no task, and nothing that only a collection would find.

The collector is off here. In the bot it comes seldom, and by then strangers could have filled the memory with bodies.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest
from aiohttp import StreamReader

from bot.web import Limits
from bot.web.connection import Connection
from bot.web.request import Request
from tests.integration.web.fronts import MemoryJournal, front, post
from tests.integration.web.talks import HEALTH, LAST, signed, talk, until

CHUNKED = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
HALF = post("/hooks/extend", b"x" * 100)[:-50]
QUICK = Limits(max_body=1_000_000, body_s=0.1, linger_s=0.1)


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def left() -> int:
    """Return how many objects of connections and requests there are."""
    return sum(type(thing) in {Connection, Request, StreamReader} for thing in gc.get_objects())


SHOTS = [
    pytest.param(signed(), id="an event"),
    pytest.param(signed().replace(b"Host: test", b"Host: test\r\nConnection: close"), id="an event and no more"),
    pytest.param(post("/hooks/extend", b"{}"), id="not authentic"),
    pytest.param(post("/hooks/nobody", b"{}", closes=False), id="refused before its body is looked at"),
    pytest.param(signed() + LAST + signed(), id="more than is answered"),
    pytest.param(b"\x00\r\n\r\n", id="malformed"),
    pytest.param(HEALTH[:10], id="half a header"),
    pytest.param(HALF, id="half a body"),
    pytest.param(signed() + HALF, id="half a body behind an event"),
    pytest.param(HALF.replace(b"extend", b"nobody"), id="half a body that nobody wants"),
    pytest.param(CHUNKED + b"5\r\nab", id="half a chunk"),
    pytest.param(CHUNKED + b"5\r\nabcdezz", id="a malformed chunk"),
    pytest.param(post("/hooks/extend", b"x" * 2_000_000), id="too large"),
]


@pytest.mark.parametrize("leaving", ["closes", "aborts", "waits"])
@pytest.mark.parametrize("shot", SHOTS)
async def test_a_connection_that_is_over_is_freed_at_once(
    shot: bytes, leaving: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, make = list[bool](), Connection.connection_made

    def making(connection: Connection, transport: asyncio.BaseTransport) -> None:
        made.append(True)
        make(connection, transport)

    monkeypatch.setattr(Connection, "connection_made", making)
    async with front(MemoryJournal(), QUICK) as web:
        before = left()
        async with talk(web.port) as client:
            client.say(shot)
            await until(lambda: bool(made), "the connection to be there")
            if leaving == "aborts":
                client.writer.transport.abort()
            elif leaving == "waits":
                client.writer.write_eof()
                await client.end()
        await until(lambda: web.server.connections == 0, "the connection to be over")
        await until(lambda: left() <= before, "everything of it to be freed")
        assert len(asyncio.all_tasks()) == 1
