"""The bot as a process, a card in the fake Slack, and people who click on it and type commands."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.cli.app import run
from bot.store import open_reading
from bot.store.audit import audit
from tests.e2e.bots import ENV, BotProcess, command, job, running, sending, settle_in
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.clicking import BEN, SIGNING_SECRET
from tests.fakes.slack.state import APP_TOKEN, Message
from tests.waiting import eventually_async

RULES = """
rules:
  gives-up:
    title: "{company}: {job} gives up"
    when: exceeded_retries
    per: job
    if_unknown: skip
    severity: critical
    notify: doc-alerts
    resolved_by: finished
"""
SECRETS = {**ENV, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_SIGNING_SECRET": SIGNING_SECRET.decode()}
WAYS = {"socket": "app_token: env:SLACK_APP_TOKEN", "http": "signing_secret: env:SLACK_SIGNING_SECRET"}


@dataclass
class Stage:
    """A bot with one card in the channel."""

    fake: FakeSlack
    bot: BotProcess
    way: str
    folder: Path

    @property
    def card(self) -> Message:
        (card,) = [message for message in self.fake.messages("C0DOCALERT1") if "J1 gives up" in message.visible]
        return card

    def own_cards(self, job_id: str) -> list[Message]:
        """Return the messages that are about one job alone."""
        return [m for m in self.fake.messages() if m.visible.startswith(f"🔴 Critical: Acme: {job_id} gives up")]

    def drawn(self, action_id: str, choice: str | None = None, **more: tuple[str, str]) -> dict[str, Any]:
        """Return the click on a button that stands there now."""
        return self.fake.clicks.payload(self.fake.url, self.card, action_id, choice=choice, **more)

    async def click(self, action_id: str, choice: str | None = None, **more: tuple[str, str]) -> None:
        await self.send(self.drawn(action_id, choice, **more))

    async def send(self, payload: dict[str, Any]) -> None:
        if self.way == "socket":
            assert await self.fake.clicks.over_socket(payload)
        else:
            address = f"http://127.0.0.1:{self.bot.port}/slack/interactivity"
            assert await self.fake.clicks.over_http(address, payload) == (200, "")

    async def shows(self, *words: str) -> None:
        async def shown() -> bool:
            return all(word in self.card.visible for word in words)

        await eventually_async(shown, f"the card to say {words}; it says:\n{self.card.visible}")

    async def whispered(self, word: str) -> None:
        async def said() -> bool:
            return any(word in one.text for one in self.fake.clicks.whispers)

        await eventually_async(said, f"somebody to be told {word!r}")

    def audit(self) -> list[tuple[str, str, str]]:
        with open_reading(self.folder / "var" / "tocsin.db") as reads:
            signed = [(one.action.kind.value, one.signature) for one in audit(reads.cursor)]
        return [(kind, signature.way.value, signature.by) for kind, signature in signed if signature is not None]

    async def tocsin(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
        """Type a command, in a thread of this process: starting another one takes longer than all of this."""
        code = await asyncio.to_thread(run, [*arguments, "--config", str(self.folder / "config.yaml")])
        return code, *capsys.readouterr()


@asynccontextmanager
async def staged(folder: Path, way: str = "socket", more: str = "") -> AsyncIterator[Stage]:
    async with FakeSlack() as fake:
        slack = f"slack: {{bot_token: env:SLACK_BOT_TOKEN, api_url: {fake.api_url}, {WAYS[way]}{more}}}\n"
        settle_in(folder, rules=RULES, slack=slack, more="channels: {doc-alerts: C0DOCALERT1}\n")
        async with running(folder, env=SECRETS) as bot:
            async with sending(bot.port) as sender:
                await sender.alfred(job("exceeded_retries", "J1", "e1"))

            async def posted() -> bool:
                return bool(fake.messages("C0DOCALERT1")) and (way == "http" or bool(fake.sockets.open))

            await eventually_async(posted, "the card, and the socket")
            yield Stage(fake, bot, way, folder)
            assert "Traceback" not in bot.err


@pytest.mark.parametrize("way", ["socket", "http"])
async def test_a_click_acknowledges_the_card_and_the_next_one_resolves_it(tmp_path: Path, way: str) -> None:
    async with staged(tmp_path, way) as stage:
        late = stage.drawn("acknowledge", user=BEN)
        await stage.click("acknowledge")
        await stage.shows("ana", "cknowledged")
        await stage.send(late)
        await stage.whispered("ana has acknowledged this alert already")
        await stage.click("more", "why")
        await stage.whispered("gives-up")
        await stage.click("more", "resolve", user=BEN)
        await stage.shows("Resolved", "ben")
        with pytest.raises(LookupError):
            stage.drawn("acknowledge")
        assert stage.audit() == [("resolve", "button", "U0BEN00001"), ("acknowledge", "button", "U0ANA00001")]
        assert stage.fake.notified() == []
        assert len(stage.fake.messages("C0DOCALERT1")) == 1


async def test_a_silence_by_button_announces_itself_and_shows_on_the_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with staged(tmp_path) as stage:
        await stage.click("silence", "1h")
        await stage.shows("ilenced", "ana")

        async def announced() -> bool:
            return len(stage.fake.messages("C0DOCALERT1")) == 2

        await eventually_async(announced, "the silence's own card")
        code, out, err = await stage.tocsin(capsys, "silence", "--list", "--json")
        assert (code, err) == (0, "")
        (silence,) = json.loads(out)["silences"]
        assert silence["by"] == "ana"
        code, out, _ = await stage.tocsin(capsys, "silence", "--end", silence["silence_id"])
        assert code == 0

        async def speaks() -> bool:
            return "ilenced" not in stage.card.visible

        await eventually_async(speaks, "the card to be loud again")
        assert [entry[:2] for entry in stage.audit()] == [("unsilence", "cli"), ("silence", "button")]


async def test_the_same_signed_request_again_and_forged_ones_change_nothing_more(tmp_path: Path) -> None:
    async with staged(tmp_path, "http") as stage:
        clicks, address = stage.fake.clicks, f"http://127.0.0.1:{stage.bot.port}/slack/interactivity"
        payload = clicks.payload(stage.fake.url, stage.card, "acknowledge")
        for _ in range(3):
            assert (await clicks.over_http(address, payload))[0] == 200
        await stage.shows("cknowledged")
        forged = [
            await clicks.over_http(address, payload, secret=b"another"),
            await clicks.over_http(address, payload, skew=-301),
            await clicks.over_http(address, payload, skew=301),
            await clicks.over_http(address, payload, stamp="yesterday"),
        ]
        assert {status for status, _ in forged} == {401}
        assert len({body for _, body in forged}) == 1
        assert (await clicks.over_http(address, "{not json}"))[0] == 400  # type: ignore[arg-type]
        assert len(stage.audit()) == 1


async def test_who_may_not_act_is_told_and_the_channel_hears_nothing(tmp_path: Path) -> None:
    async with staged(tmp_path, more=", may_act: [U0BEN00001]") as stage:
        before = stage.card.visible
        await stage.click("acknowledge")
        await stage.whispered("You may not act on this")
        assert stage.card.visible == before
        await stage.click("acknowledge", user=BEN)
        await stage.shows("ben")


async def test_an_alert_is_acknowledged_and_resolved_from_a_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with staged(tmp_path) as stage:
        token = tmp_path / "var" / "cli-token"
        assert stat.S_IMODE(token.stat().st_mode) == 0o600
        code, out, _ = await stage.tocsin(capsys, "alerts", "--json")
        (alert,) = json.loads(out)["alerts"]
        code, out, err = await stage.tocsin(capsys, "ack", alert["alert_id"])
        assert (code, err) == (0, "")
        await stage.shows("cknowledged")
        code, _, err = await stage.tocsin(capsys, "ack", alert["alert_id"])
        assert (code, "already" in err) == (1, True)
        code, out, err = await stage.tocsin(capsys, "resolve", alert["alert_id"], "--json")
        assert (code, err) == (0, "")
        assert json.loads(out)["action"] == "resolve"
        await stage.shows("Resolved")
        code, _, err = await stage.tocsin(capsys, "ack", "al_nobody")
        assert (code, "no such alert" in err) == (1, True)
        assert [entry[:2] for entry in stage.audit()] == [("resolve", "cli"), ("acknowledge", "cli")]
        assert token.read_text().strip() not in stage.bot.err + stage.bot.out


async def test_a_silence_from_a_shell_holds_what_it_means(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with staged(tmp_path) as stage:
        arguments = ("silence", "rule=gives-up", "company=Acme", "--for", "2h", "--reason", "maintenance", "--json")
        code, out, err = await stage.tocsin(capsys, *arguments)
        assert (code, err) == (0, "")
        silence = json.loads(out)
        await stage.shows("ilenced")
        for wrong, said in (("rule=gives-pu", "gives-up"), ("compani=Acme", "company"), ("severity=high", "severity")):
            code, _, err = await stage.tocsin(capsys, "silence", wrong, "--for", "2h")
            assert (code, said in err) == (1, True)
        async with sending(stage.bot.port) as sender:
            await sender.alfred(job("exceeded_retries", "J2", "e2"))

        async def held() -> bool:
            _, listed, _ = await stage.tocsin(capsys, "alerts", "--json")
            return len(json.loads(listed)["alerts"]) == 2

        await eventually_async(held, "the second alert")
        assert stage.own_cards("J2") == []
        code, out, _ = await stage.tocsin(capsys, "silence", "--end", silence["silence_id"], "--json")
        assert code == 0

        async def told() -> bool:
            return len(stage.own_cards("J2")) == 1

        await eventually_async(told, "the card that was held")


async def test_commands_that_act_say_so_when_no_bot_runs(tmp_path: Path) -> None:
    settle_in(tmp_path, rules=RULES)
    code, _, err = await command(tmp_path, "ack", "al_1")
    assert code == 2
    assert "no bot runs" in err
    async with running(tmp_path, "--dev") as bot:
        token = tmp_path / "var" / "cli-token"
        address = f"http://127.0.0.1:{bot.port}/api/v1/alerts/al_1/acknowledge"
        async with aiohttp.ClientSession() as session:
            for headers in ({}, {"Authorization": "Bearer wrong"}):
                async with session.post(address, headers=headers, data=b"{}") as answer:
                    assert answer.status == 401
        kept = token.read_text()
        assert await bot.stop() == 0
    assert kept
    assert not token.exists()


async def test_a_stop_right_after_a_click_loses_nothing_of_it(tmp_path: Path) -> None:
    async with staged(tmp_path, "http") as stage:
        await asyncio.gather(stage.click("acknowledge"), stage.click("acknowledge", user=BEN))
        assert await stage.bot.stop() == 0
        assert len(stage.audit()) == 2
