"""Proof that the scenarios have teeth: a client as most people write it fails them."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import FakeSlack

CHANNEL = "C0DOCALERT1"
STORED = ["reset_after_store", "timeout_after_store", "truncate_body", "status_after_store", "ok_false_after_store"]
MARK: dict[str, Any] = {"event_type": "naive", "event_payload": {"delivery_id": "dl_1"}}


async def posted_naively(fake: FakeSlack, *, tries: int) -> None:
    """Post as slack-sdk does by default; try again after every error, and look at nothing."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.3)) as session:
        client = AsyncWebClient(token=fake.token, base_url=fake.api_url, session=session)
        for _ in range(tries):
            try:
                await client.chat_postMessage(channel=CHANNEL, text="Job J1 gives up", metadata=MARK)
            except Exception:  # noqa: BLE001 - this is how it is done
                await asyncio.sleep(0)  # noqa: TID251
            else:
                return


@pytest.mark.parametrize("effect", STORED)
async def test_who_tries_again_after_an_error_posts_twice(effect: str) -> None:
    async with FakeSlack() as fake:
        fake.workspace.switches.strict_bursts = False
        fake.fault(effect, method="chat.postMessage")
        await posted_naively(fake, tries=3)
        assert fake.duplicates() == {"dl_1": 2}


async def test_even_one_try_posts_twice_where_the_client_repeats_a_reset_by_itself() -> None:
    async with FakeSlack() as fake:
        fake.workspace.switches.strict_bursts = False
        fake.fault("reset_after_store", method="chat.postMessage")
        await posted_naively(fake, tries=1)
        assert fake.duplicates() == {"dl_1": 2}


@pytest.mark.parametrize("effect", ["timeout_before_store", "reset_before_read"])
async def test_who_never_tries_again_loses_messages(effect: str) -> None:
    async with FakeSlack() as fake:
        fake.fault(effect, method="chat.postMessage", times=2)
        await posted_naively(fake, tries=1)
        assert fake.lost({"dl_1"}) == {"dl_1"}


async def test_who_does_not_wait_after_a_429_is_impolite() -> None:
    async with FakeSlack() as fake:
        fake.fault("ratelimited", method="chat.postMessage", retry_after="30", seconds=30.0)
        await posted_naively(fake, tries=3)
        assert fake.violations()
