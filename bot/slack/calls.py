"""Slack's methods that the bot calls with the scopes they need, in one table; and the calls beside sending.

docs/slack-manifest.yaml asks for exactly these scopes, and a test compares. Source: docs.slack.dev, methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

import aiohttp
import msgspec
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.session import open_session, quiet_logger
from bot.slack.waits import pause, retry_after


class Need(NamedTuple):
    """The bot scopes that a method needs (those of a public and of a private channel count as two), and its use."""

    scopes: tuple[str, ...]
    use: str


_READING: Final = ("channels:history", "groups:history")
_LOOKING: Final = ("channels:read", "groups:read")
NEEDS: Final[Mapping[str, Need]] = {
    "auth.test": Need((), "doctor: is the token good, and whose is it"),
    "chat.postMessage": Need(("chat:write",), "cards, replies and digests"),
    "chat.update": Need(("chat:write",), "a card stays true"),
    "chat.delete": Need(("chat:write",), "a message that stands twice, and the test alert, are removed"),
    "conversations.history": Need(_READING, "finds out whether a doubtful message was posted"),
    "conversations.replies": Need(_READING, "finds out whether a doubtful reply was posted"),
    "conversations.list": Need(_LOOKING, "ids of channels that the config calls by name"),
    "conversations.info": Need(_LOOKING, "doctor: is the bot in the channel"),
    "users.lookupByEmail": Need(("users:read", "users:read.email"), "people that the config names by e-mail address"),
    "usergroups.users.list": Need(("usergroups:read",), "who is in a group of `slack.may_act`"),
}
_RATE_CODES: Final = frozenset({"ratelimited", "rate_limited"})
_TOO_MANY_REQUESTS: Final = 429
# What the app-level token needs, which is another token than the bot's.
APP_NEEDS: Final[Mapping[str, Need]] = {
    "apps.connections.open": Need(("connections:write",), "Socket Mode: clicks without a public address"),
}
BOT_SCOPES: Final = tuple(sorted({scope for need in NEEDS.values() for scope in need.scopes}))
APP_SCOPES: Final = tuple(sorted({scope for need in APP_NEEDS.values() for scope in need.scopes}))


class Reply(msgspec.Struct, frozen=True):
    """What Slack said. `error` is its code, or the name of what went wrong on the way; None where it said yes.

    `scopes` are those of the token, `at` is Slack's clock in ms; None where the answer lacks them. `wait` is how many
    seconds Slack wants to be left alone after it refused a call for now.
    """

    error: str | None
    body: Mapping[str, Any] = msgspec.field(default_factory=dict)
    scopes: frozenset[str] | None = None
    at: int | None = None
    wait: float = 0.0

    @property
    def ok(self) -> bool:
        """Say whether Slack said yes."""
        return self.error is None


_TRIES: Final = 10
_LONGEST_WAIT_S: Final = 60.0


class SlackCalls:
    """Calls any method once. Made inside a running loop; `timeout_s` limits one whole call."""

    def __init__(
        self,
        token: str | None,
        *,
        api_url: str = AsyncWebClient.BASE_URL,
        timeout_s: float = 10.0,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        self.session = session or open_session(timeout_s)
        self._client = AsyncWebClient(
            token=token,
            base_url=api_url,
            timeout=max(1, round(timeout_s)),
            session=self.session,
            retry_handlers=[],
            logger=quiet_logger(),
        )

    async def call(self, method: str, *, token: str | None = None, **arguments: Any) -> Reply:
        """Return Slack's answer; never raises but for cancellation. `token` stands in for the bot's."""
        headers = None if token is None else {"Authorization": f"Bearer {token}"}
        try:
            response = await self._client.api_call(method, data=arguments, headers=headers)
        except SlackApiError as error:
            return _refused(error.response)
        except Exception as error:  # noqa: BLE001 - timeouts, network, odd bodies: the caller only needs its name
            return Reply(type(error).__name__)
        return _reply(response, None)

    async def patiently(self, method: str, *, token: str | None = None, **arguments: Any) -> Reply:
        """Call a method that changes nothing, again and again while Slack asks to wait: for commands, not the bot."""
        reply = await self.call(method, token=token, **arguments)
        for _ in range(_TRIES if reply.wait else 0):
            await pause(min(reply.wait, _LONGEST_WAIT_S))
            reply = await self.call(method, token=token, **arguments)
            if not reply.wait:
                break
        return reply

    async def close(self) -> None:
        """Close the session."""
        await self.session.close()


def _refused(response: Any) -> Reply:
    """Read a refusal; slack-sdk hands over a raw HTTP response when the body was not JSON."""
    if not isinstance(response, AsyncSlackResponse):
        return Reply(f"HTTP {getattr(response, 'status', 0)}")
    body = response.data if isinstance(response.data, dict) else {}
    return _reply(response, str(body.get("error") or f"HTTP {response.status_code}"))


def _reply(response: AsyncSlackResponse, error: str | None) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    named = headers.get("x-oauth-scopes")
    scopes = None if named is None else frozenset(scope.strip() for scope in named.split(",") if scope.strip())
    body = response.data if isinstance(response.data, dict) else {}
    at = _clock(headers.get("date"))
    is_limited = error in _RATE_CODES or response.status_code == _TOO_MANY_REQUESTS
    wait = retry_after(headers.get("retry-after"), at or 0) if is_limited else 0.0
    return Reply(error, body, scopes, at, wait)


def _clock(date: str | None) -> int | None:
    try:
        return None if date is None else round(1_000 * parsedate_to_datetime(date).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None
