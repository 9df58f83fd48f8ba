"""The one HTTP session to Slack: our time limits, no redirects, nothing of a payload in any log."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Final

import aiohttp

_KEPT_ALIVE_S: Final = 10.0  # shorter than any balancer's: a connection closed under a post makes its fate unknown


def open_session(timeout_s: float) -> aiohttp.ClientSession:
    """Open a session inside a running loop. `timeout_s` limits a whole call, half of it may go into connecting."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout_s, connect=timeout_s / 2),
        connector=aiohttp.TCPConnector(keepalive_timeout=_KEPT_ALIVE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[_refusing_redirects()],
    )


def quiet_logger() -> logging.Logger:
    """Return a logger for slack-sdk with a level of its own.

    slack-sdk formats whole payloads, and webhook addresses with their secret, for any logger at DEBUG or NOTSET.
    """
    logger = logging.getLogger("slack_sdk.tocsin")
    logger.setLevel(logging.INFO)
    return logger


def _refusing_redirects() -> aiohttp.TraceConfig:
    """slack-sdk cannot be told to refuse redirects; a followed one would send a post a second time."""
    config = aiohttp.TraceConfig()
    config.on_request_redirect.append(_refuse)
    return config


async def _refuse(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, _params: aiohttp.TraceRequestRedirectParams
) -> None:
    raise aiohttp.RedirectClientError("redirected")
