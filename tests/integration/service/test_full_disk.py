"""A disk that is full for a while: senders come again, the bot stays, and nothing is lost or told twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.errors import StoreUnavailableError
from bot.pipeline import patience
from bot.service import upkeep
from bot.store import Store
from tests.e2e.bots import TOKEN, job, settle_in
from tests.e2e.test_running import GIVES_UP
from tests.integration.service.bots import Live, live
from tests.integration.service.test_bot import readyz
from tests.waiting import eventually_async

LARGE = "x" * 200_000
MANY = 60  # cards that take more than the pages that are there


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "AGAIN_S", 0.02)
    monkeypatch.setattr(upkeep, "PROBE_EVERY_S", 0.02)


async def limit_pages(store: Store, more: int | None) -> None:
    """Let the file grow by so many pages only; None lifts the limit."""

    def limit(cursor: Any) -> None:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={1 << 30 if more is None else pages + more}").fetchall()

    async def limited() -> bool:
        try:
            await store.work(limit)
        except StoreUnavailableError:
            return False  # it shared its transaction with something that found no room
        return True

    await eventually_async(limited, "the limit to be set")


async def ready(bot: Live) -> bool:
    return (await readyz(bot))[0] == 200


async def settled(bot: Live) -> bool:
    counts = await bot.store.read(lambda reads: reads.counts())
    return counts.last_seq > 0 and counts.behind == 0


async def started(bot: Live) -> None:
    """Wait until nothing is written any more but what the test sends: the rules are journaled and decided."""

    async def over() -> bool:
        return await bot.store.rule_set_in_force() is not None and await settled(bot)

    await eventually_async(over, "the start to be over")


async def test_senders_hear_503_and_the_bot_is_ready_again_without_another_delivery(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    async with live(tmp_path) as bot:
        await started(bot)
        await limit_pages(bot.store, 0)
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"http://127.0.0.1:{bot.port}/hooks/alfred/{TOKEN}", data=job("failed", "J1", "e1", note=LARGE)
            ) as answer,
        ):
            assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (503, True)

        async def refused() -> bool:
            code, said = await readyz(bot)
            return code == 503 and "full" in said["error"]

        await eventually_async(refused, "/readyz to say so")
        await limit_pages(bot.store, None)
        await eventually_async(lambda: ready(bot), "/readyz to be 200 again")
        assert (await bot.sender.alfred(job("failed", "J1", "e1", note=LARGE))).values["status"] == "accepted"


async def test_what_was_decided_while_the_disk_was_full_is_told_once_there_is_room(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    async with live(tmp_path) as bot:
        await started(bot)
        saves = Saves(bot.store)
        for number in range(MANY):
            answer = await bot.sender.alfred(job("exceeded_retries", f"J{number:02}", f"e{number}"))
            assert answer.status == 200
        await limit_pages(bot.store, 0)
        saves.gate.set()

        async def refused_again_and_again() -> bool:
            return saves.refused > 3

        await eventually_async(refused_again_and_again, "saves that do not fit")
        assert bot.out.getvalue().count("gives up") < MANY
        assert (await bot.sender.alfred(job("failed", "J99", "e99", note=LARGE))).status == 503
        await limit_pages(bot.store, None)

        async def told() -> bool:
            return bot.out.getvalue().count("gives up") >= MANY

        await eventually_async(told, "all cards")
        await eventually_async(lambda: settled(bot), "everything to be decided")
        assert [bot.out.getvalue().count(f"J{number:02} gives up") for number in range(MANY)] == [1] * MANY


class Saves:
    """The saves of a store, held until `gate` is open; counts those that were refused."""

    def __init__(self, store: Store) -> None:
        self.gate, self.refused = asyncio.Event(), 0
        self._whole = store.save
        store.save = self._begun  # type: ignore[method-assign,assignment]

    def _begun(self, *given: Any) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._save(*given))  # noqa: TID251 - the pipeline waits for it, or the test fails

    async def _save(self, *given: Any) -> None:
        await self.gate.wait()
        try:
            await self._whole(*given)
        except StoreUnavailableError:
            self.refused += 1
            raise
