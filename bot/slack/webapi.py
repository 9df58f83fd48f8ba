"""Sending with a bot token: each method exactly once per call, and the channel read back page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.clock import Clock
from bot.slack.answer import Answer, Verdict
from bot.slack.buckets import SLACK, Limits
from bot.slack.classes import TOKEN_REFUSALS, forbids_reading, of_code, of_exception
from bot.slack.ladder import Drawn
from bot.slack.sender import NotRead, Page, ReadAnswer, Thread
from bot.slack.session import open_session, quiet_logger
from bot.slack.text import clamped
from bot.slack.waits import retry_after
from bot.store.values import Message, Place

_RATE_CODES: Final = frozenset({"ratelimited", "rate_limited"})
_DETAIL: Final = 200
_PAGE: Final = 200  # messages; more than Slack advises only makes a page slower
_CHANNELS_PAGE: Final = 1_000
_ID_LETTERS: Final = ("C", "G", "D")


def _same_token() -> str | None:
    return None


class WebApiSender:
    """Posts, edits, reads and deletes. Made inside a running loop; `timeout_s` limits one whole call.

    `channels` gives ids for names; a name that is not in it is sent as it is, and Slack resolves it. slack-sdk runs
    without its retry handlers: the default one posts again after a reset connection. `fresh_token` is asked for the
    token before each call once Slack has refused it, so that a replaced one needs no restart.
    """

    edits: Final = True
    reads: Final = True

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
        fresh_token: Callable[[], str | None] = _same_token,
    ) -> None:
        self._clock, self._channels, self._limits = clock, dict(channels or {}), limits
        self._fresh_token, self._token_refused = fresh_token, False
        self._session = session or open_session(timeout_s)
        self._ids: dict[str, str] = {}  # of names that the config gives no id for
        self._ahead = 0.0  # how far our clock was ahead of Slack's at the latest answer, seconds
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

    def learn_channels(self, channels: Mapping[str, str]) -> None:
        """Take other names for ids: a reload may have brought channels."""
        self._channels = dict(channels)

    def address(self, channel: str) -> str:
        """Return the channel's id where the config names one."""
        return self._channels.get(channel, channel)

    def known_id(self, address: str) -> str:
        """Return the id that Slack gave for a name, once it did."""
        return self._ids.get(address, address)

    async def post(self, channel: str, card: Drawn, thread: Thread | None = None) -> Answer:
        """Call chat.postMessage; an answer without a message's ts is UNKNOWN."""
        where: dict[str, Any] = {"channel": self.address(channel)}
        if thread is not None:
            where |= {"thread_ts": thread.ts, "reply_broadcast": thread.broadcast}
        body = {**where, "unfurl_links": False, "unfurl_media": False, **card.payload()}
        answer = await self._answer("chat.postMessage", body, repeatable=False)
        if answer.channel_id:
            self._ids[self.address(channel)] = answer.channel_id
        return answer

    async def edit(self, message: Message, card: Drawn) -> Answer:
        """Call chat.update on the message by the channel id that the post returned."""
        if not message.ts:
            return Answer(Verdict.MESSAGE_GONE, "no ts is stored")
        channel = message.channel_id or self.address(message.channel)
        body = {"channel": channel, "ts": message.ts, **card.payload()}
        return await self._answer("chat.update", body, repeatable=True)

    async def delete(self, place: Place, ts: str) -> Answer:
        """Call chat.delete on one of our own messages."""
        body = {"channel": self.known_id(place.address), "ts": ts}
        return await self._answer("chat.delete", body, repeatable=True)

    async def read(self, place: Place, oldest: float, cursor: str | None) -> ReadAnswer:
        """Call conversations.history, or conversations.replies for a thread.

        `oldest` is taken back by as much as our clock runs ahead of Slack's; where it runs behind, nothing is missed.
        """
        channel = await self._id_of(place.address)
        if isinstance(channel, NotRead):
            return channel
        wanted = {"channel": channel, "limit": _PAGE, "include_all_metadata": True, "inclusive": True}
        wanted["oldest"] = f"{max(0.0, oldest - max(0.0, self._ahead)):.6f}"
        if cursor is not None:
            wanted["cursor"] = cursor
        if place.thread_ts is None:
            return await self._page("conversations.history", wanted, "messages")
        return await self._page("conversations.replies", {**wanted, "ts": place.thread_ts}, "messages")

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

    async def _call(self, method: str, **arguments: Any) -> AsyncSlackResponse:
        """Call a method with the token that is valid now."""
        if self._token_refused and (token := self._fresh_token()):
            self._client.token = token
        response = await self._client.api_call(method, **arguments)
        self._token_refused = False
        self._compare_clocks(response.headers)
        return response

    async def _answer(self, method: str, body: dict[str, Any], *, repeatable: bool) -> Answer:
        try:
            response = await self._call(method, json=body)
        except SlackApiError as error:
            return self._refusal(error.response, repeatable=repeatable)
        except SlackClientError as error:
            return Answer(Verdict.PAYLOAD_REFUSED, type(error).__name__)  # raised before anything is sent
        except Exception as error:  # noqa: BLE001 - timeouts, network, odd bodies: whatever it is, it has a class
            return Answer(of_exception(error), type(error).__name__)
        return _delivered(response.data)

    async def _page(self, method: str, wanted: dict[str, Any], what: str) -> ReadAnswer:
        query = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in wanted.items()}
        try:
            response = await self._call(method, http_verb="GET", params=query)
        except SlackApiError as error:
            return self._unread(error.response)
        except Exception as error:  # noqa: BLE001 - a read that failed in whatever way is read again
            return NotRead(type(error).__name__)
        return _page_of(response.data, what)

    async def _id_of(self, address: str) -> str | NotRead:
        """Return the id of a channel: reading takes nothing else. A name is looked up once and kept."""
        known = self._ids.get(address)
        if known is not None or (address[:1] in _ID_LETTERS and address.isupper()):
            return known or address
        cursor: str | None = None
        while True:
            wanted: dict[str, Any] = {"limit": _CHANNELS_PAGE, "types": "public_channel,private_channel"}
            page = await self._page("conversations.list", wanted | ({"cursor": cursor} if cursor else {}), "channels")
            if isinstance(page, NotRead):
                return page
            self._ids.update((str(one.get("name")), str(one.get("id"))) for one in page.messages)
            cursor = page.cursor
            if address.removeprefix("#") in self._ids:
                return self._ids[address.removeprefix("#")]
            if cursor is None:
                return NotRead("no such channel is listed", is_forbidden=True)

    def _refusal(self, response: Any, *, repeatable: bool) -> Answer:
        """Read a refusal; slack-sdk hands over a raw HTTP response when the body was not JSON."""
        code, status, body, wait = self._read_refusal(response)
        if body is None:
            return Answer(Verdict.UNKNOWN, f"unreadable answer, HTTP {status}")
        verdict = of_code(code, status, repeatable=repeatable)
        self._token_refused |= verdict is Verdict.CREDENTIALS_REFUSED
        return Answer(verdict, _detail(code, status, body), wait, code=code)

    def _unread(self, response: Any) -> NotRead:
        code, status, _, wait = self._read_refusal(response)
        self._token_refused |= of_code(code, status, repeatable=True) is Verdict.CREDENTIALS_REFUSED
        return NotRead(code or f"HTTP {status}", forbids_reading(code, status), wait, code in TOKEN_REFUSALS)

    def _read_refusal(self, response: Any) -> tuple[str | None, int, dict[str, Any] | None, float | None]:
        """Return code, status, body (None where there was none to read) and the seconds to wait where it says so."""
        if not isinstance(response, AsyncSlackResponse):
            return None, int(getattr(response, "status", 0)), None, None
        self._compare_clocks(response.headers)
        body = response.data if isinstance(response.data, dict) else {}
        code = body.get("error") if isinstance(body.get("error"), str) else None
        limited = response.status_code == 429 or code in _RATE_CODES  # noqa: PLR2004 - Too Many Requests
        named = response.headers.get("Retry-After", body.get("retry_after"))
        wait = retry_after(named, self._clock.now_ms()) if limited else None
        return code, response.status_code, body, wait

    def _compare_clocks(self, headers: Mapping[str, str]) -> None:
        try:
            theirs = parsedate_to_datetime(headers.get("Date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return
        self._ahead = self._clock.now_ms() / 1_000 - theirs


def _delivered(body: Any) -> Answer:
    ts, channel = (body.get("ts"), body.get("channel")) if isinstance(body, dict) else (None, None)
    if not isinstance(ts, str) or not isinstance(channel, str):
        return Answer(Verdict.UNKNOWN, "accepted without a ts")
    return Answer(Verdict.DELIVERED, ts=ts, channel_id=channel)


def _page_of(body: Any, what: str) -> ReadAnswer:
    """Return a page; one that says there is more and not where is as good as none."""
    found = body.get(what) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return NotRead("unreadable answer")
    metadata = body.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else None
    if body.get("has_more") is True and not cursor:
        return NotRead("more is there, and no cursor to it")
    return Page(found, cursor or None)


def _detail(code: str | None, status: int, body: Mapping[str, Any]) -> str:
    """Return Slack's code and its own words on it (which rule, at which place of the payload)."""
    metadata = body.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    first = str(messages[0]) if isinstance(messages, list) and messages else ""
    return clamped(f"{code or f'HTTP {status}'} {first}".strip(), _DETAIL)
