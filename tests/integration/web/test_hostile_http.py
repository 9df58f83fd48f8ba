"""What strangers send gets the right answer, changes nothing, and leaves no stack trace in the log."""

from __future__ import annotations

import asyncio
import io
import zlib
from collections.abc import Iterator

import pytest

from bot import log
from bot.web import Limits, connection
from tests.integration.web.fronts import MemoryJournal, front, post, speak
from tests.waiting import eventually_async

HEAD = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\n"
SMALL = Limits(max_body=10_000, body_s=2.0, linger_s=0.1)


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    stream = io.StringIO()
    log.configure(stream, human=False)
    yield
    log.configure()
    written = stream.getvalue()
    assert "Traceback" not in written
    assert '"where"' not in written


async def answer_to(*chunks: bytes, limits: Limits = SMALL) -> bytes:
    journal = MemoryJournal()
    async with front(journal, limits) as web:
        answer = await speak(web.port, *chunks)
    assert journal.kept == []
    return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity", "x-unknown", ""])
async def test_any_content_encoding_is_refused_before_anything_is_unpacked(coding: str) -> None:
    bomb = zlib.compress(b"\0" * 5_000_000)
    assert status(await answer_to(post("/hooks/extend", bomb, f"Content-Encoding: {coding}"))) == 415


async def test_a_large_content_length_is_refused_without_its_body() -> None:
    head = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000000\r\n\r\n"
    assert status(await answer_to(head)) == 413


async def test_a_chunked_body_is_refused_where_it_passes_the_limit() -> None:
    head = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    assert status(await answer_to(head, *[chunk] * 3)) == 413


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert status(await answer_to(post("/hooks/extend", b"x" * 10_000))) == 401
    assert status(await answer_to(post("/hooks/extend", b"x" * 10_001))) == 413


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(
            HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            id="length and chunks",
        ),
        pytest.param(
            b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
            id="two lengths",
        ),
        pytest.param(b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(
            b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\n"
            + b"".join(b"X-%d: y\r\n" % n for n in range(10_000))
            + b"\r\n",
            id="ten thousand headers",
        ),
        pytest.param(b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", id="long header"),
        pytest.param(b"POST /hooks/" + b"e" * 100_000 + b" HTTP/1.1\r\nHost: t\r\n\r\n", id="long path"),
        pytest.param(b"GET http://[]@/ HTTP/1.1\r\nHost: t\r\n\r\n", id="a target that raises in the URL parser"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS on a plain port"),
        pytest.param(b"\x00\xff\xfe\r\n\r\n", id="noise"),
        pytest.param(b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nX : y\r\n\r\n", id="space before the colon"),
    ],
)
async def test_a_malformed_request_is_answered_400_and_closed(request_bytes: bytes) -> None:
    assert status(await answer_to(request_bytes)) == 400


async def test_bad_chunks_are_answered_400() -> None:
    head = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert status(await answer_to(head, b"zz\r\nabc\r\n")) == 400


async def test_a_header_that_is_not_ascii_is_an_unauthentic_one() -> None:
    headers = ["x-extend-request-timestamp: 1", "x-extend-request-signature: \xe9\xff\xfe"]
    assert status(await answer_to(post("/hooks/extend", b"{}", *headers))) == 401


async def test_a_body_that_is_not_text_is_an_unauthentic_one() -> None:
    headers = ["x-extend-request-timestamp: 1", "x-extend-request-signature: 00"]
    assert status(await answer_to(post("/hooks/extend", b"\xff\xfe\x00", *headers))) == 401


async def test_a_sender_that_goes_away_in_the_middle_leaves_no_trace() -> None:
    async with front(MemoryJournal(), SMALL) as web:
        for cut in (10, 60, 100):
            await speak_and_leave(web.port, post("/hooks/extend", b"x" * 100)[:cut])
        assert status(await speak(web.port, post("/hooks/nobody", b""))) == 404


async def speak_and_leave(port: int, data: bytes) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    await writer.drain()
    writer.transport.abort()


async def test_requests_behind_one_another_are_answered_in_order() -> None:
    both = post("/hooks/nobody", b"", closes=False).replace(b"POST", b"GET", 1)
    health = b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"
    answer = await answer_to(health * 50 + both.replace(b"nobody", b"extend"))
    assert answer.count(b"HTTP/1.1 200 ") == 50
    assert answer.count(b"HTTP/1.1 405 ") == 1


async def test_an_old_protocol_gets_its_answer_and_no_second_one() -> None:
    request = b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    answer = await answer_to(request + request)
    assert answer.count(b"HTTP/1.1 200 ") == 1
    assert b"Connection: close" in answer


async def test_a_sender_that_does_not_read_its_answers_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_WRITE_LIMIT_S", 0.1)
    async with front(MemoryJournal(), SMALL) as web:
        _, writer = await asyncio.open_connection("127.0.0.1", web.port, limit=1)
        request = b"GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"

        async def gone() -> bool:
            writer.write(request * 200)
            return web.server.connections == 0

        await eventually_async(gone, "the connection to be cut")
        writer.transport.abort()


async def test_an_absolute_target_is_taken_by_its_path() -> None:
    request = b"POST http://elsewhere.example/hooks/nobody HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
    assert status(await answer_to(request)) == 404


async def test_an_answer_says_nothing_of_our_inside() -> None:
    for request in (post("/hooks/extend", b"{}"), post("/nowhere", b""), b"\x00\r\n\r\n"):
        answer = (await answer_to(request)).lower()
        for word in (b"python", b"aiohttp", b"server:", b"bot/", b"traceback"):
            assert word not in answer
