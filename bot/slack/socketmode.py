"""One connection of Socket Mode with slack-sdk's client.

Its constructor starts tasks and a session, its `close` may wait for a peer that is gone, and it logs whole stacks and
addresses with tickets in them: so it is built inside the loop, closed piece by piece, and its logger is silent.
Source: docs.slack.dev, using Socket Mode; slack-sdk 3.47, socket_mode/aiohttp.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.calls import SlackCalls
from bot.slack.socket import SocketError

_INTERACTIVE: Final = "interactive"
_PING_S: Final = 5.0
_CLOSE_S: Final = 3.0
_CALL_S: Final = 10

Offer = Callable[[Mapping[str, Any]], bool]


class SocketModeConnection:
    """Hands every interaction to `offer` and acknowledges what that takes."""

    def __init__(self, app_token: str, calls: SlackCalls, api_url: str, offer: Offer) -> None:
        self._app_token, self._calls, self._offer = app_token, calls, offer
        logger = _silent_logger()
        self._client = SocketModeClient(
            app_token,
            logger=logger,
            web_client=AsyncWebClient(base_url=api_url, timeout=_CALL_S, retry_handlers=[], logger=logger),
            ping_interval=_PING_S,
            on_message_listeners=[self._heard],
        )
        self._client.socket_mode_request_listeners.append(self._on_request)
        self._words = 0

    @property
    def words(self) -> int:
        """How many messages have come."""
        return self._words

    async def open(self) -> None:
        """Ask for an address and connect to it. SocketError when Slack refuses the token."""
        reply = await self._calls.call("apps.connections.open", token=self._app_token)
        address = reply.body.get("url")
        if not reply.ok or not isinstance(address, str):
            raise SocketError(f"Slack refuses the app token ({reply.error or 'no address in its answer'})")
        self._client.wss_uri = address
        await self._client.connect()  # type: ignore[no-untyped-call]  # slack-sdk says nothing of it

    async def is_up(self) -> bool:
        """Say whether it is connected and a ping was answered lately; one that never was does not count."""
        return self._client.last_ping_pong_time is not None and await self._client.is_connected()

    async def close(self) -> None:
        """Let go of the websocket, the client's tasks and its session, whatever state they are in."""
        client = self._client
        client.closed, client.auto_reconnect_enabled = True, False
        with contextlib.suppress(TimeoutError, OSError, aiohttp.ClientError):
            async with asyncio.timeout(_CLOSE_S):
                await client.disconnect()  # type: ignore[no-untyped-call]  # the same
        tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
        running = [task for task in tasks if task is not None and not task.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=_CLOSE_S)
        await client.aiohttp_client_session.close()

    async def _heard(self, _message: aiohttp.WSMessage) -> None:
        self._words += 1

    async def _on_request(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Take a request and acknowledge it; what is not taken stays without, and Slack tells the person."""
        if request.type == _INTERACTIVE and not self._offer(request.payload):
            return
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))


def _silent_logger() -> logging.Logger:
    logger = logging.getLogger("slack_sdk.tocsin.socket")
    logger.setLevel(logging.CRITICAL + 1)
    return logger
