"""How connections end with the bot: what is here is answered, idle ones are closed, nothing is waited for long."""

from __future__ import annotations

import asyncio

from bot.web import Answer
from bot.web.health import ALIVE
from bot.web.request import Request
from tests.integration.web.fronts import MemoryJournal, front
from tests.integration.web.talks import EVENT, HEALTH, LONG, HeldJournal, held, serving, signed, talk, until


async def test_draining_closes_idle_connections_and_finishes_answers() -> None:
    journal = HeldJournal()
    async with front(journal, LONG) as web, talk(web.port) as idle, talk(web.port) as busy:
        idle.say(HEALTH)
        await idle.answer()
        await held(web, journal, busy)
        async with asyncio.TaskGroup() as tasks:
            draining = tasks.create_task(web.server.drain(20.0))
            assert await idle.end() == b""
            assert not draining.done()
            journal.let_go.set()
            status, head, _ = await busy.answer()
            assert (status, b"Connection: close\r\n" in head) == (200, True)
            assert await busy.end() == b""
        await until(lambda: web.server.connections == 0, "all connections to be closed")


async def test_a_body_may_still_arrive_while_draining() -> None:
    event = signed()
    async with front(MemoryJournal(), LONG) as web, talk(web.port) as client:
        client.say(event[: -len(EVENT)].replace(b"Host: test", b"Host: test\r\nExpect: 100-continue"))
        assert (await client.answer())[0] == 100
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(web.server.drain(20.0))
            client.say(EVENT)
            assert (await client.answer())[0] == 200
            assert await client.end() == b""


async def test_a_connection_that_comes_in_while_draining_takes_no_request() -> None:
    async def answer(_request: Request) -> Answer:
        return ALIVE

    async with serving(answer, LONG) as (shared, port):
        await shared.drain(1.0)
        async with talk(port) as client:
            client.say(HEALTH)
            assert await client.end() == b""


async def test_draining_does_not_wait_for_ever() -> None:
    journal = HeldJournal()
    async with front(journal, LONG) as web, talk(web.port) as client:
        await held(web, journal, client)
        await web.server.drain(0.05)
        assert await client.end() == b""
        await until(lambda: web.server.connections == 0, "the connection to be closed")
