"""Sending by incoming webhooks: no message id comes back, so nothing can be edited, found again or taken back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.clock import Clock
from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import SLACK, Limits
from bot.slack.classes import of_exception, of_webhook
from bot.slack.ladder import Drawn
from bot.slack.sender import NotRead, ReadAnswer, Thread
from bot.slack.session import open_session, quiet_logger
from bot.slack.text import clamped, cleaned
from bot.slack.waits import retry_after
from bot.store.values import Message, Place

# Slack has been seen to answer no_service under load for hooks that live: it is believed the third time.
_INTERMITTENT: Final = "no_service"
_BELIEVED_AT: Final = 3
_OK: Final = 200
_TOO_MANY_REQUESTS: Final = 429
_DETAIL: Final = 100


class WebhookSender:
    """Posts to the address that the config gives for each channel name. Made inside a running loop."""

    edits: Final = False
    reads: Final = False

    def __init__(
        self,
        webhooks: Mapping[str, str],
        *,
        clock: Clock,
        timeout_s: float = 10.0,
        limits: Limits = SLACK,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        self._clock, self._limits = clock, limits
        self._session = session or open_session(timeout_s)
        self._clients = {channel: self._client(url, timeout_s) for channel, url in webhooks.items()}
        self._no_service: Counter[str] = Counter()

    @property
    def limits(self) -> Limits:
        """Return how fast Slack may be used."""
        return self._limits

    def address(self, channel: str) -> str:
        """Return the name: an address is a secret, and each name has its own."""
        return channel

    def known_id(self, address: str) -> str:
        """Return the address itself."""
        return address

    async def post(self, channel: str, card: Drawn, thread: Thread | None = None) -> Answer:
        """Post a card. Metadata is sent along, though nothing can read it back with a webhook."""
        del thread  # no ts ever comes back to reply to
        client = self._clients.get(channel)
        if client is None:
            return Answer(Verdict.DESTINATION_REFUSED, "no webhook is configured for this channel")
        try:
            response = await client.send_dict(card.payload())
        except Exception as error:  # noqa: BLE001 - timeouts, network, odd bodies: whatever it is, it has a class
            return Answer(of_exception(error), type(error).__name__)
        return self._answer(channel, response)

    async def edit(self, message: Message, card: Drawn) -> Answer:
        """Say that it cannot be done; the relay never asks for it."""
        del message, card
        return Answer(Verdict.MESSAGE_GONE, "a webhook's message cannot be edited")

    async def read(self, place: Place, oldest: float, cursor: str | None) -> ReadAnswer:
        """Say that it cannot be done; the relay never asks for it."""
        del place, oldest, cursor
        return NotRead("a webhook cannot read", is_forbidden=True)

    async def delete(self, place: Place, ts: str) -> Answer:
        """Say that it cannot be done; the relay never asks for it."""
        del place, ts
        return Answer(Verdict.MESSAGE_GONE, "a webhook cannot delete")

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

    def _client(self, url: str, timeout_s: float) -> AsyncWebhookClient:
        limit = max(1, round(timeout_s))
        return AsyncWebhookClient(url, timeout=limit, session=self._session, retry_handlers=[], logger=quiet_logger())

    def _answer(self, channel: str, response: WebhookResponse) -> Answer:
        body = response.body
        if response.status_code == _OK and body.strip() == "ok":
            self._no_service.pop(channel, None)
            return Answer(Verdict.DELIVERED)
        detail = clamped(cleaned(body), _DETAIL) if body.strip().isidentifier() else f"HTTP {response.status_code}"
        answered = _json(body)
        if response.status_code == _TOO_MANY_REQUESTS or "retry_after" in answered:
            named = response.headers.get("Retry-After", answered.get("retry_after"))
            return Answer(Verdict.REFUSED_FOR_NOW, "rate_limited", retry_after(named, self._clock.now_ms()))
        return Answer(self._verdict(channel, body, response.status_code), detail)

    def _verdict(self, channel: str, body: str, status: int) -> Verdict:
        if body.strip() == _INTERMITTENT:
            self._no_service[channel] += 1
            if self._no_service[channel] < _BELIEVED_AT:
                return Verdict.REFUSED_FOR_NOW
        return of_webhook(body, status)


def _json(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
