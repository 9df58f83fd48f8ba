"""Strangers at a real process: right answers, a bot that goes on, and no stack trace in its log."""

from __future__ import annotations

import zlib
from pathlib import Path

from tests.e2e.bots import SECRET, job, running, sending, settle_in
from tests.integration.web.fronts import post, speak


async def test_a_bot_under_fire_answers_rightly_and_goes_on(tmp_path: Path) -> None:
    settle_in(tmp_path, more="")
    head = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\n"
    bomb = zlib.compress(b"\0" * 10_000_000)
    shots = {
        post("/hooks/extend", bomb, "Content-Encoding: deflate"): b"415",
        post("/hooks/extend", bomb, "Content-Encoding: gzip"): b"415",
        head + b"Content-Length: 99999999999\r\n\r\n": b"413",
        head + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": b"400",
        head + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n": b"400",
        post("/hooks/extend", b"{}", "x-extend-request-signature: \xe9", "x-extend-request-timestamp: \xff"): b"401",
        post("/hooks/extend", b"\xff\xfe"): b"401",
        post("/hooks/alfred/" + "x" * 4_000, b"{}"): b"401",
        post("/hooks/nobody", b"{}"): b"404",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n": b"400",
    }
    async with running(tmp_path, "--dev") as bot:
        for shot, wanted in shots.items():
            answer = await speak(bot.port, shot)
            assert answer.split(b" ")[1] == wanted, shot[:100]
        async with sending(bot.port) as sender:
            for body in (b"[]", b"[" * 100_000, b'{"a":1e999}', b"null", b'{"eventId":"\\ud800"}', b"\xff"):
                assert (await sender.extend(body)).status == 200
            assert (await sender.alfred(job("failed", "J1", "e1"))).values["status"] == "accepted"
        assert await bot.stop() == 0
        for word in ("Traceback", '"where"', "Error handling request", SECRET):
            assert word not in bot.err


async def test_a_chunked_body_over_the_limit_is_refused_by_the_configured_limit(tmp_path: Path) -> None:
    settle_in(tmp_path)
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("server: {", "server: {max_body: 1MiB, "))
    head = b"POST /hooks/extend HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"80000\r\n" + b"x" * 0x80000 + b"\r\n"
    async with running(tmp_path, "--dev") as bot:
        assert (await speak(bot.port, head, chunk, chunk, chunk)).split(b" ")[1] == b"413"
