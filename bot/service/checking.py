"""Having rules checked by a process of their own (checker.py), within a time."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import msgspec

import bot
from bot.errors import TocsinError
from bot.service.checker import Order, Verdict

# A thousand rules with examples take five seconds on an idle machine; beside a busy bot on one core, some times that.
LIMIT_S: Final = 300.0
_END_S: Final = 10.0
_SAID: Final = 2_000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Verdict).decode


class CheckFailedError(TocsinError):
    """Nobody knows whether rules are good: checking them took too long, or could not be done."""


async def check(order: Order, limit_s: float = LIMIT_S) -> Verdict:
    """Return what a process of its own says of the rules. Raises CheckFailedError."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "bot.service.checker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
    except OSError as error:
        raise CheckFailedError(f"no process could be started to check the rules: {error.strerror}") from error
    try:
        async with asyncio.timeout(limit_s):
            out, said = await process.communicate(_encode(order))
    except TimeoutError as error:
        raise CheckFailedError(f"checking the rules takes longer than {limit_s:.0f} s") from error
    finally:
        await _ended(process)
    if process.returncode:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise CheckFailedError(f"checking the rules failed (code {process.returncode}): {''.join(last)[:_SAID]}")
    return _decode(out)


def _environment() -> dict[str, str]:
    """Return ours, and where this very program lies: it may have been started from anywhere."""
    here = str(Path(bot.__file__).parents[1])
    before = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([here, before] if before else [here])}


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        async with asyncio.timeout(_END_S):
            await process.wait()
