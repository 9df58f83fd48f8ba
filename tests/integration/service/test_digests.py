"""Digests through the whole bot: asked for over HTTP, posted to a strict fake Slack, read back by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.cli.app import run
from bot.service import cli_token
from tests.e2e.bots import job, settle_in
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.state import Message
from tests.integration.service.bots import Live, live
from tests.waiting import eventually_async

CONFIG = """
slack: {{bot_token: env:SLACK_BOT_TOKEN, api_url: {url}}}
channels: {{doc-alerts: C0DOCALERT1, doc-review: C0DOCREVW1}}
people: {{oncall: S0DOCTEAM1, ana: ana@example.org}}
digests:
  daily: {{at: "23:59:59", notify: doc-alerts, mention: oncall}}
  other: {{at: "23:59:59", notify: [doc-alerts, doc-review], where: {{company: Nobody}}}}
"""
RULES = "rules: {}\n"


async def ask(bot: Live, folder: Path, name: str, token: str | None = None, **asked: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token or cli_token.read(folder)}"}
    body = {"by": "ana", "once": "1", **asked}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{bot.port}/api/v1/digests/{name}", json=body, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


async def fail_some(bot: Live) -> None:
    for number in range(8):
        await bot.sender.alfred(job("failed", f"J{number}", f"e{number}", company_name=f"Company {number}"))


async def sent(fake: FakeSlack, count: int) -> list[Message]:
    async def look() -> bool:
        return len(fake.messages("C0DOCALERT1")) >= count

    await eventually_async(look, f"{count} messages")
    return fake.messages("C0DOCALERT1")


def kinds(message: Message) -> set[str]:
    return {block["type"] for block in message.content["blocks"]}


async def test_a_digest_is_one_message_with_its_tail_in_the_thread_and_calls_whom_it_should(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle_in(tmp_path, rules=RULES, slack=CONFIG.format(url=fake.api_url))
        async with live(tmp_path, dev=False) as bot:
            await fail_some(bot)
            status, answered = await ask(bot, tmp_path, "daily")
            assert (status, answered["status"], answered["channels"]) == (200, "made", ["doc-alerts"])
            root, *replies = await sent(fake, 3)
            assert await ask(bot, tmp_path, "daily") == (200, {"status": "already posted", "digest": "daily"})

        assert "8 failures" in root.content["text"]
        assert "table" in kinds(root)
        assert root.thread_ts is None
        assert {reply.thread_ts for reply in replies} == {root.ts}
        assert "S0DOCTEAM1" in json.dumps(root.content["blocks"])
        assert fake.duplicates() == {}
        assert fake.violations() == []


async def test_a_workspace_that_takes_neither_charts_nor_tables_gets_the_same_in_older_blocks(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        fake.workspace.switches.unsupported_blocks = ("data_visualization", "table")
        settle_in(tmp_path, rules=RULES, slack=CONFIG.format(url=fake.api_url))
        async with live(tmp_path, dev=False) as bot:
            await fail_some(bot)
            await ask(bot, tmp_path, "daily")
            root, *_ = await sent(fake, 3)

        assert kinds(root) == {"rich_text", "context"}
        assert "Company 0: 1" in root.visible


async def test_each_channel_gets_the_digest_and_nothing_else(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle_in(tmp_path, rules=RULES, slack=CONFIG.format(url=fake.api_url))
        async with live(tmp_path, dev=False) as bot:
            await fail_some(bot)
            await ask(bot, tmp_path, "other")
            await sent(fake, 1)

            async def both() -> bool:
                return len(fake.messages("C0DOCREVW1")) == 1

            await eventually_async(both, "the other channel's")
        [message] = fake.messages("C0DOCALERT1")
        assert "0 failures: all quiet" in message.content["text"]
        assert "8 events came in, 0 unaccounted for" in message.content["text"]


async def test_who_may_not_act_and_what_is_not_there_is_refused(tmp_path: Path) -> None:
    async with FakeSlack() as fake:
        settle_in(tmp_path, rules=RULES, slack=CONFIG.format(url=fake.api_url))
        async with live(tmp_path, dev=False) as bot:
            assert (await ask(bot, tmp_path, "daily", token="wrong"))[0] == 401
            assert (await ask(bot, tmp_path, "weekly"))[0] == 404
            assert (await ask(bot, tmp_path, "daily", date="2999-01-01"))[0] == 404
            assert (await ask(bot, tmp_path, "daily", date="yesterday"))[0] == 400
            assert (await ask(bot, tmp_path, "daily", more=1))[0] == 400
        assert fake.messages() == []


async def test_the_command_draws_what_would_be_posted_and_prints_its_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeSlack() as fake:
        settle_in(tmp_path, rules=RULES, slack=CONFIG.format(url=fake.api_url))
        async with live(tmp_path, dev=False) as bot:
            await fail_some(bot)
            config = ["--config", str(tmp_path / "config.yaml")]
            assert run(["digest", "daily", *config]) == 0
            drawn = capsys.readouterr().out
            assert run(["digest", "daily", "--json", *config]) == 0
            numbers = json.loads(capsys.readouterr().out)
            assert run(["digest", "weekly", *config]) == 2
            assert fake.messages() == []

    assert "8 failures" in drawn
    assert "reply in thread" in drawn
    assert (numbers["failures"], numbers["exceeded_count"], numbers["outcomes"]) == (8, 0, {"failed": 8})
    assert numbers["by"]["company"]["distinct"] == 8
    assert run(["digest", "daily", "--post", *config]) == 2
    assert "no bot runs" in capsys.readouterr().err
    monkeypatch.undo()
