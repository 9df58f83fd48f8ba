"""The fake has teeth: what it must catch, it catches, with an unmodified slack-sdk client."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import TOKEN, FakeSlack
from tests.fakes.virtual import LoopClock, virtually

CHANNEL = "C0DOCALERT1"


@asynccontextmanager
async def faked(**client: Any) -> AsyncIterator[tuple[FakeSlack, AsyncWebClient]]:
    async with FakeSlack(LoopClock().seconds) as fake, aiohttp.ClientSession() as session:
        given: dict[str, Any] = {
            "token": TOKEN,
            "base_url": fake.api_url,
            "session": session,
            "retry_handlers": [],
        } | client
        if given["retry_handlers"] is None:
            del given["retry_handlers"]
        yield fake, AsyncWebClient(**given)


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def test_a_naive_client_with_default_retries_doubles_a_message_and_the_fake_shows_it() -> None:
    async def scenario() -> None:
        async with faked(retry_handlers=None) as (fake, client):
            fake.workspace.switches.strict_bursts = False
            fake.fault("reset_after_store")
            metadata = {"event_type": "tocsin_alert", "event_payload": {"delivery_id": "dl_1"}}
            await client.chat_postMessage(channel=CHANNEL, text="hello", metadata=metadata)
            assert fake.duplicates() == {"dl_1": 2}

    virtually(scenario)


def test_a_client_that_hammers_is_caught_by_the_ledger() -> None:
    async def scenario() -> None:
        async with faked() as (fake, client):
            await client.chat_postMessage(channel=CHANNEL, text="one")
            for _ in range(2):
                assert await refused(client.chat_postMessage(channel=CHANNEL, text="more")) == "ratelimited"
            assert len(fake.violations()) == 1
            assert len(fake.messages()) == 1

    virtually(scenario)


@pytest.mark.parametrize(
    ("token", "state", "error"),
    [
        ("", "valid", "not_authed"),
        ("xoxb-wrong", "valid", "invalid_auth"),
        (TOKEN, "revoked", "token_revoked"),
        (TOKEN, "expired", "token_expired"),
        (TOKEN, "inactive", "account_inactive"),
        ("xapp-fake-app-token", "valid", "not_allowed_token_type"),
    ],
)
def test_credentials_are_checked(token: str, state: str, error: str) -> None:
    async def scenario() -> None:
        async with faked(token=token) as (fake, client):
            fake.workspace.tokens[TOKEN].state = state
            assert await refused(client.auth_test()) == error

    virtually(scenario)


def test_a_missing_scope_is_named() -> None:
    async def scenario() -> None:
        async with faked() as (fake, client):
            fake.workspace.tokens[TOKEN].scopes = ("channels:read",)
            with pytest.raises(SlackApiError) as caught:
                await client.chat_postMessage(channel=CHANNEL, text="x")
            assert caught.value.response["needed"] == "chat:write"
            assert caught.value.response["provided"] == "channels:read"

    virtually(scenario)


@pytest.mark.parametrize(
    ("channel", "flags", "error"),
    [
        ("nowhere", {}, "channel_not_found"),
        ("G0SECRET001", {}, "channel_not_found"),
        ("C0ARCHIVED1", {}, "is_archived"),
        (CHANNEL, {"read_only": True}, "restricted_action_read_only_channel"),
        (CHANNEL, {"thread_only": True}, "restricted_action_thread_only_channel"),
        (CHANNEL, {"is_member": False}, "not_in_channel"),
    ],
)
def test_a_destination_is_refused_in_slacks_words(channel: str, flags: dict[str, bool], error: str) -> None:
    async def scenario() -> None:
        async with faked() as (fake, client):
            fake.workspace.tokens[TOKEN].scopes = ("chat:write",)
            for name, value in flags.items():
                setattr(fake.workspace.channels[channel], name, value)
            assert await refused(client.chat_postMessage(channel=channel, text="x")) == error

    virtually(scenario)


def test_blocks_are_refused_with_pointers_and_nothing_is_stored() -> None:
    async def scenario() -> None:
        async with faked() as (fake, client):
            with pytest.raises(SlackApiError) as caught:
                await client.chat_postMessage(channel=CHANNEL, text="x", blocks=[{"type": "section"}])
            reason = "must define either `text` or `fields` [json-pointer:/blocks/0]"
            assert caught.value.response["errors"] == [reason]
            assert caught.value.response["response_metadata"]["messages"] == [f"[ERROR] {reason}"]
            assert fake.messages() == []

    virtually(scenario)


def test_an_update_keeps_what_it_does_not_send_and_refuses_long_text_in_bytes() -> None:
    async def scenario() -> None:
        async with faked() as (fake, client):
            metadata = {"event_type": "t", "event_payload": {"delivery_id": "dl_1"}}
            blocks = [{"type": "divider"}]
            posted = await client.chat_postMessage(channel=CHANNEL, text="a", blocks=blocks, metadata=metadata)
            ts = str(posted["ts"])
            await client.chat_update(channel=CHANNEL, ts=ts, text="b")
            (message,) = fake.messages()
            assert "blocks" not in message.content
            assert message.delivery_id == "dl_1"
            assert await refused(client.chat_update(channel=CHANNEL, ts=ts, text="é" * 2_001)) == "msg_too_long"
            assert await refused(client.chat_update(channel=CHANNEL, ts="1.000000", text="x")) == "message_not_found"

    virtually(scenario)


def test_history_lags_and_gives_metadata_only_when_asked() -> None:
    async def scenario() -> None:
        async with faked() as (fake, client):
            metadata = {"event_type": "t", "event_payload": {"delivery_id": "dl_1"}}
            await client.chat_postMessage(channel=CHANNEL, text="a", metadata=metadata)
            assert (await client.conversations_history(channel=CHANNEL))["messages"] == []
            fake.workspace.messages[0].visible_at = 0
            bare = (await client.conversations_history(channel=CHANNEL))["messages"]
            assert bare[0]["metadata"] == {"event_type": "t"}
            whole = (await client.conversations_history(channel=CHANNEL, include_all_metadata=True))["messages"]
            assert whole[0]["metadata"]["event_payload"] == {"delivery_id": "dl_1"}

    virtually(scenario)


def test_threads_permalinks_channels_and_deleting_work_as_the_sdk_calls_them() -> None:
    async def scenario() -> None:
        async with faked() as (fake, client):
            fake.workspace.switches.history_lag = 0.0
            fake.workspace.switches.strict_bursts = False
            parent = await client.chat_postMessage(channel=CHANNEL, text="parent")
            ts = str(parent["ts"])
            await client.chat_postMessage(channel=CHANNEL, text="reply", thread_ts=ts)
            thread = (await client.conversations_replies(channel=CHANNEL, ts=ts))["messages"]
            assert [message["text"] for message in thread] == ["parent", "reply"]
            link = (await client.chat_getPermalink(channel=CHANNEL, message_ts=ts))["permalink"]
            assert link == f"https://fake.slack.com/archives/{CHANNEL}/p{ts.replace('.', '')}"
            assert (await client.conversations_info(channel=CHANNEL))["channel"]["name"] == "doc-alerts"
            assert len((await client.conversations_list())["channels"]) == 4
            await client.chat_delete(channel=CHANNEL, ts=ts)
            assert [message.content["text"] for message in fake.messages()] == ["reply"]

    virtually(scenario)


def test_late_store_arrives_after_the_client_has_given_up() -> None:
    async def scenario() -> None:
        async with faked() as (fake, client):
            fake.fault("late_store")
            client.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1))
            with pytest.raises(TimeoutError):
                await client.chat_postMessage(channel=CHANNEL, text="late")
            assert fake.messages() == []
            assert fake.release_late() == 1
            assert len(fake.messages()) == 1
            await client.session.close()

    virtually(scenario)


def test_faults_can_be_aimed() -> None:
    async def scenario() -> None:
        async with faked() as (fake, client):
            fake.workspace.switches.strict_bursts = False
            fake.fault("ok_false", nth=2, contains="second", error="fatal_error")
            for text in ("second a", "other"):
                await client.chat_postMessage(channel=CHANNEL, text=text)
            assert await refused(client.chat_postMessage(channel=CHANNEL, text="second b")) == "fatal_error"

    virtually(scenario)


def test_as_a_process_of_its_own_it_is_steered_over_http() -> None:
    command = [sys.executable, "-m", "tests.fakes.slack"]
    with subprocess.Popen(  # noqa: S603 - our own words
        command, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            started = json.loads(process.stdout.readline())
            headers = {"Authorization": f"Bearer {started['token']}", "Content-Type": "application/json"}
            _send(f"{started['url']}/_fake/faults", {"effect": "ok_false", "error": "fatal_error"})
            body = {"channel": CHANNEL, "text": "hello"}
            assert _send(f"{started['api_url']}chat.postMessage", body, headers)["error"] == "fatal_error"
            assert _send(f"{started['api_url']}chat.postMessage", body, headers)["ok"] is True
            (message,) = _send(f"{started['url']}/_fake/messages")
            assert message["content"]["text"] == "hello"
        finally:
            process.terminate()
    assert process.returncode == 0


def _send(url: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers or {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        return json.loads(response.read())
