"""What one connection promises: answers in order, nothing lost at its end, and no way to make it wait for ever.

These tests also stand for the private parts of aiohttp that bot/web/connection.py leans on.
"""

from __future__ import annotations

import asyncio
import io
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import pytest

from bot import log
from bot.clock import SystemClock
from bot.web import Answer, Limits
from bot.web.answers import head_of
from bot.web.connections import Connections
from bot.web.health import ALIVE
from bot.web.request import Request
from tests.integration.web.fronts import MemoryJournal, front, post, speak
from tests.integration.web.talks import (
    EVENT,
    HEALTH,
    LAST,
    LONG,
    READY,
    HeldJournal,
    held,
    serving,
    signed,
    talk,
    until,
)


async def test_more_requests_than_are_parsed_ahead_are_answered_in_order() -> None:
    async with front(MemoryJournal(), LONG) as web:
        answer = await speak(web.port, (HEALTH + READY) * 200 + LAST)
    assert answer.count(b"HTTP/1.1 200 ") == 401
    bodies = [piece.rpartition(b"\r\n\r\n")[2] for piece in answer.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert [b"alive" in body for body in bodies] == [True, False] * 200 + [True]


async def test_a_long_row_of_requests_lets_other_senders_have_their_turn() -> None:
    loop, turns, seen = asyncio.get_running_loop(), [0], set[int]()

    def turn() -> None:
        turns[0] += 1
        loop.call_soon(turn)

    async def answer(_request: Request) -> Answer:
        seen.add(turns[0])
        return ALIVE

    turn()
    async with serving(answer, LONG) as (_, port):
        answered = await speak(port, HEALTH * 500 + LAST)
    assert answered.count(b"HTTP/1.1 200 ") == 501
    assert len(seen) > 20


async def test_bodies_that_come_after_their_header_do_not_use_up_what_may_wait() -> None:
    head, body = post("/hooks/extend", b"{}", "Expect: 100-continue", closes=False)[:-2], b"{}"
    async with front(MemoryJournal(), LONG) as web, talk(web.port) as client:
        for _ in range(40):
            client.say(head)
            assert (await client.answer())[0] == 100
            client.say(body)
            assert (await client.answer())[0] == 401
        client.say(HEALTH + READY)
        assert b"alive" in (await client.answer())[2]
        assert b"ready" in (await client.answer())[2]


async def test_a_body_that_turns_out_malformed_is_answered_at_once() -> None:
    head = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    async with front(MemoryJournal(), LONG) as web, talk(web.port) as client:
        client.say(head)
        assert (await client.answer())[0] == 100
        client.say(b"zz\r\nabc\r\n")
        assert (await client.answer())[0] == 400
        assert await client.end() == b""
        assert web.refused("malformed") == 1


async def test_what_cannot_be_parsed_waits_for_the_answers_before_it() -> None:
    journal = HeldJournal()
    async with front(journal, LONG) as web, talk(web.port) as client:
        await held(web, journal, client)
        client.say(b"\x00 no request\r\n\r\n")
        await until(lambda: web.refused("malformed") == 1, "the malformed request to be seen")
        journal.let_go.set()
        status, head, body = await client.answer()
        assert (status, b"accepted" in body) == (200, True)
        assert b"Connection: close\r\n" in head
        assert await client.end() == b""


async def test_a_body_in_chunks_is_bounded_also_when_it_comes_in_one_piece() -> None:
    head = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 3 + b"0\r\n\r\n"
    async with front(MemoryJournal(), Limits(max_body=10_000)) as web:
        assert (await speak(web.port, head + chunks)).startswith(b"HTTP/1.1 413 ")


async def test_a_sender_that_goes_while_its_event_is_stored_loses_no_event() -> None:
    journal = HeldJournal()
    async with front(journal, LONG) as web:
        async with talk(web.port) as client:
            await held(web, journal, client)
            client.writer.transport.abort()
        assert web.server.connections == 1
        journal.let_go.set()
        await until(lambda: web.server.connections == 0, "the connection to be forgotten")
    assert [body for _, body in journal.kept] == [EVENT]


async def test_a_sender_that_goes_in_the_middle_of_a_body_is_forgotten() -> None:
    async with front(MemoryJournal(), LONG) as web:
        async with talk(web.port) as client:
            client.say(post("/hooks/extend", b"x" * 100, "Expect: 100-continue")[:-100])
            assert (await client.answer())[0] == 100
            client.writer.transport.abort()
        await until(lambda: web.server.connections == 0, "the connection to be forgotten")
        assert web.refused("sender_gone") == 1


async def test_a_sender_that_has_nothing_more_to_say_still_gets_its_answers() -> None:
    journal = HeldJournal()
    async with front(journal, LONG) as web, talk(web.port) as client:
        client.say(HEALTH)
        await held(web, journal, client)
        client.writer.write_eof()
        assert (await client.answer())[0] == 200
        journal.let_go.set()
        status, _, body = await client.answer()
        assert (status, b"accepted" in body) == (200, True)
        assert await client.end() == b""
        await until(lambda: web.server.connections == 0, "the connection to be forgotten")


async def test_a_body_that_ends_too_early_is_malformed() -> None:
    async with front(MemoryJournal(), LONG) as web, talk(web.port) as client:
        client.say(post("/hooks/extend", b"x" * 100)[:-50])
        client.writer.write_eof()
        assert (await client.answer())[0] == 400
        assert web.refused("sender_gone") == 1


async def test_a_body_of_very_many_chunks_does_not_hold_up_the_next_one() -> None:
    head = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk, end = b"1\r\nx\r\n", b"0\r\n\r\n"
    async with front(MemoryJournal(), LONG) as web, talk(web.port) as client:
        client.say(head + chunk * 16_385 + end)  # one more than aiohttp lets wait unread, at the very last
        assert (await client.answer())[0] == 401
        client.say(head + chunk + end)
        assert (await client.answer())[0] == 401


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nnoise", 200),
        (b"GET /healthz HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + READY, 200),
        (b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: t\r\n\r\nnoise", 404),
    ],
)
async def test_a_request_for_another_protocol_is_the_last_one(request_bytes: bytes, expected: int) -> None:
    async with front(MemoryJournal(), LONG) as web, talk(web.port) as client:
        client.say(request_bytes)
        status, head, _ = await client.answer()
        assert (status, b"Connection: close\r\n" in head) == (expected, True)
        assert await client.end() == b""


async def test_a_bug_is_answered_500_in_our_words_and_logged() -> None:
    stream = io.StringIO()
    log.configure(stream, human=False)
    try:
        async with front(MemoryJournal(trouble=RuntimeError("an inside word")), LONG) as web, talk(web.port) as client:
            client.say(signed())
            status, head, body = await client.answer()
            assert await client.end() == b""
    finally:
        log.configure()
    assert (status, b"Connection: close\r\n" in head) == (500, True)
    assert b"inside" not in body
    assert "RuntimeError" in stream.getvalue()


async def test_a_body_that_nobody_wants_is_read_and_the_connection_goes_on() -> None:
    async with front(MemoryJournal(), LONG) as web, talk(web.port) as client:
        client.say(b"GET /healthz HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n")
        assert (await client.answer())[0] == 200
        client.say(b"12345" + READY)
        assert b"ready" in (await client.answer())[2]


async def test_a_body_that_nobody_wants_is_not_waited_for_long() -> None:
    async with front(MemoryJournal(), Limits(linger_s=0.1, idle_s=30.0)) as web, talk(web.port) as client:
        client.say(b"GET /healthz HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\n")
        assert (await client.answer())[0] == 200
        assert await client.end() == b""


async def test_an_answer_to_head_has_no_body_and_the_next_one_follows() -> None:
    async with front(MemoryJournal(), LONG) as web, talk(web.port) as client:
        client.say(HEALTH.replace(b"GET", b"HEAD") + LAST)
        answer = await client.end()
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert answer.count(b"alive") == 1


async def test_an_answer_says_when_it_was_given() -> None:
    async with front(MemoryJournal(), LONG) as web, talk(web.port) as client:
        client.say(HEALTH)
        _, head, _ = await client.answer()
    said = parsedate_to_datetime(head.partition(b"Date: ")[2].partition(b"\r\n")[0].decode()).timestamp()
    assert abs(said - SystemClock().now_ms() / 1000) < 30


async def test_the_date_is_made_anew_when_its_second_is_over() -> None:
    async def answer(_request: Request) -> Answer:
        return ALIVE

    shared = Connections(answer, LONG, count=lambda _reason: None, report=lambda _error: None)
    shared.renew_date(100.0)
    assert 100.0 < shared.date_until <= 101.0


@pytest.mark.parametrize("closes", [True, False])
async def test_an_answer_that_is_not_read_does_not_keep_the_connection(*, closes: bool) -> None:
    body = b"x" * 50_000_000

    async def answer(request: Request) -> Answer:
        assert request.transport is not None
        request.transport.set_write_buffer_limits(high=1 << 30)  # so that nobody waits for the sender to read
        return Answer(head_of(HTTPStatus.OK, len(body)), body, closes)

    async with serving(answer, Limits(idle_s=0.2)) as (shared, port), talk(port) as client:
        client.say(HEALTH)
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: bool(shared.open), "the connection to be there")
        await until(lambda: not shared.open, "the connection to be cut")
