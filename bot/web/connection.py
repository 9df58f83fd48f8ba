"""One connection: requests are parsed as they arrive and answered one after the other, within limits.

aiohttp's parser and its stream of a body, without its connection class: that one makes what a framework wants of each
request (measured: a third of what this floor took), and a half header would still be open after 100 s.

It leans on what aiohttp does not promise: `HttpRequestParser`, called as aiohttp calls it; `BaseProtocol` with `_loop`,
`_parser`, `_paused`, `_drain_helper`, `_reading_paused`, `_buffer_paused`, `_pause_reading_for_buffer` and
`_resume_reading_for_buffer`; `StreamReader` with `_buffer`. The version is locked, and the tests in
tests/integration/web fail when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, cast

from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.helpers import TimerNoop
from aiohttp.http import HttpProcessingError, HttpRequestParser, HttpVersion11, RawRequestMessage
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.tcp_helpers import tcp_keepalive

from bot.web.answers import MALFORMED, OUR_FAULT, TOO_MANY_CONNECTIONS, Answer
from bot.web.connections import Connections
from bot.web.refusals import RefusedError
from bot.web.request import Request

_LONGEST_LINE: Final = 8_190
_MOST_HEADERS: Final = 128
_MOST_UNREAD: Final = 256 * 1024  # bytes of a body; twice as many pause the sender
_MOST_WAITING: Final = 32  # requests sent without waiting for the answers to those before
_WRITE_LIMIT_S: Final = 30.0
_NO_TIMER: Final = TimerNoop()  # one for all: without it each body makes its own


class Connection(BaseProtocol):
    """One connection. Its task answers; what arrives meanwhile is parsed and waits in a row."""

    __slots__ = (
        "_answered_at",
        "_body",
        "_ends",
        "_header_timer",
        "_idle_timer",
        "_requests",
        "_shared",
        "_waiter",
        "task",
    )

    def __init__(self, shared: Connections) -> None:
        loop = asyncio.get_running_loop()
        parser = HttpRequestParser(
            self,
            loop,
            _MOST_UNREAD,
            timer=_NO_TIMER,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
            max_headers=_MOST_HEADERS,
            payload_exception=BadHttpMessage,
            auto_decompress=False,  # nothing is unpacked before we know who sent it
            max_msg_queue_size=_MOST_WAITING,
        )
        super().__init__(loop, parser)
        self._shared = shared
        self._requests: deque[Request] = deque()  # the one that is being answered and those behind it
        self._body: StreamReader = EMPTY_PAYLOAD  # of the last request, when it did not come with its header
        self._ends = shared.draining  # after the requests that are here
        self._waiter: asyncio.Future[None] | None = None  # there while the task has nothing to answer
        self._answered_at = loop.time()
        self._idle_timer: asyncio.TimerHandle | None = None
        self._header_timer: asyncio.TimerHandle | None = None
        self.task: asyncio.Task[None] | None = None  # answers; None for a connection that is one too many

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or say at once that there are too many."""
        super().connection_made(transport)
        tcp = cast("asyncio.Transport", transport)
        if self._shared.are_too_many:
            self._parser = None
            self._refuse("connections", TOO_MANY_CONNECTIONS)
            tcp.close()
            return
        tcp_keepalive(tcp)
        self._shared.open.add(self)
        self._idle_timer = self._loop.call_later(self._shared.limits.idle_s, self._look_whether_idle)
        self.task = self._loop.create_task(self._serve())
        self.task.add_done_callback(self._served)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let a request that is being answered end by itself; nothing else keeps the connection."""
        super().connection_lost(exc)
        for timer in (self._idle_timer, self._header_timer):
            if timer is not None:
                timer.cancel()
        if not self._body.is_eof():
            self._body.set_exception(ConnectionResetError("the sender is gone"))
        self._parser, self._body = None, EMPTY_PAYLOAD
        if self.task is None or self.task.done():
            self._shared.open.discard(self)
        self.end()

    def eof_received(self) -> bool:
        """Answer what is here, also when the sender has nothing more to say: without an answer it would send again."""
        if not self._body.is_eof():
            self._body.set_exception(ConnectionResetError("the sender is gone"))
        self.end()
        return True

    def end(self) -> None:
        """Take no more requests; those that are here are answered."""
        self._ends = True
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Parse what came; wake the task for a request, and let the clock run for a half header."""
        if self._parser is None or (self._ends and self._body.is_eof()):
            return
        try:
            parsed, upgraded, _ = self._parser.feed_data(data)
        except Exception:  # noqa: BLE001  (beside HttpProcessingError what a strange target raises in the parser of URLs)
            self._stop_parsing()
            return
        for message, content in parsed:
            self._requests.append(self._request(message, content))
        if parsed:
            self._wake()
        elif self._body is not EMPTY_PAYLOAD:
            if self._body.is_eof():
                self._body = EMPTY_PAYLOAD
        elif data and self._header_timer is None:  # (one that began in the last piece of a request counts from here)
            self._header_timer = self._loop.call_later(self._shared.limits.header_s, self._header_late)
        if upgraded:  # to a protocol that we do not speak: what follows the request is none of ours
            self._parser, self._ends = None, True
        if len(self._requests) >= _MOST_WAITING and not self._buffer_paused:
            self._pause_reading_for_buffer()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002  (aiohttp's signature)
        """Leave out what the end of every body asks for, unless reading was paused: it would cost each delivery."""
        if resume_parser or self._reading_paused:
            super().resume_reading(resume_parser)

    def _request(self, message: RawRequestMessage, content: StreamReader) -> Request:
        body = None
        self._body = EMPTY_PAYLOAD
        if content is EMPTY_PAYLOAD:
            body = b""
        elif content.is_eof():
            body = b"".join(content._buffer)  # noqa: SLF001  (one piece is not copied; the way that is promised is long)
        else:
            self._body = content
        # Of what follows a wish for another protocol the parser loses a piece: the next request would begin anywhere.
        stays = not (message.should_close or message.upgrade) and message.version == HttpVersion11
        return Request(
            message.method, message.url.path, message.url, message.headers, body, content, self.transport, stays
        )

    def _stop_parsing(self) -> None:
        """Refuse what cannot be parsed: the body of the last request, or where there is none, what should be one."""
        self._parser, self._ends = None, True
        if not self._body.is_eof():
            self._body.set_exception(BadHttpMessage("malformed"))
        else:
            self._refuse("malformed", MALFORMED)
        self._wake()

    def _refuse(self, reason: str, answer: Answer) -> None:
        """Say what is no answer to a request, unless answers to requests must come first."""
        self._shared.count(reason)
        if self.transport is not None and not self._requests:
            self._shared.renew_date(self._loop.time())
            self.transport.write(answer.wire(self._shared.date, stays=False))

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    async def _serve(self) -> None:
        """Answer one request after the other, until the connection is to be closed."""
        requests, shared = self._requests, self._shared
        while requests or not self._ends:
            if not requests:
                self._waiter = self._loop.create_future()
                await self._waiter
                continue
            request = requests[0]
            try:
                answer = await shared.answer(request)
            except RefusedError as refused:
                shared.count(refused.reason)
                answer = refused.answer
            except Exception as error:  # noqa: BLE001  (a bug of ours must not leave a sender without an answer)
                shared.report(error)
                answer = OUR_FAULT.last()
            stays = self._write(request, answer)
            if self._paused or request.body is None:
                stays = await self._finished(request.content) and stays
            if not stays:
                return
            del request, answer  # an idle connection keeps nothing of them
            requests.popleft()
            if self._parser is not None:
                self._parser.message_consumed()
            if self._buffer_paused and len(requests) <= _MOST_WAITING // 2:
                await asyncio.sleep(0)  # noqa: TID251  (waits for nothing: a long row must not hold up other senders)
                self._read_on()

    def _write(self, request: Request, answer: Answer) -> bool:
        """Write an answer in one piece (one segment for a small one); say whether the connection stays."""
        transport, shared = self.transport, self._shared
        if transport is None or transport.is_closing():
            return False
        self._answered_at = now = self._loop.time()
        if now >= shared.date_until:
            shared.renew_date(now)
        stays = request.stays and not answer.closes and not (self._ends and len(self._requests) == 1)
        transport.write(answer.wire(shared.date, with_body=request.method != "HEAD", stays=stays))
        return stays

    async def _finished(self, content: StreamReader) -> bool:
        """Wait until the answer is read and the rest of the body is here; say whether that came in time."""
        try:
            async with asyncio.timeout(_WRITE_LIMIT_S):  # for ever, and unread answers would pile up in memory
                await self._drain_helper()
            async with asyncio.timeout(self._shared.limits.linger_s):
                while not content.is_eof():
                    await content.readany()
        except (TimeoutError, ConnectionError, HttpProcessingError) as error:
            error.__traceback__ = None  # as in read_body
            if self._paused and self.transport is not None:
                self.transport.abort()
            return False
        return True

    def _read_on(self) -> None:
        """Parse what the parser kept back, and read on unless that is plenty again."""
        self.data_received(b"")
        if len(self._requests) < _MOST_WAITING:
            self._resume_reading_for_buffer()

    def _served(self, task: asyncio.Task[None]) -> None:
        """Close the connection when its task has ended, and let go of requests that get no answer: they hold it."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._shared.report(error)
        self._requests.clear()
        if self.transport is None:
            self._shared.open.discard(self)
        else:
            self.transport.close()

    def _header_late(self) -> None:
        self._header_timer = None
        self._shared.count("slow_header")
        self.end()

    def _look_whether_idle(self) -> None:
        """End the connection when nothing came for too long, cut it when its last answers are not read; look again."""
        if self.task is None or self.transport is None:
            return
        if self.task.done():
            self.transport.abort()
            return
        now, idle_s = self._loop.time(), self._shared.limits.idle_s
        is_idle = self._waiter is not None and self._header_timer is None
        due = (self._answered_at if is_idle else now) + idle_s
        if due <= now:
            self.end()
            due = now + idle_s
        self._idle_timer = self._loop.call_at(due, self._look_whether_idle)
