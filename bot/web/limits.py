"""What one connection may take: time for a header, for a body and between requests, and how many there may be.

aiohttp has no defence against slow senders of its own (a half header is still open after 100 s), so this file
extends its connection class. It leans on `_waiter`, `_loop`, `_reading_paused` and `_force_close`, which are private.
The version is locked, and tests/integration/web/test_slow_senders.py fails when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from aiohttp import StreamReader, web
from aiohttp.web_protocol import RequestHandler

from bot.web.answers import MALFORMED, OUR_FAULT, TOO_LARGE, TOO_MANY_CONNECTIONS, TOO_SLOW
from bot.web.refusals import RefusedError

T = TypeVar("T")

_LONGEST_LINE: Final = 8_190
_MOST_HEADERS: Final = 128


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, seconds and connections that a sender may use."""

    max_body: int = 32 * 1024 * 1024
    header_s: float = 10.0  # from a header's first byte to its end
    body_s: float = 30.0  # a whole body; Extend itself gives up after 30 s
    idle_s: float = 75.0  # without a byte of a next request; above the 60 s for which nginx keeps a connection
    linger_s: float = 2.0  # reading on after an early refusal, so that the sender gets to see it
    connections: int = 1_000


async def read_body(request: web.BaseRequest, limits: Limits) -> bytes:
    """Return the raw body; never reads past the limit. RefusedError when it is too large, too slow or broken."""
    length = request.content_length
    if length is not None and length > limits.max_body:
        raise RefusedError("too_large", TOO_LARGE)
    content = request.content
    try:
        if content.is_eof():  # it came with its header, as small ones do: no timer, no task switch
            return content.read_nowait()
        async with asyncio.timeout(limits.body_s):
            await _answer_expectation(request)
            return await _read_slowly(content, limits.max_body)
    except TimeoutError as error:
        raise RefusedError("slow_body", TOO_SLOW) from error
    except web.RequestPayloadError as error:
        raise RefusedError("malformed", MALFORMED) from error
    except ConnectionError as error:
        raise RefusedError("sender_gone", MALFORMED) from error


async def _read_slowly(content: StreamReader, limit: int) -> bytes:
    body = bytearray()
    while chunk := await content.readany():
        body += chunk
        if len(body) > limit:
            raise RefusedError("too_large", TOO_LARGE)
    return bytes(body)


async def _answer_expectation(request: web.BaseRequest) -> None:
    """Tell a sender that asks first (curl does for large bodies) to go on; it would wait a second otherwise."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


class _WithoutTasks:
    """The loop as a connection uses it, but what would become a task is awaited where it is.

    aiohttp makes a task of each request for the sake of context variables, of which we have none. Before Python 3.12
    that costs two more turns of the loop (measured: 7 of 156 µs of a delivery).
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.create_future, self.time = loop.create_future, loop.time
        self.call_at, self.call_later = loop.call_at, loop.call_later

    @staticmethod
    def create_task(request: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Return what will be awaited next."""
        return request


class LimitedHandler(RequestHandler):
    """One connection, with limits on slow headers and on how many connections there are."""

    __slots__ = ("_header_timer", "_server")

    def __init__(self, server: LimitedServer, *, loop: asyncio.AbstractEventLoop) -> None:
        limits = server.limits
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=limits.idle_s,
            lingering_time=limits.linger_s,
            access_log=None,  # type: ignore[arg-type]  # aiohttp takes None for "no access log" and says so nowhere
            auto_decompress=False,  # nothing is unpacked before we know who sent it
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
            max_headers=_MOST_HEADERS,
        )
        self._server = server
        self._header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or say at once that there are too many."""
        if self._server.is_full and isinstance(transport, asyncio.Transport):
            self._server.count_refusal("connections")
            self._force_close = True
            transport.write(TOO_MANY_CONNECTIONS.wire)
            transport.close()
            return
        super().connection_made(transport)

    async def start(self) -> None:
        """Answer one request after the other (aiohttp's loop), without a task for each of them."""
        if sys.version_info < (3, 12):  # from there on aiohttp's tasks begin at once, and cost little
            self._loop = cast("asyncio.AbstractEventLoop", _WithoutTasks(self._loop))
        await super().start()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and let the clock run while a header is there in part."""
        super().data_received(data)
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            if self._header_timer is None and data:
                self._header_timer = self._loop.call_later(self._server.limits.header_s, self._header_late)
        elif self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002  (aiohttp's signature)
        """Do nothing unless reading was paused: aiohttp asks after each read, and goes through its parser each time."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the timer with the connection."""
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that cannot be parsed, or a bug, without a word about our inside."""
        del request, message
        if status < 500:  # noqa: PLR2004  (the border between their fault and ours)
            self._server.count_refusal("malformed")
            return MALFORMED.last()
        self._server.report_bug(exc)
        return OUR_FAULT.last()

    def _header_late(self) -> None:
        self._header_timer = None
        if self._waiter is not None and not self._waiter.done():
            self._server.count_refusal("slow_header")
            self.force_close()


class LimitedServer(web.Server):
    """Makes a LimitedHandler for each connection. `count` is told why one is refused, `report` of bugs."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        limits: Limits,
        *,
        count: Callable[[str], None],
        report: Callable[[BaseException | None], None],
    ) -> None:
        super().__init__(handler)
        self.limits = limits
        self.count_refusal = count
        self.report_bug = report

    @property
    def is_full(self) -> bool:
        """Say whether one more connection would be too many."""
        return len(self._connections) >= self.limits.connections

    def __call__(self) -> RequestHandler:
        """Make the protocol of a new connection."""
        return LimitedHandler(self, loop=self._loop)
