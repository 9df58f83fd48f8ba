"""Sending with a bot token: chat.postMessage and chat.update, each exactly once per call."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.clock import Clock
from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import SLACK, Limits
from bot.slack.card import Card
from bot.slack.classes import of_code, of_exception
from bot.slack.session import open_session, quiet_logger
from bot.slack.text import clamped
from bot.slack.waits import retry_after
from bot.store.values import Message

_RATE_CODES: Final = frozenset({"ratelimited", "rate_limited"})
_DETAIL: Final = 200


class WebApiSender:
    """Posts and edits. Made inside a running loop; `timeout_s` limits one whole call.

    `channels` gives ids for names; a name that is not in it is sent as it is, and Slack resolves it. slack-sdk runs
    without its retry handlers: the default one posts again after a reset connection.
    """

    edits: Final = True

    def __init__(
        self,
        token: str,
        *,
        clock: Clock,
        api_url: str = AsyncWebClient.BASE_URL,
        channels: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
        limits: Limits = SLACK,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        self._clock, self._channels, self._limits = clock, dict(channels or {}), limits
        self._session = session or open_session(timeout_s)
        self._client = AsyncWebClient(
            token=token,
            base_url=api_url,
            timeout=max(1, round(timeout_s)),
            session=self._session,
            retry_handlers=[],
            logger=quiet_logger(),
        )

    @property
    def limits(self) -> Limits:
        """Return how fast Slack may be used."""
        return self._limits

    def address(self, channel: str) -> str:
        """Return the channel's id where the config names one."""
        return self._channels.get(channel, channel)

    async def post(self, channel: str, card: Card) -> Answer:
        """Call chat.postMessage; an answer without a message's ts is UNKNOWN."""
        call = self._client.chat_postMessage(
            channel=self.address(channel), unfurl_links=False, unfurl_media=False, **card.payload()
        )
        return await self._answer(call, repeatable=False)

    async def edit(self, message: Message, card: Card) -> Answer:
        """Call chat.update on the message by the channel id that the post returned."""
        if not message.ts:
            return Answer(Verdict.MESSAGE_GONE, "no ts is stored")
        channel = message.channel_id or self.address(message.channel)
        call = self._client.chat_update(channel=channel, ts=message.ts, **card.payload())
        return await self._answer(call, repeatable=True)

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

    async def _answer(self, call: Awaitable[AsyncSlackResponse], *, repeatable: bool) -> Answer:
        try:
            response = await call
        except SlackApiError as error:
            return self._refusal(error.response, repeatable=repeatable)
        except SlackClientError as error:
            return Answer(Verdict.PAYLOAD_REFUSED, type(error).__name__)  # raised before anything is sent
        except Exception as error:  # noqa: BLE001 - timeouts, network, odd bodies: whatever it is, it has a class
            return Answer(of_exception(error), type(error).__name__)
        return _delivered(response.data)

    def _refusal(self, response: Any, *, repeatable: bool) -> Answer:
        """Read a refusal; slack-sdk hands over a raw HTTP response when the body was not JSON."""
        if not isinstance(response, AsyncSlackResponse):
            return Answer(Verdict.UNKNOWN, f"unreadable answer, HTTP {getattr(response, 'status', 0)}")
        body = response.data if isinstance(response.data, dict) else {}
        code = body.get("error") if isinstance(body.get("error"), str) else None
        verdict = of_code(code, response.status_code, repeatable=repeatable)
        limited = response.status_code == 429 or code in _RATE_CODES  # noqa: PLR2004 - Too Many Requests
        named = response.headers.get("Retry-After", body.get("retry_after"))
        wait = retry_after(named, self._clock.now_ms()) if limited else None
        return Answer(verdict, _detail(code, response.status_code, body), wait)


def _delivered(body: Any) -> Answer:
    ts, channel = (body.get("ts"), body.get("channel")) if isinstance(body, dict) else (None, None)
    if not isinstance(ts, str) or not isinstance(channel, str):
        return Answer(Verdict.UNKNOWN, "accepted without a ts")
    return Answer(Verdict.DELIVERED, ts=ts, channel_id=channel)


def _detail(code: str | None, status: int, body: Mapping[str, Any]) -> str:
    """Return Slack's code and its own words on it (which rule, at which place of the payload)."""
    metadata = body.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    first = str(messages[0]) if isinstance(messages, list) and messages else ""
    return clamped(f"{code or f'HTTP {status}'} {first}".strip(), _DETAIL)
