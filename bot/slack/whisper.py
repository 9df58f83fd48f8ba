"""Saying something to the one person who clicked: an ephemeral answer through the click's own response_url."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.slack.clicks import Clicked
from bot.slack.text import clamped, escaped

_LIMIT_S: Final = 5.0
_MOST_CHARACTERS: Final = 3_000
# Where Slack's own response_urls point; anything else is not asked, whatever a request says.
_HOSTS: Final = (".slack.com", ".slack-gov.com")
_HTTP_OK: Final = 200

_LOG = structlog.get_logger()


class Whisper:
    """Posts to response_urls of Slack's hosts, and of the host of `api_url` (GovSlack, tests)."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self._session, self._own = session, urlsplit(api_url)

    async def tell(self, clicked: Clicked, text: str) -> None:
        """Say a plain text to the person; what fails is logged and given up: the card itself stays true."""
        if not self._is_slacks(clicked.response_url):
            _LOG.info("nobody_told", cause="the click has no response_url of Slack's")
            return
        said = {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": escaped(text, _MOST_CHARACTERS),
            "blocks": [_plainly(clamped(text, _MOST_CHARACTERS))],
        }
        try:
            async with asyncio.timeout(_LIMIT_S), self._session.post(clicked.response_url, json=said) as answer:
                if answer.status != _HTTP_OK:
                    _LOG.warning("person_not_told", status=answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            _LOG.warning("person_not_told", cause=type(error).__name__)

    def _is_slacks(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            host = parts.hostname or ""
        except ValueError:
            return False
        if (parts.scheme, parts.netloc) == (self._own.scheme, self._own.netloc):
            return True
        return parts.scheme == "https" and host.endswith(_HOSTS)


def _plainly(text: str) -> dict[str, Any]:
    """Return a block in which nothing is a mention, a link or formatting: what is explained holds foreign text."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}
