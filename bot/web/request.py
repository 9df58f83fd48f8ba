"""A request as those who answer it see it."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import StreamReader
from multidict import CIMultiDictProxy
from yarl import URL


class Request(msgspec.Struct, frozen=True):
    """A request whose header is there.

    `path` is decoded, `url` the target as it was sent; headers are looked up without regard to case. `body` is there
    when it came with the header, as small ones do; otherwise it is on its way in `content`. `stays` says whether the
    sender wants to keep the connection.
    """

    method: str
    path: str
    url: URL
    headers: CIMultiDictProxy[str]
    body: bytes | None
    content: StreamReader
    transport: asyncio.Transport | None
    stays: bool
