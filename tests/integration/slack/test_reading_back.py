"""The channel read back over HTTP: pages, names, clocks, tokens, and what may not be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.config.model import Config, SlackConfig
from bot.core.decisions import Reason
from bot.service.senders import open_sender
from bot.slack.delivering import REPEATED
from bot.slack.manners import Manners
from bot.slack.sender import NotRead, Page
from bot.slack.webapi import WebApiSender
from bot.store.values import DeliveryState, Place
from tests.fakes.alerts import alert
from tests.fakes.outbox import TwinOutbox
from tests.fakes.relaying import relaying
from tests.fakes.slack import FakeSlack
from tests.fakes.virtual import LoopClock, virtually
from tests.integration.slack.staging import SENT, Stage, staged

CHANNEL = "C0DOCALERT1"


def crowd(stage: Stage, messages: int) -> None:
    """Let others talk a lot in the channel."""
    for number in range(messages):
        stage.fake.workspace.store(CHANNEL, stage.fake.service.now(), {"text": f"chat {number}"})


def test_a_message_is_found_below_many_others() -> None:
    async def scenario() -> None:
        async with staged() as stage:
            stage.fake.fault("timeout_after_store", method="chat.postMessage")
            stage.outbox.decide(alert())
            await stage.scene.sleep(1)
            crowd(stage, 450)
            await stage.scene.sleep(60)
            assert stage.outbox.states() == [SENT]
            assert len(stage.fake.calls("conversations.history")) == 3
            assert len(stage.fake.calls("chat.postMessage")) == 1

    virtually(scenario)


@pytest.mark.parametrize("scopes", [("channels:history", "groups:history"), ("channels:history",)])
def test_without_the_scope_to_read_it_is_repeated_with_a_mark_and_nothing_else_stops(scopes: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with staged() as stage:
            token = stage.fake.workspace.tokens[stage.fake.token]
            token.scopes = tuple(scope for scope in token.scopes if scope not in scopes)
            stage.fake.fault("timeout_after_store", method="chat.postMessage")
            stage.outbox.decide(alert(1))
            stage.outbox.decide(alert(2), channel="doc-review")
            await stage.scene.sleep(60)
            assert stage.outbox.states() == [SENT, SENT]
            assert [REPEATED in one.visible for one in stage.fake.messages(CHANNEL)] == [False, True]
            assert not (await stage.scene.relay.health()).credentials_refused

    virtually(scenario)


def test_without_the_scope_to_read_it_is_parked_where_the_config_says_so() -> None:
    async def scenario() -> None:
        async with staged(manners=Manners(repeats=lambda _severity: False)) as stage:
            stage.fake.workspace.tokens[stage.fake.token].scopes = ("chat:write",)
            stage.fake.fault("timeout_after_store", method="chat.postMessage")
            stage.outbox.decide(alert())
            await stage.scene.sleep(600)
            assert stage.outbox.states() == [DeliveryState.PARKED]
            assert len(stage.fake.messages()) == 1

    virtually(scenario)


def test_a_channel_that_is_named_in_rules_only_is_read_by_its_id_and_edited_by_it() -> None:
    async def scenario() -> None:
        clock, outbox = LoopClock(), TwinOutbox(LoopClock())
        async with FakeSlack(clock.seconds) as fake:
            sender = WebApiSender(fake.token, clock=clock, api_url=fake.api_url)
            async with relaying(sender, outbox) as scene:
                fake.fault("timeout_after_store", method="chat.postMessage")
                outbox.decide(alert(), channel="doc-alerts")
                await scene.sleep(60)
                assert outbox.messages["al_0001", "doc-alerts"].channel_id == CHANNEL
                outbox.decide(alert(count=2, revision=2), Reason.COMPLETED, channel="doc-alerts")
                await scene.sleep(30)
                assert outbox.states() == [SENT, SENT]
                assert (len(fake.messages()), len(fake.messages()[0].revisions)) == (1, 2)
            await sender.close()

    virtually(scenario)


@pytest.mark.parametrize(
    ("fault", "parts", "forbidden"),
    [
        ("ok_false", {"error": "missing_scope"}, True),
        ("ok_false", {"error": "not_in_channel"}, True),
        ("ok_false", {"error": "invalid_auth"}, False),
        ("ok_false", {"error": "brand_new_error"}, False),
        ("ratelimited", {"retry_after": "7"}, False),
        ("status", {"status": 502}, False),
        ("bad_json", {}, False),
        ("truncate_body", {}, False),
        ("empty_body", {}, False),
        ("timeout_after_store", {}, False),
        ("history_cut", {}, False),
    ],
)
def test_a_read_is_whole_or_nothing(fault: str, parts: dict[str, Any], forbidden: bool) -> None:
    async def scenario() -> None:
        async with staged() as stage:
            crowd(stage, 3)
            stage.fake.fault(fault, method="conversations.history", **parts)
            first = await stage.sender.read(Place(CHANNEL), 0.0, None)
            assert isinstance(first, NotRead)
            assert first.is_forbidden == forbidden
            await stage.scene.sleep(10)
            second = await stage.sender.read(Place(CHANNEL), 0.0, None)
            assert isinstance(second, Page)
            assert len(second.messages) == 3

    virtually(scenario)


def test_a_replaced_token_is_read_again_from_its_file_and_everything_kept_is_sent(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock, file = LoopClock(), tmp_path / "token"
        async with FakeSlack(clock.seconds) as fake:
            file.write_text("xoxb-old-revoked-token")
            slack = SlackConfig(bot_token="xoxb-old-revoked-token", bot_token_file=file, api_url=fake.api_url)
            config = Config(file="config.yaml", folder=tmp_path, sources={}, rules=(), slack=slack)
            sender = open_sender(config, clock, _nowhere())
            async with relaying(sender) as scene:
                for number in range(3):
                    scene.outbox.decide(alert(number), channel=CHANNEL)
                await scene.sleep(300)
                assert fake.messages() == []
                assert (await scene.relay.health()).credentials_refused
                file.write_text(f"{fake.token}\n")
                await scene.sleep(130)
                assert len(fake.messages()) == 3
                assert scene.outbox.states() == [SENT] * 3
                assert not (await scene.relay.health()).credentials_refused
            await sender.close()

    virtually(scenario)


def _nowhere() -> Any:
    return None
