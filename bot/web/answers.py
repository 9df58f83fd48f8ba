"""Answers as bytes made once. aiohttp's own response costs a third of a small request (measured in bench/)."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Final, cast

import msgspec
from aiohttp import HttpVersion11, web

from bot.clock import SystemClock

_WRITE_LIMIT_S: Final = 30.0
_CLOSE: Final = b"Connection: close\r\n"
_CLOCK: Final = SystemClock()
_dates: dict[int, bytes] = {}


class Answer:
    """One whole answer. Stands in for aiohttp's StreamResponse, of which the connection uses these three names only."""

    __slots__ = ("_body", "_head", "_request", "_stays", "keep_alive")

    def __init__(self, head: bytes, body: bytes, *, stays: bool = True) -> None:
        self._head = head
        self._body = body
        self._stays = stays
        self.keep_alive: bool | None = None
        self._request: web.BaseRequest | None = None

    @property
    def body(self) -> bytes:
        """The body alone."""
        return self._body

    @property
    def wire(self) -> bytes:
        """All bytes, for a connection that is closed at once."""
        return self._bytes(with_body=True, stays=False)

    def again(self) -> web.StreamResponse:
        """Return a copy for one request: `keep_alive` belongs to that request alone."""
        return cast("web.StreamResponse", Answer(self._head, self._body, stays=self._stays))

    def last(self) -> web.StreamResponse:
        """Return a copy after which the connection closes: what follows on it cannot be trusted or is not wanted."""
        return cast("web.StreamResponse", Answer(self._head, self._body, stays=False))

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write everything in one go (one segment for a small answer)."""
        stays = self._stays and request.keep_alive and request.version == HttpVersion11
        self.keep_alive = stays
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the sender is gone")
        transport.write(self._bytes(with_body=request.method != "HEAD", stays=stays))
        self._request = request

    async def write_eof(self, _rest: bytes = b"") -> None:
        """Wait for a sender that does not read its answers, but not for ever: they would pile up in memory."""
        request, self._request = self._request, None
        if request is None or not request.protocol.writing_paused:
            return
        try:
            async with asyncio.timeout(_WRITE_LIMIT_S):
                await request.writer.drain()
        except TimeoutError as error:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError("the sender does not read") from error

    def _bytes(self, *, with_body: bool, stays: bool) -> bytes:
        return b"".join((self._head, _date(), b"" if stays else _CLOSE, b"\r\n", self._body if with_body else b""))


def head_of(status: HTTPStatus, length: int, *, content_type: str = "application/json", more: str = "") -> bytes:
    """Return status line and headers without Date, Connection and the empty line. `more` is whole header lines."""
    lines = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n"
    return f"{lines}{more}".encode("ascii")


def answer(status: HTTPStatus, values: dict[str, Any], *, more: str = "") -> Answer:
    """Return a JSON answer."""
    body = msgspec.json.encode(values)
    return Answer(head_of(status, len(body), more=more), body)


def refusal(status: HTTPStatus, why: str, *, more: str = "") -> Answer:
    """Return a JSON answer that says in our own words why nothing was done; never a word of what was sent."""
    return answer(status, {"status": "refused", "error": why}, more=more)


def stored(status: str, event_id: str) -> web.StreamResponse:
    """Return the answer to a delivery that is safe: `accepted`, `duplicate` or `quarantined`, and our id for it."""
    # By hand: both are letters, digits and underscores of our own, and this is the hottest line of the floor.
    body = f'{{"status":"{status}","event_id":"{event_id}"}}'.encode("ascii")
    head = _STORED_HEADS.get(len(body))
    if head is None:
        head = _STORED_HEADS[len(body)] = head_of(HTTPStatus.OK, len(body))
    return cast("web.StreamResponse", Answer(head, body))


_STORED_HEADS: Final[dict[int, bytes]] = {}


def _date() -> bytes:
    second = _CLOCK.now_ms() // 1_000
    line = _dates.get(second)
    if line is None:
        _dates.clear()
        line = _dates[second] = f"Date: {formatdate(second, usegmt=True)}\r\n".encode("ascii")
    return line


_RETRY: Final = "Retry-After: 5\r\n"

NOT_AUTHENTIC: Final = refusal(HTTPStatus.UNAUTHORIZED, "not authentic")
UNKNOWN_SOURCE: Final = refusal(HTTPStatus.NOT_FOUND, "unknown source")
NOT_FOUND: Final = refusal(HTTPStatus.NOT_FOUND, "not found")
POST_ONLY: Final = refusal(HTTPStatus.METHOD_NOT_ALLOWED, "deliveries are POST requests", more="Allow: POST\r\n")
GET_ONLY: Final = refusal(HTTPStatus.METHOD_NOT_ALLOWED, "this is read with GET", more="Allow: GET, HEAD\r\n")
ENCODED: Final = refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the body without Content-Encoding")
TOO_LARGE: Final = refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is larger than server.max_body")
TOO_SLOW: Final = refusal(HTTPStatus.REQUEST_TIMEOUT, "the body took too long")
MALFORMED: Final = refusal(HTTPStatus.BAD_REQUEST, "malformed request")
OUR_FAULT: Final = refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of ours; it is in the log")
NOT_STORED: Final = refusal(HTTPStatus.SERVICE_UNAVAILABLE, "cannot store right now, come again", more=_RETRY)
TOO_MANY_CONNECTIONS: Final = refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections", more=_RETRY)
