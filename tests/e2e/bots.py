"""The bot as a process of its own, as an operator runs it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from bot.clock import SystemClock
from bot.sources.signature import signed_headers
from tests.waiting import eventually_async

ROOT: Final = Path(__file__).parents[2]
SECRET: Final = "wss_end_to_end_secret_0001"
TOKEN: Final = "end-to-end-token"
ENV: Final = {"EXTEND_SIGNING_SECRET": SECRET, "ALFRED_HOOK_TOKEN": TOKEN, "SLACK_BOT_TOKEN": "xoxb-fake-bot-token"}
_READY: Final = re.compile(r"listens on http://127\.0\.0\.1:(\d+)")

SOURCES: Final = """\
sources:
  extend: {kind: extend, secrets: [env:EXTEND_SIGNING_SECRET], company: [metadata.company, metadata.tenant]}
  alfred: {kind: alfred, token: env:ALFRED_HOOK_TOKEN}
"""


@dataclass
class BotProcess:
    """A started `python -m bot`. Its output is in files, so that a killed one's can be read too."""

    folder: Path
    process: asyncio.subprocess.Process
    life: int
    port: int = 0

    @property
    def out(self) -> str:
        return (self.folder / f"out-{self.life}.txt").read_text("utf-8")

    @property
    def err(self) -> str:
        return (self.folder / f"err-{self.life}.txt").read_text("utf-8")

    async def ready(self) -> None:
        """Wait until it listens."""

        async def listening() -> int:
            if self.process.returncode is not None:
                raise AssertionError(f"ended with {self.process.returncode} before it was ready:\n{self.err}")
            found = _READY.search(self.out)
            return int(found[1]) if found else 0

        self.port = await eventually_async(listening, "the bot to listen")

    async def ended(self, seconds: float = 30.0) -> int:
        """Wait for its end and return its exit code."""
        async with asyncio.timeout(seconds):
            return await self.process.wait()

    async def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def kill(self) -> None:
        """End it the hard way."""
        self.process.kill()
        await self.process.wait()


async def start(
    folder: Path, *arguments: str, env: Mapping[str, str] = ENV, life: int = 0, script: Path | None = None
) -> BotProcess:
    """Start `bot run` in a folder; `script` stands in for `-m bot`. Does not wait."""
    program = [str(script)] if script else ["-m", "bot"]
    with (folder / f"out-{life}.txt").open("wb") as out, (folder / f"err-{life}.txt").open("wb") as err:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *program,
            "run",
            *arguments,
            cwd=folder,
            env={**env, "PYTHONPATH": str(ROOT)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    return BotProcess(folder, process, life)


@asynccontextmanager
async def running(folder: Path, *arguments: str, **options: Any) -> AsyncIterator[BotProcess]:
    """Start a bot, wait until it listens, and end it with the block however that ends."""
    bot = await start(folder, *arguments, **options)
    try:
        await bot.ready()
        yield bot
    finally:
        if bot.process.returncode is None:
            await bot.kill()


async def command(folder: Path, *arguments: str, env: Mapping[str, str] = {}) -> tuple[int, str, str]:
    """Run another command of the bot to its end; return exit code, stdout and stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=folder,
        env={**env, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def free_port() -> int:
    """Return a port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settle_in(folder: Path, *, rules: str | None = None, slack: str = "", more: str = "") -> None:
    """Write a config for a bot on a free port; without `rules` those that ship."""
    source = str(ROOT / "rules")
    if rules is not None:
        (folder / "rules").mkdir(exist_ok=True)
        (folder / "rules" / "rules.yaml").write_text(rules, "utf-8")
        source = "rules/"
    lines = f"server: {{port: {free_port()}}}\n{SOURCES}rules: [{source}]\n{slack}{more}"
    (folder / "config.yaml").write_text(lines, "utf-8")


@dataclass
class Answered:
    """What the bot said to one delivery."""

    status: int
    values: dict[str, Any]

    @property
    def event_id(self) -> str:
        return str(self.values.get("event_id", ""))


class Sender:
    """A platform's side: posts deliveries, signed as it does."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session, self._base = session, f"http://127.0.0.1:{port}/hooks"

    async def extend(self, body: bytes) -> Answered:
        headers = signed_headers(SECRET.encode(), body, SystemClock().now_ms() // 1000)
        return await self._post("/extend", body, headers)

    async def alfred(self, body: bytes) -> Answered:
        return await self._post(f"/alfred/{TOKEN}", body, {})

    async def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        async with self._session.post(self._base + path, data=body, headers=headers) as answer:
            return Answered(answer.status, await answer.json())


@asynccontextmanager
async def sending(port: int) -> AsyncIterator[Sender]:
    """Post to the bot at a port."""
    async with aiohttp.ClientSession() as session:
        yield Sender(session, port)


def job(name: str, job_id: str, event_id: str, **fields: Any) -> bytes:
    """Return an Alfred job event."""
    event = {"event_name": f"job_{name}_event", "job_id": job_id, "company_name": "Acme", **fields}
    return json.dumps({"event_id": event_id, "event_type": "job_event", "event": event}).encode()
