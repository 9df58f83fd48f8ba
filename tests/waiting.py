"""Waiting for conditions instead of for time to pass: the one place in the tests that pauses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")

# Far above what anything here needs, so that a slow machine fails no test; only a condition that never comes does.
LONGEST_S: Final = 20.0
_PAUSE_S: Final = 0.01


def eventually(look: Callable[[], T | None], what: str, seconds: float = LONGEST_S) -> T:
    """Return the first truthy value of `look`; AssertionError naming `what` when it does not come in time."""
    deadline = time.monotonic() + seconds  # noqa: TID251
    while not (found := look()):
        if time.monotonic() > deadline:  # noqa: TID251
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(_PAUSE_S)  # noqa: TID251
    return found


async def eventually_async(look: Callable[[], Awaitable[T | None]], what: str, seconds: float = LONGEST_S) -> T:
    """Return the first truthy value of the awaited `look`; AssertionError naming `what` when it does not come."""
    try:
        async with asyncio.timeout(seconds):
            while not (found := await look()):  # noqa: ASYNC110
                await asyncio.sleep(_PAUSE_S)  # noqa: TID251
            return found
    except TimeoutError as error:
        raise AssertionError(f"waited {seconds:g} s in vain for {what}") from error


async def turns(count: int = 1) -> None:
    """Let other tasks run so many times."""
    for _ in range(count):
        await asyncio.sleep(0)  # noqa: TID251 - no time passes
