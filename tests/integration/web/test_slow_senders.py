"""Slow and greedy senders lose their connection; aiohttp alone would keep it for ever.

These tests also stand for the private parts of aiohttp that bot/web/limits.py leans on.
"""

from __future__ import annotations

import asyncio
import socket

import pytest

from bot.web import Limits
from bot.web.connection import Connection
from tests.integration.web.fronts import MemoryJournal, front, post, speak
from tests.integration.web.talks import HEALTH, HeldJournal, held, talk, until

QUICK = Limits(max_body=10_000, header_s=0.15, body_s=0.15, idle_s=0.3, linger_s=0.1, connections=4)
# Far apart from the quick ones, so that what closed a connection is never in doubt.
LONG = 30.0


async def test_a_connection_without_a_byte_is_closed() -> None:
    async with front(MemoryJournal(), QUICK) as web:
        assert await speak(web.port) == b""


async def test_half_a_header_is_closed_at_its_own_limit() -> None:
    limits = Limits(header_s=0.15, idle_s=LONG)
    async with front(MemoryJournal(), limits) as web:
        assert await speak(web.port, b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nX-Half: ") == b""
        assert web.refused("slow_header") == 1


async def test_half_a_header_that_is_there_before_its_connection_has_a_clock_too() -> None:
    async with front(MemoryJournal(), Limits(header_s=0.15, idle_s=LONG)) as web:
        with socket.create_connection(("127.0.0.1", web.port)) as client:
            client.sendall(b"POST /hooks/extend HTTP/1.1\r\n")
            client.settimeout(0)
            async with asyncio.timeout(20):
                assert await asyncio.get_running_loop().sock_recv(client, 1) == b""
        assert web.refused("slow_header") == 1


async def test_half_a_header_behind_a_delivery_has_a_clock_while_that_is_stored() -> None:
    journal = HeldJournal()
    async with front(journal, Limits(header_s=0.15, idle_s=LONG)) as web, talk(web.port) as client:
        await held(web, journal, client)
        client.say(b"POST /hooks/extend HTTP/1.1\r\n")
        await until(lambda: web.refused("slow_header") == 1, "the half header to be late")
        journal.let_go.set()
        assert (await client.answer())[0] == 200
        assert await client.end() == b""


async def test_a_body_has_its_own_clock_and_no_header_s() -> None:
    limits = Limits(header_s=0.1, body_s=0.3, idle_s=LONG, linger_s=0.1)
    async with front(MemoryJournal(), limits) as web, talk(web.port) as client:
        request = post("/hooks/extend", b"x" * 100)
        client.say(request[:-50])
        await until(lambda: web.server.connections == 1, "the connection to be there")
        client.say(request[-50:-25])
        assert (await client.answer())[0] == 408
        assert web.refused("slow_header") == 0


async def test_a_header_that_has_begun_is_not_cut_by_the_idle_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = list[Connection]()
    look = Connection._look_whether_idle

    def looking(connection: Connection) -> None:
        looked.append(connection)
        look(connection)

    monkeypatch.setattr(Connection, "_look_whether_idle", looking)
    async with front(MemoryJournal(), Limits(header_s=LONG, idle_s=0.1)) as web, talk(web.port) as client:
        client.say(HEALTH[:10])
        await until(lambda: len(looked) > 1, "the idle limit to pass")
        client.say(HEALTH[10:])
        assert (await client.answer())[0] == 200


async def test_a_dripped_header_does_not_win_time() -> None:
    limits = Limits(header_s=0.3, idle_s=LONG)
    async with front(MemoryJournal(), limits) as web:
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(b"POST /hooks/extend HTTP/1.1\r\n")
        closed = asyncio.Event()

        async def drip() -> None:
            while not closed.is_set():
                writer.write(b"X: y\r\n")
                try:
                    async with asyncio.timeout(0.05):
                        await closed.wait()
                except TimeoutError:
                    continue

        async with asyncio.TaskGroup() as tasks, asyncio.timeout(20):
            tasks.create_task(drip())
            try:
                assert await reader.read() == b""
            except ConnectionResetError:
                pass
            finally:
                closed.set()
        writer.close()
        assert web.refused("slow_header") == 1


async def test_half_a_body_is_answered_408_and_closed() -> None:
    request = post("/hooks/extend", b"x" * 100)[:-50]
    async with front(MemoryJournal(), Limits(body_s=0.15, idle_s=LONG, linger_s=0.1)) as web:
        assert (await speak(web.port, request)).startswith(b"HTTP/1.1 408 ")
        assert web.refused("slow_body") == 1


async def test_a_header_after_an_answer_has_a_clock_of_its_own() -> None:
    first = post("/hooks/nobody", b"", closes=False)
    async with front(MemoryJournal(), Limits(header_s=0.15, idle_s=LONG)) as web:
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
        writer.write(first[:20])
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()
        assert web.refused("slow_header") == 1


async def test_an_idle_connection_is_closed_after_its_answer() -> None:
    async with front(MemoryJournal(), Limits(idle_s=0.2, header_s=LONG)) as web:
        answer = await speak(web.port, b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"Connection: close" not in answer


async def test_one_connection_too_many_is_told_so() -> None:
    limits = Limits(connections=2)
    async with front(MemoryJournal(), limits) as web:
        held = [await asyncio.open_connection("127.0.0.1", web.port) for _ in range(2)]
        for reader, writer in held:  # a whole exchange, so that the server surely knows both
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
            await reader.readuntil(b"}")
        assert web.server.connections == 2
        answer = await speak(web.port)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: " in answer
        assert web.refused("connections") == 1
        for _, writer in held:
            writer.close()


async def test_room_is_made_when_a_connection_ends() -> None:
    async with front(MemoryJournal(), Limits(connections=1)) as web:
        for _ in range(5):
            assert (await speak(web.port, post("/hooks/nobody", b""))).startswith(b"HTTP/1.1 404 ")
