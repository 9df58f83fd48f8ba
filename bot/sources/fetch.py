"""Fetches a payload by reference, from hosts that the config names and from public addresses only.

The address to fetch came with a delivery, so it is a stranger's wish: without these checks a forged or careless one
makes the bot read from the inside of its own network. Names are checked before, addresses when the socket is made:
a name may answer differently the second time, and a literal address is never looked up at all.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.errors import FetchError
from bot.sources.addresses import is_public

DEFAULT_LIMIT: Final = 32 * 1024 * 1024  # bytes
DEFAULT_TIMEOUT: Final = 15.0  # seconds, of the whole fetch
MAX_ADDRESS: Final = 8_192  # characters; signed addresses have up to 2,000
_CHUNK: Final = 64 * 1024
_WORTH_ANOTHER_TRY: Final = frozenset({408, 425, 429})
_HEADERS: Final[Mapping[str, str]] = {"Accept-Encoding": "identity", "User-Agent": "tocsin"}


@dataclass(frozen=True, slots=True)
class Reach:
    """What a fetch may reach. The defaults are the only ones for the running bot; tests reach for loopback.

    `permits` is asked with the literal address of every socket, right before it connects.
    """

    scheme: str = "https"
    port: int = 443
    permits: Callable[[str], bool] = is_public
    resolver: AbstractResolver | None = None
    trust: ssl.SSLContext | bool = True


INTERNET: Final = Reach()


async def fetch(
    url: str,
    hosts: tuple[str, ...],
    *,
    limit: int = DEFAULT_LIMIT,
    timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109 - of the whole, so that no caller can forget it
    reach: Reach = INTERNET,
) -> bytes:
    """Return the bytes at `url`.

    Args:
        url: an https address on port 443 without user or password; its query is sent unchanged, it is a signature.
        hosts: host names that are allowed exactly, or `*.example.com` for any name below example.com (not itself).
        limit: most bytes of the body.
        timeout: seconds for everything together.
        reach: see `Reach`.

    Raises:
        FetchError: the text names the host and the cause, never the path or the query. `permanent` when the same
            address cannot work later: not allowed, refused, redirected, expired, too large.
    """
    address = checked(url, hosts, reach)
    host = address.raw_host
    try:
        async with asyncio.timeout(timeout):
            return await _get(address, limit, reach)
    except TimeoutError:
        raise FetchError(f"{host}: no whole answer within {timeout:g} s", permanent=False) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # Their texts may quote the address with its query; the kind of error says enough.
        raise FetchError(f"{host}: {type(error).__name__}", permanent=False) from None


def checked(url: str, hosts: tuple[str, ...], reach: Reach = INTERNET) -> URL:
    """Return the address, taken apart once: what is checked here is what is fetched.

    Raises:
        FetchError: permanent, before anything is looked up.
    """
    if len(url) > MAX_ADDRESS or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _refused("is no plain address")
    try:
        address = URL(url, encoded=True)
        host, port = (address.raw_host or "").lower(), address.port
    except ValueError:
        raise _refused("cannot be read") from None
    if address.scheme != reach.scheme or port != reach.port:
        raise _refused(f"is not {reach.scheme} on port {reach.port}")
    if address.raw_user is not None or address.raw_password is not None:
        raise _refused("holds a user or a password")
    if not is_allowed(host, hosts):
        raise _refused(f"is on {host[:253]}, which is not in fetch_from")
    return address


def is_allowed(host: str, hosts: tuple[str, ...]) -> bool:
    """Say whether a lower-case host is named exactly, or lies below a `*.suffix`."""
    for entry in hosts:
        wanted = entry.strip().lower()
        if wanted.startswith("*."):
            if host.endswith(wanted[1:]) and len(host) > len(wanted) - 1:
                return True
        elif host and host == wanted:
            return True
    return False


def _refused(what: str) -> FetchError:
    return FetchError(f"the address of the payload {what}", permanent=True)


@dataclass(slots=True)
class _Gate:
    """Makes sockets for permitted addresses only; remembers whether it ever said no."""

    permits: Callable[[str], bool]
    refused: list[str] = field(default_factory=list)

    def __call__(self, found: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = found
        if not self.permits(str(address[0])):
            self.refused.append(str(address[0]))
            raise OSError(errno.EACCES, "not a public address")
        return socket.socket(family=family, type=kind, proto=protocol)


async def _get(address: URL, limit: int, reach: Reach) -> bytes:
    gate = _Gate(reach.permits)
    connector = aiohttp.TCPConnector(
        socket_factory=gate, resolver=reach.resolver, ssl=reach.trust, use_dns_cache=False, force_close=True
    )
    session = aiohttp.ClientSession(
        connector=connector,
        trust_env=False,  # a proxy of the environment would make every check here pointless
        auto_decompress=False,  # a small answer must not become a large one
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),  # the caller's limit covers everything
    )
    async with session:
        try:
            async with session.get(address, headers=_HEADERS, allow_redirects=False) as answer:
                return await _body(answer, limit)
        except aiohttp.ClientConnectorError:
            if gate.refused:
                raise FetchError(f"{address.raw_host} leads to an address that is not public", permanent=True) from None
            raise


async def _body(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    host, status = answer.url.raw_host, answer.status
    if status in range(300, 400):
        raise FetchError(f"{host}: redirects are not followed", permanent=True)
    if status != 200:  # noqa: PLR2004 - the one status that comes with the payload
        permanent = status in range(400, 500) and status not in _WORTH_ANOTHER_TRY
        raise FetchError(f"{host}: answered {status}", permanent=permanent)
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchError(f"{host}: answered with a compressed body, which was not asked for", permanent=True)
    too_large = FetchError(f"{host}: the payload is larger than {limit} bytes", permanent=True)
    if (answer.content_length or 0) > limit:
        raise too_large
    read = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        read += chunk
        if len(read) > limit:
            raise too_large
    return bytes(read)
