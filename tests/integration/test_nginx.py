"""docs/deploy/nginx.conf as it stands, in a real nginx with a certificate of our own; only ports and paths differ."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

DEPLOY = Path(__file__).parents[2] / "docs/deploy"
TOKEN = "path-token-that-no-log-may-hold"
SECRET_PATH = f"/hooks/alfred/{TOKEN}"
NGINX = shutil.which("nginx")
BODY = bytes(range(256)) * 8
LIMIT = aiohttp.ClientTimeout(total=20)

needs_nginx = pytest.mark.skipif(NGINX is None or shutil.which("openssl") is None, reason="nginx is not installed")
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


class Receiver:
    """Stands where the bot would, and keeps what reached it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        application = web.Application(client_max_size=64 << 20)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(application)

    async def _answer(self, request: web.Request) -> web.Response:
        self.seen.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        return web.Response(text="from the bot")


class Proxy:
    """A running nginx: its port, its logs and the authority that signed its certificate."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))

    @property
    def logs(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("*.log"))

    async def request(
        self, method: str, path: str, *, body: bytes | None = None, trust: ssl.SSLContext | None = None
    ) -> tuple[int, str]:
        headers = {"X-Extend-Request-Signature": "abc"}
        async with aiohttp.ClientSession(timeout=LIMIT) as session:
            url = f"https://localhost:{self.port}{path}"
            async with session.request(
                method, url, data=io.BytesIO(body or b""), headers=headers, ssl=trust or self.trust
            ) as answer:
                return answer.status, await answer.text()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S603, S607


def _certificate(folder: Path) -> None:
    """Make an authority of our own and a certificate for localhost signed by it."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    _openssl(folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Our own authority")
    _openssl(folder, "req", *key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    _openssl(
        folder, "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "fullchain.pem",
        "-days", "2", "-extfile", "names",
    )  # fmt: skip


def _configuration(folder: Path, port: int, receiver: int) -> Path:
    text = (DEPLOY / "nginx.conf").read_text()
    for written, here in {
        "    listen [::]:443 ssl;\n": "",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "127.0.0.1:8080": f"127.0.0.1:{receiver}",
        "alerts.example.com;": "localhost;",
        "/etc/ssl/tocsin/": f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
    }.items():
        assert written in text
        text = text.replace(written, here)
    (folder / "tocsin.conf").write_text(text)
    temporary = "".join(
        f"{what}_temp_path {folder}/{what};\n" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Workers of a root's nginx are somebody else, who may not write into this folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    main = folder / "main.conf"
    main.write_text(
        f"{user}pid {folder}/pid;\nerror_log {folder}/error.log crit;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}include {folder}/tocsin.conf;\n}}\n"
    )
    return main


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiving = Receiver()
    await receiving.server.start_server()
    yield receiving
    await receiving.server.close()


@pytest.fixture
def proxy(tmp_path: Path, receiver: Receiver) -> Iterator[Proxy]:
    _certificate(tmp_path)
    port = _free_port()
    main = _configuration(tmp_path, port, receiver.server.port or 0)
    command = [NGINX or "", "-p", str(tmp_path), "-e", str(tmp_path / "error.log"), "-c", str(main)]
    # In the background nginx returns once it listens, so nothing has to be waited for.
    subprocess.run(command, check=True, capture_output=True, timeout=30)  # noqa: S603
    yield Proxy(tmp_path, port)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)


@needs_nginx
async def test_a_delivery_reaches_the_bot_as_it_was_sent(proxy: Proxy, receiver: Receiver) -> None:
    answer = await proxy.request("POST", "/hooks/extend?api_version=2026-02-09", body=BODY)

    method, path, headers, body = receiver.seen[0]
    assert answer == (200, "from the bot")
    assert (method, path, body) == ("POST", "/hooks/extend?api_version=2026-02-09", BODY)
    assert headers["X-Extend-Request-Signature"] == "abc"


@needs_nginx
async def test_who_does_not_know_the_authority_refuses_the_certificate(proxy: Proxy, receiver: Receiver) -> None:
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        await proxy.request("POST", "/hooks/extend", body=BODY, trust=ssl.create_default_context())

    assert receiver.seen == []


@needs_nginx
@pytest.mark.parametrize("path", ["/", "/metrics", "/readyz", "/api/v1/alerts", "/hooksy"])
async def test_what_is_not_meant_for_outside_stays_inside(proxy: Proxy, receiver: Receiver, path: str) -> None:
    status, _ = await proxy.request("GET", path)

    assert status == 404
    assert receiver.seen == []


@needs_nginx
async def test_only_a_monitor_may_read(proxy: Proxy, receiver: Receiver) -> None:
    assert (await proxy.request("GET", "/healthz"))[0] == 200
    assert (await proxy.request("GET", "/hooks/extend"))[0] == 403
    assert len(receiver.seen) == 1


@needs_nginx
async def test_a_body_over_the_limit_does_not_reach_the_bot(proxy: Proxy, receiver: Receiver) -> None:
    status, _ = await proxy.request("POST", "/hooks/extend", body=bytes((32 << 20) + 1))

    assert status == 413
    assert receiver.seen == []


@needs_nginx
async def test_a_two_megabyte_run_passes(proxy: Proxy, receiver: Receiver) -> None:
    body = os.urandom(2_200_000)

    status, _ = await proxy.request("POST", "/hooks/extend", body=body)

    assert status == 200
    assert receiver.seen[0][3] == body


@needs_nginx
async def test_no_log_holds_the_secret_of_the_path_even_when_the_bot_is_down(proxy: Proxy, receiver: Receiver) -> None:
    up, _ = await proxy.request("POST", SECRET_PATH, body=BODY)
    await receiver.server.close()
    down, _ = await proxy.request("POST", SECRET_PATH, body=BODY)

    assert (up, down) == (200, 502)
    assert "POST /hooks/alfred 200" in proxy.logs
    assert "POST /hooks/alfred 502" in proxy.logs
    assert TOKEN not in proxy.logs


@needs_systemd
def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "tocsin.service"
    unit.write_text((DEPLOY / "tocsin.service").read_text().replace("/opt/tocsin/.venv/bin/tocsin", "/bin/true"))

    command = ["systemd-analyze", "verify", "--recursive-errors=no", "--man=no", str(unit)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603

    assert checked.returncode == 0
    assert "tocsin.service" not in checked.stderr
