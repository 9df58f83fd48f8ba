"""The whole bot against a strict fake Slack, in one process: what people see, and what /readyz says of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.errors import StoreFailedError
from bot.service.setup import load_setup
from tests.e2e.bots import job, settle_in
from tests.e2e.test_running import GIVES_UP
from tests.fakes.slack import FakeSlack
from tests.integration.service.bots import Live, live
from tests.waiting import eventually_async

SLACK = """
slack: {{bot_token: env:SLACK_BOT_TOKEN, api_url: {url}, admin_channel: doc-review}}
channels: {{doc-alerts: C0DOCALERT1, doc-review: C0DOCREVW1, old: C0ARCHIVED1}}
"""


def settle(folder: Path, fake: FakeSlack, rules: str = GIVES_UP) -> None:
    settle_in(folder, rules=rules, slack=SLACK.format(url=fake.api_url))


async def readyz(bot: Live) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{bot.port}/readyz") as answer,
    ):
        return answer.status, await answer.json()


async def posted(fake: FakeSlack, channel: str, text: str) -> None:
    async def look() -> bool:
        return any(text in message.visible for message in fake.messages(channel))

    await eventually_async(look, f"a message with {text}")


async def test_an_event_becomes_one_message_that_is_kept_true(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle(tmp_path, fake)
        async with live(tmp_path, dev=False) as bot:
            for number in range(3):
                await bot.sender.alfred(job("exceeded_retries", "J1", f"e{number}"))
            await posted(fake, "C0DOCALERT1", "J1 gives up")
            await bot.sender.alfred(job("finished", "J1", "e9"))
            await posted(fake, "C0DOCALERT1", "Resolved")
        assert len(fake.messages()) == 1
        assert fake.duplicates() == {}
        assert fake.violations() == []


async def test_a_channel_that_is_gone_is_degraded_and_told_in_the_admin_channel(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle(tmp_path, fake, GIVES_UP.replace("doc-alerts", "old"))
        async with live(tmp_path, dev=False) as bot:
            await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))
            await posted(fake, "C0DOCREVW1", "old")

            async def degraded() -> bool:
                code, said = await readyz(bot)
                assert (code, said["status"]) == (200, "ready")
                return any("refuses channel old" in line for line in said["degraded"])

            await eventually_async(degraded, "the degraded line")
            await posted(fake, "C0DOCREVW1", "Meant for old, which Slack refuses")
            await posted(fake, "C0DOCREVW1", "Slack refuses channel old")


async def test_a_body_that_cannot_be_read_is_told_once_in_the_admin_channel(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle(tmp_path, fake)
        async with live(tmp_path, dev=False) as bot:
            for body in (b"[]", b"[]", b"[1]"):
                assert (await bot.sender.extend(body)).values["status"] == "quarantined"
            await posted(fake, "C0DOCREVW1", "cannot be read")
        assert len(fake.messages("C0DOCREVW1")) == 1


async def test_a_doubtful_post_is_degraded_and_not_repeated(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        fake.fault("reset_after_store", method="chat.postMessage", times=1)
        fake.fault("history_cut", method="conversations.history", times=None)
        settle(tmp_path, fake)
        async with live(tmp_path, dev=False) as bot:
            await bot.sender.alfred(job("exceeded_retries", "J1", "e1"))

            async def degraded() -> bool:
                _, said = await readyz(bot)
                return any("unknown" in line for line in said["degraded"])

            await eventually_async(degraded, "the degraded line")
        assert len(fake.messages()) == 1
        assert len(fake.calls("chat.postMessage")) == 1


async def test_a_failed_store_ends_the_bot_without_draining(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)

    async def fail() -> None:
        async with live(tmp_path) as bot:
            bot.bot.failed(StoreFailedError("the commit failed"))

    with pytest.raises(ExceptionGroup) as raised:
        await fail()
    assert raised.group_contains(StoreFailedError, match="the commit failed")


async def test_an_answer_under_way_is_finished_before_the_end(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    async with live(tmp_path) as bot:
        body = job("exceeded_retries", "J1", "e1")
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)
        head = f"POST /hooks/alfred/end-to-end-token HTTP/1.1\r\nHost: t\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body[:10])
        assert (await readyz(bot))[0] == 200  # so the half request is being read by now
        bot.stop()
        writer.write(body[10:])
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"accepted"' in answer


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::"])  # noqa: S104
def test_dev_listens_on_this_machine_only(tmp_path: Path, host: str) -> None:
    settle_in(tmp_path, rules=GIVES_UP)
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("server: {", f'server: {{host: "{host}", '))
    assert load_setup(config, dev=True).config.server.host == "127.0.0.1"
    assert load_setup(config, dev=False).config.server.host == host
