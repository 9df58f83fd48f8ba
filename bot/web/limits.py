"""What one sender may take: bytes, and time for a header, for a body and between requests."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import StreamReader
from aiohttp.http import HttpProcessingError

from bot.web.answers import MALFORMED, TOO_LARGE, TOO_SLOW
from bot.web.refusals import RefusedError
from bot.web.request import Request


class Limits(msgspec.Struct, frozen=True):
    """Bytes, seconds and connections that a sender may use."""

    max_body: int = 32 * 1024 * 1024
    header_s: float = 10.0  # from a header's first byte to its end
    body_s: float = 30.0  # a whole body; Extend itself gives up after 30 s
    idle_s: float = 75.0  # without a byte of a next request; above the 60 s for which nginx keeps a connection
    linger_s: float = 2.0  # reading on after an early refusal, so that the sender gets to see it
    connections: int = 1_000


async def read_body(request: Request, limits: Limits) -> bytes:
    """Return the raw body; never reads past the limit. RefusedError when it is too large, too slow or broken."""
    body = request.body
    length = int(request.headers.get("Content-Length", "0")) if body is None else len(body)
    if length > limits.max_body:
        raise RefusedError("too_large", TOO_LARGE)
    if body is not None:
        return body
    try:
        async with asyncio.timeout(limits.body_s):
            _answer_expectation(request)
            return await _read_slowly(request.content, limits.max_body)
    except TimeoutError as error:
        raise RefusedError("slow_body", TOO_SLOW) from error
    # The stream keeps the error that it raises. With a traceback that would hold the stream and all that was read, in
    # a ring that only a collection undoes: gigabytes, when many senders leave in the middle of large bodies.
    except HttpProcessingError as error:
        raise RefusedError("malformed", MALFORMED) from error.with_traceback(None)
    except ConnectionError as error:
        raise RefusedError("sender_gone", MALFORMED) from error.with_traceback(None)


async def _read_slowly(content: StreamReader, limit: int) -> bytes:
    pieces, size = list[bytes](), 0
    while piece := await content.readany():
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise RefusedError("too_large", TOO_LARGE)
    return b"".join(pieces)


def _answer_expectation(request: Request) -> None:
    """Tell a sender that asks first (curl does for large bodies) to go on; it would wait a second otherwise."""
    transport = request.transport
    asks = request.headers.get("Expect", "").lower() == "100-continue"
    if asks and transport is not None and not transport.is_closing():
        transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
