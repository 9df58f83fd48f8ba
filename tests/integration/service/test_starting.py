"""Starts that come to nothing blame no event."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NoReturn

import pytest

from bot.errors import UsageError
from bot.pipeline.pipeline import TRIES_BEFORE_SET_ASIDE, Pipeline
from tests.e2e.bots import job, settle_in
from tests.e2e.test_running import GIVES_UP
from tests.integration.service.bots import live
from tests.waiting import eventually_async


async def test_a_port_that_is_taken_blames_no_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    monkeypatch.setattr("bot.service.running.DECIDING_S", 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "run", _never)
        async with live(tmp_path) as bot:
            assert (await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))).status == 200
            port = bot.port
    other = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
    async with other:
        for _ in range(TRIES_BEFORE_SET_ASIDE + 2):
            with pytest.raises(UsageError, match="cannot listen"):
                await _start(tmp_path)
    async with live(tmp_path) as bot:

        async def told() -> bool:
            return "J1 gives up" in bot.out.getvalue()

        await eventually_async(told, "the event that waited")
        assert (await bot.store.read(lambda reads: reads.counts())).set_aside == 0


async def _never(_pipeline: Pipeline) -> None:
    await asyncio.Event().wait()


async def _start(folder: Path) -> NoReturn:
    """Start on an address that is taken; raise what the start raises."""
    try:
        async with live(folder):
            raise AssertionError("it started")
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
