"""Asking the store again for as long as it takes: what cannot be stored now must not end the process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from bot.errors import StoreUnavailableError

_T = TypeVar("_T")

# Between two tries, seconds. A full disk is freed by a person, so nothing is gained by asking more often.
AGAIN_S: Final = 1.0
# It is said at the first refusal, and again each time so many more have followed.
_SAID_EVERY: Final = 60

_LOG = structlog.get_logger()


async def patiently(ask: Callable[[], Awaitable[_T]]) -> _T:
    """Return what `ask` returns, trying again each second while the store says that it cannot just now.

    Senders hear 503 meanwhile, and come again. StoreFailedError passes: then trying again could do harm. `ask` may be
    repeated although it was done after all (a commit that took too long), so twice must be the same as once.
    """
    tries = 0
    while True:
        try:
            return await ask()
        except StoreUnavailableError as error:
            if tries % _SAID_EVERY == 0:
                _LOG.warning("waiting for the store", cause=str(error), tries=tries + 1)
            tries += 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AGAIN_S):
                await asyncio.Event().wait()
