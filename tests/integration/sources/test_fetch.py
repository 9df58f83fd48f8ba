"""Fetching a payload by reference, against real sockets on loopback."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.errors import FetchError
from bot.sources.fetch import INTERNET, MAX_ADDRESS, Reach, checked, fetch, is_allowed

HOST = "payloads.example.com"
HOSTS = (HOST,)
SECRET = "X-Amz-Signature=verysecret"


class Resolver(AbstractResolver):
    """Answers with the next of the given addresses each time it is asked, and keeps to the last one."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked: list[str] = []

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - the interface's
    ) -> list[ResolveResult]:
        self.asked.append(host)
        answer = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        if not answer:
            raise OSError("no such name")
        kind = socket.AF_INET6 if ":" in answer else socket.AF_INET
        return [ResolveResult(hostname=host, host=answer, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


@dataclass
class Server:
    """Answers every connection with `answer`; `requests` are the heads it got."""

    port: int = 0
    connections: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/run/1?{SECRET}"

    def reach(self, *resolved: str, permits: Callable[[str], bool] = {"127.0.0.1"}.__contains__) -> Reach:
        return Reach("http", self.port, permits, Resolver(*(resolved or ("127.0.0.1",))))


Script = Callable[[asyncio.StreamWriter], Any]


@asynccontextmanager
async def serving(script: Script, trust: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            server.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
            await script(writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=trust)
    server.port = listener.sockets[0].getsockname()[1]
    async with listener:
        yield server


def answering(body: bytes, status: str = "200 OK", *headers: str) -> Script:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(lines).encode() + body)

    return script


async def refusal(url: str, reach: Reach = INTERNET, **limits: Any) -> FetchError:
    with pytest.raises(FetchError) as refused:
        await fetch(url, HOSTS, reach=reach, **limits)
    assert "verysecret" not in str(refused.value)
    assert "/run/1" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    return refused.value


async def test_a_payload_is_fetched_and_its_query_is_sent_unchanged() -> None:
    query = "X-Amz-Credential=a%2Fb%2fc+d&X-Amz-Signature=%7e~"
    async with serving(answering(b'{"id": "wr_1"}')) as server:
        url = f"http://{HOST}:{server.port}/a%2Fb/c?{query}"

        assert await fetch(url, HOSTS, reach=server.reach()) == b'{"id": "wr_1"}'

    assert server.requests[0].startswith(f"GET /a%2Fb/c?{query} HTTP/1.1\r\n")
    assert f"Host: {HOST}:{server.port}\r\n" in server.requests[0]
    assert "Accept-Encoding: identity\r\n" in server.requests[0]
    assert "ookie" not in server.requests[0]


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/x?{SECRET}",
        f"http://{HOST}:443/x?{SECRET}",
        f"ftp://{HOST}/x?{SECRET}",
        f"file:///run/1?{SECRET}",
        f"//{HOST}/x?{SECRET}",
        f"https://{HOST}:8443/x?{SECRET}",
        f"https://{HOST}:0/x?{SECRET}",
        f"https://{HOST}:99999/x?{SECRET}",
        f"https://user@{HOST}/x?{SECRET}",
        f"https://user:pw@{HOST}/x?{SECRET}",
        f"https://:@{HOST}/x?{SECRET}",
        f"https://{HOST}@evil.example/x?{SECRET}",
        f"https://evil.example\\@{HOST}/x?{SECRET}",
        f"https://{HOST}/a\\b?{SECRET}",
        f"https://evil.example#@{HOST}/x?{SECRET}",
        f"https://evil.example/@{HOST}/x?{SECRET}",
        f"https://evil.example?@{HOST}/x?{SECRET}",
        f"https://{HOST}.evil.example/x?{SECRET}",
        f"https://evil{HOST}/x?{SECRET}",
        f"https://sub.{HOST}/x?{SECRET}",
        f"https://{HOST}./x?{SECRET}",
        f"https://{HOST}%2eevil.example/x?{SECRET}",
        f"https://{HOST} /x?{SECRET}",
        f"https://{HOST}/x\r\nHost: evil?{SECRET}",
        f"https://{HOST}\t/x?{SECRET}",
        f"https://payloads。example.com/x?{SECRET}",
        f"https://127.0.0.1/x?{SECRET}",
        f"https://[::1]/x?{SECRET}",
        f"https://[::1/x?{SECRET}",
        f"https://2130706433/x?{SECRET}",
        f"https:///x?{SECRET}",
        "https://",
        "",
        "x",
        f"https://{HOST}/" + "x" * MAX_ADDRESS,
    ],
)
async def test_an_address_that_is_not_allowed_is_refused_for_good_before_anything_is_looked_up(url: str) -> None:
    resolver = Resolver("127.0.0.1")

    assert (await refusal(url, Reach(resolver=resolver, permits=lambda _: True))).permanent
    assert resolver.asked == []


@pytest.mark.parametrize("url", [f"https://{HOST}/x", f"HTTPS://{HOST.upper()}/x", f"https://{HOST}:443/x#fragment"])
def test_what_is_allowed_is_allowed_in_any_spelling(url: str) -> None:
    assert checked(url, HOSTS).raw_host is not None


@pytest.mark.parametrize(
    ("host", "hosts", "allowed"),
    [
        ("a.example.com", ("a.example.com",), True),
        ("a.example.com", ("A.Example.com",), True),
        ("b.example.com", ("a.example.com",), False),
        ("a.example.com", ("example.com",), False),
        ("a.example.com", ("*.example.com",), True),
        ("a.b.example.com", ("*.example.com",), True),
        ("example.com", ("*.example.com",), False),
        (".example.com", ("*.example.com",), False),
        ("evilexample.com", ("*.example.com",), False),
        ("example.com.evil.org", ("*.example.com",), False),
        ("a.example.com", (), False),
        ("", ("",), False),
        ("b.org", ("a.org", "b.org"), True),
    ],
)
def test_hosts_are_allowed_exactly_or_below_a_suffix(host: str, hosts: tuple[str, ...], allowed: bool) -> None:
    assert is_allowed(host, hosts) is allowed


@pytest.mark.parametrize(
    "literal",
    [
        "127.0.0.1",
        "[::1]",
        "169.254.169.254",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "0.0.0.0",  # noqa: S104 - an address to be refused, nothing is bound
    ],
)
async def test_a_literal_private_address_is_refused_though_no_resolver_ever_sees_it(literal: str) -> None:
    with pytest.raises(FetchError, match="not public") as refused:
        await fetch(f"https://{literal}/x", (literal.strip("[]"),), timeout=5)

    assert refused.value.permanent


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1"]
)
async def test_a_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    error = await refusal(f"https://{HOST}/run/1?{SECRET}", Reach(resolver=Resolver(address)))

    assert error.permanent
    assert str(error) == f"{HOST} leads to an address that is not public"


async def test_the_server_behind_a_private_address_never_sees_a_connection() -> None:
    async with serving(answering(b"{}")) as server:
        reach = Reach("http", server.port, resolver=Resolver("127.0.0.1"))

        assert (await refusal(server.url, reach)).permanent

    assert server.connections == 0


async def test_a_name_that_answers_differently_the_second_time_is_checked_again() -> None:
    async with serving(answering(b"{}")) as server:
        reach = server.reach("127.0.0.1", "127.0.0.2")

        assert await fetch(server.url, HOSTS, reach=reach) == b"{}"
        assert (await refusal(server.url, reach)).permanent

    assert server.connections == 1


async def test_the_address_that_is_checked_is_the_one_that_is_connected_to() -> None:
    asked: list[str] = []

    def permits(address: str) -> bool:
        asked.append(address)
        return True

    async with serving(answering(b"{}")) as server:
        await fetch(server.url, HOSTS, reach=server.reach("127.0.0.1", "8.8.8.8", permits=permits))

    assert asked == ["127.0.0.1"]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_redirects_are_not_followed(status: str) -> None:
    async with serving(answering(b"")) as other, serving(answering(b"", status, f"Location: {other.url}")) as server:
        error = await refusal(server.url, server.reach())

    assert error.permanent
    assert other.connections == 0


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        ("400 Bad Request", True),
        ("403 Forbidden", True),
        ("404 Not Found", True),
        ("410 Gone", True),
        ("408 Request Timeout", False),
        ("429 Too Many Requests", False),
        ("500 Internal Server Error", False),
        ("503 Service Unavailable", False),
        ("204 No Content", False),
    ],
)
async def test_which_answers_are_final(status: str, permanent: bool) -> None:
    async with serving(answering(b"", status)) as server:
        error = await refusal(server.url, server.reach())

    assert error.permanent is permanent
    assert status[:3] in str(error)


async def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    async with serving(answering(b"x" * 1_000)) as server:
        assert len(await fetch(server.url, HOSTS, limit=1_000, reach=server.reach())) == 1_000
        error = await refusal(server.url, server.reach(), limit=999)

    assert error.permanent
    assert "999" in str(error)


async def test_a_body_that_announces_too_much_is_not_read() -> None:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    async with serving(script) as server:
        error = await refusal(server.url, server.reach())

    assert error.permanent


async def test_an_endless_body_in_chunks_is_cut_off_at_the_limit() -> None:
    sent = 0

    async def script(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
            sent += 65_536
            await writer.drain()

    async with serving(script) as server:
        error = await refusal(server.url, server.reach(), limit=200_000)

    assert error.permanent
    assert 200_000 < sent < 50_000_000


async def test_a_slow_body_is_given_up_and_may_be_tried_again() -> None:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx")
        await writer.drain()
        await asyncio.Event().wait()

    async with serving(script) as server:
        error = await refusal(server.url, server.reach(), timeout=0.1)

    assert not error.permanent
    assert server.connections == 1


async def test_a_server_that_never_answers_is_given_up() -> None:
    async def script(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serving(script) as server:
        assert not (await refusal(server.url, server.reach(), timeout=0.1)).permanent


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_a_broken_answer_may_be_tried_again(answer: bytes) -> None:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    async with serving(script) as server:
        assert not (await refusal(server.url, server.reach())).permanent


async def test_nobody_listening_and_a_name_that_nobody_knows_may_be_tried_again() -> None:
    async with serving(answering(b"")) as server:
        gone = server.url
        reach = server.reach()

    assert not (await refusal(gone, reach)).permanent
    assert not (await refusal(server.url, server.reach(""))).permanent


async def test_a_compressed_body_is_never_unpacked() -> None:
    bomb = zlib.compress(b"x" * 10_000_000)
    async with serving(answering(bomb, "200 OK", "Content-Encoding: deflate")) as server:
        assert (await refusal(server.url, server.reach())).permanent


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answering(b"from the proxy")) as proxy, serving(answering(b"direct")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)

        assert await fetch(server.url, HOSTS, reach=server.reach()) == b"direct"

    assert proxy.connections == 0


async def test_a_cancelled_fetch_is_cancelled() -> None:
    asked = asyncio.Event()

    async def script(_: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()

    async with serving(script) as server, asyncio.timeout(20), asyncio.TaskGroup() as group:
        fetching = group.create_task(fetch(server.url, HOSTS, reach=server.reach()))
        await asked.wait()
        fetching.cancel()

    assert fetching.cancelled()


# TLS, with a certificate of our own


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not there to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(  # noqa: S603
        [program, *kind, *subject, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
        timeout=30,
        env={"PATH": os.environ["PATH"]},
    )
    return certificate, key


@asynccontextmanager
async def serving_tls(certificate: tuple[Path, Path]) -> AsyncIterator[Server]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    async with serving(answering(b"{}"), context) as server:
        yield server


async def test_a_certificate_of_that_name_is_needed(certificate: tuple[Path, Path]) -> None:
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    async with serving_tls(certificate) as server:
        reach = Reach("https", server.port, lambda _: True, Resolver("127.0.0.1"), trust)
        other = f"https://other.example.com:{server.port}/x"

        assert await fetch(f"https://{HOST}:{server.port}/x", HOSTS, reach=reach) == b"{}"
        with pytest.raises(FetchError, match="Certificate"):
            await fetch(other, ("other.example.com",), reach=reach)


async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: tuple[Path, Path]) -> None:
    async with serving_tls(certificate) as server:
        reach = Reach("https", server.port, lambda _: True, Resolver("127.0.0.1"))
        error = await refusal(f"https://{HOST}:{server.port}/run/1?{SECRET}", reach)

    assert "Certificate" in str(error)
    assert not error.permanent
    assert server.requests == []
