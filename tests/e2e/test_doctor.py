"""`doctor` and `send --to` as an operator types them, beside a running bot."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot.cli.app import run
from tests.e2e.bots import ENV, running, settle_in
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.state import APP_TOKEN

RULES = "rules:\n  r: {title: t, when: failed, per: run, if_unknown: skip, notify: doc-alerts}\n"
SECRETS = {**ENV, "SLACK_APP_TOKEN": APP_TOKEN}


async def test_doctor_finds_a_running_bot_in_order_and_says_what_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    async with FakeSlack() as fake:
        tokens = "bot_token: env:SLACK_BOT_TOKEN, app_token: env:SLACK_APP_TOKEN"
        slack = f"slack: {{{tokens}, api_url: {fake.api_url}}}\nchannels: {{doc-alerts: C0DOCALERT1}}\n"
        settle_in(tmp_path, rules=RULES, slack=slack)
        where = ("--config", str(tmp_path / "config.yaml"))
        async with running(tmp_path, env=SECRETS):
            assert await asyncio.to_thread(run, ["doctor", *where]) == 0
            said = capsys.readouterr().out
            assert "ok    bot: the bot runs and is ready" in said
            assert "ok    channels: doc-alerts is there" in said
            assert said.endswith("Everything works.\n")
            assert await asyncio.to_thread(run, ["send", "--to", "doc-alerts", "--stay", "0", *where]) == 0
            assert "posted to doc-alerts and removed" in capsys.readouterr().out
            fake.workspace.channels["C0DOCALERT1"].is_member = False
            assert await asyncio.to_thread(run, ["doctor", "--json", *where]) == 1
            found = json.loads(capsys.readouterr().out)
            assert not found["ok"]
            assert [one["do"] for one in found["findings"] if one["level"] == "fault"] == [
                "in that channel: /invite @Tocsin"
            ]
            fake.workspace.channels["C0DOCALERT1"].is_archived = True
            assert await asyncio.to_thread(run, ["send", "--to", "doc-alerts", *where]) == 1
            assert "nothing was posted" in capsys.readouterr().err
        assert fake.messages() == []
        assert fake.secrets_in_requests() == []
