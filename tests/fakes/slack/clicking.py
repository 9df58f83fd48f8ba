"""Clicks as Slack sends them: on what really stands in the message, signed, or over a socket; and their answers."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.slack.signing import signature
from tests.fakes.slack import content
from tests.fakes.slack.serving import Service
from tests.fakes.slack.sockets import Sockets
from tests.fakes.slack.state import APP, TEAM, Message

SIGNING_SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
ANA, BEN = ("U0ANA00001", "ana"), ("U0BEN00001", "ben")
_USES = 5
_GOOD_FOR_S = 1_800.0
_LIMIT_S = 3.0


@dataclass
class Whispered:
    """What was said to one person through a response_url."""

    user: str
    body: dict[str, Any]

    @property
    def text(self) -> str:
        return str(self.body.get("text", ""))


@dataclass
class _Address:
    user: str
    at: float
    uses: int = 0


@dataclass
class Clicks:
    """Makes clicks and hears the ephemeral answers. `base` is the fake's own address."""

    service: Service
    sockets: Sockets
    whispers: list[Whispered] = field(default_factory=list)
    _addresses: dict[str, _Address] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def payload(
        self, base: str, message: Message, action_id: str, *, choice: str | None = None, user: tuple[str, str] = ANA
    ) -> dict[str, Any]:
        """Return the block_actions of a click. LookupError when the message has no such button any more."""
        element = self._element(message, action_id)
        number = next(self._numbers)
        address = f"{TEAM}{number}"
        self._addresses[address] = _Address(user[0], self.service.now())
        action: dict[str, Any] = {
            "action_id": action_id,
            "block_id": "b",
            "type": element["type"],
            "action_ts": f"{self.service.now():.6f}.{number}",
        }
        if choice is None:
            action["value"] = element.get("value", "")
        else:
            options = [option for option in element["options"] if option["value"].endswith(f":{choice}")]
            action["selected_option"] = options[0]
        return {
            "type": "block_actions",
            "user": {"id": user[0], "username": user[1], "name": user[1], "team_id": TEAM},
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": "fake"},
            "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel},
            "trigger_id": f"{number}.{TEAM}.secret",
            "channel": {"id": message.channel, "name": "channel"},
            "message": {"ts": message.ts, "type": "message", "text": message.content.get("text", "")},
            "response_url": f"{base}/actions/{address}",
            "actions": [action],
        }

    async def over_http(self, to: str, payload: dict[str, Any], **spoilt: Any) -> tuple[int, str]:
        """Send it signed to the bot's address; returns status and body. AssertionError when it takes over 3 s."""
        body, headers = self.signed(payload, **spoilt)
        async with (
            asyncio.timeout(_LIMIT_S),
            aiohttp.ClientSession() as session,
            session.post(to, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    def signed(
        self, payload: Any, *, secret: bytes = SIGNING_SECRET, skew: float = 0.0, stamp: str | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """Return body and headers as Slack sends them."""
        body = urlencode({"payload": payload if isinstance(payload, str) else json.dumps(payload)}).encode()
        at = stamp or str(int(self.service.now() + skew))
        return body, {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature(secret, at, body),
        }

    async def over_socket(self, payload: dict[str, Any]) -> bool:
        """Send it over a socket; say whether it was acknowledged in time."""
        return await self.sockets.acknowledged(await self.sockets.send("interactive", payload))

    async def answer(self, request: web.Request) -> web.Response:
        """Serve a response_url: five times, for half an hour."""
        address = self._addresses.get(request.match_info["address"])
        if address is None or address.uses >= _USES or self.service.now() - address.at > _GOOD_FOR_S:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        address.uses += 1
        body = await request.json()
        if body.get("response_type") != "ephemeral" or body.get("replace_original"):
            return web.json_response({"ok": False, "error": "the fake takes ephemeral answers only"}, status=400)
        content.check(body, self.service.workspace.switches)
        self.whispers.append(Whispered(address.user, body))
        return web.json_response({"ok": True})

    def _element(self, message: Message, action_id: str) -> dict[str, Any]:
        for element in _elements([message.content.get("blocks"), message.content.get("attachments")]):
            if element.get("action_id") == action_id:
                return element
        raise LookupError(f"no {action_id} on this message")


def _elements(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _elements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _elements(inner)
